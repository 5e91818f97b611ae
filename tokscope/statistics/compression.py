"""Compressed: how small zstd makes texts, the yardstick beside an entropy coder of their tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tokscope.errors import MissingExtra, TokscopeError


class Compressed:
    """Texts in UTF-8, one after another in one zstd stream of which only the length is kept.

    Example: compressed = Compressed(19); compressed.add(b"ab" * 1000); compressed.size() -> 18

    `level` is zstd's, from 1 to 22. Raises MissingExtra without the package zstandard, and TokscopeError
    without the memory that the level needs: some 800 MB for 22.
    """

    def __init__(self, level: int) -> None:
        try:
            import zstandard
        except ImportError as error:
            raise MissingExtra("zstd", "stats") from error
        self._level = level
        self._failure: type[Exception] = zstandard.ZstdError
        with self._refusals():
            # a worker beside the caller, as the command zstd has it: compressing takes longer than tokenizing
            self._stream = zstandard.ZstdCompressor(level=level, threads=1).compressobj()
        self._size = 0

    def add(self, data: bytes) -> None:
        """Take in the next bytes."""
        with self._refusals():
            self._size += len(self._stream.compress(data))

    def size(self) -> int:
        """End the stream, and give its length in bytes."""
        with self._refusals():
            self._size += len(self._stream.flush())
        return self._size

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Say what to do where zstd gives up, which it does for want of memory."""
        try:
            yield
        except (self._failure, MemoryError) as error:
            said = str(error).removeprefix("zstd compress error: ")
            why = f"zstd cannot compress at level {self._level}: {said}"
            raise TokscopeError(f"{why}; a lower --zstd needs less memory") from error
