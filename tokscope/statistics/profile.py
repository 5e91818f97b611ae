"""Profile: how a tokenizer cuts a text, as the figures that `compare` shows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import add

from tokscope.batches import Batches, MeasuredRow, Progress
from tokscope.errors import InputError
from tokscope.inputs import Document
from tokscope.text.cuts import LINE_OR_WORD
from tokscope.text.segments import count_words
from tokscope.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Profile:
    """How one tokenizer cuts a set of texts: sums, and the ratios that `compare` shows.

    Example: Profile(tokens=2, chars=11, bytes=11, words=2).chars_per_token -> 5.5

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
        return Profile(*map(add, self._sums, other._sums))

    @property
    def _sums(self) -> tuple[int, ...]:
        return self.tokens, self.chars, self.bytes, self.words, self.unknown, self.partial, self.dropped

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


LARGE = 1000
"""From how many tokens on a vocabulary takes much memory."""


class Profiler:
    """Profiles documents by each tokenizer; see Batches.

    Example: profiler = Profiler([load("gpt-4o")]); profiler.add(document, progress); profiler.results()

    Each document is read once, or twice where a tokenizer wants a long text whole: that takes so much memory
    for a while that it comes before the others' vocabularies are there. Those without one go beside it.
    """

    def __init__(self, tokenizers: Sequence[Tokenizer]) -> None:
        self._tokenizers = tokenizers
        whole = any(one.cut is None for one in tokenizers)
        later = [whole and one.cut is not None and (one.vocab_size or 0) >= LARGE for one in tokenizers]
        order = sorted(range(len(tokenizers)), key=later.__getitem__)
        self._order = sorted(range(len(tokenizers)), key=order.__getitem__)  # of the figures
        measures = [
            (tokenizers[i].cut or tokenizers[i].stretches, partial(_of_tokens, tokenizers[i])) for i in order
        ]
        now = later.count(False)
        self._now = Batches[Profile]([(LINE_OR_WORD, _of_texts), *measures[:now]], add, Profile())
        self._later = Batches[Profile](measures[now:], add, Profile()) if measures[now:] else None
        self._read: list[tuple[Document, Progress]] = []

    def add(self, document: Document, progress: Progress) -> None:
        """Read a document, and profile it now or later. Raises InputError, and then leaves it out."""
        if self._later:
            document.keep()
        for tokenizer in self._tokenizers:
            tokenizer.expect(document.size or 0)
        self._now.add(document, progress)
        self._read.append((document, progress))

    def results(self, report: Callable[[InputError], None] | None = None) -> list[Profile]:
        """Profile what is still waiting, and give for each tokenizer the sum over all documents.

        A document that a tokenizer cannot cut goes to `report` instead; without one it raises InputError.
        """
        totals = [Profile()] * len(self._tokenizers)
        for _, found in self.each(report):
            totals = list(map(add, totals, found))
        return totals

    def each(
        self, report: Callable[[InputError], None] | None = None
    ) -> Iterator[tuple[str, Sequence[Profile]]]:
        """Do the same for each document by itself, and give its path with the figures.

        Example: for path, (profile,) in profiler.each(): print(path, profile.tokens)
        """
        for row, error in self._rows():
            if error is None:
                of_text, *of_tokens = row.found
                yield row.path, [of_tokens[i] + of_text for i in self._order]
            elif report is None:
                raise error
            else:
                report(error)

    def _rows(self) -> Iterator[tuple[MeasuredRow[Profile], InputError | None]]:
        """Give the figures of each document, or why there are none."""
        rows, failed = self._now.rows(), [self._again(*read) for read in self._read]
        others = iter(self._later.rows() if self._later else ())
        for row, error in zip(rows, failed, strict=True):
            if self._later and error is None:
                more = next(others)
                if (more.chars, more.bytes) != (row.chars, row.bytes):
                    error = InputError(row.path, "changed while it was read; try again")
                row = row._replace(found=row.found + more.found, problems=row.problems + more.problems)
            if problems := list(dict.fromkeys(filter(None, row.problems))):
                error = error or InputError(row.path, "; ".join(problems))
            yield row, error

    def _again(self, document: Document, progress: Progress) -> InputError | None:
        """Read a document for the tokenizers whose turn is later; say why that fails."""
        try:
            if self._later:
                self._later.add(document, progress)
        except InputError as error:
            return error
        return None


def _of_tokens(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Profile]:
    return [
        Profile(found.tokens, unknown=found.unknown, partial=found.partial, dropped=found.dropped)
        for found in tokenizer.census(texts)
    ]


def _of_texts(texts: Sequence[str]) -> list[Profile]:
    return [
        Profile(chars=len(text), bytes=len(text.encode()), words=count_words(text).words) for text in texts
    ]
