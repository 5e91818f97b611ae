"""Vercel's AI SDK: the messages of its useChat, whose text stands in parts, and those of its generateText."""

from __future__ import annotations

from collections.abc import Mapping

from tokscope.fitting.chat import openai, openai_messages
from tokscope.fitting.chat.keys import (
    Action,
    Found,
    Keys,
    about,
    any_value,
    calling,
    content,
    each,
    enclosed,
    free,
    reasoning,
    record,
    resulting,
    tagged,
    text,
    type_of,
    uncounted,
)
from tokscope.fitting.chat.request import Passage
from tokscope.fitting.chat.tools import tools_by_name

_FREE: Keys = {"type": free, "state": free, "providerOptions": free, "providerMetadata": free}

PARTS: dict[str, Keys] = {
    "text": {**_FREE, "text": text},
    "reasoning": {**_FREE, "text": reasoning, "reasoning": reasoning},
    "step-start": {},
    "source-url": dict.fromkeys(("sourceId", "url", "title", "providerMetadata"), free),  # shown, not sent
    "source-document": dict.fromkeys(("sourceId", "mediaType", "title", "filename"), free),
    "source": {"source": free},
    "json": {"value": any_value},
    "error-text": {"value": text},
    "error-json": {"value": any_value},
    "content": {"value": lambda value, where, found: content(part)(value, where, found)},
}

_OUTPUT = tagged({**PARTS, "text": {"value": text, "text": text}})


def _output(value: object, where: str, found: Found) -> None:
    """Read what a tool gave back: of a known type, or any value."""
    (_OUTPUT if type_of(value) in PARTS else any_value)(value, where, found)


_CALL: Keys = {**_FREE, "providerExecuted": free, "step": free, "dynamic": free}


def _tool_part(value: object, where: str, found: Found) -> None:
    """Read a tool's part, which is its call and, when it is there, what came back."""
    given = dict(value) if isinstance(value, dict) else {}
    kind = str(given.get("type", ""))
    if kind.startswith("tool-") and "toolName" not in given:
        given["toolName"] = kind.removeprefix("tool-")
    arguments = "args" if "args" in given else "input"
    back = {key: given.pop(key) for key in ("output", "result", "errorText") if key in given}
    known: Keys = {
        **_CALL,
        "toolCallId": free,
        "preliminary": free,
        "approval": free,
        "title": free,
        "callProviderMetadata": free,
    }
    calling(known, name="toolName", arguments=arguments, id="toolCallId")(given, where, found)
    for key, one in back.items():
        inner = Found()
        _output(one, f"{where}.{key}", inner)
        found.passages += [
            Passage("result", passage.text, id=found.passages[-1].id) for passage in inner.passages
        ]
        found.unknown += inner.unknown


_REASONING_DETAILS = each(
    tagged({"text": {"text": reasoning, "signature": free}, "redacted": {"data": uncounted}})
)


def _reasoning(value: object, where: str, found: Found) -> None:
    """Read a thought, which version 4 has whole, in pieces as `details`, or both."""
    given = dict(value) if isinstance(value, dict) else {}
    pieces, whole = Found(), Found()
    _REASONING_DETAILS(given.pop("details", None), f"{where}.details", pieces)
    record(PARTS["reasoning"])(given, where, whole)
    repeated = _passage_text(whole) == _passage_text(pieces)
    found.passages += whole.passages if repeated else whole.passages + pieces.passages
    found.unknown += whole.unknown + pieces.unknown
    found.uncounted += pieces.uncounted


def _passage_text(found: Found) -> str:
    return "".join(one.text for one in found.passages)


def part(value: object, where: str, found: Found) -> None:
    """Read a part of either kind of message.

    Example: found = Found(); part({"type": "text", "text": "Hi"}, "parts[0]", found); found.passages[0].text
    -> "Hi"
    """
    kind = type_of(value)
    if kind == "reasoning":
        _reasoning(value, where, found)
    elif kind == "tool-call":
        arguments = "args" if isinstance(value, dict) and "args" in value else "input"
        calling(_CALL, name="toolName", arguments=arguments, id="toolCallId")(value, where, found)
    elif kind == "tool-result":
        known: Keys = {
            **_CALL,
            "toolName": free,
            "output": _output,
            "result": any_value,
            "input": free,
            "isError": free,
        }
        resulting(known, id="toolCallId")(value, where, found)
    elif kind == "tool-invocation":
        record({**_FREE, "toolInvocation": _tool_part})(value, where, found)
    elif kind.startswith("tool-") or kind == "dynamic-tool":
        _tool_part(value, where, found)
    elif kind.startswith("data-"):
        pass  # for the page that shows it: convertToModelMessages leaves it out
    elif kind in ("file", "image", "media"):
        enclosed(value, where, found, kind)
    else:
        tagged(PARTS, default="text")(value, where, found)


_OURS: Keys = {
    **dict.fromkeys(("id", "metadata", "createdAt", "annotations", "revisionId", "providerOptions"), free),
    "data": free,
    "experimental_attachments": uncounted,
}

MESSAGE: Keys = {**openai_messages.MESSAGE, **_OURS, "content": content(part)}
"""A message of generateText."""

UI_MESSAGE: Keys = {key: act for key, act in MESSAGE.items() if key != "content"} | {"parts": content(part)}
"""A message of useChat; what else it says has to repeat the parts."""


def _repeated_keys(message: Mapping[str, object]) -> Keys:
    """Give the keys of a message that repeat its parts, as version 4 writes them: these cost nothing."""
    parts = [one for one in _list_or_nothing(message["parts"]) if isinstance(one, dict)]
    text = "".join(str(one.get("text") or "") for one in parts if one.get("type") == "text")
    calls = [one.get("toolInvocation") for one in parts if one.get("type") == "tool-invocation"]
    repeats = {
        "content": message.get("content") in ("", None, text),
        "toolInvocations": all(one in calls for one in _list_or_nothing(message.get("toolInvocations"))),
    }
    return {key: free for key, repeated in repeats.items() if repeated}


def _list_or_nothing(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _messages(value: object, where: str, found: Found) -> None:
    """Read messages of both kinds."""
    if not isinstance(value, list):
        openai_messages.messages(MESSAGE)(value, where, found)
        return
    for number, one in enumerate(value):
        keys, saying = MESSAGE, openai_messages.SAYING
        if isinstance(one, dict) and "parts" in one:
            keys, saying = {**UI_MESSAGE, **_repeated_keys(one)}, frozenset({"parts"})
        with about(f"message {number + 1}"):
            found.messages.append(openai_messages.message(one, f"{where}[{number}]", keys, saying))


REQUEST: dict[str, Action] = {
    **openai.REQUEST,
    "messages": _messages,
    "system": openai_messages.system(part),
    "tools": tools_by_name,
    "toolChoice": openai.choice,
    **dict.fromkeys(
        ("id", "trigger", "messageId", "providerOptions", "maxOutputTokens", "maxSteps", "stopWhen"), free
    ),
    **dict.fromkeys(("topP", "topK", "maxRetries", "headers", "stopSequences"), free),
}

READ = openai.body(REQUEST)
