"""SMILES, MOL and SDF files, whatever the blocks they come in."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from tokscope.errors import Flaw
from tokscope.structures.molecule import Molecule, of_blocks, read_smiles, split_lines


def read(text: str, *, names: bool = True) -> list[tuple[str, int, int, str] | str]:
    found = read_smiles([text] if text else [], names=names)
    return [
        one.message if isinstance(one, Flaw) else (one.smiles, one.line, one.column, one.name)
        for one in found
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CCO", [("CCO", 1, 1, "")]),
        ("CCO ethanol\nC\n", [("CCO", 1, 1, "ethanol"), ("C", 2, 1, "")]),
        ("CCO\tethyl alcohol\r\nC\r\n", [("CCO", 1, 1, "ethyl alcohol"), ("C", 2, 1, "")]),
        ("\ufeffCCO a b\tc\n", [("CCO", 1, 1, "a b\tc")]),
        ("  CCO x", [("CCO", 1, 3, "x")]),
        ("smiles name\nC methane\n", [("C", 2, 1, "methane")]),
        ("C\nsmiles\n", [("C", 1, 1, ""), ("smiles", 2, 1, "")]),
        ("C\n\nO\n", [("C", 1, 1, ""), "line 2: an empty line, not a molecule", ("O", 3, 1, "")]),
        ("C\n \t\n", [("C", 1, 1, ""), "line 2: an empty line, not a molecule"]),
        ("", []),
    ],
)
def test_smiles_files(text: str, found: list[object]) -> None:
    assert read(text) == found


def test_what_is_typed_has_no_names() -> None:
    assert read("CCO ethanol", names=False) == [("CCO ethanol", 1, 1, "")]


@given(st.text("CO \r\n", max_size=30), st.lists(st.integers(0, 30), max_size=4))
def test_blocks_may_end_anywhere(text: str, cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(text)]
    blocks = [text[start:end] for start, end in itertools.pairwise(bounds)]
    assert list(split_lines(blocks)) == list(split_lines([text]))
    assert list(split_lines([text])) == [
        line.removesuffix("\r") for line in text.removesuffix("\n").split("\n") if text
    ]


def test_sdf_and_mol() -> None:
    """A molecule of a block goes by RDKit's canonical SMILES; a damaged block is told with its line."""
    aspirin = Chem.MolToMolBlock(Chem.MolFromSmiles("OC(=O)c1ccccc1OC(C)=O"))
    block = aspirin.replace("\n", "aspirin\n", 1)
    text = f"{block}> <ID>\n7\n\n$$$$\n{aspirin}$$$$\n"
    one, two = of_blocks([text[:100], text[100:]])
    assert (one.smiles, one.name, one.line) == ("CC(=O)Oc1ccccc1C(=O)O", "aspirin", 1)
    assert (two.smiles, two.line) == (one.smiles, text[: len(block) + 20].count("\n"))
    (alone,) = of_blocks([aspirin])
    assert alone.smiles == one.smiles
    with pytest.raises(Flaw):
        _ = Molecule("", 5, 0, block=aspirin.replace(" C ", " Q7", 1)).smiles
