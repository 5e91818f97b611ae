"""Unfinished: a training that was saved before its end, and goes on only as what it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tokscope.errors import UsageError
from tokscope.files import npz

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAVE_EVERY = 60.0
"""After how many seconds an unfinished training is saved again."""


def load_unfinished(
    path: str, format: str, identity: Mapping[str, object], other: str
) -> tuple[Mapping[str, object], Mapping[str, NDArray[Any]]]:
    """Read what npz.save_model() wrote of a training of the same `identity`, which its header holds.

    Example: load_unfinished("codes.npz.part", UNFINISHED, {"settings": {...}}, "other pictures")

    `other` says in the error what else another training may be on. Raises BrokenTokenizer for a damaged file,
    and UsageError for one of another identity.
    """
    header, arrays = npz.load_model(path, format)
    if any(header.get(key) != value for key, value in identity.items()):
        raise UsageError(
            f"{path} is unfinished training on {other} or with other options: "
            "use the same ones to continue it, or delete it"
        )
    return header, arrays
