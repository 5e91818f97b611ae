"""Lattices against brute force and sentencepiece."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokscope import load
from tokscope.backends.sentencepiece import SentencePiece
from tokscope.report.trace import (
    Graphs,
)
from tokscope.tracing.lattice import Piece, best_paths, lattice

HELLO_WORLD = [
    "▁Hell o ▁world",
    "▁H ello ▁world",
    "▁He llo ▁world",
    "▁ He l l o ▁world",
    "▁H el l o ▁ world",
]
"""Table 1 of Kudo 2018 (arXiv:1804.10959): subword sequences of "Hello World" with one vocabulary."""


def every_path(pieces: list[Piece], size: int, at: int = 0) -> Iterator[list[Piece]]:
    """Walk a lattice every way that there is."""
    if at == size:
        yield []
    for piece in pieces:
        if piece.start == at:
            for rest in every_path(pieces, size, piece.end):
                yield [piece, *rest]


def test_the_worked_example_of_unigram() -> None:
    """Every segmentation of the table is a path, and the best is the one whose product is greatest."""
    text = "▁Hello▁world"
    vocabulary = sorted({piece for row in HELLO_WORLD for piece in row.split()})
    probability = {piece: 1 / (3 + i) for i, piece in enumerate(vocabulary)}
    pieces = lattice(
        text, {piece: (i, math.log(probability[piece])) for i, piece in enumerate(vocabulary)}.get, 6, -99.0
    )
    paths = [[piece.text for piece in path] for path in every_path(pieces, len(text))]
    assert all(row.split() in paths for row in HELLO_WORLD)
    products = sorted(
        (math.prod(probability.get(piece, 1e-43) for piece in path) for path in paths), reverse=True
    )
    found = best_paths(pieces, len(text))
    assert [math.exp(score) for score, _ in found] == pytest.approx(products[:2])


@settings(max_examples=100, deadline=None)
@given(
    text=st.text("abc", min_size=1, max_size=8),
    scores=st.dictionaries(st.text("abc", min_size=1, max_size=3), st.floats(-9, 0), max_size=20),
)
def test_the_two_best_paths_are_those_of_brute_force(text: str, scores: dict[str, float]) -> None:
    pieces = lattice(
        text, {piece: (i, score) for i, (piece, score) in enumerate(scores.items())}.get, 3, -20.0
    )
    sums = sorted(
        (sum(piece.score for piece in path) for path in every_path(pieces, len(text))), reverse=True
    )
    found = best_paths(pieces, len(text))
    assert [score for score, _ in found] == pytest.approx(sums[:2])
    assert all(path in map(tuple, every_path(pieces, len(text))) for _, path in found)
    assert len({path for _, path in found}) == len(found)


@settings(max_examples=50, deadline=None)
@given(
    words=st.lists(
        st.sampled_from(["playing", "strawberry", "untangle", "über", "xq", "1894", "."]), min_size=1
    )
)
def test_the_runner_up_is_that_of_sentencepiece(words: list[str]) -> None:
    tokenizer = load_t5()
    text = " ".join(words)
    (figure,) = (
        one for step in tokenizer.trace(text).steps for one in step.figures if isinstance(one, Graphs)
    )
    processor = tokenizer._processor
    expected = [
        math.fsum(map(processor.get_score, ids)) for ids in processor.nbest_encode(text, nbest_size=2)
    ]
    found = [facts["log_probability"] for facts in figure.graphs[0].paths.values()]
    assert found == pytest.approx(expected, abs=1e-3)


@functools.cache
def load_t5() -> SentencePiece:
    tokenizer = load("t5")
    assert isinstance(tokenizer, SentencePiece)
    return tokenizer
