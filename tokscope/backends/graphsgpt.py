"""`graphsgpt`: the atoms and bonds of a molecule, as GraphsGPT's tokenizer writes them (extra [chem]).

https://github.com/A4Bio/GraphsGPT (8d7db775), data/tokenizer.py: bonds in RDKit's order, each with the atoms
at its ends that were not there before; an atom's id is its atomic number and 1, PAD is 0 and BOS 1. A bond's
id is its place in bond_dict.pkl, a file of Hugging Face that does not ship: bonds are shown by what they bind
(`C-C`, `C:C`, `C=O`), and ids are given only with `?bonds=FILE`, a JSON object {"C-C": 0, ...}. Charges and
stereochemistry are lost there as here, and so are atoms without a bond.

`--special` puts the model's graph words in front (`?words=8`), and BOS.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from tokscope.errors import Flaw, Unsupported
from tokscope.structures.alphabet import Alphabet
from tokscope.structures.chem import check_elements, members_of, mol, mol_with_places, normalize_groups, rdkit
from tokscope.structures.molecule import Molecule
from tokscope.structures.smiles import scan
from tokscope.tokenizer import Census, Kind
from tokscope.tokenizer.spec import Spec
from tokscope.transcriber import Transcriber
from tokscope.transcript import Member, Sign, Transcript

BOND_ORDERS = {1.0: "-", 1.5: ":", 2.0: "=", 3.0: "#"}
"""How a bond is written, by RDKit's number for its order."""

_FIRST_BOND = 119
"""The number in front of the first bond's id: the 118 elements, and 1."""


class GraphsGPT(Transcriber):
    """Atoms and bonds, each bond with its atoms.

    Example: [one.text for one in load("graphsgpt").transcribe(Molecule("CCO")).signs] ->
    ["C", "C-C", "C", "C-O", "O"]
    """

    kind = Kind.MOLECULES
    loses = ("isolated atom", "isolated atoms")
    how = (
        "bonds in RDKit's order, each with its atoms that are new; the ids of bonds are in bond_dict.pkl, "
        "which is not here"
    )

    def __init__(self, name: str, bonds: Alphabet | None = None, words: int | None = None) -> None:
        rdkit("graphsgpt")
        self.name = name
        self._bonds = bonds
        self._words = words
        self.vocab_size = None if bonds is None else _FIRST_BOND + 1 + bonds.size

    def transcribe(self, structure: Molecule) -> Transcript:
        """Write one molecule. Raises Flaw for what RDKit does not read, and for a bond that has no token."""
        before = mol_with_places(structure.smiles, "graphsgpt")
        check_elements(before, structure.smiles, "GraphsGPT")
        found = normalize_groups(before)
        read = scan(structure.smiles)
        members = members_of(found, read, before)
        numbers = {frozenset(pair): number for number, pair in enumerate(read.bonds)}
        signs = self._around()
        place: dict[int, int] = {}  # of each atom that has a token, in their order

        def write_atom(index: int) -> None:
            if index not in place:
                at = place[index] = len(place)
                atom = found.GetAtomWithIdx(index)
                why = f"identifier 1, position ({at}, {at}): new with this bond"
                signs.append(Sign(atom.GetSymbol(), atom.GetAtomicNum() + 1, members[index], why))

        for bond in found.GetBonds():
            first, last = sorted((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))
            write_atom(first)
            text = _bond_key(bond)
            number = None if self._bonds is None else _FIRST_BOND + 1 + self._bonds.number(text)
            which = numbers[frozenset((members[first][0].number, members[last][0].number))]
            why = f"identifier 0, position ({place[first]}, {place.get(last, len(place))})"
            signs.append(Sign(text, number, (Member("bond", which),), why))
            write_atom(last)
        alone = (members[index] for index in range(found.GetNumAtoms()) if index not in place)
        return Transcript(signs, [*chain.from_iterable(alone)])

    def _around(self) -> list[Sign]:
        """Give what comes before the molecule, where --special asks for it."""
        if self._words is None:
            return []
        words = [Sign(f"<word {n}>", None, (), "a graph word") for n in range(1, self._words + 1)]
        return [*words, Sign("<bos>", 1, (), "where the molecule begins")]

    def census_of(self, structure: Molecule) -> Census:
        """Count the tokens of one molecule: its bonds, and the atoms that have one."""
        if self._bonds is not None or self._words is not None:
            return super().census_of(structure)
        before = mol(structure.smiles, "graphsgpt")
        check_elements(before, structure.smiles, "GraphsGPT")
        found = normalize_groups(before)
        bonds = found.GetNumBonds()
        for bond in found.GetBonds():
            _bond_key(bond)
        alone = sum(not atom.GetDegree() for atom in found.GetAtoms())
        return Census(bonds + found.GetNumAtoms() - alone, dropped=alone)

    def no_ids(self) -> Unsupported:
        """Make the error for bonds that have no ids."""
        return Unsupported(
            f"{self.name}: the ids of bonds are in GraphsGPT's bond_dict.pkl, which tokscope does not have; "
            'as JSON, {"C-C": 0, ...}, give it with -t graphsgpt?bonds=FILE'
        )


def _bond_key(bond: Any) -> str:
    """Write a bond by what it binds, the lighter atom first. Raises Flaw for an order that has no token."""
    ends = sorted(
        (bond.GetBeginAtom(), bond.GetEndAtom()),
        key=lambda atom: atom.GetAtomicNum(),
    )
    order = BOND_ORDERS.get(bond.GetBondTypeAsDouble())
    if order is None:
        kind = str(bond.GetBondType()).lower()
        raise Flaw(f"GraphsGPT has no {kind} bond: it writes single, aromatic, double and triple ones")
    return f"{ends[0].GetSymbol()}{order}{ends[1].GetSymbol()}"


def load(spec: Spec) -> Transcriber:
    """Build the tokenizer of `graphsgpt`. Raises MissingExtra, and BrokenTokenizer for bad ids of bonds.

    Example: load(Spec("graphsgpt")).name -> "graphsgpt"
    """
    path = spec.text("bonds")
    words = spec.integer("words", 8, most=8) if spec.special else None
    return GraphsGPT(str(spec), None if path is None else Alphabet.read(path), words)
