"""Document x Tokenizer -> Measurement: the figures, before anyone prints them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import takewhile
from operator import add
from time import perf_counter
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from tokscope.errors import InputError, NotText, TokenizerError
from tokscope.inputs import Document
from tokscope.inputs.document import named_binary
from tokscope.report.table import AtLeast, Estimate
from tokscope.text.cuts import Stretches
from tokscope.tokenizer import LOOK, Kind, Tokenizer

if TYPE_CHECKING:
    from threading import Thread

    from tokscope.media.counting import MediaCount
    from tokscope.media.rules import Asked


class Measurement(NamedTuple):
    """How long one text, or one file of another kind, is for one tokenizer.

    `tokens` are the tokenizer's, `chars` code points, `bytes` those of the file as it was read. `media` is
    what is known of a file that is no text. A `problem` says why there is no figure; `tokens` are then 0, to
    be added to others that are "at least".
    """

    path: str
    tokenizer: str
    exact: bool
    tokens: int
    chars: int
    bytes: int
    media: MediaCount | None = None
    problem: str = ""

    @property
    def figure(self) -> int:
        """The tokens as they are added up: marked where they are an estimate, or lack something."""
        return AtLeast(self.tokens) if self.problem else Estimate.unless(self.exact, self.tokens)

    @property
    def cell(self) -> int | str:
        """The tokens as a table shows them, or in a few words why there are none."""
        return words(self.problem) if self.problem else self.figure

    @property
    def fields(self) -> dict[str, object]:
        """The measurement in JSON."""
        found: dict[str, object] = dict(zip(self._fields[:6], self, strict=False))
        if self.media is not None:
            found |= {"chars": None, "low": self.tokens, "high": self.tokens}
            found |= {name: value for name, value in self.media._asdict().items() if name in _OF_MEDIA}
        if self.problem:
            nothing = dict.fromkeys({"tokens", "low", "high"} & found.keys())
            found |= {**nothing, "exact": False, "error": self.problem}
        return found


KINDS = (Kind.PICTURE, Kind.SOUND, Kind.VIDEO, Kind.PDF)
"""The kinds of files that are no text and that some models take."""

_OF_MEDIA = ("kind", "width", "height", "seconds", "pages", "frames", "rule", "as_of", "source", "note")


def words(problem: str) -> str:
    """Give the first words of a problem, for a cell.

    Example: words("rejected: a side of 9,000 pixels; at most 8,000") -> "rejected"
    """
    return re.split("[:,;]", problem)[0]


def together(figures: Iterable[int]) -> int:
    """Add up figures; the sum lacks what one of them lacks.

    Example: together([1, AtLeast(2), Estimate(3)]) -> AtLeast(6)
    """
    known = list(figures)
    total = sum(known)
    return AtLeast(total) if any(isinstance(one, AtLeast) for one in known) else total


AskedLater = Callable[[], "Asked"]
"""Gives by which rules what is no text is counted, where there is such a thing."""


def measure_media(
    document: Document, tokenizers: Sequence[Tokenizer], asked_later: AskedLater | None = None
) -> list[Measurement]:
    """Count a picture, a sound, a video or a PDF for each tokenizer, by its model's rule.

    Example: measure_media(photo, [load("gpt-4o"), load("char")])[1].problem -> "no picture rule"

    Raises InputError for a file that is damaged.
    """
    from tokscope.media.joined import counted, measured
    from tokscope.media.rules import Asked

    asked = asked_later() if asked_later else Asked()
    with document.opened() as source:
        medium = measured(source)
        size = medium.size if document.at_hand else 0
        found = []
        for one in tokenizers:
            try:
                count = counted(source, medium, one, asked)
            except TokenizerError as error:  # not this detail
                row = Measurement(document.path, one.name, False, 0, 0, size, None, str(error))
            else:
                row = _of_media(document.path, one, size, count)
            found.append(row)
    return found


def _of_media(path: str, tokenizer: Tokenizer, size: int, count: MediaCount) -> Measurement:
    """Make a measurement of what a file is to a model."""
    if count.tokens is None:
        problem = f"rejected: {count.rejected}" if count.rejected else count.note.partition(": ")[2]
        return Measurement(path, tokenizer.name, False, 0, 0, size, count, problem)
    tokens = count.tokens
    if count.least:
        tokens = AtLeast(tokens if count.low is None else count.low)
    elif not count.exact:  # one reading alone is no interval
        ends = (count.low, count.high) if count.low != count.high else (None, None)
        tokens = Estimate(tokens, *ends)
    return Measurement(path, tokenizer.name, count.exact, tokens, 0, size, count)


def takes(tokenizers: Sequence[Tokenizer]) -> Callable[[Document], bool]:
    """Make what says whether one of these takes a file that is no text, by its kind; or an empty one's name.

    Example: takes([load("whisper")])(document_of_an_mp3) -> True
    """
    own = {kind for one in tokenizers for kind in one.takes if kind in KINDS}
    return taken_by([one.shown for one in tokenizers], own)


def taken_by(models: Sequence[str], own: Set[Kind] = frozenset()) -> Callable[[Document], bool]:
    """Make the same of models' names, and of kinds that somebody takes without being one of them."""

    def taken(document: Document) -> bool:
        from tokscope.media.joined import has_rule, model_of

        kinds = {kind for kind in KINDS if any(has_rule(model_of(one), kind) for one in models)} | own
        broken = not document.size and named_binary(document.path)
        return bool(kinds) and (broken or document.kind in kinds)

    return taken


