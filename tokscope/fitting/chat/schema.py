"""Schema: the keys of a JSON schema, as JSON Schema (2020-12), OpenAPI and Google's Schema have them."""

from __future__ import annotations

from collections.abc import Iterator

from tokscope.fitting.chat.keys import camel, place_within

ONE_SCHEMA = frozenset(
    {"items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "not", "contains"}
)
ONE_SCHEMA |= {"propertyNames", "if", "then", "else", "contentSchema", "additionalItems"}
"""The keys that hold a schema, or true or false."""

SEVERAL = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
"""The keys that hold a list of schemas."""

SCHEMAS_BY_NAME = frozenset(
    {"properties", "$defs", "definitions", "patternProperties", "dependentSchemas", "defs"}
)
"""The keys that hold schemas by names of the user's own."""

VALUE_KEYS = frozenset(
    {
        *(
            "type",
            "description",
            "required",
            "enum",
            "const",
            "default",
            "examples",
            "example",
            "title",
            "format",
        ),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern", "nullable"),
        *("minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minContains", "maxContains"),
        *("minProperties", "maxProperties", "dependentRequired", "dependencies", "propertyOrdering"),
        *(
            "deprecated",
            "readOnly",
            "writeOnly",
            "contentEncoding",
            "contentMediaType",
            "strict",
            "discriminator",
        ),
        *(
            "$schema",
            "$id",
            "id",
            "$ref",
            "ref",
            "$comment",
            "$anchor",
            "$dynamicRef",
            "$dynamicAnchor",
            "$vocabulary",
        ),
    }
)
"""The keys that hold a value of their own."""


def unknown_keys(schema: object, where: str) -> Iterator[str]:
    """Give the places of the keys of a schema, and of those within it, that no schema has.

    Example: {"type": "object", "colour": 1} at "tools[0].parameters" -> "tools[0].parameters.colour"
    """
    if not isinstance(schema, dict):
        if not isinstance(schema, bool | None):
            yield where
        return
    for key, inner in schema.items():
        place, name = place_within(where, key), camel(key)
        if name in ONE_SCHEMA:
            yield from (
                unknown_keys_of_all(inner, place) if isinstance(inner, list) else unknown_keys(inner, place)
            )
        elif name in SEVERAL:
            yield from unknown_keys_of_all(inner, place) if isinstance(inner, list) else iter([place])
        elif name in SCHEMAS_BY_NAME:
            if isinstance(inner, dict):
                for own, one in inner.items():
                    yield from unknown_keys(one, place_within(place, own))
            elif inner is not None:
                yield place
        elif name not in VALUE_KEYS:
            yield place


def unknown_keys_of_all(schemas: list[object], where: str) -> Iterator[str]:
    """Give what unknown_keys() gives, for a list of schemas.

    Example: list(unknown_keys_of_all([{"type": "string"}, {"kind": "x"}], "anyOf")) -> ["anyOf[1].kind"]
    """
    for number, schema in enumerate(schemas):
        yield from unknown_keys(schema, f"{where}[{number}]")


def without_keys(schema: object, keys: frozenset[str]) -> object:
    """Leave keys out of a schema, at every depth; a property may have any name.

    Example: ({"type": "object", "required": ["a"]}, {"required"}) -> {"type": "object"}
    """
    if isinstance(schema, list):
        return [without_keys(one, keys) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {own: without_keys(one, keys) for own, one in inner.items()}
        if key in SCHEMAS_BY_NAME and isinstance(inner, dict)
        else without_keys(inner, keys)
        for key, inner in schema.items()
        if key not in keys
    }
