"""Ledger: how many tokens the molecules or the graph of a file have, and what in it has none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from tokscope.errors import Flaw, InputError
from tokscope.inputs import Document
from tokscope.structure_files.stream import MAX_FLAWS, Structures, mismatch
from tokscope.structures.graph import NodeGraph
from tokscope.structures.molecule import Molecule
from tokscope.transcriber import Transcriber


class Ledger:
    """What one tokenizer counts of the structures of one file, as they come.

    Example: ledger = Ledger(load("smiles"), "a.smi"); ledger.add(Molecule("CCO")); ledger.tokens -> 3

    `flaws` are the first MAX_FLAWS of what was wrong, `flawed` is how many there were; `dropped` is what had
    no token. A `problem` says why the file is not for it; `left` that nobody asked it to be.
    """

    def __init__(self, transcriber: Transcriber, path: str) -> None:
        self.transcriber, self.path = transcriber, path
        self.tokens = self.dropped = self.structures = self.flawed = 0
        self.flaws: list[Flaw] = []
        self.problem = ""
        self.left = False

    def add(self, structure: Molecule | NodeGraph) -> None:
        """Count one more structure.

        Example: one = Ledger(load("smiles"), "a.smi"); one.add(Molecule("CCO")); one.tokens -> 3
        """
        try:
            found = self.transcriber.census_of(structure)
        except Flaw as flaw:
            self.refuse(structure.located(flaw, self.path))
            return
        self.structures += 1
        self.tokens += found.tokens
        self.dropped += found.dropped

    def add_record(self, text: str, number: int) -> None:
        """Count the structure that a record holds, of which the file has many.

        Example: one = Ledger(load("smiles"), "a.jsonl"); one.add_record("C(", 7); str(one.flaws[0]) ->
        "a.jsonl: record 7, column 2: a branch ( that is not closed"
        """
        try:
            for structure in self.transcriber.read([text] if text else [], literal=True):
                if isinstance(structure, Flaw):
                    raise structure
                found = self.transcriber.census_of(structure)
                self.structures += 1
                self.tokens += found.tokens
                self.dropped += found.dropped
        except Flaw as flaw:
            where = f", column {flaw.column:,}" if flaw.column else ""
            self.refuse(Flaw(f"record {number:,}{where}: {flaw.reason}", path=self.path))

    def refuse(self, flaw: Flaw) -> None:
        """Take note of a broken structure.

        Example: one = Ledger(load("smiles"), "a.smi"); one.refuse(Flaw("no SMILES")); one.flawed -> 1
        """
        self.flawed += 1
        if len(self.flaws) < MAX_FLAWS:
            self.flaws.append(flaw)

    @property
    def fields(self) -> dict[str, object]:
        """What is known beside the tokens, in JSON.

        Example: Ledger(load("smiles"), "a.smi").fields -> {"kind": "molecules", "structures": 0}
        """
        found = {"kind": str(self.transcriber.kind), "structures": self.structures}
        return found | {key: value for key in ("flawed", "dropped") if (value := getattr(self, key))}

    @property
    def notes(self) -> Iterator[str]:
        """What no figure includes."""
        if self.dropped:
            yield f"{self.path}: {self.transcriber.shown}: {self.transcriber.lost_members(self.dropped)}"


class Balance(NamedTuple):
    """What several tokenizers make of one file, a Ledger for each; what was wrong, and what is to be said.

    Example: Balance([Ledger(load("smiles"), "a.smi")]).ledgers[0].tokens -> 0
    """

    ledgers: Sequence[Ledger]
    chars: int = 0
    flaws: Sequence[InputError] = ()
    notes: Sequence[str] = ()


def count_structures(
    document: Document, chosen: Sequence[Transcriber], progress: Callable[[Document], None]
) -> Balance:
    """Count the structures of a document for each of some tokenizers. Raises InputError.

    Example: count_structures(document, [load("smiles"), load("selfies")], progress).ledgers[0].tokens -> 21

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
        found = Structures(document, mine[0].transcriber, partial(_refuse, mine))
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
        notes += (note for one in mine for note in one.notes)
        flaws += flaws_of(mine)
    return Balance(ledgers, chars, flaws, notes)


def counted_texts(
    path: str, texts: Iterable[str], chosen: Sequence[Transcriber]
) -> tuple[list[Ledger], Iterator[str]]:
    """Count structures that are in a document, each a text, while the texts are passed on to others.

    Example: ledgers, passed = counted_texts("a.csv", ["CCO", "C("], [load("smiles")]); list(passed)
    """
    ledgers = [Ledger(one, path) for one in chosen]

    def passing() -> Iterator[str]:
        for number, text in enumerate(texts, 1):
            for one in ledgers:
                one.add_record(text, number)
            yield text

    return ledgers, passing()


def _refuse(ledgers: Iterable[Ledger], flaw: Flaw) -> None:
    for one in ledgers:
        one.refuse(flaw)


def flaws_of(ledgers: Sequence[Ledger]) -> Iterator[InputError]:
    """Give what was wrong, each once, with who says so where not all do, and how much more there was.

    Example: str(next(flaws_of([ledger]))) -> "a.smi: line 3, column 5: a branch ( that is not closed"
    """
    known: dict[str, tuple[Flaw, list[str]]] = {}
    for one in ledgers:
        for flaw in one.flaws:
            known.setdefault(str(flaw), (flaw, []))[1].append(one.transcriber.shown)
    for flaw, names in known.values():
        some = f"{', '.join(names)}: " if len(names) < len(ledgers) else ""
        yield InputError(flaw.path, f"{some}{flaw.message}")
    for one in ledgers:
        if one.flawed > len(one.flaws):
            more = one.flawed - len(one.flaws)
            yield InputError(one.path, f"{one.transcriber.shown}: {more:,} more like these")
