"""safetensors: what is read, and what is refused before any of it is believed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.tensors import with_header
from tokscope.errors import BrokenTokenizer
from tokscope.files.safetensors import read_tensors

A = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def header(**tensors: object) -> bytes:
    return with_header(json.dumps(tensors).encode(), bytes(16))


def test_what_a_header_says(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(
        header(
            __metadata__={"format": "pt"},
            a=A,
            scalar={"dtype": "I32", "shape": [], "data_offsets": [8, 12]},
            none={"dtype": "F32", "shape": [0, 3], "data_offsets": [12, 12]},
            odd={"dtype": "F4", "shape": [3], "data_offsets": [12, 14]},
        )
    )
    found = read_tensors(path)
    assert {name: (one.kind, one.shape) for name, one in found.items()} == {
        "a": ("F32", (2,)),
        "scalar": ("I32", ()),
        "none": ("F32", (0, 3)),
        "odd": ("F4", (3,)),  # whose numbers nobody may need
    }
    assert found["scalar"].start - found["a"].start == 8


HOSTILE = {
    "is empty": b"",
    "is not a safetensors file": b"PK\x03\x04 and more",
    "is not a safetensors file: ": with_header(b"[1]"),
    "claims a header of 1,152,921,504,606,846,976 bytes": with_header(b"{}", size=1 << 60),
    "claims a header of 100,000,001 bytes": with_header(b"{}", size=100_000_001),
    "is cut off inside its header": with_header(b"{}", size=99),
    "its header is damaged": with_header(b"{'a': 1}"),
    "its header is damaged: a name comes twice": with_header(b'{"a": 1, "a": 2}'),
    "its header is damaged: ": with_header(b'{"a":' + b"[" * 100_000 + b"}"),
    "has no dtype, shape and data_offsets of 'a'": header(a=[1]),
    "has no dtype, shape and data_offsets of 'b'": header(b={**A, "data_offsets": [0]}),
    "has no dtype, shape and data_offsets of 'c'": header(c={**A, "data_offsets": ["0", 8]}),
    "'a' has a broken shape": header(a={**A, "shape": [-2]}),
    "'b' has a broken shape": header(b={**A, "shape": [True, 2]}),
    "'c' has a broken shape": header(c={**A, "shape": [2.0]}),
    "'a' lies from byte -8 to 0": header(a={**A, "data_offsets": [-8, 0]}),
    "'a' lies from byte 8 to 0": header(a={**A, "data_offsets": [8, 0]}),
    "is cut off before the end of 'a'": header(a={**A, "shape": [6], "data_offsets": [0, 24]}),
    "which do not make [3] numbers of F32": header(a={**A, "shape": [3]}),
    "which do not make [4611686018427387904, 4] numbers of F32": header(a={**A, "shape": [1 << 62, 4]}),
    "'a' and 'b' share bytes": header(a=A, b={**A, "data_offsets": [4, 12]}),
    "'a' and 'c' share bytes": header(c=A, a=A),
}


@pytest.mark.parametrize("says", HOSTILE)
def test_what_is_refused(says: str, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(HOSTILE[says])
    with pytest.raises(BrokenTokenizer) as refused:
        read_tensors(path)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BrokenTokenizer, match="No such file"):
        read_tensors(tmp_path / "gone")
    with pytest.raises(BrokenTokenizer, match="not a regular file"):
        read_tensors(tmp_path)
