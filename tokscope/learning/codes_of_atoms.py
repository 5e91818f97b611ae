"""Codes of atoms, learned from molecules: a codebook in the ranges of Mole-BERT, see backends/molebert.py.

Each atom gets a vector by what surrounds it (structures/atoms.py), and k-means finds the codes of each range
among the vectors of its elements. This does not train Mole-BERT's network, and its codes are not theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any, NamedTuple

from tokscope.backends.molebert import CODEBOOK_SIZE, RANGES, AtomCodes
from tokscope.codes.kmeans import fit_codes
from tokscope.errors import UsageError
from tokscope.structures.atoms import WIDTH, Atoms, Surroundings

MAX_LEARNED = 5000
"""From how many molecules codes are learned at most; of more, this many are drawn."""


class LearnedCodes(NamedTuple):
    """A codebook, and what it was learned from: `molecules` read, those `used` of them, and their `atoms`.

    Example: learn_atom_codes(molecules, 0).used -> 1000, of which the codebook was learned
    """

    codebook: AtomCodes
    molecules: int
    used: int
    atoms: int

    @property
    def counts(self) -> str:
        """How many codes each range has, in words.

        Example: "C 377 of 377, N 12 of 55, O 20 of 54, others 3 of 22"
        """
        names = {6: "C", 7: "N", 8: "O", 0: "others"}
        return ", ".join(
            f"{names[element]} {int(self.codebook.known[one.start : one.stop].sum())} of {len(one)}"
            for element, one in RANGES.items()
        )


def learn_atom_codes(mols: Iterable[Any], seed: int = 0) -> LearnedCodes:
    """Learn codes from molecules of RDKit; of more than MAX_LEARNED, those that a seed draws.

    Example: learn_atom_codes(mols).codebook.save(file)

    The same molecules in the same order give the same codes. Raises UsageError without an atom.
    """
    import numpy as np

    drawn: list[Any] = []
    random, number = Random(seed), 0
    for number, mol in enumerate(mols, 1):  # Vitter's algorithm R: memory does not grow with the corpus
        if len(drawn) < MAX_LEARNED:
            drawn.append(mol)
        elif (place := random.randrange(number)) < MAX_LEARNED:
            drawn[place] = mol
    atoms = Atoms.of(drawn)
    if not len(atoms.elements):
        raise UsageError("there are no atoms to learn from")
    scales, vectors = Surroundings(seed).learned(atoms)
    rows, known = np.zeros((CODEBOOK_SIZE, WIDTH), np.float32), np.zeros(CODEBOOK_SIZE, bool)
    kinds = np.array([one if one in RANGES else 0 for one in atoms.elements.tolist()], np.int64)
    for element, numbers in RANGES.items():
        mine = vectors[kinds == element]
        if len(mine):
            codes = fit_codes(mine, len(numbers), seed)
            rows[numbers.start : numbers.start + len(codes)] = codes
            known[numbers.start : numbers.start + len(codes)] = True
    return LearnedCodes(AtomCodes(seed, scales, rows, known), number, len(drawn), len(atoms.elements))
