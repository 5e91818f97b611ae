"""Molecule: one molecule as a file has it, and the readers of SMILES, MOL and SDF files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from tokscope.errors import Flaw
from tokscope.structures.smiles import cut_smiles, heavy_atoms

HEADINGS = ("smiles", "canonical_smiles", "isomeric_smiles", "canonicalsmiles", "isosmiles")
"""What stands over the column of SMILES in files that have a heading."""


class Molecule:
    """One molecule: its SMILES, or the block of a MOL or SDF file that holds it, and where it stood.

    Example: Molecule("CCO", line=3, name="ethanol").smiles -> "CCO"

    `line` and `column` are where it begins, counted from 1; a block has lines of its own.
    """

    __slots__ = ("__dict__", "block", "column", "line", "name", "text")

    drawn_as = "molecule"
    """How it is drawn, see render.drawing."""

    def __init__(self, text: str, line: int = 1, column: int = 1, name: str = "", block: str = "") -> None:
        self.text, self.line, self.column, self.name, self.block = text, line, column, name, block

    @cached_property
    def smiles(self) -> str:
        """Its SMILES as it was written, or of a block the canonical one, which RDKit makes.

        Example: Molecule("OCC").smiles -> "OCC"

        Raises MissingExtra without RDKit, and Flaw for a block that is damaged.
        """
        if not self.block:
            return self.text
        from tokscope.structures.chem import canonical

        return canonical(self.block)

    @property
    def sizes(self) -> tuple[int, ...]:
        """What its tokens are divided by: itself, and its heavy atoms. Raises as smiles does."""
        return 1, heavy_atoms(cut_smiles(self.smiles))

    @property
    def taken(self) -> Iterator[str]:
        """Say what was made of it before it is tokenized, if anything was."""
        if self.block:
            yield "its SMILES are the canonical ones, as RDKit writes them"

    def located(self, flaw: Flaw, path: str) -> Flaw:
        """Say where in a file a flaw of this molecule is.

        Example: str(Molecule("CC(", line=4).located(Flaw("a branch", column=3), "a.smi")) -> "a.smi: line 4,
        column 3: a branch"
        """
        return flaw.of(path, self.line, self.column)

    def undrawable(self, path: str) -> Flaw | None:
        """Say why it cannot be drawn, None where it can: RDKit reads less than `smiles` cuts.

        Example: Molecule("C(C)(C)(C)(C)C").undrawable("a.smi") -> "a.smi: line 1, column 1: C with 5 ..."
        """
        from tokscope.structures.chem import mol

        try:
            mol(self.smiles, "a drawing of a molecule")
        except Flaw as flaw:
            return self.located(flaw, path)
        return None


def whole_lines(blocks: Iterable[str]) -> Iterator[str]:
    r"""Put blocks of text together so that each ends with a line; the last may end with the text.

    Example: list(whole_lines(["a\nb", "c", "\nd"])) -> ["a\n", "bc\n", "d"]
    """
    kept: list[str] = []
    for block in blocks:
        at = block.rfind("\n") + 1
        if at:
            yield "".join((*kept, block[:at]))
            kept.clear()
        kept.append(block[at:])
    if rest := "".join(kept):
        yield rest


def split_lines(blocks: Iterable[str]) -> Iterator[str]:
    r"""Cut blocks of text into lines, at \n alone, each without it and without a \r before it.

    Example: list(split_lines(["a\r\nb", "c\n"])) -> ["a", "bc"]
    """
    for text in whole_lines(blocks):
        for line in text.removesuffix("\n").split("\n"):
            yield line[:-1] if line.endswith("\r") else line


def read_smiles(blocks: Iterable[str], *, names: bool = True) -> Iterator[Molecule | Flaw]:
    """Read a SMILES file, a molecule a line, one after the other: memory does not grow with the file.

    Example: next(read_smiles(["CCO ethanol\\n"])).name -> "ethanol"

    A name may follow the SMILES after white space; without `names` the whole line is the SMILES. A heading
    ("smiles name") is not a molecule. An empty line is a Flaw, and so is what is left of a block without
    `$$$$`.
    """
    for number, line in enumerate(split_lines(blocks), 1):
        if number == 1:
            line = line.removeprefix("\ufeff")
        if not line or line.isspace():
            yield Flaw("an empty line, not a molecule", number)
        elif not names:
            yield Molecule(line, number)
        elif line[0] not in " \t":
            smiles, _, name = line.partition("\t") if "\t" in line else line.partition(" ")
            if " " in smiles:
                smiles, _, more = smiles.partition(" ")
                name = f"{more}\t{name}"
            if number > 1 or smiles.lower() not in HEADINGS:
                yield Molecule(smiles, number, 1, name)
        else:
            bare = line.lstrip(" \t")
            smiles, *rest = re.split(r"[ \t]", bare, maxsplit=1)
            yield Molecule(smiles, number, len(line) - len(bare) + 1, *rest)


def of_blocks(blocks: Iterable[str]) -> Iterator[Molecule]:
    """Read a MOL or an SDF file, a block of lines after the other, up to each `$$$$`.

    Example: [one.name for one in of_blocks([sdf])] -> ["aspirin"]

    The format: Dalby et al., J. Chem. Inf. Comput. Sci. 32 (1992), 244.
    """
    kept: list[str] = []
    first = 1
    number = 0
    for number, line in enumerate(split_lines(blocks), 1):
        if line.rstrip() == "$$$$":
            yield Molecule("", first, 0, kept[0].strip() if kept else "", "\n".join(kept) + "\n")
            kept, first = [], number + 1
        else:
            kept.append(line)
    if any(line.strip() for line in kept):
        yield Molecule("", first, 0, kept[0].strip(), "\n".join(kept) + "\n")
