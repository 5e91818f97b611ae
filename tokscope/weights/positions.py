"""Positions: the tables by which a model tells one position from another, and how alike two of them are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tokscope.errors import Unsupported
from tokscope.weights.architectures import first_layer
from tokscope.weights.model import OpenModel
from tokscope.weights.quants import Floats
from tokscope.weights.rope import Rope
from tokscope.weights.tensors import unit


class Positions(NamedTuple):
    """A row for each position, what kind of table it is, and the wavelengths of its pairs, in tokens.

    Example: sinusoidal(2, 4).table[1] -> [0.8415, 0.5403, 0.0100, 1.0000]
    """

    kind: str
    table: Floats
    wavelengths: Sequence[float] = ()

    def alike(self) -> Floats:
        """Give the cosine of every two positions.

        Example: sinusoidal(9, 64).alike()[3, 3] -> 1.0
        """
        rows = unit(self.table)
        found: Floats = rows @ rows.T
        return found

    def by_distance(self) -> list[float]:
        """Give the mean cosine of positions for each distance between them, from 0 on.

        Example: sinusoidal(9, 64).by_distance()[0] -> 1.0
        """
        found = self.alike()
        return [float(np.diagonal(found, distance).mean()) for distance in range(len(found))]


def sinusoidal(positions: int, dims: int) -> Positions:
    """Make the table of Vaswani et al. 2017 (arXiv:1706.03762): a sine and a cosine for each wavelength.

    Example: sinusoidal(3, 4).table[2] -> [0.9093, -0.4161, 0.0200, 0.9998]
    """
    turns = 10_000.0 ** -(np.arange(0, dims, 2) / dims)
    return _turning("sinusoidal", turns, positions)


def of_rope(rope: Rope, positions: int) -> Positions:
    """Make a table of RoPE's angles: the cosine of two rows is what turning leaves of a product, on average.

    Example: of_rope(rope, 32).wavelengths[0] -> 6.283

    A query and a key whose pairs are all equally long and point the same way have, at that distance, this
    share of their product.
    """
    return _turning("RoPE", rope.turns, positions)


def _turning(kind: str, turns: np.ndarray[tuple[int], np.dtype[np.float64]], positions: int) -> Positions:
    angles = np.outer(np.arange(positions), turns)
    table = np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(positions, -1)
    return Positions(kind, table.astype(np.float32), [float(2 * np.pi / turn) for turn in turns])


def learned_table(model: OpenModel, positions: int) -> Positions:
    """Read a model's own table, of at most `positions`.

    Example: learned_table(OpenModel("models/bert"), 32).kind -> "learned"

    Raises Unsupported for a model without one, and as first_layer() does.
    """
    layer = first_layer(model)
    if layer.added is not None:
        return Positions("learned", layer.added[:positions])
    if layer.rope is None:
        raise Unsupported(f"{model.path}: its first layer has no positions")
    return of_rope(layer.rope, positions)
