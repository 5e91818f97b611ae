"""Chunk: a text in parts of at most so many tokens, cut where it hurts least.

A text has breaks, each of a Level. Of all ways to cut at them that keep the budget, the one is taken that
cuts through the fewest words, then lines, then sentences and so on, and of those the one with the most even
parts: what Knuth and Plass 1981 (https://doi.org/10.1002/spe.4380111102) do for lines of a paragraph, by
dynamic programming from the end of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

from tokscope.errors import UsageError
from tokscope.outline import Level, code_breaks, markdown_breaks
from tokscope.registry import DEFAULT, load
from tokscope.segments import WINDOW, Unit, calm, segments
from tokscope.split import Split
from tokscope.tokenizer import Tokenizer


class By(StrEnum):
    """What chunks are made of, as far as the budget allows."""

    TOKEN = "token"
    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One part of a text.

    `start` and `end` are byte offsets into the text's UTF-8 bytes; `line_start` and `line_end`, counted from
    1, the lines of the first and the last byte; `tokens` is what the part counts by itself.
    """

    index: int
    text: str
    start: int
    end: int
    line_start: int
    line_end: int
    tokens: int


def chunk(
    text: str,
    budget: int,
    *,
    overlap: int = 0,
    by: str = "paragraph",
    tokenizer: str | Tokenizer = DEFAULT,
) -> list[Chunk]:
    """Cut a text into chunks of at most `budget` tokens.

    Example: [c.text for c in chunk("One. Two. Three.", 4, by="sentence")] -> ["One. ", "Two. Three."]

    Every byte of the text is in at least one chunk. `overlap` is how many tokens a chunk may repeat of the
    text before it. `by` is token, sentence, paragraph, heading (Markdown) or code. Raises UsageError where
    the overlap leaves no room or a single character is more than the budget, ValueError for another `by`, and
    TokenizerError.
    """
    one = load(tokenizer) if isinstance(tokenizer, str) else tokenizer
    return list(chunk_text(text, budget, overlap, By(by), one))


def chunk_text(text: str, budget: int, overlap: int, by: By, tokenizer: Tokenizer) -> Iterator[Chunk]:
    """Cut a text into chunks, see chunk()."""
    return _Chunker(text, budget, overlap, by, tokenizer).chunks()


_STRONGEST = {
    By.HEADING: Level.SECTION,
    By.PARAGRAPH: Level.PARAGRAPH,
    By.SENTENCE: Level.SENTENCE,
    By.CODE: Level.SECTION,
}
"""Breaks that are stronger count as this one."""

FINE = 32
"""Neighbours that together are a part of the budget as small as this are not considered one by one."""


