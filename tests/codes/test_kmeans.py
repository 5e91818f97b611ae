"""k-means against what scikit-learn finds, and what it promises."""

from __future__ import annotations

import numpy as np
import pytest

from tokscope.codes.kmeans import fit_codes, nearest_codes


def inertia(vectors: np.ndarray, codes: np.ndarray) -> float:
    return float(((vectors - codes[nearest_codes(vectors, codes)]) ** 2).sum())


@pytest.mark.slow  # scikit-learn takes a second to import
def test_codes_fit_as_well_as_scikit_learns() -> None:
    from sklearn.cluster import KMeans

    random = np.random.RandomState(0)
    vectors = np.concatenate([random.standard_normal((200, 5)) + 8 * center for center in np.eye(5)])
    codes = fit_codes(vectors.astype(np.float32), 5)
    theirs = KMeans(5, n_init=5, random_state=0).fit(vectors).inertia_
    assert inertia(vectors, codes) == pytest.approx(theirs, rel=0.01)
    assert (fit_codes(vectors.astype(np.float32), 5) == codes).all()


def test_nearest_is_the_nearest() -> None:
    random = np.random.RandomState(1)
    vectors, codes = random.standard_normal((20_000, 3)), random.standard_normal((7, 3))
    distances = ((vectors[:, None] - codes) ** 2).sum(axis=2)
    assert (nearest_codes(vectors, codes) == distances.argmin(axis=1)).all()
    assert len(nearest_codes(vectors[:0], codes)) == 0


def test_fewer_vectors_than_codes_are_the_codes() -> None:
    vectors = np.array([[1.0, 2.0], [1.0, 2.0], [3.0, 4.0]])
    assert sorted(map(tuple, fit_codes(vectors, 9))) == [(1, 2), (3, 4)]
