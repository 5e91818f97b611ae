"""Residual quantization: a vector as one code of each level, each for what the levels before have left.

As in Juang and Gray (ICASSP 1982). The codes of the levels added up are the vector again, nearly.
concepts.npz was learned by fit_levels() in tests/bench/concepts.py, which measures what it keeps.
"""

from __future__ import annotations

from typing import Any

from tokscope.codes.kmeans import fit_codes, nearest_codes


def quantized(vectors: Any, levels: Any) -> Any:
    """Give the code of each vector at each level.

    Example: quantized(np.array([[1.1]]), np.array([[[0.0], [1.0]], [[0.0], [0.1]]])) -> [[1, 1]]

    `vectors` has the shape (vectors, width), `levels` (levels, codes, width), the result (vectors, levels).
    """
    import numpy as np

    found = []
    for entries in levels:
        codes = nearest_codes(vectors, entries)
        vectors = vectors - entries[codes]
        found.append(codes)
    return np.stack(found, axis=1)


def restored(codes: Any, levels: Any) -> Any:
    """Add up the entries of codes, of shape (vectors, levels).

    Example: restored(np.array([[1, 1]]), np.array([[[0.0], [1.0]], [[0.0], [0.1]]])) -> [[1.1]]
    """
    return sum(entries[codes[:, level]] for level, entries in enumerate(levels))


def fit_levels(vectors: Any, levels: int, count: int, seed: int = 0) -> Any:
    """Learn `count` codes for each of `levels` from vectors, level by level.

    Example: fit_levels(vectors, levels=8, count=256).shape -> (8, 256, 256), for vectors of 256 numbers
    """
    import numpy as np

    found = []
    for level in range(levels):
        entries = fit_codes(vectors, count, seed + level)
        vectors = vectors - entries[nearest_codes(vectors, entries)]
        found.append(entries)
    return np.stack(found)
