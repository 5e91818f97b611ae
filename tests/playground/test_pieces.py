"""A text in pieces: whatever is typed, they are the text, and their counts add up."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokscope import load
from tokscope.playground.pieces import MAX_PIECE, EditedText

NAMES = ("gpt-4o", "bert-base-uncased", "jieba", "char", "t5")
WORDS = st.sampled_from(["one ", "don't", "\n", "\n\n", " ", "人工智能", "42", "\t", "🦜", "é", ". ", "\r\n"])
TEXTS = st.lists(WORDS, max_size=120).map("".join)
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), TEXTS), max_size=4)

loaded = cache(load)


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None)
@given(text=TEXTS, edits=EDITS)
def test_counts_of_the_pieces_add_up_after_every_edit(
    name: str, text: str, edits: list[tuple[float, int, str]]
) -> None:
    tokenizer = loaded(name)
    edited = EditedText[int](tokenizer.cut)
    for place, gone, typed in [(0.0, 0, ""), *edits]:
        at = int(place * len(text))
        text = text[:at] + typed + text[at + gone :]
        edited.update(text)
        assert "".join(edited.pieces) == text
        while edited.fill(tokenizer.count_all, 100):
            pass
        assert sum(filter(None, edited.known)) == tokenizer.count(text)


def test_an_edit_costs_what_it_touches() -> None:
    text = "A line of some words, and then the next of them.\n" * 1000
    edited = EditedText[int](loaded("gpt-4o").cut)
    edited.update(text)
    while edited.fill(loaded("gpt-4o").count_all, 10_000):
        pass
    edited.update(text[:20_000] + "x" + text[20_000:])
    assert len(edited.known) > 100
    assert sum(known is None for known in edited.known) <= 3
    assert max(map(len, edited.pieces)) <= MAX_PIECE


@pytest.mark.parametrize(
    ("first", "last", "found"), [(0, 0, [0]), (0, 1, [0]), (5, 5, [0]), (200, 260, [1, 2]), (400, 400, [3])]
)
def test_the_pieces_within(first: int, last: int, found: list[int]) -> None:
    edited = EditedText[int](loaded("gpt-4o").cut)
    edited.update(("a" * 99 + "\n") * 4)
    assert [len(piece) for piece in edited.pieces] == [100] * 4
    assert [i for i, _ in edited.within(first, last)] == ([2] if first == 200 else found)
