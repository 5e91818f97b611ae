"""The mill: a thread that cuts what is seen and then counts the whole, while the screen takes keys."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache, reduce
from threading import Event, Thread
from time import perf_counter
from typing import NamedTuple

from tokscope.errors import TokscopeError
from tokscope.measure import add_up
from tokscope.playground.pieces import MAX_PIECE, EditedText
from tokscope.report.table import Estimate
from tokscope.split import Split, inside
from tokscope.tokenizer import Census, Tokenizer

MAX_WHOLE = 200_000
"""How many characters a piece may have to be cut whole; of a longer one what is seen is cut by itself."""

STEP = 200_000
"""How many characters are counted at a time; between two steps the mill looks for something newer."""

TELL_EVERY = 0.2
"""After how many seconds of counting the counts that are known are told."""


class ViewedText(NamedTuple):
    """A text, and from which character to which it is seen.

    Example: ViewedText("Hello world", first=0, last=5)
    """

    text: str
    first: int
    last: int


class CutStretch(NamedTuple):
    """A part of the text as a tokenizer cuts it; `start` is its first character in the whole.

    Example: CutStretch(6, load("char").encode("world"), "world").start -> 6
    """

    start: int
    split: Split
    text: str


class SeenRow(NamedTuple):
    """What one tokenizer makes of what is seen.

    Example: Cutter(load("char")).seen(ViewedText("Hello", 0, 5)).alone -> False

    `alone` says that the part was cut by itself, which may differ at its ends from a cut of the whole;
    `problem` is why there is no cut.
    """

    stretches: Sequence[CutStretch]
    alone: bool = False
    problem: str = ""


class Seen(NamedTuple):
    """What is seen, as every tokenizer cuts it.

    Example: Seen(view, [Cutter(load("char")).seen(view)])
    """

    view: ViewedText
    rows: Sequence[SeenRow]


class Totals(NamedTuple):
    """The tokens of the whole text for every tokenizer: None while uncounted, a text where there can be none.

    Example: Totals(view, [2, None, "no file at hf:tokenizer.json"], [0, 0, 0])

    `unknown` is which share of the tokens stands for text that the vocabulary cannot say.
    """

    view: ViewedText
    counts: Sequence[int | str | None]
    unknown: Sequence[float]


Told = Seen | Totals | Exception


class Mill(Thread):
    """Answers the newest ViewedText with what is seen, at once, and with the counts of the whole, bit by bit.

    Example: mill = Mill([load("gpt-4o")], print); mill.start(); mill.ask(ViewedText("Hello", 0, 5))

    `tell` is called in this thread, with an exception only where something is broken.
    """

    def __init__(self, tokenizers: Sequence[Tokenizer], tell: Callable[[Told], object]) -> None:
        super().__init__(daemon=True)
        self._cutters = [Cutter(one) for one in tokenizers]
        self._tell = tell
        self._asked = Event()
        self._settled = Event()
        self._view: ViewedText | None = None

    def ask(self, view: ViewedText | None, patience: float = 0) -> None:
        """Ask for what is seen now, and wait `patience` seconds for the answer; None ends the thread.

        Example: mill.ask(ViewedText("Hello", 0, 5)); mill.ask(None)
        """
        self._view = view
        self._settled.clear()
        self._asked.set()
        if patience:
            self._settled.wait(patience)

    def run(self) -> None:
        """Work until there is nothing left to answer.

        Example: mill.start(), after which `tell` gets a Seen and then Totals
        """
        try:
            while True:
                self._asked.wait()
                self._asked.clear()
                view = self._view
                if view is None:
                    return
                self._tell(Seen(view, [cutter.seen(view) for cutter in self._cutters]))
                self._count(view)
                self._settled.set()
        except Exception as error:
            self._tell(error)

    def _count(self, view: ViewedText) -> None:
        """Count what is not counted yet, until something newer is asked for."""
        said = perf_counter()
        for cutter in self._cutters:
            while cutter.step(view.text):
                if self._asked.is_set():
                    return
                if perf_counter() - said > TELL_EVERY:
                    self._tell(self._totals(view))
                    said = perf_counter()
        self._tell(self._totals(view))

    def _totals(self, view: ViewedText) -> Totals:
        cutters = self._cutters
        return Totals(view, [one.total for one in cutters], [one.unknown for one in cutters])


class Cutter:
    """Cuts and counts one text as it changes, by one tokenizer.

    Example: cutter = Cutter(load("char")); cutter.step("Hello"); cutter.total -> 5
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._text = EditedText[Census](tokenizer.cut)
        self._now: str | None = None
        self._problem = ""
        self._split = lru_cache(256)(tokenizer.encode)

    def seen(self, view: ViewedText) -> SeenRow:
        """Cut what is seen.

        Example: len(Cutter(load("char")).seen(ViewedText("Hello", 0, 5)).stretches[0].split) -> 5
        """
        self._take(view.text)
        try:
            places = self._text.within(view.first, view.last)
            alone = False
            stretches = []
            for i, start in places:
                piece = self._text.pieces[i]
                if len(piece) <= MAX_PIECE:
                    stretches.append(CutStretch(start, self._split(piece), piece))
                    continue
                low, high = max(view.first - start, 0), min(view.last - start, len(piece))
                part = piece[low:high]
                if len(piece) > MAX_WHOLE:
                    alone = True
                    split = self._split(part)
                else:
                    whole = self._split(piece)
                    ends = widen(whole, *(len(piece[:at].encode()) for at in (low, high)))
                    split = sliced(whole, *ends)
                    part, low = split.source.decode(), len(whole.source[: ends[0]].decode())
                stretches.append(CutStretch(start + low, split, part))
            return SeenRow(stretches, alone)
        except TokscopeError as error:
            return SeenRow((), problem=str(error))

    def step(self, text: str) -> bool:
        """Count some more, and say whether anything was left to count.

        Example: cutter = Cutter(load("char")); (cutter.step("Hello"), cutter.step("Hello"))[1] -> False
        """
        self._take(text)
        if self._problem:
            return False
        try:
            return self._text.fill(self._census, STEP)
        except TokscopeError as error:
            self._problem = str(error)
            return False

    def _census(self, texts: Sequence[str]) -> Sequence[Census]:
        """Count pieces, by what their tokens are only where some may be unknown: it takes longer."""
        if self._loses:
            return self._tokenizer.census(texts)
        counts = self._tokenizer.count_all(texts)
        return self._tokenizer.census(texts) if self._loses else list(map(Census, counts))

    @property
    def _loses(self) -> bool:
        """Whether some of a text may be unknown, as far as is known yet."""
        return self._tokenizer.unknown_id is not None or bool(self._tokenizer.lost)

    @property
    def unknown(self) -> float:
        """The share of what is counted that the vocabulary cannot say.

        Example: cutter = Cutter(load("t5")); cutter.step("人工智能"); cutter.unknown -> 0.5
        """
        known = [one for one in self._text.known if one is not None] if self._loses else []
        return reduce(Census.plus, known, Census()).unknown_rate or 0

    @property
    def total(self) -> int | str | None:
        """The count of the whole, None before all is counted, or why there is none.

        Example: cutter = Cutter(load("char")); cutter.step("Hello"); cutter.total -> 5
        """
        if self._problem:
            return self._problem
        known = [one for one in self._text.known if one is not None]
        if len(known) < len(self._text.known):
            return None
        return Estimate.unless(self._tokenizer.exact, add_up(one.tokens for one in known))

    def _take(self, text: str) -> None:
        if text is not self._now:
            self._text.update(text)
            self._now, self._problem = text, ""


