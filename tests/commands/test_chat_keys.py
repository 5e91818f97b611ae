"""Every key of a chat request is counted, or costs nothing, or is named: in every dialect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.chat_requests import DIALECTS, DOT, FUNCTION, HELLO, SCHEMA
from tests.support.shell import tokscope
from tokscope import load
from tokscope.errors import TokscopeError
from tokscope.fitting.chat import Part, count_by_rule, read_all, rule_of
from tokscope.fitting.chat.request_reader import dialect_of, request
from tokscope.fitting.counted import by_rule
from tokscope.inputs import Decoding, Document

"""A request of each dialect, of which everything is understood."""


def rows(value: Any, tokenizer: str = "gpt-4o") -> list[Part]:
    read, loaded = request(value), load(tokenizer)
    return list(count_by_rule(read, loaded, rule_of(read, read.model, loaded.name)))


def total(value: Any) -> int:
    return sum(part.tokens for part in rows(value))


def named(value: Any) -> list[str]:
    """Give the places of all that is in no figure."""
    return [place for part in rows(value) for place in [*part.unknown, *part.uncounted]]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_request_of_each_dialect_is_understood(dialect: str) -> None:
    assert dialect_of(DIALECTS[dialect]) == dialect
    assert named(DIALECTS[dialect]) == []
    assert all(part.tokens > 0 for part in rows(DIALECTS[dialect]))


FREE_FORM = {"arguments", "args", "input", "response", "json", "properties", "output"}
"""The keys of which the value is the user's own, with any keys: all of it is counted."""


def objects(value: Any, key: str = "") -> Iterator[tuple[dict[str, Any], str]]:
    """Give every object of a request that has keys of the dialect's, and the key that it stands under."""
    if isinstance(value, dict):
        if key not in FREE_FORM or (key == "json" and "type" in value):
            yield value, key
        inside = value.items() if key not in FREE_FORM - {"json", "properties"} else ()
        for name, inner in inside:
            yield from objects(inner, name if key != "properties" else "schema")
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(sorted(DIALECTS)), st.data())
def test_an_unknown_key_anywhere_is_counted_or_named(dialect: str, data: st.DataObject) -> None:
    value = deepcopy(DIALECTS[dialect])
    place, key = data.draw(st.sampled_from(list(objects(value))))
    extra = data.draw(st.sampled_from(["xyzzy", {"a": 1}, [{"type": "text", "text": "Hi"}], 5, True]))
    place["xyzzy"] = extra
    try:
        found = named(value)
    except ValueError as error:
        assert "xyzzy" in str(error)
        return
    if dialect == "vercel" and key == "tools":
        return  # the name of a tool
    assert any("xyzzy" in one for one in found), key


PICTURE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DOT}", "detail": "low"}}
SOURCE = {"type": "base64", "media_type": "image/png", "data": DOT}


@pytest.mark.parametrize(
    "value",
    [
        {"model": "gpt-4o", "messages": [{"role": "user", "content": [PICTURE]}]},
        {
            "model": "gpt-4o",
            "input": [{"role": "user", "content": [{"type": "input_image", "image_url": DOT}]}],
        },
        {
            "model": "claude-sonnet-5",
            "system": "",
            "messages": [{"role": "user", "content": [{"type": "image", "source": SOURCE}]}],
            "tool_choice": {"type": "auto"},
        },
        {
            "model": "gemini-3-pro",
            "contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": DOT}}]}],
            "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
            "safetySettings": [{"category": "a", "threshold": "b"}],
        },
    ],
)
def test_an_unknown_key_within_what_is_counted_or_free_is_named(value: Any) -> None:
    def lacking(value: Any) -> list[str]:
        return by_rule("-", "", request(value), None).unknown

    assert not lacking(value)
    for place, _ in [*objects(deepcopy(value))]:
        changed = deepcopy(value)
        (same,) = [one for one, _ in objects(changed) if one == place][:1]
        same["xyzzy"] = "some text"
        assert any("xyzzy" in one for one in lacking(changed)), place


CALLED = {"state": "call", "toolCallId": "c1", "toolName": "find", "args": {}}


