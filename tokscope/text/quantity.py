"""How many there are of something, in words."""

from __future__ import annotations


def quantity(number: int, noun: str) -> str:
    """Write a number with its noun, which takes an s unless there is one.

    Example: quantity(1, "word") -> "1 word", quantity(2_000, "more row") -> "2,000 more rows"
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
