r"""`csv`: comma-separated values (RFC 4180) with a header, for spreadsheets and data frames.

Figures are whole: no rounding, no separators, a percentage as a fraction of 1; nothing is an empty field. The
total is left out, being no data. Where a figure is an estimate, a last column says which rows are `exact`.
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
    writer.writerow([*(_harmless(columns[index].name) for index in kept), *(["exact"] if marked else [])])
    for row in report.rows:
        exact = not any(isinstance(cell, Estimate) for cell in row)
        cells = [_harmless(row[index]) for index in kept]
        writer.writerow([*cells, str(exact).lower()] if marked else cells)


def _harmless(cell: Cell) -> Cell:
    if isinstance(cell, bytes):
        return escape(cell)
    return defused(cell) if isinstance(cell, str) else cell
