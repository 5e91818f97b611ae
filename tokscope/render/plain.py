"""`plain`: lines for pipes.

A row is a line: figures to the right as wc has them, then the path; a tab between two fields, so that sort,
cut and awk all work. Where a row has several figures, a first line names them. One figure alone, for one
input and one tokenizer, is the bare number.
"""

from __future__ import annotations

from typing import TextIO

from tokscope.render.cells import show
from tokscope.report import Report


def render(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write `report` as lines of fields with tabs between them."""
    order = [index for index, column in enumerate(report.columns) if column.kind != "bar"]
    order.sort(key=lambda index: report.columns[index].kind == "path")  # stable: paths come last
    columns = [report.columns[index] for index in order]
    rows = report.rows if report.total is None else [*report.rows, report.total]
    lines = [[show(report.columns[index], row[index]) for index in order] for row in rows]

    if report.figure is not None:
        stream.write(show(*report.figure) + "\n")
        return
    if sum(column.numeric for column in columns) > 1:
        lines.insert(0, [show(column, column.name) for column in columns])
    widths = [
        max(len(line[i]) for line in lines) if lines and column.numeric else 0
        for i, column in enumerate(columns)
    ]
    for line in lines:
        stream.write("\t".join(map(str.rjust, line, widths)) + "\n")
