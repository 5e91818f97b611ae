"""Document x Tokenizer -> Measurement: the figures, before anyone prints them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from operator import add
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from tokscope.batches import Batches, MeasuredRow, Progress
from tokscope.errors import InputError, NotText, Problem, TokenizerError
from tokscope.inputs import Document
from tokscope.inputs.binary import named_binary
from tokscope.registry import model_in
from tokscope.report.table import AtLeast, Estimate, bounds
from tokscope.tokenizer import MEDIA_KINDS, STRUCTURES, Kind, Tokenizer

if TYPE_CHECKING:
    from tokscope.media.counting import MediaCount
    from tokscope.media.rules import Asked
    from tokscope.structured.ledger import Balance, Ledger
    from tokscope.structured.reading import Said
    from tokscope.transcriber import Transcriber


class Measurement(NamedTuple):
    """How long one text, or one file of another kind, is for one tokenizer.

    Example: Measurement("a.md", "byte", True, 5, 5, 5).figure -> 5

    `tokens` are the tokenizer's, `chars` code points, `bytes` those of the file as it was read. `media` is
    what is known of a picture, a sound, a video or a PDF, `structures` what is of molecules and graphs. A
    `problem` says why there is no figure; `tokens` are then 0, to be added to others that are "at least",
    unless it is `told` elsewhere. `added` is what the maker's API adds around a text, and is
    not in `tokens`.
    """

    path: str
    tokenizer: str
    exact: bool
    tokens: int
    chars: int
    bytes: int
    media: MediaCount | None = None
    problem: str = ""
    told: bool = False
    structures: Mapping[str, object] = MappingProxyType({})
    added: int = 0

    @property
    def figure(self) -> int:
        """The tokens as they are added up: marked where they are an estimate, or lack something.

        Example: Measurement("a.md", "byte", True, 5, 5, 5).figure -> 5
        """
        if self.told:
            return self.tokens
        return AtLeast(self.tokens) if self.problem else Estimate.unless(self.exact, self.tokens)

    @property
    def cell(self) -> int | str:
        """The tokens as a table shows them, or in a few words why there are none."""
        return words(self.problem) if self.problem else self.figure

    @property
    def fields(self) -> dict[str, object]:
        """The measurement in JSON.

        Example: Measurement("a.md", "byte", True, 5, 5, 5).fields["tokens"] -> 5
        """
        found: dict[str, object] = dict(zip(self._fields[:6], self, strict=False))
        if self.media is not None:
            low, high = (self.tokens if end is None else end for end in bounds(self.tokens))
            found |= {"chars": None, "low": int(low), "high": int(high)}
            found |= {name: value for name, value in self.media._asdict().items() if name in _OF_MEDIA}
        found |= self.structures
        if self.added:
            found["added"] = self.added
        if self.problem:
            nothing = dict.fromkeys({"tokens", "low", "high"} & found.keys())
            found |= {**nothing, "exact": False, "error": self.problem}
        return found


_OF_MEDIA = ("kind", "width", "height", "seconds", "pages", "frames", "rule", "as_of", "source", "note")


def words(problem: str) -> str:
    """Give the first words of a problem, for a cell.

    Example: words("claude-opus-5-5 rejects it: a side of 9,000 pixels; at most 8,000") -> "rejected"
    """
    if " rejects it: " in problem:
        return "rejected"
    return re.split("[:,;]", problem)[0]


def together(figures: Iterable[int]) -> int:
    """Add up figures; the sum lacks what one of them lacks.

    Example: together([1, AtLeast(2), Estimate(3)]) -> AtLeast(6)
    """
    known = list(figures)
    total = sum(known)
    return AtLeast(total) if any(isinstance(one, AtLeast) for one in known) else total


AskedLater = Callable[[], "Asked"]
"""Gives by which rules what is not text is counted, where there is such a thing."""


def measure_media(
    document: Document, tokenizers: Sequence[Tokenizer], asked_later: AskedLater | None = None
) -> list[Measurement]:
    """Count a picture, a sound, a video or a PDF for each tokenizer, by its model's rule.

    Example: measure_media(photo, [load("gpt-4o"), load("char")])[1].problem -> "no picture rule; it takes
    text: tokscope list picture names models that take pictures"

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
                count = counted(source, medium, one, asked, model_in(one.shown))
            except TokenizerError as error:  # not this detail
                row = Measurement(document.path, one.name, False, 0, 0, size, None, str(error))
            else:
                row = _of_media(document.path, one, size, count)
            found.append(row)
    return found


def _of_media(path: str, tokenizer: Tokenizer, size: int, count: MediaCount) -> Measurement:
    """Make a measurement of what a file is to a model."""
    if count.tokens is None:
        problem = count.rejected or count.note.partition(": ")[2]
        return Measurement(path, tokenizer.name, False, 0, 0, size, count, problem)
    tokens = count.tokens
    if count.least:
        tokens = AtLeast(tokens if count.low is None else count.low)
    elif not count.exact:  # one reading alone is not an interval
        ends = (count.low, count.high) if count.low != count.high else (None, None)
        tokens = Estimate(tokens, *ends)
    return Measurement(path, tokenizer.name, count.exact, tokens, 0, size, count)


