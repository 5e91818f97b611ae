"""Profile: how a tokenizer cuts a text, as the figures that `compare` shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

from tokscope.inputs import Document
from tokscope.measure import Progress, pieces
from tokscope.text.cuts import LINE_OR_WORD
from tokscope.text.segments import count_words
from tokscope.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Profile:
    """How one tokenizer cuts a set of texts: sums, and the ratios that `compare` shows.

    `words` are UAX #29 words that hold a letter or a digit. `unknown` tokens stand for text that the
    vocabulary cannot say, `dropped` is how many such characters have no token at all, and `partial` tokens
    hold only a part of a character. Every ratio is None where it would divide by nothing.
    """

    tokens: int = 0
    chars: int = 0
    bytes: int = 0
    words: int = 0
    unknown: int = 0
    partial: int = 0
    dropped: int = 0

    def __add__(self, other: Profile) -> Profile:
        return Profile(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    @property
    def chars_per_token(self) -> float | None:
        """Code points for each token."""
        return self.chars / self.tokens if self.tokens else None

    @property
    def bytes_per_token(self) -> float | None:
        """UTF-8 bytes for each token."""
        return self.bytes / self.tokens if self.tokens else None

    @property
    def fertility(self) -> float | None:
        """Tokens for each word."""
        return self.tokens / self.words if self.words else None

    @property
    def unknown_rate(self) -> float | None:
        """The share of tokens that are unknown, a character without one counted as one."""
        whole = self.tokens + self.dropped
        return (self.unknown + self.dropped) / whole if whole else None

    @property
    def partial_rate(self) -> float | None:
        """The share of tokens that hold only a part of a character."""
        return self.partial / self.tokens if self.tokens else None

    def compression(self, vocab_size: int | None) -> float | None:
        """Give UTF-8 bits / (tokens x log2(vocabulary)): how many times shorter ids are than the text.

        Example: Profile(tokens=2, bytes=11).compression(200019) -> 2.498...
        """
        if not self.tokens or not vocab_size or vocab_size < 2:
            return None
        return self.bytes * 8 / (self.tokens * math.log2(vocab_size))


def profile(document: Document, tokenizers: Sequence[Tokenizer], progress: Progress) -> list[Profile]:
    """Cut one document with each tokenizer, reading it once, and add up what the tokens are.

    Raises InputError.
    """
    totals = [Profile()] * len(tokenizers)
    word_count = 0
    for i, piece in pieces(document, [*(one.cut for one in tokenizers), LINE_OR_WORD], progress):
        if i == len(tokenizers):
            word_count += count_words(piece)
            continue
        if not tokenizers[i].cuts:
            totals[i] += Profile(tokenizers[i].count(piece), len(piece), len(piece.encode()))
            continue
        split, unknown = tokenizers[i].encode(piece), tokenizers[i].unknown_id
        unknowns = split.ids.count(unknown) if unknown is not None and split.ids is not None else 0
        totals[i] += Profile(
            *(len(split), len(piece), len(split.source), 0, unknowns, split.partial(), split.dropped)
        )
    return [total + Profile(words=word_count) for total in totals]
