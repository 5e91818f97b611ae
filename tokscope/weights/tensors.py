"""Tensors: the numbers of a model's file, by rows or by blocks of rows, never more than are asked for."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import BrokenTokenizer
from tokscope.files import arrays, safetensors
from tokscope.files.gguf import Gguf
from tokscope.files.small_files import read_bytes, read_json
from tokscope.files.stored import TENSOR_TYPES, Stored
from tokscope.weights.quants import Floats, dequantize

AT_ONCE = 1 << 18
"""How many numbers are in memory at a time, where a whole matrix is read: 1 MB, for caches."""

INDEX = "model.safetensors.index.json"

PAGES_KEPT = 1 << 25
"""How many bytes of a file's pages that were read stay in memory: to let them go takes time, too."""

CLIP = 1e-6
"""A length to divide by is at least this, as in the code of Land and Bartolo."""

SQUARES = (1e-20, 1e30)
"""Sums of squares that float32 has room for; others are added up in float64, in five times the time."""


class Tensor:
    """A tensor of a file, its numbers as float32.

    Example: open_tensors("model.gguf")["token_embd.weight"].rows([0, 3]).shape -> (2, 576)
    """

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self.name = stored.name
        self.kind = stored.kind
        self.shape = stored.shape

    def rows(self, ids: Sequence[int]) -> Floats:
        """Read some rows, in their order. Raises as whole() does, and IndexError for a row that is not there.

        Example: tensor.rows([5]).shape -> (1, 576)
        """
        if not ids:
            return np.zeros((0, self._width), np.float32)
        if not all(0 <= row < self._count for row in ids):
            raise IndexError(f"{self.name} has {self._count:,} rows")
        return self._numbers(self._bytes()[[*ids]], ids)  # bytes are ids too

    def blocks(self) -> Iterator[tuple[int, Floats]]:
        """Read all rows in blocks, each with the number of its first row; memory stays flat.

        Example: for first, rows in tensor.blocks(): ...
        """
        step = max(1, AT_ONCE // max(1, self._width))
        kept = 0
        for first in range(0, self._count, step):
            yield first, self._between(first, min(first + step, self._count))
            kept += step * self._row_bytes
            if kept > PAGES_KEPT:
                self._forget()
                kept = 0

    def whole(self) -> Floats:
        """Read the tensor. Raises BrokenTokenizer for a kind of number that is not known.

        Example: open_tensors("model.safetensors")["norm.weight"].whole().shape -> (576,)
        """
        return self._between(0, self._count).reshape(self.shape)

    def digests(self) -> list[bytes]:
        """Give a digest of each row's bytes: equal rows have equal ones.

        Example: len(set(tensor.digests())) -> 49140, where 13 rows of 49152 are one vector
        """
        from hashlib import blake2b

        size, data, start = self._row_bytes, self._stored.data, self._stored.start
        return [
            blake2b(data[at : at + size], digest_size=16).digest()
            for at in range(start, start + size * self._count, size)
        ]

    @property
    def _width(self) -> int:
        return prod(self.shape[1:]) if len(self.shape) > 1 else 1

    @property
    def _count(self) -> int:
        return self.shape[0] if self.shape else 1

    @property
    def _row_bytes(self) -> int:
        if self.kind not in TENSOR_TYPES:
            raise BrokenTokenizer(
                f"{self.name}: its numbers are {self.kind}, which is not read here; convert the model to "
                f"one of {', '.join(TENSOR_TYPES)}"
            )
        numbers, size = TENSOR_TYPES[self.kind]
        return self._width * size // numbers

    def _between(self, first: int, after: int) -> Floats:
        return self._numbers(self._bytes()[first:after], range(first, after))

    def _bytes(self) -> NDArray[np.uint8]:
        """Give the bytes of all rows, where they lie in the file."""
        size = self._row_bytes
        data = np.frombuffer(self._stored.data, np.uint8, size * self._count, self._stored.start)
        return data.reshape(self._count, size)

    def _numbers(self, data: NDArray[np.uint8], rows: Sequence[int]) -> Floats:
        """Read the bytes of some rows. Raises BrokenTokenizer for numbers that are not finite."""
        with np.errstate(all="ignore"):  # a damaged scale may be infinite
            found = dequantize(self.kind, data.reshape(-1)).reshape(len(rows), self._width)
        if not np.isfinite(found).all():
            row = rows[int(np.argmin(np.isfinite(found).all(axis=1)))]
            raise BrokenTokenizer(f"{self.name}: row {row:,} has numbers that are not finite; fetch it again")
        return found

    def _forget(self) -> None:
        """Let the system take back the pages that have been read."""
        if isinstance(self._stored.data, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            with suppress(OSError, ValueError):
                self._stored.data.madvise(mmap.MADV_DONTNEED)


def open_tensors(path: str) -> Mapping[str, Tensor]:
    """Open a file of tensors, told by its content, or the index of several.

    Example: list(open_tensors("model.safetensors"))[0] -> "embeddings.position_ids"

    Raises BrokenTokenizer.
    """
    if path.endswith(".json"):
        return _of_index(path)
    head = read_bytes(path, 16)
    if head.startswith(b"GGUF"):
        found = Gguf(path).tensors()
    elif head.startswith(b"PK"):
        found = arrays.read_arrays(path)
    else:
        found = safetensors.read_tensors(path)
    return of_stored(found)


def of_stored(found: Mapping[str, Stored]) -> Mapping[str, Tensor]:
    """Give the tensors of a file that is open.

    Example: of_stored(Gguf("model.gguf").tensors())["token_embd.weight"].shape -> (49152, 576)
    """
    return {name: Tensor(stored) for name, stored in found.items()}


def _of_index(path: str) -> Mapping[str, Tensor]:
    """Open the files that an index names: it maps each tensor to one of them."""
    named = read_json(path)
    places = named.get("weight_map") if isinstance(named, dict) else None
    if not isinstance(places, dict) or not all(isinstance(one, str) for one in places.values()):
        raise BrokenTokenizer(f"{path}: its weight_map should say which file each tensor is in")
    folder = Path(path).parent
    found: dict[str, Tensor] = {}
    for name in sorted(set(places.values())):
        if Path(name).name != name or name.endswith(".json"):
            raise BrokenTokenizer(f"{path}: names {name!r}, which is not a file of tensors beside it")
        found |= open_tensors(str(folder / name))
    if missing := places.keys() - found.keys():
        raise BrokenTokenizer(f"{path}: no file has {min(missing)!r}; fetch the model again")
    return found


def unit(vectors: NDArray[np.float32]) -> Floats:
    """Scale vectors to the length of 1; one of zeros stays one.

    Example: unit(np.array([[3.0, 4.0]])) -> [[0.6, 0.8]]
    """
    by = np.clip(vector_lengths(vectors), CLIP, np.finfo(np.float32).max).astype(np.float32)
    found: Floats = vectors / by[..., None]
    return found


def vector_lengths(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Give the length of each vector (L2), for whose squares float32 may have no room.

    Example: vector_lengths(np.array([[3.0, 4.0]], np.float32)) -> [5.0]
    """
    with np.errstate(over="ignore"):
        squares = _squares(vectors, np.float32)
    if not (SQUARES[0] < squares.min(initial=1) and squares.max(initial=1) < SQUARES[1]):
        squares = _squares(vectors, np.float64)
    found: NDArray[np.float64] = np.sqrt(squares, dtype=np.float64)
    return found


def _squares(vectors: NDArray[np.float32], precision: type[np.floating[Any]]) -> NDArray[Any]:
    """Add up the squares of each vector: each is a product of its own, twice as quick as einsum."""
    found: NDArray[Any] = np.matmul(vectors[..., None, :], vectors[..., :, None], dtype=precision)[..., 0, 0]
    return found
