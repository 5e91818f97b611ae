"""Protobuf messages, as far as a SentencePiece .model needs them read.

The encoding: https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

from collections.abc import Iterator


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
