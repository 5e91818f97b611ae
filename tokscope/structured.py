"""Ledger: how many tokens a file of molecules or a graph has, and what in it has none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from tokscope.errors import Flaw, InputError
from tokscope.inputs import Document
from tokscope.structures.graph import Graph
from tokscope.structures.molecule import Molecule
from tokscope.structures.reading import kind_of
from tokscope.tokenizer import Kind, Tokenizer
from tokscope.transcriber import Transcriber

SAID = 10
"""How many flaws of a file are told one by one."""


def transcribers(tokenizers: Sequence[Tokenizer]) -> list[Transcriber]:
    """Choose those that take molecules or graphs.

    Example: [one.name for one in transcribers([load("smiles"), load("char")])] -> ["smiles"]
    """
    return [one for one in tokenizers if isinstance(one, Transcriber)]


def structured(document: Document) -> Kind | None:
    """Tell by its content what structures a file holds, Kind.TEXT for none; None of what was typed or piped.

    Example: structured(document_of("a.smi")) -> Kind.MOLECULES

    What is typed or piped is what the tokenizer takes: it has no name, and nobody else to be for. Raises
    InputError.
    """
    if document.path in ("-", "--text"):
        return None
    return Kind(kind_of(document.head().decode("utf-8", "replace"), document.path))


class Ledger:
    """What one tokenizer makes of the structures of one file, as they come.

    Example: ledger = Ledger(load("smiles"), "a.smi"); ledger.add(Molecule("CCO")); ledger.tokens -> 3

    `flaws` are the first SAID of what was wrong, `flawed` is how many were; `dropped` is what had no token.
    """

    def __init__(self, transcriber: Transcriber, path: str) -> None:
        self.transcriber, self.path = transcriber, path
        self.tokens = self.dropped = self.structures = self.flawed = 0
        self.flaws: list[Flaw] = []

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
    def notes(self) -> Iterator[str]:
        """Say what no figure includes."""
        if self.dropped:
            yield f"{self.path}: {self.transcriber.shown}: {self.transcriber.lost_members(self.dropped)}"


class Structures:
    """Reads the structures of a document once, for several tokenizers of one kind.

    Example: for structure in Structures(document, load("smiles"), print): ...

    `flaws` goes to what is told of lines that hold no structure. `chars` are the characters read so far, `notes`
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
        document = self._document
        blocks = self._blocks()
        try:
            for one in self._like.read(blocks, name=document.path, literal=document.path == "--text"):
                if isinstance(one, Flaw):
                    self._refuse(one.of(document.path))
                    continue
                if isinstance(one, Graph):
                    self.notes += (f"{document.path}: {note}" for note in one.taken)
                yield one
        except Flaw as flaw:
            raise flaw if flaw.path else flaw.of(document.path) from None


def tallied(
    document: Document, chosen: Sequence[Transcriber], progress: Callable[[Document], None]
) -> tuple[list[Ledger], Structures]:
    """Count the structures of a document for tokenizers of one kind. Raises InputError.

    Example: tallied(document, [load("smiles"), load("selfies")], progress)[0][0].tokens -> 21
    """
    ledgers = [Ledger(one, document.path) for one in chosen]

    def refuse(flaw: Flaw) -> None:
        for ledger in ledgers:
            ledger.refuse(flaw)

    found = Structures(document, chosen[0], refuse)
    for number, structure in enumerate(found):
        for ledger in ledgers:
            ledger.add(structure)
        if not number % 1000:
            progress(document)
    return ledgers, found


def flaws_of(ledgers: Iterable[Ledger]) -> Iterator[InputError]:
    """Give what was wrong, each once, and how much more there was.

    Example: str(next(flaws_of([ledger]))) -> "a.smi: line 3, column 5: a branch ( that is not closed"
    """
    known: set[str] = set()
    for ledger in ledgers:
        for flaw in ledger.flaws:
            if str(flaw) not in known:
                known.add(str(flaw))
                yield flaw
        if ledger.flawed > len(ledger.flaws):
            more = ledger.flawed - len(ledger.flaws)
            yield InputError(ledger.path, f"{ledger.transcriber.shown}: {more:,} more that are no molecules")
