r"""`csv`: comma-separated values (RFC 4180) with a header, for spreadsheets and data frames.

Figures are not rounded and have no separators; a percentage is a fraction of 1; None is an empty field. The
total is left out, since it is not data. Where a figure is an estimate, a last column says which rows are
`exact`, and after it are the bounds of each figure that has some. Text is exact, except that characters a
terminal may obey are escaped (`json` has them exactly); tokens are escaped as in `plain`. A cell that begins
with = or @ stays as it is: to open untrusted file names in a spreadsheet, import them as text. Lines end in
\n, as Unix tools need them.
"""

from __future__ import annotations

import csv
from typing import TextIO

from tokscope.report.table import Cell, Estimate, Report
from tokscope.text.visible import defused, escape


def render(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write a header, then a line per row; nothing where there is none.

    Example: out = StringIO(); render(small, out, color=False, width=None); out.getvalue() ->
    "path,o200k_base\\na.md,10\\n"
    """
    report = report.sheet or report
    columns = report.columns
    kept = [index for index, column in enumerate(columns) if column.kind != "bar"]
    writer = csv.writer(stream, lineterminator="\n")
    marked = report.estimated and not any(column.name == "exact" for column in columns)
    rows = list(report.rows) if report.estimated else report.rows
    bounded = [i for i in kept if report.estimated and any(_estimate_bounds(row[i]) for row in rows)]
    names = [_harmless(columns[i].name) for i in kept]
    ends = [f"{defused(columns[i].name)} {end}" for i in bounded for end in ("low", "high")]
    header: list[Cell] | None = [*names, *(["exact"] if marked else []), *ends]
    for row in rows:
        if header is not None:  # a header alone says nothing
            writer.writerow(header)
            header = None
        exact = not any(isinstance(cell, Estimate) for cell in row)
        cells = [_harmless(row[index]) for index in kept]
        found = [end for i in bounded for end in _estimate_bounds(row[i]) or (row[i], row[i])]
        writer.writerow([*cells, *([str(exact).lower()] if marked else []), *found])


def _estimate_bounds(cell: Cell) -> tuple[int, int] | None:
    """Give the bounds of an estimate; None where it has none, or is not an estimate."""
    if not isinstance(cell, Estimate) or cell.low is None or cell.high is None:
        return None
    return cell.low, cell.high


def _harmless(cell: Cell) -> Cell:
    if isinstance(cell, bytes):
        return escape(cell)
    return defused(cell) if isinstance(cell, str) else cell
