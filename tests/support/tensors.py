"""Small files of tensors, written as the formats' descriptions have them."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DTYPES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "int64": "I64",
    "int8": "I8",
    "uint16": "BF16",
}
"""By NumPy's name; uint16 holds the bits of BF16, which NumPy has not."""


def safetensors(tensors: Mapping[str, NDArray[np.generic]]) -> bytes:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, one in tensors.items():
        data = np.ascontiguousarray(one).tobytes()
        places = [len(body), len(body) + len(data)]
        header[name] = {"dtype": DTYPES[str(one.dtype)], "shape": list(one.shape), "data_offsets": places}
        body += data
    return with_header(json.dumps(header).encode(), body)


def with_header(header: bytes, body: bytes = b"", *, size: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if size is None else size) + header + body


def written(path: Path, tensors: Mapping[str, NDArray[np.generic]]) -> Path:
    path.write_bytes(safetensors(tensors))
    return path
