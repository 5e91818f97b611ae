"""A tokenizer that only counts, and that with bounds, as one by which a text can be cut to a budget.

A part of a text is sure to fit where its upper bound does. The place to cut is first looked for with the
tokenizer that stands in, whose tokens are spread over that bound; then the part is counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from tokscope.report.table import most
from tokscope.split import Split, inside
from tokscope.tokenizer import Tokenizer


class UpperBound(Tokenizer):
    """The upper bound of an estimate as a count, and stretches of the text that stand for its tokens.

    Example: UpperBound(load("claude-opus-5"), load("o200k_base")).count("Hello world") -> 7
    """

    exact = False

    def __init__(self, counts: Tokenizer, stand_in: Tokenizer) -> None:
        self.name = counts.name
        self._counts = counts
        self._stand_in = stand_in

    def count(self, text: str) -> int:
        """Give the most tokens that `text` may be."""
        return most(self._counts.count(text))

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Give the most tokens that each of `texts` may be."""
        return list(map(most, self._counts.count_all(texts)))

    def encode(self, text: str) -> Split:
        """Cut `text` into as many stretches as it may be tokens at most; some may be empty."""
        split = self._stand_in.encode(text)
        source, ends, wanted = split.source, split.ends, self.count(text)
        bounds = [0]
        for i in range(1, wanted + 1):
            whole, part = divmod(i * len(ends), wanted)  # so many tokens of the stand-in, and a part of one
            start = ends[whole - 1] if whole else 0
            at = start + (ends[whole] - start) * part // wanted if part else start
            while inside(source, at):
                at += 1
            bounds.append(max(at, bounds[-1]))
        bounds[-1] = len(source)
        return Split(source, bounds[:-1], bounds[1:])


def bounded(tokenizer: Tokenizer) -> Tokenizer:
    """Give a tokenizer that texts can be cut by: itself, unless it only counts and another stands in for it.

    Example: bounded(load("gpt-4o")).name -> "o200k_base"
    """
    if tokenizer.cuts or tokenizer.stand_in is None:
        return tokenizer
    return UpperBound(tokenizer, tokenizer.stand_in)
