"""Molecules and graphs in the commands: whose a file is, what is left out, what is wrong and where."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

from tests.support.shell import peak, tokscope
from tests.support.structures import nci

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
BAD = "CCO ethanol\n\nC(C\nCCO.C two\nc1cccc1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.smi").write_bytes(f"{ASPIRIN} aspirin\r\nCCO\r\n".encode())
    (tmp_path / "g.graphml").write_text(
        '<graphml><graph edgedefault="directed"><node id="A"/><node id="B"/>'
        '<edge source="A" target="B"/></graph></graphml>'
    )
    (tmp_path / "n.md").write_text("hello world\n")
    (tmp_path / "film.smi").write_text("<SAMI>\n<BODY><SYNC Start=1>Hello\n")
    return tmp_path


def test_a_folder_counts_each_file_by_what_the_tokenizer_takes(folder: Path) -> None:
    done = tokscope("count", "-t", "smiles,selfies,llaga:nd,gpt-4o", ".", "--format", "json", cwd=folder)
    rows = {(one["path"], one["tokenizer"]): one["tokens"] for one in json.loads(done.out)["results"]}
    assert rows["a.smi", "smiles"] == 24
    assert rows["a.smi", "selfies"] == 22
    assert rows["g.graphml", "llaga:nd"] == 222
    assert rows["n.md", "smiles"] is None
    assert rows["film.smi", "smiles"] is None
    assert rows["n.md", "o200k_base"] == 3
    assert json.loads(done.out)["summary"]["tokens"]["smiles"] == 24
    assert done.code == 0
    assert "smiles, selfies take molecules; left out: film.smi, g.graphml, n.md" in done.err
    assert "llaga:nd takes graphs; left out: a.smi, film.smi, n.md" in done.err
    assert "g.graphml: directed: its edges are taken both ways" in done.err


def test_a_molecule_is_also_text(folder: Path) -> None:
    assert tokscope("count", "-t", "smiles", "a.smi", cwd=folder).out == "24\n"
    assert tokscope("count", "-t", "char", "a.smi", cwd=folder).out == "34\n"
    piped = tokscope("count", "-t", "smiles,byte", stdin=(folder / "a.smi").read_bytes())
    assert piped.out.splitlines()[-1].split() == ["24", str(len((folder / "a.smi").read_bytes())), "-"]


@pytest.mark.parametrize(
    ("spec", "path", "why"),
    [
        ("smiles", "n.md", "n.md: smiles: takes molecules, and this is a text"),
        ("smiles", "g.graphml", "g.graphml: smiles: takes molecules, and this is a graph"),
        ("smiles", "film.smi", "film.smi: smiles: takes molecules, and this is a text"),
        ("llaga:nd", "a.smi", "a.smi: llaga:nd: takes graphs, and this is molecules"),
        ("smiles", "missing.smi", "missing.smi: no such file"),
        ("llaga:nd?node=X", "g.graphml", "g.graphml: no node 'X'; there are 2, such as 'A', 'B'"),
    ],
)
def test_a_file_that_was_named_and_is_none(spec: str, path: str, why: str, folder: Path) -> None:
    for command in (["count"], ["check", "--budget", "9"], ["split"], ["stats"], ["encode"], ["trace"]):
        done = tokscope(*command, "-t", spec, path, cwd=folder)
        assert done.code == 2, command
        assert why.split(":")[-1] in done.err, command


def test_a_bad_line_is_named_and_the_rest_counted(tmp_path: Path) -> None:
    (tmp_path / "bad.smi").write_text(BAD)
    done = tokscope("count", "-t", "smiles,graphsgpt", "bad.smi", cwd=tmp_path)
    assert done.code == 2
    assert done.out.splitlines()[1].split() == ["≥15", "≥10", "bad.smi"]
    assert done.err.splitlines() == [
        "tokscope: bad.smi: line 2: an empty line, not a molecule",
        "tokscope: bad.smi: line 3, column 2: a branch ( that is not closed",
        "tokscope: bad.smi: graphsgpt: line 5, column 1: "
        "an aromatic ring that has no alternating double bonds",
        "tokscope: bad.smi: graphsgpt: 1 isolated atom dropped",
    ]
    fields = json.loads(tokscope("count", "-t", "smiles", "bad.smi", "--format", "json", cwd=tmp_path).out)
    (row,) = fields["results"]
    assert (row["kind"], row["structures"], row["flawed"], row["exact"]) == ("molecules", 3, 2, False)


@pytest.mark.parametrize("command", ["split", "encode -t llaga:nd?s=1", "stats", "compare", "trace"])
def test_every_command_names_a_bad_line_and_goes_on(command: str, tmp_path: Path) -> None:
    (tmp_path / "bad.smi").write_text(BAD.replace("c1cccc1\n", ""))
    if command.startswith("encode"):
        (tmp_path / "v.txt").write_text("C\nO\n.\n")
        command = "encode -t smiles?vocab=v.txt"
    else:
        command += " -t smiles"
    done = tokscope(*command.split(), "bad.smi", cwd=tmp_path)
    assert done.code == 2
    assert "bad.smi: line 2: an empty line" in done.err
    assert "bad.smi: line 3, column 2: a branch" in done.err
    assert done.out


def test_many_bad_lines_are_not_all_told(tmp_path: Path) -> None:
    (tmp_path / "bad.smi").write_text("CCO\n" + "C(\n" * 1000)
    for command in ("count", "split", "stats"):
        done = tokscope(command, "-t", "smiles", "bad.smi", cwd=tmp_path)
        assert done.code == 2
        assert len(done.err.splitlines()) == 11
        assert "990 more like these" in done.err


def test_what_is_typed() -> None:
    assert tokscope("count", "-t", "smiles", "-x", ASPIRIN).out == "21\n"
    assert tokscope("count", "-t", "smiles", "-x", "").out == "0\n"
    done = tokscope("count", "-t", "smiles", "-x", "CC O")
    assert (done.code, done.out) == (2, "")
    assert done.err == "tokscope: --text: line 1, column 3: white space inside a SMILES\n"


def test_records_may_be_molecules(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,smiles\n1,CCO\n2,C(\n3,C\n")
    done = tokscope("count", "--field", "smiles", "-t", "smiles,char", "a.csv", cwd=tmp_path)
    assert done.code == 2
    assert done.out.splitlines()[1].split() == ["≥4", "6", "a.csv"]
    assert "a.csv: record 2, column 2: a branch ( that is not closed" in done.err


def test_check_holds_molecules_and_graphs_to_budgets(folder: Path) -> None:
    assert tokscope("check", "--budget", "24", "-t", "smiles", "a.smi", cwd=folder).code == 0
    assert tokscope("check", "--budget", "23", "-t", "smiles", "a.smi", cwd=folder).code == 1
    assert tokscope("check", "--budget", "222", "-t", "llaga:nd", "g.graphml", cwd=folder).code == 0
    (folder / "bad.smi").write_text(BAD)
    done = tokscope("check", "--budget", "1000", "-t", "smiles", "bad.smi", cwd=folder)
    assert (done.code, "line 2: an empty line" in done.err) == (2, True)


def test_diff(folder: Path) -> None:
    (folder / "b.smi").write_text(f"{ASPIRIN}\nCCN\nC\n")
    done = tokscope("diff", "a.smi", "b.smi", "-t", "smiles", "--format", "json", cwd=folder)
    (row,) = json.loads(done.out)["results"]
    assert (row["before"], row["tokens"], row["delta"]) == (24, 25, 1)


def test_split_says_what_each_token_stands_for() -> None:
    done = tokscope("split", "-t", "graphsgpt", "-x", "CCO", "--format", "json")
    (result,) = json.loads(done.out)["results"]
    assert [token["text"] for token in result["split"]] == ["C", "C-C", "C", "C-O", "O"]
    assert [token["members"] for token in result["split"]][:2] == [[["atom", 0]], [["bond", 0]]]
    assert [token.get("id") for token in result["split"]] == [7, None, 7, None, 9]
    plain = tokscope("split", "-t", "smiles,selfies,gpt-4o", "-x", "C=O")
    assert plain.out.splitlines()[:5] == [
        "smiles\tC",
        "smiles\t=",
        "smiles\tO",
        "selfies\t[C]",
        "selfies\t[=O]",
    ]
    table = tokscope("split", "-t", "smiles,graphsgpt", "-x", "C=O", "--format", "table")
    assert table.out == "smiles  3 tokens exact\nC│=│O\n\ngraphsgpt  3 tokens exact\nC│C=O│O\n"


def test_split_draws_a_tree_of_hops(folder: Path) -> None:
    (folder / "five.edges").write_text("A B\nA C\nC D\nC E\n")
    done = tokscope(
        *("split", "five.edges", "-t", "llaga:nd?s=2", "--node", "A", "--format", "table"), cwd=folder
    )
    tree = "A\n├─ B\n│  ├─ A\n│  └─ [PAD]\n└─ C\n   ├─ "
    assert done.out.partition("\n")[2].startswith(tree)


def test_node_is_for_graphs(folder: Path) -> None:
    done = tokscope("split", "a.smi", "-t", "smiles", "--node", "A", cwd=folder)
    assert done.code == 2
    assert "--node is for nagphormer and llaga" in done.err


def test_features_as_npz(folder: Path) -> None:
    done = tokscope("split", "g.graphml", "-t", "nagphormer?hops=2", "-o", "f.npz", cwd=folder)
    assert done.code == 0
    assert "features are of the degree, one-hot" in done.err
    with np.load(folder / "f.npz") as file:
        assert file["features"].shape == (2, 3, 2)
        assert file["nodes"].tolist() == ["A", "B"]
        assert file["features"][0].tolist() == pytest.approx(np.array([[0, 1]] * 3))
    for spec, paths in (("graphgpt", ["g.graphml"]), ("nagphormer", ["g.graphml", "g.graphml"])):
        assert tokscope("split", *paths, "-t", spec, "-o", "f.npz", cwd=folder).code == 2


def test_there_and_back(tmp_path: Path) -> None:
    """encode writes a line for each molecule, and decode reads it."""
    molecules = nci()[:30]
    (tmp_path / "a.smi").write_text("\n".join(molecules) + "\n")
    from tokscope.structures.smiles import cut_smiles

    alphabet = sorted({token for smiles in molecules for token in cut_smiles(smiles)})
    (tmp_path / "v.txt").write_text("\n".join(alphabet))
    ids = tokscope("encode", "-t", "smiles?vocab=v.txt", "a.smi", cwd=tmp_path).out
    assert ids.count("\n") == 30
    back = tokscope("decode", "-t", "smiles?vocab=v.txt", stdin=ids.encode(), cwd=tmp_path)
    assert back.out.splitlines() == molecules
    assert tokscope("encode", "-t", "smiles", "-x", "CC").code == 2


def test_compare_has_figures_of_its_own(folder: Path) -> None:
    done = tokscope("compare", "a.smi", "--format", "json", cwd=folder)
    results = {one["tokenizer"]: one for one in json.loads(done.out)["results"]}
    assert list(results) == ["smiles", "smiles:char", "selfies", "graphsgpt", "molebert", "o200k_base"]
    smiles = results["smiles"]
    assert (smiles["molecules"], smiles["heavy_atoms"], smiles["tokens"]) == (2, 16, 24)
    assert smiles["tokens_per_molecule"] == 12
    assert smiles["tokens_per_heavy_atom"] == 1.5
    assert smiles["vocabulary_used"] == len(set("CO()=1c"))
    graphs = tokscope("compare", "g.graphml", "-t", "graphgpt,llaga:nd", "--format", "json", cwd=folder)
    assert [one["tokens_per_node"] for one in json.loads(graphs.out)["results"]] == [2, 111]


def test_trace(folder: Path) -> None:
    done = tokscope("trace", "-t", "smiles", "-x", "C1CC1", "--format", "plain")
    assert "closes ring 1: the bond of atoms 0 and 2" in done.out
    (folder / "many.smi").write_text("C\n" * 21)
    assert "more than 20 molecules" in tokscope("trace", "-t", "smiles", "many.smi", cwd=folder).err
    assert tokscope("trace", "-t", "smiles", "-x", "C", "--from", "1").code == 2


@pytest.mark.parametrize("command", ["chunk -n 5", "truncate -n 5", "chars"])
def test_commands_of_text_say_so(command: str, folder: Path) -> None:
    done = tokscope(*command.split(), "-t", "smiles", "a.smi", cwd=folder)
    assert done.code == 2
    assert "smiles takes molecules, not text" in done.err


@pytest.mark.parametrize(
    "line",
    [
        "bench a.smi -t char,smiles",
        "bench -t smiles",
        "agree smiles char a.smi",
        "agree char smiles a.smi",
        "chat chat.json -t smiles",
    ],
)
def test_what_only_texts_go_to_says_what_a_tokenizer_takes(line: str, folder: Path) -> None:
    (folder / "chat.json").write_text('[{"role": "user", "content": "C"}]')
    done = tokscope(*line.split(), cwd=folder, stdin=b"C")
    assert done.code == 2
    assert "smiles takes molecules, not text" in done.err
    graphs = tokscope(*line.replace("smiles", "graphgpt").split(), cwd=folder, stdin=b"C")
    assert "graphgpt takes graphs, not text" in graphs.err


def test_a_drawing_names_what_cannot_be_drawn_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("CCO\nCC(C)(C)(C)C\nCCN\n")
    done = tokscope("split", "a.smi", "-t", "smiles", "-o", "a.svg", cwd=tmp_path)
    assert done.code == 2
    assert "a.smi: line 2, column 2: C with 5 bonds" in done.err
    drawn = (tmp_path / "a.svg").read_text()
    assert "a.smi:1" in drawn
    assert "a.smi:2" not in drawn
    assert "a.smi:3" in drawn


def test_a_file_of_blocks_says_whose_smiles_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.sdf").write_text(Chem.MolToMolBlock(Chem.MolFromSmiles("OCC")) + "$$$$\n")
    done = tokscope("count", "a.sdf", "-t", "smiles", cwd=tmp_path)
    assert (done.out, done.code) == ("3\n", 0)
    assert "a.sdf: its SMILES are the canonical ones, as RDKit writes them" in done.err


def test_a_total_that_lacks_a_whole_file_is_at_least(tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("C1CC\n")
    done = tokscope("count", "a.smi", "-t", "smiles,char", cwd=tmp_path)
    assert done.code == 2
    assert done.out.splitlines()[-1].split() == ["≥0", "5", "total"]


def test_a_byte_order_mark_hides_no_molecule(tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("\ufeffCCO\n", encoding="utf-8")
    assert tokscope("count", "a.smi", "-t", "smiles", cwd=tmp_path).out == "3\n"


def test_the_name_of_a_list_says_what_its_lines_are(tmp_path: Path) -> None:
    (tmp_path / "a.edgelist").write_text("A B\nB\n")
    done = tokscope("count", "a.edgelist", "-t", "graphgpt", cwd=tmp_path)
    assert done.code == 2
    assert "a.edgelist: line 2, column 1: 1 word: an edge is two names" in done.err
    (tmp_path / "a.adjlist").write_text("A B\nB\n")
    assert tokscope("count", "a.adjlist", "-t", "graphgpt", cwd=tmp_path).out == "4\n"


def test_train_molebert(tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("\n".join(nci()[:60]) + "\n")
    done = tokscope("train", "molebert", "a.smi", "-o", "codes.npz", cwd=tmp_path)
    assert done.code == 0
    assert "60 molecules" in done.err
    assert "your codebook, Mole-BERT's ranges" in done.err
    ids = tokscope("encode", "-t", "molebert?codes=codes.npz", "-x", "CCO", cwd=tmp_path)
    first, second, third = map(int, ids.out.split())
    assert max(first, second) < 377
    assert 434 <= third < 488
    assert "your codebook, Mole-BERT's ranges" in ids.err


def test_train_bpe_of_smiles(tmp_path: Path) -> None:
    """Names in the file are not learned from."""
    (tmp_path / "a.smi").write_text("".join(f"{smiles} zyzzyva{n}\n" for n, smiles in enumerate(nci()[:100])))
    done = tokscope(
        *("train", "bpe", "--pattern", "smiles", "--vocab-size", "400", "a.smi", "-o", "bpe.json"),
        cwd=tmp_path,
    )
    assert done.code == 0
    vocabulary = json.loads((tmp_path / "bpe.json").read_text())["model"]["vocab"]
    assert len(vocabulary) == 400
    assert not any("zy" in token for token in vocabulary)


@pytest.mark.parametrize("command", ["train bpe --pattern smiles -o b.json", "train molebert -o c.npz"])
def test_training_on_a_bad_line_learns_nothing(command: str, tmp_path: Path) -> None:
    (tmp_path / "bad.smi").write_text(BAD)
    (tmp_path / "n.md").write_text("hello world\n")
    done = tokscope(*command.split(), "bad.smi", cwd=tmp_path)
    assert done.code == 2
    assert "line 3, column 2" in done.err
    assert "nothing was learned" in done.err
    assert "takes molecules" in tokscope(*command.split(), "n.md", cwd=tmp_path).err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.smi", "n.md"]


@pytest.mark.slow
def test_a_million_molecules_take_no_memory(tmp_path: Path) -> None:
    lines = "".join(f"{smiles} name\n" for smiles in nci())
    with (tmp_path / "million.smi").open("w") as file:
        for _ in range(200):
            file.write(lines)
    small, _ = peak("tokscope count -t smiles -x CCO")
    large, out = peak(f"tokscope count -t smiles {tmp_path / 'million.smi'}")
    assert int(out) == 200 * int(tokscope("count", "-t", "smiles", stdin=lines.encode()).out)
    assert large < small + 20