def takes(tokenizers: Sequence[Tokenizer]) -> Callable[[Document], bool]:
    """Make what says whether one of these takes a file that is not text, by its kind; or an empty one's name.

    Example: takes([load("whisper")])(document_of_an_mp3) -> True
    """
    own = {kind for one in tokenizers for kind in one.takes if kind in MEDIA_KINDS}
    return taken_by([one.shown for one in tokenizers], own)


def taken_by(models: Sequence[str], own: Set[Kind] = frozenset()) -> Callable[[Document], bool]:
    """Make what says whether a file is of a kind that one of these models takes, or of the kinds in `own`.

    Example: taken_by(["gpt-4o"])(Document("a.gif", Decoding(), b"GIF89a\\1\\0\\1\\0\\0\\0\\0")) -> True
    """

    def taken(document: Document) -> bool:
        from tokscope.media.joined import has_rule

        kinds = {kind for kind in MEDIA_KINDS if any(has_rule(model_in(one), kind) for one in models)} | own
        broken = not document.size and named_binary(document.path)
        return bool(kinds) and (broken or document.kind in kinds)

    return taken


def _transcribers(tokenizers: Sequence[Tokenizer]) -> list[Transcriber]:
    """Choose the tokenizers that take molecules or graphs; a command without any imports nothing for them."""
    if not any(STRUCTURES.intersection(one.takes) for one in tokenizers):
        return []
    from tokscope.transcriber import Transcriber

    return [one for one in tokenizers if isinstance(one, Transcriber)]


def measure_structures(document: Document, tokenizers: Sequence[Transcriber], progress: Progress) -> Balance:
    """Count the molecules or the graph of a document; see structured/ledger.py. Raises InputError.

    Example: measure_structures(Document("a.smi", Decoding(), b"CCO\\n"), [load("smiles")],
    progress).ledgers[0].tokens -> 3
    """
    from tokscope.structured.ledger import counted

    return counted(document, tokenizers, progress)


def of_ledger(ledger: Ledger, chars: int, size: int) -> Measurement:
    """Make a measurement of what a file is to a tokenizer of structures.

    Example: one = Ledger(load("smiles"), "a.smi"); one.add(Molecule("CCO")); of_ledger(one, 3, 4).tokens -> 3

    One that holds none, and flaws that are told by themselves, has no figure; one with some has at least it.
    """
    one = ledger.transcriber
    problem, told = ledger.problem, ledger.left
    if not ledger.structures and ledger.flawed:
        problem, told = f"no {one.kind} that can be read", True
    tokens = AtLeast(ledger.tokens) if ledger.flawed else ledger.tokens
    exact = one.exact and not ledger.flawed
    return Measurement(
        *(ledger.path, one.name, exact, tokens, chars, size, None), problem, told, ledger.fields
    )


class _DocumentRow(NamedTuple):
    """What is known of a document; None for the measurements of its text, which come in batches."""

    structures: Sequence[Measurement]
    texts: Sequence[Measurement] | None = None


