"""Chat: the tokens of a chat request, and how many of them are its text and how many the format around it.

Three dialects are understood: OpenAI's, Anthropic's and Gemini's. The table of models says by which rule each
one counts; for others the dialect does. OpenAI publishes a rule for what it adds
("How to count tokens with tiktoken", in its cookbook, read 2026-11-22) and calls it an estimate; that a
message takes 3 tokens more for each of its tool calls is a measurement (hmarr/openai-chat-tokens). Anthropic
and Google publish neither tokenizer nor rule: what stands for them here comes from examples in their
documentation. platform.claude.com counts 14 tokens for a system prompt of 4 and a message of 3, and 403 for
one small tool and a question; ai.google.dev counts 10 for a message that is 10 long. An open model's own
template is exact, see tokscope.fitting.template.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from tokscope.errors import InputError
from tokscope.inputs import Document
from tokscope.models.limits import model_of

Count = Callable[[str], int]
Object = Mapping[str, object]


class Part(NamedTuple):
    """One row of a request: a message, a tool, or what the format adds once.

    Example: Part("2 user", text=11, overhead=4): 11 tokens that somebody wrote, and 4 around them

    `skipped` counts what is no text (pictures, files) and is in neither figure.
    """

    name: str
    text: int
    overhead: int
    skipped: int = 0

    @property
    def tokens(self) -> int:
        """The tokens of both."""
        return self.text + self.overhead


class Rule(NamedTuple):
    """What a format adds: to each message, to its role, name and tool calls; for tools; before the reply.

    `tool` is for each tool, None where tools are counted as they stand.
    """

    message: int
    role: bool = True
    name: int = 0
    call: int = 0
    tools: int = 0
    tool: int | None = None
    reply: int = 0


RULES: dict[str, Rule] = {
    "openai": Rule(message=3, name=1, call=3, tools=12, tool=7, reply=3),
    "openai-cl100k": Rule(message=3, name=1, call=3, tools=12, tool=10, reply=3),
    "anthropic": Rule(message=1, tools=346, reply=3),
    "gemini": Rule(message=0, role=False),
}
"""The rules by the names that limits.csv has; those of the dialects are for models that are not in it."""


class Message(NamedTuple):
    """A message: its texts (None for a piece that is no text), and the name and arguments of each tool call.

    Example: {"role": "user", "content": "Hi"} -> Message("user", None, ["Hi"], [], {"role": ...})
    """

    role: str
    name: str | None
    texts: Sequence[str | None]
    calls: Sequence[tuple[str, str]]
    source: Object


class Request(NamedTuple):
    """A chat request as it was read: its dialect and model, its messages in order, and its tools.

    Example: [{"role": "user", "content": "Hi"}] -> Request("openai", "", [Message("user", ...)], [])

    A system prompt that stands outside of the messages is put before them. Each tool is the inner object,
    with a name, a description and parameters.
    """

    dialect: str
    model: str
    messages: Sequence[Message]
    tools: Sequence[Object]


def read(document: Document) -> Request:
    """Read a chat request, or a bare list of messages, from JSON. Raises InputError.

    Example: read(Document.of_text('[{"role": "user", "content": "Hi"}]', Decoding())).dialect -> "openai"
    """
    try:
        value = json.loads(document.read().removeprefix("\ufeff"))
        _json(value).encode()  # "\ud800" is JSON, but not text
        return _request({"messages": value} if isinstance(value, list) else _object(value, "the request"))
    except json.JSONDecodeError as error:
        message = f"line {error.lineno}: not JSON: {error.msg} at character {error.colno}"
        raise InputError(document.path, message) from error
    except UnicodeEncodeError as error:
        raise InputError(document.path, "half of a surrogate pair (\\ud800 to \\udfff) is no text") from error
    except RecursionError as error:
        raise InputError(document.path, "nested too deeply to be a chat request") from error
    except ValueError as error:
        raise InputError(document.path, str(error)) from error


def rule_of(request: Request, model: str, vocabulary: str) -> str:
    """Name the rule by which a model counts a request: the model's own, else that of the request's dialect.

    Example: rule_of(request, "gpt-4", "cl100k_base") -> "openai-cl100k"

    `model` may be unknown or empty; then `vocabulary` tells OpenAI's older models from the newer ones.
    """
    known = model_of(model)
    if known and known.chat:
        return known.chat
    return "openai-cl100k" if (request.dialect, vocabulary) == ("openai", "cl100k_base") else request.dialect


def parts(request: Request, count: Count, rule_name: str) -> Iterator[Part]:
    """Count a request by one of RULES.

    Example: the cookbook's six messages, "openai" -> parts that add up to 124 tokens with o200k_base
    """
    rule = RULES[rule_name]
    if request.tools:
        yield Part("tools", 0, rule.tools)
        for tool in request.tools:
            yield _tool(tool, count) if rule.tool is None else _openai_tool(tool, count, rule.tool)
    for number, message in enumerate(request.messages, 1):
        written = [text for text in message.texts if text is not None]
        written += chain.from_iterable(message.calls)
        overhead = rule.message + rule.call * len(message.calls)
        if message.name is not None:
            written.append(message.name)
            overhead += rule.name
        if rule.role:
            overhead += count(message.role)
        skipped = list(message.texts).count(None)
        yield Part(f"{number} {message.role}", sum(map(count, written)), overhead, skipped)
    if rule.reply:
        yield Part("reply", 0, rule.reply)


def _openai_tool(tool: Object, count: Count, overhead: int) -> Part:
    """Count a tool by OpenAI's rule: a line for it, one for each property, and the values of enums."""
    name = str(tool["name"])
    lines = [_line(name, _description(tool))]
    properties = list(_properties(tool.get("parameters")))
    overhead += 3 * len(properties) + (3 if properties else 0)
    for key, schema in properties:
        values, kind = schema.get("enum"), schema.get("type", "")
        if isinstance(values, list):
            overhead += 3 * len(values) - 3
            lines += map(str, values)
        lines.append(
            _line(
                key, "|".join(map(str, kind)) if isinstance(kind, list) else str(kind), _description(schema)
            )
        )
    return Part(f"tool {name}", sum(map(count, lines)), overhead)


