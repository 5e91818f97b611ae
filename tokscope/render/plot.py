"""`svg`, `png`: the plot of a report as a picture, for papers and web pages."""

from __future__ import annotations

import warnings
from itertools import cycle
from typing import BinaryIO, Literal, TextIO

from tokscope.errors import MissingExtra, OutputError
from tokscope.render.chart import PALETTE
from tokscope.report.chart import Chart
from tokscope.report.table import Report
from tokscope.text.visible import visible


def svg(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the report's chart as SVG. Raises MissingExtra, and OutputError if there is none."""
    _save(report, stream, "svg")


def png(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the report's chart as PNG. Raises as svg does."""
    _save(report, stream, "png")


def _save(report: Report, stream: TextIO, format: Literal["svg", "png"]) -> None:
    if report.chart is None:
        raise OutputError("there is nothing to plot")
    stream.flush()
    save(report.chart, stream.buffer, format)


def save(chart: Chart, file: BinaryIO, format: Literal["svg", "png"]) -> None:
    """Write a chart as a picture, with matplotlib; the same chart gives the same bytes.

    Example: with open("loss.svg", "wb") as file: save(chart, file, "svg")

    Raises MissingExtra without matplotlib, and OutputError if there is nothing to draw.
    """
    import logging  # takes 0.01 s, but matplotlib takes longer

    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it logs its caches to stderr
    try:
        from matplotlib import rc_context, rcdefaults, rcParams
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra(f"a plot in {format.upper()}", "plot") from error
    curves = chart.drawable()
    if not curves:
        raise OutputError("there is nothing to plot")
    with rc_context(), warnings.catch_warnings():
        rcdefaults()  # not the user's matplotlibrc
        rcParams.update({"svg.hashsalt": "tokscope", "svg.fonttype": "none"})
        warnings.filterwarnings("ignore", "Glyph .* missing")  # an SVG is drawn with the viewer's fonts
        figure = Figure(figsize=(8, 5), dpi=150, layout="constrained")
        axes = figure.add_subplot()
        axes.set(title=_legible(chart.title), xlabel=_legible(chart.x), ylabel=_legible(chart.y))
        axes.set(xscale="log" if chart.log_x else "linear", yscale="log" if chart.log_y else "linear")
        for (name, points), paint in zip(curves.items(), cycle(PALETTE.values()), strict=False):
            axes.plot(*zip(*points, strict=True), label=_legible(name), color=paint)
        for name, level in chart.thresholds():
            axes.axhline(level, label=_legible(name), color="gray", linestyle="--")
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        stamps = ("Creator", "Date") if format == "svg" else ("Software",)
        figure.savefig(file, format=format, metadata=dict.fromkeys(stamps))


def _legible(text: str) -> str:
    """Make text from outside legal in XML, not a formula to matplotlib, and short enough to fit."""
    shown = visible(text)
    return (shown if len(shown) <= 60 else f"{shown[:59]}…").translate(
        {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff", ord("$"): r"\$"}
    )
