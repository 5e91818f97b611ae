"""A blank picture of a given size: what stands for one that is not at hand."""

from __future__ import annotations

import struct
import zlib

MAX_WHOLE_PIXELS = 64_000_000
"""Pixels that a picture has at most to be written whole; of a larger one there are only the headers."""


def grey_png(width: int, height: int) -> bytes:
    """Write a grey PNG, one bit a pixel: 125 kB at most.

    Example: len(grey_png(1024, 768)) -> 193
    """
    data = b""
    if width * height <= MAX_WHOLE_PIXELS:
        data = zlib.compress((b"\0" + bytes(-(-width // 8))) * height, 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", b"\xd8\xd8\xd6\0\0\0"), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(*chunk) for chunk in chunks)


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
