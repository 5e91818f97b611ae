"""Truncate: as much of a text as fits a budget of tokens."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from tokscope.errors import UsageError, one_of
from tokscope.fitting.upper_bound import bounded
from tokscope.registry import DEFAULT, load
from tokscope.split import Split, inside, mended
from tokscope.text.segments import WINDOW, Unit, calm, segments
from tokscope.tokenizer import Tokenizer


class Keep(StrEnum):
    """Which part of a text to keep; `middle` removes the middle.

    Example: truncate(text, 100, keep=Keep.TAIL)
    """

    HEAD = "head"
    TAIL = "tail"
    MIDDLE = "middle"


class Truncation(NamedTuple):
    """What is left of a text, and how much there was.

    Example: Truncation("The", "…", "", tokens=2, cut=True, size=19).text -> "The…"

    `head` and `tail` are the beginning and the end of the text, with `marker` between them if something was
    cut. `tokens` is the count of all three as one text. `size` is the length of the whole text in bytes, None
    if it was not read to its end.
    """

    head: str
    marker: str
    tail: str
    tokens: int
    cut: bool
    size: int | None

    @property
    def text(self) -> str:
        """The truncated text."""
        return self.head + self.marker + self.tail


def truncate(
    text: str,
    budget: int,
    *,
    tokenizer: str | Tokenizer = DEFAULT,
    keep: str = "head",
    marker: str = "",
    boundary: str = "char",
) -> str:
    """Cut a text to at most `budget` tokens; a text that fits is returned as it is.

    Example: truncate("The quick brown fox", 2) -> "The quick"

    `keep` is head, tail or middle (which keeps both ends); `marker` is put where something was cut;
    `boundary` is what stays whole: a char (grapheme cluster), word, sentence or line. The result, marker
    included, has at most `budget` tokens, and with one more segment of the text it would have more. Raises
    UsageError if not even the marker fits and for any other `keep` or `boundary`, and TokenizerError.
    """
    one = load(tokenizer) if isinstance(tokenizer, str) else tokenizer
    side, unit = one_of(Keep, keep, "keep"), one_of(Unit, boundary, "boundary")
    return truncate_blocks([mended(text)], budget, one, side, marker, unit).text


def truncate_blocks(
    blocks: Iterable[str], budget: int, tokenizer: Tokenizer, keep: Keep, marker: str, boundary: Unit
) -> Truncation:
    """Cut a text that comes in blocks; no more of it is read, or kept in memory, than necessary.

    Example: truncate_blocks(document.blocks(), 100, load("gpt-4o"), Keep.HEAD, "…", Unit.WORD).tokens -> 100
    """
    tokenizer = bounded(tokenizer)
    count = tokenizer.count
    rest = iter(blocks)
    text, ended, enough = _read_over_budget(rest, count, budget)
    if ended and enough >= len(text) and (tokens := count(text)) <= budget:
        return Truncation(text, "", "", tokens, False, len(text.encode()))

    room = budget - count(marker)
    if room < 0:
        what = "the marker alone" if marker else "what the tokenizer adds to any text"
        raise UsageError(f"a budget of {budget} is too small: {what} is {count(marker)} tokens")
    head = tail = ""
    size = len(text.encode()) if ended else None
    for_head = {Keep.HEAD: room, Keep.MIDDLE: room - room // 2, Keep.TAIL: 0}[keep]
    if keep is not Keep.HEAD:
        end, size = _ending(text, rest, count, budget)
        side = _End(end, size == len(end.encode()), backwards=True)
        tail = side.longest(
            tokenizer, room - for_head, boundary, lambda tail: count(marker + tail) <= budget - for_head
        )
        text = text.encode()[: size - len(tail.encode())].decode()  # no byte is kept twice
    if keep is not Keep.TAIL:
        side = _End(text[:enough], ended and enough >= len(text))
        head = side.longest(tokenizer, for_head, boundary, lambda head: count(head + marker + tail) <= budget)
    return Truncation(head, marker, tail, count(head + marker + tail), True, size)


def _enough(budget: int) -> int:
    """How many tokens in a part of a text prove that the text does not fit; a cut can add a few."""
    return budget + budget // 16 + 16


def _read_over_budget(
    blocks: Iterator[str], count: Callable[[str], int], budget: int
) -> tuple[str, bool, int]:
    """Read until there is more than fits.

    Gives what was read, whether that is everything, and how many characters of it are more than can fit.
    """
    text = ""
    ended = False
    size = 8 * budget + 256
    while True:
        while len(text) <= size and not ended:
            block = next(blocks, None)
            ended = block is None
            text += block or ""
        if size >= len(text) or count(text[:size]) > _enough(budget):
            return text, ended, size
        size *= 2


def _ending(kept: str, blocks: Iterator[str], count: Callable[[str], int], budget: int) -> tuple[str, int]:
    """Read to the end; give the last part, which is more than fits, and the size of the whole text in bytes.

    `kept` is what has already been read.
    """
    total = len(kept.encode())
    size = 8 * budget + 256
    for block in blocks:
        kept += block
        total += len(block.encode())
        if len(kept) > 4 * size + (4 << 20):
            if count(kept[-size:]) > _enough(budget):
                kept = kept[-size:]
            else:
                size *= 2
    while size < len(kept) and count(kept[-size:]) <= _enough(budget):
        size *= 2
    return kept[-size:], total


def last_that(cuts: Sequence[int], fits: Callable[[int], bool], near: int) -> int:
    """Give the index of a cut that fits while the next does not, close to `near`; the first fits in any case.

    Example: last_that(range(0, 100, 10), lambda cut: cut < 45, near=8) -> 4

    Looks ever further away from `near`, and then between what fits and what does not.
    """
    step = 1
    if near == 0 or fits(cuts[near]):
        low, high = near, near + 1
        while high < len(cuts) and fits(cuts[high]):
            low, high, step = high, min(high + 2 * step, len(cuts)), 2 * step
    else:
        low, high = near - 1, near
        while low > 0 and not fits(cuts[low]):
            low, high, step = max(low - 2 * step, 0), low, 2 * step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(cuts[middle]) else (low, middle)
    return low


class _End:
    """The beginning of a text, or with `backwards` its end; `whole` means that it is the entire text."""

    def __init__(self, text: str, whole: bool, *, backwards: bool = False) -> None:
        self._text = text
        self._data = text.encode()
        self._whole = whole
        self._backwards = backwards

    def longest(self, tokenizer: Tokenizer, room: int, unit: Unit, fits: Callable[[str], bool]) -> str:
        """Give as much of this side as fits, searching from where its first or last `room` tokens end.

        BPE at a cut can differ from BPE within the text, so that place is only where to start.
        """
        guess = self._after(tokenizer.encode(self._text), room)
        for near in (True, False):
            low, high = self._window(guess) if near else (0, len(self._data))
            cuts = self._cuts(low, high, unit)
            at = last_that(cuts, lambda cut: fits(self._kept(cut)), max(self._reached(cuts, guess) - 1, 0))
            if 0 < at < len(cuts) - 1:
                break
        return self._kept(cuts[at])

    def _after(self, split: Split, room: int) -> int:
        """Find the byte where the first `room` tokens end, or where the last ones begin."""
        # Tokens that were put around the text have no width and are not counted.
        if self._backwards:
            last = len(self._data)
            starts = split.starts[: bisect_left(split.starts, last)]
            return last if room <= 0 else starts[-room] if room < len(starts) else 0
        ends = split.ends[bisect_right(split.ends, 0) :]
        return 0 if room <= 0 else ends[room - 1] if room < len(ends) else len(self._data)

    def _window(self, guess: int) -> tuple[int, int]:
        """Give a part around `guess` to look for cuts in: segmenting the whole text takes longer."""
        high = min(guess + WINDOW, len(self._data))
        while inside(self._data, high):
            high += 1
        return calm(self._data, guess), high

    def _cuts(self, low: int, high: int, unit: Unit) -> list[int]:
        """Give the bytes where a cut goes through no segment, the one that keeps the least first."""
        split = segments(self._data[low:high].decode(), unit)
        if self._backwards:
            first = 0 if low == 0 and self._whole else 1  # the first segment may be incomplete
            return [len(self._data), *(low + start for start in reversed(split.starts[first:]))]
        last = len(split) if high == len(self._data) and self._whole else len(split) - 1
        return [0, *(low + end for end in split.ends[:last])]

    def _reached(self, cuts: Sequence[int], guess: int) -> int:
        """Count the cuts that keep no more than the guess does."""
        if self._backwards:
            return bisect_right(cuts, -guess, key=lambda cut: -cut)
        return bisect_right(cuts, guess)

    def _kept(self, cut: int) -> str:
        data = self._data[cut:] if self._backwards else self._data[:cut]
        return data.decode()