def _line(*fields: str) -> str:
    return ":".join(filter(None, fields))


def _description(schema: Object) -> str:
    return str(schema.get("description") or "").removesuffix(".")


def _properties(schema: object) -> Iterator[tuple[str, Object]]:
    """Give the properties of a JSON schema, and those within them, which the rule does not mention."""
    match schema:
        case {"properties": {**properties}}:
            for key, inner in properties.items():
                if isinstance(inner, dict):
                    yield str(key), inner
                    yield from _properties(inner)
        case {"items": inner}:
            yield from _properties(inner)


def _tool(tool: Object, count: Count) -> Part:
    """Count a tool as it stands: its name, its description and its schema in JSON."""
    name, description, schema = str(tool["name"]), tool.get("description"), tool.get("parameters")
    lines = [name, *([str(description)] if description else []), *([_json(schema)] if schema else [])]
    return Part(f"tool {name}", sum(map(count, lines)), 0)


def _request(value: Object) -> Request:
    """Tell the dialect, and bring what differs only in name into one shape. Raises ValueError."""
    tools = [_inner(tool) for tool in _tools(value)]
    model = str(value.get("model") or "")
    if "contents" in value:
        messages: list[Object] = [
            {"role": content.get("role") or "user", "content": content.get("parts")}
            for content in _list(value, "contents")
        ]
        if system := value.get("systemInstruction") or value.get("system_instruction"):
            content = _object(system, "systemInstruction").get("parts")
            messages.insert(0, {"role": "system", "content": content})
        return Request("gemini", model, _messages(messages), tools)
    messages = _list(value, "messages")
    if "system" not in value and "claude" not in model and not any("input_schema" in tool for tool in tools):
        return Request("openai", model, _messages(messages), tools)
    if value.get("system"):
        messages.insert(0, {"role": "system", "content": value["system"]})
    renamed = [{**tool, "parameters": tool.get("input_schema")} for tool in tools]
    return Request("anthropic", model, _messages(messages), renamed)


def _messages(messages: Sequence[Object]) -> list[Message]:
    found = []
    for number, message in enumerate(messages, 1):
        role, name = message.get("role"), message.get("name")
        if not isinstance(role, str):
            raise ValueError(f"message {number} has no role")
        try:
            texts, calls = list(_texts(message.get("content"))), list(_calls(message))
        except ValueError as error:
            raise ValueError(f"message {number}: {error}") from error
        found.append(Message(role, name if isinstance(name, str) else None, texts, calls, message))
    return found


def _texts(content: object) -> Iterator[str | None]:
    """Give the texts of a message's content, in any dialect, and None for each piece that is no text.

    Example: [{"type": "text", "text": "Look:"}, {"type": "image_url", ...}] -> "Look:", None
    """
    match content:
        case None:
            pass
        case str(text) | {"text": str(text)} | {"thinking": str(text)} | {"refusal": str(text)}:
            yield text
        case list(pieces):
            for piece in pieces:
                yield from _texts(piece)
        case {"type": "tool_use", "name": str(name), "input": value}:
            yield from (name, _json(value))
        case {"type": "tool_result", **rest}:
            yield from _texts(rest.get("content"))
        case {"functionCall": {"name": str(name), "args": value}}:
            yield from (name, _json(value))
        case {"functionResponse": {"name": str(name), "response": value}}:
            yield from (name, _json(value))
        case {}:
            yield None
        case _:
            raise ValueError(f"its content is neither text nor a list of parts: {_json(content)[:40]}")


def _calls(message: Object) -> Iterator[tuple[str, str]]:
    """Give name and arguments of each tool that an OpenAI message calls, in the new form and the old."""
    several, single = message.get("tool_calls"), message.get("function_call")
    if not isinstance(several, list | None):
        raise ValueError(f"its tool_calls are no list: {_json(several)[:40]}")
    for call in [*(several or []), *([single] if single else [])]:
        match call.get("function", call) if isinstance(call, dict) else None:
            case {"name": str(name), "arguments": arguments}:
                yield name, arguments if isinstance(arguments, str) else _json(arguments)
            case _:
                raise ValueError("a tool call has no function with a name and arguments")


def _tools(value: Object) -> Iterator[Object]:
    """Give the tools of any dialect: the old OpenAI functions too, and the lists that Gemini puts them in."""
    for tool in [*_list(value, "tools", []), *_list(value, "functions", [])]:
        declared = next(
            (key for key in ("functionDeclarations", "function_declarations") if key in tool), None
        )
        yield from _list(tool, declared) if declared else [tool]


def _inner(tool: Object) -> Object:
    inner = _object(tool.get("function", tool), "a tool")
    if not isinstance(inner.get("name"), str):
        raise ValueError("a tool has no name")
    return inner


def _list(value: Object, key: str, default: Sequence[Object] | None = None) -> list[Object]:
    found = value.get(key, default)
    if not isinstance(found, list):
        cure = "a chat request has messages (OpenAI, Anthropic) or contents (Gemini)"
        raise ValueError(f"no list of {key}: {cure}")
    return [_object(item, f"an item of {key}") for item in found]


def _object(value: object, what: str) -> Object:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is not a JSON object")
    return value


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
