"""Strips: splits drawn as lines of the screen, each token pointable; what is drawn once is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Generic, TypeVar

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from tokscope.render.blocks import pointed
from tokscope.render.palettes import SOFT
from tokscope.split import Split

CURSOR = Style(bold=True, underline=True, reverse=True)
"""What is added to the token that is at the cursor."""


@lru_cache(4096)
def _pointable(index: int) -> Style:
    return Style(meta={"token": index})


_PLAIN = Console()
"""Which has no part in how lines look: it makes strips of them."""


def strip_of(line: Text) -> Strip:
    """Make a line of the screen from one of rich.

    Example: strip_of(Text("Hi")).text -> "Hi"
    """
    return Strip(line.render(_PLAIN))


def fill_line(same: Same[Strip], width: int, style: Style) -> Strip:
    """Make a line as long as the screen is wide, on its background.

    Example: fill_line(Same(strip_of(Text("Hi"))), 4, Style()).text -> "Hi  "
    """
    return same.one.adjust_cell_length(width).apply_style(style)


def shows_token(line: Strip, token: int) -> bool:
    """Say whether a token is drawn on a line.

    Example: shows_token(strips_of(Same(load("byte").encode("Hi")), 80, False, None)[0], 1) -> True
    """
    return any(segment.style is not None and segment.style.meta.get("token") == token for segment in line)


T = TypeVar("T")


class Same(Generic[T]):
    """Something as a key that has no hash of its own: it and no other.

    Example: Same(split) == Same(split) -> True; Same(load("byte").encode("Hi")) == Same(split) -> False
    """

    def __init__(self, one: T) -> None:
        self.one = one

    def __hash__(self) -> int:
        return id(self.one)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.one is self.one


def strips_of(same: Same[Split], width: int, ids: bool, here: int | None) -> Sequence[Strip]:
    """Draw a split in lines of at most `width` cells, and mark the token `here`.

    Example: [one.text for one in strips_of(Same(load("byte").encode("Hi")), 80, False, None)] -> ["Hi"]
    """

    def on(index: int) -> Style:
        return _pointable(index) + CURSOR if index == here else _pointable(index)

    drawn = pointed(same.one, SOFT, width, on, ids=ids)
    return [Strip([Segment(text, style) for text, style in pieces]) for pieces in drawn]