def widen(split: Split, low: int, high: int) -> tuple[int, int]:
    """Grow a part of a split's source, in bytes, until it holds whole tokens and characters.

    Example: widen(Split(b"a bc d", [0, 1, 4], [1, 4, 6]), 2, 5) -> (1, 6)
    """
    first = bisect_right(split.ends, low)
    last = bisect_left(split.starts, high, first)
    if first < last:
        low, high = min(low, split.starts[first]), max(high, split.ends[last - 1])
    while inside(split.source, low):
        low -= 1
    while inside(split.source, high):
        high += 1
    return low, high


def sliced(split: Split, low: int, high: int) -> Split:
    """Give the tokens of a split that lie in source[low:high], as a split of these bytes.

    Example: sliced(Split(b"a bc d", [0, 1, 4], [1, 4, 6]), 1, 6).starts -> [0, 3]

    Of a token that lies across an end, what is within.
    """
    first = bisect_right(split.ends, low)
    last = max(bisect_left(split.starts, high), first)
    return Split(
        split.source[low:high],
        [max(start - low, 0) for start in split.starts[first:last]],
        [min(end, high) - low for end in split.ends[first:last]],
        None if split.ids is None else split.ids[first:last],
        None if split.labels is None else split.labels[first:last],
        None if split.heat is None else split.heat[first:last],
    )
