"""Compressed files, read as what they hold: gzip, bzip2, xz and zstd, by their first bytes.

The formats: RFC 1952, RFC 8878, tukaani.org/xz/xz-file-format.txt; bzip2's is its own source. Several
members or frames one after the other hold one text, as their tools read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, BinaryIO, NamedTuple, cast

from tokscope.errors import InputError, MissingExtra

AT_ONCE = 1 << 18
"""How many bytes are expanded at a time, so that a small file that holds gigabytes takes no memory."""


class Compression(NamedTuple):
    """How a kind of compressed file begins, what expands it, and how many bytes that gets at a time.

    Example: COMPRESSIONS["gzip"].start -> b"\\x1f\\x8b\\x08"

    zstd's decompressor gives all that its input makes, at most 128 KiB for 4 bytes, and so gets little.
    """

    start: bytes
    make: Callable[[], Any]
    feed: int = 1 << 16


def _gzip() -> Any:
    import zlib

    return _Zlib(zlib.decompressobj(31))


def _bzip2() -> Any:
    import bz2

    return bz2.BZ2Decompressor()


def _xz() -> Any:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ)


def _zstd() -> Any:
    try:
        import zstandard
    except ImportError as error:
        raise MissingExtra("zstd", "corpus") from error
    return _Zstd(zstandard.ZstdDecompressor().decompressobj())


COMPRESSIONS = {
    "gzip": Compression(b"\x1f\x8b\x08", _gzip),
    "bzip2": Compression(b"BZh", _bzip2),
    "xz": Compression(b"\xfd7zXZ\x00", _xz),
    "zstd": Compression(b"\x28\xb5\x2f\xfd", _zstd, 2048),
}
"""Each kind of compression, by its name."""

_STARTS = tuple(one.start for one in COMPRESSIONS.values())

SUFFIXES = (".gz", ".zst", ".bz2", ".xz")
"""What the names of compressed files end in, after what they would end in otherwise."""


def uncompressed_name(path: str) -> str:
    """Give the name of what a compressed file holds.

    Example: uncompressed_name("data/a.jsonl.gz") -> "data/a.jsonl"
    """
    return next((path[: -len(end)] for end in SUFFIXES if path.lower().endswith(end)), path)


def compressing(path: str | None, file: BinaryIO) -> AbstractContextManager[BinaryIO]:
    """Open what compresses into a file as the ending of its name says; where it says nothing, the file.

    Example: with compressing("a.jsonl.gz", file) as lines: lines.write(b"{}\\n")

    The same bytes give the same file. Raises MissingExtra for zstd.
    """
    ending = next((end for end in SUFFIXES if path is not None and path.lower().endswith(end)), "")
    if ending == ".gz":
        import gzip

        return cast("AbstractContextManager[BinaryIO]", gzip.GzipFile("", "wb", fileobj=file, mtime=0))
    if ending == ".bz2":
        import bz2

        return cast("AbstractContextManager[BinaryIO]", bz2.BZ2File(file, "wb"))
    if ending == ".xz":
        import lzma

        return cast("AbstractContextManager[BinaryIO]", lzma.LZMAFile(file, "wb"))
    if ending == ".zst":
        try:
            import zstandard
        except ImportError as error:
            raise MissingExtra("zstd", "corpus") from error
        return cast(
            "AbstractContextManager[BinaryIO]", zstandard.ZstdCompressor().stream_writer(file, closefd=False)
        )
    return nullcontext(file)


def compression(head: bytes) -> str | None:
    """Tell how a file that begins with these bytes is compressed; None where it is not.

    Example: compression(gzip.compress(b"Hi")) -> "gzip"; compression(b"BZh is a word") -> None
    """
    if not head.startswith(_STARTS):  # most are not, and every file of a folder is asked
        return None
    kind = next(name for name, one in COMPRESSIONS.items() if head.startswith(one.start))
    if kind == "bzip2" and head[4:10] not in (b"1AY&SY", b"\x17rE8P\x90"):  # else it is a text like others
        return None
    return kind


def expanded(blocks: Iterator[bytes], kind: str, path: str) -> Iterator[bytes]:
    """Expand the blocks of a compressed file, which `path` names, into blocks of some 256 KiB.

    Example: list(expanded(iter([gzip.compress(b"Hi")]), "gzip", "a.gz")) -> [b"Hi"]

    Raises InputError where it is damaged, cut short, or needs a package that is not installed.
    """
    given = 0
    try:
        for data in _members(blocks, COMPRESSIONS[kind]):
            given += len(data)
            yield data
    except MissingExtra as error:
        raise InputError(path, str(error)) from error
    except InputError:
        raise  # of reading the blocks
    except EOFError as error:
        raise InputError(path, f"its {kind} is cut short, after {given:,} bytes of content") from error
    except Exception as error:  # each library has errors of its own, and zstandard's cannot be named here
        said = " ".join(str(error).split()) or type(error).__name__
        raise InputError(path, f"its {kind} is damaged after {given:,} bytes of content: {said}") from error


def _members(blocks: Iterator[bytes], kind: Compression) -> Iterator[bytes]:
    """Expand one member after the other. Raises EOFError where the last is cut short, ValueError for rest."""
    rest = next(blocks, b"")
    while rest:
        if not rest.startswith(kind.start[: len(rest)]):
            raise ValueError("what follows is something else")
        expander = kind.make()
        while not expander.eof:
            if expander.needs_input:
                if not rest:
                    rest = next(blocks, b"")
                    if not rest:
                        raise EOFError
                piece, rest = rest[: kind.feed], rest[kind.feed :]
            else:
                piece = b""
            if data := expander.decompress(piece, AT_ONCE):
                yield data
        rest = expander.unused_data + rest
        while not (rest := rest.lstrip(b"\0")):  # padding, as on tapes; xz allows it too
            rest = next(blocks, b"")
            if not rest:
                return


class _Expander:
    """A decompressor with the face of those of bz2 and lzma."""

    def __init__(self, expander: Any) -> None:
        self._expander = expander

    @property
    def eof(self) -> bool:
        return bool(self._expander.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._expander.unused_data)


class _Zlib(_Expander):
    """zlib's, which keeps what it has not come to in a place of its own."""

    @property
    def needs_input(self) -> bool:
        return not self._expander.unconsumed_tail

    def decompress(self, data: bytes, most: int) -> bytes:
        return bytes(self._expander.decompress(self._expander.unconsumed_tail + data, most))


class _Zstd(_Expander):
    """zstandard's, which gives all at once."""

    needs_input = True

    def decompress(self, data: bytes, most: int) -> bytes:
        return bytes(self._expander.decompress(data))
