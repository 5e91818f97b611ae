"""safetensors: the header of a file of tensors, read where it lies in memory.

The format, of huggingface/safetensors' README.md: the length of the header (64 bits, little-endian), the
header in JSON, then the tensors. The header maps each name to a dtype, a shape and the place of its bytes,
counted from the header's end; places do not overlap. Nothing in it is believed before it is checked, and no
tensor is touched, so that a file of any size opens at once. (The package of that name gives NumPy no BF16.)
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import prod
from pathlib import Path

from tokscope.errors import BrokenTokenizer
from tokscope.files.stored import TENSOR_TYPES, Stored, mapped

MAX_HEADER = 100_000_000
"""How many bytes a header may have, as in the reference implementation."""


def read_tensors(path: str | Path) -> dict[str, Stored]:
    """Give the tensors of a file by name.

    Example: read_tensors("model.safetensors")["wte.weight"].shape -> (50257, 768)

    Raises BrokenTokenizer for a file that is cut off, damaged, or no safetensors.
    """
    data = mapped(path)
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or data[8:9] != b"{":
        raise BrokenTokenizer(f"{path}: is not a safetensors file: its header should begin with {{")
    if size > MAX_HEADER:
        raise BrokenTokenizer(f"{path}: claims a header of {size:,} bytes, and {MAX_HEADER:,} are the most")
    if size > len(data) - 8:
        raise BrokenTokenizer(f"{path}: is cut off inside its header; fetch it again")
    try:
        header = json.loads(data[8 : 8 + size], object_pairs_hook=_unrepeated_names)
    except (ValueError, RecursionError) as error:
        raise BrokenTokenizer(f"{path}: its header is damaged: {error}; fetch it again") from error
    header.pop("__metadata__", None)
    found = {name: _tensor(path, name, about, data, 8 + size) for name, about in header.items()}
    _check_overlaps(path, found, [about["data_offsets"] for about in header.values()])
    return found


def _unrepeated_names(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Make an object of pairs. Raises ValueError for a name that comes twice."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name comes twice")
    return made


def _tensor(path: str | Path, name: str, about: object, data: mmap.mmap, base: int) -> Stored:
    """Check what the header says of one tensor."""
    match about:
        case {"dtype": str(kind), "shape": [*shape], "data_offsets": [int(start), int(end)]}:
            pass
        case _:
            raise BrokenTokenizer(f"{path}: its header has no dtype, shape and data_offsets of {name!r}")
    if not all(type(axis) is int and axis >= 0 for axis in shape):
        raise BrokenTokenizer(f"{path}: {name!r} has a broken shape: {str(shape)[:60]}")
    if not 0 <= start <= end:
        raise BrokenTokenizer(f"{path}: {name!r} lies from byte {start} to {end}, which cannot be")
    if end > len(data) - base:
        raise BrokenTokenizer(f"{path}: is cut off before the end of {name!r}; fetch it again")
    if kind in TENSOR_TYPES and prod(shape) * TENSOR_TYPES[kind].size != end - start:
        raise BrokenTokenizer(
            f"{path}: {name!r} has {end - start:,} bytes, which do not make {shape} numbers of {kind}"
        )
    return Stored(name, kind, tuple(shape), data, base + start)


def _check_overlaps(path: str | Path, found: Mapping[str, Stored], places: Sequence[Sequence[int]]) -> None:
    """Raise BrokenTokenizer where two tensors share bytes."""
    ordered = sorted(zip(places, found, strict=True))
    for ((_, end), one), ((start, after), other) in pairwise(ordered):
        if start < end and after > start:
            raise BrokenTokenizer(f"{path}: is damaged: {one!r} and {other!r} share bytes; fetch it again")
