"""Template: a chat request as an open model sees it, through the chat template that comes with the model.

A chat template is Jinja, in a tokenizer_config.json or a chat_template.jinja. It is rendered as
transformers.apply_chat_template does (add_generation_prompt=True), which defines what templates may use, and
in Jinja's sandbox: a template is a program that somebody else wrote.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import accumulate, chain
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from tokscope.errors import InputError, MissingExtra
from tokscope.files.gguf import Gguf
from tokscope.fitting.attribution import REASONING, Span, shares
from tokscope.fitting.chat import Message, Object, Part, Request
from tokscope.fitting.chat.openai import MEDIA
from tokscope.fitting.chat.request import written
from tokscope.fitting.sandbox import Sandboxed
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    import jinja2

CONFIG = "tokenizer_config.json"
LEGACY = "chat_template.json"
"""Where older processors have their template."""

WHAT = {"reasoning": "reasoning", "call": "call"}
"""What marks say of a passage of another kind than text."""


class Template(NamedTuple):
    """A chat template and the special tokens that it may name.

    Example: load("tokenizer_config.json").render(messages) -> "<|im_start|>user\nHi<|im_end|>\n..."

    `takes_parts` says that it goes through a content that is a list of parts; others are given the texts of
    them, a line each.
    """

    path: str
    compiled: Sandboxed
    special: Mapping[str, str]
    takes_parts: bool = False

    def render(
        self,
        messages: Sequence[Object],
        tools: Sequence[Object] = (),
        *,
        reply: bool = True,
        documents: Sequence[object] | None = None,
        kwargs: Object = MappingProxyType({}),
    ) -> str:
        """Render messages and tools, and with `reply` what opens the model's answer. Raises InputError.

        `kwargs` are the request's own for the template, chat_template_kwargs in vLLM.
        """
        return self.compiled.render(
            {
                **self.special,
                "add_generation_prompt": reply,
                **(kwargs if reply else {**kwargs, "add_generation_prompt": False}),
                "messages": messages,
                "tools": list(tools) or None,
                "documents": documents,
            }
        )


def load(path: str, *, tools: bool = False) -> Template:
    """Read a chat template from a model's folder, or from one of the files in it.

    Example: load("model/chat_template.jinja")

    A folder, and a tokenizer_config.json, stand for the template that transformers 5 finds there: a
    chat_template.jinja, else the configuration's own, else a chat_template.json. Where there are several,
    `tools` asks for the one that is meant for tools. Raises InputError, and MissingExtra without jinja2.
    """
    try:
        import jinja2.ext
        import jinja2.sandbox
    except ImportError as error:
        raise MissingExtra("a chat template", "chat") from error
    source, config = _in_gguf(path) if _is_gguf(path) else _read(path, tools=tools)
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_generation(), jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = lambda format: datetime.now().strftime(format)
    compiled = Sandboxed(path, environment, source)
    return Template(path, compiled, dict(_special(config)), _takes_parts(environment.parse(source)))


def parts(request: Request, template: Template, tokenizer: Tokenizer) -> Iterator[Part]:
    """Count a request as the template renders it; the parts add up to the tokens of the whole.

    Example: [{"role": "user", "content": "Hi"}] in ChatML -> Part("1 user", 1, 5), Part("reply", 0, 3)

    `tokenizer` is loaded with special=True: markers count as one token each. What it would put around a text
    itself is left out, for the template writes that too. The overhead of a message is all that is not its
    text: markers, its role; for the first one also the definitions of tools. A token belongs to the message
    in which it starts; what cannot be told apart has a row of its own, see tokscope.fitting.attribution. What
    the template leaves out is named as unknown: it is not in the figures. Raises InputError.
    """
    tools = [tool.openai for tool in request.tools if not tool.hosted]
    render = partial(template.render, tools=tools, documents=request.documents, kwargs=request.kwargs)
    turns, rendered = _rendered(request, template, render)
    tokens = Tokens(tokenizer, rendered)
    shared = shares(render, turns, tools, rendered, tokens.down)
    left_out = _left_out(request, rendered, shared.known)
    places = [*request.unknown, *_of_request(request, left_out)]
    uncounted = [*_uncounted(request), *(place for tool in request.tools for place in tool.uncounted)]
    if places or uncounted:
        yield Part("request", 0, 0, places, uncounted)
    texts = [tokens.take(spans, touching=True) for spans in shared.texts]
    around = [tokens.take([region]) for region in shared.regions]
    for number, message in enumerate(request.messages, 1):
        unknown = [*message.unknown, *left_out.get(message.where, ())]
        text, overhead = texts[number - 1], around[number - 1]
        yield Part(f"{number} {message.role}", text, overhead, unknown, message.uncounted)
    if between := tokens.take([(0, max((end for _, end in shared.regions), default=0))]):
        yield Part("not told apart", 0, between)
    yield Part("reply", 0, tokens.left)


class Tokens:
    """The tokens of a rendering, which are taken by stretches of it, and each once.

    Example: Tokens(load("byte"), "<u>Hi").take([(3, 5)]) -> 2, and then .left -> 3
    """

    def __init__(self, tokenizer: Tokenizer, rendered: str) -> None:
        split = tokenizer.encode(rendered)
        self.left = len(split) - tokenizer.count("")  # all, less what the tokenizer puts around any text
        found = [pair for pair in zip(split.starts, split.ends, strict=True) if pair[0] < pair[1]]
        starts, ends = map(list, zip(*found, strict=True)) if found else ([], [])
        if not rendered.isascii():
            sizes = list(accumulate(len(one.encode()) for one in rendered))
            starts = [bisect_right(sizes, start) for start in starts]
            ends = [bisect_left(sizes, end) + 1 for end in ends]
        self._starts, self._ends = starts, ends
        self._taken = bytearray(len(starts))

    def take(self, spans: Sequence[Span], *, touching: bool = False) -> int:
        """Count the tokens that start in these stretches of characters, and take them.

        With `touching` one that starts before a stretch and reaches into it is counted too.
        """
        count = 0
        for first, last in spans:
            start, end = (bisect_left(self._starts, at) for at in (first, last))
            if touching and first < last:
                start = bisect_right(self._ends, first)
            count += self._taken.count(0, start, end)
            self._taken[start:end] = b"\1" * (end - start)
        self.left -= count
        return count

    def down(self, at: int) -> int:
        """Give the start of the token that a character stands in."""
        number = bisect_right(self._starts, at) - 1
        return self._starts[number] if number >= 0 else at


def _rendered(
    request: Request, template: Template, render: Callable[..., str]
) -> tuple[list[list[Object]], str]:
    """Render a request, with the arguments of calls as objects, or as text where the template wants that."""
    turns = [as_openai(message, takes_parts=template.takes_parts) for message in request.messages]
    try:
        return turns, render(list(chain.from_iterable(turns)))
    except InputError:
        as_text = [[_with_texts(message) for message in turn] for turn in turns]
        if as_text == turns:
            raise
        try:
            return as_text, render(list(chain.from_iterable(as_text)))
        except InputError:
            pass
        raise


def _uncounted(request: Request) -> list[str]:
    """Give what has no text; documents have, where the template writes it."""
    return [
        place for place in request.uncounted if request.documents is None or not place.endswith("documents")
    ]


def _left_out(
    request: Request, rendered: str, known: Mapping[tuple[str, int, str], bool]
) -> dict[str, list[str]]:
    """Name the texts that the template did not write, by the places of their messages and tools.

    What the marks say of a text is `known`; another is looked for, as it is and as JSON has it.
    """
    found: dict[str, list[str]] = {}
    seen: Counter[str] = Counter()

    def name(where: str, what: str) -> None:
        place = f"{where}{what}: left out by the template"
        if place not in found.setdefault(where, []):
            found[where].append(place)

    def lacks(value: object, what: str, owner: int) -> bool:
        return any(not is_there(text.strip(), what, owner) for text in _strings(value))

    def is_there(text: str, what: str, owner: int) -> bool:
        if not text:
            return True
        seen[text] += 1
        forms = {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
        often = max(map(rendered.count, forms))
        return known.get((what, owner, text), often >= (seen[text] if what == "content" else 1))

    for number, message in enumerate(request.messages):
        for passage in message.passages:
            what = WHAT.get(passage.kind, "content")
            value = [passage.name, _parsed(passage.text)] if what == "call" else passage.text
            if lacks(value, what, number):
                kind = "" if passage.kind == "text" else f" ({passage.kind})"
                name(message.where, kind)
        if message.name and lacks(message.name, "name", number):
            name(message.where, ".name")
    shown = [tool for tool in request.tools if not tool.hosted]
    for number, tool in enumerate(shown):
        if lacks([tool.name, tool.description, *_described(tool.schema)], "tool", number):
            name(tool.where, " (tool)")
    if any(lacks(document, "document", 0) for document in request.documents or ()):
        name("documents", "")
    return found


def _of_request(request: Request, left_out: Mapping[str, Sequence[str]]) -> list[str]:
    """Give what a template left out of tools and documents, and the answer's schema, which it never has."""
    places = [*(tool.where for tool in request.tools), "documents"]
    found = [place for where in dict.fromkeys(places) for place in left_out.get(where, ())]
    found += [place for tool in request.tools for place in tool.unknown]
    return found


