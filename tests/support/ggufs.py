"""Small GGUF files, written as the format's description has it."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

NUMBERS = {bool: (7, "<?"), int: (4, "<I"), float: (6, "<f")}


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def value(found: object) -> bytes:
    """Write a value behind its type."""
    if isinstance(found, str | bytes):
        return struct.pack("<I", 8) + text(found)
    if isinstance(found, Sequence):
        if not found or isinstance(found[0], str | bytes):
            return struct.pack("<IIQ", 9, 8, len(found)) + b"".join(map(text, found))
        kind, form = (5, "<i") if isinstance(found[0], int) else NUMBERS[type(found[0])]
        return struct.pack("<IIQ", 9, kind, len(found)) + b"".join(struct.pack(form, one) for one in found)
    kind, form = NUMBERS[type(found)]
    return struct.pack("<I", kind) + struct.pack(form, found)


def gguf(pairs: Mapping[str, object], *, version: int = 3, count: int | None = None) -> bytes:
    """Write a GGUF without tensors."""
    head = b"GGUF" + struct.pack("<IQQ", version, 0, len(pairs) if count is None else count)
    return head + b"".join(text(key) + value(found) for key, found in pairs.items())


def written(path: Path, tokenizer: Mapping[str, object], **more: object) -> Path:
    """Write a model's file with the pairs of its tokenizer."""
    path.write_bytes(gguf({**{f"tokenizer.ggml.{key}": one for key, one in tokenizer.items()}, **more}))
    return path