@pytest.mark.parametrize(
    ("message", "missing"),
    [
        ({"parts": [], "content": "Where is it?"}, ["messages[0].content"]),
        ({"parts": [{"type": "text", "text": "Hello"}], "content": "Hello, you"}, ["messages[0].content"]),
        ({"parts": [{"type": "text", "text": "Hello"}], "content": "Hello"}, []),
        ({"parts": [{"type": "text", "text": "Hello"}], "content": ""}, []),
        ({"parts": [], "toolInvocations": [CALLED]}, ["messages[0].toolInvocations"]),
        (
            {
                "parts": [{"type": "tool-invocation", "toolInvocation": CALLED}],
                "toolInvocations": [CALLED],
            },
            [],
        ),
    ],
)
def test_what_does_not_repeat_the_parts_beside_it_is_named(
    message: dict[str, Any], missing: list[str]
) -> None:
    assert named({"messages": [{"role": "assistant", **message}]}) == missing


@pytest.mark.parametrize(
    ("beside", "texts"),
    [
        ({"reasoning": "I look it up."}, ["I look it up."]),
        ({"details": ["I look ", "it up."]}, ["I look ", "it up."]),
        ({"reasoning": "I look it up.", "details": ["I look ", "it up."]}, ["I look it up."]),
        ({"reasoning": "I look.", "details": ["It is there."]}, ["I look.", "It is there."]),
    ],
)
def test_a_thought_in_pieces_is_counted_and_one_that_is_said_twice_once(
    beside: dict[str, Any], texts: list[str]
) -> None:
    if "details" in beside:
        beside = {**beside, "details": [{"type": "text", "text": one} for one in beside["details"]]}
    value = {"messages": [{"role": "assistant", "parts": [{"type": "reasoning", **beside}]}]}
    (row,) = (part for part in rows(value) if part.name == "1 assistant")
    assert (row.text, named(value)) == (sum(map(load("gpt-4o").count, texts)), [])


@pytest.mark.parametrize("wrapped", [True, False])
def test_which_tools_are_allowed_costs_nothing_and_what_else_it_says_is_named(wrapped: bool) -> None:
    allowed = {"mode": "auto", "tools": [{"type": "function", "function": {"name": "find_depot"}}]}
    for more, missing in ({}, []), ({"xyzzy": "Hello"}, ["xyzzy"]):
        inner = {**allowed, **more}
        choice = {"type": "allowed_tools", **({"allowed_tools": inner} if wrapped else inner)}
        found = named({"model": "gpt-4o", "messages": [HELLO], "tool_choice": choice})
        assert [place.rpartition(".")[2] for place in found] == missing


@pytest.mark.parametrize("format", ["table", "plain", "json", "ndjson", "csv", "md"])
@pytest.mark.parametrize("where", ["request", "message", "part"])
def test_a_total_that_lacks_something_says_so_in_every_format(format: str, where: str) -> None:
    part: dict[str, object] = {"type": "text", "text": "Hello"}
    message: dict[str, object] = {"role": "user", "content": [part]}
    whole: dict[str, object] = {"messages": [message]}
    {"request": whole, "message": message, "part": part}[where]["xyzzy"] = "some text"
    done = tokscope("chat", "-x", json.dumps(whole), "--format", format)
    assert done.code == 0
    assert "at least" in done.err
    assert "xyzzy" in done.err
    if format == "json":
        summary = json.loads(done.out)["summary"]
        assert (summary["exact"], summary["at_least"]) == (False, True)
        assert [place.rpartition(".")[2] for place in summary["not_understood"]] == ["xyzzy"]
    elif format == "ndjson":
        lines = [json.loads(line) for line in done.out.splitlines()]
        assert [line["at_least"] for line in lines].count(True) == 1
    else:
        assert "at least" in done.out


def test_a_narrow_table_says_so_too() -> None:
    text = json.dumps([{**HELLO, "xyzzy": 1}])
    done = tokscope("chat", "-x", text, "--format", "table", env={"COLUMNS": "30"})
    assert "at least" in done.out


