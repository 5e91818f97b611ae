"""SMILES against the published expression's counts, and against RDKit's atoms and bonds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from tests.support.structures import nci
from tokscope.errors import Flaw
from tokscope.structures.smiles import TOKEN, cut_smiles, heavy_atoms, scan

# The expression of github.com/pschwllr/MolecularTransformer, README (aeb339da, 2019), run on each.
COUNTS = {
    "CCO": 3,
    "c1ccccc1": 8,
    "CC(=O)Oc1ccccc1C(=O)O": 21,
    "CC(=O)OC1=CC=CC=C1C(=O)O": 24,
    "CN1C=NC2=C1C(=O)N(C(=O)N2C)C": 28,
    "C[C@@H](N)C(=O)O": 11,
    "ClCCBr": 4,
    "[Na+].[Cl-]": 3,
    "F/C=C/F": 7,
    "C1CCCCC%12CCCCC1CCCC%12": 19,
    "O=C=O": 5,
    "N#N": 3,
    "[13CH4]": 1,
    "c1cc[se]c1": 7,
    "[nH]1cccc1": 7,
    "COc1cccc(OC)c1": 14,
    "[O-]S(=O)(=O)[O-].[Cu+2]": 13,
    "BrCC.Cl>>CCCl.Br": 12,
}

FLAWS = {
    "C%(100)CC%(100)": (2, "a ring number in parentheses"),
    "CC C": (3, "white space"),
    "C[C H]": (4, "white space"),
    "C\tC": (2, "white space"),
    "CCO\u00a0": (4, "white space"),
    "CC(C": (3, "not closed"),
    "CC)C": (3, "closes no branch"),
    "C)C(": (2, "closes no branch"),
    "C1CCC2CC2": (2, "ring 1"),
    "C%11CC": (2, "ring 11"),
    "C[nH": (2, "a bracket [ that is not closed"),
    "C]": (2, "closes nothing"),
    "C[]": (2, "an empty bracket"),
    "CXC": (2, "'X'"),
    "CéC": (2, "'é'"),
    "C%1C": (2, "two digits"),
    "1CC1": (1, "at no atom"),
    "#": (1, "no atom"),
    "=.-": (1, "no atom"),
}


@pytest.mark.parametrize("smiles", COUNTS)
def test_published_counts(smiles: str) -> None:
    assert len(cut_smiles(smiles)) == COUNTS[smiles]
    assert "".join(cut_smiles(smiles)) == smiles


@pytest.mark.parametrize("smiles", FLAWS)
def test_what_is_no_smiles_is_told_with_its_column(smiles: str) -> None:
    column, why = FLAWS[smiles]
    with pytest.raises(Flaw) as raised:
        scan(smiles)
    assert raised.value.column == column
    assert why in raised.value.reason


@given(st.text(alphabet="CNOcno()[]=#1289%.@+-H \u00e9Bl", max_size=20))
def test_nothing_is_left_out_of_any_text(text: str) -> None:
    """The tokens are the text again, or it is refused; so the expression's own authors assert."""
    whole = "".join(TOKEN.findall(text)) == text and not any(char.isspace() for char in text)
    try:
        assert "".join(cut_smiles(text)) == text
        assert whole
    except Flaw as flaw:
        assert 1 <= flaw.column <= len(text) + 1


@pytest.mark.parametrize(
    "part", [slice(0, 600), pytest.param(slice(600, None), marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_atoms_and_bonds_are_rdkits(part: slice) -> None:
    """Also in their order, rings across the parts of a molecule included."""
    more = ["CCO.C1CC1.CC", "C12CC1C2.CC1CC1C", "C%11CC=1CCC1C%11", "F/C=C/F", "C1.C1", "C0CC0", "C%01CC1"]
    for smiles in [*more, *nci()[part]]:
        found = Chem.MolFromSmiles(smiles)
        read = scan(smiles)
        if found is not None and found.GetNumAtoms() == len(read.atoms):
            bonds = [{bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()} for bond in found.GetBonds()]
            assert [set(pair) for pair in read.bonds] == bonds, smiles
            assert heavy_atoms(read.tokens) == found.GetNumHeavyAtoms(), smiles


def test_what_tokens_stand_for() -> None:
    read = scan("C1CC=1")
    assert [[tuple(one) for one in members] for members in read.members] == [
        [("atom", 0)],
        [("bond", 2)],
        [("atom", 1), ("bond", 0)],
        [("atom", 2), ("bond", 1)],
        [("bond", 2)],
        [("bond", 2)],
    ]
    assert read.whys[1] == "opens ring 1, which atom 2 closes"
    assert read.whys[5] == "closes ring 1: the bond of atoms 0 and 2"
