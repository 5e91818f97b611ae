"""Compressed: how small zstd makes texts, the yardstick beside an entropy coder of their tokens."""

from __future__ import annotations

from tokscope.errors import MissingExtra


class Compressed:
    """Texts in UTF-8, one after another in one zstd stream of which only the length is kept.

    Example: compressed = Compressed(19); compressed.add(b"ab" * 1000); compressed.size() -> 18

    `level` is zstd's, from 1 to 22. Raises MissingExtra without the package zstandard.
    """

    def __init__(self, level: int) -> None:
        try:
            import zstandard
        except ImportError as error:
            raise MissingExtra("zstd", "stats") from error
        # one worker beside the caller, as the command zstd has it: compressing takes longer than tokenizing
        self._stream = zstandard.ZstdCompressor(level=level, threads=1).compressobj()
        self._size = 0

    def add(self, data: bytes) -> None:
        """Take in the next bytes."""
        self._size += len(self._stream.compress(data))

    def size(self) -> int:
        """End the stream, and give its length in bytes."""
        self._size += len(self._stream.flush())
        return self._size
