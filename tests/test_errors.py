"""What errors offer, whatever raises them."""

from __future__ import annotations

import pytest

from tokscope.errors import similar


@pytest.mark.parametrize(
    ("typed", "known", "like"),
    [
        ("bite", ["byte", "char"], ["byte"]),
        ("opus 5", ["gpt-5", "claude-opus-5", "claude-opus-4"], ["claude-opus-5"]),
        ("5-opus", ["claude-opus-5"], ["claude-opus-5"]),
        ("", ["byte"], []),
        ("??", ["byte", "char"], []),
    ],
)
def test_what_is_similar(typed: str, known: list[str], like: list[str]) -> None:
    assert similar(typed, known)[: len(like) or 1] == like
