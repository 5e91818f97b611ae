"""Messages as chat templates expect them: in OpenAI's shape, whatever dialect they were written in."""

from __future__ import annotations

import json

from tokscope.fitting.chat import Message, Object
from tokscope.fitting.chat.openai_messages import MEDIA_TYPES
from tokscope.fitting.chat.request import request_json

REASONING = ("reasoning_content", "thinking", "reasoning")
"""The names that a model's thoughts go by."""


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
            return [
                _with_names({**_with_objects(given), **_template_content(message, takes_parts=takes_parts)})
            ]
    elif "tool_calls" in message.source:
        return [_with_names(_with_objects(_without_null(message.source)))]
    return _rewritten(message)


def _without_null(message: Object) -> dict[str, object]:
    """Leave out the keys with null; a content of null is an empty text."""
    content = {"content": ""} if "content" in message else {}
    return {**content, **{key: inner for key, inner in message.items() if inner is not None}}


def _template_content(message: Message, *, takes_parts: bool) -> Object:
    """Give a content that is a list as the template takes it: as it is, as texts in parts, or as one text."""
    content = message.source.get("content")
    if not isinstance(content, list):
        return {}
    texts = [one.text for one in message.passages if one.kind == "text"]
    if not takes_parts:
        return {"content": "\n".join(texts)}
    if all(isinstance(part, dict) and part.get("type") in ("text", *MEDIA_TYPES) for part in content):
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
            "function": {"name": one.name, "arguments": parsed(one.text) if one.text else {}},
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


def with_texts(message: Object) -> Object:
    """Turn the arguments of tool calls back into JSON text.

    Example: {"tool_calls": [{"function": {"arguments": {"a": 1}}}]} -> arguments '{"a": 1}'
    """
    calls = message.get("tool_calls")
    if not isinstance(calls, list):
        return message
    return {**message, "tool_calls": [_with_text(call) for call in calls]}


def _with_text(call: object) -> object:
    match call:
        case {"function": {"arguments": dict() | list() as arguments, **function}, **rest}:
            return {**rest, "function": {**function, "arguments": request_json(arguments)}}
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


def parsed(text: str) -> object:
    """Read a text as JSON where it is an object or a list; else it is itself.

    Example: parsed('{"a": 1}') -> {"a": 1}, and parsed("12") -> "12"
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict | list) else text
