"""Batches: documents in pieces that can be tokenized by themselves, gathered until it pays to measure."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from tokscope.errors import TokenizerError
from tokscope.inputs import Document
from tokscope.text.cuts import Stretches
from tokscope.tokenizer import LOOK

if TYPE_CHECKING:
    from threading import Thread

WINDOW = 128
"""How many characters at the end of a block are looked at first for a place to cut."""

Places = re.Pattern[str] | Stretches | None
"""Where a text may be cut for a tokenizer; None: nowhere."""


class Pieces:
    """Puts the blocks of a text together into pieces that can be tokenized by themselves.

    Example: with LINE_OR_WORD, add("one two three and f") and then rest() give "one" and " two three and f"

    `cut` is the tokenizer's, see Tokenizer.cut, or its `stretches`, which are then given whole; without
    either the whole text is a single piece. A place is judged when LOOK characters after it are there, with
    the LOOK before it, even where those are given away.
    """

    def __init__(self, cut: Places) -> None:
        self._cut, self._least = (cut.cut, cut.least) if isinstance(cut, Stretches) else (cut, 0)
        self._size = 0  # of what is kept, where there are stretches
        self._kept: list[str] = []
        self._judged = ""  # the last LOOK characters whose ends are no longer cuts, or are given away
        self._ahead = ""  # the last characters of what is kept, which have too few after them

    def add(self, block: str) -> str:
        """Take the next block; give what comes before it, up to the last place where it may be cut.

        Example: Pieces(LINE_OR_WORD).add("one two three four five six seven") -> "one two three"
        """
        if self._cut is not None and not self._least and (at := self._late_cut(block)):
            piece = "".join([*self._kept, block[:at]])
            self._kept = [block[at:]]
            self._judged, self._ahead = block[-2 * LOOK : -LOOK], block[-LOOK:]
            return piece
        self._kept.append(block)
        if self._cut is None:
            return ""
        text = self._judged + self._ahead + block
        if self._least:
            return self._whole_stretches(text)
        low, high = len(self._judged), len(text) - LOOK
        if high <= low:
            self._ahead += block
            return ""
        at = self._last_cut(text, low, high)
        self._judged, self._ahead = text[max(high - LOOK, 0) : high], text[high:]
        if at < 0:
            return ""
        kept = "".join(self._kept)
        size = len(kept) - (len(text) - at)
        self._kept = [kept[size:]]
        return kept[:size]

    def rest(self) -> str:
        """Give what was kept when the last block has come.

        Example: pieces = Pieces(None); pieces.add("all is kept"); pieces.rest() -> "all is kept"
        """
        rest = "".join(self._kept)
        self._kept, self._judged, self._ahead, self._size = [], "", "", 0
        return rest

    def _whole_stretches(self, text: str) -> str:
        """Give the stretches that have ended; `text` is the end of what is kept, and what is not judged yet.

        Where one ends the next begins, so places are looked for from the front.
        """
        assert self._cut is not None
        self._size += len(text) - len(self._judged + self._ahead)
        first, given = self._size - len(text), 0
        low, high = len(self._judged), len(text) - LOOK
        while match := self._cut.search(text, max(given + self._least - first, low + 1)):
            if match.start() > high:
                break
            given = first + match.start()
        if high > low:
            self._judged, self._ahead = text[max(high - LOOK, 0) : high], text[high:]
        else:
            self._ahead = text[low:]
        if not given:
            return ""
        kept = "".join(self._kept)
        self._kept, self._size = [kept[given:]], self._size - given
        return kept[:given]

    def _late_cut(self, block: str) -> int:
        """Find the last cut near the end of a long block, as most have one, without a copy; 0 if none is."""
        assert self._cut is not None
        start = len(block) - WINDOW
        if start <= 0:
            return 0
        end = block[start:]
        high = WINDOW - LOOK
        cuts = [match.start() for match in self._cut.finditer(end, LOOK) if match.start() <= high]
        return start + cuts[-1] if cuts else 0

    def _last_cut(self, text: str, low: int, high: int) -> int:
        """Find the last cut after `low`, at most at `high`; -1 if there is none. Looks from the end."""
        assert self._cut is not None
        end, window = high, 2 * WINDOW
        while True:
            start = max(end - window, low)
            cuts = (match.start() for match in self._cut.finditer(text, start, end + LOOK))
            at = max((one for one in cuts if low < one <= end), default=-1)
            if at >= 0 or start == low:
                return at
            end, window = start, 2 * window


Progress = Callable[[Document], None]
"""Called after every block with the document that is being read."""


def read_pieces(document: Document, cuts: Sequence[Places], progress: Progress) -> Iterator[tuple[int, str]]:
    """Read a document once, in pieces by each of several cuts: yields the cut's index and its next piece.

    Example: list(read_pieces(Document.of_text("one two", Decoding()), [None, LINE_OR_WORD], progress)) ->
    [(0, "one two"), (1, "one two")]

    Every cut gives at least one piece of each text, the last one, which may be empty. Raises InputError.
    """
    for text in document.texts():
        blocks = iter(text)
        begin = list(islice(blocks, 2))
        if len(begin) < 2:  # of many small documents none is cut
            progress(document)
            yield from ((i, "".join(begin)) for i in range(len(cuts)))
            continue
        waiting = [Pieces(cut) for cut in cuts]
        for block in chain(begin, blocks):
            for i, kept in enumerate(waiting):
                if piece := kept.add(block):
                    yield i, piece
            progress(document)
        for i, kept in enumerate(waiting):
            yield i, kept.rest()


BATCH = 500_000 * min(16, max(4, 2 * (os.cpu_count() or 1)))
"""How many characters are gathered before they are measured, for the engines that use all cores."""

OBJECT = 64
"""What a text takes in memory at least, in characters: many short ones are a batch too."""

T = TypeVar("T")
R = TypeVar("R")

Measure = Callable[[Sequence[str]], Sequence[T]]
"""Texts -> what is measured of each of them."""


class MeasuredRow(NamedTuple, Generic[T]):
    """One document, what each measure made of it, and why a measure could not, "" where it could.

    Example: MeasuredRow("a.md", 11, 11, [2, 11], ["", ""]), of two measures that count tokens
    """

    path: str
    chars: int
    bytes: int
    found: list[T]
    problems: list[str]


Batch = list[list[tuple[MeasuredRow[T], str]]]
"""For each cut the pieces, each with the row that it is of."""


class Background:
    """Does one piece of work at a time in a thread, and raises what goes wrong in it where somebody waits.

    Example: background = Background(); background.start(measure, batch); background.wait()
    """

    def __init__(self) -> None:
        self._running: Thread | None = None
        self._failure: BaseException | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is being done."""
        return self._running is None or not self._running.is_alive()

    def start(self, work: Callable[..., None], *arguments: object) -> None:
        """Begin a piece of work, once the one before it is done. Raises what went wrong in that.

        Example: Background().start(measure, batch)
        """
        from threading import Thread  # not ThreadPoolExecutor: its import takes 0.01 s

        self.wait()
        self._running = Thread(target=self._do, args=(work, *arguments), daemon=True)
        self._running.start()

    def wait(self) -> None:
        """Wait until it is done. Raises what went wrong.

        Example: Background().wait()
        """
        if self._running is not None:
            self._running.join()
            self._running = None
        if self._failure is not None:
            raise self._failure

    def _do(self, work: Callable[..., None], *arguments: object) -> None:
        try:
            work(*arguments)
        except BaseException as error:  # to be raised where somebody waits for it
            self._failure = error


