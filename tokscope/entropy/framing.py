"""Framing: the bytes around a text for a byte model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BOUNDARY = 0xFF
"""The byte before and after every text; it does not occur in UTF-8."""


def framed(data: bytes) -> NDArray[np.uint8]:
    """Put a BOUNDARY before and after a text.

    Example: framed(b"Hi").tolist() -> [255, 72, 105, 255]
    """
    import numpy as np  # if it is missing, the models say which extra to install

    edge = bytes([BOUNDARY])
    return np.frombuffer(edge + data + edge, np.uint8)
