"""What OpenAI's API counted for requests with tools, by the tests of two projects that asked it.

The requests and figures of `FUNCTIONS` are from hmarr/openai-chat-tokens (tests/token-counts.test.ts, MIT),
those of `TOOLS` from pamelafox/openai-messages-token-helper (tests/functions.py, MIT). Both asked
gpt-3.5-turbo.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tokscope import load
from tokscope.fitting.chat import Part, count_by_rule
from tokscope.fitting.chat.notation import FUNCTIONS as INDENTED
from tokscope.fitting.chat.notation import TOOLS as FLAT
from tokscope.fitting.chat.notation import UNWRITTEN, Style
from tokscope.fitting.chat.request import Tool
from tokscope.fitting.chat.request_reader import request
from tokscope.fitting.chat.schema import ONE_SCHEMA, SCHEMAS_BY_NAME, SEVERAL, VALUE_KEYS
from tokscope.fitting.chat.typescript import declaration

STRING, NUMBER = {"type": "string"}, {"type": "number"}


def obj(required: list[str] | None = None, /, **properties: Any) -> dict[str, Any]:
    """Make the schema of an object."""
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def function(name: str, description: str = "", parameters: Any = None) -> dict[str, Any]:
    given = {"name": name, "description": description, "parameters": parameters}
    return {key: value for key, value in given.items() if value is not None and value != ""}


def said(*messages: str) -> list[dict[str, Any]]:
    """Make messages of "role: content"."""
    return [dict(zip(("role", "content"), message.split(": ", 1), strict=True)) for message in messages]


POST = {**obj(["kind", "text"], kind={**STRING, "const": "post"}, text=STRING), "additionalProperties": False}
NAMES = {**STRING, "enum": ["jane", "suzie", "adam"]}
USER = {**obj(["kind", "name"], kind={**STRING, "const": "user"}, name=NAMES), "additionalProperties": False}
RES = {"anyOf": [POST, USER], "description": "The foo or the bar"}
FOO = function("foo", "Return the foo or the bar", {**obj(["res"], res=RES), "additionalProperties": False})
ABC = {
    "anyOf": [
        obj(kind={**STRING, "const": "a"}, baz={"type": "boolean"}),
        obj(kind={**STRING, "const": "b"}, qux=NUMBER),
        obj(kind={**STRING, "const": "c"}, idk=STRING),
    ]
}
PROS = {"type": "array", "items": STRING, "description": "Write 3 points why this text is well written"}

AMOUNT = {"enum": ["grams", "ml", "cups", "pieces", "teaspoons"], **STRING}
STEPS = {"type": "array", "items": STRING, "description": "Steps to prepare the recipe (no numbering)"}
RECIPE = obj(
    ["ingredients", "instructions", "time_to_cook"],
    ingredients={
        "type": "array",
        "items": obj(["name", "unit", "amount"], name=STRING, unit=AMOUNT, amount=NUMBER),
    },
    instructions=STEPS,
    time_to_cook={**NUMBER, "description": "Total time to prepare the recipe in minutes"},
)
YES_NO = {"enum": ["Yes", "No"], **STRING}
FIELD = {
    **obj(
        yesNoField={**YES_NO, "description": "description5"},
        howIsInteresting={**STRING, "description": "description6"},
        scoreInteresting={**NUMBER, "description": "description7"},
        isInteresting={**YES_NO, "description": "description8"},
    ),
    "description": "description4",
}
FIELDS = {
    **obj(**{"mainField": {**STRING, "description": "description3"}, "field number one": FIELD}),
    "description": "desctiption2",
}
EMPTY = function("do_stuff", "", obj())
HI, TWICE = said("system: Hello", "user: Hi there"), said("system: Hello:", "system: Hello", "user: Hi there")
TALK = [
    *said("system: You are an AI assistant trained to foo or bar", "user: My name is suzie"),
    {"role": "function", "name": "foo", "content": '{"res":{"kind":"user","name":"suzie"}}'},
    *said('user: I want to post a message with the text "hello world"'),
    {"role": "function", "name": "foo", "content": '{"res":{"kind":"post","text":"hello world"}}'},
]


def bing(**properties: Any) -> dict[str, Any]:
    return function("bing_bong", "Do a bing bong", obj(**properties))


FUNCTIONS: list[tuple[list[dict[str, Any]] | str, list[dict[str, Any]], str, int]] = [
    # messages (or what a user says), functions, the one that must be called, tokens
    ("hello", [function("foo", "", obj())], "", 31),
    ("hello", [function("foo", "", obj())], "none", 32),
    ("hello", [function("foo", "", obj())], "auto", 31),
    ("hello", [function("foo", "", obj())], "foo", 36),
    ("hello", [function("foo", "Do a foo", obj())], "", 36),
    ("hello", [bing(foo=STRING)], "", 49),
    ("hello", [bing(foo=STRING, bar={**NUMBER, "description": "A number"})], "", 57),
    ("hello", [bing(foo=obj(bar={**STRING, "enum": ["a", "b", "c"]}, baz={"type": "boolean"}))], "", 68),
    (TALK, [FOO], "foo", 158),
    (HI, [function("do_stuff", "", obj(foo={"anyOf": ABC["anyOf"][:1]}))], "", 52),
    (HI, [function("do_stuff", "", obj(foo=ABC))], "", 80),
    (HI, [function("do_stuff", "", obj(foo={"anyOf": [{**STRING, "const": "a"}, NUMBER]}))], "", 44),
    (HI, [EMPTY], "", 35),
    (said("system: Hello:", "user: Hi there"), [EMPTY], "", 35),
    (TWICE, [EMPTY], "", 40),
    (TWICE, [EMPTY, function("do_other_stuff", "", obj())], "", 49),
    (TWICE, [EMPTY, function("do_other_stuff", "", obj())], "do_stuff", 55),
    ("hello", [function("get_recipe", "", RECIPE)], "", 106),
    ("hello", [function("function", "description", obj(quality=obj(pros=PROS)))], "", 46),
    ("hello", [function("function", "desctiption1", FIELDS)], "", 96),
]

QUERY = {
    **STRING,
    "description": "Query string to retrieve documents from azure search eg: 'Health care plan'",
}
RETRIEVE = "Retrieve sources from the Azure AI Search index"
SEARCH = function("search_sources", RETRIEVE, obj(["search_query"], search_query=QUERY))
BARE = function("search_sources", RETRIEVE)
ENUM = obj(integer_enum={"type": "integer", "enum": [-1, 1]})
A = {**STRING, "enum": ["Happy", "Sad"]}
B = {**STRING, "description": "Description in a second object is lost"}
WITHIN = {"description": "The object data type as a property"}
ESCALATE = (
    "If user is showing signs of frustration or anger in the query. Also if the user says they want to talk "
    "to a real person and not a chat bot."
)
ORDER = obj(
    ["product_name", "quantity", "unit"],
    product_name={**STRING, "description": "Product name ordered by customer"},
    quantity={"type": "integer", "description": "Quantity ordered by customer"},
    unit={
        **STRING,
        "enum": ["meals", "days"],
        "description": "unit of measurement of the customer order",
    },
)
ADDRESSES = {"type": "array", "description": "The mailing addresses to be located", "items": STRING}


def demo(parameters: Any) -> dict[str, Any]:
    return function("data_demonstration", "This is the main function description", parameters)


TOOLS: list[tuple[dict[str, Any], str, int]] = [
    # the tool, whether or which one must be called, tokens; all after the system message "You are a bot."
    (SEARCH, "auto", 66),
    (SEARCH, "none", 67),
    (SEARCH, "search_sources", 75),
    (demo(ENUM), "none", 54),
    (demo(ENUM), "data_demonstration", 64),
    (BARE, "auto", 42),
    (BARE, "search_sources", 51),
    (function("search_sources", RETRIEVE, obj(search_query=STRING)), "auto", 49),
    (function("search_sources", RETRIEVE, obj(["search_query"], search_query=STRING)), "auto", 49),
    (function("summarize_order", "Summarize the customer order request", ORDER), "none", 86),
    (demo(obj(["object_1"], object_1={**obj(string1=STRING), **WITHIN})), "none", 65),
    (demo(obj(["object_1"], object_1={**obj(string_2a=A), **WITHIN})), "none", 73),
    (demo(obj(["object_1"], object_1={**obj(string_2a=A, string_2b=B), **WITHIN})), "none", 89),
    (
        demo(
            obj(
                ["object_1"],
                object_1={**obj(string_2a=A, string_2b=B), **WITHIN},
                string_1={**STRING, "description": "Not required gets a question mark"},
            )
        ),
        "none",
        103,
    ),
    (
        function(
            "human_escalation",
            "Check if user wants to escalate to a human",
            obj(["requires_escalation"], requires_escalation={"type": "boolean", "description": ESCALATE}),
        ),
        "none",
        89,
    ),
    (
        function(
            "get_coordinates",
            "Get the latitude and longitude of multiple mailing addresses",
            obj(["addresses"], addresses=ADDRESSES),
        ),
        "none",
        59,
    ),
    (
        function(
            "get_null",
            "Get the null value",
            obj(["null_value"], null_value={"type": "null", "description": "The null value to be returned"}),
        ),
        "none",
        55,
    ),
    (
        function(
            "get_no_type",
            "Get the no type value",
            obj(["no_type_value"], no_type_value={"description": "The no type value to be returned"}),
        ),
        "none",
        59,
    ),
]

MEASURED = [
    (
        {
            "messages": said(f"user: {messages}") if isinstance(messages, str) else messages,
            "functions": functions,
            **(
                {"function_call": choice if choice in ("none", "auto") else {"name": choice}}
                if choice
                else {}
            ),
        },
        tokens,
    )
    for messages, functions, choice, tokens in FUNCTIONS
] + [
    (
        {
            "messages": said("system: You are a bot."),
            "tools": [{"type": "function", "function": tool}],
            "tool_choice": choice
            if choice in ("none", "auto")
            else {"type": "function", "function": {"name": choice}},
        },
        tokens,
    )
    for tool, choice, tokens in TOOLS
]


def rows(value: Any, model: str = "gpt-3.5-turbo") -> list[Part]:
    return list(count_by_rule(request(value), load(model), "openai"))


@pytest.mark.parametrize(("value", "tokens"), MEASURED, ids=range(len(MEASURED)))
def test_what_openai_counted_with_tools(value: Any, tokens: int) -> None:
    assert sum(part.tokens for part in rows(value)) == tokens
    assert not any(part.at_least or part.supposed for part in rows(value))


def test_old_messages_of_functions() -> None:
    """hmarr/openai-chat-tokens has these too."""
    call = {"name": "do_stuff", "arguments": '{"foo": "bar", "baz": 1.5}'}
    answer = {"role": "function", "name": "do_stuff", "content": '{"foo": "bar", "baz": 1.5}'}
    assert sum(part.tokens for part in rows([*said("user: hello world"), answer])) == 28
    assert (
        sum(part.tokens for part in rows([{"role": "assistant", "content": "", "function_call": call}])) == 26
    )


@pytest.mark.parametrize(
    ("schema", "style", "code"),
    [
        (None, FLAT, "type f = () => any;"),
        (obj(), FLAT, "type f = () => any;"),
        (obj(a=NUMBER), FLAT, "type f = (_: { a?: number }) => any;"),
        (obj(a=NUMBER), INDENTED, "type f = (_: {\na?: number,\n}) => any;"),
        (obj(["a"], a={**NUMBER, "description": "A"}), FLAT, "type f = (_: {\n// A\na: number,\n}) => any;"),
        (
            obj(a=obj(b=STRING, c={**STRING, "description": "C"})),
            INDENTED,
            "type f = (_: {\na?: {\n  b?: string,\n  c?: string,\n},\n}) => any;",
        ),
        (
            obj(a={"type": ["integer", "null"], "default": 3}, b={"type": "array", "items": A}),
            FLAT,
            'type f = (_: {\na?: number | null, // default: 3\nb?: "Happy" | "Sad"[],\n}) => any;',
        ),
        (
            obj(
                a={"anyOf": [{**STRING, "description": "A name"}, NUMBER]},
                b={"type": "array", "items": {**NUMBER, "description": "Years"}},
            ),
            FLAT,
            "type f = (_: {\na?: string // A name | number,\nb?: number[] // Years,\n}) => any;",
        ),
        ({"$ref": "#/$defs/A"}, FLAT, 'type f = (_: {"$ref": "#/$defs/A"}) => any;'),
        # what follows was captured from ChatGPT by serbyte-development/json-schema-to-openai-typescript
        (
            obj(a={**STRING, "minLength": 2, "maxLength": 9, "pattern": "^b"}, b={**STRING, "format": "uri"}),
            FLAT,
            "type f = (_: {\na?: string, // minLength: 2, maxLength: 9, pattern: /^b/\n"
            'b?: string, // format: "uri"\n}) => any;',
        ),
        (
            obj(a={**NUMBER, "minimum": -1, "default": 2, "exclusiveMaximum": 5, "multipleOf": 0.5}),
            FLAT,
            "type f = (_: {\na?: number, // default: 2, minimum: -1, exclusiveMaximum: 5, multipleOf: 0.5\n})"
            " => any;",
        ),
        (
            obj(a={"type": "array", "items": {**STRING, "maxLength": 9}, "minItems": 1, "uniqueItems": True}),
            FLAT,
            "type f = (_: {\na?: string[] // maxLength: 9, // minItems: 1\n}) => any;",
        ),
        (
            obj(a={"anyOf": [{**STRING, "minLength": 1}, {**NUMBER, "minimum": 0}]}),
            FLAT,
            "type f = (_: { a?: string // minLength: 1 | number // minimum: 0 }) => any;",
        ),
        (obj(a={"const": "b"}, c={"const": None}), FLAT, 'type f = (_: {\na?: "b",\nc?: null,\n}) => any;'),
        (obj(a={**STRING, "const": "b"}), INDENTED, "type f = (_: {\na?: string,\n}) => any;"),
        (
            {**obj(a=NUMBER), "title": "T", "description": "D", "examples": [{"a": 1}]},
            FLAT,
            'type f = (_: // T\n// D\n// Examples:\n// - {"a":1}\n{ a?: number }) => any;',
        ),
        ({**obj(a=NUMBER), "description": "D"}, INDENTED, "type f = (_: {\na?: number,\n}) => any;"),
        (
            {**obj(a=STRING), "additionalProperties": NUMBER},
            FLAT,
            "type f = (_: {\na?: string,\n[key: string]: number,\n}) => any;",
        ),
        # an object that is told in two ways has no form
        (
            {"properties": {}, "anyOf": [{"required": ["a"]}]},
            FLAT,
            "type f = (_: any) => any;",
        ),
        (
            {"properties": {"a": {}}, "anyOf": [{"required": ["a"]}]},
            FLAT,
            'type f = (_: {"properties": {"a": {}}, "anyOf": [{"required": ["a"]}]}) => any;',
        ),
        (
            {**NUMBER, "items": {"enum": ["b"]}},
            FLAT,
            'type f = (_: {"type": "number", "items": {"enum": ["b"]}}) => any;',
        ),
    ],
)
def test_how_a_tool_is_written(schema: Any, style: Style, code: str) -> None:
    assert "".join(text for text, _ in declaration(Tool("f", "", schema), style)) == code + "\n\n"


NAMES_OF_OTHERS = {"required", "type", "dependentRequired", "propertyOrdering"}
"""The keys of which the value is names that the schema has, or its own."""


@pytest.mark.parametrize("kind", ["tools", "functions"])
@pytest.mark.parametrize("place", ["whole", "property", "within", "variant", "items"])
def test_every_key_of_a_schema_costs_tokens_or_is_on_the_list_of_those_that_do_not(
    kind: str, place: str
) -> None:
    def cost(more: dict[str, Any]) -> int:
        a = {**STRING, **more} if place == "property" else STRING
        inner = {
            "whole": a,
            "property": a,
            "within": obj(b={**STRING, **more}),
            "variant": {"anyOf": [{**STRING, **more}, NUMBER]},
            "items": {"type": "array", "items": {**STRING, **more}},
        }[place]
        whole = {**obj(a=inner), **(more if place == "whole" else {})}
        tool = function("f", "", whole)
        given = {"tools": [{"type": "function", "function": tool}], "functions": [tool]}[kind]
        return sum(part.tokens for part in rows({"messages": said("user: hi"), kind: given}))

    free = UNWRITTEN | NAMES_OF_OTHERS | {"nullable"}
    if kind == "functions":  # measured to cost nothing
        free |= {"const"} | ({"description"} if place in ("whole", "within") else set())
    long = {"anything": "the quick brown fox jumps over the lazy dog"}
    for key in VALUE_KEYS | ONE_SCHEMA | SEVERAL | SCHEMAS_BY_NAME:
        if key not in free and key != "enum":
            value: Any = {"x": long} if key in SCHEMAS_BY_NAME else [long] if key in SEVERAL else long
            value = long["anything"] if key in ("title", "description") else value
            assert cost({key: value}) > cost({}), key
    assert cost({"enum": list(long.values())}) > cost({})


def test_the_schema_of_an_answer() -> None:
    """Its own JSON without some keys, and 9: openai-cookbook, issue 2140."""
    schema = {**obj(["town"], town=STRING), "additionalProperties": False}
    wrapped = {"type": "json_schema", "json_schema": {"name": "town", "strict": True, "schema": schema}}
    (answer, *_) = rows({"messages": said("user: hello"), "response_format": wrapped}, "gpt-4o")
    seen = json.dumps({"type": "object", "properties": {"town": STRING}}, separators=(",", ":"))
    assert (answer.name, answer.text, answer.overhead) == ("response format", load("gpt-4o").count(seen), 9)
