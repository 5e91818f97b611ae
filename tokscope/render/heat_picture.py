"""`svg`, `png` of matrices: each a panel of one picture, by matplotlib."""

from __future__ import annotations

from math import ceil, sqrt
from textwrap import fill
from typing import Literal, TextIO

from tokscope.errors import OutputError
from tokscope.render.plot import legible, open_figure
from tokscope.report.heat import HeatReport

MAX_NAMED = 48
"""The most rows or columns that are named one by one."""


def svg(report: HeatReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the maps as SVG. Raises MissingExtra, and OutputError if there are none.

    Example: svg(HeatReport(columns, rows, maps=[heat]), stream, color=False, width=None)
    """
    _save_maps(report, stream, "svg")


def png(report: HeatReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the maps as PNG. Raises as svg does.

    Example: png(HeatReport(columns, rows, maps=[heat]), stream, color=False, width=None)
    """
    _save_maps(report, stream, "png")


def _save_maps(report: HeatReport, stream: TextIO, format: Literal["svg", "png"]) -> None:
    if not report.maps:
        raise OutputError("there is nothing to plot")
    stream.flush()
    across = ceil(sqrt(len(report.maps)))
    down = ceil(len(report.maps) / across)
    longest = max(max(len(one.rows), len(one.columns)) for one in report.maps)
    side = min(7.0, max(3.0, 0.22 * min(longest, MAX_NAMED)))
    with open_figure(stream.buffer, format, (side * across + 1, side * down + 0.8)) as figure:
        panels = figure.subplots(down, across, squeeze=False).ravel()
        for panel, heat in zip(panels, report.maps, strict=False):
            values = [[float("nan") if value is None else value for value in row] for row in heat.values]
            shown = panel.imshow(
                values, vmin=heat.low, vmax=heat.high, aspect="auto", interpolation="nearest"
            )
            panel.set_title(legible(heat.title), fontsize=9)
            for axis, names in ((panel.xaxis, heat.columns), (panel.yaxis, heat.rows)):
                if len(names) <= MAX_NAMED:
                    rotation = 90 if axis is panel.xaxis else 0
                    axis.set_ticks(range(len(names)), [*map(legible, names)], rotation=rotation, fontsize=7)
            figure.colorbar(shown, ax=panel, shrink=0.8).ax.tick_params(labelsize=7)
        for panel in panels[len(report.maps) :]:
            panel.axis("off")
        if report.title:
            figure.suptitle(fill(legible(report.title), round(9 * figure.get_figwidth())), fontsize=11)
