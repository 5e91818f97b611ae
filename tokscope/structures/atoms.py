"""A vector for each atom of a molecule, by what surrounds it: Mole-BERT's network with random weights.

Mole-BERT's tokenizer (https://github.com/junxia97/Mole-BERT, 2feff8a3, vqvae.py) is a graph isomorphism
network of 5 layers (Xu et al. 2019, arXiv:1810.00826) over atomic number, chirality, bond type and bond
direction. Its trained weights are not available. With random ones, drawn from a seed and scaled by what a
corpus has (mean and deviation of each layer, as batch normalization does), atoms with the same surroundings
still get the same vector and others different ones, which is what codes are learned from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

LAYERS, WIDTH = 5, 64
"""The network's. Mole-BERT's is 300 wide; without training, 64 numbers tell atoms apart just as well."""

ELEMENT_KINDS, CHIRALITIES, BOND_KINDS, DIRECTIONS = 120, 4, 6, 3
"""How many kinds of each it tells apart; the last kind of bond is that of an atom to itself."""

_AT_ONCE = 1 << 13
"""How many atoms go through a layer at a time."""


class Scales(NamedTuple):
    """Mean and deviation of each layer's numbers over a corpus: two arrays of shape (LAYERS, WIDTH).

    Example: Surroundings(0).learned(Atoms.of([ethanol]))[0].means.shape -> (5, 64)
    """

    means: Any
    deviations: Any


class Atoms(NamedTuple):
    """The atoms of several molecules, and what is bound to what: arrays of whole numbers.

    Example: Atoms.of([ethanol]).elements -> [6, 6, 8]

    `ends` has a row for each bond and direction: the atom it leads to, and the one it comes from.
    """

    elements: Any
    chiralities: Any
    ends: Any
    bonds: Any
    directions: Any

    @classmethod
    def of(cls, mols: Sequence[Any]) -> Atoms:
        """Read molecules of RDKit.

        Example: Atoms.of([ethanol]).ends -> [[0, 1], [1, 0], [1, 2], [2, 1]]
        """
        import numpy as np

        elements: list[int] = []
        chiralities: list[int] = []
        rows: list[tuple[int, int, int, int]] = []
        for mol in mols:
            first = len(elements)
            for atom in mol.GetAtoms():
                elements.append(min(atom.GetAtomicNum(), ELEMENT_KINDS - 1))
                chiralities.append(min(int(atom.GetChiralTag()), CHIRALITIES - 1))
            for bond in mol.GetBonds():
                one, two = first + bond.GetBeginAtomIdx(), first + bond.GetEndAtomIdx()
                kind = {1.0: 0, 2.0: 1, 3.0: 2, 1.5: 3}.get(bond.GetBondTypeAsDouble(), 4)
                way = {3: 1, 4: 2}.get(int(bond.GetBondDir()), 0)  # up and down, of double bonds
                rows += [(one, two, kind, way), (two, one, kind, way)]
        table = np.array(rows, np.int64).reshape(-1, 4)
        table = table[np.argsort(table[:, 0], kind="stable")]
        return cls(
            np.array(elements, np.int64),
            np.array(chiralities, np.int64),
            table[:, :2],
            table[:, 2],
            table[:, 3],
        )


class Surroundings:
    """The network, its weights drawn from a seed.

    Example: Surroundings(0).vectors(Atoms.of([ethanol]), scales).shape -> (3, 64)
    """

    def __init__(self, seed: int) -> None:
        import numpy as np

        self._np = np
        random = np.random.RandomState(seed)  # whose numbers stay the same in every version

        def drawn(*shape: int, scale: float = 1.0) -> Any:
            return (random.standard_normal(shape) * scale).astype(np.float32)

        self._elements, self._chiralities = drawn(ELEMENT_KINDS, WIDTH), drawn(CHIRALITIES, WIDTH)
        self._layers = [
            (
                drawn(BOND_KINDS, WIDTH),
                drawn(DIRECTIONS, WIDTH),
                drawn(WIDTH, WIDTH, scale=(2 / WIDTH) ** 0.5),
                drawn(WIDTH, WIDTH, scale=(1 / WIDTH) ** 0.5),
            )
            for _ in range(LAYERS)
        ]

    def learned(self, atoms: Atoms) -> tuple[Scales, Any]:
        """Learn the scales of a corpus, and give the vectors that its atoms have by them.

        Example: Surroundings(0).learned(Atoms.of([ethanol]))[1].shape -> (3, 64)
        """
        np = self._np
        means, deviations = np.zeros((LAYERS, WIDTH), np.float32), np.ones((LAYERS, WIDTH), np.float32)
        rows = self._start(atoms)
        for number in range(LAYERS):
            rows = self._layer(number, atoms, rows)
            means[number] = rows.mean(axis=0)
            deviations[number] = np.maximum(rows.std(axis=0), 1e-3)
            rows = self._scaled(number, rows, means[number], deviations[number])
        return Scales(means, deviations), rows

    def vectors(self, atoms: Atoms, scales: Scales) -> Any:
        """Give the vector of each atom, as an array with a row for each.

        Example: Surroundings(0).vectors(Atoms.of([ethanol]), scales).shape -> (3, 64)
        """
        rows = self._start(atoms)
        for number in range(LAYERS):
            rows = self._layer(number, atoms, rows)
            rows = self._scaled(number, rows, scales.means[number], scales.deviations[number])
        return rows

    def _start(self, atoms: Atoms) -> Any:
        return self._elements[atoms.elements] + self._chiralities[atoms.chiralities]

    def _layer(self, number: int, atoms: Atoms, rows: Any) -> Any:
        """Add up what is bound to each atom, itself included, and take that through two matrices."""
        np = self._np
        bonds, directions, first, second = self._layers[number]
        sums = rows + bonds[BOND_KINDS - 1] + directions[0]
        if len(atoms.ends):
            coming = rows[atoms.ends[:, 1]] + bonds[atoms.bonds] + directions[atoms.directions]
            starts = np.flatnonzero(np.diff(atoms.ends[:, 0], prepend=-1))
            sums[atoms.ends[starts, 0]] += np.add.reduceat(coming, starts, axis=0)
        for at in range(0, len(sums), _AT_ONCE):
            some = sums[at : at + _AT_ONCE]
            sums[at : at + _AT_ONCE] = np.maximum(some @ first, 0) @ second
        return sums

    def _scaled(self, number: int, rows: Any, mean: Any, deviation: Any) -> Any:
        rows = (rows - mean) / deviation
        return rows if number == LAYERS - 1 else self._np.maximum(rows, 0)
