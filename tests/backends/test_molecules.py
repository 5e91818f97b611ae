"""Tokenizers of molecules: worked values, and the contract on molecules that RDKit ships."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rdkit import Chem

from tests.support.structures import SPECS, assert_contract, flaw_of, nci, transcriber
from tokscope import load
from tokscope.errors import BrokenTokenizer, Flaw, TokenizerError, UnknownId, Unsupported, UsageError
from tokscope.structures.molecule import Molecule
from tokscope.structures.smiles import cut_smiles
from tokscope.tokenizer import Kind
from tokscope.transcriber import Spelled

# selfies 2.2.0, len_selfies(encoder(smiles)); the second of its README, 2025.
SELFIES = {
    "CCO": 3,
    "c1ccccc1": 8,
    "CC(=O)Oc1ccccc1C(=O)O": 19,
    "CC(=O)OC1=CC=CC=C1C(=O)O": 19,
    "C[C@@H](N)C(=O)O": 10,
    "ClCCBr": 4,
    "[Na+].[Cl-]": 3,
    "F/C=C/F": 4,
    "C1CCCCC%12CCCCC1CCCC%12": 19,
    "O=C=O": 3,
    "N#N": 2,
    "[13CH4]": 1,
    "c1cc[se]c1": 7,
    "[nH]1cccc1": 7,
    "COc1cccc(OC)c1": 14,
    "[O-]S(=O)(=O)[O-].[Cu+2]": 11,
    "": 0,
}

# A4Bio/GraphsGPT (8d7db775), data/tokenizer.py: its own functions, run with a bond_dict of any numbers.
GRAPHSGPT = {
    "CCO": 5,
    "C1CC1": 6,
    "C[C@@H](N)C(=O)O": 11,
    "c1ccccc1": 12,
    "CC(=O)Oc1ccccc1C(=O)O": 26,
    "CN1C=NC2=C1C(=O)N(C(=O)N2C)C": 29,
    "C": 0,
    "O": 0,
    "[Na+].[Cl-]": 0,
    "CCO.C": 5,
}

# junxia97/Mole-BERT (2feff8a3), vqvae.py, get_code_indices: a token an atom, in the range of its element.
CARBON, NITROGEN, OXYGEN, OTHERS = range(377), range(378, 433), range(434, 488), range(489, 511)
MOLEBERT = {
    "CCO": [CARBON, CARBON, OXYGEN],
    "c1ccccc1": [CARBON] * 6,
    "C[C@@H](N)C(=O)O": [CARBON, CARBON, NITROGEN, CARBON, OXYGEN, OXYGEN],
    "[Na+].[Cl-]": [OTHERS] * 2,
    "[H]OC": [OXYGEN, CARBON],
    "[2H]C": [OTHERS, CARBON],
}


@pytest.mark.parametrize(
    ("spec", "smiles", "count"),
    [("selfies", smiles, count) for smiles, count in SELFIES.items()]
    + [("graphsgpt", smiles, count) for smiles, count in GRAPHSGPT.items()]
    + [("molebert", smiles, len(ranges)) for smiles, ranges in MOLEBERT.items()]
    + [("smiles:char", smiles, len(smiles)) for smiles in SELFIES],
)
def test_worked_counts(spec: str, smiles: str, count: int) -> None:
    one = transcriber(spec)
    assert one.count(smiles) == len(one.encode(smiles)) == count


def written(spec: str, smiles: str) -> list[str]:
    return [sign.text for sign in transcriber(spec).transcribe(Molecule(smiles)).signs]


def test_selfies_symbols() -> None:
    benzene = ["[C]", "[=C]", "[C]", "[=C]", "[C]", "[=C]", "[Ring1]", "[=Branch1]"]
    assert written("selfies", "c1ccccc1") == benzene  # its README


def test_selfies_ids_are_those_of_its_own_test(tmp_path: Path) -> None:
    """aspuru-guzik-group/selfies, its test of vocabularies: [C].[C] becomes 3, 2, 3, 0, padded."""
    vocabulary = {"[nop]": 0, "[O]": 1, ".": 2, "[C]": 3, "[F]": 4}
    (tmp_path / "v.json").write_text(json.dumps(vocabulary))
    one = load(f"selfies?vocab={tmp_path / 'v.json'}&pad=4")
    assert one.encode("C.C").ids == [3, 2, 3, 0]
    assert one.decode([3, 2, 3, 0]) == b"C.C"
    with pytest.raises(UnknownId):
        one.decode([9])
    with pytest.raises(Flaw, match=r"\[N\] has no id in"):
        one.encode("CN")
    assert [entry.data for entry in one.vocabulary()][:2] == [b"[nop]", b"[O]"]


def test_selfies_decodes_what_its_test_decodes() -> None:
    symbols = "[C][N][C][Branch1][C][P][C][C][Ring1][=Branch1]"
    transcript = transcriber("selfies").transcribe(Molecule("C1NC(P)CC1"))
    assert transcriber("selfies").restore(transcript) == "C1NC(P)CC1"
    assert "".join(sign.text for sign in transcript.signs) == symbols


def test_graphsgpt_sequences() -> None:
    one = transcriber("graphsgpt").transcribe(Molecule("CCO"))
    assert [sign.text for sign in one.signs] == ["C", "C-C", "C", "C-O", "O"]
    assert [sign.id for sign in one.signs] == [7, None, 7, None, 9]  # an atom is Z + 1
    assert [sign.why[:13] for sign in one.signs] == [f"identifier {n}," for n in (1, 0, 1, 0, 1)]
    positions = [sign.why.partition("position ")[2].partition(":")[0] for sign in one.signs]
    assert positions == ["(0, 0)", "(0, 1)", "(1, 1)", "(1, 2)", "(2, 2)"]
    alanine = transcriber("graphsgpt").transcribe(Molecule("C[C@@H](N)C(=O)O"))
    assert " ".join(sign.text for sign in alanine.signs) == "C C-C C C-N N C-C C C=O O C-O O"
    assert [sign.why.partition("position ")[2].partition(":")[0] for sign in alanine.signs[5:]] == [
        *("(1, 3)", "(3, 3)", "(3, 4)", "(4, 4)", "(3, 5)", "(5, 5)")
    ]
    for smiles, last in {
        "C1CC1": ["C-C (0, 2)"],
        "c1ccccc1": ["C:C (0, 5)"],
        "CC(=O)Oc1ccccc1C(=O)O": ["C:C (4, 9)"],
        "CN1C=NC2=C1C(=O)N(C(=O)N2C)C": ["C:N (1, 5)", "C:N (4, 11)"],
    }.items():
        signs = transcriber("graphsgpt").transcribe(Molecule(smiles)).signs[-len(last) :]
        assert [f"{sign.text} {sign.why.partition('position ')[2]}" for sign in signs] == last


def test_graphsgpt_says_what_it_drops() -> None:
    census = transcriber("graphsgpt").census_of(Molecule("CCO.C"))
    assert (census.tokens, census.dropped) == (5, 1)
    found = transcriber("graphsgpt").transcribe(Molecule("CCO.C"))
    assert [tuple(one) for one in found.dropped] == [("atom", 3)]


def test_graphsgpt_ids_with_a_file_of_bonds(tmp_path: Path) -> None:
    (tmp_path / "bonds.json").write_text('{"C-C": 0, "C-O": 3}')
    one = load(f"graphsgpt?bonds={tmp_path / 'bonds.json'}")
    assert one.encode("CCO").ids == [7, 120, 7, 123, 9]
    with pytest.raises(Flaw, match="C-N has no id"):
        one.count("CN")
    special = load("graphsgpt?words=2", special=True)
    assert written_by(special, "CO") == ["<word 1>", "<word 2>", "<bos>", "C", "C-O", "O"]


@pytest.mark.parametrize(("smiles", "column"), [("*CC", 1), ("CC[*:1]", 3), ("C(*)C", 3)])
@pytest.mark.parametrize("spec", ["graphsgpt", "molebert"])
def test_any_atom_has_no_number(spec: str, smiles: str, column: int) -> None:
    """Z + 1 would be BOS, and Mole-BERT's elements begin at 1."""
    one = transcriber(spec)
    for flawed in (one.transcribe, one.census_of):
        with pytest.raises(Flaw, match=r"\* is any atom") as raised:
            flawed(Molecule(smiles))
        assert raised.value.column == column


