"""Protobuf messages, as far as a SentencePiece .model needs them read and written.

The encoding: https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator


def fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the fields of a message, in order: the number and the bytes of each.

    Example: fields(b"\\x0a\\x01x\\x10\\x05") -> (1, b"x"), (2, b"\\x05")

    Raises ValueError where the message is not whole, or no message.
    """
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        if key & 7 == 2:
            size, position = _varint(message, position)
            end = position + size
        elif key & 7 == 0:
            end = _varint(message, position)[1]
        elif key & 7 in (1, 5):
            end = position + (8 if key & 7 == 1 else 4)
        else:
            raise ValueError(f"no field of a message at byte {position:,}")
        if end > len(message):
            raise ValueError(
                f"a field of {end - position:,} bytes, of which {len(message) - position:,} are there"
            )
        yield key >> 3, message[position:end]
        position = end


def integer(data: bytes) -> int:
    """Read a field that is a number.

    Example: integer(b"\\xac\\x02") -> 300
    """
    return _varint(data, 0)[0]


def _varint(message: bytes, position: int) -> tuple[int, int]:
    """Read a number, seven bits a byte and the lowest first, and tell where it ends."""
    value = shift = 0
    for at in range(position, min(position + 10, len(message))):
        value |= (message[at] & 127) << shift
        shift += 7
        if message[at] < 128:
            return value, at + 1
    raise ValueError(f"no number at byte {position:,}")


def sentencepiece_model(
    pieces: Iterable[tuple[str, float, int]],
    *,
    ids: tuple[int, int, int],
    unigram: bool,
    byte_fallback: bool,
    charsmap: bytes = b"",
    space_in_front: bool = False,
    fewer_spaces: bool = False,
) -> bytes:
    """Write a SentencePiece .model (sentencepiece_model.proto): each piece with its score and its type.

    Example: sentencepiece_model([("<unk>", 0.0, 2)], ids=(0, -1, -1), unigram=False, byte_fallback=False)

    `ids` are those of the unknown, and of what begins and ends a text, -1 where there is none.
    """
    written = bytearray()
    for text, score, kind in pieces:
        entry = _bytes(1, text.encode()) + b"\x15" + struct.pack("<f", score) + _write_number(3, kind)
        written += _bytes(1, entry)
    named = zip((40, 41, 42, 43), (*ids, -1), strict=True)
    trainer = _write_number(3, 1 if unigram else 2) + _write_number(35, byte_fallback)
    trainer += b"".join(_write_number(field, token_id) for field, token_id in named)
    normalizer = _bytes(1, b"identity") + _bytes(2, charsmap)
    normalizer += _write_number(3, space_in_front) + _write_number(4, fewer_spaces) + _write_number(5, 1)
    return bytes(written + _bytes(2, trainer) + _bytes(3, normalizer))


def _bytes(field: int, data: bytes) -> bytes:
    return _varint_of(field << 3 | 2) + _varint_of(len(data)) + data


def _write_number(field: int, value: int) -> bytes:
    return _varint_of(field << 3) + _varint_of(int(value))


def _varint_of(number: int) -> bytes:
    """Write a number, seven bits a byte and the lowest first; a negative one takes ten."""
    number &= (1 << 64) - 1
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    return bytes([*written, number])
