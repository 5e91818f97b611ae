"""`plain`: lines for pipes.

A row is a line: figures aligned to the right as in wc, then the path, with tabs between the fields, so that
sort, cut and awk all work. Where a row has several figures, a first line names them. A single figure, for one
input and one tokenizer, is the bare number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TextIO

from tokscope.render.cells import show
from tokscope.report.table import Column, Estimate, Report
from tokscope.text.visible import visible


def render(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write `report` as lines of fields separated by tabs.

    Example: out = StringIO(); render(small, out, color=False, width=None); out.getvalue() -> "10\\n"
    """
    order = [index for index, column in enumerate(report.columns) if column.kind != "bar"]
    order.sort(key=lambda index: report.columns[index].kind == "path")  # stable: paths come last
    columns = [report.columns[index] for index in order]
    rows = [*report.rows] if report.total is None else [*report.rows, report.total]
    if report.figure is not None:
        column, figure = report.figure  # bare: the Console says that it is an estimate, and its bounds
        stream.write(show(column, int(figure) if isinstance(figure, Estimate) else figure) + "\n")
        return
    lines: Iterable[list[str]] = ([show(report.columns[i], row[i]) for i in order] for row in rows)
    if any(column.numeric for column in columns):
        lines = _align_figures(list(lines), columns)
    stream.writelines("\t".join(line) + "\n" for line in lines)
    for part in report.parts:
        stream.write(f"\n{visible(part.title)}\n")
        render(part, stream, color=color, width=width)
    if report.chart is not None:
        from tokscope.render import chart

        stream.write(f"\n{visible(report.chart.title)}\n")
        stream.writelines(f"{line}\n" for line in chart.lines(report.chart))


def _align_figures(lines: list[list[str]], columns: Sequence[Column]) -> list[list[str]]:
    """Align figures to the right, under their names where there are several."""
    if lines and sum(column.numeric for column in columns) > 1:
        lines.insert(0, [show(column, column.name) for column in columns])
    widths = [
        max(len(line[i]) for line in lines) if lines and column.numeric else 0
        for i, column in enumerate(columns)
    ]
    return [list(map(str.rjust, line, widths)) for line in lines]
