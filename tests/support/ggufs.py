"""Small GGUF files, written as the format's description has it."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

NUMBERS = {bool: (7, "<?"), int: (4, "<I"), float: (6, "<f")}


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def value(found: object) -> bytes:
    """Write a value after its type."""
    if isinstance(found, str | bytes):
        return struct.pack("<I", 8) + text(found)
    if isinstance(found, Sequence):
        if not found or isinstance(found[0], str | bytes):
            return struct.pack("<IIQ", 9, 8, len(found)) + b"".join(map(text, found))
        kind, form = (5, "<i") if isinstance(found[0], int) else NUMBERS[type(found[0])]
        return struct.pack("<IIQ", 9, kind, len(found)) + b"".join(struct.pack(form, one) for one in found)
    kind, form = NUMBERS[type(found)]
    return struct.pack("<I", kind) + struct.pack(form, found)


class Quantised(NamedTuple):
    """A tensor: the number of its type, its axes in NumPy's order, its bytes."""

    kind: int
    shape: Sequence[int]
    data: bytes


def gguf(
    pairs: Mapping[str, object],
    tensors: Mapping[str, Quantised] = MappingProxyType({}),
    *,
    version: int = 3,
    count: int | None = None,
) -> bytes:
    """Write a GGUF."""
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(pairs) if count is None else count)
    head += b"".join(text(key) + value(found) for key, found in pairs.items())
    body = b""
    for name, one in tensors.items():
        axes = struct.pack(f"<I{len(one.shape)}Q", len(one.shape), *one.shape[::-1])
        head += text(name) + axes + struct.pack("<IQ", one.kind, len(body))
        body += one.data + bytes(-len(one.data) % 32)
    return head + bytes(-len(head) % 32) + body if tensors else head


def written(path: Path, tokenizer: Mapping[str, object], **more: object) -> Path:
    """Write a model's file with the pairs of its tokenizer."""
    path.write_bytes(gguf({**{f"tokenizer.ggml.{key}": one for key, one in tokenizer.items()}, **more}))
    return path
