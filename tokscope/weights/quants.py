"""Quants: from the bytes of a tensor to float32, for each kind of number.

The blocks are those of ggml's ggml-common.h, and their arithmetic that of its ggml-quants.c: `d` is a block's
scale and `m` its least value, in half precision; the K kinds have a scale, and some a least value, for each
16 or 32 numbers of their 256, in 4, 6 or 8 bits. Of a byte the low bits come first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokscope.files.stored import TENSOR_TYPES

Blocks = NDArray[np.uint8]
"""Bytes, a row for each block."""

Floats = NDArray[np.float32]

NUMPY_TYPES: Mapping[str, str] = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "u1",
    "BOOL": "?",
}
"""The kinds that NumPy has itself."""


def dequantize(kind: str, data: NDArray[np.uint8]) -> Floats:
    """Read bytes as numbers of a kind, in one row.

    Example: dequantize("BF16", np.frombuffer(b"\\x80\\x3f", np.uint8)) -> [1.0]

    The kind is one of TENSOR_TYPES, and the bytes are whole blocks.
    """
    if kind in NUMPY_TYPES:
        return data.view(NUMPY_TYPES[kind]).astype(np.float32)
    if kind == "BF16":  # the upper half of a float32
        return (data.view("<u2").astype(np.uint32) << 16).view(np.float32)
    return _DECODERS[kind](data.reshape(-1, TENSOR_TYPES[kind].size)).reshape(-1)


def _half(block: Blocks, at: int) -> Floats:
    """Read a number of half precision from each block."""
    return block[:, at : at + 2].view("<f2").astype(np.float32)


def _nibbles(block: Blocks) -> Blocks:
    """Give the low halves of all bytes, then the high ones."""
    return np.concatenate([block & 15, block >> 4], axis=-1)


def _unpack_bits(block: Blocks) -> Blocks:
    """Give the bits of all bytes, the lowest first."""
    return np.unpackbits(block, axis=-1, bitorder="little")


def _q8_0(block: Blocks) -> Floats:
    numbers = block[:, 2:].view(np.int8).astype(np.float32)
    numbers *= _half(block, 0)  # in its place: writing is what takes the time
    return numbers


def _q4_0(block: Blocks) -> Floats:
    return _half(block, 0) * (_nibbles(block[:, 2:]).astype(np.float32) - 8)


def _q4_1(block: Blocks) -> Floats:
    return _half(block, 0) * _nibbles(block[:, 4:]).astype(np.float32) + _half(block, 2)


def _q5_0(block: Blocks) -> Floats:
    fives = _nibbles(block[:, 6:]) | _unpack_bits(block[:, 2:6]) << 4
    return _half(block, 0) * (fives.astype(np.float32) - 16)


def _q5_1(block: Blocks) -> Floats:
    fives = _nibbles(block[:, 8:]) | _unpack_bits(block[:, 4:8]) << 4
    return _half(block, 0) * fives.astype(np.float32) + _half(block, 2)


def _unpack_pairs(block: Blocks) -> Blocks:
    """Give the pairs of bits of 64 bytes: of each half the lowest of its 32 bytes first."""
    halves = block.reshape(-1, 2, 1, 32)
    shifts = np.arange(0, 8, 2, dtype=np.uint8).reshape(1, 1, 4, 1)
    return (halves >> shifts & np.uint8(3)).reshape(-1, 256)


def _apply_scales(scales: Floats, numbers: NDArray[Any]) -> Floats:
    """Multiply each run of 256 numbers by the scale of it."""
    runs = scales.shape[1]
    found: Floats = scales[:, :, None] * numbers.reshape(-1, runs, 256 // runs).astype(np.float32)
    return found


def _q2_k(block: Blocks) -> Floats:
    scales, least = block[:, :16] & 15, block[:, :16] >> 4
    numbers = _apply_scales(_half(block, 80) * scales, _unpack_pairs(block[:, 16:80]))
    return (numbers - (_half(block, 82) * least)[:, :, None]).reshape(-1, 256)


def _q3_k(block: Blocks) -> Floats:
    packed = block[:, 96:108]
    high = np.concatenate([packed[:, 8:] >> shift & 3 for shift in (0, 2, 4, 6)], axis=1)
    scales = (_nibbles(packed[:, :8]) | high << 4).astype(np.int8) - 32
    thirds = _unpack_bits(block[:, :32]).reshape(-1, 32, 8).transpose(0, 2, 1).reshape(-1, 256)
    numbers = _unpack_pairs(block[:, 32:96]).astype(np.int8) - 4 * (1 - thirds.astype(np.int8))
    return _apply_scales(_half(block, 108) * scales.astype(np.float32), numbers).reshape(-1, 256)


def _scales_of_k4(packed: Blocks) -> tuple[Blocks, Blocks]:
    """Give the 8 scales and the 8 least values of 6 bits each that 12 bytes hold."""
    first, second, third = packed[:, :4], packed[:, 4:8], packed[:, 8:]
    scales = np.concatenate([first & 63, third & 15 | first >> 6 << 4], axis=1)
    least = np.concatenate([second & 63, third >> 4 | second >> 6 << 4], axis=1)
    return scales, least


def _of_k4(block: Blocks, numbers: Blocks) -> Floats:
    scales, least = _scales_of_k4(block[:, 4:16])
    found = _apply_scales(_half(block, 0) * scales, numbers) - (_half(block, 2) * least)[:, :, None]
    return found.reshape(-1, 256)


def _q4_k(block: Blocks) -> Floats:
    return _of_k4(block, _nibbles(block[:, 16:].reshape(-1, 4, 32)))


def _q5_k(block: Blocks) -> Floats:
    fifths = _unpack_bits(block[:, 16:48]).reshape(-1, 32, 8).transpose(0, 2, 1).reshape(-1, 256)
    return _of_k4(block, _nibbles(block[:, 48:].reshape(-1, 4, 32)).reshape(-1, 256) | fifths << np.uint8(4))


def _q6_k(block: Blocks) -> Floats:
    low = _nibbles(block[:, :128].reshape(-1, 2, 64)).reshape(-1, 256)
    numbers = (low | _unpack_pairs(block[:, 128:192]) << 4).astype(np.int8) - 32
    scales = block[:, 192:208].view(np.int8).astype(np.float32)
    return _apply_scales(_half(block, 208) * scales, numbers).reshape(-1, 256)


_DECODERS: Mapping[str, Callable[[Blocks], Floats]] = {
    "Q4_0": _q4_0,
    "Q4_1": _q4_1,
    "Q5_0": _q5_0,
    "Q5_1": _q5_1,
    "Q8_0": _q8_0,
    "Q2_K": _q2_k,
    "Q3_K": _q3_k,
    "Q4_K": _q4_k,
    "Q5_K": _q5_k,
    "Q6_K": _q6_k,
}
