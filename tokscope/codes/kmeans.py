"""k-means: vectors as the numbers of the codes that are nearest to them, and codes that fit vectors.

Lloyd's algorithm (IEEE Transactions on Information Theory 28 (1982), 129), begun as k-means++ (Arthur and
Vassilvitskii, SODA 2007).
"""

from __future__ import annotations

from typing import Any

ROUNDS = 25
"""How often codes are moved at most."""

_AT_ONCE = 1 << 14
"""How many vectors are compared with the codes at a time."""


def nearest_codes(vectors: Any, codes: Any) -> Any:
    """Give the index of the code nearest to each vector, the first of equals.

    Example: nearest_codes(np.array([[0.9, 0.0]]), np.array([[0.0, 0.0], [1.0, 0.0]])) -> [1]

    Both are arrays of numbers with a row each, of the same width.
    """
    import numpy as np

    squares = (codes**2).sum(axis=1)
    found = [
        (squares - 2 * vectors[at : at + _AT_ONCE] @ codes.T).argmin(axis=1)
        for at in range(0, len(vectors), _AT_ONCE)
    ]
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def fit_codes(vectors: Any, count: int, seed: int = 0) -> Any:
    """Learn at most `count` codes from vectors; fewer where there are fewer different vectors.

    Example: fit_codes(np.array([[0.0], [0.1], [9.0]]), 2) -> two codes, near 0.05 and 9

    The same vectors, in the same order, give the same codes.
    """
    import numpy as np

    different, how_many = np.unique(np.round(vectors, 4), axis=0, return_counts=True)
    if len(different) <= count:
        return different.astype(vectors.dtype)
    weights = how_many.astype(np.float64)
    codes = _started(np, different, weights, count, np.random.RandomState(seed))
    before = None
    for _ in range(ROUNDS):
        chosen = nearest_codes(different, codes)
        if before is not None and (chosen == before).all():
            break
        before = chosen
        held = np.bincount(chosen, weights, minlength=count)
        order = np.argsort(chosen, kind="stable")
        starts = np.flatnonzero(np.diff(chosen[order], prepend=-1))
        sums = np.add.reduceat(different[order] * weights[order, None], starts, axis=0)
        some = chosen[order][starts]
        codes[some] = (sums / held[some, None]).astype(codes.dtype)
    return codes


def _started(np: Any, vectors: Any, weights: Any, count: int, random: Any) -> Any:
    """Draw the first codes: each next one more likely the farther a vector is from those before."""
    first = random.choice(len(vectors), p=weights / weights.sum())
    chosen = [int(first)]
    far = ((vectors - vectors[first]) ** 2).sum(axis=1).astype(np.float64)
    for _ in range(count - 1):
        shares = far * weights
        shares[chosen] = 0
        total = shares.sum()
        if not total:
            break
        chosen.append(int(random.choice(len(vectors), p=shares / total)))
        far = np.minimum(far, ((vectors - vectors[chosen[-1]]) ** 2).sum(axis=1))
    return vectors[chosen].copy()
