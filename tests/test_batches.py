"""Pieces: the same count for any way in which a text comes in blocks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.contract import SWEPT, tokenizer_of
from tests.support.texts import in_blocks, texts
from tokscope.batches import BATCH, WINDOW, Batches, Pieces
from tokscope.inputs import Decoding, Document
from tokscope.text.cuts import LINE_OR_WORD
from tokscope.tokenizer import LOOK

LONG = st.integers(WINDOW + 1, WINDOW + 300)
"""Sizes of blocks whose ends alone are looked at first."""


@pytest.mark.parametrize("cut", [LINE_OR_WORD, re.compile("(?=b)"), None], ids=["line or word", "b", "none"])
@settings(max_examples=60, deadline=None)
@given(text=texts, sizes=st.lists(st.integers(1, 9) | LONG, min_size=1, max_size=5), times=st.integers(1, 60))
def test_pieces_are_the_text_cut_only_where_it_may_be(
    cut: re.Pattern[str] | None, text: str, sizes: list[int], times: int
) -> None:
    pieces = Pieces(cut)
    text *= times if max(sizes) > WINDOW else 1
    found = [pieces.add(block) for block in in_blocks(text, sizes)]
    found.append(pieces.rest())
    assert "".join(found) == text
    at = 0
    for piece in filter(None, found):
        assert at == 0 or (cut is not None and cut.match(text, at))
        at += len(piece)


def test_a_piece_is_given_as_soon_as_it_can_be() -> None:
    pieces = Pieces(LINE_OR_WORD)
    blocks = ("one two", " three", " " * LOOK, " ", "four", " " * LOOK)
    given = ["", "", "one two three", "", "", " " * (LOOK + 1) + "four"]
    assert [pieces.add(block) for block in blocks] == given
    assert pieces.rest() == " " * LOOK


@pytest.mark.parametrize("spec", [*SWEPT, "blt:space?max_patch=3", "blt:space?max_patch=1"])
@settings(max_examples=25, deadline=None)
@given(
    text=texts, sizes=st.lists(st.integers(1, 200) | LONG, min_size=1, max_size=4), times=st.integers(1, 30)
)
def test_a_stream_is_counted_as_the_whole(spec: str, text: str, sizes: list[int], times: int) -> None:
    tokenizer, pieces = tokenizer_of(spec), Pieces(tokenizer_of(spec).cut)
    text *= times
    found = [pieces.add(block) for block in in_blocks(text, sizes)]
    assert sum(tokenizer.count_all([*found, pieces.rest()])) == tokenizer.count(text)


@pytest.mark.parametrize("size", [1, 2, 3, 50, 1 << 18])
def test_a_run_before_a_newline_is_one_patch(size: int) -> None:
    """262,144 letters and a newline: the cut after the newline looks two characters back."""
    tokenizer, pieces = tokenizer_of("blt:space"), Pieces(tokenizer_of("blt:space").cut)
    text = "a" * size + "\n"
    found = [pieces.add(text[:size]), pieces.add(text[size:]), pieces.rest()]
    assert sum(map(tokenizer.count, found)) == tokenizer.count(text) == 1


def test_batches_are_measured_side_by_side_and_added_up() -> None:
    """The first is alone; each of the others waits here for the one that is measured beside it."""
    both, alone = Barrier(2), iter([True])

    def measure(texts: Sequence[str]) -> list[int]:
        if not next(alone, False):
            both.wait(timeout=60)
        return list(map(len, texts))

    batches = Batches([(None, measure)], int.__add__, 0, at_once=2)
    for path in ("a", "b"):
        document = Document(path, Decoding(), b"")
        batches.add_texts(document, (" " * BATCH for _ in range(4 if path == "a" else 5)), lambda _: None)
    assert [row.found for row in batches.rows()] == [[4 * BATCH], [5 * BATCH]]
