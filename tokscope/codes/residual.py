"""Residual quantization: a vector as one code of each level, each for what the levels before have left.

As in Juang and Gray (ICASSP 1982). The entries of the codes added up are the vector again, nearly.
tests/bench/concepts.py learned concepts.npz, and measures what it keeps.
"""

from __future__ import annotations

from typing import Any

from tokscope.codes.kmeans import nearest_codes


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
