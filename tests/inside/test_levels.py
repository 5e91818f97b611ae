"""Levels: what lies in what, against a slow reference, and the drawing and JSON of `split --levels`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import SAMPLES
from tests.support.shell import tokscope
from tests.support.texts import HOSTILE
from tokscope.inside.levels import nest
from tokscope.report.levels import Nested, Span
from tokscope.split import Split


@st.composite
def levels(draw: st.DrawFn) -> list[Split]:
    """Some ways to cut the same twelve bytes, with gaps and tokens of no width."""
    splits = []
    for _ in range(draw(st.integers(1, 4))):
        bounds = sorted(draw(st.lists(st.integers(0, 12), max_size=14)))
        spans = list(zip(bounds[::2], bounds[1::2], strict=False))
        splits.append(Split(b"playing foot", [start for start, _ in spans], [end for _, end in spans]))
    return splits


def spans_of(splits: Sequence[Split]) -> list[Span]:
    return [
        Span(start, end, level, number)
        for level, split in enumerate(splits)
        for number, (start, end) in enumerate(zip(split.starts, split.ends, strict=True))
    ]


def walk(nodes: Sequence[Nested], parent: Span | None = None) -> Iterator[tuple[Span, Span | None]]:
    for node in nodes:
        yield node.span, parent
        yield from walk(node.children, node.span)


def holds(outer: Span, inner: Span) -> bool:
    """Whether a span holds another: its bytes do, and of two equal ones the coarser level's."""
    same = (outer.start, outer.end) == (inner.start, inner.end)
    within = outer.start <= inner.start < inner.end <= outer.end
    return within and (outer.level > inner.level if same else True)


@given(levels())
def test_every_span_lies_in_the_smallest_that_holds_it(splits: list[Split]) -> None:
    """Against the definition, tried on every pair."""
    spans = spans_of(splits)
    nesting = nest(splits)
    placed = list(walk(nesting.roots))
    assert sorted(span for span, _ in placed) == sorted(spans)
    for span, parent in placed:
        holding = [other for other in spans if holds(other, span)]
        smallest = min(holding, key=lambda other: (other.end - other.start, other.level), default=None)
        assert (parent is None) == (smallest is None)
        if parent and smallest:
            assert (parent.end - parent.start, parent.level) == (
                smallest.end - smallest.start,
                smallest.level,
            )
    assert sorted(nesting.crossings) == sorted(
        (one, other) for one in spans for other in spans if one.start < other.start < one.end < other.end
    )


def tree(text: str, tokenizer: str) -> dict[str, object]:
    done = tokscope("split", "--levels", "-x", text, "-t", tokenizer, "--format", "json")
    assert (done.code, done.err) == (0, "")
    (result,) = json.loads(done.out)["results"]
    return dict(result)


def outline(nodes: list[dict[str, object]], depth: int = 0) -> Iterator[str]:
    """Write a tree as indented lines, without its characters."""
    for node in nodes:
        if node["level"] != "char":
            yield f"{'  ' * depth}{node['level']} {node['text']!r}"
        yield from outline(node.get("children", []), depth + 1)


def test_json_is_the_tree() -> None:
    result = tree("I don't play football.", "gpt2")
    assert list(outline(result["tree"])) == [
        'sentence "I don\'t play football."',
        *("  word 'I'", "    gpt2 'I'"),
        "  gpt2 ' don'",
        '  word "don\'t"',
        '    gpt2 "\'t"',
        *("  gpt2 ' play'", "    word 'play'"),
        *("  gpt2 ' football'", "    word 'football'"),
        *("  word '.'", "    gpt2 '.'"),
    ]
    assert result["crossings"] == [
        [
            {"level": "gpt2", "text": " don", "id": 836, "start": 1, "end": 5},
            {"level": "word", "text": "don't", "start": 2, "end": 7},
        ]
    ]
    assert result["levels"] == [
        {"level": "char", "exact": True, "spans": 22},
        {"level": "gpt2", "exact": True, "spans": 6},
        {"level": "word", "exact": True, "spans": 5},
        {"level": "sentence", "exact": True, "spans": 1},
    ]


def test_a_token_that_cuts_a_character_crosses_it() -> None:
    result = tree("a 日", "gpt2")
    named = [[(one["level"], one["text"]) for one in crossing] for crossing in result["crossings"]]
    assert [("gpt2", None), ("char", "日")] in named
    assert [("gpt2", None), ("word", "日")] in named


def test_the_drawing() -> None:
    done = tokscope("split", "--levels", "-x", "I don't", "-t", "gpt2")
    assert done.out.splitlines() == [
        "              I·don't",
        "char       7  │││││││",
        "gpt2       3  │├──┤├┤",
        "word       2  │ ├───┤",
        "sentence   1  ├─────┤",
        "crossings  1    ├─┤",
        'gpt2 " don" crosses word "don\'t"',
    ]
    assert "crossings" not in tokscope("split", "--levels", "-x", "playing football").out


def test_levels_that_are_asked_for_stand_once() -> None:
    done = tokscope("split", "--levels", "-x", "ab c", "-t", "byte,word,char", "--format", "json")
    (result,) = json.loads(done.out)["results"]
    assert [level["level"] for level in result["levels"]] == ["char", "byte", "word", "sentence"]


def test_hostile_text() -> None:
    hostile = [text for text in HOSTILE.values() if "\0" not in text]  # which no argument can hold
    arguments = [word for text in hostile for word in ("-x", text)]
    done = tokscope("split", "--levels", *arguments, "-t", "gpt-4o,t5", "--special")
    assert (done.code, done.err) == (0, "")
    assert not set(done.out) & (set(map(chr, range(32))) | {"\x7f", "\x9b"}) - {"\n"}
    done = tokscope("split", "--levels", *arguments, "-t", "gpt-4o,bert-base-uncased", "--format", "ndjson")
    assert (done.code, done.err) == (0, "")
    for line, text in zip(done.out.splitlines(), hostile, strict=True):
        result = json.loads(line)
        assert result["bytes"] == len(text.encode())
        assert count(result["tree"]) == sum(level["spans"] for level in result["levels"])


def count(nodes: list[dict[str, object]]) -> int:
    return sum(1 + count(node.get("children", [])) for node in nodes)


def test_there_is_no_room_for_ids() -> None:
    done = tokscope("split", "--levels", "--ids", "-x", "a")
    assert (done.code, done.out) == (2, "")
    assert done.err == "tokscope: --levels has no room for --ids or --bytes: use one of them\n"


def test_lists() -> None:
    """The words that textbooks cut, by their own four pieces."""
    vocabulary = SAMPLES / "football" / "vocab.txt"
    done = tokscope("split", "-x", "playing football", "-t", vocabulary, "--levels", "--lists")
    assert (done.code, done.err) == (0, "")
    levels = [line.split("\t") for line in done.out.splitlines()]
    assert [json.loads(tokens) for _, tokens in levels] == [
        [*"playing football"],
        ["play", "ing", "foot", "ball"],
        ["playing", "football"],
        ["playing football"],
    ]
    assert [name for name, _ in levels] == ["char", f"wordpiece:{vocabulary}", "word", "sentence"]
    parts = tokscope("split", "-x", "日\x1b", "-t", "byte,char", "--lists").out.splitlines()
    assert parts[0] == 'byte\t["\\\\xe6", "\\\\x97", "\\\\xa5", "\\\\x1b"]'


@pytest.mark.parametrize("other", ["--ids", "--align", "--format=json"])
def test_lists_are_of_tokens_alone(other: str) -> None:
    done = tokscope("split", "-x", "a", "--lists", other)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
