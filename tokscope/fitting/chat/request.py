"""Request: a chat request as it was read, the same for every dialect."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple

Object = Mapping[str, object]

NOTHING: Object = MappingProxyType({})


class Passage(NamedTuple):
    """Something that a message says.

    Example: Passage("call", '{"city": "Rome"}', name="get_weather", id="call_1")

    `kind` is "text" and "reasoning" for what somebody wrote, "call" for a tool called with its arguments, and
    "result" for what a tool gave back. `name` and `id` are the tool's and the call's, where they have one;
    a name that is here is part of what the model sees.
    """

    kind: Literal["text", "reasoning", "call", "result"]
    text: str
    name: str = ""
    id: str = ""


class Message(NamedTuple):
    """A message: who says what, and what in it cannot be counted.

    Example: {"role": "user", "content": "Hi"} -> Message("user", None, [Passage("text", "Hi")], ...)

    `where` is its place in the request ("messages[0]"). `unknown` are the places of keys that nobody here
    understands, `uncounted` those of pictures, files and whatever else is understood and has no text to
    count. `source` is the message as it was written.
    """

    role: str
    name: str | None
    passages: Sequence[Passage]
    where: str = ""
    unknown: Sequence[str] = ()
    uncounted: Sequence[str] = ()
    source: Object = NOTHING


class Tool(NamedTuple):
    """A tool that the model may call: its name, its description, and the JSON schema of its arguments.

    Example: {"name": "f", "input_schema": {"type": "object"}} -> Tool("f", "", {"type": "object"}, ...)

    `more` are texts beside these that the model sees (examples, the schema of what it gives back). `hosted`
    says that it is the maker's own, whose description is not in the request.
    """

    name: str
    description: str
    schema: object
    more: Sequence[str] = ()
    hosted: bool = False
    where: str = ""
    unknown: Sequence[str] = ()
    uncounted: Sequence[str] = ()
    source: Object = NOTHING

    @property
    def openai(self) -> Object:
        """The tool in OpenAI's shape, which chat templates expect.

        Example: Tool("f", "", {}).openai -> {"type": "function", "function": {"name": "f"}}
        """
        if isinstance(self.source.get("function"), dict):
            return self.source
        inner = {"name": self.name, "description": self.description, "parameters": self.schema}
        return {"type": "function", "function": {key: value for key, value in inner.items() if value}}


class Request(NamedTuple):
    """A chat request: its dialect and model, its messages in order, its tools, and the answer's schema.

    Example: [{"role": "user", "content": "Hi"}] -> Request("openai", "", [Message("user", ...)], ...)

    A system prompt that stands outside of the messages is put before them. `functions` says that the tools
    stand in OpenAI's older key of that name. `choice` is the tool that must be called, "none" for none, else
    empty. `formats` are the name and the schema of an answer in JSON. `kwargs` are for the chat template, and
    `documents` too. `halves` are the places of half a surrogate pair, which were read as U+FFFD.
    """

    dialect: str
    model: str
    messages: Sequence[Message]
    tools: Sequence[Tool] = ()
    functions: bool = False
    choice: str = ""
    formats: Sequence[tuple[str, object]] = ()
    kwargs: Object = NOTHING
    documents: Sequence[object] | None = None
    unknown: Sequence[str] = ()
    uncounted: Sequence[str] = ()
    halves: Sequence[str] = ()


def request_json(value: object) -> str:
    """Write a value as JSON, as a request has it.

    Example: {"a": "é"} -> '{"a": "é"}'
    """
    return json.dumps(value, ensure_ascii=False)
