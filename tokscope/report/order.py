"""Order: which rows of a table come first, and how many are shown, as --sort and --top ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from tokscope.errors import UsageError, did_you_mean, similar
from tokscope.report.table import Cell, Column, Fields, TableReport
from tokscope.text.quantity import quantity

FIRST_COUNT, FIRST_COLUMN = "tokens", "path"
"""What the first column of counts, and the first column of all, are called beside their headings."""


class Order(NamedTuple):
    """The column to sort by, and the number of rows; falsy where the table stays as it is.

    Example: Order("tokens", 3)(report) has the three rows with the most tokens

    The best figures come first where a column says which these are, otherwise the largest; words are in their
    alphabetical order. Behind them come figures that do not compare with the others', and what has no value.
    """

    sort: str | None = None
    top: int | None = None

    def __bool__(self) -> bool:
        return any(one is not None for one in self)

    def __call__(self, report: TableReport) -> TableReport:
        """Put the rows of a report and of its parts in order, and the results that go with them.

        Example: Order(top=1)(report).rows -> the first row

        Raises UsageError for a column that none of the tables has.
        """
        tables = [report, *report.parts]
        places = [_column_index(self.sort, one.columns) for one in tables]
        if self.sort is not None and all(place is None for place in places):
            names = list(dict.fromkeys(column.name for one in tables for column in one.columns))
            also = [name for name in (FIRST_COUNT, FIRST_COLUMN) if name != self.sort.lower()]
            close = similar(self.sort, list(dict.fromkeys([*names, *also])))
            hint = did_you_mean(close, f"there are {', '.join(names)}")
            raise UsageError(f"--sort {self.sort}: no column has this name: {hint}")
        first, *parts = [self._ordered(one, place) for one, place in zip(tables, places, strict=True)]
        return replace(first, parts=parts)

    def _ordered(self, report: TableReport, place: int | None) -> TableReport:
        rows = list(enumerate(report.rows))
        if place is not None:
            column = report.columns[place]
            known = [one for one in rows if one[1][place] is not None]
            unknown = [one for one in rows if one[1][place] is None]
            largest = column.numeric and column.better != "less"
            ordered = sorted(known, key=lambda one: _key(one[1][place]), reverse=largest)
            apart = {number for number, row in known if column.better and row[0] in report.unlike}
            rows = [*sorted(ordered, key=lambda one: one[0] in apart), *unknown]
        chosen = rows[: self.top]
        left = len(rows) - len(chosen)
        return replace(
            report,
            rows=[row for _, row in chosen],
            results=_follow_rows(list(report.results), len(rows), [number for number, _ in chosen]),
            notes=[*report.notes, quantity(left, "more row")] if left else report.notes,
        )


def _key(cell: Cell) -> tuple[bool, Cell]:
    """Give what a cell is sorted by: an error in a figure's place is not a figure, and comes after."""
    return not isinstance(cell, str), cell.lower() if isinstance(cell, str | bytes) else cell


def _column_index(name: str | None, columns: Sequence[Column]) -> int | None:
    """Find the column of a name: its heading, or the first of names, or of counts."""
    if name is None:
        return None
    wanted = name.lower()
    for place, column in enumerate(columns):
        if column.name.lower() == wanted and column.kind != "bar":
            return place
    if wanted == FIRST_COUNT:
        return next((place for place, column in enumerate(columns) if column.kind == "int"), None)
    return 0 if wanted == FIRST_COLUMN and columns else None


def _follow_rows(results: Sequence[Fields], rows: int, chosen: Sequence[int]) -> Sequence[Fields]:
    """Put results in the order of their rows, of which each has one, or as many as every other.

    Example: _follow_rows([{"a": 1}, {"a": 2}], 2, [1]) -> [{"a": 2}]
    """
    each, rest = divmod(len(results), rows) if rows else (0, 0)
    if rest:
        return results  # they are of something else than the rows: their reader can sort them
    return [one for number in chosen for one in results[number * each : (number + 1) * each]]
