"""The messages of OpenAI's chat completions, and what vLLM, OpenRouter, DeepSeek and Mistral add to them."""

from __future__ import annotations

from tokscope.fitting.chat.keys import (
    Action,
    Found,
    Keys,
    about,
    calling,
    content,
    each,
    enclosed,
    free,
    keep,
    reasoning,
    record,
    settings,
    short,
    tagged,
    text,
    type_of,
    uncounted,
)
from tokscope.fitting.chat.request import Message

CACHE = settings("type", "ttl", "scope")


MEDIA_TYPES: tuple[str, ...] = (
    "image_url",
    "input_audio",
    "file",
    "video_url",
    "audio_url",
    "image",
    "audio",
    "video",
    "input_image",
)


MEDIA_TYPES += ("input_file", "image_embeds", "audio_embeds", "prompt_embeds")
"""The types of parts that are not text."""


def medium(value: object, where: str, found: Found) -> None:
    """Name a picture, a sound or a file.

    Example: found = Found(); medium({"type": "image_url"}, "content[0]", found); found.uncounted ->
    ["content[0] (image_url)"]
    """
    enclosed(value, where, found, type_of(value) or "media")


TEXTS: dict[str, Keys] = {
    "text": {"text": text, "prompt_cache_breakpoint": free, "cache_control": CACHE},
    "refusal": {"refusal": text},
    "input_text": {"text": text, "prompt_cache_breakpoint": free},
    "output_text": {"text": text, "annotations": free, "logprobs": free},
    "thinking": {
        "thinking": each(content(record({"type": free, "text": text}))),
        "closed": free,
    },  # Mistral, vLLM
}


def part(kinds: dict[str, Keys], media: tuple[str, ...] = MEDIA_TYPES) -> Action:
    """Make the action for a part of these types, or of those of `media`.

    Example: found = Found(); part(TEXTS)({"type": "text", "text": "Hi"}, "content[0]", found);
    found.passages[0].text -> "Hi"
    """
    known = tagged(kinds, default="text")

    def act(value: object, where: str, found: Found) -> None:
        (medium if type_of(value) in media else known)(value, where, found)

    return act


CONTENT = content(part(TEXTS))


def _call(value: object, where: str, found: Found) -> None:
    """Read a tool call: a function's, or that of a custom tool."""
    beside: Keys = {"type": free, "index": free, "id": free}
    if not isinstance(value, dict):
        raise ValueError(f"{where} is not a tool call: {short(value)}")
    inner = Found()
    function = calling({})
    custom = calling({}, arguments="input")
    if not {"function", "custom"} & value.keys():
        calling({**beside})(value, where, inner)
    else:
        record({**beside, "function": function, "custom": custom})(value, where, inner)
    id = value.get("id")
    for passage in inner.passages:
        found.passages.append(passage._replace(id=id if isinstance(id, str) else passage.id))
    found.unknown += inner.unknown
    found.uncounted += inner.uncounted
    if not inner.passages:
        raise ValueError(f"a tool call has no function: {where}")


def _calls(value: object, where: str, found: Found) -> None:
    if not isinstance(value, list | None):
        raise ValueError(f"its tool_calls are not a list: {short(value)}")
    for number, one in enumerate(value or []):
        _call(one, f"{where}[{number}]", found)


MESSAGE: Keys = {
    "role": keep("role"),
    "name": keep("name"),
    "content": CONTENT,
    "tool_calls": _calls,
    "function_call": lambda value, where, found: _call(value, where, found) if value else None,
    "refusal": text,
    "audio": uncounted,  # {"id": ...}: what the model said before, kept by OpenAI
    **dict.fromkeys(
        ("reasoning_content", "reasoning", "thinking"), reasoning
    ),  # DeepSeek; OpenRouter; Ollama
    "reasoning_details": uncounted,  # OpenRouter: the same once more, or encrypted
    "tool_call_id": keep("tool_call_id"),
    "cache_control": CACHE,
    # what an answer has and a question may keep; of fine-tuning; of DeepSeek and Mistral
    **dict.fromkeys(("annotations", "weight", "prefix"), free),
}


SAYING = frozenset(
    {
        "content",
        "tool_calls",
        "function_call",
        "refusal",
        "audio",
        "reasoning_content",
        "reasoning",
        "thinking",
    }
)
"""The keys of which a message has at least one."""


def messages(keys: Keys, saying: frozenset[str] = SAYING) -> Action:
    """Make the action for a list of messages with these keys.

    Example: found = Found(); messages(MESSAGE)([{"role": "user", "content": "Hi"}], "messages", found);
    found.messages[0].role -> "user"
    """

    def act(value: object, where: str, found: Found) -> None:
        if not isinstance(value, list):
            raise ValueError(f"{where} is not a list of messages: {short(value)}")
        for number, one in enumerate(value, 1):
            with about(f"message {number}"):
                found.messages.append(message(one, f"{where}[{number - 1}]", keys, saying))

    return act


def message(value: object, where: str, keys: Keys, saying: frozenset[str] = SAYING) -> Message:
    """Read one message. Raises ValueError.

    Example: message({"role": "user", "content": "Hi"}, "messages[0]", MESSAGE).passages[0].text -> "Hi"
    """
    inner = Found()
    if not isinstance(value, dict):
        raise ValueError(f"has no role and no content: {short(value)}")
    if not isinstance(value.get("role"), str):
        raise ValueError(f"has no role; its keys are {', '.join(value) or 'none'}")
    if not saying & value.keys():
        raise ValueError(
            f"has no {'content' if 'content' in saying else min(saying)}; its keys are {', '.join(value)}"
        )
    record(keys)(_drop_repeated_reasoning(value), where, inner)
    return inner.message(inner.fields["role"], where, value, inner.fields.get("name"))


def _drop_repeated_reasoning(message: dict[str, object]) -> dict[str, object]:
    """Leave out a reasoning that repeats the other, as those do who write both names."""
    if message.get("reasoning") is not None and message.get("reasoning") == message.get("reasoning_content"):
        return {key: inner for key, inner in message.items() if key != "reasoning"}
    return message


def system(part: Action) -> Action:
    """Make the action for a system prompt that stands outside of the messages.

    Example: found = Found(); system(part(TEXTS))("Be brief.", "system", found);
    found.system[0].passages[0].text -> "Be brief."
    """

    def act(value: object, where: str, found: Found) -> None:
        if value in (None, "", []):
            return
        inner = Found()
        with about(where):
            content(part)(value, where, inner)
        found.system.append(inner.message("system", where, {"role": "system", "content": value}))

    return act
