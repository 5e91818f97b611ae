"""Layout and Edges: one picture, cut into cells; what Split is to a text.

The contract, which tests/media/test_layouts.py holds for every rule:

- boxes come row by row, in the order of their tokens, and each has some width and height;
- they never overlap, and leave out nothing of the picture as the model sees it;
- `tokens` is what the rule counts: those of the cells, and `extra`;
- `onto()` gives the same boxes in pixels of the original, whatever the model's resize did to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil
from typing import Literal, NamedTuple


class Edges(NamedTuple):
    """A cell's edges in pixels; the last ones may reach over the picture's right and bottom edge.

    Example: Edges(0, 0, 16, 16).right -> 16
    """

    left: float
    top: float
    right: float
    bottom: float


Placing = Literal["stretch", "crop", "pad"]
"""How a picture fills a frame of another shape: distorted, cut off at its sides, or with margins."""


class Layout(NamedTuple):
    """A picture as a model sees it: its size after the model's own resize, and the cells over it.

    Example: tiles(1024, 1024, base=85, tile=170) -> Layout(768, 768, 2, 2, 512, 512, each=170, extra=85)

    Each of `columns` x `rows` cells costs `each` tokens; `extra` are tokens that belong to no cell: a base
    price, a thumbnail, the ends of rows. `fit` is how the picture came to that size. `ids` are all tokens
    in their order, where they have ids: those of a row's cells, and what ends the row.
    """

    width: int
    height: int
    columns: int
    rows: int
    cell_width: float
    cell_height: float
    each: int | Fraction = 1
    extra: int = 0
    fit: Placing = "stretch"
    ids: Sequence[int] | None = None

    @classmethod
    def of_cells(cls, width: int, height: int, cell: int, each: int | Fraction = 1, extra: int = 0) -> Layout:
        """Cover a picture with square cells; the last ones may reach over its edge.

        Example: Layout.of_cells(40, 32, 32).columns -> 2
        """
        return cls(width, height, -(-width // cell), -(-height // cell), cell, cell, each, extra)

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return self.columns * self.rows

    @property
    def tokens(self) -> int:
        """How many tokens the picture is; a part of a token is billed whole."""
        return ceil(self.cells * self.each) + self.extra

    def boxes(self) -> Iterator[Edges]:
        """Give the cells in the order of their tokens, in pixels of the resized picture: row by row.

        Example: list(Layout.of_cells(40, 32, 32).boxes()) -> [Edges(0, 0, 32, 32), Edges(32, 0, 64, 32)]
        """
        across, down = self.cell_width, self.cell_height
        for row in range(self.rows):
            for column in range(self.columns):
                yield Edges(column * across, row * down, (column + 1) * across, (row + 1) * down)

    def placed(self, width: int, height: int) -> Edges:
        """Say where the whole of a picture of this size lies after the resize, what is cut off included.

        Example: Layout(224, 224, 14, 14, 16, 16, fit="crop").placed(448, 224) -> Edges(-112, 0, 336, 224)
        """
        if self.fit == "stretch":
            return Edges(0, 0, self.width, self.height)
        by_width, by_height = self.width / width, self.height / height
        scale = max(by_width, by_height) if self.fit == "crop" else min(by_width, by_height)
        left, top = (self.width - width * scale) / 2, (self.height - height * scale) / 2
        return Edges(left, top, left + width * scale, top + height * scale)

    def onto(self, width: int, height: int) -> Iterator[Edges]:
        """Give the cells in pixels of the original, which is `width` x `height`, cut off at its edges.

        Example: list(Layout(64, 32, 2, 1, 32, 32).onto(128, 64))[1] -> Edges(64, 0, 128, 64)

        A cell that holds nothing of it, but margin, has no width or no height.
        """
        place = self.placed(width, height)
        across, down = width / (place.right - place.left), height / (place.bottom - place.top)
        for box in self.boxes():
            xs = (min(edge, self.width) - place.left for edge in (box.left, box.right))
            ys = (min(edge, self.height) - place.top for edge in (box.top, box.bottom))
            left, right = (min(max(x * across, 0), width) for x in xs)
            top, bottom = (min(max(y * down, 0), height) for y in ys)
            yield Edges(left, top, right, bottom)
