"""Rows: how long the vectors of tokens are, and which lie close to each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import UsageError
from tokscope.tokenizer import Entry
from tokscope.weights.quants import Floats
from tokscope.weights.tensors import CLIP, Tensor, unit, vector_lengths

T = TypeVar("T")

Norms = NDArray[np.float64]
"""The lengths of vectors, for whose squares float32 may have no room."""


def norms(matrix: Tensor) -> Norms:
    """Give the length (L2 norm) of every row.

    Example: norms(OpenModel("SmolLM2-135M-Instruct.Q4_1.gguf").embedding).mean() -> 3.202
    """
    return np.concatenate([vector_lengths(rows) for _, rows in matrix.blocks()])


class Spread(NamedTuple):
    """The norms of some tokens: how many, their mean, standard deviation, least and most.

    Example: Spread.of(np.array([3.0, 5.0])) -> Spread(tokens=2, mean=4.0, sd=1.0, least=3.0, most=5.0)
    """

    tokens: int
    mean: float
    sd: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Norms) -> Spread:
        """Describe some norms, at least one.

        Example: Spread.of(np.array([3.0, 5.0])).mean -> 4.0
        """
        exact = values.astype(np.float64)
        return cls(len(exact), *map(float, (exact.mean(), exact.std(), exact.min(), exact.max())))


def spreads(norms: Norms, groups: Iterable[tuple[T, int]]) -> dict[T, Spread]:
    """Describe the norms of groups of rows, given as pairs of a group and a row.

    Example: spreads(norms, [("Latin", 0), ("Han", 1)])["Han"].mean
    """
    rows: dict[T, list[int]] = {}
    for group, row in groups:
        rows.setdefault(group, []).append(row)
    return {group: Spread.of(norms[members]) for group, members in rows.items()}


def cosines(matrix: Tensor, vector: Floats) -> Floats:
    """Give the cosine of every row with a vector.

    Example: cosines(matrix, matrix.rows([5])[0])[5] -> 1.0

    Raises UsageError for a vector of zeros, which has no direction.
    """
    if not vector.any():
        raise UsageError("a vector of zeros has no neighbours: name other words")
    wanted = unit(vector)
    return np.concatenate([_cosines(rows, wanted) for _, rows in matrix.blocks()])


def _cosines(rows: Floats, wanted: Floats) -> Floats:
    """Scale the products, which are fewer than the numbers, unless they have no room in float32."""
    with np.errstate(over="ignore", invalid="ignore"):
        products = rows @ wanted
    if not np.isfinite(products).all():
        return unit(rows) @ wanted
    found: Floats = (products / np.maximum(vector_lengths(rows), CLIP)).astype(np.float32)
    return found


def nearest_rows(found: Floats, allowed: Sequence[int], top: int) -> list[int]:
    """Give the rows with the highest cosines, the highest first and of equals the lower id; no others.

    Example: nearest_rows(np.array([0.1, 0.9, 0.5]), [0, 2], 1) -> [2]
    """
    ids = np.asarray(allowed, np.intp)
    if 0 < top < len(ids):  # only those that may be chosen are sorted
        ids = ids[found[ids] >= np.partition(found[ids], -top)[-top]]
    order = np.lexsort((ids, -found[ids]))
    chosen: list[int] = ids[order[:top]].tolist()
    return chosen


class Analogy(NamedTuple):
    """A sum of words, each with its sign.

    Example: Analogy.parse("king - man + woman").words -> [("king", 1), ("man", -1), ("woman", 1)]
    """

    words: Sequence[tuple[str, int]]

    @classmethod
    def parse(cls, text: str) -> Analogy:
        """Take a sum apart; there is white space around its signs. Raises UsageError for what is not one.

        Example: Analogy.parse("king - man + woman").words[1] -> ("man", -1)
        """
        first, *others = re.split(r"\s+([+-])\s+", text.strip())
        signs, words = others[::2], [first, *others[1::2]]
        if not signs or not all(words) or any(" " in word for word in words):
            raise UsageError(
                f"--analogy {text!r}: give words with + or - between them, like 'king - man + woman'"
            )
        return cls([*zip(words, [1, *(1 if sign == "+" else -1 for sign in signs)], strict=True)])

    def vector(self, entries: Sequence[Entry], matrix: Tensor) -> Floats:
        """Add the vectors up, each scaled to length 1 (Levy and Goldberg 2014, 3CosAdd).

        Example: Analogy.parse("king - man + woman").vector(entries, matrix).shape -> (768,)
        """
        signs = np.array([sign for _, sign in self.words], np.float32)
        found: Floats = signs @ unit(matrix.rows([entry.id for entry in entries]))
        return found


class Plane(NamedTuple):
    """Vectors drawn on the plane of their two principal components, and how much of the variance it has.

    Example: Plane.of(vectors).points[0] -> (0.8, -0.1)
    """

    points: Sequence[tuple[float, float]]
    share: float

    @classmethod
    def of(cls, vectors: Floats) -> Plane:
        """Find the plane of at least two vectors; each axis points where its largest coordinate is positive.

        Example: Plane.of(np.array([[0.0, 0.0], [2.0, 0.0]])).points -> [(-1.0, 0.0), (1.0, 0.0)]

        Without the last rule the signs of a principal component would be arbitrary.
        """
        centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
        left, singular, _ = np.linalg.svd(centred, full_matrices=False)
        places: NDArray[np.float64] = np.zeros((len(vectors), 2))
        kept = min(2, len(singular))
        places[:, :kept] = (left * singular)[:, :kept]
        for axis in range(kept):
            if places[np.abs(places[:, axis]).argmax(), axis] < 0:
                places[:, axis] *= -1
        whole = float((singular**2).sum())
        share = float((singular[:2] ** 2).sum()) / whole if whole else 1.0
        return cls([(float(x), float(y)) for x, y in places], share)