def written_by(one: object, smiles: str) -> list[str]:
    return [sign.text for sign in one.transcribe(Molecule(smiles)).signs]  # type: ignore[attr-defined]


def test_molebert_says_the_ranges() -> None:
    for smiles, ranges in MOLEBERT.items():
        signs = transcriber("molebert").transcribe(Molecule(smiles)).signs
        said = [f"a code from {one[0]} to {one[-1]}, not available" for one in ranges]
        assert [sign.why for sign in signs] == said
        assert {sign.id for sign in signs} == {None}


PART = [slice(0, 150), pytest.param(slice(150, None), marks=pytest.mark.slow)]


@pytest.mark.parametrize("part", PART, ids=["some", "all"])
@pytest.mark.parametrize("spec", SPECS[Kind.MOLECULES])
def test_contract(spec: str, part: slice) -> None:
    """Counts, order and coverage; and the way back, by the string or by the canonical SMILES."""
    one = transcriber(spec)
    taken = 0
    for smiles in [*COMPLICATED, *nci()[part]]:
        try:
            found = assert_contract(one, Molecule(smiles))
        except Flaw:
            continue  # another valence, another charge: what is refused is not in question
        taken += 1
        if spec.startswith("smiles"):
            assert one.restore(found) == smiles
            ends = [end for _, end in zip(found.signs, found.split.ends, strict=True)]
            assert ends == sorted(ends)
        elif spec == "selfies" and Chem.MolFromSmiles(smiles) is not None:  # which refuses some more
            assert Chem.CanonSmiles(one.restore(found)) == Chem.CanonSmiles(smiles)
    assert taken > 0.99 * len([*COMPLICATED, *nci()[part]]) - 2


