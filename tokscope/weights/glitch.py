"""Glitch: tokens that a model has hardly seen, by where their vectors lie.

The indicators are those of Land and Bartolo 2024 (arXiv:2405.05417, section 3): a token that training never
touched keeps a vector like those of tokens that are known to be unused. With untied embeddings the main one
is the length of the input vector, which decays; with tied ones it is the cosine distance of the output vector
to the mean of the unused ones, since every row is pushed in every step, whether its token comes or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.text.encodings import NEVER_IN_UTF8
from tokscope.text.quantity import quantity
from tokscope.weights.naming import Naming
from tokscope.weights.quants import Floats
from tokscope.weights.tensors import CLIP, Tensor


class Indicators(NamedTuple):
    """How far each row is from the mean of the unused ones; small is suspicious.

    Example: Indicators.of(matrix, [2]).cosine[2] -> 0.0

    `cosine`, the same `without_mean`: of the rows less their mean, and `without_first`: of the rows less what
    they have of the first principal component; and the Euclidean `distance`.
    """

    cosine: Floats
    without_mean: Floats
    without_first: Floats
    distance: Floats

    @classmethod
    def of(cls, matrix: Tensor, unused: Sequence[int]) -> Indicators:
        """Go through a matrix, a block at a time, given the rows that are unused, at least one.

        Example: of [1, 0], [0, 1], [.1, .1] and [3, 4] with unused=[2] the cosines are .2929 .2929 0 .0101
        """
        mean, first = _moments(matrix)
        towards = matrix.rows(unused).mean(axis=0, dtype=np.float64)
        centred, across = towards - mean, towards - towards @ first * first
        columns: list[list[Floats]] = [[], [], [], []]
        for _, block in matrix.blocks():
            rows = block.astype(np.float64)
            along = rows @ first
            # what is taken from a row is at right angles to `across`, and its length follows from the row's
            squares = np.einsum("ij,ij->i", rows, rows)
            columns[0].append(_cosine_distance(rows @ towards, squares, towards))
            columns[2].append(_cosine_distance(rows @ across, squares - along**2, across))
            rows -= mean
            squares = np.einsum("ij,ij->i", rows, rows)
            columns[1].append(_cosine_distance(rows @ centred, squares, centred))
            rows -= centred
            columns[3].append(np.sqrt(np.einsum("ij,ij->i", rows, rows)).astype(np.float32))
        return cls(*map(np.concatenate, columns))


def _moments(matrix: Tensor) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the mean row and the first principal component."""
    width = matrix.shape[1]
    count, total, products = 0, np.zeros(width), np.zeros((width, width))
    for _, block in matrix.blocks():
        rows = block.astype(np.float64)
        count += len(rows)
        total += rows.sum(axis=0)
        products += rows.T @ rows
    mean = total / count
    _, vectors = np.linalg.eigh(products / count - np.outer(mean, mean))
    return mean, vectors[:, -1]


def _cosine_distance(
    products: NDArray[np.float64], squares: NDArray[np.float64], towards: NDArray[np.float64]
) -> Floats:
    lengths = np.sqrt(np.maximum(squares, 0)) * np.linalg.norm(towards)
    found: Floats = np.maximum(1 - products / np.maximum(lengths, CLIP), 0).astype(np.float32)
    return found


class Unused(NamedTuple):
    """Rows whose tokens are known to be unused, and how that is known.

    Example: Unused([0, 3, 5], "3 rows that are the same vector")
    """

    ids: Sequence[int]
    why: str


def unused(matrix: Tensor, naming: Naming, never: Sequence[int]) -> Unused | None:
    """Find rows that are unused, by the surest sign that there is; `never` are tokens that no text comes to.

    Example: unused(matrix, naming, []).why -> "13 rows that are the same vector"

    Rows that are equal to each other, and not of zeros, were never told apart; rows without a token never
    came; a byte that no UTF-8 has never comes, nor what no text is cut into. None without any of these.
    """
    by_id = naming.by_id
    bytes_of_no_text = [one.id for one in naming if len(one.data) == 1 and one.data[0] in NEVER_IN_UTF8]
    signs = (
        (_same(matrix), "that are the same vector"),
        ([row for row in range(matrix.shape[0]) if row not in by_id], "that no token has"),
        (bytes_of_no_text, "of bytes that no text has"),
        (list(never), "of tokens that no text is cut into"),
    )
    for ids, why in signs:
        if ids and np.linalg.norm(matrix.rows(ids).mean(axis=0)) > CLIP:
            return Unused(ids, f"{quantity(len(ids), 'row')} {why}")
    return None


def _same(matrix: Tensor) -> list[int]:
    """Give the rows of the largest group of equal ones that are not zero; none where all rows differ."""
    groups: dict[bytes, list[int]] = {}
    for row, digest in enumerate(matrix.digests()):
        groups.setdefault(digest, []).append(row)
    several = sorted((ids for ids in groups.values() if len(ids) > 1), key=len, reverse=True)
    return next((ids for ids in several if matrix.rows(ids[:1]).any()), [])


def indicator_threshold(
    indicator: Floats | NDArray[np.float64], ordinary: Sequence[int], percent: float
) -> float:
    """Give the figure below which this share of the ordinary tokens lies.

    Example: indicator_threshold(np.arange(101.0), range(101), 2) -> 2.0
    """
    return float(np.percentile(indicator[np.asarray(ordinary)], percent))
