"""The token for padding of a vocabulary, which is known by its name."""

from __future__ import annotations

from collections.abc import Callable

PADS = ("[PAD]", "<pad>", "<|pad|>", "<PAD>", "<|padding|>", "<pad_token>")
"""What tokens for padding are called."""


def pad_id(token_to_id: Callable[[str], int | None]) -> int | None:
    """Find the token for padding by its name; None where there is none.

    Example: pad_id({"[PAD]": 0}.get) -> 0
    """
    return next((one for name in PADS if (one := token_to_id(name)) is not None), None)