class Counter:
    """Counts documents, each with every tokenizer, and each read once; see Batches.

    Example: counter = Counter([load("gpt-4o")]); counter.add(document, progress); counter.results()

    `asked` says by which rules a file that is not text is counted; without it such a file raises NotText.
    `notes` say what no figure includes.
    """

    def __init__(self, tokenizers: Sequence[Tokenizer], asked: AskedLater | None = None) -> None:
        self._tokenizers = tokenizers
        self._asked = asked
        self._texts = [one for one in tokenizers if not STRUCTURES.intersection(one.takes)]
        self._transcribers = _transcribers(tokenizers)
        self._batches = Batches[int](
            [(one.cut or one.stretches, one.count_all) for one in self._texts], add, 0
        )
        self._order: list[_DocumentRow] = []
        self._flaws: list[InputError] = []
        self._said: Said | None = None

    @property
    def notes(self) -> Iterator[str]:
        """What was left out, since it is not for the tokenizers, and what they dropped."""
        return iter(()) if self._said is None else self._said.notes

    def add(self, document: Document, progress: Progress) -> None:
        """Read a document, and count it now or later. Raises InputError, and then leaves it out.

        Example: counter = Counter([load("byte")]); counter.add(Document.of_text("Hi", Decoding()), progress);
        counter.results()[0][0].tokens -> 2
        """
        if self._transcribers and (self._texts or len({one.kind for one in self._transcribers}) > 1):
            document.keep()  # it is read for each kind
        structures = self._of_structures(document, progress) if self._transcribers else []
        if not self._texts:
            self._order.append(_DocumentRow(structures, []))
            return
        self._expect(document.size or 0)
        try:
            self._batches.add(document, progress)
        except NotText:
            self._expect(-(document.size or 0))
            if self._asked is None:
                raise
            self._order.append(_DocumentRow(structures, measure_media(document, self._texts, self._asked)))
        else:
            self._order.append(_DocumentRow(structures))

    def add_texts(self, document: Document, texts: Iterable[str], progress: Progress) -> None:
        """Count texts in a document, each by itself; see Batches. Raises what reading them does.

        Example: counter = Counter([load("byte")]); counter.add_texts(Document.of_text("", Decoding()), ["Hi",
        "you"], progress); counter.results()[0][0].tokens -> 5
        """
        ledgers: Sequence[Ledger] = ()
        if self._transcribers:
            from tokscope.structured.ledger import counted_texts, flaws_of

            ledgers, texts = counted_texts(document.path, texts, self._transcribers)
        self._expect(document.size or 0)
        self._batches.add_texts(document, texts, progress)
        if ledgers:
            self._flaws += flaws_of(ledgers)
        found = [of_ledger(one, 0, document.bytes_read) for one in ledgers]
        self._order.append(_DocumentRow(found, None if self._texts else []))

    def _of_structures(self, document: Document, progress: Progress) -> list[Measurement]:
        """Count molecules or a graph, and take note of what was wrong."""
        from tokscope.structured.reading import Said

        self._said = self._said or Said()
        found = measure_structures(document, self._transcribers, progress)
        self._flaws += found.flaws
        self._said.add(found.notes)
        for one in found.ledgers:
            if one.left:
                self._said.left(one.transcriber, document.path)
        return [of_ledger(one, found.chars, document.bytes_read) for one in found.ledgers]

    def _expect(self, chars: int) -> None:
        for tokenizer in self._tokenizers:
            tokenizer.expect(chars)

    def results(self, report: Problem | None = None) -> list[list[Measurement]]:
        """Count what is still waiting, and give for each document a Measurement for each tokenizer.

        Example: counter = Counter([load("byte")]); counter.add(Document.of_text("Hi", Decoding()), progress);
        [one.tokens for one in counter.results()[0]] -> [2]

        Where a tokenizer cannot count a document, `report` is told so; without one it raises InputError. What
        none of them can count is left out.
        """
        texts = iter(self._batches.rows())
        rows = []
        for flaw in self._flaws:
            if report is None:
                raise flaw
            report(flaw)
        for found in self._order:
            row = self._whole(found, texts)
            if problems := self._problems(row):
                error = InputError(row[0].path, "; ".join(problems))
                if report is None:
                    raise error
                report(error)
            if not all(one.problem for one in row):
                rows.append(row)
        return rows

    def _whole(self, found: _DocumentRow, texts: Iterator[MeasuredRow[int]]) -> list[Measurement]:
        """Put the measurements of a document into the order of the tokenizers."""
        of_texts = iter(self._of_text(next(texts)) if found.texts is None else found.texts)
        of_structures = iter(found.structures)
        return [
            next(of_structures if STRUCTURES.intersection(one.takes) else of_texts)
            for one in self._tokenizers
        ]

    def _of_text(self, row: MeasuredRow[int]) -> list[Measurement]:
        """Give the measurements of a text."""
        return [
            Measurement(
                *(row.path, one.name, one.exact, tokens, row.chars, row.bytes, None),
                problem.removeprefix(f"{one.name}: "),
                added=one.added,
            )
            for one, tokens, problem in zip(self._texts, row.found, row.problems, strict=True)
        ]

    def _problems(self, row: Sequence[Measurement]) -> list[str]:
        """Say why tokenizers cannot count a document, each reason once, with the names that it holds for."""
        said: dict[str, list[str]] = {}
        for one, tokenizer in zip(row, self._tokenizers, strict=True):
            if one.problem and not one.told:
                named = tokenizer.shown in one.problem or tokenizer.name in one.problem
                said.setdefault(one.problem, []).extend([] if named else [tokenizer.shown])
        return [f"{', '.join(names)}: {why}" if names else why for why, names in said.items()]


def measure_texts(path: str, texts: Iterable[str], tokenizers: Sequence[Tokenizer]) -> list[Measurement]:
    """Count texts that are in one document, each by itself, and add them up for each tokenizer.

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
        Measurement(path, tokenizer.name, tokenizer.exact, tokens[i], chars, size, added=tokenizer.added)
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
        """Add up what was counted in each input.

        Example: Whole.of([[Measurement("a.md", "byte", True, 5, 5, 5)]], [load("byte")]).tokens -> {"byte":
        5}
        """
        return cls(
            rows[0][0].path if len(rows) == 1 else None,
            len(rows),
            sum(row[0].chars for row in rows),
            {one.name: sum(row[i].tokens for row in rows) for i, one in enumerate(tokenizers) if rows},
            {one.name: one.exact for one in tokenizers},
        )

    def by(self, tokenizers: Sequence[str]) -> Whole:
        """Leave out what other tokenizers count.

        Example: Whole("a.md", 1, 2, {"byte": 2, "char": 2}, {}).by(["char"]).tokens -> {"char": 2}
        """
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
