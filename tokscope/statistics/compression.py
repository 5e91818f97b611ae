"""Compressed: how small zstd makes texts, the yardstick beside an entropy coder of their tokens."""

from __future__ import annotations

from collections.abc import Callable

from tokscope.errors import MissingExtra


class Compressed:
    """Texts in UTF-8, one after another in one zstd stream of which only the length is kept.

    Example: compressed = Compressed(19); compressed.add(b"ab" * 1000); compressed.size() -> 18

    `level` is zstd's, from 1 to 22. Raises MissingExtra without the package zstandard, and MemoryError, the
    only reason for which a compressor fails.
    """

    def __init__(self, level: int) -> None:
        try:
            import zstandard
        except ImportError as error:
            raise MissingExtra("zstd", "stats") from error
        self._broken = zstandard.ZstdError
        # one worker beside the caller, as the command zstd has it: compressing takes longer than tokenizing
        self._stream = zstandard.ZstdCompressor(level=level, threads=1).compressobj()
        self._size = 0

    def add(self, data: bytes) -> None:
        """Take in the next bytes.

        Example: compressed = Compressed(19); compressed.add(b"ab" * 1000); compressed.size() -> 18
        """
        self._size += self._length(self._stream.compress, data)

    def size(self) -> int:
        """End the stream, and give its length in bytes.

        Example: Compressed(19).size() -> 9
        """
        self._size += self._length(self._stream.flush)
        return self._size

    def _length(self, work: Callable[..., bytes], *given: bytes) -> int:
        try:
            return len(work(*given))
        except self._broken as error:
            raise MemoryError from error
