"""Notation: which keys of a JSON schema OpenAI's models see of a tool, and of which that was measured.

Counts of OpenAI's API say what becomes of the keys in MEASURED (see tokscope.fitting.chat.typescript). Of the
others this follows what serbyte-development/json-schema-to-openai-typescript captured from ChatGPT (76
schemas, of 2026): limits such as `minimum` and `pattern` are in a comment after the type, and those in
UNWRITTEN leave no trace. What has no form that is known ($ref, allOf, not) is written as JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple


class Style(NamedTuple):
    """How a tool is written.

    Example: Style(indent=2, comments=True, inline=False, constants=True)

    `indent` is for each level, in spaces; `comments` says whether what describes the arguments as a whole,
    and the properties of objects within them, is written; `inline` whether a lone property without a comment
    stands on its object's line; `constants` whether a constant is a type of its own.
    """

    indent: int
    comments: bool
    inline: bool
    constants: bool


FUNCTIONS = Style(indent=2, comments=False, inline=False, constants=False)
TOOLS = Style(indent=0, comments=True, inline=True, constants=True)
"""The styles of requests with `functions` (2023) and with `tools` (2024)."""

MEASURED = frozenset({"type", "properties", "required", "description", "enum", "items", "anyOf"})
MEASURED |= {"additionalProperties"}
"""The keys of schemas in the requests that were measured; and `const`, with `functions`."""

MEASURED_MODELS = re.compile(r"(^|/)gpt-(3\.?5|4|4o)(?![\w.])|^$")
"""The models that were asked, or none that is named."""

SHAPES = {"anyOf": "", "oneOf": "", "enum": "", "const": "", "properties": "object", "items": "array"}
"""The keys that say what a value looks like, of which a schema has one, and the type that each goes with."""

CONSTRAINTS: tuple[str, ...] = ("minLength", "maxLength", "pattern", "format", "minimum", "maximum")
CONSTRAINTS += ("exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems")
"""The keys that are in a comment after a type."""

UNWRITTEN = frozenset(
    {"$schema", "$id", "id", "$comment", "$anchor", "$dynamicAnchor", "$vocabulary", "example"}
)
UNWRITTEN |= {
    "uniqueItems",
    "minContains",
    "maxContains",
    "minProperties",
    "maxProperties",
    "dependentRequired",
}
UNWRITTEN |= {"contentEncoding", "contentMediaType", "discriminator"}
UNWRITTEN |= {"deprecated", "readOnly", "writeOnly", "propertyOrdering", "strict"}
"""The keys that leave no trace; of the last line that is supposed."""

NOTATION_KEYS = {
    *SHAPES,
    *CONSTRAINTS,
    "type",
    "title",
    "description",
    "examples",
    "default",
    "nullable",
    "required",
}
NOTATION_KEYS |= {"additionalProperties"}
"""The keys that the notation has a form for."""


def can_write(schema: object) -> bool:
    """Whether the notation has a form for a schema; $ref and $defs have none that is known.

    Example: can_write({"$ref": "#/a"}) -> False; can_write({"anyOf": [{"type": "null"}], "enum": [1]}) ->
    False
    """
    if not isinstance(schema, dict):
        return isinstance(schema, bool | None)
    kind = schema.get("type")
    kinds = [*kind, None] if isinstance(kind, list) else [kind, None]
    shapes = [key for key in SHAPES if schema.get(key) not in (None, [], {})]
    if len(shapes) > 1 or any(SHAPES[key] not in ("", *kinds) for key in shapes if kind):
        return False
    for key, inner in schema.items():
        match key, inner:
            case _, None:
                pass
            case "properties", dict():
                if not all(isinstance(one, dict) and can_write(one) for one in inner.values()):
                    return False
            case "anyOf" | "oneOf", list():
                if not inner or not all(isinstance(one, dict) and can_write(one) for one in inner):
                    return False
            case "items" | "additionalProperties", _:
                if not can_write(inner):
                    return False
            case ("enum" | "required", list()) | ("type", str() | list()):
                pass
            case "properties" | "anyOf" | "oneOf" | "enum" | "required" | "type", _:
                return False
            case _ if key not in NOTATION_KEYS | UNWRITTEN:
                return False
    return True


def is_measured(schema: object, style: Style, *, whole: bool = True) -> bool:
    """Whether all keys of a schema are among those that were measured, where they were.

    `whole` says that it is that of all arguments.

    Example: is_measured({"title": "x"}, TOOLS) -> False; is_measured({"description": "x"}, FUNCTIONS) -> True
    """
    if not isinstance(schema, dict):
        return True
    variants, properties = schema.get("anyOf"), schema.get("properties")
    within = [schema.get("items"), *(variants if isinstance(variants, list) else [])]
    inside = [*within, *(properties.values() if isinstance(properties, dict) else [])]
    return (
        schema.keys() <= (MEASURED if style.constants else MEASURED | {"const"})
        and not schema.get("additionalProperties")
        and not (whole and style.comments and description_of(schema))
        and not any(map(description_of, within))
        and all(is_measured(one, style, whole=False) for one in inside)
    )


def description_of(schema: object) -> str:
    """Give what describes a schema, "" where nothing does.

    Example: description_of({"description": "A town"}) -> "A town"
    """
    given = schema.get("description") if isinstance(schema, Mapping) else None
    return given if isinstance(given, str) else ""
