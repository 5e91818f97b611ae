"""Texts without spaces whose label is one of their letters.

All letters are as frequent as each other, so that nothing in the next byte says that "e" or "o" is worth a
patch; the label does.
"""

from __future__ import annotations

import random
from collections.abc import Iterator


def pairs(number: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Make texts with their labels.

    Example: next(pairs(1)) -> ("lehgefm...", "e"), with every letter from a to p but o
    """
    chooser = random.Random(seed)
    for _ in range(number):
        size, label = chooser.randint(30, 80), chooser.choice("eo")
        yield "".join(chooser.choices(f"abcdfghijklmnp{label}", k=size)), label
