"""HeatReport: matrices to look at, a colour for each figure, as data; render/heat*.py draw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from tokscope.report.table import TableReport


class Heat(NamedTuple):
    """A matrix, with names for its rows and columns.

    Example: Heat("head 0", [[1.0, None], [0.3, 0.7]], ["The", " king"], ["The", " king"])

    A figure that is None has no colour. `low` and `high` are the figures with the first and the last colour.
    """

    title: str
    values: Sequence[Sequence[float | None]]
    rows: Sequence[str]
    columns: Sequence[str]
    low: float = 0.0
    high: float = 1.0

    def share(self, value: float) -> float:
        """Say where a figure is between the first colour and the last, from 0 to 1.

        Example: Heat("", [], [], [], -1, 1).share(0) -> 0.5
        """
        span = self.high - self.low
        return min(1.0, max(0.0, (value - self.low) / span)) if span > 0 else 0.0


@dataclass(frozen=True, slots=True)
class HeatReport(TableReport):
    """A table of figures, and the matrices that they are in.

    Example: HeatReport(columns, rows, maps=[Heat("head 0", [[1.0]], ["a"], ["a"])])

    Formats that draw show the maps, the parts and the notes; the others the table.
    """

    forms: ClassVar[Sequence[str]] = ("heat", "table", "results")

    maps: Sequence[Heat] = ()
