"""Reading GGUF: what it holds, where it ends, and what is not a GGUF."""

from __future__ import annotations

import os
import struct
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.ggufs import gguf
from tokscope.errors import BrokenTokenizer
from tokscope.files.gguf import Gguf
from tokscope.registry import load

PAIRS = {
    "general.name": "日本",
    "n": 7,
    "share": 0.5,
    "yes": True,
    "tokenizer.ggml.tokens": ["a", "", "日"],
    "tokenizer.ggml.token_type": [1, 3, 6],
    "tokenizer.ggml.scores": [0.5, -1.0],
    "last": "",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf(PAIRS))
    return path


def test_every_type(path: Path) -> None:
    model = Gguf(path)
    assert list(model) == list(PAIRS)
    assert (model.text("general.name"), model["n"], model["share"], model["yes"]) == ("日本", 7, 0.5, True)
    tokens = model.strings("tokenizer.ggml.tokens")
    assert (list(tokens), len(tokens), tokens[2]) == ([b"a", b"", "日".encode()], 3, "日".encode())
    assert list(model.numbers("tokenizer.ggml.token_type")) == [1, 3, 6]
    assert (model.text("none"), model.number("none", 5), len(model.strings("none"))) == ("", 5, 0)
    with pytest.raises(BrokenTokenizer, match="its n has the wrong type"):
        model.text("n")


def test_cut_off_anywhere_it_is_one_error(tmp_path: Path) -> None:
    whole, path = gguf(PAIRS), tmp_path / "cut.gguf"
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(BrokenTokenizer, match=r"cut\.gguf: [^\n]+$"):
            Gguf(path)


@settings(max_examples=200, deadline=None)
@given(at=st.integers(4, len(gguf(PAIRS)) - 1), byte=st.integers(0, 255))
def test_damaged_anywhere_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.gguf"
    data = bytearray(gguf(PAIRS))
    data[at] = byte
    path.write_bytes(data)
    try:
        model = Gguf(path)
        list(model.strings("tokenizer.ggml.tokens"))
    except BrokenTokenizer as error:
        assert "\n" not in str(error)


BIG = 10**9


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04" + bytes(60), "is not a GGUF file"),
        (gguf({}, version=1), "is GGUF version 1"),
        (gguf({}, version=9), "is GGUF version 9"),
        (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "big-endian"),
        (gguf(PAIRS, count=BIG), "claims 1,000,000,000 entries"),
        (gguf({}, count=1) + struct.pack("<Q", BIG) + bytes(99), "1,000,000,000 bytes should follow"),
        (
            gguf({}, count=1) + struct.pack("<QIIQ", 0, 9, 8, BIG) + bytes(99),
            "claims an array of 1,000,000,000",
        ),
        (gguf({}, count=1) + struct.pack("<QIIQ", 0, 9, 5, 1 << 62) + bytes(99), "should follow"),
        (gguf({}, count=1) + struct.pack("<QIIQ", 0, 9, 9, 1) + bytes(99), "array of type 9"),
        (gguf({}, count=1) + struct.pack("<QI", 0, 77) + bytes(99), "type 77"),
    ],
)
def test_what_is_none(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(data)
    with pytest.raises(BrokenTokenizer, match=says):
        Gguf(path)


def test_a_file_of_4_gb_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf({**PAIRS, "tokenizer.ggml.tokens": [str(i) for i in range(20_000)]}))
    with path.open("r+b") as file:
        file.truncate(4 << 30)  # a hole: it takes no room
    begin = time.process_time()
    assert Gguf(path).strings("tokenizer.ggml.tokens")[19_999] == b"19999"
    assert time.process_time() - begin < 30  # to read it all would take longer


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_none_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BrokenTokenizer, match="pipe: not a regular file"):
        Gguf(tmp_path / "pipe")


def _sparse(path: Path, start: bytes, size: int) -> Path:
    """Write a file of `size` bytes that begins with `start`; the rest is zeros, which take no room."""
    with path.open("wb") as file:
        file.write(start)
        file.truncate(size)
    return path


def _key(name: str, kind: int) -> bytes:
    return struct.pack("<Q", len(name)) + name.encode() + struct.pack("<I", kind)


HEAD = b"GGUF" + struct.pack("<IQQ", 3, 0, 1)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (HEAD + _key("t", 9) + struct.pack("<IQ", 8, 50_000_000), "arrays of more than 4,194,304 values"),
        (HEAD + _key("n", 9) + struct.pack("<IQ", 0, 400_000_000), "arrays of more than 4,194,304 values"),
        (HEAD + _key("t", 9) + struct.pack("<IQQ", 8, 1, 400_000_000), "an array of more than 268,435,456"),
        (HEAD + _key("s", 8) + struct.pack("<Q", 400_000_000), "a text of 400,000,000 bytes"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 30_000_000), "30,000,000 entries"),
    ],
    ids=["empty texts", "numbers", "one long text of an array", "a long text", "pairs"],
)
def test_what_no_model_holds_is_not_read(tmp_path: Path, start: bytes, said: str) -> None:
    path = _sparse(tmp_path / "large.gguf", start, 401_000_000)
    tracemalloc.start()
    with pytest.raises(BrokenTokenizer, match=said):
        Gguf(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_more_pieces_than_any_vocabulary_has(tmp_path: Path) -> None:
    start = HEAD.replace(struct.pack("<QQ", 0, 1), struct.pack("<QQ", 0, 2))
    start += _key("tokenizer.ggml.model", 8) + struct.pack("<Q", 4) + b"gpt2"
    start += _key("tokenizer.ggml.tokens", 9) + struct.pack("<IQ", 8, 1_000_000)
    path = _sparse(tmp_path / "large.gguf", start, len(start) + 8_000_000)
    with pytest.raises(BrokenTokenizer, match="1,000,000 pieces"):
        load(f"gguf:{path}")
