"""Rows: norms, neighbours, analogies and the plane, by hand on a model whose vectors are made up."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.models import made_up, unsaid
from tests.support.shell import tokscope
from tokscope.errors import UsageError
from tokscope.weights.rows import Analogy, Plane, nearest_rows

TOKENS = ["[UNK]", "king", "queen", "man", "woman", "##s", "apple", "日"]
ROWS = np.array(
    [
        [0, 0, 0],
        [1, 1, 0],
        [1, -1, 0.1],
        [0, 1, 0],
        [0, -1, 0.1],
        [3, 4, 0],
        [0, 0, 1],
        [0, 0.1, 2],
        [9, 9, 9],
    ],
    np.float32,
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up(tmp_path_factory.mktemp("model"), TOKENS, {"embed_tokens.weight": ROWS})


def found(model: Path, *arguments: str) -> dict[str, object]:
    done = tokscope("weights", "rows", model, *arguments, "--format", "json")
    assert (done.code, unsaid(done.err)) == (0, "")
    payload: dict[str, object] = json.loads(done.out)
    return payload


def test_norms_by_script_and_length(model: Path) -> None:
    payload = found(model)
    summary = payload["summary"]
    assert isinstance(summary, dict)
    assert summary["matrices"] == {
        "input": {"name": "embed_tokens.weight", "rows": 9, "dims": 3, "kind": "F32"}
    }
    assert (summary["tied"], summary["rows_without_token"]) == (False, 1)
    groups = {(one["by"], one["group"]): one for one in payload["results"]}  # type: ignore[attr-defined]
    assert groups["script", "Special"]["mean"] == 0
    assert groups["script", "Han"]["mean"] == pytest.approx(np.hypot(0.1, 2))
    latin = np.linalg.norm(ROWS[1:7].astype(float), axis=1)
    assert groups["script", "Latin"]["sd"] == pytest.approx(latin.std(), rel=1e-6)
    assert (groups["script", "Latin"]["tokens"], groups["script", "Latin"]["most"]) == (6, 5)
    assert groups["ids", "no token"]["mean"] == pytest.approx(np.sqrt(243))
    assert sum(one["tokens"] for (by, _), one in groups.items() if by == "bytes") == 8


def test_neighbours(model: Path) -> None:
    payload = found(model, "--token", "king", "--top", "2")
    assert [(one["text"], round(one["cosine"], 4)) for one in payload["results"]] == [  # type: ignore[attr-defined]
        ("s", round(7 / 5 / np.sqrt(2), 4)),
        ("man", round(1 / np.sqrt(2), 4)),
    ]
    assert payload["summary"]["token"]["norm"] == pytest.approx(np.sqrt(2))  # type: ignore[index]
    assert found(model, "--token", "##s")["summary"] == found(model, "--token", "s")["summary"]


def test_vectors_whose_squares_float32_has_no_room_for(tmp_path: Path) -> None:
    rows = ROWS.copy()
    rows[5] *= 1e20
    huge = made_up(tmp_path, TOKENS, {"embed_tokens.weight": rows})
    neighbours = found(huge, "--token", "##s")["summary"]
    assert isinstance(neighbours, dict)
    assert neighbours["token"]["norm"] == pytest.approx(5e20)
    assert neighbours["token"]["cosine"] == pytest.approx(1)


def test_an_analogy_with_and_without_its_words(model: Path) -> None:
    payload = found(model, "--analogy", "king - man + woman", "--top", "3")
    ranks = [(one["text"], one["rank"], one["rank_with_inputs"]) for one in payload["results"]]  # type: ignore[attr-defined]
    assert ranks[0] == ("queen", 1, 1)
    assert {rank for text, rank, _ in ranks if text in ("king", "man", "woman")} <= {None}
    assert [with_inputs for _, _, with_inputs in ranks] == [*range(1, len(ranks) + 1)]
    assert [rank for _, rank, _ in ranks if rank] == [1, 2, 3]


@pytest.mark.parametrize("text", ["king", "", "- king", "king -", "king - the man", "king + + man"])
def test_what_is_no_sum(text: str) -> None:
    with pytest.raises(UsageError, match=r"give words with . or - between"):
        Analogy.parse(text)


def test_equals_are_in_the_order_of_ids() -> None:
    assert nearest_rows(np.array([0.5, 0.9, 0.5, 0.9], np.float32), [3, 2, 1, 0], 3) == [1, 3, 0]


@pytest.mark.slow  # scikit-learn takes a second to import
def test_the_plane_is_scikit_learns() -> None:
    from sklearn.decomposition import PCA

    rows = np.random.default_rng(7).standard_normal((12, 5)).astype(np.float32) * [4, 2, 1, 1, 1]
    plane = Plane.of(rows.astype(np.float32))
    theirs = PCA(2).fit(rows)
    np.testing.assert_allclose(np.abs(plane.points), np.abs(theirs.transform(rows)), atol=1e-4)
    assert plane.share == pytest.approx(theirs.explained_variance_ratio_.sum(), abs=1e-5)
    assert all(points[np.abs(points).argmax()] > 0 for points in np.array(plane.points).T)
    assert Plane.of(np.array([[1, 1], [1, 1]], np.float32)) == Plane([(0, 0), (0, 0)], 1.0)


def test_words_are_drawn_each_with_its_name(model: Path) -> None:
    done = tokscope(
        *(
            "weights",
            "rows",
            model,
            "--words",
            "king queen",
            "--words",
            "apple",
            "--plot",
            "--format",
            "table",
        ),
        env={"COLUMNS": "80"},
    )
    assert (done.code, unsaid(done.err)) == (0, "")
    picture = done.out.partition("Two principal components")[2]
    assert all(f" {word}" in picture for word in ("king", "queen", "apple"))
    assert "k = king queen" in picture


@pytest.mark.slow
def test_words_in_a_picture(model: Path, tmp_path: Path) -> None:
    done = tokscope("weights", "rows", model, "--words", "king queen man woman", "-o", tmp_path / "a.svg")
    assert (done.code, unsaid(done.err)) == (0, "")
    assert (tmp_path / "a.svg").read_text().count(">queen<") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--token", "prince"], "'prince' is not one token of"),
        (["--analogy", "king - prince + man"], "'prince' is not one token of"),
        (["--words", "king"], "--words: name at least two"),
        (["--token", "king", "--analogy", "king - man + woman"], "questions of their own"),
        (["--plot"], "--plot draws words"),
        (["-t", "gpt2"], "gpt2 has ids up to 50,256, and embed_tokens.weight 9 rows"),
        (["-t", "word"], "has no vocabulary"),
        (["--tensor", "gone"], "--tensor gone"),
        (["-o", "a.svg"], "--plot draws words"),
        (["--token", "[UNK]"], "a vector of zeros has no neighbours"),
        (["--analogy", "king - king"], "a vector of zeros has no neighbours"),
        (["--token", "zzz"], "'zzz' is not one token of "),
        (["--token", "zzz"], "vocab.txt: it gives [UNK]"),
    ],
)
def test_what_cannot_be_asked(arguments: list[str], says: str, model: Path) -> None:
    done = tokscope("weights", "rows", model, *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert says in done.err


def test_without_numpy_the_error_says_what_to_install(model: Path, tmp_path: Path) -> None:
    import subprocess
    import sys

    program = (
        "import sys; sys.modules['numpy'] = None; from tokscope.cli import run; sys.exit(run(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "weights", "rows", str(model)], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'tokscope-cli[weights]'" in done.stderr
