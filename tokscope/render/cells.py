"""Cells as text, the same in every format that people read."""

from __future__ import annotations

from tokscope.report.table import Cell, Column, Estimate
from tokscope.text.visible import escape, visible

ABSENT = "-"


def bar_cells(eighths: int) -> str:
    """Draw a bar that is some eighths of a cell long.

    Example: bar_cells(20) -> "██▌"
    """
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def show(column: Column, cell: Cell, *, grouped: bool = False) -> str:
    """Write a cell as its column's kind asks; `grouped`, for people, puts commas between thousands.

    Example: show(Column("unknown", "percent"), 0.125) -> "12.50%";
    show(Column("tokens", "int"), Estimate(100, 93, 109)) -> "≈100 (+9%, -7%)"

    A share of more than 1,000 % is a factor to people: "12.5×".
    """
    if cell is None:
        return ABSENT
    if isinstance(cell, bytes):
        return escape(cell)
    if isinstance(cell, str):
        return visible(cell)
    comma = "," if grouped and column.kind != "id" else ""
    if column.signed and cell > 0:
        return f"+{show(column._replace(signed=False), cell, grouped=grouped)}"
    if column.kind == "percent" and grouped and abs(cell) > 10:
        return f"{cell:,.1f}×"
    if column.kind == "percent":
        return f"{cell:.2%}" if cell else "0%"  # "0.00%" is then more than nothing
    text = f"{cell:{comma}.{column.digits}f}" if column.kind == "ratio" else f"{cell:{comma}}"
    if not isinstance(cell, Estimate):
        return text
    return f"{cell.sign}{text} ({cell.interval})" if cell.interval else cell.sign + text