def _described(schema: object) -> Iterator[str]:
    """Give the texts of a schema that a model has to read: descriptions, and the names of properties."""
    if isinstance(schema, list):
        for one in schema:
            yield from _described(one)
    elif isinstance(schema, dict):
        for key, inner in schema.items():
            if key == "description" and isinstance(inner, str):
                yield inner
            elif key == "properties" and isinstance(inner, dict):
                yield from inner
                yield from _described(list(inner.values()))
            else:
                yield from _described(inner)


def _strings(value: object) -> Iterator[str]:
    """Give every text within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _parsed(text: str) -> object:
    """Read a text as JSON where it is an object or a list; else it is itself."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict | list) else text


def as_openai(message: Message, *, takes_parts: bool) -> list[Object]:
    """Write a message as chat templates expect it: OpenAI's shape, of whatever dialect it was.

    Example: {"role": "user", "content": [{"type": "text", "text": "Hi"}]} -> [{..., "content": "Hi"}]

    As transformers does it, keys with null are left out (content is empty then, as vLLM has it); what a
    model thought has the names that templates know; as vLLM does it, a list of texts is one text, a line
    each, unless the template goes through lists. A result of a tool becomes a message of its own.
    """
    if "content" in message.source and not any(one.kind == "result" for one in message.passages):
        given = _without_null(message.source)
        if "tool_calls" in given or not any(one.kind == "call" for one in message.passages):
            return [_with_names({**_with_objects(given), **_content(message, takes_parts=takes_parts)})]
    elif "tool_calls" in message.source:
        return [_with_names(_with_objects(_without_null(message.source)))]
    return _rewritten(message)


