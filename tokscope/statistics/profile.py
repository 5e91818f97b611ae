"""Profile: how a tokenizer cuts a text, as the figures that `compare` shows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import add
from time import monotonic

from tokscope.batches import Batches, Measure, MeasuredRow, Places, Progress
from tokscope.engines.memory import give_back
from tokscope.errors import InputError, Problem, TokenizerError, reporting
from tokscope.files.forked import Died, Tell, forked, processes
from tokscope.inputs import Document
from tokscope.text.cuts import LINE_OR_WORD
from tokscope.text.segments import count_words
from tokscope.tokenizer import Census, Tokenizer


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
        """The share of tokens that are unknown, a character without one counted as one.

        Example: Profile(tokens=9, unknown=1, dropped=1).unknown_rate -> 0.2
        """
        return Census(self.tokens, self.unknown, self.partial, self.dropped).unknown_rate

    @property
    def partial_rate(self) -> float | None:
        """The share of tokens that hold only a part of a character."""
        return self.partial / self.tokens if self.tokens else None

    def compression(self, vocab_size: int | None) -> float | None:
        """Give UTF-8 bits / (tokens x log2(vocabulary)): how many times shorter ids are than the text.

        Example: Profile(tokens=2, bytes=11).compression(200019) -> 2.498
        """
        if not self.tokens or not vocab_size or vocab_size < 2:
            return None
        return self.bytes * 8 / (self.tokens * math.log2(vocab_size))


LARGE_VOCABULARY = 1000
"""From how many tokens on a vocabulary takes much memory, and time to load."""

FORK_FROM = 1_000_000
"""Bytes of documents from which on it pays to fork."""

PROGRESS_EVERY = 0.1
"""Seconds between two reports of progress."""


class Profiler:
    """Profiles documents by each tokenizer; see Batches.

    Example: profiler = Profiler([load("gpt-4o")]); profiler.add(document, progress); profiler.results()

    A document is read when it is added, and again for each large vocabulary. Where there is much to do, each
    has its turn in a fork of this process, several at a time: tokenizers of one process would wait for each
    other, and hold what they need until the last one is done.
    """

    def __init__(self, tokenizers: Sequence[Tokenizer]) -> None:
        self._tokenizers = tokenizers
        sizes = [one.vocab_size or 0 for one in tokenizers]
        large = [place for place, size in enumerate(sizes) if size >= LARGE_VOCABULARY]
        # Each turn has the places of its tokenizers. The longest comes first, so that none is last and alone.
        self._turns = [[place for place in range(len(sizes)) if place not in large]]
        self._turns += ([place] for place in sorted(large, key=sizes.__getitem__, reverse=True))
        self._read: list[tuple[Document, Progress, int]] = []  # with the bytes that were read

    def add(self, document: Document, progress: Progress) -> None:
        """Read a document, which is profiled later. Raises InputError, and then leaves it out.

        Example: profiler = Profiler([load("byte")]); profiler.add(Document.of_text("Hi", Decoding()),
        progress); profiler.results()[0].tokens -> 2
        """
        document.keep()
        for text in document.texts():
            for _ in text:
                progress(document)
        self._read.append((document, progress, document.bytes_read))

    def results(self, report: Problem | None = None) -> list[Profile]:
        """Profile the documents, and give for each tokenizer the sum over all of them.

        Example: Profiler([load("byte")]).results()[0].tokens -> 0

        A document that a tokenizer cannot cut goes to `report` instead; without one it raises InputError.
        """
        totals = [Profile()] * len(self._tokenizers)
        for _, found in self.each(report):
            totals = list(map(add, totals, found))
        return totals

    def each(self, report: Problem | None = None) -> Iterator[tuple[str, Sequence[Profile]]]:
        """Do the same for each document by itself, and give its path with the figures.

        Example: for path, (profile,) in profiler.each(): print(path, profile.tokens)
        """
        for (document, _, size), *rows in zip(self._read, *self._by_turns(), strict=True):
            if error := _error(rows, size):
                if report is None:
                    raise error
                report(error)
                continue
            found = [Profile()] * len(self._tokenizers)
            of_text = Profile()
            for places, row in zip(self._turns, rows, strict=True):
                assert isinstance(row, MeasuredRow)
                for place, profile in zip(places, row.found, strict=False):
                    found[place] = profile
                if places is self._turns[0]:
                    of_text = row.found[-1]
            yield document.path, [one + of_text for one in found]

    def _by_turns(self) -> list[list[MeasuredRow[Profile] | InputError]]:
        """Give for each turn the rows of all documents."""
        turns = [partial(self._turn, places) for places in self._turns]
        much = sum(size for *_, size in self._read) >= FORK_FROM
        at_once = processes() if much else 1
        if at_once == 1:
            if much:
                give_back()
            return [turn(self._show) for turn in turns]
        try:
            return forked(turns, at_once, self._show)
        except Died as error:
            number, why = error.args
            names = ", ".join(self._tokenizers[place].shown for place in self._turns[number])
            raise TokenizerError(
                f"{names or 'words'}: the process that counts ended ({why}); is there enough memory?"
            ) from error

    def _turn(self, places: Sequence[int], tell: Tell) -> list[MeasuredRow[Profile] | InputError]:
        """Profile all documents by some tokenizers; the first turn has the figures of their texts too."""
        mine = [self._tokenizers[place] for place in places]
        measures: list[tuple[Places, Measure[Profile]]] = [
            (one.cut or one.stretches, partial(_profile_tokens, one)) for one in mine
        ]
        if places is self._turns[0]:
            measures.append((LINE_OR_WORD, _profile_texts))
        batches = Batches[Profile](measures, add, Profile())
        failed: dict[int, InputError] = {}
        for tokenizer in mine:
            tokenizer.expect(sum(size for *_, size in self._read))
        for number, (document, *_) in enumerate(self._read):
            with reporting(partial(failed.__setitem__, number)):
                batches.add(document, _now_and_then(partial(self._told, number, tell)))
        rows = iter(batches.rows())
        return [failed.get(number) or next(rows) for number in range(len(self._read))]

    @staticmethod
    def _told(number: int, tell: Tell, document: Document) -> None:
        tell((number, document.bytes_read))

    def _show(self, told: tuple[int, int]) -> None:
        """Show how much of a document has been read, perhaps in another process."""
        document, progress, _ = self._read[told[0]]
        document.bytes_read = told[1]
        progress(document)


def _now_and_then(progress: Progress) -> Progress:
    """Make progress that is reported PROGRESS_EVERY, and not for every block."""
    last = monotonic()

    def reported(document: Document) -> None:
        nonlocal last
        if monotonic() - last >= PROGRESS_EVERY:
            progress(document)
            last = monotonic()

    return reported


def _error(rows: Sequence[MeasuredRow[Profile] | InputError], size: int) -> InputError | None:
    """Say why a document of `size` bytes has no figures; its rows are those of all turns."""
    measured = []
    for row in rows:
        if isinstance(row, InputError):
            return row
        measured.append(row)
    first = measured[0]
    if any((row.chars, row.bytes) != (first.chars, size) for row in measured):
        return InputError(first.path, "changed while it was read; try again")
    problems = dict.fromkeys(problem for row in measured for problem in row.problems if problem)
    return InputError(first.path, "; ".join(problems)) if problems else None


def _profile_tokens(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Profile]:
    return [
        Profile(found.tokens, unknown=found.unknown, partial=found.partial, dropped=found.dropped)
        for found in tokenizer.census(texts)
    ]


def _profile_texts(texts: Sequence[str]) -> list[Profile]:
    return [
        Profile(chars=len(text), bytes=len(text.encode()), words=count_words(text).words) for text in texts
    ]
