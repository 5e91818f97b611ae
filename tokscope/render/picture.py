"""`svg`, `png`: the plot of a report as a picture, for papers and pages."""

from __future__ import annotations

from typing import Literal, TextIO

from tokscope.errors import OutputError, UsageError
from tokscope.report import Report


def svg(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the report's chart as SVG. Raises MissingExtra, and OutputError where there is none."""
    _save(report, stream, "svg")


def png(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the report's chart as PNG, which is no text for a terminal. Raises as svg does."""
    if stream.isatty():
        raise UsageError("a PNG is no text for a terminal: add -o FILE.png")
    _save(report, stream, "png")


def _save(report: Report, stream: TextIO, format: Literal["svg", "png"]) -> None:
    if report.chart is None:
        raise OutputError("there is nothing to plot")
    stream.flush()
    report.chart.save(stream.buffer, format)
