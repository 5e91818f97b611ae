"""PictureReport: what `split` found of pictures, each cut into tiles or patches by each model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from tokscope.layout import Layout
from tokscope.report.late import LateReport
from tokscope.report.table import Column, Row


class Pixels(NamedTuple):
    """A picture in memory: three bytes (red, green, blue) for each pixel, row by row.

    Example: Pixels(2, 1, b"\\xff\\0\\0\\0\\0\\xff"), a red pixel beside a blue one
    """

    width: int
    height: int
    rgb: bytes


class View(NamedTuple):
    """One picture as one model sees it.

    Example: View("gpt-4o", "photo.png", 1024, 1024, layout, 765, exact=True, rule="tiles base=85 tile=170")

    `width` and `height` are the picture's own, before the model's resize. `tokens` may be an Estimate. Only
    what draws needs `pixels`: the frame of the layout, or a smaller one of the same shape.
    """

    tokenizer: str
    path: str
    width: int
    height: int
    layout: Layout
    tokens: int
    exact: bool
    rule: str
    as_of: str = ""
    source: str = ""
    note: str = ""
    pixels: Pixels | None = None

    @property
    def cells(self) -> str:
        """The cells and their price in words.

        Example: "2 x 2 cells of 512 x 512 px, 170 tokens each, and 85 more"
        """
        one = self.layout
        across, down = (f"{side:,.0f}" for side in (one.cell_width, one.cell_height))
        if one.cells == 1:
            said = "one cell"
        else:
            said = f"{one.columns:,} x {one.rows:,} cells of {across} x {down} px"
        each = f"{float(one.each):g} token{'' if one.each == 1 else 's'}{' each' if one.cells != 1 else ''}"
        return f"{said}, {each}" + (f", and {one.extra:,} more" if one.extra else "")

    @property
    def extent(self) -> tuple[float, float]:
        """How wide and high a drawing of it is, in pixels of the resized picture.

        Example: View("", "a.png", 20, 20, Layout.of_cells(20, 20, 16), 4, True, "").extent -> (20, 20)

        Cells that reach over its edge are cut off there, as long as a part of each is in it.
        """
        one = self.layout
        wide, high = one.columns * one.cell_width, one.rows * one.cell_height
        return (
            one.width if one.width > wide - one.cell_width else wide,
            one.height if one.height > high - one.cell_height else high,
        )

    @property
    def resize(self) -> str:
        """What the model does to the picture's size, in words.

        Example: "4,032 x 3,024 -> 1,024 x 768"
        """
        one = self.layout
        size = f"{self.width:,} x {self.height:,}"
        if (one.width, one.height) == (self.width, self.height):
            return f"{size} px"
        how = {"stretch": "", "crop": ", cropped", "pad": ", padded"}[one.fit]
        return f"{size} -> {one.width:,} x {one.height:,} px{how}"

    @property
    def fields(self) -> dict[str, object]:
        """The picture in JSON; `split` are its cells, in token order, in pixels of the original.

        Example: View("", "a.png", 16, 16, Layout.of_cells(16, 16, 16), 1, True, "").fields["columns"] -> 1
        """
        one = self.layout
        return {
            "path": self.path,
            "tokenizer": self.tokenizer,
            "kind": "picture",
            "exact": self.exact,
            "tokens": self.tokens,
            "width": self.width,
            "height": self.height,
            "resized": {"width": one.width, "height": one.height, "fit": one.fit},
            "columns": one.columns,
            "rows": one.rows,
            "each": float(one.each),
            "extra": one.extra,
            "rule": self.rule,
            "as_of": self.as_of,
            "source": self.source,
            "note": self.note,
            "split": [
                {
                    **{name: round(edge, 2) for name, edge in box._asdict().items()},
                    **({} if one.ids is None else {"ids": self.ids(index)}),
                }
                for index, box in enumerate(one.onto(self.width, self.height))
            ],
        }

    def ids(self, index: int) -> list[int]:
        """Give the ids of one cell, without what ends its row; none where tokens have no ids.

        Example: view.ids(0) -> [17], of a codebook with one level
        """
        one = self.layout
        if one.ids is None:
            return []
        row, column = divmod(index, one.columns)
        first = row * (len(one.ids) // one.rows) + column * int(one.each)
        return [*one.ids[first : first + int(one.each)]]


@dataclass(frozen=True, slots=True)
class PictureReport(LateReport):
    """The result of `split` for pictures: one View for each picture and tokenizer.

    Example: PictureReport([View("vit-b/16", "photo.png", 640, 480, layout, 197, True, "square side=224")])

    Formats that know only tables get a row for each cell, in the order of tokens. `with_ids` asks for ids in
    place of the cells' numbers.
    """

    forms: ClassVar[Sequence[str]] = ("picture", "table", "results")

    views: Sequence[View]
    with_ids: bool = False

    def __post_init__(self) -> None:
        """Choose the columns; rows and results are made later."""
        counts = ((view.path, view.tokenizer, view.tokens) for view in self.views)
        columns = (
            Column("path", "path"),
            Column("tokenizer"),
            Column("index", "id"),
            *(Column(edge, "id") for edge in ("left", "top", "right", "bottom")),
            Column("ids", shown=any(view.layout.ids is not None for view in self.views)),
        )
        self.fill(counts, lambda: (view.fields for view in self.views), columns, self._rows)

    def _rows(self) -> Iterator[Row]:
        """One row for each cell: its edges in whole pixels of the original."""
        for view in self.views:
            for index, box in enumerate(view.layout.onto(view.width, view.height)):
                ids = " ".join(map(str, view.ids(index))) or None
                yield (view.path, view.tokenizer, index, *(round(edge) for edge in box), ids)

    def label(self, view: View, index: int) -> str:
        """Give what is in a cell: its number in the order of tokens, from 1, or its ids.

        Example: PictureReport([view]).label(view, 0) -> "1"
        """
        return " ".join(map(str, view.ids(index))) if self.with_ids else f"{index + 1}"
