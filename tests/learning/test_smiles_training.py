"""BPE over SMILES: whole tokens, there and back, the same file each time."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path

import pytest

from tests.support.structures import nci
from tokscope import load
from tokscope.errors import Flaw, UsageError
from tokscope.learning.smiles_training import learn_smiles_bpe
from tokscope.structures.smiles import cut_smiles

CORPUS = nci()[:400]


def loaded(folder: Path, **options: object) -> object:
    (folder / "bpe.json").write_text(learn_smiles_bpe(CORPUS, 600, **options).to_str())  # type: ignore[arg-type]
    return load(f"hf:{folder / 'bpe.json'}")


def test_no_token_of_smiles_is_cut(tmp_path: Path) -> None:
    one = loaded(tmp_path)
    cut = 0
    for smiles in CORPUS:
        split = one.encode(smiles)  # type: ignore[attr-defined]
        assert set(split.ends) <= set(accumulate(map(len, cut_smiles(smiles))))
        assert one.decode(split.ids).decode() == smiles  # type: ignore[attr-defined]
        cut += len(split)
    assert cut < 0.5 * sum(len(cut_smiles(smiles)) for smiles in CORPUS)  # it has learned something


def test_what_was_not_in_the_corpus_is_not_lost(tmp_path: Path) -> None:
    one = loaded(tmp_path)
    for text in ("[Xe+88]CC[nH3]", "CCO ethanol\nC%98C%98\n", "日本"):
        assert one.decode(one.encode(text).ids).decode() == text  # type: ignore[attr-defined]


def test_the_pair_that_occurs_most_often_is_merged_first() -> None:
    engine = learn_smiles_bpe(["CCO", "CCN", "CC"], 258)
    assert engine.encode("CCO").tokens == ["CC", "O"]
    brackets = learn_smiles_bpe(
        ["[nH]C[nH]C", "[nH]C"], 400
    )  # [nH] is a token, and C after it makes one with it
    assert brackets.encode("[nH]C").tokens == ["[nH]C"]


def test_the_same_corpus_gives_the_same_file() -> None:
    assert learn_smiles_bpe(CORPUS, 500).to_str() == learn_smiles_bpe(CORPUS, 500).to_str()
    assert learn_smiles_bpe(CORPUS, 500, special=["<s>"]).encode("<s>CC").ids[0] == 0


@pytest.mark.parametrize(
    ("corpus", "size", "error"),
    [([], 500, UsageError), (["C"], 500, UsageError), (CORPUS, 256, UsageError), (["C(C"], 500, Flaw)],
)
def test_what_cannot_be_learned(corpus: list[str], size: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        learn_smiles_bpe(corpus, size)
