"""A codebook of atoms: in the ranges, the same each time, and by what surrounds an atom."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

from tests.support.structures import nci
from tokscope import load
from tokscope.backends.molebert import AtomCodes, range_of
from tokscope.errors import BrokenTokenizer, Flaw, UsageError
from tokscope.learning.codes_of_atoms import learn_atom_codes

MOLS = [mol for smiles in nci()[:40] if (mol := Chem.MolFromSmiles(smiles)) is not None]


@pytest.fixture(scope="module")
def codes() -> AtomCodes:
    return learn_atom_codes(MOLS).codebook


def codes_of(codes: AtomCodes, smiles: str) -> list[int]:
    return codes.codes(Chem.MolFromSmiles(smiles))


def test_every_code_is_in_the_range_of_its_element(codes: AtomCodes) -> None:
    for mol in MOLS:
        for atom, code in zip(mol.GetAtoms(), codes.codes(mol), strict=True):
            assert code in range_of(atom.GetAtomicNum())
    assert not codes.known[[377, 433, 488, 511]].any()


def test_atoms_with_the_same_surroundings_have_the_same_code(codes: AtomCodes) -> None:
    assert len(set(codes_of(codes, "c1ccccc1"))) == 1
    one, two = codes_of(codes, "CC(=O)Oc1ccccc1C(=O)O"), codes_of(codes, "OC(=O)c1ccccc1OC(C)=O")
    assert sorted(one) == sorted(two)  # however the SMILES is written
    assert len(set(one)) > 6


def test_a_file_holds_all_of_it(codes: AtomCodes, tmp_path: Path) -> None:
    written = io.BytesIO()
    codes.save(written)
    again = io.BytesIO()
    learn_atom_codes(MOLS).codebook.save(again)
    assert again.getvalue() == written.getvalue()
    (tmp_path / "codes.npz").write_bytes(written.getvalue())
    one = load(f"molebert?codes={tmp_path / 'codes.npz'}")
    assert one.encode("CCO").ids == codes_of(codes, "CCO")
    assert one.count("CCO") == 3
    assert "your codebook, Mole-BERT's ranges" in one.trace("CCO").steps[0].says
    np.savez(tmp_path / "other.npz", rows=codes.rows)
    for content in (written.getvalue()[:-50], b"PK", (tmp_path / "other.npz").read_bytes()):
        (tmp_path / "bad.npz").write_bytes(content)
        with pytest.raises(BrokenTokenizer):
            load(f"molebert?codes={tmp_path / 'bad.npz'}")


def test_an_element_that_the_corpus_had_not(codes: AtomCodes) -> None:
    alone = learn_atom_codes([Chem.MolFromSmiles("CCC")]).codebook
    assert len(set(codes_of(alone, "CCC"))) == 2
    with pytest.raises(Flaw, match="no codes for nitrogen"):
        codes_of(alone, "CN")


def test_nothing_to_learn_from() -> None:
    with pytest.raises(UsageError):
        learn_atom_codes([])
