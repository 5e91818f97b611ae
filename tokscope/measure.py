"""Document x Tokenizer -> Measurement: the figures, before anyone prints them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from tokscope.errors import InputError, NotText, TokenizerError
from tokscope.inputs import Document
from tokscope.inputs.document import named_binary
from tokscope.report.table import AtLeast, Estimate
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
        found = []
        for one in tokenizers:
            try:
                count = counted(source, medium, one, asked)
            except TokenizerError as error:  # not this detail
                row = Measurement(document.path, one.name, False, 0, 0, medium.size, None, str(error))
            else:
                row = _of_media(document.path, one, medium.size, count)
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
    return taken_by([one.shown for one in tokenizers])


def taken_by(models: Sequence[str]) -> Callable[[Document], bool]:
    """Make the same of the models' names."""

    def taken(document: Document) -> bool:
        from tokscope.media.joined import has_rule, model_of

        kinds = [kind for kind in KINDS if any(has_rule(model_of(one), kind) for one in models)]
        broken = not document.size and named_binary(document.path)
        return bool(kinds) and (broken or document.kind in kinds)

    return taken


class Pieces:
    """Puts the blocks of a text together into pieces that can be tokenized by themselves.

    Example: with LINE_OR_WORD, add("one two three and f") and then rest() give "one" and " two three and f"

    `cut` is the tokenizer's, see Tokenizer.cut; without one the whole text is a single piece. A place is
    judged when LOOK characters behind it are there, with the LOOK before it, also where those are given away.
    """

    def __init__(self, cut: re.Pattern[str] | None) -> None:
        self._cut = cut
        self._kept: list[str] = []
        self._judged = ""  # the last LOOK characters whose ends are no cuts any more, or are given away
        self._ahead = ""  # the last characters of what is kept, which have too few behind them

    def add(self, block: str) -> str:
        """Take the next block; give what stands before it, up to the last place where it may be cut."""
        self._kept.append(block)
        if self._cut is None:
            return ""
        text = self._judged + self._ahead + block
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
        self._kept, self._judged, self._ahead = [], "", ""
        return rest

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


def pieces(
    document: Document, cuts: Sequence[re.Pattern[str] | None], progress: Progress
) -> Iterator[tuple[int, str]]:
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


BATCH = 4_000_000
"""How many characters are gathered before they are counted, for the engines that use all cores."""

FIRST_BATCH = 1_000_000
"""How many the first time: an engine starts while the next batch is read."""

OBJECT = 64
"""What a text takes in memory at least, in characters: many short ones are a batch too."""