def _without_null(message: Object) -> dict[str, object]:
    """Leave out the keys with null; a content of null is an empty text."""
    content = {"content": ""} if "content" in message else {}
    return {**content, **{key: inner for key, inner in message.items() if inner is not None}}


def _content(message: Message, *, takes_parts: bool) -> Object:
    """Give a content that is a list as the template takes it: as it is, as texts in parts, or as one text."""
    content = message.source.get("content")
    if not isinstance(content, list):
        return {}
    texts = [one.text for one in message.passages if one.kind == "text"]
    if not takes_parts:
        return {"content": "\n".join(texts)}
    if all(isinstance(part, dict) and part.get("type") in ("text", *MEDIA) for part in content):
        return {}
    return {"content": [{"type": "text", "text": text} for text in texts]}


def _with_names(message: Object) -> Object:
    """Give what a model thought the names that templates look for, as transformers 5 does."""
    thought = next((message[key] for key in REASONING if message.get(key) is not None), None)
    return message if thought is None else {"thinking": thought, **message, "reasoning_content": thought}


def _rewritten(message: Message) -> list[Object]:
    """Write a message of another dialect, the results of tools first, each as a message."""
    results = [one for one in message.passages if one.kind == "result"]
    found: list[Object] = []
    for id in dict.fromkeys(one.id for one in results):
        text = "\n".join(one.text for one in results if one.id == id)
        found.append({"role": "tool", "tool_call_id": id, "content": text})
    texts = [one.text for one in message.passages if one.kind == "text"]
    calls = [
        {
            "id": one.id,
            "type": "function",
            "function": {"name": one.name, "arguments": _parsed(one.text) if one.text else {}},
        }
        for one in message.passages
        if one.kind == "call"
    ]
    thought = "\n".join(one.text for one in message.passages if one.kind == "reasoning")
    if texts or calls or thought or not found:
        role = "assistant" if message.role == "model" else message.role
        said: dict[str, object] = {"role": role, "content": "\n".join(texts)}
        if calls:
            said["tool_calls"] = calls
        if thought:
            said["reasoning_content"] = thought
        if message.name:
            said["name"] = message.name
        # what a tool called gave back in the same message (Vercel's) comes after the call
        found.insert(0 if calls else len(found), _with_names(said))
    return found