class _Chunker:
    """One text, one budget."""

    def __init__(self, text: str, budget: int, overlap: int, by: By, tokenizer: Tokenizer) -> None:
        if not 0 <= overlap < budget:
            raise UsageError(f"an overlap of {overlap} leaves no room in a budget of {budget}")
        self._data = text.encode()
        self._budget, self._overlap, self._by = budget, overlap, by
        self._tokenizer = tokenizer
        self._around = tokenizer.count("")
        self._split = tokenizer.encode(text)

    def chunks(self) -> Iterator[Chunk]:
        """Give the chunks in order."""
        spans = [(self._with_overlap(start, end), end) for start, end in pairwise(self._bounds())]
        texts = [self._text(start, end) for start, end in spans]
        lines = [match.end() for match in re.finditer(b"\n", self._data)]
        counts = self._tokenizer.count_all(texts)
        for index, ((start, end), text, tokens) in enumerate(zip(spans, texts, counts, strict=True)):
            first, last = bisect_right(lines, start), bisect_right(lines, end - 1)
            yield Chunk(index, text, start, end, first + 1, last + 1, tokens)

    def _text(self, start: int, end: int) -> str:
        return self._data[start:end].decode()

    def _fits(self, start: int, end: int, limit: int) -> bool:
        return self._tokenizer.count(self._text(start, end)) <= limit

    def _tokens_before(self, byte: int) -> int:
        """Count the tokens of the whole text that begin before a byte."""
        return bisect_left(self._split.starts, byte)

    def _bounds(self) -> list[int]:
        """Give where the chunks, without their overlap, begin, and the end of the text."""
        size = len(self._data)
        if not size:
            return []
        room = self._budget - self._overlap
        if self._by is By.TOKEN:
            return [0, *self._even(0, size, room, first=self._budget)]
        find = code_breaks if self._by is By.CODE else markdown_breaks
        strongest = _STRONGEST[self._by]
        breaks = {
            at: max(level, strongest) for at, level in find(self._data.decode()).items() if 0 < at < size
        }
        return self._best(self._thinned(self._refined(breaks, room), room), room)

    def _refined(self, breaks: dict[int, Level], room: int) -> dict[int, Level]:
        """Add breaks between words, and within words, to what is too large without."""
        found = dict(breaks)
        for start, end in self._too_large(found, room):
            words = segments(self._text(start, end), Unit.WORD)
            found.update((start + at, Level.WORD) for at in _word_breaks(words))
        for start, end in self._too_large(found, room):
            found.update((at, Level.CHAR) for at in self._even(start, end, room)[:-1])
        return found

    def _too_large(self, breaks: dict[int, Level], room: int) -> list[tuple[int, int]]:
        spans = list(pairwise([0, *sorted(breaks), len(self._data)]))
        counts = self._tokenizer.count_all([self._text(*span) for span in spans])
        return [span for span, count in zip(spans, counts, strict=True) if count > room]

    def _thinned(self, breaks: dict[int, Level], room: int) -> list[tuple[int, Level]]:
        """Leave out breaks between neighbours that are very small, so that long texts take linear time."""
        kept: list[tuple[int, Level]] = [(0, Level.SECTION)]
        cuts = [*sorted(breaks), len(self._data)]
        for at, after in pairwise(cuts):
            since, level = kept[-1]
            small = self._tokens_before(after) - self._tokens_before(since) <= room // FINE
            if not (small and breaks[at] >= level):
                kept.append((at, breaks[at]))
        return [*kept, (len(self._data), Level.SECTION)]

    def _best(self, breaks: Sequence[tuple[int, Level]], room: int) -> list[int]:
        """Choose the breaks to cut at."""
        at = [byte for byte, _ in breaks]
        tokens = [self._tokens_before(byte) for byte in at]
        # One number says it all: how often each level is cut, the worst first, then how uneven the parts are.
        price = [1 << (64 + 32 * level) for _, level in breaks]
        last = len(at) - 1
        cost = [0] * len(at)

        def options(i: int) -> Iterator[tuple[int, int]]:
            limit = (self._budget if i == 0 else room) - self._around
            for j in range(i + 1, last + 1):
                size = tokens[j] - tokens[i]
                if size > limit and j > i + 1:
                    break
                yield cost[j] + size * size + (price[j] if j < last else 0), j

        for i in range(last - 1, -1, -1):
            cost[i] = min(options(i))[0]
        chosen = [0]
        while chosen[-1] < last:
            i = chosen[-1]
            limit = self._budget if i == 0 else room
            # Tokens of the whole text tell a part's size but for one or two: the best that really fits.
            chosen.append(next((j for _, j in sorted(options(i)) if self._fits(at[i], at[j], limit)), i + 1))
        return [at[i] for i in chosen]

    def _even(self, start: int, end: int, room: int, first: int = 0) -> list[int]:
        """Cut a span between characters into parts of about as many tokens each; give where each ends."""
        clusters = self._characters.ends
        found = []
        limit = first or room
        while start < end:
            done = self._tokens_before(start)
            left = self._tokens_before(end) - done
            parts = 1 + max(0, -((limit - self._around - left) // max(room - self._around, 1)))
            guess = end if parts == 1 else min(self._split.ends[done - (-left // parts) - 1], end)
            start = self._part(start, guess, limit, clusters)
            found.append(start)
            limit = room
        return found

    def _part(self, start: int, guess: int, limit: int, clusters: Sequence[int]) -> int:
        """Find where a part that begins at `start` ends: between characters, before `guess`, and it fits."""
        low, high = bisect_right(clusters, start), bisect_right(clusters, guess)
        for cut in reversed(clusters[low : max(high, low + 1)]):
            if self._fits(start, cut, limit):
                return cut
        # Not even one character. Without its overlap it may fit; else it is cut between code points.
        end = clusters[low]
        points = [
            at for at in range(start + 1, min(end, max(guess, start + 4)) + 1) if not _inside(self._data, at)
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
            f"a budget of {self._budget} is too small: the character at byte {start:,} is {tokens} tokens"
        )

    def _with_overlap(self, start: int, end: int) -> int:
        """Find where a chunk begins that repeats what fits of the text before it: sentences, else words."""
        if not self._overlap or not start:
            return start
        earliest = self._split.starts[max(self._tokens_before(start) - self._overlap, 0)]
        for unit in (Unit.CHAR,) if self._by is By.TOKEN else (Unit.SENTENCE, Unit.WORD, Unit.CHAR):
            for at in self._starts(unit, earliest, start)[:MORE]:
                if self._fits(at, start, self._overlap + self._around) and self._fits(at, end, self._budget):
                    return at
        return start

    def _starts(self, unit: Unit, low: int, high: int) -> list[int]:
        """Give where segments begin between two bytes, but for those that are white space."""
        if unit is Unit.CHAR:
            starts = self._characters.starts
            return list(starts[bisect_left(starts, low) : bisect_left(starts, high)])
        begin = calm(self._data, low)
        if not begin:
            begin = max(low - WINDOW, 0)  # the first segment there is not taken
            while _inside(self._data, begin):
                begin += 1
        found = segments(self._text(begin, high), unit)
        places = [begin + one.start for one in found if not one.data.isspace()]
        return [at for at in places if at >= low and (at > begin or not begin)]

    @cached_property
    def _characters(self) -> Split:
        """The whole text as characters: where one begins may depend on all that stands before it."""
        return segments(self._data.decode(), Unit.CHAR)


MORE = 16
"""How many places to try for the beginning of an overlap, the earliest first."""


def _inside(data: bytes, at: int) -> bool:
    """Tell whether a cut at a byte goes through a code point."""
    return at < len(data) and 0x80 <= data[at] < 0xC0


def _word_breaks(words: Split) -> Iterator[int]:
    """Give where words begin, but for punctuation that stands right behind one."""
    for before, word in pairwise(words):
        if word.start > before.end or word.data.decode()[0].isalnum():
            yield word.start
