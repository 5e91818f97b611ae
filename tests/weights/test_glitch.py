"""Glitch: the indicators by hand and beside scikit-learn's components; what is known to be unused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.models import made_up, unsaid
from tests.support.shell import tokscope
from tests.support.tensors import written
from tokscope.registry import load
from tokscope.weights.glitch import Indicators, indicator_threshold, unused
from tokscope.weights.naming import Naming
from tokscope.weights.tensors import Tensor, open_tensors

BY_HAND = np.array([[1, 0], [0, 1], [0.1, 0.1], [3, 4]], np.float32)


def tensor(path: Path, rows: np.ndarray) -> Tensor:
    return open_tensors(str(written(path, {"a": rows})))["a"]


def test_by_hand(tmp_path: Path) -> None:
    found = Indicators.of(tensor(tmp_path / "a", BY_HAND), [2])
    np.testing.assert_allclose(found.cosine, [0.2929, 0.2929, 0, 0.0101], atol=1e-4)
    np.testing.assert_allclose(found.distance, [0.9055, 0.9055, 0, 4.8600], atol=1e-4)


@pytest.mark.slow  # scikit-learn takes a second to import
def test_beside_scikit_learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As arXiv:2405.05417 has it: the component of centred rows is taken out of the rows as they are."""
    from sklearn.decomposition import PCA

    monkeypatch.setattr("tokscope.weights.tensors.AT_ONCE", 100)
    rng = np.random.default_rng(2)
    rows = (rng.standard_normal((50, 8)) * [5, 1, 1, 1, 1, 1, 1, 1] + 2).astype(np.float32)
    known = [3, 11]
    found = Indicators.of(tensor(tmp_path / "a", rows), known)

    def cosine(vectors: np.ndarray) -> np.ndarray:
        mean = vectors[known].mean(axis=0)
        return 1 - vectors @ mean / (np.linalg.norm(vectors, axis=1) * np.linalg.norm(mean))

    first = PCA(1).fit(rows).components_[0]
    np.testing.assert_allclose(found.cosine, cosine(rows), atol=1e-5)
    np.testing.assert_allclose(found.without_mean, cosine(rows - rows.mean(axis=0)), atol=1e-5)
    np.testing.assert_allclose(found.without_first, cosine(rows - np.outer(rows @ first, first)), atol=1e-4)


def test_rows_of_zeros_have_no_direction(tmp_path: Path) -> None:
    rows = np.array([[0, 0], [1, 1], [2, 0]], np.float32)
    assert Indicators.of(tensor(tmp_path / "a", rows), [1]).cosine.tolist()[0] == 1


def test_what_is_known_to_be_unused(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    tokens = ["[UNK]", "a", "b", "...", "."]
    (tmp_path / "vocab.txt").write_text("\n".join(tokens))
    tokenizer = load(str(tmp_path / "vocab.txt"))

    def found(rows: np.ndarray, never: list[int]) -> tuple[list[int], str] | None:
        matrix = tensor(tmp_path / "a", rows.astype(np.float32))
        one = unused(matrix, Naming(tokenizer, matrix), never)
        return one and ([*one.ids], one.why)

    rows = rng.standard_normal((5, 3))
    assert found(rows, []) is None
    assert found(rows, [3]) == ([3], "1 row of tokens that no text is cut into")
    more = rng.standard_normal((7, 3))
    assert found(more, [3]) == ([5, 6], "2 rows that no token has")
    more[[1, 4]] = 0  # zeros are equal too, and say nothing
    assert found(more, [3]) == ([5, 6], "2 rows that no token has")
    more[[0, 2]] = more[3]
    assert found(more, []) == ([0, 2, 3], "3 rows that are the same vector")
    matrix = tensor(tmp_path / "a", rng.standard_normal((256, 3)).astype(np.float32))
    bytes_alone = unused(matrix, Naming(load("byte"), matrix), [])
    assert bytes_alone is not None
    assert (bytes_alone.ids[:3], len(bytes_alone.ids)) == ([0xC0, 0xC1, 0xF5], 13)


def test_the_threshold_is_that_of_numpy() -> None:
    assert indicator_threshold(np.arange(101, dtype=np.float32), range(101), 2) == 2


def test_the_command(tmp_path: Path) -> None:
    tokens = ["[UNK]", "[CLS]", *"abcdefgh", "..."]
    rows = np.random.default_rng(4).standard_normal((11, 3)).astype(np.float32)
    rows[[1, 5]] = rows[3]
    model = made_up(tmp_path / "m", tokens, {"embed_tokens.weight": rows})
    done = tokscope("weights", "glitch", model, "--format", "json", "--top", "2")
    payload = json.loads(done.out)
    assert (done.code, unsaid(done.err)) == (0, "")
    assert [(one["text"], one["unused"], one["category"]) for one in payload["results"]] == [
        ("b", True, "ok"),
        ("d", True, "ok"),
    ]
    assert payload["summary"]["indicator"] == "cosine distance"
    assert {one["category"]: one["tokens"] for one in payload["summary"]["categories"]} == {
        "ok": 8,
        "special": 2,
        "never": 1,
    }
    done = tokscope("weights", "glitch", model, "--category", "never")
    assert done.out.splitlines()[1].split("\t")[:2] == ["10", "..."]
    rows = np.random.default_rng(5).standard_normal((11, 3)).astype(np.float32)
    lone = made_up(tmp_path / "n", tokens[:-1], {"embed_tokens.weight": rows[:-1]})
    done = tokscope("weights", "glitch", lone, "--top", "1")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "name some with --unused" in done.err
    untied = {"embed_tokens.weight": rows, "lm_head.weight": -rows}
    done = tokscope("weights", "glitch", made_up(tmp_path / "o", tokens, untied), "--format", "json")
    payload = json.loads(done.out)
    assert payload["summary"]["indicator"] == "norm"
    assert payload["results"][0]["norm"] == pytest.approx(min(np.linalg.norm(rows[2:10], axis=1)))
    for wrong, says in {
        ("--category", "odd"): "--category odd: ok, special, partial, byte, never",
        ("--unused", "11"): "--unused 11: the last row is 10",
        ("--percent", "nan"): "nan is not a number",
    }.items():
        done = tokscope("weights", "glitch", model, *wrong)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
        assert says in done.err
