"""Sums: what is counted of many documents, in whole numbers that add up in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from typing import Any

EXACT_BITS = 16
"""How many leading bits tell lengths apart: all below 65,536, and 2 in 100,000 above."""


def rounded(length: int) -> int:
    """Give a length as a histogram holds it.

    Example: rounded(1234) -> 1234; rounded(1234567) -> 1234560
    """
    cut = max(0, length.bit_length() - EXACT_BITS)
    return length >> cut << cut


@dataclass
class Sums:
    """Sums over documents, for some tokenizers.

    Example: tally = Sums.empty(2); tally.add([[3, 11]], [11], [11], budget=8); tally.over -> [0, 1]

    `tokens`, `over`, `longest` and `lengths` (length -> documents) have a value for each tokenizer. Where
    only a part was tokenized, `counted` is how many documents that were, with `counted_chars`, and `squares`
    are the sums of squares that an interval is computed from: of tokens, and of tokens times characters, for
    each tokenizer, and last of characters. `lengths` may be left out, since it is large.
    """

    documents: int = 0
    chars: int = 0
    bytes: int = 0
    words: int = 0
    counted: int = 0
    counted_chars: int = 0
    tokens: list[int] = field(default_factory=list)
    over: list[int] = field(default_factory=list)
    longest: list[int] = field(default_factory=list)
    squares: list[int] = field(default_factory=list)
    lengths: list[Counter[int]] = field(default_factory=list)

    @classmethod
    def empty(cls, tokenizers: int, *, lengths: bool = True) -> Sums:
        """Make one for this many tokenizers, with or without a histogram of lengths.

        Example: Sums.empty(2).tokens -> [0, 0]
        """
        none = [0] * tokenizers
        return cls(
            tokens=none[:],
            over=none[:],
            longest=none[:],
            squares=[0] * (2 * tokenizers + 1),
            lengths=[Counter() for _ in none] if lengths else [],
        )

    def add(
        self,
        tokens: Sequence[Sequence[int] | None],
        chars: Sequence[int],
        sizes: Sequence[int],
        words: Iterable[int] = (),
        budget: int | None = None,
    ) -> None:
        """Add documents: of each its tokens by each tokenizer, None where it was not tokenized, and so on.

        Example: tally = Sums.empty(1); tally.add([[3]], chars=[11], sizes=[11]); tally.tokens -> [3]
        """
        self.documents += len(chars)
        self.chars += sum(chars)
        self.bytes += sum(sizes)
        self.words += sum(words)
        rows = [row for row in tokens if row is not None]
        if len(rows) < len(tokens):
            chars = [count for row, count in zip(tokens, chars, strict=True) if row is not None]
        self.counted += len(rows)
        self.counted_chars += sum(chars)
        for i, counts in enumerate(zip(*rows, strict=True)):
            longest = max(counts)
            self.tokens[i] += sum(counts)
            self.over[i] += 0 if budget is None else sum(map(budget.__lt__, counts))
            self.longest[i] = max(self.longest[i], longest)
            self.squares[2 * i] += sum(map(mul, counts, counts))
            self.squares[2 * i + 1] += sum(map(mul, counts, chars))
            if self.lengths:
                self.lengths[i].update(map(rounded, counts) if longest >> EXACT_BITS else counts)
        self.squares[-1] += sum(map(mul, chars, chars))

    def merge(self, other: Sums) -> None:
        """Add what another has counted; without a histogram of its own, everything except the other's.

        Example: tally = Sums.empty(1); tally.merge(tally); tally.documents -> 0
        """
        self.documents += other.documents
        self.chars += other.chars
        self.bytes += other.bytes
        self.words += other.words
        self.counted += other.counted
        self.counted_chars += other.counted_chars
        for i, tokens in enumerate(other.tokens):
            self.tokens[i] += tokens
            self.over[i] += other.over[i]
            self.longest[i] = max(self.longest[i], other.longest[i])
        for mine, lengths in zip(self.lengths, other.lengths, strict=False):
            mine.update(lengths)
        self.squares = [one + more for one, more in zip(self.squares, other.squares, strict=True)]

    def percentile(self, tokenizer: int, share: float) -> int:
        """Give the length that a share of all documents does not exceed.

        Example: of the lengths 1, 2, 3, 100 the share 0.5 -> 2

        By the nearest rank: of n documents in the order of length, number ceil(share x n).
        """
        lengths = self.lengths[tokenizer]
        rank = max(1, -int(-share * sum(lengths.values()) // 1))
        seen = 0
        for length in sorted(lengths):
            seen += lengths[length]
            if seen >= rank:
                return length
        return 0

    def octaves(self, tokenizer: int) -> list[tuple[int, int]]:
        """Count documents by length: no tokens, 1, 2 and 3, 4 to 7, and so on from each power of two.

        Example: of the lengths 0, 1, 2, 3 -> [(0, 1), (1, 1), (2, 2)]
        """
        found: Counter[int] = Counter()
        for length, documents in self.lengths[tokenizer].items():
            found[1 << length.bit_length() - 1 if length else 0] += documents
        return sorted(found.items())

    def estimate(self, tokenizer: int) -> tuple[int, int, int] | None:
        """Give the tokens of all documents as those that were counted tell them, with a 95 % interval.

        Example: tally = Sums.empty(1); tally.add([[3]], [11], [11]); tally.estimate(0) -> (3, 3, 3)

        None where those that were counted say nothing: there are none, or they are empty.

        The ratio estimator (Cochran, Sampling Techniques, chapter 6): tokens for each character of those
        counted, times all characters, which are known.
        """
        tokens, n = self.tokens[tokenizer], self.counted
        if n == self.documents or not self.chars:
            return tokens, tokens, tokens
        if not self.counted_chars:
            return None
        ratio = tokens / self.counted_chars
        total = round(ratio * self.chars)
        if n < 2:
            return total, tokens, max(total, self.bytes)
        of_tokens, crossed, of_chars = *self.squares[2 * tokenizer : 2 * tokenizer + 2], self.squares[-1]
        residual = max(0.0, of_tokens - 2 * ratio * crossed + ratio * ratio * of_chars) / (n - 1)
        error = 1.96 * self.documents * ((1 - n / self.documents) * residual / n) ** 0.5
        return total, max(tokens, round(total - error)), round(total + error)

    def plain(self) -> dict[str, Any]:
        """Give it as something that JSON can say.

        Example: Sums.empty(1).plain()["tokens"] -> [0]
        """
        return {**vars(self), "lengths": [sorted(one.items()) for one in self.lengths]}

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Sums:
        """Make it again from what plain() gave.

        Example: Sums.of(Sums.empty(2).plain()) -> Sums.empty(2)
        """
        lengths = [Counter(dict(map(tuple, one))) for one in fields["lengths"]]
        return cls(**{**fields, "lengths": lengths})
