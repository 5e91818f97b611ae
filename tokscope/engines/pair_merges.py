"""Byte-pair encoding by a list of merges, as the textbook has it: no start-up, so it serves short texts.

To take in a large vocabulary an engine that is quick on much text needs up to a second, ten times what a
one-line count takes in all. The source of the algorithm: Sennrich et al. 2016 (arXiv:1508.07909).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import count

from tokscope.engines.rank_merges import merge_tokens
from tokscope.engines.ranks import Pattern

MAX_COUNTED = 20_000
"""How many characters are counted in all, about 0.1 s of work; for more another engine pays."""

MAX_MERGED = 100
"""The longest piece, in characters, that is merged: the time for it grows with the square."""


class Pairs:
    """Counts the tokens of plain texts by pieces and merges as a file lists them.

    Example: Pairs({b"a": 0, b"b": 1, b"ab": 2}, lambda: [b"a b"], [], {}).count("aba") -> 2

    `merges` are read when there is something to merge. `patterns` cut a text, each what the one before left.
    `alphabet` says how the vocabulary spells a character of ASCII. `added` are tokens that are found whole.
    With `whole`, a piece that is a token is that token, whatever merges say.
    """

    def __init__(
        self,
        pieces: Mapping[bytes, int],
        merges: Callable[[], Iterable[bytes]],
        patterns: Sequence[str],
        alphabet: Mapping[int, str],
        *,
        added: Sequence[str] = (),
        whole: bool = False,
    ) -> None:
        self._pieces = pieces
        self._merges = merges
        self._patterns = [Pattern(pattern).ascii for pattern in patterns]
        self._alphabet = alphabet
        self._added = added
        self._whole = whole
        self._left = MAX_COUNTED
        self._counts: dict[str, int | None] = {}

    def count(self, text: str) -> int | None:
        """Count the tokens of `text`; None where that is for another engine.

        Example: Pairs({b"a": 0, b"b": 1, b"ab": 2}, lambda: [b"a b"], [], {}).count("abab") -> 2

        That is: much text, any that is not of ASCII, that holds an added token, or has a long piece or a
        character that the vocabulary lacks.
        """
        self._left -= len(text)
        if self._left < 0 or not text.isascii() or any(token in text for token in self._added):
            return None
        pieces = [text] if text else []
        for pattern in self._patterns:
            if pattern is None:
                return None
            pieces = [part for piece in pieces for part in _isolated(pattern, piece)]
        total = 0
        for piece in pieces:
            if piece not in self._counts:
                self._counts[piece] = self._merged(piece)
            if (count := self._counts[piece]) is None:
                return None
            total += count
        return total

    def _merged(self, piece: str) -> int | None:
        if len(piece) > MAX_MERGED:
            return None
        symbols = [char.encode() for char in piece.translate(self._alphabet)]
        if self._whole and b"".join(symbols) in self._pieces:
            return 1
        made = merge_tokens(symbols, self._ranks.get, between=b" ") if len(symbols) > 1 else symbols
        known = self._pieces.keys() >= {*symbols, *made}  # merges may make what is not a token
        return len(made) if known else None

    @cached_property
    def _ranks(self) -> dict[bytes, int]:
        return dict(zip(self._merges(), count(), strict=False))


def _isolated(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """Cut a text into what a pattern matches and what is between."""
    at = 0
    for found in pattern.finditer(text):
        if found.start() > at:
            yield text[at : found.start()]
        if found.end() > found.start():
            yield found[0]
        at = found.end()
    if at < len(text):
        yield text[at:]
