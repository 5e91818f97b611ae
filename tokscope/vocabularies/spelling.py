"""How vocabularies spell bytes: GPT-2's alphabet of 256 characters, and byte pieces like <0xE6>."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Sequence


def _alphabet() -> dict[str, int]:
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = (byte for byte in range(256) if byte not in printable)
    return {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}


BYTE_ALPHABET = _alphabet()
"""The byte that each character of GPT-2's byte-level alphabet stands for: BYTE_ALPHABET["Ġ"] is 32.

The source: bytes_to_unicode in openai/gpt-2, src/encoder.py.
"""

BYTE_PIECE = re.compile(r"<0x([0-9A-F]{2})>")
"""A piece that stands for one byte, as SentencePiece writes it; group 1 is the byte in hex."""


def unfinished(piece: Callable[[int], bytes], ids: Sequence[int]) -> bytes:
    """Give the bytes of the last ids, one each, where they are byte pieces of a character that has more.

    Example: the pieces "H", "<0xE6>", "<0x97>" -> b"\\xe6\\x97"; "<0xE6>", "<0x97>", "<0xA5>" -> b""

    `piece` gives an id's piece. A library that decodes to a string writes U+FFFD for such bytes.
    """
    tail = b""
    for token_id in reversed(ids[-3:]):  # a character has four bytes at most
        byte = BYTE_PIECE.fullmatch(piece(token_id).decode(errors="replace"))
        if byte is None:
            break
        tail = bytes.fromhex(byte[1]) + tail
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(tail)
    return decoder.getstate()[0]


class Partial(dict[int, bool]):
    """Whether the bytes that an id stands for are not whole characters, each looked up once.

    Example: Partial({1: b"\\xe6", 2: b"ab"}.__getitem__)[1] -> True
    """

    def __init__(self, bytes_of: Callable[[int], bytes]) -> None:
        super().__init__()
        self._bytes_of = bytes_of

    def __missing__(self, token_id: int) -> bool:
        try:
            self._bytes_of(token_id).decode()
            self[token_id] = False
        except UnicodeDecodeError:
            self[token_id] = True
        return self[token_id]