def _with_objects(message: Object) -> Object:
    """Turn the arguments of tool calls from JSON text, as the API has them, into objects for templates."""
    calls = message.get("tool_calls")
    if not isinstance(calls, list):
        return message
    return {**message, "tool_calls": [_with_object(call) for call in calls]}


def _with_texts(message: Object) -> Object:
    """Turn the arguments of tool calls back into JSON text."""
    calls = message.get("tool_calls")
    if not isinstance(calls, list):
        return message
    return {**message, "tool_calls": [_with_text(call) for call in calls]}


def _with_text(call: object) -> object:
    match call:
        case {"function": {"arguments": dict() | list() as arguments, **function}, **rest}:
            return {**rest, "function": {**function, "arguments": written(arguments)}}
        case _:
            return call


def _with_object(call: object) -> object:
    match call:
        case {"function": {"arguments": str(arguments), **function}, **rest}:
            try:
                return {**rest, "function": {**function, "arguments": json.loads(arguments)}}
            except json.JSONDecodeError:
                return call
        case _:
            return call


def _takes_parts(template: jinja2.nodes.Template) -> bool:
    """Whether a template goes through a message's content part by part, as vLLM tells it from its loops."""
    import jinja2.nodes as nodes

    names = {"content"}
    names |= {
        one.target.name
        for one in template.find_all(nodes.Assign)
        if isinstance(one.target, nodes.Name) and _is_content(one.node, names)
    }
    return any(_is_content(one.iter, names) for one in template.find_all(nodes.For))


def _is_content(node: jinja2.nodes.Node, names: set[str]) -> bool:
    """Whether an expression is a message's content, or a name for it."""
    import jinja2.nodes as nodes

    match node:
        case nodes.Getattr(attr="content") | nodes.Getitem(arg=nodes.Const(value="content")):
            return True
        case nodes.Name(name=name):
            return name in names
        case _:
            return False


