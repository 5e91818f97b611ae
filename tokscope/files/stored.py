"""Stored: a tensor as it lies in a file, before anybody reads its numbers."""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import NamedTuple

from tokscope.errors import BrokenTokenizer
from tokscope.files.small_files import without_waiting


class Packing(NamedTuple):
    """How numbers are written: how many of them in a block, and how many bytes the block takes.

    Example: TENSOR_TYPES["Q8_0"] -> Packing(numbers=32, size=34)  # a scale of 2 bytes and 32 numbers of one
    """

    numbers: int
    size: int


TENSOR_TYPES: Mapping[str, Packing] = {
    **{name: Packing(1, 8) for name in ("F64", "I64", "U64")},
    **{name: Packing(1, 4) for name in ("F32", "I32", "U32")},
    **{name: Packing(1, 2) for name in ("F16", "BF16", "I16", "U16")},
    **{name: Packing(1, 1) for name in ("I8", "U8", "BOOL")},
    "Q4_0": Packing(32, 18),
    "Q4_1": Packing(32, 20),
    "Q5_0": Packing(32, 22),
    "Q5_1": Packing(32, 24),
    "Q8_0": Packing(32, 34),
    "Q2_K": Packing(256, 84),
    "Q3_K": Packing(256, 110),
    "Q4_K": Packing(256, 144),
    "Q5_K": Packing(256, 176),
    "Q6_K": Packing(256, 210),
}
"""The kinds that can be read: of safetensors, and of GGUF as ggml's ggml-common.h lays them out."""


class Stored(NamedTuple):
    """One tensor: its name, the kind of its numbers, its shape, and where its bytes are in the file's memory.

    Example: Stored("wte.weight", "F32", (50257, 768), data, 1024).size -> 154389504

    The last axis runs fastest. A kind that TENSOR_TYPES lacks is told only when the numbers are asked for.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    data: mmap.mmap | bytes
    start: int

    @property
    def size(self) -> int:
        """How many bytes it takes, of a kind that is known.

        Example: Stored("bias", "F32", (768,), b"", 0).size -> 3072
        """
        numbers, size = TENSOR_TYPES[self.kind]
        return prod(self.shape) // numbers * size


def mapped(path: str | Path) -> mmap.mmap:
    """Map a file into memory, where only what is looked at is read. Raises BrokenTokenizer.

    Example: mapped("model.safetensors")[:8]
    """
    try:
        with open(path, "rb", opener=without_waiting) as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # ValueError: an empty file, or a NUL in its name
        other = os.path.exists(path) and not os.path.isfile(path)
        why = "not a regular file" if other else getattr(error, "strerror", None) or "is empty"
        raise BrokenTokenizer(f"{path}: {why}") from error
