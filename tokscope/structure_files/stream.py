"""Which structures a document holds, by its content, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tokscope.errors import Flaw, InputError, NotText, Problem
from tokscope.inputs import Document
from tokscope.inputs.binary import SNIFFED
from tokscope.structures.sniffing import structure_kind
from tokscope.tokenizer import Kind
from tokscope.transcriber import Transcriber

MAX_FLAWS = 10
"""How many flaws of a file are told one by one."""


def kind_in(document: Document) -> Kind | None:
    """Tell by its content what a file holds; None of what was typed or piped.

    Example: kind_in(document_of("a.smi")) -> Kind.MOLECULES

    What is typed or piped is what the tokenizer takes: it has no name, and nobody else could be meant. A pipe
    loses nothing. Raises InputError.
    """
    if document.path in ("-", "--text"):
        return None
    document.keep()
    try:
        head = next(document.blocks(), "")[:SNIFFED]
    except NotText as error:
        return Kind(error.kind)
    return Kind(structure_kind(head, document.path))


def mismatch(document: Document, wanted: Kind) -> str:
    """Say why a document is not for a tokenizer that takes structures of a kind, "" where it is.

    Example: mismatch(document_of("a.md"), Kind.MOLECULES) -> "takes molecules, and this is a text"

    Raises InputError.
    """
    kind = kind_in(document)
    return "" if kind in (None, wanted) else f"takes {wanted.several}, and this is {_kind_with_article(kind)}"


def _kind_with_article(kind: Kind | None) -> str:
    if kind is Kind.PDF:
        return "a PDF"
    return str(kind) if kind in (Kind.MOLECULES, Kind.SOUND) else f"a {kind}"


class Structures:
    """Reads the structures of a document once, for tokenizers of one kind.

    Example: for structure in Structures(document, load("smiles"), refuse): ...

    A Flaw, of a line that holds no structure, goes to `refuse`. `chars` are the characters read so far,
    `notes` say how graphs are taken. Raises InputError, a Flaw for a broken graph.
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
                said = (f"{path}: {note}" for note in one.taken)
                self.notes += [note for note in said if note not in self.notes]
                yield one
        except Flaw as flaw:
            raise flaw if flaw.path else flaw.of(path) from None


class Refusals:
    """Tells what is wrong with the structures of a document, the first MAX_FLAWS one by one.

    Example: with Refusals("a.smi", console.problem) as refuse: refuse(flaw)
    """

    def __init__(self, path: str, report: Problem) -> None:
        self._path, self._report = path, report
        self._number = 0

    def __call__(self, flaw: InputError) -> None:
        """Tell of one more."""
        self._number += 1
        if self._number <= MAX_FLAWS:
            self._report(flaw)

    def __enter__(self) -> Refusals:
        return self

    def __exit__(self, *error: object) -> None:
        if self._number > MAX_FLAWS:
            self._report(InputError(self._path, f"{self._number - MAX_FLAWS:,} more like these"))


class Said:
    """What no figure includes: files that are not for a tokenizer, and what else is to be said, each once.

    Example: said = Said(); said.left(load("smiles"), "a.md"); list(said.notes) ->
    ["smiles takes molecules; left out: a.md"]
    """

    def __init__(self) -> None:
        # what some tokenizers take -> these, and the files of a folder that are not
        self._left: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
        self._others: dict[str, None] = {}

    def left(self, one: Transcriber, path: str) -> None:
        """Take note of a file in a folder that is not for a tokenizer.

        Example: said = Said(); said.left(load("smiles"), "a.md"); list(said.notes) -> ["smiles takes
        molecules; left out: a.md"]
        """
        names, paths = self._left.setdefault(one.kind.several, ({}, {}))
        names[one.shown] = paths[path] = None

    def add(self, notes: Iterable[str]) -> None:
        """Take note of what is to be said.

        Example: said = Said(); said.add(["2 names left out"]); list(said.notes) -> ["2 names left out"]
        """
        self._others |= dict.fromkeys(notes)

    @property
    def notes(self) -> Iterator[str]:
        """What is to be said, a line each.

        Example: said = Said(); said.add(["a", "b", "a"]); list(said.notes) -> ["a", "b"]
        """
        for what, (names, paths) in self._left.items():
            files = [*paths]
            shown = ", ".join(files[:5]) + (f" and {len(files) - 5:,} more" if len(files) > 5 else "")
            yield f"{', '.join(names)} take{'s' * (len(names) == 1)} {what}; left out: {shown}"
        yield from self._others
