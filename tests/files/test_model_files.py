"""Model files that claim what they do not hold, or hold what no model does."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.support.files import spec_of
from tokscope import load
from tokscope.errors import BrokenTokenizer
from tokscope.tokenizer.spec import Spec

MODELS = {"neural:{}": "neural:FILE", "blt:entropy?model={}": "blt:entropy?model=FILE"}


def path_of(name: str) -> Path:
    spec = Spec.parse(spec_of(name))
    return Path(spec.options.get("model", spec.argument))


def with_member(model: Path, name: str, data: bytes, to: Path) -> Path:
    """Copy an archive, with another content of one member."""
    with zipfile.ZipFile(model) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            new.writestr(member, data if member == name else old.read(member))
    return to


def head(shape: str) -> bytes:
    """The head of an array that claims a shape, and no data."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": eval(shape)})
    return file.getvalue()


@pytest.mark.parametrize("spec", MODELS)
@pytest.mark.parametrize("shape", ["(1 << 40,)", "(1 << 62, 4)", "(3,)"])
def test_an_array_cannot_claim_more_than_is_there(spec: str, shape: str, tmp_path: Path) -> None:
    model = path_of(MODELS[spec])
    with zipfile.ZipFile(model) as archive:
        names = [name for name in archive.namelist() if not name.startswith("header")]
    for name in names:
        path = with_member(model, name, head(shape), tmp_path / "m.npz")
        with pytest.raises(BrokenTokenizer, match="damaged"):
            load(spec.format(path))


@pytest.mark.slow
@pytest.mark.parametrize("spec", MODELS)
def test_a_bomb_is_not_unpacked(spec: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("codes.npy", "w", force_zip64=True) as member,
    ):
        for _ in range(40):
            member.write(bytes(1 << 24))
    with pytest.raises(BrokenTokenizer, match="claims to hold more than 100 times its size"):
        load(spec.format(path))


@pytest.mark.parametrize("spec", MODELS)
@pytest.mark.parametrize(
    "array",
    [
        np.array(3.0),
        np.array([]),
        np.array(["x"]),
        np.full((8, 24), np.nan, np.float32),
        np.zeros(5, np.uint8),
    ],
    ids=["of no dimension", "empty", "strings", "not numbers", "of another shape"],
)
def test_an_array_of_another_kind(spec: str, array: object, tmp_path: Path) -> None:
    with np.load(path_of(MODELS[spec])) as stored:
        arrays = {name: stored[name] for name in stored.files}
    for name in arrays:
        path = tmp_path / "m.npz"
        np.savez(path, **{**arrays, name: array})
        with pytest.raises(BrokenTokenizer):
            load(spec.format(path))


@pytest.mark.parametrize("spec", MODELS)
@pytest.mark.parametrize("value", [None, "x", [], 1e400, -1], ids=repr)
def test_a_header_of_another_kind(spec: str, value: object, tmp_path: Path) -> None:
    with np.load(path_of(MODELS[spec])) as stored:
        arrays = {name: stored[name] for name in stored.files}
    header = json.loads(arrays["header"].tobytes())
    for key in ("format", "version", "theta"):
        if key == "theta" and value == -1:
            continue  # patches wherever there is any entropy
        arrays["header"] = np.frombuffer(json.dumps({**header, key: value}).encode(), np.uint8)
        path = tmp_path / "m.npz"
        np.savez(path, **arrays)
        with pytest.raises(BrokenTokenizer):
            load(spec.format(path))