Cut = re.Pattern[str] | Stretches | None
"""Where a text may be cut for a tokenizer; None: nowhere."""


class Pieces:
    """Puts the blocks of a text together into pieces that can be tokenized by themselves.

    Example: with LINE_OR_WORD, add("one two three and f") and then rest() give "one" and " two three and f"

    `cut` is the tokenizer's, see Tokenizer.cut, or its `stretches`, which are then given whole; without
    either the whole text is a single piece. A place is judged when LOOK characters behind it are there, with
    the LOOK before it, also where those are given away.
    """

    def __init__(self, cut: Cut) -> None:
        self._cut, self._least = (cut.cut, cut.least) if isinstance(cut, Stretches) else (cut, 0)
        self._size = 0  # of what is kept, where there are stretches
        self._kept: list[str] = []
        self._judged = ""  # the last LOOK characters whose ends are no cuts any more, or are given away
        self._ahead = ""  # the last characters of what is kept, which have too few behind them

    def add(self, block: str) -> str:
        """Take the next block; give what stands before it, up to the last place where it may be cut."""
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
        """Give what was kept when the last block has come."""
        rest = "".join(self._kept)
        self._kept, self._judged, self._ahead, self._size = [], "", "", 0
        return rest

    def _whole_stretches(self, text: str) -> str:
        """Give the stretches that have ended; `text` is the end of what is kept, and what is not judged yet.

        Where one ends the next begins, so that places are looked for from the front.
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

    def _last_cut(self, text: str, low: int, high: int) -> int:
        """Find the last cut behind `low`, at most at `high`; -1 if there is none. Looks from the end."""
        assert self._cut is not None
        window = 256
        while True:
            start = max(high - window, low)
            cuts = (match.start() for match in self._cut.finditer(text, start))
            at = max((one for one in takewhile(lambda one: one <= high, cuts) if one > low), default=-1)
            if at >= 0 or start == low:
                return at
            window *= 16


Progress = Callable[[Document], None]
"""Called after every block with the document that is being read."""


def pieces(document: Document, cuts: Sequence[Cut], progress: Progress) -> Iterator[tuple[int, str]]:
    """Read a document once, in pieces by each of several cuts: yields the cut's index and its next piece.

    Every cut gives at least one piece, the last one, which may be empty. Raises InputError.
    """
    waiting = [Pieces(cut) for cut in cuts]
    for block in document.blocks():
        for i, kept in enumerate(waiting):
            if piece := kept.add(block):
                yield i, piece
        progress(document)
    for i, kept in enumerate(waiting):
        yield i, kept.rest()


BATCH = 250_000 * max(4, 2 * (os.cpu_count() or 1))
"""How many characters are gathered before they are measured, for the engines that use all cores."""

OBJECT = 64
"""What a text takes in memory at least, in characters: many short ones are a batch too."""

T = TypeVar("T")

Measure = Callable[[Sequence[str]], Sequence[T]]
"""Texts -> what is to be known of each of them."""


class Row(NamedTuple, Generic[T]):
    """One document, what each measure made of it, and why a measure could not, "" where it could.

    Example: Row("a.md", 11, 11, [2, 11], ["", ""]), of two measures that count tokens
    """

    path: str
    chars: int
    bytes: int
    found: list[T]
    problems: list[str]


class Batches(Generic[T]):
    """Measures documents in several ways, each of them read once.

    Example: Batches([(LINE_OR_WORD, load("byte").count_all)], add, 0)

    A measure is given with the places where it may be cut (see Tokenizer.cut); what it makes of the pieces is
    put together by `plus`, from `zero` on. Pieces are gathered into batches, so that many small files cost as
    little as a large one, and a full batch is measured in the background while the next is read: by several
    measures at a time, since native engines let go of the interpreter's lock.
    """

    def __init__(
        self,
        measures: Sequence[tuple[Cut, Measure[T]]],
        plus: Callable[[T, T], T],
        zero: T,
    ) -> None:
        self._cuts = list(dict.fromkeys(cut for cut, _ in measures))  # a piece for all that cut alike
        self._measures = [(self._cuts.index(cut), measure) for cut, measure in measures]
        self._plus, self._zero = plus, zero
        self._rows: list[Row[T]] = []
        self._waiting: list[tuple[Row[T], int, str]] = []  # of which row, by which cut, and the piece
        self._size = 0
        self._took = [0.0] * len(measures)
        self._running: Thread | None = None
        self._failure: BaseException | None = None

    def add(self, document: Document, progress: Progress) -> None:
        """Read a document, and measure it now or later. Raises InputError, and then leaves it out."""
        many = len(self._measures)
        row, chars = Row(document.path, 0, 0, [self._zero] * many, [""] * many), 0
        for i, piece in pieces(document, self._cuts, progress):
            self._waiting.append((row, i, piece))
            if i == 0:
                chars += len(piece)
                self._size += len(piece)
            if self._size >= BATCH:
                self._in_background()
        self._rows.append(row._replace(chars=chars, bytes=document.bytes_read))

    def add_texts(self, document: Document, texts: Iterable[str], progress: Progress) -> None:
        """Measure texts that stand in a document, each by itself, as one row. Raises what reading them does.

        Example: batches.add_texts(document, records(document, "text", print), progress)

        The row's bytes are those of the texts.
        """
        many = len(self._measures)
        row, chars, size = Row(document.path, 0, 0, [self._zero] * many, [""] * many), 0, 0
        for text in texts:
            chars += len(text)
            size += len(text.encode())
            self._waiting += ((row, i, text) for i in range(len(self._cuts)))
            self._size += len(text) + OBJECT
            if self._size >= BATCH:
                self._in_background()
                progress(document)
        self._rows.append(row._replace(chars=chars, bytes=size))

    def rows(self) -> Sequence[Row[T]]:
        """Measure what is still waiting, and give a row for each document."""
        self._wait()
        self._measure(self._waiting)
        self._waiting = []
        return self._rows

    def _in_background(self) -> None:
        """Hand the batch over, once the one before it is done: two batches are in memory, never more."""
        self._wait()
        self._running = _started(self._measure_or_remember, self._waiting)
        self._waiting, self._size = [], 0

    def _measure_or_remember(self, batch: Sequence[tuple[Row[T], int, str]]) -> None:
        try:
            self._measure(batch)
        except BaseException as error:  # to be raised where somebody waits for it
            self._failure = error

    def _wait(self) -> None:
        if self._running is not None:
            self._running.join()
            self._running = None
        if self._failure is not None:
            raise self._failure

    def _measure(self, batch: Sequence[tuple[Row[T], int, str]]) -> None:
        """Take a batch through every measure, the one that took longest first, on all cores."""
        columns = iter(sorted(range(len(self._measures)), key=self._took.__getitem__, reverse=True))

        def work() -> None:
            try:
                for column in columns:  # each of them goes to the thread that asks first
                    self._through(column, batch)
            except BaseException as error:
                self._failure = error

        others = [_started(work) for _ in range(min(len(self._measures), os.cpu_count() or 1) - 1)]
        work()
        for thread in others:
            thread.join()
        if self._failure is not None:
            raise self._failure

    def _through(self, column: int, batch: Sequence[tuple[Row[T], int, str]]) -> None:
        start = perf_counter()
        cut, measure = self._measures[column]
        mine = [(row, piece) for row, i, piece in batch if i == cut]
        try:
            values = measure([piece for _, piece in mine])
        except TokenizerError:  # one of them is to blame: find it, and measure the others
            values = [self._one(column, row, piece) for row, piece in mine]
        for (row, _), value in zip(mine, values, strict=True):
            row.found[column] = self._plus(row.found[column], value)
        self._took[column] = perf_counter() - start

    def _one(self, column: int, row: Row[T], piece: str) -> T:
        try:
            return self._measures[column][1]([piece])[0]
        except TokenizerError as error:
            row.problems[column] = str(error)
            return self._zero


def _started(work: Callable[..., None], *arguments: object) -> Thread:
    from threading import Thread  # and no ThreadPoolExecutor, whose import takes 0.01 s

    thread = Thread(target=work, args=arguments, daemon=True)
    thread.start()
    return thread


class Counter:
    """Counts documents, each with every tokenizer, and each read once; see Batches.

    Example: counter = Counter([load("gpt-4o")]); counter.add(document, progress); counter.results()

    `asked` says by which rules a file that is no text is counted; without it such a one raises NotText.
    """

    def __init__(self, tokenizers: Sequence[Tokenizer], asked: AskedLater | None = None) -> None:
        self._tokenizers = tokenizers
        self._asked = asked
        self._batches = Batches[int](
            [(one.cut or one.stretches, one.count_all) for one in tokenizers], add, 0
        )
        self._order: list[list[Measurement] | None] = []  # of each document; None for a text, in a batch

    def add(self, document: Document, progress: Progress) -> None:
        """Read a document, and count it now or later. Raises InputError, and then leaves it out."""
        self._expect(document.size or 0)
        try:
            self._batches.add(document, progress)
        except NotText:
            self._expect(-(document.size or 0))
            if self._asked is None:
                raise
            self._order.append(measure_media(document, self._tokenizers, self._asked))
        else:
            self._order.append(None)

    def add_texts(self, document: Document, texts: Iterable[str], progress: Progress) -> None:
        """Count texts in a document, each by itself; see Batches. Raises what reading them does."""
        self._expect(document.size or 0)
        self._batches.add_texts(document, texts, progress)
        self._order.append(None)

    def _expect(self, chars: int) -> None:
        for tokenizer in self._tokenizers:
            tokenizer.expect(chars)

    def results(self, report: Callable[[InputError], None] | None = None) -> list[list[Measurement]]:
        """Count what is still waiting, and give for each document a Measurement for each tokenizer.

        Where a tokenizer cannot count a document, `report` is told so; without one it raises InputError. What
        none of them can count is left out.
        """
        texts = iter(self._batches.rows())
        rows = []
        for found in self._order:
            row = self._of_text(next(texts)) if found is None else found
            if problems := self._problems(row):
                error = InputError(row[0].path, "; ".join(problems))
                if report is None:
                    raise error
                report(error)
            if not all(one.problem for one in row):
                rows.append(row)
        return rows

    def _of_text(self, row: Row[int]) -> list[Measurement]:
        """Give the measurements of a text."""
        return [
            Measurement(
                *(row.path, one.name, one.exact, tokens, row.chars, row.bytes, None),
                problem.removeprefix(f"{one.name}: "),
            )
            for one, tokens, problem in zip(self._tokenizers, row.found, row.problems, strict=True)
        ]

    def _problems(self, row: Sequence[Measurement]) -> list[str]:
        """Say of each tokenizer that cannot count a document why, each reason once."""
        said = []
        for one, tokenizer in zip(row, self._tokenizers, strict=True):
            if one.problem:
                named = tokenizer.shown in one.problem or tokenizer.name in one.problem
                said.append(one.problem if named else f"{tokenizer.shown}: {one.problem}")
        return list(dict.fromkeys(said))


def measure_texts(path: str, texts: Iterable[str], tokenizers: Sequence[Tokenizer]) -> list[Measurement]:
    """Count texts that stand in one document, each by itself, and add them up for each tokenizer.

    Example: measure_texts("a.md", ["Hello", " world"], [load("byte")])[0].tokens -> 11
    """
    tokens = [0] * len(tokenizers)
    chars = size = 0
    for text in texts:
        chars += len(text)
        size += len(text.encode())
        for i, tokenizer in enumerate(tokenizers):
            tokens[i] += tokenizer.count(text)
    return [
        Measurement(path, tokenizer.name, tokenizer.exact, tokens[i], chars, size)
        for i, tokenizer in enumerate(tokenizers)
    ]


class Whole(NamedTuple):
    """All inputs together, as one prompt: their number, characters, and tokens by each tokenizer.

    Example: Whole("a.md", 1, 11, {"o200k_base": 2}, {"o200k_base": True})

    `path` is that of the only input, None where there are several.
    """

    path: str | None
    files: int
    chars: int
    tokens: Mapping[str, int]
    exact: Mapping[str, bool]

    @classmethod
    def of(cls, rows: Sequence[Sequence[Measurement]], tokenizers: Sequence[Tokenizer]) -> Whole:
        """Add up what was counted in each input."""
        return cls(
            rows[0][0].path if len(rows) == 1 else None,
            len(rows),
            sum(row[0].chars for row in rows),
            {one.name: sum(row[i].tokens for row in rows) for i, one in enumerate(tokenizers) if rows},
            {one.name: one.exact for one in tokenizers},
        )

    def by(self, tokenizers: Sequence[str]) -> Whole:
        """Leave out what other tokenizers count."""
        return self._replace(
            tokens={name: count for name, count in self.tokens.items() if name in tokenizers}
        )

    @property
    def title(self) -> str:
        """The inputs in words."""
        return f"{self.files:,} {'text' if self.files == 1 else 'texts'}: {self.chars:,} characters"

    @property
    def summary(self) -> dict[str, object]:
        """The inputs in JSON."""
        return {"files": self.files, "tokens": dict(self.tokens)}