@pytest.mark.parametrize(
    ("less", "more", "words"),
    [
        ({"messages": [HELLO]}, {"messages": [{**HELLO, "reasoning_content": "a b c"}]}, 3),
        ({"messages": [HELLO]}, {"messages": [{**HELLO, "refusal": "a b c"}]}, 3),
        (
            {"messages": [HELLO]},
            {"messages": [HELLO], "response_format": DIALECTS["openai"]["response_format"]},
            20,
        ),
        ({"contents": "Hello"}, {"contents": "Hello", "generation_config": {"response_schema": SCHEMA}}, 20),
        ({"contents": "Hello"}, {"contents": "Hello", "config": {"response_json_schema": SCHEMA}}, 20),
        ({"contents": "Hello"}, {"contents": "Hello", "config": {"system_instruction": "a b c"}}, 3),
        (
            {"contents": ["Hello"]},
            {"contents": ["Hello", {"parts": [{"function_call": {"name": "a b c"}}]}]},
            3,
        ),
        ({"contents": []}, {"contents": [{"parts": [{"code_execution_result": {"output": "a b c"}}]}]}, 3),
        ({"input": "Hello"}, {"input": "Hello", "instructions": "a b c"}, 3),
        (
            {"system": "", "messages": [HELLO]},
            {
                "system": "",
                "messages": [HELLO],
                "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
            },
            20,
        ),
    ],
)
def test_what_the_model_reads_is_counted(less: Any, more: Any, words: int) -> None:
    assert total(more) >= total(less) + words
    assert named(more) == []


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function", "function": FUNCTION},
        FUNCTION,
        {"name": "find_depot", "description": "Find a depot", "input_schema": SCHEMA},
        {"name": "find_depot", "description": "Find a depot", "inputSchema": SCHEMA, "annotations": {"a": 1}},
        {"toolSpec": {"name": "find_depot", "description": "Find a depot", "inputSchema": {"json": SCHEMA}}},
        {"functionDeclarations": [FUNCTION]},
        {"function_declarations": [{**FUNCTION, "parameters": None, "parameters_json_schema": SCHEMA}]},
    ],
)
@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-5", "gemini-3.6-flash"])
def test_a_tool_costs_the_same_in_any_shape(model: str, tool: Any) -> None:
    def cost(tool: Any) -> list[int]:
        value = {"model": model, "messages": [HELLO], "tools": [tool]}
        return [part.tokens for part in rows(value) if part.name == "tool find_depot"]

    assert cost(tool) == cost({"type": "function", "function": FUNCTION})
    assert cost(tool)[0] > 20


@pytest.mark.parametrize(
    ("schema", "supposed"),
    [
        (SCHEMA, False),
        ({"$defs": {"Town": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/Town"}}}, True),
        ({"properties": {"a": {"allOf": [SCHEMA]}}}, True),
        ({"properties": {"a": {"type": "string", "default": "Umeå"}}}, True),
        ({"properties": {"a": {"anyOf": [SCHEMA, {"type": "null"}]}}}, False),
        ({**SCHEMA, "description": "A depot"}, True),
        ({"properties": {"a": {"type": "string", "const": "b"}}}, True),
    ],
)
def test_a_schema_that_was_not_measured_is_an_estimate(schema: Any, supposed: bool) -> None:
    value = {"messages": [HELLO], "tools": [{"name": "f", "parameters": schema}]}
    (tool,) = (part for part in rows(value) if part.name == "tool f")
    assert tool.supposed is supposed
    texts = [word for word in ("Umeå", "depot", "Town") if word in json.dumps(schema, ensure_ascii=False)]
    assert tool.text >= 2 + len(texts)


@pytest.mark.parametrize(
    ("model", "word"),
    [
        ("gpt-3.5-turbo", "text exact"),
        ("gpt-4o-mini", "text exact"),
        ("gpt-4.1", "estimate"),
        ("gpt-5", "estimate"),
    ],
)
def test_how_tools_are_written_is_known_of_the_models_that_were_asked(model: str, word: str) -> None:
    tools = [{"type": "function", "function": FUNCTION}]
    counted = by_rule("-", "", request({"model": model, "messages": [HELLO], "tools": tools}), None)
    assert [counted.word(part) for part in counted.parts if part.name == "tool find_depot"] == [word]


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "a.png"}}]}], "image_url"),
        ([{"role": "user", "content": "Hi", "images": ["aGk="]}], "messages[0].images[0]"),
        (
            [{"role": "user", "content": [{"type": "hologram", "beam": 1}]}],
            'messages[0].content[0] (type "hologram")',
        ),
        ({"contents": [{"parts": [{"inline_data": {"data": "aGk="}}]}]}, "contents[0].parts[0].inline_data"),
        ({"contents": "Hi", "cached_content": "cachedContents/1"}, "cached_content"),
        ({"input": "Hi", "previous_response_id": "resp_1"}, "previous_response_id"),
        ({"input": "Hi", "tools": [{"type": "web_search"}]}, "tools[0] (web_search)"),
        ({"contents": "Hi", "tools": [{"google_search": {}}]}, "tools[0].google_search (google_search)"),
        (
            {"system": "", "messages": [HELLO], "tools": [{"type": "bash_20250124", "name": "bash"}]},
            "tools[0] (bash)",
        ),
        ({"system": "", "messages": [HELLO], "mcp_servers": [{"url": "a.org"}]}, "mcp_servers"),
        (
            {
                "messages": [{"role": "user", "content": [{"image": {"format": "png"}}]}],
                "inferenceConfig": {},
            },
            "messages[0].content[0].image",
        ),
        (
            {"messages": [HELLO], "tools": [{"name": "f", "parameters": {"type": "object", "colour": 1}}]},
            "tools[0].parameters.colour",
        ),
    ],
)
def test_what_cannot_be_counted_is_named(value: Any, place: str) -> None:
    (found,) = named(value)
    assert place in found


