"""TypeScript: how OpenAI's models read their tools, as declarations of a namespace.

OpenAI does not publish this. What is here gives all 38 counts of its API for requests with tools that
hmarr/openai-chat-tokens (which found the form) and pamelafox/openai-messages-token-helper have measured
with gpt-3.5-turbo, and the cookbook's example for gpt-4 and gpt-4o; for later models it is supposed. Those
with `functions` (2023) and those with `tools` (2024) differ: in the first, what stands within an object is
indented and has no comments, and neither what describes the arguments as a whole nor a constant is written;
in the second it is not indented and has comments, and an object whose one property has none is one line.
Which other keys are written, and from where that is known, tokscope.fitting.chat.notation says; of titles,
defaults, examples and nullable OpenAI's renderer for its open models (openai/harmony, src/encoding.rs) says
the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from tokscope.fitting.chat.notation import CONSTRAINTS, SHAPES, Style, can_write
from tokscope.fitting.chat.request import Tool, request_json

Code = Iterator[tuple[str, bool]]
"""Code in stretches, each with whether somebody wrote it, or it is the notation."""

HEAD, FOOT = "namespace functions {\n\n", "} // namespace functions"

TYPESCRIPT_TYPES = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}


def declaration(tool: Tool, style: Style) -> Code:
    """Write one tool.

    Example: tool = Tool("f", "Add", {"properties": {"a": {"type": "number"}}});
    "".join(text for text, _ in declaration(tool, Style(0, True, True, False))) ->
    "// Add\\ntype f = (_: { a?: number }) => any;\\n\\n"
    """
    schema = tool.schema if isinstance(tool.schema, dict) else {}
    if tool.description:
        yield from _comment(tool.description, "")
    yield "type ", False
    yield tool.name, True
    above, behind = _above(schema, whole=style.comments), _limit_comments(schema)
    if not can_write(schema):
        yield from [(" = (_: ", False), (request_json(schema), True), (") => any;\n", False)]
    elif above or behind or any(schema.get(key) for key in ("additionalProperties", *SHAPES)):
        yield " = (_: ", False
        for text in above:
            yield from _comment(text, "")
        yield from _type(schema, style, 0)
        yield from _trailing(behind)
        yield ") => any;\n", False
    else:
        yield " = () => any;\n", False
    for more in tool.more:
        yield from _comment(more, "")
    yield "\n", False


def compact(value: object) -> str:
    """Write JSON without white space.

    Example: {"a": [1, 2]} -> '{"a":[1,2]}'
    """
    import json

    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _type(schema: Mapping[str, object], style: Style, depth: int) -> Code:
    """Write the type of a value."""
    kind, values = schema.get("type"), schema.get("enum")
    variants = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(variants, list):
        yield from _union(chain(_type(one, style, depth), _trailing_comments(one)) for one in variants)
    elif style.constants and "const" in schema:
        yield compact(schema["const"]), True
    elif values and isinstance(values, list):
        yield from _union(iter([(compact(value), True)]) for value in values)
    elif isinstance(kind, list):
        yield from _union(_type({**schema, "type": one}, style, depth) for one in kind)
    elif kind == "object" or (kind is None and any(map(schema.get, ("properties", "additionalProperties")))):
        yield from _object_type(schema, style, depth)
    elif kind == "array" or (kind is None and schema.get("items")):
        items = schema.get("items")
        yield from _type(items, style, depth) if items and isinstance(items, dict) else iter([("any", False)])
        yield "[]", False
        yield from _trailing_comments(items)
    else:
        yield TYPESCRIPT_TYPES.get(str(kind), "any"), False
    if schema.get("nullable") is True:
        yield " | null", False


def _object_type(schema: Mapping[str, object], style: Style, depth: int) -> Code:
    """Write an object, a line for each property, or one for the whole."""
    given, more = schema.get("properties"), schema.get("additionalProperties")
    properties: Mapping[str, Mapping[str, object]] = given if isinstance(given, dict) else {}
    required = schema.get("required")
    pad = " " * style.indent * depth
    comments = [*chain.from_iterable(map(_above, properties.values()))]
    limits = [*chain.from_iterable(map(_limit_comments, properties.values()))]
    inline = style.inline and len(properties) == 1 and not (comments or limits or more)
    yield "{ " if inline else "{\n", False
    for name, one in properties.items():
        for comment in _above(one, whole=style.comments or depth == 0):
            yield from _comment(comment, pad)
        yield pad, False
        yield name, True
        yield ": " if isinstance(required, list) and name in required else "?: ", False
        yield from _type(one, style, depth + 1)
        yield " " if inline else ",", False
        yield from _trailing(_limit_comments(one))
        yield "" if inline else "\n", False
    if more:
        yield f"{pad}[key: string]: ", False
        yield from _type(more if isinstance(more, dict) else {}, style, depth + 1)
        yield ",", False
        yield from _trailing_comments(more)
        yield "\n", False
    yield "}", False


def _above(schema: Mapping[str, object], *, whole: bool = True) -> list[str]:
    """Give the comments above a value: its title, its description unless not the `whole` is, examples."""
    found = [str(schema[key]) for key in ("title", "description")[: 1 + whole] if schema.get(key)]
    examples = schema.get("examples")
    if examples:
        several = examples if isinstance(examples, list) else [examples]
        found += ["Examples:", *(f"- {compact(example)}" for example in several)]
    return found


def _limit_comments(schema: Mapping[str, object]) -> list[tuple[str, str]]:
    """Give the comments after a type: its default and its limits, by their keys."""
    given = [(key, schema[key]) for key in ("default", *CONSTRAINTS) if schema.get(key) is not None]
    return [(f"{key}: ", f"/{value}/" if key == "pattern" else compact(value)) for key, value in given]


def _trailing_comments(schema: object) -> Code:
    """Write after the type of a variant or a list's items what no property's line has room for."""
    if isinstance(schema, dict):
        yield from _trailing([*(("", text) for text in _above(schema)), *_limit_comments(schema)])


def _trailing(comments: list[tuple[str, str]]) -> Code:
    """Write comments after a type."""
    for number, (key, value) in enumerate(comments):
        yield (", " if number else " // ") + key, False
        yield value, True


def _comment(text: str, pad: str) -> Code:
    yield f"{pad}// ", False
    yield text, True
    yield "\n", False


def _union(types: Iterator[Code]) -> Code:
    for number, one in enumerate(types):
        yield from chain([(" | ", False)] if number else [], one)
