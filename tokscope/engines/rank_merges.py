"""Byte-pair encoding as the textbook has it: no start-up, and quick enough for little text."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise

from tokscope.engines.ranks import Pattern, Ranks
from tokscope.errors import Unsupported

EFFORT = 20_000_000
"""Squared bytes of the pieces that Merges may merge, about 0.3 s of work, before a native engine does."""


RankedPiece = tuple[list[int], list[int]]
"""The tokens of a text or a part of one: their ranks, and their lengths in bytes."""


class Laborious(Exception):
    """A text with more long pieces outside the vocabulary than pay; a native engine should cut it.

    Example: Merges(ranks, pattern)["x" * 100_000] raises it
    """


def merge_tokens(
    tokens: Sequence[bytes], rank: Callable[[bytes], int | None], *, between: bytes = b""
) -> list[bytes]:
    """Merge neighbours as byte-pair encoding does: the lowest rank first, and the leftmost of equals.

    Example: merge_tokens([b"a", b"b", b"c"], {b"bc": 0}.get) -> [b"a", b"bc"]

    `rank` is asked for two neighbours with `between` in between, as lists of merges write them.
    """
    parts = list(tokens)
    # pairs[i] is the rank of what parts[i] and parts[i + 1] would merge to
    pairs = [rank(left + between + right) for left, right in pairwise(parts)]
    while ranked := [one for one in pairs if one is not None]:
        i = pairs.index(min(ranked))
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
        del pairs[i]
        if i > 0:
            pairs[i - 1] = rank(parts[i - 1] + between + parts[i])
        if i < len(pairs):
            pairs[i] = rank(parts[i] + between + parts[i + 1])
    return parts


class Merges(dict[str, RankedPiece]):
    """Byte-pair encoding as the textbook has it, remembering every piece that it has cut.

    Example: Merges({b"a": 0, b"b": 1, b"ab": 2}, Pattern("[ab]+")).cut("abb") -> [([2, 1], [2, 1])]

    The merge with the lowest rank goes first, and the leftmost of equals (Sennrich et al. 2016,
    arXiv:1508.07909, with the ranks of tiktoken as priorities).
    """

    def __init__(self, ranks: Ranks, pattern: Pattern) -> None:
        self._ranks = ranks
        self._pattern = pattern
        self._effort = 0

    def takes(self, text: str) -> bool:
        """Tell whether the split pattern means the same here and in tiktoken for every character of `text`.

        Example: Merges({}, Pattern(".")).takes("caf\\u0295") -> False

        `regex` knows a later Unicode than the Rust libraries do. A character that Python already knew has
        kept its category in all of them, except U+0295, which has been a lower-case letter and an "other".
        """
        category = unicodedata.category
        return text.isascii() or all(category(char) != "Cn" and char != "\u0295" for char in set(text))

    def __missing__(self, piece: str) -> RankedPiece:
        data = piece.encode()
        rank = self._ranks.get(data)
        cut = ([rank], [len(data)]) if rank is not None else self._merge(data)
        self[piece] = cut
        return cut

    def _merge(self, data: bytes) -> RankedPiece:
        self._effort += len(data) ** 2
        if self._effort > EFFORT:
            raise Laborious
        parts = merge_tokens([data[i : i + 1] for i in range(len(data))], self._ranks.get)
        ranks = [rank for part in parts if (rank := self._ranks.get(part)) is not None]  # as every byte has
        return ranks, [len(part) for part in parts]

    def count(self, text: str) -> int:
        """Count the tokens of `text`. Raises Unsupported where that is too much for textbook merging.

        Example: Merges({b"a": 0, b"b": 1, b"ab": 2}, Pattern("[ab]+")).count("abb") -> 2
        """
        pieces = self.cut(text)
        if pieces is None:
            raise Unsupported("merges: too much of the text is in long pieces that are not tokens")
        return sum(len(ids) for ids, _ in pieces)

    def cut(self, text: str) -> list[RankedPiece] | None:
        """Cut `text` into pieces and those into tokens; None if that is too much for textbook merging.

        Example: Merges({b"a": 0, b"b": 1, b"ab": 2}, Pattern("[ab]+")).cut("abb") ->
        [([2, 1], [2, 1])]
        """
        try:
            return [self[piece] for piece in self._pattern.pieces(text)]
        except Laborious:
            return None
