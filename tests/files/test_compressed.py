"""Compressed files are read as what they hold, wherever a text is read, and damage is never silent."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tests.support import SAMPLES
from tests.support.shell import tokscope
from tokscope.errors import InputError
from tokscope.files.compressed import compression, expanded

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}
SUFFIX = {"gzip": ".gz", "bzip2": ".bz2", "xz": ".xz", "zstd": ".zst"}


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("kind", COMPRESS)
@given(texts=st.lists(st.binary(max_size=300), min_size=1, max_size=4), size=st.integers(1, 50))
def test_members_in_a_row_hold_one_text(kind: str, texts: list[bytes], size: int) -> None:
    data = b"".join(map(COMPRESS[kind], texts))
    assert compression(data) == kind
    assert b"".join(expanded(iter(cut(data, size)), kind, "a")) == b"".join(texts)


@pytest.mark.parametrize("kind", COMPRESS)
def test_what_is_cut_short_or_has_a_tail_is_an_error(kind: str) -> None:
    data = COMPRESS[kind](bytes(range(256)) * 5000)
    for size in (8, len(data) // 2, len(data) - 1):
        with pytest.raises(InputError, match=f"a: its {kind} is cut short, after [0-9,]+ bytes"):
            list(expanded(iter([data[:size]]), kind, "a"))
    with pytest.raises(InputError, match="what follows is something else"):
        list(expanded(iter([data, b"more"]), kind, "a"))
    broken = data[:40] + bytes(byte ^ 0xFF for byte in data[40:80]) + data[80:]
    with pytest.raises(InputError, match=f"a: its {kind} is (damaged|cut short)"):
        list(expanded(iter([broken]), kind, "a"))


@pytest.mark.parametrize("kind", COMPRESS)
def test_what_expands_to_very_much_comes_in_small_blocks(kind: str) -> None:
    large = 100_000_000 if kind == "zstd" else 20_000_000
    sizes = list(map(len, expanded(iter([COMPRESS[kind](b"a" * large)]), kind, "a")))
    assert sum(sizes) == large
    assert max(sizes) <= 70_000_000 if kind == "zstd" else max(sizes) <= 1 << 18


def test_text_that_begins_like_bzip2_is_text() -> None:
    assert compression(b"BZh9 is how a bzip2 file begins") is None
    assert tokscope("count", "-t", "byte", stdin=b"BZh9 is how").out == "11\n"


@pytest.mark.parametrize(
    "kind", [one if one == "zstd" else pytest.param(one, marks=pytest.mark.slow) for one in COMPRESS]
)
def test_commands_read_what_it_holds(kind: str, tmp_path: Path) -> None:
    text = (SAMPLES / "english.txt").read_bytes()
    path = tmp_path / f"english.txt{SUFFIX[kind]}"
    path.write_bytes(COMPRESS[kind](text))
    for command in ("count", "stats", "split", "chunk -n 50", "encode", "fit --format json"):
        plain = tokscope(*command.split(), stdin=text)
        assert tokscope(*command.split(), stdin=path.read_bytes()) == plain, command
    assert tokscope("count", path).out == tokscope("count", SAMPLES / "english.txt").out
    found = tokscope("count", tmp_path)  # in a folder too, and under any name
    assert (found.out.split()[0], found.err) == (tokscope("count", stdin=text).out.strip(), "")
    records = tmp_path / f"a.csv{SUFFIX[kind]}"
    records.write_bytes(COMPRESS[kind](b"text\nHello\nHello world\n"))
    assert tokscope("count", "--field", "text", records).out == "3\n"


def test_an_archive_in_a_compressed_file_is_binary(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(b"a.txt" + bytes(95) + b"0000644\0"))
    (tmp_path / "page.png.gz").write_bytes(gzip.compress((SAMPLES / "page.png").read_bytes()))
    assert tokscope("count", tmp_path, "-t", "byte").err.endswith("2 binary files skipped\n")
    (picture,) = tokscope("count", tmp_path, "-m", "gpt-5").out.splitlines()[:1]
    assert picture.split()[0] == tokscope("count", SAMPLES / "page.png", "-m", "gpt-5").out.strip()


def test_files_of_columns_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1\x15\x04\x15\x00" + bytes(100))
    done = tokscope("count", "a.parquet", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith("whose texts are in columns: tokscope corpus count a.parquet --column NAME\n")
    assert tokscope("count", "-t", "byte", stdin=b"PAR1 is how Parquet begins").out == "26\n"
