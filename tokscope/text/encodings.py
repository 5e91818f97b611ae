"""Encodings of Unicode that a byte model can read, and where their bytes stand in UTF-8."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

CODECS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-16-be": "utf-16-be"}
"""The encodings by the names that users give them, with Python's; none puts a mark before the text."""

ASCII = bytes(range(128))
"""The bytes that are a character each."""

NEVER_IN_UTF8 = bytes((0xC0, 0xC1, *range(0xF5, 0x100)))
"""The bytes that no text has."""


def places(text: str, encoding: str) -> Sequence[int]:
    """Give for each offset into the bytes of `text` in one of CODECS the offset into its UTF-8 bytes.

    Example: list(places("é!", "utf-16")) -> [0, 1, 2, 2, 3]

    An offset within a character is as far into its UTF-8 bytes, rounded down: of the two bytes of "!" in
    UTF-16 the first has none of its own.
    """
    if encoding == "utf-8":
        return range(len(text.encode()) + 1)
    found, at = array("q", [0]), 0
    for char in text:
        size, width = len(char.encode()), len(char.encode(CODECS[encoding]))
        found.extend(at + i * size // width for i in range(1, width + 1))
        at += size
    return found
