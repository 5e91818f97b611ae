r"""`csv`: comma-separated values (RFC 4180) with a header, for spreadsheets and data frames.

Figures are not rounded and have no separators; a percentage is a fraction of 1; None is an empty field. The
total is left out, since it is not data. Where a figure is an estimate, a last column says which rows are
`exact`. Text is exact, except that characters a terminal may obey are escaped (`json` has them exactly);
tokens are escaped as in `plain`. A cell that begins with = or @ stays as it is: to open
untrusted file names in a spreadsheet, import them as text. Lines end in \n, as Unix tools need them.
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
    writer.writerow([*(_harmless(columns[index].name) for index in kept), *(["exact"] if marked else [])])
    for row in report.rows:
        exact = not any(isinstance(cell, Estimate) for cell in row)
        cells = [_harmless(row[index]) for index in kept]
        writer.writerow([*cells, str(exact).lower()] if marked else cells)


def _harmless(cell: Cell) -> Cell:
    if isinstance(cell, bytes):
        return escape(cell)
    return defused(cell) if isinstance(cell, str) else cell
