"""The tokens that tokenizers make of the structures of a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tokscope.errors import Flaw, InputError, Problem
from tokscope.inputs import Document
from tokscope.report.split import Cut
from tokscope.structure_files.stream import Refusals, Said, Structures, kind_in, mismatch
from tokscope.structures.sniffing import Structure
from tokscope.tokenizer import Kind, Tokenizer
from tokscope.transcriber import Spelled, Transcriber
from tokscope.transcript import Transcript


class Written(NamedTuple):
    """A structure of a document, and what each of several tokenizers makes of it.

    Example: Written("a.smi:3", Molecule("CCO"), [(load("smiles"), transcript)])

    `place` says where it stood.
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


def takers(document: Document, tokenizers: Sequence[Tokenizer]) -> list[list[Transcriber]]:
    """Choose who takes the structures of a document, those of a kind together; none for a text.

    Example: takers(document_of("a.smi"), [load("smiles"), load("char")]) -> [[Smiles, Spelled]]

    Tokenizers of text take molecules too, as SMILES; without others what is typed is a text. Raises
    InputError.
    """
    document.keep()  # it is read for each kind
    kind = kind_in(document)
    wanted = [one.kind for one in tokenizers if isinstance(one, Transcriber)]
    chosen: list[list[Transcriber]] = []
    for each in dict.fromkeys(wanted or [Kind.MOLECULES]):
        if kind is each or (kind is None and wanted):
            able = [_taking(one, each) for one in tokenizers]
            chosen.append([one for one in able if one is not None])
    return [some for some in chosen if some]


def _taking(one: Tokenizer, kind: Kind) -> Transcriber | None:
    if isinstance(one, Transcriber):
        return one if one.kind is kind else None
    return Spelled(one) if kind is Kind.MOLECULES else None


def refuse_structures(document: Document, tokenizers: Sequence[Tokenizer], said: Said) -> None:
    """Say that a document is for none of those tokenizers that take structures. Raises InputError if named.

    Example: refuse_structures(document_of("a.md"), [load("smiles")], said) raises "a.md: smiles: takes
    molecules, ..."
    """
    for one in tokenizers:
        if isinstance(one, Transcriber):
            if not document.found:
                raise InputError(document.path, f"{one.shown}: {mismatch(document, one.kind)}")
            said.left(one, document.path)


def write_structures(
    document: Document,
    chosen: Sequence[Transcriber],
    report: Problem,
    said: Said,
) -> Iterator[Written]:
    """Write the structures of a document as tokens, one after the other; a bad one is reported.

    Example: [one.transcripts[0][1].size for one in write_structures(document, [load("smiles")], print,
    Said())] -> [21, 3]

    The tokenizers all take the same kind. Raises InputError for a file that was named and holds none of it.
    """
    if mismatch(document, chosen[0].kind):
        refuse_structures(document, chosen, said)
        return
    dropped = [0] * len(chosen)
    with Refusals(document.path, report) as refuse:
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
            yield Written(_place_of_structure(document, structure), structure, transcripts)
    said.add(found.notes)
    said.add(f"{one.shown}: {one.remark}" for one in chosen if one.remark)
    said.add(
        f"{document.path}: {one.shown}: {one.lost_members(lost)}"
        for one, lost in zip(chosen, dropped, strict=True)
        if lost
    )


def _by(one: Transcriber, flaw: Flaw) -> InputError:
    return InputError(flaw.path, f"{one.shown}: {flaw.message}")


def _place_of_structure(document: Document, structure: Structure) -> str:
    """Name a structure: the file, and the line of a molecule in it."""
    typed = document.path == "--text" and structure.line == 1
    return f"{document.path}:{structure.line}" if structure.line and not typed else document.path
