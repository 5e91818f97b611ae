"""Model files that are not what they say."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.support.shell import peak, tokscope
from tokscope.errors import BrokenTokenizer
from tokscope.files import npz

FORMAT = "a model"


def saved(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    npz.save_model(file, FORMAT, {"n": 1}, arrays)
    return file.getvalue()


def npy(shape: str, data: bytes, dtype: str = "|u1") -> bytes:
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as whole:
        header = json.dumps({"format": FORMAT, "version": 1}).encode()
        for name, data in {"header.npy": npy(f"({len(header)},)", header), **members}.items():
            whole.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize(
    "array",
    [
        np.arange(9, dtype=np.uint64),
        np.zeros((2, 3), np.float32),
        np.zeros(0),
        np.array(7),
        np.asfortranarray([[1, 2]]),
    ],
)
def test_what_was_saved_is_read(array: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "m.npz").write_bytes(saved(a=array, b=array))
    header, arrays = npz.load_model(str(tmp_path / "m.npz"), FORMAT)
    assert header["n"] == 1
    assert (arrays["a"] == array).all()
    assert arrays["b"].dtype == array.dtype
    assert arrays["b"].shape == array.shape


@pytest.mark.parametrize(
    "members",
    [
        {"a.npy": npy("(1000000000000,)", b"abc")},
        {"a.npy": npy("(1000000000000,)", b"abc", "<f8")},
        {"a.npy": npy("(-4,)", b"abc")},
        {"a.npy": npy("(99999999999999999999999,)", b"abc")},
        {"a.npy": npy("(" + "9" * 5000 + ",)", b"abc")},
        {"a.npy": npy("(3,)", b"abcdef")},
        {"a.npy": npy("(3,)", b"ab")},
        {"a.npy": npy("(3,)", b"a" * 24, "|O")},
        {"a.npy": npy("(" * 900 + ")" * 900, b"")},
        {"a.npy": npy("(3, __import__('os').abort())", b"abc")},
        {"a.npy": b"not an array"},
        {"a.npy": b""},
        {"header.npy": b"\x93NUMPY\x09\x00"},
    ],
    ids=lambda members: next(iter(members.values()))[-60:],
)
def test_arrays_that_are_not_what_they_say(members: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "m.npz").write_bytes(archive(members))
    with pytest.raises(BrokenTokenizer, match=r"m\.npz: damaged"):
        npz.load_model(str(tmp_path / "m.npz"), FORMAT)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_what_numpy_writes_is_unpacked(method: int, tmp_path: Path) -> None:
    (tmp_path / "m.npz").write_bytes(archive({"a.npy": npy("(3,)", b"abc")}, method))
    with pytest.raises(BrokenTokenizer, match="damaged"):
        npz.load_model(str(tmp_path / "m.npz"), FORMAT)


@pytest.mark.slow
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_bomb_is_not_unpacked(method: int, tmp_path: Path) -> None:
    size = 60_000_000
    data = archive({f"{i}.npy": npy(f"({size},)", bytes(size)) for i in range(3)}, method)
    (tmp_path / "m.npz").write_bytes(data)
    with pytest.raises(BrokenTokenizer, match="claims to hold more than 100 times its size"):
        npz.load_model(str(tmp_path / "m.npz"), FORMAT)
    memory, _ = peak(f"tokscope count -x a -t 'blt:entropy?model={tmp_path / 'm.npz'}' 2>/dev/null || true")
    assert memory < 150


def test_what_a_library_warns_of_is_not_printed(tmp_path: Path) -> None:
    """numpy does so for a header as Python 2 wrote it."""
    (tmp_path / "m.npz").write_bytes(archive({"codes.npy": npy("(3L,)", b"abc")}))
    done = tokscope("count", "-x", "a", "-t", f"blt:entropy?model={tmp_path / 'm.npz'}")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.startswith("tokscope: ")


def test_a_bomb_that_lies_about_its_size_is_damaged(tmp_path: Path) -> None:
    data = archive({"a.npy": npy("(50000000,)", bytes(50_000_000))})
    claimed = struct.pack("<I", len(npy("(50000000,)", bytes(50_000_000))))
    (tmp_path / "m.npz").write_bytes(data.replace(claimed, struct.pack("<I", 900)))
    with pytest.raises(BrokenTokenizer, match="damaged"):
        npz.load_model(str(tmp_path / "m.npz"), FORMAT)