class Batches(Generic[T]):
    """Measures documents in several ways, each of them read once.

    Example: Batches([(LINE_OR_WORD, load("byte").count_all)], add, 0)

    A measure is given with the places where it may be cut (see Tokenizer.cut); what it makes of the pieces is
    put together by `plus`, from `zero` on. Pieces are gathered into batches, so that many small files cost as
    little as a large one, and a batch goes through several measures at a time, since native engines let go of
    the interpreter's lock. Where these leave a core to read the next batch meanwhile, that is done, and where
    the only measure takes several calls `at_once`, so many batches are measured side by side.
    """

    def __init__(
        self,
        measures: Sequence[tuple[Places, Measure[T]]],
        plus: Callable[[T, T], T],
        zero: T,
        at_once: int = 1,
    ) -> None:
        self._cuts = list(dict.fromkeys(cut for cut, _ in measures))  # a piece for all that cut alike
        self._measures = [(self._cuts.index(cut), measure) for cut, measure in measures]
        self._plus, self._zero = plus, zero
        self._rows: list[MeasuredRow[T]] = []
        self._waiting: Batch[T] = [[] for _ in self._cuts]
        self._size = 0
        # A whole stretch takes much memory for a while: it comes by itself, without the next one after it.
        self._full = max([BATCH, *(cut.least for cut in self._cuts if isinstance(cut, Stretches))])
        few = len(measures) < (os.cpu_count() or 1) or len(measures) == 1
        self._ahead = few and self._full == BATCH
        self._pace = [math.inf] * len(measures)  # seconds for each character; unknown at first
        self._at_once = at_once if self._ahead and len(measures) == 1 else 1
        self._backgrounds = [Background()]
        self._adding = Lock()

    def add(self, document: Document, progress: Progress) -> None:
        """Read a document, and measure it now or later. Raises InputError, and then leaves it out.

        Example: rows = Batches([(None, load("byte").count_all)], int.__add__, 0);
        rows.add(Document.of_text("Hi", Decoding()), progress); rows.rows()[0].found -> [2]
        """
        many = len(self._measures)
        row, chars = MeasuredRow(document.path, 0, 0, [self._zero] * many, [""] * many), 0
        for i, piece in read_pieces(document, self._cuts, progress):
            self._waiting[i].append((row, piece))
            if i == 0:
                chars += len(piece)
                self._size += len(piece)
            if self._size >= self._full:
                self._hand_over()
        self._rows.append(row._replace(chars=chars, bytes=document.bytes_read))

    def add_texts(self, document: Document, texts: Iterable[str], progress: Progress) -> None:
        """Measure texts that are in a document, each by itself, as one row. Raises what reading them does.

        Example: batches.add_texts(document, read_records(document, "text", print), progress)

        The row's bytes are those of the texts.
        """
        many = len(self._measures)
        row, chars, size = MeasuredRow(document.path, 0, 0, [self._zero] * many, [""] * many), 0, 0
        for text in texts:
            chars += len(text)
            size += len(text) if text.isascii() else len(text.encode())
            for waiting in self._waiting:
                waiting.append((row, text))
            self._size += len(text) + OBJECT
            if self._size >= self._full:
                self._hand_over()
                progress(document)
        self._rows.append(row._replace(chars=chars, bytes=size))

    def rows(self) -> Sequence[MeasuredRow[T]]:
        """Measure what is still waiting, and give a row for each document.

        Example: batches.rows()[0] -> MeasuredRow("a.md", 11, 11, [2], [""])
        """
        for background in self._backgrounds:
            background.wait()
        self._measure(self._waiting)
        self._waiting = [[] for _ in self._cuts]
        return self._rows

    def _hand_over(self) -> None:
        """Hand the batch over, once the one before it is done, or of several the first."""
        background = self._backgrounds.pop(0)
        self._backgrounds.append(background)
        background.start(self._measure, self._waiting)
        self._waiting, self._size = [[] for _ in self._cuts], 0
        few = len(self._backgrounds) < self._at_once
        if few or not self._ahead:  # the first of several is alone: it starts the engine
            background.wait()
        if few:
            self._backgrounds.append(Background())

    def _measure(self, batch: Batch[T]) -> None:
        """Take a batch through every measure, the one that will take longest first, on all cores."""
        sizes = [[len(piece) for _, piece in pieces] for pieces in batch]
        expected = [
            ((1 + sum(sizes[i])) * pace, max(sizes[i], default=0))
            for (i, _), pace in zip(self._measures, self._pace, strict=True)
        ]
        columns = iter(sorted(range(len(expected)), key=expected.__getitem__, reverse=True))
        left = [
            [column for column, (i, _) in enumerate(self._measures) if i == cut]
            for cut, _ in enumerate(batch)
        ]

        def work() -> None:
            for column in columns:  # each of them goes to the thread that asks first
                cut = self._measures[column][0]
                self._through(column, batch[cut])
                left[cut].remove(column)
                if not left[cut]:
                    batch[cut].clear()  # a text may take as much memory as a vocabulary

        with ExitStack() as others:
            for _ in range(min(len(self._measures), os.cpu_count() or 1) - 1):
                others.callback((other := Background()).wait)
                other.start(work)
            work()

    def _through(self, column: int, mine: Sequence[tuple[MeasuredRow[T], str]]) -> None:
        """Take pieces through a measure, not too many at a time: an engine makes more of them for a while."""
        start = perf_counter()
        size = 0
        for portion in portions(mine):
            size += sum(len(piece) for _, piece in portion)
            try:
                values = self._measures[column][1]([piece for _, piece in portion])
            except TokenizerError:  # one of them is to blame: find it, and measure the others
                values = [self._one(column, row, piece) for row, piece in portion]
            with self._adding:
                for (row, _), value in zip(portion, values, strict=True):
                    row.found[column] = self._plus(row.found[column], value)
        self._pace[column] = (perf_counter() - start) / (1 + size)

    def _one(self, column: int, row: MeasuredRow[T], piece: str) -> T:
        try:
            return self._measures[column][1]([piece])[0]
        except TokenizerError as error:
            row.problems[column] = str(error)
            return self._zero


def portions(pieces: Iterable[tuple[R, str]]) -> Iterator[list[tuple[R, str]]]:
    """Divide pieces, each with its row, into lists of about a BATCH of characters.

    Example: list(portions([(row, "a"), (row, "b")])) -> [[(row, "a"), (row, "b")]]
    """
    portion, size = [], 0
    for one in pieces:
        portion.append(one)
        size += len(one[1]) + OBJECT
        if size >= BATCH:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
