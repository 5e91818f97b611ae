"""Requests to models that keep their tokenizer to themselves: as count estimates them, with bounds."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import Any

import pytest

from tests.support.shell import tokscope
from tokscope import load
from tokscope.report.table import bounds

TEXT = "Where is my order 4711? 日本語の質問です。"
CLAUDE = {"model": "claude-opus-5-5", "messages": [{"role": "user", "content": TEXT}]}
GEMINI = {"model": "gemini-3-pro", "contents": [{"role": "user", "parts": [{"text": TEXT}]}]}


def summary(request: Any, *arguments: str) -> Any:
    done = tokscope("chat", "-x", json.dumps(request), *arguments, "--format", "json")
    return json.loads(done.out)["summary"]


@pytest.mark.parametrize("request_", [CLAUDE, GEMINI], ids=["Claude", "Gemini"])
def test_the_text_is_counted_as_count_does(request_: Any) -> None:
    name = request_["model"]
    done = tokscope("chat", "-x", json.dumps(request_), "--format", "json")
    row = next(one for one in json.loads(done.out)["results"] if one["part"] == "1 user")
    figure = load(name).count(TEXT)
    assert (row["text"], (row["text_low"], row["text_high"])) == (figure, bounds(figure))
    counted = json.loads(tokscope("count", "-x", TEXT, "-t", name, "--format", "json").out)["results"][0]
    assert counted["tokens"] == row["text"]  # the bounds are of a text in pieces there


@pytest.mark.parametrize("request_", [CLAUDE, GEMINI], ids=["Claude", "Gemini"])
def test_totals_are_estimates_with_bounds_in_every_format(request_: Any) -> None:
    name = request_["model"]
    total = summary(request_)
    tokens, low, high = (total[key][name] for key in ("tokens", "low", "high"))
    assert low < tokens < high
    assert total["exact"] is False
    for format in ("table", "plain", "md"):
        out = tokscope("chat", "-x", json.dumps(request_), "--format", format).out
        (last,) = [line for line in out.splitlines() if "total" in line]
        assert f"≈{tokens} (" in last, format
    rows = [*csv.DictReader(StringIO(tokscope("chat", "-x", json.dumps(request_), "--format", "csv").out))]
    assert sum(int(row["tokens low"] or row["tokens"]) for row in rows) == low
    assert sum(int(row["tokens high"] or row["tokens"]) for row in rows) == high
    lines = tokscope("chat", "-x", json.dumps(request_), "--format", "ndjson").out.splitlines()
    assert all({"low", "high"} <= json.loads(line).keys() for line in lines if "user" in line)


def test_a_request_of_another_dialect_to_such_a_model() -> None:
    """OpenAI's tools sent to Claude and to Gemini: as these write them, and nothing needs tokens cut."""
    schema = {"type": "object", "properties": {"city": {"type": "string", "description": "Where it is"}}}
    function = {"name": "find", "description": "Find the weather of a city", "parameters": schema}
    tools = [{"type": "function", "function": function}]
    for model in ("claude-opus-5-5", "gemini-3-pro", "gpt-6-sol", "anthropic/claude-3-5-sonnet"):
        total = summary({"model": model, "messages": CLAUDE["messages"], "tools": tools})
        (tokens,) = total["tokens"].values()
        assert tokens > summary({"model": model, "messages": CLAUDE["messages"]})["tokens"].popitem()[1] + 20


@pytest.mark.parametrize(
    ("model", "frame"), [("claude-opus-4-5", 7), ("claude-opus-4-7", 11), ("claude-opus-4-8", 6)]
)
def test_what_is_measured_to_stand_around_one_message(model: str, frame: int) -> None:
    """Anthropic's documentation counts 14 for a system prompt of 4 and a message of 3: that adds nothing."""
    message = {"role": "user", "content": "Hello, Claude"}
    for system in ({}, {"system": "You are a scientist"}):
        done = tokscope(
            "chat", "-x", json.dumps({"model": model, "messages": [message], **system}), "--format", "json"
        )
        assert sum(one["overhead"] for one in json.loads(done.out)["results"]) == frame


@pytest.mark.parametrize("format", ["table", "plain", "json", "csv", "md"])
def test_a_model_that_is_not_known_is_said_in_every_format(format: str) -> None:
    request = {"model": "nosuchmodel-9", "messages": [{"role": "user", "content": "Hi there"}]}
    says = "an estimate, counted as o200k_base: nosuchmodel-9 is not known; name a tokenizer with -t"
    done = tokscope("chat", "-x", json.dumps(request), "--format", format)
    assert (done.out + done.err).replace("\n", " ").count(says) == 1
    if format == "json":
        found = json.loads(done.out)["summary"]
        assert (found["model"], found["model_known"], found["exact"]) == ("nosuchmodel-9", False, False)
        for known in (request | {"model": "gpt-4o"}, {"messages": request["messages"]}):
            assert summary(known)["model_known"]
