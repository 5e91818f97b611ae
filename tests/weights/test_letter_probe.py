"""Letters: a probe finds what was put into vectors and nothing in noise; F1 beside scikit-learn's."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.models import made_up, unsaid
from tests.support.shell import tokscope
from tokscope.errors import UsageError
from tokscope.tokenizer import Entry
from tokscope.weights.letter_probe import ALPHABET, _inverse_covariance, latin_tokens, macro_f1, probe, stems

RNG = np.random.default_rng(6)
WORDS = ["".join(word) for word in product("abcdefgh", repeat=4)]
KNOWING = np.array([[letter in word for letter in "abcdefgh"] for word in WORDS], np.float32)


def test_what_is_in_vectors_is_found() -> None:
    noise = RNG.standard_normal((len(WORDS), 24)).astype(np.float32)
    mixed = KNOWING @ RNG.standard_normal((8, 24)).astype(np.float32) * 8 + noise
    found = probe(mixed, WORDS)
    assert "".join(one.letter for one in found) == "abcdefgh"  # the others are in no word
    assert all(one.f1 > 0.95 and 0.4 < one.control < 0.6 for one in found)
    assert [one.majority for one in found] == pytest.approx([1 / 3] * 8)
    assert all(0.4 < one.f1 < 0.6 for one in probe(noise, WORDS))
    assert probe(mixed, WORDS) == found  # the same in every run
    assert probe(mixed, WORDS, seed=1) != found
    assert [one.f1 for one in probe(mixed * np.float32(1e30), WORDS)] == [one.f1 for one in found]


def test_too_few_words_or_one_vector_say_nothing() -> None:
    with pytest.raises(UsageError, match="too few tokens of Latin letters"):
        probe(np.zeros((30, 2), np.float32), ["ab", "ba", "cd"] * 10)
    with pytest.raises(UsageError, match="all words are the same"):
        probe(np.ones((len(WORDS), 2), np.float32), WORDS)


def test_no_stem_is_in_both_parts() -> None:
    assert stems(["playing", "plays", "kings"]) == ["play", "play", "king"]


@pytest.mark.slow  # scikit-learn takes a second to import
def test_the_direction_is_fishers() -> None:
    """One covariance for all letters gives the discriminant that scikit-learn finds for one of them."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    rng = np.random.default_rng(5)  # of its own: the tests before it differ from run to run
    rows = rng.standard_normal((400, 5)).astype(np.float32) @ rng.standard_normal((5, 5)).astype(np.float32)
    has = np.arange(400) < 200
    rows[has] += [1, 0, 2, 0, 0]
    ours = _inverse_covariance(rows) @ (rows[has].mean(axis=0) - rows[~has].mean(axis=0))
    theirs = LinearDiscriminantAnalysis().fit(rows, has).coef_[0]
    assert ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs) > 0.9999


@pytest.mark.slow  # scikit-learn takes a second to import
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_macro_f1_beside_scikit_learn(pairs: list[tuple[bool, bool]]) -> None:
    from sklearn.metrics import f1_score

    truth, said = np.array(pairs).T
    theirs = f1_score(truth, said, average="macro", labels=[True, False], zero_division=0)
    assert macro_f1(truth, said) == pytest.approx(theirs)


def test_which_tokens_are_words() -> None:
    entries = [b" King", b"ing", b"a", b"a1", "é".encode() + b"ab", b"  ab", b"AB"]
    found = latin_tokens(
        [*(Entry(i, data) for i, data in enumerate(entries)), Entry(9, b"special", special=True)]
    )
    assert found == [(0, "king"), (1, "ing"), (6, "ab")]


def test_the_command(tmp_path: Path) -> None:
    rows = np.vstack([np.zeros((1, 8), np.float32), KNOWING])
    model = made_up(tmp_path / "m", ["[UNK]", *WORDS], {"embed_tokens.weight": rows})
    done = tokscope("weights", "letters", model, "--format", "json")
    payload = json.loads(done.out)
    assert (done.code, unsaid(done.err), payload["summary"]["words"]) == (0, "", 4096)
    assert [one["letter"] for one in payload["results"]] == list("abcdefgh")
    assert payload["summary"]["f1"] > 0.95
    assert len(ALPHABET) == 26