COMPLICATED = [
    "[H]OC([2H])[H]",  # RDKit takes hydrogens in
    "CN(=O)=O.CC",  # is normalized, and its parts change places
    "c1ccccc1S(=O)c1ccccc1.CC",  # is made again
    "C1CC1.C1CC1",
    "CCCCCCCCCCCCCCCCCCC1CCCCCCCCCCCCCCCCCCCCC1",  # a ring of more than 16: two digits
    "C(C)(C)(C)C(C(C)(C)C)C(C)C",
    "O=[Cr](=O)([O-])O[Cr](=O)(=O)[O-].[K+].[K+]",
    "F/C=C/C=C\\F",
]


@pytest.mark.parametrize(
    ("smiles", "flaws"),
    {
        "C1CC": {
            "smiles": "column 2: ring 1",
            "selfies": "column 2: ring 1",
            "graphsgpt": "column 2: ring 1",
        },
        "CC(": {"smiles:char": "column 3: a branch (", "molebert": "column 3: a branch ("},
        "CN(C)(C)(C)C": {
            "smiles": "",  # the expression knows no chemistry
            "selfies": "column 2: N with 5 bonds: too many",
            "graphsgpt": "column 2: N with 5 bonds: too many",
            "molebert": "column 2: N with 5 bonds: too many",
        },
        "CCc1cccc1": {"selfies": "column 3: an aromatic ring", "molebert": "column 3: an aromatic ring"},
        "CC[Xx]": {"graphsgpt": "column 3: [Xx] is not an atom"},
        "C==C": {"graphsgpt": "column 3: a bond that lacks an atom"},
        "BrCC.Cl>>CCCl.Br": {
            "smiles": "",
            "selfies": "column 8: a reaction",
            "graphsgpt": "column 8: a reaction",
            "molebert": "column 8: a reaction",
        },
        "C*C": {"selfies": "column 2: * is any atom", "graphsgpt": "column 2: * is any atom"},
        "C$C": {"graphsgpt": "GraphsGPT has no quadruple bond", "selfies": "SELFIES cannot write it"},
    }.items(),
)
def test_what_is_no_molecule_is_told(smiles: str, flaws: dict[str, str]) -> None:
    for spec, why in flaws.items():
        found = flaw_of(spec, smiles)
        assert found.startswith(why)
        assert bool(found) == bool(why)


def test_a_text_is_a_molecule_a_line() -> None:
    assert load("smiles").count("CCO\r\nc1ccccc1\n") == 11
    assert load("smiles").count("") == 0
    with pytest.raises(Flaw, match="--text: line 2, column 3: white space") as raised:
        load("smiles").encode("C\nCC ethane")
    assert raised.value.line == 2


def test_a_tokenizer_of_text_on_molecules() -> None:
    """Each token stands for the atoms and bonds of the tokens of SMILES that it holds a part of."""
    for smiles in (*COMPLICATED, *nci()[:100]):
        for name in ("o200k_base", "char", "byte"):
            assert_contract(Spelled(load(name)), Molecule(smiles))
    one = Spelled(load("byte")).transcribe(Molecule("[nH]1cccc1")).signs
    assert [tuple(sign.members) for sign in one[:4]] == [(("atom", 0),)] * 4


def test_what_has_no_ids_says_where_some_are() -> None:
    for spec, cure in {
        "smiles": "vocab=FILE",
        "selfies": "train bpe --pattern smiles",
        "graphsgpt": "bond_dict.pkl",
        "molebert": "tokscope train molebert",
    }.items():
        with pytest.raises(Unsupported, match=cure.replace(".", r"\.")):
            load(spec).decode([1])


@pytest.mark.parametrize("content", ["a\na\n", '{"a": 1, "b": 1}', '{"a": -1}', '{"a": "x"}', "[1]", "\xff"])
def test_a_vocabulary_that_is_none(content: str, tmp_path: Path) -> None:
    (tmp_path / "v").write_text(content, "latin-1")
    if content == "[1]":  # a token, and a strange one
        assert load(f"smiles?vocab={tmp_path / 'v'}").vocab_size == 1
        return
    with pytest.raises(BrokenTokenizer):
        load(f"smiles?vocab={tmp_path / 'v'}")


def test_smiles_with_a_vocabulary_goes_there_and_back(tmp_path: Path) -> None:
    molecules = nci()[:100]
    alphabet = sorted({token for smiles in molecules for token in cut_smiles(smiles)})
    (tmp_path / "v.txt").write_text("\n".join(alphabet))
    one = load(f"smiles?vocab={tmp_path / 'v.txt'}")
    for smiles in molecules:
        split = one.encode(smiles)
        assert one.decode(split.ids or []).decode() == smiles
        assert one.count(smiles) == len(split)


@pytest.mark.parametrize("spec", ["smiles:x", "smiles?x=1", "selfies?pad=x", "molebert?codes=missing.npz"])
def test_bad_specs(spec: str) -> None:
    with pytest.raises((TokenizerError, UsageError)):
        load(spec)
