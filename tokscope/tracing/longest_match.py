"""Longest match first: how WordPiece cuts a word (Devlin et al. 2019, arXiv:1810.04805; tokenization.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

MAX_TRIED = 6
"""How many of the pieces that were tried are written out; of more the first and the last ones."""


class Match(NamedTuple):
    """One look for a piece of a word: what was tried, longest first, and what was found.

    Example: Match(["##affable", "##affabl", ..., "##aff"], "##aff", 7811)

    `piece` and `id` are None where nothing is in the vocabulary.
    """

    tried: list[str]
    piece: str | None = None
    id: int | None = None

    @property
    def said(self) -> str:
        """What was tried, in a line.

        Example: Match(["##able", "##abl", "##ab"]).said -> "##able, ##abl, ##ab"
        """
        if len(self.tried) <= MAX_TRIED:
            return ", ".join(self.tried)
        return ", ".join([*self.tried[: MAX_TRIED - 2], "…", *self.tried[-2:]])


def longest_matches(word: str, find: Callable[[str], int | None], continuation: str = "##") -> list[Match]:
    """Cut a word into the longest pieces of the vocabulary, first to last.

    Example: "unaffable" -> matches that found un, ##aff and ##able

    A piece that does not begin the word is looked up with the `continuation` in front. Where nothing is
    found the last match has no piece, and the whole word is unknown.
    """
    found: list[Match] = []
    start = 0
    while start < len(word):
        tried: list[str] = []
        for end in range(len(word), start, -1):
            piece = f"{continuation if start else ''}{word[start:end]}"
            tried.append(piece)
            piece_id = find(piece)
            if piece_id is not None:
                found.append(Match(tried, piece, piece_id))
                start = end
                break
        else:
            found.append(Match(tried))
            break
    return found
