"""`svg`, `png`: the plot of a report as a picture, for papers and web pages.

An SVG is dark where its viewer is.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, product
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TextIO

from tokscope.errors import MissingExtra, OutputError
from tokscope.render.chart import PALETTE
from tokscope.render.still import INK, NAMED_COLORS, PAPER
from tokscope.report.chart import Chart
from tokscope.report.table import Report
from tokscope.text.visible import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


LOOKS = (("-", "o"), ("--", "s"), (":", "^"), ("-.", "D"))
"""Lines and dots as matplotlib names them; the next are taken when all colours have had these."""

DARK = {
    "text": f"fill:{INK[1]}",
    '[id^=patch_]>[style*="fill: #ffffff"]': f"fill:{PAPER[1]}!important",
    '[style*="stroke: #000000"]': f"stroke:{INK[1]}!important",
    **{
        f'[style*="{way}: {paint}"]': f"{way}:{NAMED_COLORS[number][1]}!important"
        for number, paint in PALETTE.items()
        for way in ("fill", "stroke")
    },
}
"""What takes the place of matplotlib's own styles, and of the colours of curves, where it is dark."""

NAME_DISTANCES = (4, 14, 28, 44, 60)
"""How far from its point a name may be, in points."""

NAME_SIDES = ((1, 1), (1, 0), (1, -1), (0, 1), (0, -1), (-1, 1), (-1, 0), (-1, -1))
"""On which sides of its point a name may be: to the right and up, to the right, and so on."""


def svg(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the report's chart as SVG. Raises MissingExtra, and OutputError if there is none.

    Example: svg(TableReport(columns, rows, chart=chart), stream, color=False, width=None)
    """
    _save_report(report, stream, "svg")


def png(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the report's chart as PNG. Raises as svg does.

    Example: png(TableReport(columns, rows, chart=chart), stream, color=False, width=None)
    """
    _save_report(report, stream, "png")


def _save_report(report: Report, stream: TextIO, format: Literal["svg", "png"]) -> None:
    if report.chart is None:
        raise OutputError("there is nothing to plot")
    stream.flush()
    save_chart(report.chart, stream.buffer, format)


def save_chart(chart: Chart, file: BinaryIO, format: Literal["svg", "png"]) -> None:
    """Write a chart as a picture, with matplotlib; the same chart gives the same bytes.

    Example: with open("loss.svg", "wb") as file: save_chart(chart, file, "svg")

    Raises MissingExtra without matplotlib, and OutputError if there is nothing to draw.
    """
    curves = chart.drawable()
    if not curves:
        raise OutputError("there is nothing to plot")
    with open_figure(file, format, (8, 5)) as figure:
        axes = figure.add_subplot()
        axes.set(title=legible(chart.title), xlabel=legible(chart.x), ylabel=legible(chart.y))
        axes.set(xscale="log" if chart.log_x else "linear", yscale="log" if chart.log_y else "linear")
        looks = cycle((*look, paint) for look in LOOKS for paint in PALETTE.values())
        named: list[tuple[str, tuple[float, float], str]] = []
        for (name, points), (line, dot, paint) in zip(curves.items(), looks, strict=False):
            form = dot if name in chart.names else line
            axes.plot(*zip(*points, strict=True), form, label=legible(name), color=paint, markersize=4)
            named += [(text, at, paint) for at, text in zip(points, chart.names.get(name, ()), strict=False)]
        for name, level in chart.thresholds():
            axes.axhline(level, label=legible(name), color="gray", linestyle="--")
        if chart.names:
            axes.margins(0.12)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        if not chart.names or len(curves) > 1 or chart.thresholds():  # the names say more than their curve
            axes.legend(frameon=False)
        if named:
            figure.draw_without_rendering()  # only then is it known where everything is
            _write_names(axes, named)


def _write_names(axes: Axes, named: Sequence[tuple[str, tuple[float, float], str]]) -> None:
    """Write names beside their points, where nothing else is; farther away with a line to the point."""
    from matplotlib.transforms import Bbox

    marks = axes.transData.transform([at for _, at, _ in named])
    taken = [Bbox.from_bounds(x - 5, y - 5, 10, 10) for x, y in marks]
    taken += [legend.get_window_extent()] if (legend := axes.get_legend()) else []
    for text, at, paint in named:
        for away, (right, up) in product(NAME_DISTANCES, NAME_SIDES):
            offset = (right * away, up * away)
            sides: dict[str, Any] = {
                "ha": ("right", "center", "left")[right + 1],
                "va": ("top", "center", "bottom")[up + 1],
            }
            note = axes.annotate(legible(text), at, offset, textcoords="offset points", color=paint, **sides)
            box = note.get_window_extent()
            if axes.bbox.containsx(box.x0) and axes.bbox.containsx(box.x1) and not box.count_overlaps(taken):
                taken.append(box)
                if away > NAME_DISTANCES[0]:
                    line: dict[str, Any] = {"arrowstyle": "-", "color": paint, "alpha": 0.5}
                    axes.annotate("", at, offset, textcoords="offset points", arrowprops=line)
                break
            note.remove()


@contextmanager
def open_figure(file: BinaryIO, format: Literal["svg", "png"], size: tuple[float, float]) -> Iterator[Figure]:
    """Give a figure to draw on, in inches, and write it; the same drawing gives the same bytes.

    Example: with open_figure(file, "svg", (8, 5)) as figure: figure.add_subplot().plot([1, 2])

    Raises MissingExtra without matplotlib.
    """
    import logging  # takes 0.01 s, but matplotlib takes longer

    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it logs its caches to stderr
    try:
        from matplotlib import rc_context, rcdefaults, rcParams
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra(f"a plot in {format.upper()}", "plot") from error
    with rc_context(), warnings.catch_warnings():
        rcdefaults()  # not the user's matplotlibrc
        rcParams.update({"svg.hashsalt": "tokscope", "svg.fonttype": "none"})
        warnings.filterwarnings("ignore", "Glyph .* missing")  # an SVG is drawn with the viewer's fonts
        figure = Figure(figsize=size, dpi=150, layout="constrained")
        yield figure
        stamps = ("Creator", "Date") if format == "svg" else ("Software",)
        written = io.BytesIO()
        figure.savefig(written, format=format, metadata=dict.fromkeys(stamps))
        drawn = written.getvalue()
        if format == "svg":
            rules = "".join(f"{which}{{{rule}}}" for which, rule in DARK.items()).replace(">", "&gt;")
            style = f"@media(prefers-color-scheme:dark){{{rules}}}</style>"
            drawn = drawn.replace(b"</style>", style.encode(), 1)
        file.write(drawn)


def legible(text: str) -> str:
    """Make text from outside legal in XML, not a formula to matplotlib, and short enough to fit.

    Example: legible("a$b") -> r"a\\$b"
    """
    shown = visible(text)
    return (shown if len(shown) <= 60 else f"{shown[:59]}…").translate(
        {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff", ord("$"): r"\$"}
    )
