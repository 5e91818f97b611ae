"""The figures of a tokenizer on some documents, each marked as what it is: exact, estimated, "at least"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tokscope.corpora.sums import Sums
from tokscope.report.table import AtLeast, Column, Estimate, Fields, TableReport
from tokscope.tokenizer import Tokenizer

PERCENTILES = (0.5, 0.9, 0.95, 0.99)
"""The shares of documents whose longest is shown."""


class TokenFigures(NamedTuple):
    """What sums say of the tokens of one tokenizer, the one of number `i`.

    Example: TokenFigures(sums, 0, load("byte")).tokens -> 11

    `lacking` says that some documents are not among them. Where only a sample was tokenized, the figures are
    estimates of all, and those of which a sample says nothing are None.
    """

    sums: Sums
    i: int
    tokenizer: Tokenizer
    lacking: bool = False

    @property
    def whole(self) -> bool:
        """Whether all documents were tokenized."""
        return self.sums.counted == self.sums.documents

    @property
    def tokens(self) -> int | None:
        """The tokens of all documents.

        Example: TokenFigures(sums, 0, load("byte"), lacking=True).tokens -> AtLeast(11)
        """
        if not self.whole:
            known = self.sums.estimate(self.i)
            return None if known is None else Estimate(*known)
        tokens = Estimate.unless(self.tokenizer.exact, self.sums.tokens[self.i])
        return AtLeast(tokens) if self.lacking else tokens

    @property
    def chars_per_token(self) -> float | None:
        """The characters of a token, where there is one.

        Example: TokenFigures(sums, 0, load("byte")).chars_per_token -> 1.0
        """
        tokens = self.sums.tokens[self.i]
        return self.sums.counted_chars / tokens if tokens else None

    @property
    def bytes_per_token(self) -> float | None:
        """The bytes of a token, where there is one; of a sample by the bytes of all characters.

        Example: TokenFigures(sums, 0, load("byte")).bytes_per_token -> 1.0
        """
        sums, tokens = self.sums, self.sums.tokens[self.i]
        return sums.bytes * sums.counted_chars / sums.chars / tokens if tokens and sums.chars else None

    @property
    def longest(self) -> int | None:
        """The tokens of the longest document; where some were not tokenized, of those that were.

        Example: TokenFigures(sums, 0, load("byte")).longest -> 5
        """
        if self.whole:
            return self.sums.longest[self.i]
        return AtLeast(self.sums.longest[self.i]) if self.sums.counted else None

    @property
    def over_budget(self) -> int | None:
        """How many documents are over the budget, as many of all as of those that were tokenized.

        Example: TokenFigures(sums, 0, load("byte")).over_budget -> 3
        """
        sums, over = self.sums, self.sums.over[self.i]
        if self.whole:
            return over
        return Estimate(round(over * sums.documents / sums.counted)) if sums.counted else None

    @property
    def mean(self) -> float | None:
        """The tokens of a document, such that all documents together have as many as the table says.

        Example: TokenFigures(sums, 0, load("byte")).mean -> 5.5
        """
        known = self.sums.estimate(self.i)
        return None if known is None else known[0] / self.sums.documents

    def percentile(self, share: float) -> int:
        """Give a percentile, which above 65,535 is known to 2 in 100,000, and of a sample not exactly.

        Example: TokenFigures(sums, 0, load("byte")).percentile(0.5) -> 5
        """
        found = self.sums.percentile(self.i, share)
        return Estimate.unless(found < 1 << 16 and self.whole, found)

    def fields(self, budget: int | None) -> Fields:
        """Give the figures of a row in JSON.

        Example: TokenFigures(sums, 0, load("byte")).fields(None)["tokens"] -> 11
        """
        found: dict[str, object] = {
            "tokenizer": self.tokenizer.name,
            "exact": self.tokenizer.exact and not self.lacking and self.whole,
            "documents": self.sums.documents,
            "chars": self.sums.chars,
            "bytes": self.sums.bytes,
            "tokens": self.tokens,
            "chars_per_token": self.chars_per_token,
            "longest": self.longest,
        }
        if not self.whole:
            found["counted"] = self.sums.counted
        if budget is not None:
            found["over_budget"] = self.over_budget
        return found

    @property
    def histogram(self) -> Fields:
        """How many documents have how many tokens, in JSON: from each power of two on.

        Example: TokenFigures(sums, 0, load("byte")).histogram["p50"] -> 5
        """
        return {
            "tokenizer": self.tokenizer.name,
            **{f"p{100 * share:g}": self.percentile(share) for share in PERCENTILES},
            "longest": self.longest,
            **({} if self.whole else {"counted": self.sums.counted}),
            "histogram": [{"from": low, "documents": count} for low, count in self.sums.octaves(self.i)],
        }


def each_figures(sums: Sums, tokenizers: Sequence[Tokenizer], *, lacking: bool = False) -> list[TokenFigures]:
    """Give the figures of every tokenizer on the same documents.

    Example: [one.tokens for one in each_figures(sums, [load("byte"), load("char")])] -> [11, 11]
    """
    return [TokenFigures(sums, i, one, lacking) for i, one in enumerate(tokenizers)]


def lengths_table(each: Sequence[TokenFigures], budget: int | None) -> TableReport:
    """Say how long documents are, in a row for each tokenizer.

    Example: lengths_table(each_figures(sums, [load("byte")]), None).rows[0][3] -> 5.5, the mean
    """
    columns = [
        Column("tokenizer"),
        Column("chars/token", "ratio"),
        Column("bytes/token", "ratio"),
        Column("mean", "ratio"),
        *(Column(f"{100 * share:g} %", "int") for share in PERCENTILES),
        Column("longest", "int"),
        Column("over", "int", shown=budget is not None),
    ]
    rows = [
        [
            *(one.tokenizer.shown, one.chars_per_token, one.bytes_per_token, one.mean),
            *(one.percentile(share) for share in PERCENTILES),
            *(one.longest, one.over_budget),
        ]
        for one in each
    ]
    over = "" if budget is None else f", those over {budget:,}"
    return TableReport(columns, rows, title=f"tokens in a document: the mean, percentiles{over}")
