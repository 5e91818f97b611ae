"""Frequencies: the tokens of texts without their order, and what follows from how often each occurs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from math import fsum, lgamma, log, log2
from operator import sub
from typing import Literal, NamedTuple

from tokscope.split import Split, Token

MUCH_UNKNOWN = 0.05
"""Where more of a text than this is unknown, figures do not compare with those of other tokenizers."""


def unlike(shares: Mapping[str, float]) -> str:
    """Say that figures look good because much of the text is unknown to these tokenizers.

    Example: unlike({"t5": 0.93}) -> "t5 does not know 93% of the text: not comparable"
    """
    (name, share), *others = shares.items()
    more = "".join(f", {name} {share:.0%}" for name, share in others)
    return f"{name} does not know {share:.0%} of the text{more}: not comparable"


TokenKey = int | bytes
"""What makes two tokens the same: the id, or where there are none the label, or else the bytes."""

Holds = Literal["text", "part of a character", "no text", "unknown"]


@dataclass(frozen=True, slots=True)
class Type:
    """One distinct token, with how often it occurs and how many bytes of the texts it stands for in all.

    Example: Type(Token(0, 5, b"Hello", 13225, None), count=2, size=10)

    `token` is one of its occurrences.
    """

    token: Token
    count: int
    size: int

    @property
    def written(self) -> bytes:
        """The token as its vocabulary writes it, or else the text that it stands for."""
        return self.token.data if self.token.label is None else self.token.label.encode()

    def holds(self, unknown_id: int | None) -> Holds:
        """Say what it stands for; `unknown_id` is the tokenizer's.

        Example: Type(Token(0, 1, b"\\xe6", 1000, None), count=2, size=2).holds(None) -> "part of a character"
        """
        if self.token.id is not None and self.token.id == unknown_id:
            return "unknown"
        if not self.size:
            return "no text"
        try:
            self.token.data.decode()
        except UnicodeDecodeError:
            return "part of a character"
        return "text"


class Frequencies:
    """How often each token occurs.

    Example: Frequencies().add(load("char").encode("banana"), 6) counts 3 of "a", 2 of "n", 1 of "b"

    `counts` and `sizes` are tokens and bytes by key; memory grows with distinct tokens, not with the text.
    `tokens`, `chars` and `bytes` are sums over all texts.
    """

    def __init__(self) -> None:
        self.counts: Counter[TokenKey] = Counter()
        self.sizes: Counter[TokenKey] = Counter()
        self.tokens = self.chars = self.bytes = 0
        self._examples: dict[TokenKey, Token] = {}

    def add(self, split: Split, chars: int) -> None:
        """Count the tokens of one more piece of text, of `chars` characters.

        Example: one = Frequencies(); one.add(load("byte").encode("aab"), 3); one.counts -> {97: 2, 98: 1}
        """
        keys = _keys(split)
        # one pass in C over pairs: the same token may stand for more or fewer bytes ([UNK], a lemma)
        pairs = Counter(zip(keys, map(sub, split.ends, split.starts), strict=True))
        for (key, size), count in pairs.items():
            self.counts[key] += count
            self.sizes[key] += count * size
        missing = self.counts.keys() - self._examples.keys()
        for i, key in enumerate(keys):
            if not missing:
                break
            if key in missing:
                missing.remove(key)
                self._examples[key] = split[i]
        self.tokens += len(split)
        self.chars += chars
        self.bytes += len(split.source)

    def update(self, other: Frequencies) -> None:
        """Add what was counted in another text.

        Example: one = Frequencies(); one.add(load("byte").encode("a"), 1); one.update(one); one.tokens -> 2
        """
        self.counts.update(other.counts)
        self.sizes.update(other.sizes)
        for key, token in other._examples.items():
            self._examples.setdefault(key, token)
        self.tokens += other.tokens
        self.chars += other.chars
        self.bytes += other.bytes

    def type(self, key: TokenKey) -> Type:
        """Give the distinct token of a key.

        Example: one = Frequencies(); one.add(load("byte").encode("aab"), 3); one.type(97).count -> 2
        """
        return Type(self._examples[key], self.counts[key], self.sizes[key])

    def most_frequent(self, number: int) -> list[Type]:
        """Give the `number` tokens that occur most often, the most frequent first.

        Example: one = Frequencies(); one.add(load("byte").encode("aab"), 3); [type.count for type in
        one.most_frequent(2)] -> [2, 1]
        """
        return [
            self.type(key) for key in nsmallest(number, self.counts, lambda key: (-self.counts[key], key))
        ]

    def most_wasteful(self, number: int) -> list[tuple[Type, float]]:
        """Give the tokens with the largest excess, and it: how many tokens they cost beyond the average.

        Example: the words "aaaa aaaa b", 3 tokens for 9 bytes: 1 byte in 1 token, where the average token has
        3 bytes, makes the excess of "b" 1 - 1 / 3 = 0.67

        The excess is count - bytes / (bytes per token of all tokens); over all of them it sums to zero. Only
        tokens with a positive one are given.
        """
        held = sum(self.sizes.values())  # less than the text has, where a tokenizer drops some
        rate = self.tokens / held if held else 0.0
        excess = {key: count - self.sizes[key] * rate for key, count in self.counts.items()}
        worst = nsmallest(number, excess, lambda key: (-excess[key], key))
        return [(self.type(key), excess[key]) for key in worst if excess[key] > 1e-9]

    def ranks(self, number: int = 200) -> list[tuple[float, float]]:
        """Give (rank, count) at about `number` ranks at most, evenly spaced on a logarithmic scale.

        Example: counts of 3, 2 and 1 give [(1, 3), (2, 2), (3, 1)]: Zipf's plot
        """
        counts = sorted(self.counts.values(), reverse=True)
        ranks = sorted({round(len(counts) ** (i / number)) for i in range(number + 1)} if counts else ())
        return [(rank, counts[rank - 1]) for rank in ranks]

    def unknown(self, unknown_id: int | None) -> float:
        """Give the share of the text, in bytes, of which its tokens say only that it is unknown.

        Example: 0.8 where 🦜 of "🦜a" is [UNK], 4 bytes of 5
        """
        size = 0 if unknown_id is None else self.sizes[unknown_id]
        return size / self.bytes if self.bytes else 0.0

    def figures(self, vocab_size: int | None) -> Figures:
        """Give what follows from the frequencies, for a vocabulary of this size.

        Example: one = Frequencies(); one.add(load("byte").encode("ab"), 2); one.figures(256).entropy -> 1.0
        """
        return Figures(
            *(
                self.tokens,
                self.chars,
                self.bytes,
                len(self.counts),
                vocab_size,
                shannon_entropy(self.counts.values()),
            )
        )


class Figures(NamedTuple):
    """What follows from how often each token occurs; None wherever it would divide by nothing.

    Example: Figures(tokens=2, chars=2, bytes=2, distinct=2, vocabulary=256, entropy=1.0).efficiency -> 0.125

    `distinct` is how many different tokens there are, `vocabulary` how many there could be (None for words),
    `entropy` in bits per token.
    """

    tokens: int
    chars: int
    bytes: int
    distinct: int
    vocabulary: int | None
    entropy: float | None

    @property
    def unused(self) -> float | None:
        """The share of the vocabulary that does not occur."""
        return 1 - self.distinct / self.vocabulary if self.vocabulary else None

    @property
    def efficiency(self) -> float | None:
        """Entropy / log2(vocabulary): 1 where every id is as frequent as every other.

        Example: Figures(2, 2, 2, 2, vocabulary=4, entropy=1.0).efficiency -> 0.5
        """
        if self.entropy is None or self.vocabulary is None or self.vocabulary < 2:
            return None
        return self.entropy / log2(self.vocabulary)

    @property
    def redundancy(self) -> float | None:
        """1 - efficiency (Shannon 1948, section 7)."""
        return None if self.efficiency is None else 1 - self.efficiency

    @property
    def bits_per_char(self) -> float | None:
        """Entropy for each code point."""
        return None if self.entropy is None or not self.chars else self.entropy * self.tokens / self.chars

    @property
    def bits_per_byte(self) -> float | None:
        """Entropy for each byte of UTF-8."""
        return None if self.entropy is None or not self.bytes else self.entropy * self.tokens / self.bytes

    @property
    def fixed_bytes(self) -> float | None:
        """How many bytes the ids take in log2(vocabulary) bits each."""
        return self.tokens * log2(self.vocabulary) / 8 if self.vocabulary else None

    @property
    def table_bytes(self) -> float | None:
        """How many bytes it takes to say which tokens occur and how often; None for words, see table_bits.

        Example: Figures(2, 2, 2, 2, vocabulary=4, entropy=1.0).table_bytes -> 0.323
        """
        if self.vocabulary is None:
            return None
        return table_bits(self.vocabulary, self.distinct, self.tokens) / 8

    @property
    def coded_bytes(self) -> float | None:
        """How many bytes an ideal entropy coder needs for the ids: tokens * entropy / 8, and the table.

        Example: Figures(2, 2, 2, 2, vocabulary=4, entropy=1.0).coded_bytes -> 0.573
        """
        if self.entropy is None or self.table_bytes is None:
            return None
        return self.tokens * self.entropy / 8 + self.table_bytes

    def object(self) -> dict[str, int | float | None]:
        """Give every figure by name, as JSON has them.

        Example: Figures(2, 2, 2, 2, vocabulary=4, entropy=1.0).object()["redundancy"] -> 0.5
        """
        return self._asdict() | {
            "unused": self.unused,
            "efficiency": self.efficiency,
            "redundancy": self.redundancy,
            "bits_per_char": self.bits_per_char,
            "bits_per_byte": self.bits_per_byte,
            "fixed_bytes": self.fixed_bytes,
            "table_bytes": self.table_bytes,
            "coded_bytes": self.coded_bytes,
        }


def shannon_entropy(counts: Iterable[int]) -> float | None:
    """Give Shannon's entropy of a distribution by its counts, in bits; None of no counts.

    Example: shannon_entropy([2, 1, 1]) -> 1.5

    The plug-in estimate: of these texts themselves, not of the language that they come from.
    """
    counts = list(counts)
    total = sum(counts)
    return fsum(count * log2(total / count) for count in counts) / total if total else None


def table_bits(vocabulary: int, distinct: int, tokens: int) -> float:
    """Give the bits that tell a decoder which ids occur and how often, no such table preferred to another.

    Example: table_bits(4, 2, 3) -> log2(6 * 2) = 3.58...: 6 pairs out of 4 ids, counted 1 + 2 or 2 + 1

    log2(binomial(vocabulary, distinct) * binomial(tokens - 1, distinct - 1)), as in enumerative coding
    (Cover 1973); the number of tokens and of distinct ones itself, a few bytes, is left out.
    """
    if not tokens:
        return 0.0
    return _log2_binomial(vocabulary, distinct) + _log2_binomial(tokens - 1, distinct - 1)


def _log2_binomial(n: int, k: int) -> float:
    return (lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)) / log(2)


def _keys(split: Split) -> Sequence[TokenKey]:
    if split.ids is not None:
        return split.ids
    return [token.data if token.label is None else token.label.encode() for token in split]
