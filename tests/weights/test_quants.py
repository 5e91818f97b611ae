"""Quants: every kind equal bit for bit to what the package gguf makes of it; its own values are ggml's."""

from __future__ import annotations

import numpy as np
import pytest
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize as dequantized_by_gguf

from tokscope.files.gguf import TENSORS
from tokscope.files.stored import TENSOR_TYPES
from tokscope.weights.quants import dequantize

QUANTISED = [name for name, kind in TENSOR_TYPES.items() if kind.numbers > 1] + ["BF16"]


def test_types_have_the_numbers_and_sizes_of_ggml() -> None:
    ours = {name: number for number, name in TENSORS.items()}
    theirs = {one.name: one.value for one in GGMLQuantizationType if one.name in ours}
    assert theirs.items() <= ours.items()
    assert {name: TENSOR_TYPES[name] for name in QUANTISED} == {
        name: GGML_QUANT_SIZES[GGMLQuantizationType[name]] for name in QUANTISED
    }


@pytest.mark.parametrize("kind", QUANTISED)
def test_equal_to_gguf(kind: str) -> None:
    raw = np.random.default_rng(5).integers(0, 256, (64, 2 * TENSOR_TYPES[kind].size), np.uint8)
    with np.errstate(all="ignore"):
        ours = dequantize(kind, raw.reshape(-1))
        theirs = dequantized_by_gguf(raw, GGMLQuantizationType[kind])
    assert np.isfinite(ours).mean() > 0.8
    np.testing.assert_array_equal(ours, theirs.reshape(-1))


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("F32", b"\x00\x00\x80\x3f", [1.0]),
        ("F16", b"\x00\x3c\x00\xc0", [1.0, -2.0]),
        ("BF16", b"\x80\x3f\x00\xc0", [1.0, -2.0]),
        ("I8", b"\x01\xff", [1.0, -1.0]),
        ("Q8_0", b"\x00\x38" + bytes(range(30)) + b"\xff\x80", [*(i / 2 for i in range(30)), -0.5, -64.0]),
        ("Q4_0", b"\x00\x3c" + b"\xf0" * 16, [-8.0] * 16 + [7.0] * 16),
        ("Q4_1", b"\x00\x3c\x00\x40" + b"\xf0" * 16, [2.0] * 16 + [17.0] * 16),
    ],
)
def test_by_hand(kind: str, data: bytes, expected: list[float]) -> None:
    assert dequantize(kind, np.frombuffer(data, np.uint8)).tolist() == expected
