"""A window of a text to cut into chunks: where it may be cut, and where that does the least damage."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from tokscope.errors import UsageError
from tokscope.fitting.ways import Ways
from tokscope.split import Split, inside
from tokscope.text.outline import Break, Level, breaks, code_breaks, lead
from tokscope.text.segments import WINDOW, Unit, calm, segments
from tokscope.tokenizer import Tokenizer


class By(StrEnum):
    """What chunks are made of, as far as the budget allows.

    Example: chunk(text, 200, by=By.HEADING)
    """

    TOKEN = "token"
    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    CODE = "code"


class ChunkRule(NamedTuple):
    """How large chunks are, and where they may end.

    Example: ChunkRule(200, by=By.HEADING), of at most 200 tokens, cut at headings where they can be

    Each has at most `budget` tokens, of which it may repeat `overlap` of the text before it. By.TOKEN fills
    all but the last where they need not be `even`.
    """

    budget: int
    overlap: int = 0
    by: By = By.PARAGRAPH
    even: bool = True


@dataclass(frozen=True, slots=True)
class Chunk:
    """One part of a text.

    Example: chunk("One. Two.", 9)[0] -> Chunk(0, "One. Two.", 0, 9, line_start=1, line_end=1, tokens=4)

    `start` and `end` are byte offsets into the text's UTF-8 bytes; `line_start` and `line_end` are the lines
    of the first and the last byte, from 1; `tokens` is the count of the part by itself.
    """

    index: int
    text: str
    start: int
    end: int
    line_start: int
    line_end: int
    tokens: int


_STRONGEST = {
    By.HEADING: Level.SECTION,
    By.PARAGRAPH: Level.PARAGRAPH,
    By.SENTENCE: Level.SENTENCE,
    By.CODE: Level.SECTION,
}
"""Stronger breaks count as this level."""


FINE = 32
"""Neighbours that together are at most this fraction of the budget are not considered one by one."""


class Before(NamedTuple):
    """What comes before a window: how many chunks, and how many bytes and lines that are gone from memory.

    `repeated` is the text after these, up to the window: the next chunk may repeat its end. `lead` is what to
    put before the window to find its breaks, see outline.lead.

    Example: Before() -> the beginning of a text
    """

    chunks: int = 0
    bytes: int = 0
    lines: int = 0
    repeated: str = ""
    lead: str = ""


class ChunkWindow:
    """A part of a text to cut into chunks. Offsets are bytes into `before.repeated` plus the part.

    Example: ChunkWindow("One. Two.", Before(), ChunkRule(3, by=By.SENTENCE), load("word")).bounds() ->
    [0, 5, 9]
    """

    def __init__(self, text: str, before: Before, rule: ChunkRule, tokenizer: Tokenizer) -> None:
        self._before = before
        self._begin = len(before.repeated.encode())
        self._data = (before.repeated + text).encode()
        self._budget, self._overlap, self._by = rule.budget, rule.overlap, rule.by
        self._room = rule.budget - rule.overlap
        self._first = self._room if before.chunks else rule.budget  # the first chunk repeats nothing
        self._tokenizer = tokenizer
        self._around = tokenizer.count("")
        self._split = tokenizer.encode(self._data.decode())
        self._full = not rule.even
        self._breaks: list[Break] = []
        self._counted: dict[tuple[int, int], int] = {}

    def chunks(self, bounds: Sequence[int]) -> Iterator[Chunk]:
        """Give the chunks between bounds, in order.

        Example: [one.text for one in window.chunks([0, 5, 9])] -> ["One. ", "Two."]
        """
        before = self._before
        spans = [(self._with_overlap(start, end), end) for start, end in pairwise(bounds)]
        texts = [self._text(start, end) for start, end in spans]
        lines = [match.end() for match in re.finditer(b"\n", self._data)]
        counts = self._tokenizer.count_all(texts)
        for index, ((start, end), text, tokens) in enumerate(zip(spans, texts, counts, strict=True)):
            first, last = (before.lines + 1 + bisect_right(lines, at) for at in (start, end - 1))
            yield Chunk(
                before.chunks + index, text, before.bytes + start, before.bytes + end, first, last, tokens
            )

    def characters_before(self, at: int) -> int:
        """Count the characters of the window's own text before a byte.

        Example: window.characters_before(5) -> 5
        """
        return len(self._text(self._begin, at))

    def before(self, bounds: Sequence[int]) -> Before:
        """Say what comes before the window that follows these chunks.

        Example: window.before([0, 5]).chunks -> 1
        """
        end, since = bounds[-1], bounds[-1]
        if self._overlap:  # as far back as an overlap may begin, plus what its words and sentences depend on
            earliest = max(self._earliest(end) - WINDOW, 0)
            since = max((at for at in bounds if at <= earliest), default=0)
        ahead = self._before.lead.encode()
        return Before(
            self._before.chunks + len(bounds) - 1,
            self._before.bytes + since,
            self._before.lines + self._data.count(b"\n", 0, since),
            self._text(since, end),
            lead(ahead + self._data[self._begin :], self._breaks, len(ahead) + end - self._begin),
        )

    def _text(self, start: int, end: int) -> str:
        return self._data[start:end].decode()

    def _fits(self, start: int, end: int, limit: int) -> bool:
        if self._tokens_before(end) - self._tokens_before(start) > 2 * limit + 16:
            return False  # too large by more than a cut can change: no need to count
        count = self._counted.get((start, end))
        return (self._tokenizer.count(self._text(start, end)) if count is None else count) <= limit

    def _count_together(self, spans: Sequence[tuple[int, int]]) -> None:
        """Count spans that _fits() will need: a tokenizer counts many at once faster than one by one."""
        counts = self._tokenizer.count_all([self._text(*span) for span in spans])
        self._counted.update(zip(spans, counts, strict=True))

    def _tokens_before(self, byte: int) -> int:
        """Count the tokens of the whole text that begin before a byte."""
        return bisect_left(self._split.starts, byte)

    def bounds(self) -> list[int]:
        """Give where the chunks begin, without their overlap, and the end of the window.

        Example: ChunkWindow("One. Two.", Before(), ChunkRule(3, by=By.SENTENCE), load("word")).bounds() ->
        [0, 5, 9]
        """
        size = len(self._data)
        if self._begin == size:
            return []
        if self._by is By.TOKEN:
            return [self._begin, *self._even(self._begin, size)]
        ahead = self._before.lead
        text = ahead + self._text(self._begin, size)
        self._breaks = [*(code_breaks if self._by is By.CODE else breaks)(text)]
        strongest = _STRONGEST[self._by]
        shift = self._begin - len(ahead.encode())
        found = {
            shift + one.at: max(Level.LINE if one.glued else one.level, strongest)
            for one in self._breaks
            if self._begin < shift + one.at < size
        }
        return self._best(self._thinned(self._refined(found)))

    def _refined(self, found: dict[int, Level]) -> dict[int, Level]:
        """Add breaks between words, and within words, to the parts that are too large without them."""
        parts: list[tuple[int, int]] = []
        for start, end in self._too_large([*pairwise([self._begin, *sorted(found), len(self._data)])]):
            words = [start + at for at in _word_breaks(segments(self._text(start, end), Unit.WORD))]
            found |= dict.fromkeys(words, Level.WORD)
            parts += pairwise([start, *words, end])
        for start, end in self._too_large(parts):
            found |= dict.fromkeys(self._even(start, end)[:-1], Level.CHAR)
        return found

    def _too_large(self, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Find the spans that do not fit; those that are far from that need not be counted, see _fits."""
        large = [
            (start, end)
            for start, end in spans
            if 2 * (self._tokens_before(end) - self._tokens_before(start)) + 16 > self._room
        ]
        counts = self._tokenizer.count_all([self._text(*span) for span in large])
        return [span for span, count in zip(large, counts, strict=True) if count > self._room]

    def _thinned(self, found: dict[int, Level]) -> list[tuple[int, Level]]:
        """Leave out breaks between very small neighbours, of which a chunk may have many."""
        kept: list[tuple[int, Level]] = [(self._begin, Level.SECTION)]
        few, since = self._room // FINE, self._tokens_before(self._begin)
        here = None
        for at, after in pairwise([*sorted(found), len(self._data)]):
            before = self._tokens_before(at) if here is None else here
            here = self._tokens_before(after)
            if here - since > few or found[at] < kept[-1][1]:
                kept.append((at, found[at]))
                since = before
        return [*kept, (len(self._data), Level.SECTION)]

    def _best(self, found: Sequence[tuple[int, Level]]) -> list[int]:
        """Choose the breaks to cut at."""
        at = [byte for byte, _ in found]
        tokens = [self._tokens_before(byte) for byte in at]
        ways = Ways(
            tokens, [level for _, level in found], self._first - self._around, self._room - self._around
        )
        last = len(at) - 1
        path = [0]
        while path[-1] < last:
            path.append(ways.onto[path[-1]])
        self._count_together([(at[i], at[j]) for i, j in pairwise(path)])
        chosen, i = [at[0]], 0
        while i < last:
            limit = self._room if i else self._first
            # Tokens of the whole text give a part's size only within one or two: take the best that fits.
            end: int | None = ways.onto[i]
            if not self._fits(at[i], at[ways.onto[i]], limit):
                end = next((j for j in ways.best_first(i) if self._fits(at[i], at[j], limit)), None)
            if end is None:  # it is too large only when counted by itself: cut it inside
                chosen += self._even(at[i], at[i + 1])
                i += 1
            else:
                chosen.append(at[end])
                i = end
        return chosen

    def _even(self, start: int, end: int) -> list[int]:
        """Cut a span between characters into parts of about as many tokens, or full ones; give their ends."""
        clusters = self._characters.ends
        found = []
        room = self._room
        limit = self._first if start == self._begin else room
        while start < end:
            done = self._tokens_before(start)
            left = self._tokens_before(end) - done
            parts = 1 + max(0, -((limit - self._around - left) // max(room - self._around, 1)))
            share = limit - self._around if self._full else -(-left // parts)
            guess = end if parts == 1 else min(self._split.ends[done + share - 1], end)
            start = self._part(start, guess, limit, clusters)
            found.append(start)
            limit = room
        return found

    def _part(self, start: int, guess: int, limit: int, clusters: Sequence[int]) -> int:
        """Find where a part that begins at `start` ends: between characters, before `guess`, and fits."""
        low, high = bisect_right(clusters, start), bisect_right(clusters, guess)
        for cut in reversed(clusters[low : max(high, low + 1)]):
            if self._fits(start, cut, limit):
                return cut
        # Not even one character fits. Without an overlap it may; otherwise it is cut between code points.
        end = clusters[low]
        points = [
            at for at in range(start + 1, min(end, max(guess, start + 4)) + 1) if not inside(self._data, at)
        ]
        for cut, most in (
            (end, self._budget),
            *((point, limit) for point in reversed(points)),
            (points[0], self._budget),
        ):
            if self._fits(start, cut, most):
                return cut
        tokens = self._tokenizer.count(self._text(start, points[0]))
        raise UsageError(
            f"a budget of {self._budget} is too small: the character at byte "
            f"{self._before.bytes + start:,} is {tokens} tokens"
        )

    def _with_overlap(self, start: int, end: int) -> int:
        """Find where a chunk begins that repeats as much as fits of the text before: sentences, or words."""
        if not self._overlap or not start:
            return start
        earliest = self._earliest(start)
        near = (calm(self._data, earliest, reach) for reach in (256, 1024, WINDOW))
        begin = next(filter(None, near), 0)
        # A character may be longer than the part that is searched, and then no word begins there either.
        words = self._by is not By.TOKEN and (begin or self._character_starts(earliest, start))
        for unit in (Unit.SENTENCE, Unit.WORD, Unit.CHAR) if words else (Unit.CHAR,):
            for at in self._starts(unit, begin, earliest, start)[:MORE]:
                if self._fits(at, start, self._overlap + self._around) and self._fits(at, end, self._budget):
                    return at
        return start

    def _earliest(self, start: int) -> int:
        """Find the earliest place that a chunk at `start` may repeat, by the tokens of the whole text."""
        return self._split.starts[max(self._tokens_before(start) - self._overlap, 0)]

    def _character_starts(self, low: int, high: int) -> Sequence[int]:
        starts = self._characters.starts
        return starts[bisect_left(starts, low) : bisect_left(starts, high)]

    def _starts(self, unit: Unit, begin: int, low: int, high: int) -> Sequence[int]:
        """Give where segments begin between two bytes, except for white space.

        `begin` is a calm place before `low` (see segments.calm), or 0.
        """
        if unit is Unit.CHAR:
            return self._character_starts(low, high)
        if not begin:
            begin = max(low - WINDOW, 0)  # the first segment there is not used
            while inside(self._data, begin):
                begin += 1
        found = segments(self._text(begin, high), unit)
        first = max(low - begin, 1 if begin else 0)
        return [
            begin + start
            for start, end in zip(found.starts, found.ends, strict=True)
            if start >= first and not found.source[start:end].isspace()
        ]

    @cached_property
    def _characters(self) -> Split:
        """The whole window as characters: where one begins may depend on everything before it."""
        return segments(self._data.decode(), Unit.CHAR)


MORE = 16
"""How many places to try for the start of an overlap, the earliest first."""


def _word_breaks(words: Split) -> Iterator[int]:
    """Give where words begin, except for punctuation right after a word."""
    for before, word in pairwise(words):
        if word.start > before.end or word.data.decode()[0].isalnum():
            yield word.start