@pytest.mark.parametrize(
    ("value", "same"),
    [
        ({"messages": [HELLO], "tools": None}, {"messages": [HELLO]}),
        ({"messages": [HELLO], "tools": []}, {"messages": [HELLO]}),
        ({"messages": [HELLO], "tool_choice": None, "response_format": None}, {"messages": [HELLO]}),
        ({"messages": [HELLO], "extra_body": {"chat_template_kwargs": {}}}, {"messages": [HELLO]}),
        ({"contents": "Hello"}, {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}),
        ({"generateContentRequest": {"contents": "Hello"}}, {"contents": "Hello"}),
        ({"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": [HELLO]}, [HELLO]),
        ({"input": "Hello"}, {"input": [HELLO]}),
        ({"jsonrpc": "2.0", "id": 1, "result": DIALECTS["mcp"]}, DIALECTS["mcp"]),
        (DIALECTS["mcp"]["tools"], DIALECTS["mcp"]),
        (
            [{"role": "assistant", "content": "Hi", "reasoning": "a", "reasoning_content": "a"}],
            [{"role": "assistant", "content": "Hi", "reasoning": "a"}],
        ),
    ],
)
def test_what_means_the_same_counts_the_same(value: Any, same: Any) -> None:
    if isinstance(value, dict) and value.get("body"):
        value = {**value, "body": {"messages": value["body"]}}
    assert total(value) == total(same)
    assert named(value) == []


def test_tools_by_themselves_are_what_they_add_to_a_request() -> None:
    tools = DIALECTS["mcp"]["tools"]
    assert total({"tools": tools}) == total({"messages": [HELLO], "tools": tools}) - total([HELLO])


