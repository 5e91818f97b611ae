"""TypeScript: how OpenAI's models read their tools, as declarations of a namespace.

OpenAI does not publish this. What stands here gives all 38 counts of its API for requests with tools that
hmarr/openai-chat-tokens (which found the form) and pamelafox/openai-messages-token-helper have measured
with gpt-3.5-turbo, and the cookbook's example for gpt-4 and gpt-4o; for later models it is supposed. Those
with `functions` (2023) and those with `tools` (2024) differ: in the first, what stands within an object is
indented and has no comments; in the second it is not and has, and an object whose one property has no
comment is one line. Neither says what becomes of titles, defaults, examples, oneOf, nullable, and what
describes a variant or a list's items: they are written as OpenAI's renderer for its open models does
(openai/harmony, src/encoding.rs), and constraints such as `minimum` are not. What describes the arguments as
a whole is measured to be left out with `functions`, and supposed to be with `tools`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from tokscope.fitting.chat.request import Tool, written
from tokscope.fitting.chat.schema import ONE, PLAIN

Code = Iterator[tuple[str, bool]]
"""Code in stretches, each with whether somebody wrote it, or it is the notation."""

HEAD, FOOT = "namespace functions {\n\n", "} // namespace functions"

MEASURED = frozenset({"type", "properties", "required", "description", "enum", "items", "anyOf", "const"})
MEASURED |= {"additionalProperties"}
"""The keys of schemas in the requests that were measured."""

NAMES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


class Style(NamedTuple):
    """How objects within objects are written.

    Example: Style(indent=2, comments=True, inline=False)

    `indent` is for each level, in spaces; `comments` says whether their properties have any; `inline` whether
    a lone property without one stands on its object's line.
    """

    indent: int
    comments: bool
    inline: bool


FUNCTIONS = Style(indent=2, comments=False, inline=False)
TOOLS = Style(indent=0, comments=True, inline=True)


def declaration(tool: Tool, style: Style) -> Code:
    """Write one tool.

    Example: tool = Tool("f", "Add", {"properties": {"a": {"type": "number"}}});
    "".join(text for text, _ in declaration(tool, Style(0, True, True))) ->
    "// Add\\ntype f = (_: { a?: number }) => any;\\n\\n"
    """
    schema = tool.schema if isinstance(tool.schema, dict) else {}
    if tool.description:
        yield from _comment(tool.description, "")
    yield "type ", False
    yield tool.name, True
    if not schema.get("properties") and fits(schema):
        yield " = () => any;\n", False
    else:
        yield " = (_: ", False
        yield from _type(schema, style, 0) if fits(schema) else iter([(written(schema), True)])
        yield ") => any;\n", False
    for more in tool.more:
        yield from _comment(more, "")
    yield "\n", False


def fits(schema: object) -> bool:
    """Whether the notation has a form for a schema; $ref and $defs have none that is known.

    Example: fits({"$ref": "#/a"}) -> False
    """
    if not isinstance(schema, dict):
        return isinstance(schema, bool | None)
    for key, inner in schema.items():
        match key, inner:
            case "properties", dict():
                if not all(isinstance(one, dict) and fits(one) for one in inner.values()):
                    return False
            case "anyOf" | "oneOf", list():
                if not inner or not all(isinstance(one, dict) and fits(one) for one in inner):
                    return False
            case "items", dict():
                if not fits(inner):
                    return False
            case "additionalProperties", bool():
                pass
            case "enum" | "required", list():
                pass
            case "type", str() | list():
                pass
            case _:
                if inner is not None and (key not in PLAIN or key in ONE | {"$ref", "ref", "type", "enum"}):
                    return False
    return True


def measured(schema: object) -> bool:
    """Whether all keys of a schema are among those that were measured, where they were.

    Example: measured({"title": "x"}) -> False; measured({"anyOf": [{"description": "x"}]}) -> False
    """
    if isinstance(schema, list):
        return all(map(measured, schema))
    if not isinstance(schema, dict):
        return True
    return (
        schema.keys() <= MEASURED
        and not any(map(_described, _within(schema)))
        and all(
            all(map(measured, inner.values()))
            if key == "properties" and isinstance(inner, dict)
            else measured(inner)
            for key, inner in schema.items()
            if key in ("properties", "items", "anyOf")
        )
    )


def compact(value: object) -> str:
    """Write JSON without white space.

    Example: {"a": [1, 2]} -> '{"a":[1,2]}'
    """
    import json

    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _type(schema: Mapping[str, object], style: Style, depth: int) -> Code:
    """Write the type of a value."""
    variants, kind, values = (
        schema.get("anyOf") or schema.get("oneOf"),
        schema.get("type"),
        schema.get("enum"),
    )
    if isinstance(variants, list):
        yield from _union(chain(_type(one, style, depth), _describing(one)) for one in variants)
    elif values and isinstance(values, list):
        yield from _union(iter([(compact(value), True)]) for value in values)
    elif isinstance(kind, list):
        yield from _union(_type({**schema, "type": one}, style, depth) for one in kind)
    elif kind == "object" or (kind is None and schema.get("properties")):
        yield from _object(schema, style, depth)
    elif kind == "array":
        items = schema.get("items")
        yield from _type(items, style, depth) if items and isinstance(items, dict) else iter([("any", False)])
        yield "[]", False
        yield from _describing(items)
    else:
        yield NAMES.get(str(kind), "any"), False
    if schema.get("nullable") is True:
        yield " | null", False


def _describing(schema: object) -> Code:
    """Write what describes a variant or a list's items, behind its type: no property says it."""
    if description := _described(schema):
        yield " // ", False
        yield description, True


def _described(schema: object) -> str:
    """Give what describes a schema, "" where nothing does."""
    description = schema.get("description") if isinstance(schema, dict) else None
    return description if isinstance(description, str) else ""


def _within(schema: Mapping[str, object]) -> list[object]:
    """Give the variants and the items of a schema, which stand in no property."""
    found = [schema.get("items")]
    for key in ("anyOf", "oneOf"):
        variants = schema.get(key)
        found += variants if isinstance(variants, list) else []
    return found


def _object(schema: Mapping[str, object], style: Style, depth: int) -> Code:
    """Write an object, a line for each property, or one for the whole."""
    given = schema.get("properties")
    properties: Mapping[str, Mapping[str, object]] = given if isinstance(given, dict) else {}
    required = schema.get("required")
    pad = " " * style.indent * depth
    inline = style.inline and len(properties) == 1 and not any(map(_comments, properties.values()))
    yield "{ " if inline else "{\n", False
    for name, one in properties.items():
        if style.comments or depth == 0:
            for comment in _comments(one):
                yield from _comment(comment, pad)
        yield pad, False
        yield name, True
        yield ": " if isinstance(required, list) and name in required else "?: ", False
        yield from _type(one, style, depth + 1)
        yield " " if inline else ",", False
        if "default" in one and one["default"] is not None:
            yield " // default: ", False
            yield compact(one["default"]), True
        yield "" if inline else "\n", False
    yield "}", False


def _comments(schema: Mapping[str, object]) -> list[str]:
    """Give what stands above a property: its title, its description, examples."""
    found = [str(schema[key]) for key in ("title", "description") if schema.get(key)]
    examples = schema.get("examples")
    if isinstance(examples, list) and examples:
        found += ["Examples:", *(f"- {compact(example)}" for example in examples)]
    return found


def _comment(text: str, pad: str) -> Code:
    yield f"{pad}// ", False
    yield text, True
    yield "\n", False


def _union(types: Iterator[Code]) -> Code:
    for number, one in enumerate(types):
        yield from chain([(" | ", False)] if number else [], one)