class Counter:
    """Counts documents, each with every tokenizer, and each read once.

    Example: counter = Counter([load("gpt-4o")]); counter.add(document, progress); counter.results()

    Pieces of documents are gathered into batches, so that many small files cost as little as a large one, and
    a full batch is counted in the background while the next is read. `asked` says by which rules a file that
    is no text is counted; without it such a one raises NotText.
    """

    def __init__(self, tokenizers: Sequence[Tokenizer], asked: AskedLater | None = None) -> None:
        self._tokenizers = tokenizers
        self._asked = asked
        self._rows: list[tuple[str, list[int], list[int], int] | list[Measurement]] = []
        self._waiting: list[
            tuple[list[int], int, str]
        ] = []  # where to add the count: row and column; a piece
        # By the id() of a row's tokens, and the column: why a tokenizer cannot count it.
        self._refused: dict[tuple[int, int], str] = {}
        self._size = 0
        self._batch = FIRST_BATCH
        self._running: Thread | None = None
        self._failure: BaseException | None = None

    def add(self, document: Document, progress: Progress) -> None:
        """Read a document, and count it now or later. Raises InputError, and then leaves it out."""
        tokens, chars = [0] * len(self._tokenizers), [0] * len(self._tokenizers)
        self._expect(document.size or 0)
        try:
            for i, piece in pieces(document, [one.cut for one in self._tokenizers], progress):
                self._waiting.append((tokens, i, piece))
                chars[i] += len(piece)
                self._size += len(piece)
                if self._size >= self._batch:
                    self._count_in_background()
        except NotText:
            self._expect(-(document.size or 0))
            if self._asked is None:
                raise
            self._rows.append(measure_media(document, self._tokenizers, self._asked))
            return
        self._rows.append((document.path, tokens, chars, document.bytes_read))

    def add_texts(self, document: Document, texts: Iterable[str], progress: Progress) -> None:
        """Count texts that stand in a document, each by itself, as one row. Raises what reading them does.

        Example: counter.add_texts(document, records(document, "text", print), progress)

        The row's bytes are those of the texts.
        """
        tokens, chars = [0] * len(self._tokenizers), [0] * len(self._tokenizers)
        size = 0
        self._expect(document.size or 0)
        for text in texts:
            size += len(text.encode())
            for i in range(len(tokens)):
                self._waiting.append((tokens, i, text))
                chars[i] += len(text)
                self._size += len(text) + OBJECT
            if self._size >= self._batch:
                self._count_in_background()
                progress(document)
        self._rows.append((document.path, tokens, chars, size))

    def _expect(self, chars: int) -> None:
        for tokenizer in self._tokenizers:
            tokenizer.expect(chars)

    def results(self, report: Callable[[InputError], None] | None = None) -> list[list[Measurement]]:
        """Count what is still waiting, and give for each document a Measurement for each tokenizer.

        Where a tokenizer cannot count a document, `report` is told so; without one it raises InputError. What
        none of them can count is left out.
        """
        self._wait()
        self._count(self._waiting)
        rows = []
        for found in self._rows:
            row = found if isinstance(found, list) else self._of_text(*found)
            if problems := self._problems(row):
                error = InputError(row[0].path, "; ".join(problems))
                if report is None:
                    raise error
                report(error)
            if not all(one.problem for one in row):
                rows.append(row)
        return rows

    def _of_text(self, path: str, tokens: list[int], chars: list[int], size: int) -> list[Measurement]:
        """Give the measurements of a text."""
        refused = [self._refused.get((id(tokens), i), "") for i in range(len(tokens))]
        return [
            Measurement(path, one.name, one.exact, tokens[i], chars[i], size, None, refused[i])
            for i, one in enumerate(self._tokenizers)
        ]

    def _problems(self, row: Sequence[Measurement]) -> list[str]:
        """Say of each tokenizer that cannot count a document why, each reason once."""
        said = []
        for one, tokenizer in zip(row, self._tokenizers, strict=True):
            if one.problem:
                named = tokenizer.shown in one.problem or tokenizer.name in one.problem
                said.append(one.problem if named else f"{tokenizer.shown}: {one.problem}")
        return list(dict.fromkeys(said))

    def _count_in_background(self) -> None:
        """Hand the batch over, once the one before it is done: two batches are in memory, never more."""
        from threading import Thread  # and no ThreadPoolExecutor, whose import takes 0.01 s

        self._wait()
        self._running = Thread(target=self._count_or_remember, args=(self._waiting,), daemon=True)
        self._running.start()
        self._waiting, self._size, self._batch = [], 0, BATCH

    def _count_or_remember(self, batch: Sequence[tuple[list[int], int, str]]) -> None:
        try:
            self._count(batch)
        except BaseException as error:  # to be raised where somebody waits for it
            self._failure = error

    def _wait(self) -> None:
        if self._running is not None:
            self._running.join()
            self._running = None
        if self._failure is not None:
            raise self._failure

    def _count(self, batch: Sequence[tuple[list[int], int, str]]) -> None:
        for i, tokenizer in enumerate(self._tokenizers):
            mine = [(tokens, piece) for tokens, column, piece in batch if column == i]
            try:
                counts = tokenizer.count_all([piece for _, piece in mine])
            except TokenizerError:  # one of them is to blame: find it, and count the others
                counts = [self._count_one(i, tokens, piece) for tokens, piece in mine]
            for (tokens, _), count in zip(mine, counts, strict=True):
                tokens[i] += count

    def _count_one(self, column: int, tokens: list[int], piece: str) -> int:
        try:
            return self._tokenizers[column].count(piece)
        except TokenizerError as error:
            self._refused[id(tokens), column] = str(error).removeprefix(f"{self._tokenizers[column].name}: ")
            return 0


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
