"""`tokscope agree`: where two tokenizers cut the same text differently."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.support.shell import tokscope
from tests.support.texts import texts
from tokscope import load
from tokscope.statistics.agreement import differences


def test_two_that_agree() -> None:
    done = tokscope("agree", "qwen2.5", "qwen3", "-x", "Hello 1234", "--format", "table")
    assert (done.code, "agree on 1 text" in done.out) == (0, True)
    assert json.loads(tokscope("agree", "gpt-4o", "o200k_base", "-x", "a", "--format", "json").out)[
        "summary"
    ] == {
        "files": 1,
        "differences": 0,
    }


def test_two_that_do_not(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("one\ntwo 1234 three\n")
    done = tokscope("agree", "qwen2.5", "glm", "a.md", "--format", "table", cwd=tmp_path)
    assert done.code == 1
    assert "first difference, a.md:2" in done.out
    assert "[" in done.out
    plain = tokscope("agree", "qwen2.5", "glm", "a.md", "--format", "plain", cwd=tmp_path).out
    cuts = ["cuts", "1", "'1 (16)' | '2 (17)' | '3 (18)'", "'123 (108714)'", "digits", "2", "8", "a.md"]
    assert cuts in [[cell.strip() for cell in line.split("\t")] for line in plain.splitlines()]
    payload = json.loads(tokscope("agree", "char", "word", "-x", "two", "--format", "json").out)
    assert payload["results"][0]["first"] == {
        "kind": "cuts",
        "text": "letters",
        "start": 0,
        "end": 3,
        "first": ["t", "w", "o"],
        "second": ["two"],
    }


@pytest.mark.parametrize(
    ("a", "b", "text", "found"),
    [
        ("char", "byte", "aé", [("cuts", "letters", 1, 3)]),
        ("char", "char:codepoint", "abc", []),
        ("qwen2.5", "glm", "x 1234", [("cuts", "digits", 2, 5)]),
        ("bert-base-uncased", "word", "a b", []),
        ("byte", "byte", "", []),
        ("word", "char", "  ", [("cuts", "white space", 0, 2)]),
    ],
)
def test_what_differs(a: str, b: str, text: str, found: list[tuple[str, str, int, int]]) -> None:
    some = differences(load(a).encode(text), load(b).encode(text))
    assert [one[:4] for one in some] == found


@pytest.mark.slow
@settings(deadline=None)
@given(text=texts)
def test_a_tokenizer_agrees_with_itself_and_others_are_found_out(text: str) -> None:
    for a, b in (
        ("gpt-4o", "gpt-4o"),
        ("gpt-4o", "cl100k_base"),
        ("t5", "bert-base-uncased"),
        ("char", "byte"),
    ):
        one, other = load(a).encode(text), load(b).encode(text)
        some = list(differences(one, other))
        same = (list(one.starts), list(one.ends)) == (list(other.starts), list(other.ends)) and (
            one.ids is None or other.ids is None or list(one.ids) == list(other.ids)
        )
        assert bool(some) != same
        for earlier, later in pairwise(some):
            assert earlier.end <= later.end


def test_what_cannot_be_compared() -> None:
    done = tokscope("agree", "claude-opus-5", "gpt-4o", "-x", "a")
    assert (done.code, done.out) == (2, "")
    assert tokscope("agree", "char", "byte", "gone.txt").code == 2
