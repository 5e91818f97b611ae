"""Tools: what a model may call, in the shape of any dialect.

One list for all of them: a tool is written for one dialect and sent to another, as MCP's are.
"""

from __future__ import annotations

from tokscope.fitting.chat import schema as schemas
from tokscope.fitting.chat.keys import (
    Found,
    Keys,
    an_object,
    free,
    keep,
    place_within,
    record,
    settings,
    short,
)
from tokscope.fitting.chat.request import Object, Tool, request_json

SCHEMAS = frozenset(
    {"parameters", "input_schema", "inputSchema", "parametersJsonSchema", "parameters_json_schema"}
)
"""The keys that hold the schema of a tool's arguments: OpenAI's, Anthropic's, MCP's, Bedrock's, Gemini's."""


def _schema(value: object, where: str, found: Found) -> None:
    """Take a schema, which Bedrock has within {"json": ...}."""
    if isinstance(value, dict) and value.keys() == {"json"}:
        value, where = value["json"], place_within(where, "json")
    if not isinstance(value, dict | None):
        raise ValueError(f"{where} is not a schema: {short(value)}")
    found.unknown += schemas.unknown_keys(value, where)
    if value:
        found.formats.append(("parameters", value))


def _more(value: object, where: str, found: Found) -> None:
    if value:
        found.formats.append(("more", value))


def _more_schema(value: object, where: str, found: Found) -> None:
    found.unknown += schemas.unknown_keys(value, where)
    _more(value, where, found)


FUNCTION: Keys = {
    "name": keep("name"),
    "description": keep("description"),
    **dict.fromkeys(SCHEMAS, _schema),
    **dict.fromkeys(("input_examples", "format"), _more),  # Anthropic's; the grammar of OpenAI's custom tools
    **dict.fromkeys(("response", "responseJsonSchema", "response_json_schema"), _more_schema),  # Gemini's
    # settings
    "cache_control": settings("type", "ttl", "scope"),
    **dict.fromkeys(("type", "strict", "defer_loading", "allowed_callers"), free),
    **dict.fromkeys(("eager_input_streaming", "behavior", "async"), free),
    # MCP: its clients send name, description and inputSchema
    "annotations": settings(
        *("title", "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"),
    ),
    "outputSchema": lambda value, where, found: found.unknown.extend(schemas.unknown_keys(value, where)),
    **dict.fromkeys(("title", "icons", "execution", "_meta"), free),
}
"""The keys of a function. Vercel's AI SDK and LangChain write these too."""

FUNCTION_KEYS = ("function", "custom", "toolSpec")
"""The keys within which OpenAI, and Bedrock, put a function."""

DESCRIBED_TYPES = ("function", "custom")
"""The types of a tool that the request itself describes."""

DECLARATIONS = frozenset({"functionDeclarations", "function_declarations"})


def tool(value: object, where: str, found: Found) -> None:
    """Read one tool, or what Gemini calls one: a list of functions, and tools of Google's own.

    Example: found = Found(); tool({"name": "f"}, "tools[0]", found); found.tools[0].name -> "f"
    """
    given = an_object(value, where)
    if "name" in given or any(isinstance(given.get(key), dict) for key in FUNCTION_KEYS):
        found.tools.append(_function(given, where, len(found.tools) + 1))
    elif isinstance(kind := given.get("type"), str) and kind not in DESCRIBED_TYPES:  # {"type": "web_search"}
        found.tools.append(_hosted(kind, where, given))
    elif not given or given.keys() & FUNCTION.keys():
        raise ValueError(f"tool {len(found.tools) + 1} has no name: {where}")
    else:
        for key, inner in given.items():
            place = place_within(where, key)
            if key in DECLARATIONS:
                tools(inner, place, found)
            elif key == "cachePoint":
                pass
            elif isinstance(inner, dict):  # {"google_search": {}}
                found.tools.append(_hosted(key, place, inner))
            else:
                found.unknown.append(place)


def _hosted(name: str, where: str, given: Object) -> Tool:
    """Make a tool of the maker's own, whose description is not in the request."""
    return Tool(name, "", None, hosted=True, where=where, uncounted=[f"{where} ({name})"], source=given)


def _function(given: Object, where: str, number: int) -> Tool:
    """Read a function, alone or in its wrapper."""
    kind, wrapper = given.get("type"), next((key for key in FUNCTION_KEYS if key in given), None)
    if (
        wrapper is None
        and isinstance(kind, str)
        and kind not in DESCRIBED_TYPES
        and not SCHEMAS & given.keys()
    ):
        return _hosted(str(given["name"]), where, given)  # {"type": "bash_20250124", "name": "bash"}
    inner = Found()
    record(FUNCTION if wrapper is None else {**FUNCTION, wrapper: record(FUNCTION)})(given, where, inner)
    if not inner.fields.get("name"):
        raise ValueError(f"tool {number} has no name: {where}")
    return Tool(
        inner.fields["name"],
        inner.fields.get("description", ""),
        next((value for kind, value in inner.formats if kind == "parameters"), None),
        [
            value if isinstance(value, str) else request_json(value)
            for kind, value in inner.formats
            if kind == "more"
        ],
        where=where,
        unknown=inner.unknown,
        uncounted=inner.uncounted,
        source=given,
    )


def tools(value: object, where: str, found: Found) -> None:
    """Read a list of tools, or an object that holds functions alone; null is none. Raises ValueError.

    Example: found = Found(); tools([{"name": "f"}, {"name": "g"}], "tools", found); [one.name for one in
    found.tools] -> ["f", "g"]
    """
    if value is None:
        return None
    if isinstance(value, dict) and DECLARATIONS & value.keys():
        return tool(value, where, found)
    if not isinstance(value, list):
        raise ValueError(f"{where} is not a list of tools: {short(value)}")
    for number, one in enumerate(value):
        tool(one, f"{where}[{number}]", found)
    return None


def tools_by_name(value: object, where: str, found: Found) -> None:
    """Read the tools of Vercel's AI SDK, an object of them by name, or a list.

    Example: found = Found(); tools_by_name({"f": {"description": "Does it."}}, "tools", found);
    found.tools[0].name -> "f"
    """
    if not isinstance(value, dict):
        return tools(value, where, found)
    for name, one in value.items():
        tool({"name": name, **an_object(one, place_within(where, name))}, place_within(where, name), found)
    return None


def functions(value: object, where: str, found: Found) -> None:
    """Read OpenAI's older functions.

    Example: found = Found(); functions([{"name": "f"}], "functions", found); found.functions -> True
    """
    tools(value, where, found)
    found.functions = bool(value)