def _is_gguf(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return file.read(4) == b"GGUF"
    except OSError:
        return False


def _in_gguf(path: str) -> tuple[str, Object]:
    """Read the template of a GGUF, and its special tokens by the names that a configuration has for them."""
    model = Gguf(path)
    source = model.text("tokenizer.chat_template")
    if not source:
        raise InputError(path, "this GGUF has no chat_template; name the model's own with --template")
    tokens = model.strings("tokenizer.ggml.tokens")
    named = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}
    ids = {name: model.number(f"tokenizer.ggml.{theirs}_token_id") for name, theirs in named.items()}
    found = {
        name: tokens[one].decode(errors="replace") for name, one in ids.items() if 0 <= one < len(tokens)
    }
    return source, {f"{name}_token": token for name, token in found.items()}


def _read(path: str, *, tools: bool) -> tuple[str, Object]:
    """Read the source of a template, and the configuration that names special tokens."""
    given = Path(path)
    folder = given if given.is_dir() else given.parent
    try:
        config = _config(
            given if given.suffix == ".json" and given.name != LEGACY else folder / CONFIG, folder
        )
        if given.suffix != ".json" and not given.is_dir():
            return given.read_text("utf-8"), config
        if given.name != LEGACY:
            beside = _beside(folder)
            if beside:
                return _chosen(path, beside, tools=tools), config
            if config.get("chat_template") or not (folder / LEGACY).exists():
                return _chosen(path, config.get("chat_template"), tools=tools), config
        return _chosen(path, _object(folder / LEGACY).get("chat_template"), tools=tools), config
    except OSError as error:
        raise InputError(path, error.strerror or str(error)) from error
    except (ValueError, RecursionError) as error:
        raise InputError(path, f"no model's configuration: {error}") from error


def _config(file: Path, folder: Path) -> Object:
    """Read a tokenizer_config.json, and the older file of special tokens beside it, which may be missing."""
    config = _object(file) if file.exists() or file.parent != folder or file.name != CONFIG else {}
    older = folder / "special_tokens_map.json"
    if "added_tokens_decoder" in config or not older.exists():
        return config
    return {**config, **_object(older)}


def _beside(folder: Path) -> list[Object]:
    """Read the templates that are files of their own: chat_template.jinja, and others by their names."""
    files = {"default": folder / "chat_template.jinja"} if (folder / "chat_template.jinja").exists() else {}
    files |= {file.stem: file for file in sorted((folder / "additional_chat_templates").glob("*.jinja"))}
    return [{"name": name, "template": file.read_text("utf-8")} for name, file in files.items()]


def _object(file: Path) -> Object:
    value = json.loads(file.read_text("utf-8"))
    if not isinstance(value, dict):
        raise ValueError(f"{file.name} holds no JSON object")
    return value


def _chosen(path: str, templates: object, *, tools: bool) -> str:
    """Choose among several templates: "tool_use" where tools are given, else "default"."""
    if isinstance(templates, str):
        return templates
    named = {
        entry["name"]: entry["template"]
        for entry in (templates if isinstance(templates, list) else [])
        if isinstance(entry, dict) and {"name", "template"} <= entry.keys()
    }
    chosen = (named.get("tool_use") if tools else None) or named.get("default")
    if not isinstance(chosen, str):
        raise InputError(path, "has no chat_template")
    return chosen


def _special(config: Object) -> Iterator[tuple[str, str]]:
    """Give the special tokens that have a name, a model's own included."""
    more = config.get("extra_special_tokens")
    for key, token in [*config.items(), *(more.items() if isinstance(more, dict) else ())]:
        text = token.get("content") if isinstance(token, dict) else token
        if key.endswith("_token") and isinstance(text, str):
            yield key, text


def _raise(message: str) -> NoReturn:
    import jinja2

    raise jinja2.TemplateError(message)


def _tojson(
    value: object,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _generation() -> type[jinja2.ext.Extension]:
    """Make the extension for `{% generation %}`, which prints what it marks as it is."""
    import jinja2.ext

    class Generation(jinja2.ext.Extension):
        tags = {"generation"}  # noqa: RUF012 - as jinja2 has it

        def parse(self, parser: jinja2.parser.Parser) -> list[jinja2.nodes.Node]:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    return Generation
