"""Ledger: how many tokens the molecules or the graph of a file have, and what in it has none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from tokscope.errors import Flaw, InputError
from tokscope.inputs import Document
from tokscope.report.split import Cut
from tokscope.structures.graph import Graph
from tokscope.structures.molecule import Molecule
from tokscope.structures.reading import kind_of
from tokscope.tokenizer import Kind, Tokenizer
from tokscope.transcriber import Spelled, Transcriber
from tokscope.transcript import Transcript

SAID = 10
"""How many flaws of a file are told one by one."""


class Ledger:
    """What one tokenizer makes of the structures of one file, as they come.

    Example: ledger = Ledger(load("smiles"), "a.smi"); ledger.add(Molecule("CCO")); ledger.tokens -> 3

    `flaws` are the first SAID of what was wrong, `flawed` is how many there were; `dropped` is what had no
    token. A `problem` says why the file is not for it; `left` that nobody asked it to be.
    """

    def __init__(self, transcriber: Transcriber, path: str) -> None:
        self.transcriber, self.path = transcriber, path
        self.tokens = self.dropped = self.structures = self.flawed = 0
        self.flaws: list[Flaw] = []
        self.problem = ""
        self.left = False

    def add(self, structure: Molecule | Graph) -> None:
        """Count one more structure."""
        try:
            found = self.transcriber.census_of(structure)
        except Flaw as flaw:
            self.refuse(structure.located(flaw, self.path))
            return
        self.structures += 1
        self.tokens += found.tokens
        self.dropped += found.dropped

    def refuse(self, flaw: Flaw) -> None:
        """Take note of a structure that is none."""
        self.flawed += 1
        if len(self.flaws) < SAID:
            self.flaws.append(flaw)

    @property
    def fields(self) -> dict[str, object]:
        """What is known beside the tokens, in JSON."""
        found = {"kind": str(self.transcriber.kind), "structures": self.structures}
        return found | {key: value for key in ("flawed", "dropped") if (value := getattr(self, key))}


class Structures:
    """Reads the structures of a document once, for tokenizers of one kind.

    Example: for structure in Structures(document, load("smiles"), refuse): ...

    A Flaw, of a line that holds no structure, goes to `refuse`. `chars` are the characters read so far, `notes`
    say how graphs are taken. Raises InputError, a Flaw for a graph that is none.
    """

    def __init__(self, document: Document, like: Transcriber, refuse: Callable[[Flaw], None]) -> None:
        self.chars = 0
        self.notes: list[str] = []
        self._document, self._like, self._refuse = document, like, refuse

    def _blocks(self) -> Iterator[str]:
        for block in self._document.blocks():
            self.chars += len(block)
            yield block

    def __iter__(self) -> Iterator[Any]:
        path = self._document.path
        try:
            for one in self._like.read(self._blocks(), name=path, literal=path == "--text"):
                if isinstance(one, Flaw):
                    self._refuse(one.of(path))
                    continue
                if isinstance(one, Graph):
                    self.notes += (f"{path}: {note}" for note in one.taken)
                yield one
        except Flaw as flaw:
            raise flaw if flaw.path else flaw.of(path) from None


class Counted(NamedTuple):
    """What several tokenizers make of one file, a Ledger for each; what was wrong, and what is to be said."""

    ledgers: Sequence[Ledger]
    chars: int = 0
    flaws: Sequence[InputError] = ()
    notes: Sequence[str] = ()


def kind_in(document: Document) -> Kind | None:
    """Tell by its content what structures a file holds, Kind.TEXT for none; None of what was typed or piped.

    Example: kind_in(document_of("a.smi")) -> Kind.MOLECULES

    What is typed or piped is what the tokenizer takes: it has no name, and nobody else to be for. Raises
    InputError.
    """
    if document.path in ("-", "--text"):
        return None
    return Kind(kind_of(document.head().decode("utf-8", "replace"), document.path))


def counted(
    document: Document, chosen: Sequence[Transcriber], progress: Callable[[Document], None]
) -> Counted:
    """Count the structures of a document for each of some tokenizers. Raises InputError.

    Example: counted(document, [load("smiles"), load("selfies")], progress).ledgers[0].tokens -> 21

    A file is read once for all tokenizers of a kind. One that holds no structures of the kind is left out
    where a folder held it, and a problem where it was named.
    """
    ledgers = [Ledger(one, document.path) for one in chosen]
    flaws: list[InputError] = []
    notes: list[str] = []
    chars = 0
    for wanted in dict.fromkeys(one.kind for one in chosen):
        mine = [one for one in ledgers if one.transcriber.kind is wanted]
        if problem := mismatch(document, wanted):
            for one in mine:
                one.problem, one.left = problem, document.found
            continue
        found = Structures(document, mine[0].transcriber, lambda flaw, mine=mine: _refuse(mine, flaw))  # type: ignore[misc]
        try:
            for number, structure in enumerate(found):
                for one in mine:
                    one.add(structure)
                if not number % 1000:
                    progress(document)
        except Flaw as flaw:
            _refuse(mine, flaw)
        chars = found.chars
        notes += found.notes
        notes += (
            f"{document.path}: {one.transcriber.shown}: {one.transcriber.lost_members(one.dropped)}"
            for one in mine
            if one.dropped
        )
        flaws += flaws_of(mine)
    return Counted(ledgers, chars, flaws, notes)


def counted_texts(path: str, texts: Iterable[str], chosen: Sequence[Transcriber]) -> tuple[list[Ledger], Iterator[str]]:
    """Count structures that stand in a document, each a text, while the texts are passed on to others.

    Example: ledgers, passed = counted_texts("a.csv", ["CCO", "C("], [load("smiles")]); list(passed)
    """
    ledgers = [Ledger(one, path) for one in chosen]

    def passing() -> Iterator[str]:
        for number, text in enumerate(texts, 1):
            for one in ledgers:
                try:
                    for structure in one.transcriber.read([text] if text else [], literal=True):
                        if isinstance(structure, Flaw):
                            raise structure
                        before = one.flawed
                        one.add(structure)
                        if one.flawed > before and one.flaws and one.flawed == len(one.flaws):
                            one.flaws[-1] = _of_record(one.flaws[-1], number, path)
                except Flaw as flaw:
                    one.refuse(_of_record(flaw, number, path))
            yield text

    return ledgers, passing()


def _of_record(flaw: Flaw, number: int, path: str) -> Flaw:
    where = f", column {flaw.column:,}" if flaw.column else ""
    return Flaw(f"record {number:,}{where}: {flaw.reason}", path=path)


def _refuse(ledgers: Iterable[Ledger], flaw: Flaw) -> None:
    for one in ledgers:
        one.refuse(flaw)


def named(kind: Kind) -> str:
    """Name what a tokenizer takes.

    Example: named(Kind.GRAPH) -> "graphs"
    """
    return "graphs" if kind is Kind.GRAPH else str(kind)


def _called(kind: Kind) -> str:
    return {Kind.GRAPH: "a graph", Kind.TEXT: "a text"}.get(kind, str(kind))


def mismatch(document: Document, wanted: Kind) -> str:
    """Say why a document is not for a tokenizer that takes structures of a kind, "" where it is.

    Example: mismatch(document_of("a.md"), Kind.MOLECULES) -> "takes molecules, and this is a text"

    Raises InputError.
    """
    document.keep()  # it is looked at before it is read
    kind = kind_in(document)
    return "" if kind in (None, wanted) else f"takes {named(wanted)}, and this is {_called(kind)}"


class Refused:
    """Tells what is wrong with the structures of a document, the first SAID one by one.

    Example: with Refused("a.smi", console.problem) as refuse: refuse(flaw)
    """

    def __init__(self, path: str, report: Callable[[InputError], None]) -> None:
        self._path, self._report = path, report
        self._number = 0

    def __call__(self, flaw: InputError) -> None:
        """Tell of one more."""
        self._number += 1
        if self._number <= SAID:
            self._report(flaw)

    def __enter__(self) -> Refused:
        return self

    def __exit__(self, *error: object) -> None:
        if self._number > SAID:
            self._report(InputError(self._path, f"{self._number - SAID:,} more like these"))


class Said:
    """What no figure includes: files that are not for a tokenizer, and what else is to be said, each once.

    Example: said = Said(); said.left(load("smiles"), "a.md"); list(said.notes) ->
    ["smiles takes molecules; left out: a.md"]
    """

    def __init__(self) -> None:
        # what some tokenizers take -> these, and the files of a folder that are none
        self._left: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
        self._others: dict[str, None] = {}

    def left(self, one: Transcriber, path: str) -> None:
        """Take note of a file in a folder that is not for a tokenizer."""
        names, paths = self._left.setdefault(named(one.kind), ({}, {}))
        names[one.shown] = paths[path] = None

    def add(self, notes: Iterable[str]) -> None:
        """Take note of what is to be said."""
        self._others |= dict.fromkeys(notes)

    @property
    def notes(self) -> Iterator[str]:
        """What is to be said, a line each."""
        for what, (names, paths) in self._left.items():
            files = [*paths]
            shown = ", ".join(files[:5]) + (f" and {len(files) - 5:,} more" if len(files) > 5 else "")
            yield f"{', '.join(names)} take{'s' * (len(names) == 1)} {what}; left out: {shown}"
        yield from self._others


class Written(NamedTuple):
    """A structure of a document, and what each of several tokenizers makes of it; `place` says where it stood.

    Example: Written("a.smi:3", Molecule("CCO"), [(load("smiles"), transcript)])
    """

    place: str
    structure: Any
    transcripts: Sequence[tuple[Transcriber, Transcript]]

    @property
    def cuts(self) -> Iterator[Cut]:
        """The same for a report."""
        for one, found in self.transcripts:
            yield Cut(
                *(one.name, found.split, one.asked, self.place, one.exact),
                transcript=found,
                structure=self.structure,
            )


def written(
    document: Document,
    chosen: Sequence[Transcriber],
    report: Callable[[InputError], None],
    said: Said,
) -> Iterator[Written]:
    """Write the structures of a document as tokens, one after the other; a bad one is reported, the rest goes on.

    Example: [one.transcripts[0][1].size for one in written(document, [load("smiles")], print, Said())] -> [21, 3]

    The tokenizers all take the same kind. Raises InputError for a file that was named and holds none of it.
    """
    if mismatch(document, chosen[0].kind):
        refused(document, chosen, said)
        return
    dropped = dict.fromkeys(range(len(chosen)), 0)
    with Refused(document.path, report) as refuse:
        found = Structures(document, chosen[0], refuse)
        for structure in found:
            transcripts: list[tuple[Transcriber, Transcript]] = []
            for number, one in enumerate(chosen):
                try:
                    transcripts.append((one, one.transcribe(structure)))
                except Flaw as flaw:
                    located = structure.located(flaw, document.path)
                    refuse(_by(one, located) if len(chosen) > 1 else located)
                else:
                    dropped[number] += len(transcripts[-1][1].dropped)
            yield Written(_place(document, structure), structure, transcripts)
    said.add(found.notes)
    said.add(f"{one.shown}: {one.remark}" for one in chosen if one.remark)
    said.add(
        f"{document.path}: {chosen[number].shown}: {chosen[number].lost_members(lost)}"
        for number, lost in dropped.items()
        if lost
    )


def takers(document: Document, tokenizers: Sequence[Tokenizer]) -> list[list[Transcriber]]:
    """Choose who takes the structures of a document, those of a kind together; none for a text.

    Example: takers(document_of("a.smi"), [load("smiles"), load("char")]) -> [[Smiles, Spelled]]

    Tokenizers of text take molecules too, as SMILES. Raises InputError.
    """
    document.keep()
    kind = kind_in(document)
    wanted = [one.kind for one in tokenizers if isinstance(one, Transcriber)] or [Kind.MOLECULES]
    chosen = []
    for each in dict.fromkeys(wanted):
        spelled = each is Kind.MOLECULES
        if kind in (None, each):
            able = (
                one if isinstance(one, Transcriber) else Spelled(one) if spelled else None
                for one in tokenizers
            )
            chosen.append([one for one in able if one is not None and one.kind is each])
    return [some for some in chosen if some]


def refused(document: Document, tokenizers: Sequence[Tokenizer], said: Said) -> None:
    """Say that a document is for none of those tokenizers that take structures. Raises InputError if named.

    Example: refused(document_of("a.md"), [load("smiles")], said) raises "a.md: smiles: takes molecules, and ..."
    """
    for one in tokenizers:
        if isinstance(one, Transcriber):
            if not document.found:
                raise InputError(document.path, f"{one.shown}: {mismatch(document, one.kind)}")
            said.left(one, document.path)


def _by(one: Transcriber, flaw: Flaw) -> InputError:
    return InputError(flaw.path, f"{one.shown}: {flaw.message}")


def _place(document: Document, structure: Molecule | Graph) -> str:
    """Name a structure: the file, and the line of a molecule in it."""
    typed = document.path == "--text" and structure.line == 1
    return document.path if isinstance(structure, Graph) or typed else f"{document.path}:{structure.line}"


def counted_texts(path: str, texts: Iterable[str], chosen: Sequence[Transcriber]) -> tuple[list[Ledger], Iterator[str]]:
    """Count structures that stand in a document, each a text, while the texts are passed on to others.

    Example: ledgers, passed = counted_texts("a.csv", ["CCO", "C("], [load("smiles")]); list(passed)
    """
    ledgers = [Ledger(one, path) for one in chosen]

    def passing() -> Iterator[str]:
        for number, text in enumerate(texts, 1):
            for one in ledgers:
                try:
                    for structure in one.transcriber.read([text] if text else [], literal=True):
                        if isinstance(structure, Flaw):
                            raise structure
                        before = one.flawed
                        one.add(structure)
                        if one.flawed > before and one.flaws and one.flawed == len(one.flaws):
                            one.flaws[-1] = _of_record(one.flaws[-1], number, path)
                except Flaw as flaw:
                    one.refuse(_of_record(flaw, number, path))
            yield text

    return ledgers, passing()


def _of_record(flaw: Flaw, number: int, path: str) -> Flaw:
    where = f", column {flaw.column:,}" if flaw.column else ""
    return Flaw(f"record {number:,}{where}: {flaw.reason}", path=path)


def _refuse(ledgers: Iterable[Ledger], flaw: Flaw) -> None:
    for one in ledgers:
        one.refuse(flaw)


def named(kind: Kind) -> str:
    """Name what a tokenizer takes.

    Example: named(Kind.GRAPH) -> "graphs"
    """
    return "graphs" if kind is Kind.GRAPH else str(kind)


def _called(kind: Kind) -> str:
    return {Kind.GRAPH: "a graph", Kind.TEXT: "a text"}.get(kind, str(kind))


def mismatch(document: Document, wanted: Kind) -> str:
    """Say why a document is not for a tokenizer that takes structures of a kind, "" where it is.

    Example: mismatch(document_of("a.md"), Kind.MOLECULES) -> "takes molecules, and this is a text"

    Raises InputError.
    """
    document.keep()  # it is looked at before it is read
    kind = kind_in(document)
    return "" if kind in (None, wanted) else f"takes {named(wanted)}, and this is {_called(kind)}"


class Refused:
    """Tells what is wrong with the structures of a document, the first SAID one by one.

    Example: with Refused("a.smi", console.problem) as refuse: refuse(flaw)
    """

    def __init__(self, path: str, report: Callable[[InputError], None]) -> None:
        self._path, self._report = path, report
        self._number = 0

    def __call__(self, flaw: InputError) -> None:
        """Tell of one more."""
        self._number += 1
        if self._number <= SAID:
            self._report(flaw)

    def __enter__(self) -> Refused:
        return self

    def __exit__(self, *error: object) -> None:
        if self._number > SAID:
            self._report(InputError(self._path, f"{self._number - SAID:,} more like these"))


def transcripts(
    document: Document,
    one: Transcriber,
    report: Callable[[InputError], None],
    say: Callable[[str], None],
) -> Iterator[tuple[Any, Transcript]]:
    """Write the structures of a document as tokens, one after the other; a bad one is reported, the rest goes on.

    Example: [found.size for _, found in transcripts(document, load("smiles"), print, print)] -> [21, 3]

    What is left out is said. Raises InputError for a file that was named and holds no such structures.
    """
    if problem := mismatch(document, one.kind):
        if not document.found:
            raise InputError(document.path, f"{one.shown}: {problem}")
        say(f"{one.shown} takes {named(one.kind)}; left out: {document.path}")
        return
    dropped = 0
    with Refused(document.path, report) as refuse:
        found = Structures(document, one, refuse)
        for structure in found:
            try:
                written = one.transcribe(structure)
            except Flaw as flaw:
                refuse(structure.located(flaw, document.path))
                continue
            dropped += len(written.dropped)
            yield structure, written
    for note in found.notes:
        say(note)
    if dropped:
        say(f"{document.path}: {one.shown}: {one.lost_members(dropped)}")


def flaws_of(ledgers: Iterable[Ledger]) -> Iterator[InputError]:
    """Give what was wrong, each once, with who says so where not all do, and how much more there was."""
    known: dict[str, tuple[Flaw, list[str]]] = {}
    every = list(ledgers)
    for one in every:
        for flaw in one.flaws:
            known.setdefault(str(flaw), (flaw, []))[1].append(one.transcriber.shown)
    for flaw, names in known.values():
        some = f"{', '.join(names)}: " if len(names) < len(every) else ""
        yield InputError(flaw.path, f"{some}{flaw.message}")
    for one in every:
        if one.flawed > len(one.flaws):
            yield InputError(one.path, f"{one.transcriber.shown}: {one.flawed - len(one.flaws):,} more like these")
