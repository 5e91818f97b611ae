"""Keys: how a request is walked, so that no key of it is passed over in silence.

A dialect lists, for each object that it knows, what each key means: an action, that takes the value. `free`
is the action of what costs nothing. A key that is not listed is named as unknown, and the total becomes
"at least". A dialect is nothing but such tables; see tokscope.fitting.chat.openai.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, Self

from tokscope.fitting.chat.request import NOTHING, Message, Object, Passage, Tool, request_json

Words = Literal["text", "reasoning"]


@dataclass
class Found:
    """What one object, and all within it, turned out to hold.

    Example: found = Found(); record({"id": keep("id")})({"id": "7", "x": 1}, "", found);
    found.unknown -> ["x"]

    `fields` are the single strings that something asked to keep (a role, an id), by the names of their keys.
    """

    passages: list[Passage] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    uncounted: list[str] = field(default_factory=list)
    system: list[Message] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    tools: list[Tool] = field(default_factory=list)
    functions: bool = False
    choice: str = ""
    formats: list[tuple[str, object]] = field(default_factory=list)
    kwargs: dict[str, object] = field(default_factory=dict)
    documents: list[object] | None = None

    def message(self, role: str, where: str, source: Object = NOTHING, name: str | None = None) -> Message:
        """Make a message of what it holds.

        Example: Found([Passage("text", "Hi")]).message("user", "messages[0]").passages[0].text -> "Hi"
        """
        return Message(role, name, self.passages, where, self.unknown, self.uncounted, source)


class Enclosed(str):
    """The place of a picture, a sound or a file, with the value that holds it or says where it is.

    Example: Enclosed("messages[0].content[1] (image_url)", {"type": "image_url", ...}).value["type"]
    """

    value: object

    def __new__(cls, where: str, value: object) -> Self:
        """Make the place of a value."""
        made = super().__new__(cls, where)
        made.value = value
        return made


MEDIUM: Set[str] = {
    *("type", "id", "name", "filename", "title", "detail", "format", "mediaType", "mimeType", "uuid"),
    *("image_url", "input_audio", "audio_url", "video_url", "file", "source", "image", "audio", "video"),
    *(
        "image_embeds",
        "audio_embeds",
        "prompt_embeds",
        "data",
        "bytes",
        "fileData",
        "url",
        "fileUrl",
        "fileId",
    ),
    *("fileUri", "uri", "path", "displayName", "s3Location", "bucketOwner", "experimental_attachments"),
    *("imageUrl", "inputAudio", "fps", "minPixels", "maxPixels", "max_frames", "transcript"),
    *("cacheControl", "ttl", "citations", "enabled", "prompt_cache_breakpoint", "mode"),
    *("providerOptions", "providerMetadata"),
}
"""The keys that a picture, a sound, a video or a file has in any dialect, at any depth, by camel()."""

PROVIDER_KEYS = ("providerOptions", "providerMetadata")
"""The keys of which the value is for somebody else than the model."""

Action = Callable[[object, str, Found], None]
"""Takes a value, says where it stands ("messages[0].content"), and adds what it holds. Raises ValueError."""

Keys = Mapping[str, Action]


def free(value: object, where: str, found: Found) -> None:
    """Pass over what is known to cost nothing.

    Example: record({"user": free})({"user": "you"}, "", Found()) finds nothing
    """


def uncounted(value: object, where: str, found: Found) -> None:
    """Name what costs tokens and has no text to count: a picture, a file, something kept elsewhere.

    Example: found = Found(); uncounted("file-123", "messages[0].file_id", found); found.uncounted ->
    ["messages[0].file_id"]
    """
    if value not in (None, False, "", [], {}):
        found.uncounted.append(where)


def enclosed(value: object, where: str, found: Found, kind: str = "") -> None:
    """Name a picture, a sound or a file that the request holds, or says where it is, and its kind.

    Example: found = Found(); enclosed({"url": "a.png"}, "image_url", found); found.uncounted[0].value ->
    {"url": "a.png"}
    """
    if value not in (None, False, "", [], {}):
        found.uncounted.append(Enclosed(f"{where} ({kind})" if kind else where, value))
        found.unknown += unlisted(value, where, MEDIUM)


def settings(*names: str) -> Action:
    """Make the action for settings that cost nothing, and have no other keys than these at any depth.

    Example: found = Found(); settings("ttl")({"xyzzy": 1}, "cache_control", found); found.unknown ->
    ["cache_control.xyzzy"]
    """

    def act(value: object, where: str, found: Found) -> None:
        found.unknown += unlisted(value, where, frozenset(names))

    return act


def unlisted(value: object, where: str, known: Set[str]) -> Iterator[str]:
    """Give the places of the keys within a value that are not among those known.

    Example: ({"url": "a.png", "xyzzy": 1}, "image_url", {"url"}) -> "image_url.xyzzy"
    """
    for number, one in enumerate(value if isinstance(value, list) else []):
        yield from unlisted(one, f"{where}[{number}]", known)
    for key, inner in value.items() if isinstance(value, dict) else ():
        if camel(key) not in known and key not in known:
            yield place_within(where, key)
        elif key not in PROVIDER_KEYS:
            yield from unlisted(inner, place_within(where, key), known)


def read_string(kind: Words = "text") -> Action:
    """Make the action for a string that the model reads. It raises ValueError for anything else.

    Example: found = Found(); read_string()("Hi", "content", found); found.passages -> [Passage("text", "Hi")]
    """

    def act(value: object, where: str, found: Found) -> None:
        if isinstance(value, str):
            found.passages.append(Passage(kind, value))
        elif value is not None:
            raise ValueError(f"{where} is not text: {short(value)}")

    return act


text = read_string()
reasoning = read_string("reasoning")


def any_value(value: object, where: str, found: Found) -> None:
    """Take any value as the model reads it: a string as it is, everything else in JSON.

    Example: found = Found(); any_value({"city": "Rome"}, "input", found); found.passages[0].text ->
    '{"city": "Rome"}'
    """
    if value is not None:
        found.passages.append(Passage("text", value if isinstance(value, str) else request_json(value)))


def keep(key: str) -> Action:
    """Make the action that keeps a string which is not text of its own, such as a role or an id.

    Example: found = Found(); keep("role")("user", "messages[0].role", found); found.fields -> {"role":
    "user"}
    """

    def act(value: object, where: str, found: Found) -> None:
        if isinstance(value, str):
            found.fields[key] = value
        elif value is not None:
            raise ValueError(f"{where} is not text: {short(value)}")

    return act


def record(keys: Keys, rename: Callable[[str], str] = str) -> Action:
    """Make the action for an object with these keys; `rename` gives the name that a key has among them.

    Example: found = Found(); record({"text": read_string()})({"text": "Hi", "x": 1}, "part", found);
    found.unknown -> ["part.x"]
    """

    def act(value: object, where: str, found: Found) -> None:
        if value is None:
            return
        for key, inner in an_object(value, where).items():
            place = place_within(where, key)
            action = keys.get(rename(key))
            if action is None:
                found.unknown.append(place)
            else:
                action(inner, place, found)

    return act


def tagged(kinds: Mapping[str, Keys], default: str = "") -> Action:
    """Make the action for an object whose "type" says which keys it has.

    Example: found = Found(); tagged({"text": {"text": read_string()}})({"type": "text", "text": "Hi"}, "",
    found); found.passages[0].text -> "Hi"
    """

    def act(value: object, where: str, found: Found) -> None:
        if value is None:
            return
        kind = an_object(value, where).get("type", default)
        known = kinds.get(kind) if isinstance(kind, str) else None
        if known is None:
            found.unknown.append(f"{where} (type {short(kind)})" if kind else where)
        else:
            record({"type": free, **known})(value, where, found)

    return act


def each(action: Action, what: str = "list") -> Action:
    """Make the action for a list; one object alone stands for a list of it.

    Example: found = Found(); each(read_string())(["a", "b"], "texts", found); [one.text for one in
    found.passages] -> ["a", "b"]
    """

    def act(value: object, where: str, found: Found) -> None:
        if isinstance(value, dict):
            action(value, where, found)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                action(item, f"{where}[{number}]", found)
        elif value is not None:
            raise ValueError(f"{where} is not a {what}: {short(value)}")

    return act


def content(part: Action) -> Action:
    """Make the action for what a message says: a string, a list of parts, or one part.

    Example: found = Found(); content(tagged({}))("Hi", "messages[0].content", found); found.passages[0].text
    -> "Hi"
    """

    def act(value: object, where: str, found: Found) -> None:
        if isinstance(value, str):
            text(value, where, found)
        elif isinstance(value, list | dict | None):
            each(lambda one, at, to: (text if isinstance(one, str) else part)(one, at, to))(
                value, where, found
            )
        else:
            raise ValueError(f"its content is neither text nor a list of parts: {short(value)}")

    return act


def calling(keys: Keys, *, name: str = "name", arguments: str = "arguments", id: str = "id") -> Action:
    """Make the action for a tool that is called; `keys` are those beside its name, arguments and id.

    Example: found = Found(); calling({})({"name": "f", "arguments": "{}", "id": "1"}, "", found);
    found.passages -> [Passage("call", "{}", "f", "1")]
    """
    known = {**keys, name: keep("name"), arguments: any_value, id: keep("id")}

    def act(value: object, where: str, found: Found) -> None:
        inner = Found()
        record(known)(value, where, inner)
        if "name" not in inner.fields:
            raise ValueError(f"a tool call has no {name}: {where}")
        given = "".join(passage.text for passage in inner.passages)
        found.passages.append(Passage("call", given, inner.fields["name"], inner.fields.get("id", "")))
        found.unknown += inner.unknown
        found.uncounted += inner.uncounted

    return act


def resulting(keys: Keys, *, id: str, name: str = "") -> Action:
    """Make the action for what a tool gave back; `name` is the key of its name, if the model reads it.

    Example: found = Found(); resulting({"text": read_string()}, id="id")({"id": "1", "text": "21 C"}, "",
    found); found.passages -> [Passage("result", "21 C", "", "1")]
    """
    known = {**keys, id: keep("id"), **({name: keep("name")} if name else {})}

    def act(value: object, where: str, found: Found) -> None:
        inner = Found()
        record(known)(value, where, inner)
        call, called = inner.fields.get("id", ""), inner.fields.get("name", "")
        texts = [passage.text for passage in inner.passages] or [""]
        found.passages += [
            Passage("result", given, "" if number else called, call) for number, given in enumerate(texts)
        ]
        found.unknown += inner.unknown
        found.uncounted += inner.uncounted

    return act


@contextmanager
def about(what: str) -> Iterator[None]:
    """Say in an error what it is about.

    Example: with about("message 1"): raise ValueError("has no role") -> "message 1 has no role"
    """
    try:
        yield
    except ValueError as error:
        said = str(error)
        raise ValueError(f"{what} {said}" if said.startswith("has ") else f"{what}: {said}") from error


def an_object(value: object, where: str) -> Object:
    """Give a value that must be a JSON object. Raises ValueError.

    Example: an_object({"a": 1}, "tools[0]") -> {"a": 1}
    """
    if not isinstance(value, dict):
        raise ValueError(f"{where} is not a JSON object: {short(value)}")
    return value


def type_of(value: object) -> str:
    """Give the type that a part, a block or an item says it is of, "" where it says none.

    Example: {"type": "text", "text": "Hi"} -> "text"; {"type": ["text"]} -> ""
    """
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else ""


def place_within(where: str, key: str) -> str:
    """Name the place of a key.

    Example: place_within("messages[0]", "content") -> "messages[0].content"
    """
    return f"{where}.{key}" if where else key


def camel(key: str) -> str:
    """Give the name that a key has in JSON; Google's Python SDK writes any_of for anyOf.

    Example: camel("any_of") -> "anyOf"
    """
    head, *tail = key.split("_")
    return head + "".join(map(str.capitalize, tail)) if head and tail else key


def short(value: object) -> str:
    """Write a value for a message, cut to 40 characters.

    Example: short({"a": [1]}) -> '{"a": [1]}'
    """
    return request_json(value)[:40]
