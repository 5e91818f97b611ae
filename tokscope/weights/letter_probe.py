"""Letters: what the vector of a token knows of how the token is spelled.

The question is Kaushal and Mahowald's (2022, arXiv:2206.02608, experiment 1): for each letter, can a probe
tell from a token's vector whether the letter is in it? Balanced tokens for each letter, words of one stem all
in the training or all in the test part, F1 averaged over both answers (macro) and over the letters, and the
same probe on vectors dealt to the wrong tokens as a control. Their probe is a small network; this one is
Fisher's linear discriminant in closed form, one covariance and a threshold midway, which finds as much as
their network does and takes a second.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_lowercase
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import UsageError
from tokscope.tokenizer import Entry
from tokscope.weights.quants import Floats

ALPHABET = ascii_lowercase

TESTED = 0.2
"""The share of stems that is kept for testing."""

RIDGE = 1e-3
"""Added to the covariance's diagonal, as a share of its mean: a matrix of fewer tokens than dims has none."""

FEWEST = 10
"""How many tokens with a letter, and without, each part needs before its figure says anything."""


class Probed(NamedTuple):
    """What a probe for one letter finds among `tokens` that were kept back, half of which have it.

    Example: Probed("e", tokens=3210, f1=0.83, control=0.50, majority=0.33)

    The figures are macro F1, from 0 to 1: the probe's, and that of one on shuffled vectors. Always saying the
    same gives `majority`, a third, since the two answers are as frequent.
    """

    letter: str
    tokens: int
    f1: float
    control: float
    majority: float


def latin_tokens(entries: Sequence[Entry]) -> list[tuple[int, str]]:
    """Give the tokens that are words or pieces of Latin letters, by id, in lower case; at least two letters.

    Example: latin_tokens([Entry(5, b" King")]) -> [(5, "king")]
    """
    return [
        (entry.id, entry.data.decode().strip().lower())
        for entry in entries
        if not entry.special and re.fullmatch(rb" ?[A-Za-z]{2,}", entry.data)
    ]


def stems(words: Sequence[str]) -> list[str] | None:
    """Give the stem of each word, by Porter's second stemmer; None without the package that has it.

    Example: stems(["playing", "plays"]) -> ["play", "play"]
    """
    try:
        import snowballstemmer
    except ImportError:
        return None
    once = sorted({*words})
    found = dict(zip(once, snowballstemmer.stemmer("english").stemWords(once), strict=True))
    return [found[word] for word in words]


def probe(vectors: Floats, words: Sequence[str], *, seed: int = 0) -> list[Probed]:
    """Probe vectors for each letter of their words, in the order of the alphabet.

    Example: [one.f1 for one in probe(vectors, words)][:2] -> [0.82, 0.78]

    A letter with too few tokens is left out. Raises UsageError where that is every letter, and for vectors
    that are all the same.
    """
    rng = np.random.default_rng(seed)
    keys, numbers = np.unique(stems(words) or words, return_inverse=True)
    tested = rng.random(len(keys))[numbers] < TESTED
    has = np.array([[letter in word for word in words] for letter in ALPHABET], dtype=bool)
    parts = {
        letter: [_balance_classes(row & part, ~row & part, rng) for part in (~tested, tested)]
        for letter, row in zip(ALPHABET, has, strict=True)
    }
    probed = [i for i, letter in enumerate(ALPHABET) if min(map(len, parts[letter])) >= 2 * FEWEST]
    if not probed:
        raise UsageError("too few tokens of Latin letters for a probe: it needs some hundreds")
    has, chosen = has[probed], [parts[ALPHABET[i]] for i in probed]
    train, test = [one[0] for one in chosen], [one[1] for one in chosen]
    inverse = _inverse_covariance(vectors[~tested])
    orders = np.arange(len(vectors)), rng.permutation(len(vectors))
    scores = [_scores(vectors, order, inverse, has, train, test) for order in orders]
    return [
        Probed(ALPHABET[i], len(rows), f1, control, macro_f1(answers[rows], np.zeros(len(rows), dtype=bool)))
        for i, rows, answers, f1, control in zip(probed, test, has, *scores, strict=True)
    ]


def _scores(
    vectors: Floats,
    order: NDArray[np.intp],
    inverse: NDArray[np.float64],
    has: NDArray[np.bool_],
    train: Sequence[NDArray[np.intp]],
    test: Sequence[NDArray[np.intp]],
) -> list[float]:
    """Give the macro F1 of a probe for each letter, the vectors dealt to the words in some order."""
    shares = np.zeros((2, len(has), len(vectors)), np.float32)  # of each vector in the means with and without
    for i, (answers, rows) in enumerate(zip(has, train, strict=True)):
        for side, answer in enumerate((True, False)):
            members = rows[answers[rows] == answer]
            shares[side, i, order[members]] = 1 / len(members)
    with_it, without = (side @ vectors for side in shares)
    directions = (with_it - without) @ inverse
    midway = ((with_it + without) * directions).sum(axis=1) / 2
    said = vectors @ directions.T.astype(np.float32) > midway.astype(np.float32)
    return [
        macro_f1(answers[rows], said[order[rows], i])
        for i, (answers, rows) in enumerate(zip(has, test, strict=True))
    ]


def _balance_classes(
    yes: NDArray[np.bool_], no: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.intp]:
    """Choose as many rows with a letter as without."""
    with_it, without = np.flatnonzero(yes), np.flatnonzero(no)
    size = min(len(with_it), len(without))
    return np.concatenate(
        [rng.choice(with_it, size, replace=False), rng.choice(without, size, replace=False)]
    )


def _inverse_covariance(vectors: Floats) -> NDArray[np.float64]:
    """Invert the covariance of all vectors, once for all letters.

    Fisher's discriminant wants that within the two classes; theirs and this differ by a multiple of the
    outer product of the very direction that is looked for, so that both give the same direction. Raises
    UsageError where all vectors are the same.
    """
    centred = vectors - vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    scale = float(np.abs(centred).max())  # float32 has room for the squares of what is at most 1
    if not scale:
        raise UsageError("the vectors of all words are the same: they say nothing about letters")
    centred /= np.float32(scale)
    covariance = scale**2 / len(centred) * (centred.T @ centred).astype(np.float64)
    covariance[np.diag_indices_from(covariance)] += RIDGE * np.trace(covariance) / len(covariance)
    found: NDArray[np.float64] = np.linalg.inv(covariance)
    return found


def macro_f1(truth: NDArray[np.bool_], said: NDArray[np.bool_]) -> float:
    """Average the F1 of both answers; of one that is neither given nor true it is 0.

    Example: macro_f1(np.array([True, True, False, False]), np.array([True] * 4)) -> 0.333
    """
    scores = []
    for answer in (True, False):
        right = int(((said == answer) & (truth == answer)).sum())
        wrong = int((said != truth).sum())
        scores.append(2 * right / (2 * right + wrong) if right else 0.0)
    return sum(scores) / 2
