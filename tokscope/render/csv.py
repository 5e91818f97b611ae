r"""`csv`: comma-separated values (RFC 4180) with a header, for spreadsheets and data frames.

Figures are whole: no rounding, no separators, a percentage as a fraction of 1; nothing is an empty field. The
total is left out, being no data. Where a figure is an estimate, a last column says which rows are `exact`,
and behind it are the bounds of each figure that has some.
Text is exact but for characters that a terminal may obey, which are escapes (`json` has them exact); tokens
are escaped as in `plain`. A cell that begins with = or @ stays as it is: who opens the names of untrusted
files in a spreadsheet should import them as text. Lines end in \n, which every reader takes and Unix tools
need.
"""

from __future__ import annotations

import csv
from typing import TextIO

from tokscope.report.table import Cell, Estimate, Report
from tokscope.text.visible import defused, escape


def render(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write a header, then a line per row."""
    report = report.sheet or report
    columns = report.columns
    kept = [index for index, column in enumerate(columns) if column.kind != "bar"]
    writer = csv.writer(stream, lineterminator="\n")
    marked = report.estimated and not any(column.name == "exact" for column in columns)
    rows = list(report.rows) if report.estimated else report.rows
    bounded = [i for i in kept if report.estimated and any(_bounds(row[i]) for row in rows)]
    names = [_harmless(columns[i].name) for i in kept]
    ends = [f"{defused(columns[i].name)} {end}" for i in bounded for end in ("low", "high")]
    writer.writerow([*names, *(["exact"] if marked else []), *ends])
    for row in rows:
        exact = not any(isinstance(cell, Estimate) for cell in row)
        cells = [_harmless(row[index]) for index in kept]
        found = [end for i in bounded for end in _bounds(row[i]) or (row[i], row[i])]
        writer.writerow([*cells, *([str(exact).lower()] if marked else []), *found])


def _bounds(cell: Cell) -> tuple[int, int] | None:
    """Give the bounds of an estimate; None where it has none, or is none."""
    if not isinstance(cell, Estimate) or cell.low is None or cell.high is None:
        return None
    return cell.low, cell.high


def _harmless(cell: Cell) -> Cell:
    if isinstance(cell, bytes):
        return escape(cell)
    return defused(cell) if isinstance(cell, str) else cell
