"""Sought: words that are looked for in many texts, most of which hold none."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, groupby


class Sought:
    """Words, of which a text is asked whether it may hold one.

    Example: Sought(["<|endoftext|>"]).maybe_in(["a", "a <| b"]) -> [False, True]

    Their first two characters are looked for, those of many short texts together: one search for all words
    that begin alike, which is quick where a pattern begins with a character that is given.
    """

    def __init__(self, words: Iterable[str]) -> None:
        starts = sorted({word[:2] for word in words if word})
        self._patterns = [
            re.compile(re.escape(first) + _any_of({start[1:] for start in alike}), re.DOTALL)
            for first, alike in groupby(starts, key=lambda start: start[0])
        ]

    def maybe_in(self, texts: Sequence[str]) -> list[bool]:
        """Tell of each text whether it may hold a word.

        Example: Sought(["<|a|>", "xy"]).maybe_in(["a <|", "", "xy"]) -> [True, False, True]
        """
        found = [False] * len(texts)
        if not self._patterns:
            return found
        together = "\n".join(texts)
        begins = list(accumulate((len(text) + 1 for text in texts), initial=0))
        for pattern in self._patterns:
            match = pattern.search(together)
            while match is not None:
                i = bisect_right(begins, match.start()) - 1
                found[i] = True
                match = pattern.search(together, begins[i + 1])
        return found


def _any_of(characters: Iterable[str]) -> str:
    """Write a pattern of any of some characters; of none, where one of them is empty."""
    return "" if "" in characters else f"[{''.join(map(re.escape, characters))}]"
