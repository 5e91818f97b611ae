"""Tensors and models: rows as they were written, in every format; the rest is refused by name."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from tests.support.ggufs import Quantised, gguf
from tests.support.shell import tokscope
from tests.support.tensors import safetensors, written
from tokscope.errors import BrokenTokenizer, UsageError
from tokscope.files.gguf import Gguf
from tokscope.weights.model import OpenModel
from tokscope.weights.tensors import Tensor, open_tensors

ROWS = np.random.default_rng(1).standard_normal((7, 4)).astype(np.float32)


def equal(tensor: Tensor, rows: np.ndarray) -> None:
    np.testing.assert_array_equal(tensor.whole(), rows)
    np.testing.assert_array_equal(tensor.rows([5, 0, 5]), rows[[5, 0, 5]])
    np.testing.assert_array_equal(np.concatenate([block for _, block in tensor.blocks()]), rows)
    assert tensor.rows([]).shape == (0, 4)
    for row in (-1, 7):
        with pytest.raises(IndexError):
            tensor.rows([row])


def test_rows_of_every_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokscope.weights.tensors.AT_ONCE", 8)  # two rows
    half = ROWS.astype(np.float16)
    bits = (ROWS.view(np.uint32) >> 16).astype(np.uint16)
    cut = (bits.astype(np.uint32) << 16).view(np.float32)
    made = open_tensors(str(written(tmp_path / "a", {"f32": ROWS, "f16": half, "bf16": bits})))
    equal(made["f32"], ROWS)
    equal(made["f16"], half.astype(np.float32))
    equal(made["bf16"], cut)
    tensors = {"x": Quantised(1, [7, 4], half.tobytes()), "y": Quantised(0, [7, 4], ROWS.tobytes())}
    (tmp_path / "b").write_bytes(gguf({}, tensors))
    made = open_tensors(str(tmp_path / "b"))
    equal(made["x"], half.astype(np.float32))
    equal(made["y"], ROWS)
    for save in (np.savez, np.savez_compressed):
        with (tmp_path / "c").open("wb") as file:
            save(file, one=ROWS, two=half)
        made = open_tensors(str(tmp_path / "c"))
        equal(made["one"], ROWS)
        equal(made["two"], half.astype(np.float32))


def test_one_vector_is_one_vector(tmp_path: Path) -> None:
    rows = ROWS[[0, 1, 0, 2, 1, 0, 3]]
    digests = open_tensors(str(written(tmp_path / "a", {"a": rows})))["a"].digests()
    assert [digests.index(one) for one in digests] == [0, 1, 0, 3, 1, 0, 6]


def refused(path: Path, data: bytes, name: str | None = None) -> str:
    path.write_bytes(data)
    with pytest.raises(BrokenTokenizer) as error:
        found = open_tensors(str(path))
        if name is not None:
            found[name].whole()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_gguf_that_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "a"
    whole = gguf({}, {"x": Quantised(0, [7, 4], ROWS.tobytes())})
    for end in range(24, len(whole) - 16):  # what is after the last tensor fills up 32 bytes
        said = refused(path, whole[:end])
        assert "cut off" in said or "claims 1 tensors, more than it has bytes for" in said
    assert "claims 1,000 tensors" in refused(path, whole[:8] + struct.pack("<Q", 1000) + whole[16:])
    assert "not a whole number of blocks of Q8_0" in refused(
        path, gguf({}, {"x": Quantised(8, [2, 33], bytes(99))})
    )
    assert "is cut off before the end of 'x'" in refused(
        path, gguf({}, {"x": Quantised(0, [1 << 60, 4], b"")})
    )
    many = gguf({}, {"x": Quantised(0, [1] * 5, b"")})
    assert "a tensor of 5 axes, and 4 are the most" in refused(path, many)
    assert "begin at multiples of 0" in refused(path, gguf({"general.alignment": 0}, {}))


def test_kinds_that_are_not_read_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for number, name in {39: "MXFP4", 16: "IQ2_XXS", 99: "type 99"}.items():
        said = refused(path, gguf({}, {"x": Quantised(number, [2, 32], bytes(64))}), "x")
        assert said.startswith(
            f"x: its numbers are {name}, which is not read here; convert the model to one of"
        )
    header = json.dumps({"x": {"dtype": "F8_E4M3", "shape": [2], "data_offsets": [0, 2]}}).encode()
    assert "its numbers are F8_E4M3" in refused(path, struct.pack("<Q", len(header)) + header + b"ab", "x")
    with path.open("wb") as file:
        np.savez(file, big=ROWS.astype(">f4"), turned=np.asfortranarray(ROWS))
    for name, kind in {"big": ">f4", "turned": "F32 by columns"}.items():
        assert f"{name}: its numbers are {kind}" in refused(path, path.read_bytes(), name)
    with path.open("wb") as file:
        np.savez(file, objects=np.array([object()]))
    assert "damaged, or not an .npz" in refused(path, path.read_bytes())
    assert "damaged, or not an .npz" in refused(path, b"PK\x03\x04 and no more")


def test_an_archive_that_swells_is_refused_before_it_does(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        np.savez_compressed(file, a=np.zeros(10_000_000, np.int8))
    assert "claims to hold more than 100 times its size" in refused(path, path.read_bytes())


def test_a_model_of_several_files(tmp_path: Path) -> None:
    written(tmp_path / "model-1.safetensors", {"model.embed_tokens.weight": ROWS})
    written(tmp_path / "model-2.safetensors", {"lm_head.weight": 2 * ROWS})
    places = {"model.embed_tokens.weight": "model-1.safetensors", "lm_head.weight": "model-2.safetensors"}
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": places}))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    model = OpenModel(str(tmp_path))
    equal(model.embedding, ROWS)
    assert model.output is not None
    equal(model.output, 2 * ROWS)
    assert (model.architecture, model.tied) == ("llama", False)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama", "tie_word_embeddings": True}))
    assert OpenModel(str(tmp_path)).tied
    for wrong, says in {
        "[]": "its weight_map should say",
        '{"weight_map": {"a": "../b"}}': "names '../b', which is not a file of tensors beside it",
        '{"weight_map": {"a": "model.safetensors.index.json"}}': "which is not a file of tensors beside it",
        '{"weight_map": {"a": "model-1.safetensors"}}': "no file has 'a'",
        '{"weight_map": {"a": "gone"}}': "No such file",
    }.items():
        index.write_text(wrong)
        with pytest.raises(BrokenTokenizer, match=says.replace("..", r"\.\.")):
            OpenModel(str(tmp_path))


def test_the_matrix_with_a_row_for_each_token(tmp_path: Path) -> None:
    path = str(written(tmp_path / "a.safetensors", {"odd": ROWS, "norm.weight": ROWS[0]}))
    with pytest.raises(
        UsageError, match="no matrix has a row for each token; name one with --tensor: odd 7 x 4"
    ):
        _ = OpenModel(path).embedding
    equal(OpenModel(path, "odd").embedding, ROWS)
    with pytest.raises(UsageError, match=r"--tensor gone: .* has odd 7 x 4"):
        _ = OpenModel(path, "gone").embedding
    with pytest.raises(UsageError, match="no matrix"):
        _ = OpenModel(path, "norm.weight").embedding
    (tmp_path / "b.safetensors").write_bytes(safetensors({"x": ROWS}))
    with pytest.raises(UsageError, match=r"has 2 files \*.safetensors: name the one you mean"):
        OpenModel(str(tmp_path))
    (tmp_path / "none").mkdir()
    with pytest.raises(UsageError, match="holds no weights"):
        OpenModel(str(tmp_path / "none"))


def test_a_few_rows_of_a_huge_file_take_no_memory(tmp_path: Path) -> None:
    """A sparse file of 8 GB: only what is looked at is read."""
    path = tmp_path / "huge.safetensors"
    rows, dims = 1 << 21, 1 << 10
    name = "embed_tokens.weight"
    header = json.dumps(
        {name: {"dtype": "F32", "shape": [rows, dims], "data_offsets": [0, rows * dims * 4]}}
    ).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + rows * dims * 4)
        file.seek(8 + len(header) + dims * 4 * 97)
        file.write(np.ones(dims, "<f4").tobytes())
    tokenizer = tmp_path / "vocab.txt"
    tokenizer.write_text("\n".join(["[UNK]", *(f"t{i}" for i in range(99))]))
    done = tokscope("weights", "rows", path, "-t", tokenizer, "--words", "t96 t95", memory=1 << 34)
    assert (done.code, done.err) == (0, "")
    assert open_tensors(str(path))[name].rows([97]).sum() == dims


def test_gguf_reads_pairs_and_tensors(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(gguf({"a": 1}, {"x": Quantised(0, [7, 4], ROWS.tobytes())}))
    found = Gguf(tmp_path / "a")
    assert (dict(found), list(found.tensors())) == ({"a": 1}, ["x"])


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    rows = ROWS.copy()
    rows[[3, 5], 1] = np.nan, np.inf
    matrix = open_tensors(str(written(tmp_path / "a", {"x": rows})))["x"]
    equal_rows = matrix.rows([0, 4])
    np.testing.assert_array_equal(equal_rows, ROWS[[0, 4]])
    with pytest.raises(BrokenTokenizer, match="x: row 3 has numbers that are not finite"):
        list(matrix.blocks())
    with pytest.raises(BrokenTokenizer, match="x: row 5 has numbers that are not finite"):
        matrix.rows([5])
    for shape in ((7, 0), (0, 4)):
        path = str(written(tmp_path / "b", {"embed_tokens.weight": np.zeros(shape, np.float32)}))
        with pytest.raises(UsageError, match="no matrix has a row for each token"):
            _ = OpenModel(path).embedding
