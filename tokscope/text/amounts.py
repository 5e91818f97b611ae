"""Amounts in words: a number and its noun."""

from __future__ import annotations


def amount_of(number: int, noun: str) -> str:
    """Write a number and its noun, which takes an s unless there is one.

    Example: amount_of(1, "text") -> "1 text"; amount_of(1234, "byte") -> "1,234 bytes"
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
