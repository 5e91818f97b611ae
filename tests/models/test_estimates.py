"""Estimates: their bounds, in every format, and what judges by them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.shell import tokscope
from tests.support.texts import texts
from tokscope import load
from tokscope.errors import Unsupported
from tokscope.models.estimates import STRETCHES, character_kind, estimate_count, factors
from tokscope.models.names import stand_in
from tokscope.report.objects import with_bounds
from tokscope.report.table import AtLeast, Estimate, bounds, most

GENERATIONS = ["claude-3", "claude-4.7", "any"]

# Counted by Anthropic's API as one user message, as published in github.com/sanderland/ctok (MIT), README;
# less the 7, 11 and 6 tokens of the message.
MEASURED = [
    ("claude-opus-4-5", "hello, world", 3),
    ("claude-opus-4-7", "hello, world", 4),
    ("claude-opus-5", "hello, world", 4),
]


@pytest.mark.parametrize(("model", "text", "count"), MEASURED)
def test_what_was_measured_lies_inside(model: str, text: str, count: int) -> None:
    low, high = bounds(load(f"estimate:{model}").count(text))
    assert low is not None
    assert high is not None
    assert low <= count <= high


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_kind_has_its_factors(generation: str) -> None:
    kinds = {character_kind(chr(code)) for code in range(0x110000)}
    assert kinds == {*STRETCHES.values(), "lower", "upper", "digit", "punct", "newline", "space"} - {"ascii"}
    assert factors(generation).keys() == {"token", *kinds}
    for kind, factor in factors(generation).items():
        assert kind == "token" or factor.low < 0 < factor.high


@pytest.mark.slow
@settings(deadline=None)
@given(text=texts)
def test_an_estimate_lies_within_its_bounds(text: str) -> None:
    for name in ("claude-opus-4-5", "claude-opus-5-5", "mistral-large-4", "kimi-k3"):
        count = load(name).count(text)
        assert isinstance(count, Estimate)
        assert count.low is not None
        assert count.high is not None
        assert (0 if not text else 1) <= count.low <= count <= count.high


def test_an_estimate_is_of_counts_alone() -> None:
    tokenizer = load("claude-opus-5")
    assert not tokenizer.exact
    for ask in (tokenizer.encode, tokenizer.trace):
        with pytest.raises(Unsupported, match="claude-opus-5"):
            ask("Hello")


figures = st.integers(0, 10**6) | st.tuples(
    st.integers(0, 10**6), st.integers(0, 99), st.integers(0, 99)
).map(lambda drawn: Estimate(drawn[0], drawn[0] - drawn[1], drawn[0] + drawn[2]))


@given(a=figures, b=figures)
def test_sums_and_differences(a: int, b: int) -> None:
    for made, sign in ((a + b, 1), (a - b, -1), (sum([a, b]), 1)):
        assert int(made) == int(a) + sign * int(b)
        assert isinstance(made, Estimate) == (isinstance(a, Estimate) or isinstance(b, Estimate))
        (low, high), (low_a, high_a), (low_b, high_b) = map(bounds, (made, a, b))
        assert None not in (low, high, low_a, high_a, low_b, high_b)
        assert high - low == high_a - low_a + high_b - low_b  # type: ignore[operator]
        assert most(made) == high


def test_what_nobody_measured_has_no_bounds() -> None:
    assert bounds(Estimate(5) + 3) == (None, None)
    assert most(Estimate(5)) == 5
    assert Estimate(5).interval == ""
    assert Estimate(0, 0, 1).interval == "+1, -0"
    assert Estimate(900, 899, 990).interval == "+90, -1"  # both in one unit
    assert Estimate(6, 6, 2216).interval == "+2,210, -0"
    assert bounds(AtLeast(Estimate(5, 4, 6))) == (4, 6)


def test_bounds_in_json() -> None:
    figure = Estimate(100, 93, 109)
    assert with_bounds({"tokens": figure, "before": figure, "more": {"tokens": {"a": figure, "b": 1}}}) == {
        "tokens": 100,
        "low": 93,
        "high": 109,
        "before": 100,
        "before_low": 93,
        "before_high": 109,
        "more": {"tokens": {"a": 100, "b": 1}, "low": {"a": 93}, "high": {"a": 109}},
    }


def test_every_format_has_the_bounds(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("def add(a, b):\n    return a + b\n" * 20)
    arguments = ("count", "a.py", "-t", "claude-opus-5", "--format")
    formats = ("table", "md", "json", "ndjson", "csv")
    out = {format: tokscope(*arguments, format, cwd=tmp_path).out for format in formats}
    result = json.loads(out["json"])["results"][0]
    count, low, high = (int(result[key]) for key in ("tokens", "low", "high"))
    assert 0 < low < count < high
    assert result["exact"] is False
    interval = Estimate(count, low, high).interval
    assert f"≈{count} ({interval})" in out["table"]
    assert f"≈{count} ({interval})" in out["md"]
    bare = tokscope("count", path, "-t", "claude-opus-5")
    assert bare.out == f"{count}\n"
    assert interval in bare.err
    assert json.loads(out["ndjson"]).items() >= {"tokens": count, "low": low, "high": high}.items()
    row = next(csv.DictReader(io.StringIO(out["csv"])))
    assert row == {
        "path": "a.py",
        "claude-opus-5": str(count),
        "exact": "false",
        "claude-opus-5 low": str(low),
        "claude-opus-5 high": str(high),
    }


def test_a_narrow_table_keeps_the_sign_and_says_the_bounds_below() -> None:
    done = tokscope(
        *("count", "-x", "Hello " * 99, "-t", "claude-opus-5,kimi-k3,grok-4.7", "--format", "table"),
        env={"COLUMNS": "50"},
    )
    assert "%" not in done.out.splitlines()[1]
    assert done.out.splitlines()[1].count("≈") == 3
    assert "claude-opus-5: ≈" in done.out


def test_check_judges_by_the_upper_bound(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("One line of some words.\n" * 100)
    count = load("claude-opus-5").count(path.read_text())
    arguments = ("check", path, "-t", "claude-opus-5", "--budget")
    over = tokscope(*arguments, str(count), cwd=tmp_path)
    assert over.code == 1
    assert "at most 1," in over.out
    assert "a.md:" in over.out
    assert tokscope(*arguments, str(most(count) + 9), cwd=tmp_path).code == 0
    done = tokscope(*arguments, str(count), "--format", "json", cwd=tmp_path)
    result = json.loads(done.out)["results"][0]
    assert result["budget"] == count == result["high"] - result["over"]
    assert result["exact"] is False


def test_fit_judges_by_the_upper_bound() -> None:
    arguments = ("fit", "-t", "claude-opus-4-5", "--format", "json", "-x")
    text = "Hello world. " * 47_000
    result = json.loads(tokscope(*arguments[:-1], stdin=text.encode()).out)["results"][0]
    assert result["tokens"] < result["window"] < result["high"]
    assert (result["fits"], result["left"], result["exact"]) == (False, 0, False)


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["claude-opus-5-5", "grok-4.7"]))
@settings(max_examples=60, deadline=None)
def test_the_sum_of_pieces_is_the_estimate_of_the_whole(one: str, two: str, model: str) -> None:
    tokens = [load("o200k_base").count(part) for part in (one, two)]
    generation = stand_in(model).generation  # type: ignore[union-attr]
    added = estimate_count(one, tokens[0], generation) + estimate_count(two, tokens[1], generation)
    whole = estimate_count(one + two, sum(tokens), generation)
    assert (int(added), bounds(added)) == (int(whole), bounds(whole))
    other = estimate_count(one, tokens[0], "gemini")
    assert int(added + other) == int(added) + int(other)  # of another kind: as any two estimates
    assert bounds(added + 5) == (added.low + 5, added.high + 5)


def test_a_difference_is_as_uncertain_as_what_changed(tmp_path: Path) -> None:
    text = "The quick brown fox jumps over the lazy dog.\n" * 200
    for name, more in (("a.md", ""), ("b.md", "One line more.\n")):
        (tmp_path / name).write_text(text + more)
    done = tokscope("diff", "a.md", "b.md", "-t", "claude-opus-5-5", "--format", "json", cwd=tmp_path)
    (row,) = json.loads(done.out)["results"]
    assert 0 <= row["delta_low"] <= row["delta"] <= row["delta_high"] < 12
    assert row["high"] - row["low"] > 500
