"""Whole numbers as people write them."""

from __future__ import annotations

import re
from decimal import Decimal

WHOLE_NUMBER = r"\d{1,3}(?:[_,]\d{3}){1,4}|\d{1,100}"
"""What they look like: digits, or groups of three with commas or underscores between them."""


def whole_number(written: str) -> int | None:
    """Read a whole number; None for anything else.

    Example: whole_number("4,000") -> 4000; whole_number("4.5") -> None

    Raises ValueError for one like 4k, which says what it may mean.
    """
    if re.fullmatch(WHOLE_NUMBER, written):
        return int(re.sub("[_,]", "", written))
    if short := re.fullmatch(r"(\d{1,9}(?:\.\d)?)\s*([kKmM])", written):
        power = "kKmM".index(short[2]) // 2 + 1
        decimal, binary = (int(Decimal(short[1]) * base**power) for base in (1000, 1024))
        raise ValueError(f"{written!r} may mean {decimal} or {binary}: write the number")
    return None
