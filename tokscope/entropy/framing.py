"""Framing: what stands around a text for a byte model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BOUNDARY = 0xFF
"""The byte that stands before and after every text; UTF-8 has none like it."""


def framed(data: bytes) -> NDArray[np.uint8]:
    """Put the boundaries around a text.

    Example: framed(b"Hi").tolist() -> [255, 72, 105, 255]
    """
    import numpy as np  # the models say which extra brings it, where it is missing

    edge = bytes([BOUNDARY])
    return np.frombuffer(edge + data + edge, np.uint8)
