"""The longest match: the worked examples of WordPiece, and why a word is unknown."""

from __future__ import annotations

import pytest

from tests.support.traces import forest_of
from tokscope import load
from tokscope.tracing.longest_match import longest_matches


@pytest.mark.parametrize(
    ("word", "vocabulary", "expected"),
    [
        # tokenization.py of google-research/bert, WordpieceTokenizer.tokenize
        ("unaffable", ["un", "##aff", "##able"], ["un", "##aff", "##able"]),
        # Song et al. 2021 (arXiv:2012.15524), the running example
        ("abcdz", ["a", "abcdx", "##b", "##c", "##cdy", "##dz"], ["a", "##b", "##c", "##dz"]),
        # Wu et al. 2016 (arXiv:1609.08144), section 4.1: "_J et _makers _fe ud _over _seat"
        ("feud", ["f", "fe", "##u", "##ud", "##d"], ["fe", "##ud"]),
        ("abq", ["a", "##b"], ["a", "##b", None]),
    ],
)
def test_the_worked_examples_of_word_piece(
    word: str, vocabulary: list[str], expected: list[str | None]
) -> None:
    found = longest_matches(word, {piece: i for i, piece in enumerate(vocabulary)}.get)
    assert [match.piece for match in found] == expected
    for match in found:
        assert match.tried == sorted(match.tried, key=len, reverse=True)
        assert not set(match.tried[: -1 if match.piece else None]) & set(vocabulary)


def test_why_a_word_is_unknown() -> None:
    grown = {
        one.piece.decode(): one.trees
        for one in forest_of(load("bert-base-uncased").trace(f"x🦜 {'a' * 101}")).pieces
    }
    (bird,) = grown["x🦜"]
    assert (bird.data, bird.facts["why"], bird.facts["tried"]) == (b"[UNK]", "nothing matches", "##🦜")
    (long,) = grown["a" * 101]
    assert (long.data, long.facts) == (b"[UNK]", {"why": "over 100 characters"})
