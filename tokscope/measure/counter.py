"""Counting documents: each is read once, and goes through every tokenizer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import add
from typing import TYPE_CHECKING, NamedTuple

from tokscope.batches import Batches, MeasuredRow, Progress
from tokscope.errors import InputError, NotText, Problem
from tokscope.inputs import Document
from tokscope.measure import AskedLater, Measurement, measure_media, measure_structures, of_ledger
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    from tokscope.structure_files.ledger import Ledger
    from tokscope.structure_files.stream import Said
    from tokscope.transcriber import Transcriber


def _transcribers(tokenizers: Sequence[Tokenizer]) -> list[Transcriber]:
    """Choose the tokenizers that take molecules or graphs; a command without any imports nothing for them."""
    if not any(one.takes_structures for one in tokenizers):
        return []
    from tokscope.transcriber import Transcriber

    return [one for one in tokenizers if isinstance(one, Transcriber)]


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
        self._texts = [one for one in tokenizers if not one.takes_structures]
        self._transcribers = _transcribers(tokenizers)
        self._batches = Batches[int](
            [(one.cut or one.stretches, one.count_all) for one in self._texts],
            *(add, 0),
            at_once=min((one.at_once for one in self._texts), default=1),
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
            from tokscope.structure_files.ledger import counted_texts, flaws_of

            ledgers, texts = counted_texts(document.path, texts, self._transcribers)
        self._expect(document.size or 0)
        self._batches.add_texts(document, texts, progress)
        if ledgers:
            self._flaws += flaws_of(ledgers)
        found = [of_ledger(one, 0, document.bytes_read) for one in ledgers]
        self._order.append(_DocumentRow(found, None if self._texts else []))

    def _of_structures(self, document: Document, progress: Progress) -> list[Measurement]:
        """Count molecules or a graph, and take note of what was wrong."""
        from tokscope.structure_files.stream import Said

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
        return [next(of_structures if one.takes_structures else of_texts) for one in self._tokenizers]

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