def test_a_line_is_a_request(tmp_path: Path) -> None:
    """Batch files and fine-tuning: a row a line, a total; a bad line is named, and the others count."""
    talk = {"messages": [HELLO, {"role": "assistant", "content": "Hi there", "weight": 1}]}
    lines = [
        talk,
        {
            "custom_id": "a",
            "method": "POST",
            "url": "/v1/responses",
            "body": {"model": "gpt-5", "input": "Hello"},
        },
        {"messages": [{"role": "user"}]},
        {"messages": [{**HELLO, "xyzzy": 1}]},
    ]
    (tmp_path / "batch.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    done = tokscope("chat", "batch.jsonl", "--format", "json", cwd=tmp_path)
    payload = json.loads(done.out)
    assert done.code == 2
    assert "batch.jsonl: line 3: message 1 has no content" in done.err
    assert "batch.jsonl: line 4: at least" in done.err
    assert [(result["part"], result["at_least"]) for result in payload["results"]] == [
        *(("line 1", False), ("line 2", False), ("line 4", True))
    ]
    assert [result["tokens"] for result in payload["results"]] == [
        total(talk),
        total({"input": "Hello"}),
        total([HELLO]),
    ]
    assert payload["summary"]["tokens"] == {"o200k_base": sum(r["tokens"] for r in payload["results"])}
    assert payload["summary"]["not_understood"] == ["line 4: messages[0].xyzzy"]


def test_messages_a_line_are_one_request(tmp_path: Path) -> None:
    lines = [HELLO, {"role": "assistant", "content": "Hi"}]
    (tmp_path / "talk.jsonl").write_text("\n".join(map(json.dumps, lines)))
    done = tokscope("chat", "talk.jsonl", "--format", "json", cwd=tmp_path)
    assert json.loads(done.out)["summary"]["tokens"] == {"o200k_base": total(lines)}


def places(value: Any) -> Iterator[tuple[str | int, ...]]:
    """Give the place of every value within a value, itself included."""
    yield ()
    for key, inner in value.items() if isinstance(value, dict) else []:
        yield from ((key, *place) for place in places(inner))
    for i, inner in enumerate(value) if isinstance(value, list) else []:
        yield from ((i, *place) for place in places(inner))


def put(value: Any, place: tuple[str | int, ...], new: Any) -> Any:
    """Give a copy of a value with another one in one place."""
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = put(value[place[0]], place[1:], new)
    return copy


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("value", [None, [], {}, 5, True, "x", [[]], [{}], [None], -1], ids=repr)
def test_whatever_stands_in_any_place_is_counted_or_refused(dialect: str, value: object) -> None:
    """No value in any place of a request ends in anything but a count or an error of ours."""
    for place in places(DIALECTS[dialect]):
        request = put(DIALECTS[dialect], place, value)
        with suppress(TokscopeError):
            for name, one in read_all(
                Document("-", Decoding(), json.dumps(request).encode()), lambda error: None
            ):
                by_rule("-", name, one, None)


@pytest.mark.parametrize(
    ("name", "lines", "bad", "total_of"),
    [
        ("a.jsonl", [{"messages": [HELLO]}, "{cut", {"messages": [HELLO]}], [2], ["line 1", "line 3"]),
        ("a.txt", ["not JSON", {"messages": [HELLO]}, {"messages": [HELLO]}], [1], ["line 2", "line 3"]),
        ("a.ndjson", ["", {"messages": [HELLO]}, "[", "5" * 5000], [3, 4], ["line 2"]),
        # a talk, a message a line, of which one is lost: it is known to lack something
        ("talk.jsonl", [HELLO, "{cut", HELLO], [2], ["1 user", "2 user"]),
    ],
)
def test_a_line_that_is_no_json_is_named_and_the_others_count(
    name: str, lines: list[Any], bad: list[int], total_of: list[str], tmp_path: Path
) -> None:
    written = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    (tmp_path / name).write_text("\n".join(written))
    done = tokscope("chat", name, "--format", "json", cwd=tmp_path)
    assert done.code == 2
    said = [line for line in done.err.splitlines() if "at least" not in line]
    assert [line.startswith(f"tokscope: {name}: line {n}: ") for n, line in zip(bad, said, strict=True)]
    results = json.loads(done.out)["results"]
    assert [one["part"] for one in results if one["part"] not in ("request", "reply")] == total_of
    assert json.loads(done.out)["summary"]["at_least"] is name.startswith("talk")


def test_a_broken_json_of_many_lines_is_one_error(tmp_path: Path) -> None:
    whole = json.dumps({"messages": [HELLO, HELLO, HELLO]}, indent=1)
    (tmp_path / "a.json").write_text(whole.replace("},", "}", 1))
    done = tokscope("chat", "a.json", cwd=tmp_path)
    assert (done.code, done.err.count("\n"), done.out) == (2, 1, "")
    assert "a.json: line 7: not JSON: expecting ',' delimiter" in done.err


def test_each_answer_of_preference_tuning_is_a_conversation() -> None:
    question = {"role": "user", "content": "Hello"}
    answers = {
        key: {"role": "assistant", "content": text}
        for key, text in (("preferred_output", "a b c"), ("non_preferred_output", "d"))
    }
    row = {"input": {"messages": [question]}, **{key: [one] for key, one in answers.items()}}

    def counted(value: Any) -> dict[str, int]:
        found = json.loads(tokscope("chat", "-x", value, "--format", "json").out)["results"]
        return {one["part"]: one["tokens"] for one in found}

    alone = {key: sum(counted(json.dumps([question, one])).values()) for key, one in answers.items()}
    assert counted(json.dumps(row)) == alone
    lines = json.dumps(row) + "\n" + json.dumps({"messages": [question]})
    assert counted(lines) == {f"line 1: {key}": tokens for key, tokens in alone.items()} | {
        "line 2": sum(counted(json.dumps([question])).values())
    }
