"""Chart: curves to look at, drawn with characters on a terminal or as a picture in a file.

    chart = Chart("Loss", "step", "bits per byte", {"train": [(1, 8.0), (100, 2.1)]}, log_x=True)
    return console.write(Report(columns, rows, chart=chart))

A Report carries its chart: `table` draws it under the table, as wide as the terminal and in colour where
that is allowed; `plain` and `md` draw it the same everywhere; `svg` and `png` are the picture alone; the
others leave it out, for their results have the points. A command that may draw takes `drawing: Drawing`, the
group of options that has --plot, and asks `drawing.wanted(console)`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import cycle, islice
from math import ceil, floor, log10
from typing import BinaryIO, Literal, NamedTuple

from tokscope.errors import MissingExtra, OutputError
from tokscope.render.visible import visible

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 72, 20
"""Of a chart in character cells, scales included, where there is no terminal to ask."""

PALETTE = {6: "#0e7490", 3: "#b45309", 5: "#a21caf", 2: "#15803d", 4: "#1d4ed8", 1: "#b91c1c"}
"""The colours of curves: the terminal's own by number, and what a picture has for each."""

STEPS = 5
"""How many steps a scale has, at most."""

TINY, HUGE = 1e-290, 1e300
"""Where floating point has room to reckon with: values outside have no place on a scale."""


class Chart(NamedTuple):
    """Curves over one pair of axes.

    Example: Chart("Cost", "tokens", "FLOP", {"full": [(1, 1), (1000, 1e6)]}, log_x=True, log_y=True)

    `x` and `y` say what the axes measure, with the unit; `curves` are points by name, in the order of x.
    `threshold` is a level and its name, ("threshold", 1.5), drawn as a line across. What has no place on an
    axis (not finite, or not positive where it is logarithmic) is left out.
    """

    title: str
    x: str
    y: str
    curves: Mapping[str, Points]
    log_x: bool = False
    log_y: bool = False
    threshold: tuple[str, float] | None = None

    def lines(self, width: int = WIDTH, height: int = HEIGHT, *, color: bool = False) -> list[str]:
        """Draw it with characters, `height` lines of at most `width` cells, and a legend; without the title.

        With `color` lines hold escape sequences. Without, several curves are drawn with a letter each. There
        are no lines where there is nothing to draw. Drawn by plotext (github.com/piccolomo/plotext).
        """
        import plotext

        curves = self._drawable()
        if not curves:
            return []
        levels = [level for _, level in self._levels()]
        x_scale = _Scale.of([x for points in curves.values() for x, _ in points], log=self.log_x)
        y_scale = _Scale.of([y for points in curves.values() for _, y in points] + levels, log=self.log_y)
        plotext.clear_figure()
        plotext.limit_size(False, False)  # to the terminal that it finds, which is not where this goes
        plotext.plot_size(width, height - 2)
        plotext.theme("clear")
        for level in levels:
            plotext.hline(y_scale.place(level))
        marks = ["braille"] * len(curves) if color or len(curves) == 1 else _letters(list(curves))
        for points, mark, paint in zip(curves.values(), marks, cycle(PALETTE), strict=False):
            xs, ys = [x_scale.place(x) for x, _ in points], [y_scale.place(y) for _, y in points]
            plotext.plot(xs, ys, marker=mark, color=paint)
        plotext.xlim(*x_scale.ends)
        plotext.ylim(*y_scale.ends)
        plotext.xticks(*x_scale.ticks)
        plotext.yticks(*y_scale.ticks)
        drawn = plotext.build() if color else plotext.uncolorize(plotext.build())
        x_name = visible(self.x)[:width].rjust(width)
        legend = self._legend(curves, marks, color=color)
        return [visible(self.y)[:width], *map(str.rstrip, drawn.splitlines()), x_name, *legend]

    def save(self, file: BinaryIO, format: Literal["svg", "png"]) -> None:
        """Write it as a picture, with matplotlib; the same chart gives the same bytes.

        Raises MissingExtra without matplotlib, and OutputError where there is nothing to draw.
        """
        import logging  # 0.01 s, and matplotlib takes more

        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells stderr about its caches
        try:
            from matplotlib import rc_context, rcdefaults, rcParams
            from matplotlib.figure import Figure
        except ImportError as error:
            raise MissingExtra(f"a plot in {format.upper()}", "plot") from error
        curves = self._drawable()
        if not curves:
            raise OutputError("there is nothing to plot")
        with rc_context(), warnings.catch_warnings():
            rcdefaults()  # not the user's matplotlibrc
            rcParams.update({"svg.hashsalt": "tokscope", "svg.fonttype": "none"})
            warnings.filterwarnings("ignore", "Glyph .* missing")  # who views the SVG has fonts of his own
            figure = Figure(figsize=(8, 5), dpi=150, layout="constrained")
            axes = figure.add_subplot()
            axes.set(title=_legible(self.title), xlabel=_legible(self.x), ylabel=_legible(self.y))
            axes.set(xscale="log" if self.log_x else "linear", yscale="log" if self.log_y else "linear")
            for (name, points), paint in zip(curves.items(), cycle(PALETTE.values()), strict=False):
                axes.plot(*zip(*points, strict=True), label=_legible(name), color=paint)
            for name, level in self._levels():
                axes.axhline(level, label=_legible(name), color="gray", linestyle="--")
            axes.grid(alpha=0.3)
            axes.spines[["top", "right"]].set_visible(False)
            axes.legend(frameon=False)
            stamps = ("Creator", "Date") if format == "svg" else ("Software",)
            figure.savefig(file, format=format, metadata=dict.fromkeys(stamps))

    def _drawable(self) -> dict[str, Points]:
        """Give the curves without the points that have no place; those that have none left are left out."""
        drawable = {
            name: [(x, y) for x, y in points if _has_place(x, self.log_x) and _has_place(y, self.log_y)]
            for name, points in self.curves.items()
        }
        return {name: points for name, points in drawable.items() if points}

    def _levels(self) -> list[tuple[str, float]]:
        """Give the threshold, where there is one and it has a place."""
        return [self.threshold] if self.threshold and _has_place(self.threshold[1], self.log_y) else []

    def _legend(self, names: Iterable[str], marks: Sequence[str], *, color: bool) -> Iterator[str]:
        """Say which curve is which."""
        for name, mark, paint in zip(names, marks, cycle(PALETTE), strict=False):
            if color:
                yield f"\x1b[38;5;{paint}m━━\x1b[0m {visible(name)}"
            elif len(marks) > 1:
                yield f"{mark} = {visible(name)}"
        for name, level in self._levels():
            yield f"── {visible(name)} {_figure(level)}"


class _Scale(NamedTuple):
    """How an axis is laid out: from where to where, where figures stand, and which."""

    ends: tuple[float, float]
    ticks: tuple[Sequence[float], Sequence[str]]
    log: bool

    @classmethod
    def of(cls, values: Sequence[float], *, log: bool) -> _Scale:
        """Lay out an axis on which all values have a place."""
        low, high = min(values), max(values)
        size = max(-low, high)
        if high - low <= 1e-9 * max(size, TINY):  # one value, as far as a scale can tell
            margin = size / 10 if size > TINY else 0.5
            low, high = (low / 3, high * 3) if log else (low - margin, high + margin)
        figures = _powers(low, high) if log and low * 10 <= high else _multiples(low, high)
        scale = cls((0, 0), ([], []), log)
        ends = scale.place(low), scale.place(high)
        return scale._replace(ends=ends, ticks=(list(map(scale.place, figures)), list(map(_figure, figures))))

    def place(self, value: float) -> float:
        """Say where a value lies between the ends."""
        return log10(value) if self.log else value


def _has_place(value: float, log: bool) -> bool:
    return abs(value) < HUGE and (value > TINY or not log)  # which a NaN never is


def _powers(low: float, high: float) -> list[float]:
    """Give powers of ten, not too many of them; where there are but a few also twice and five times each."""
    powers = range(floor(log10(low)), floor(log10(high)) + 1)
    every = ceil(len(powers) / (STEPS + 1))
    factors = (1, 2, 5) if len(powers) <= 3 else (1,)
    figures = [factor * 10.0**power for power in powers if power % every == 0 for factor in factors]
    return [figure for figure in figures if low <= figure <= high]


def _multiples(low: float, high: float) -> list[float]:
    """Give multiples of 1, 2 or 5, or of these times a power of ten, in STEPS steps at most."""
    span = high - low
    power = 10.0 ** floor(log10(span / STEPS))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power * STEPS >= span)
    return [i * step for i in range(ceil(low / step), floor(high / step) + 1)]


def _figure(value: float) -> str:
    """Write a figure of a scale in few characters.

    Example: 100000 -> "100,000"; 1e7 -> "1e7"; 1000.5 -> "1,000.5"; 0.25 -> "0.25"
    """
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3g}".replace("e+0", "e").replace("e+", "e")
    return f"{value:,.10g}" if abs(value) >= 1000 else f"{value:.4g}"


def _letters(names: Sequence[str]) -> list[str]:
    """Give each curve a letter: its initial where all have one of their own, else a, b, c, ..."""
    initials = [name[:1] for name in names]
    if len(set(initials)) == len(names) and all(one.isascii() and one.isalnum() for one in initials):
        return initials
    return list(islice(cycle("abcdefghijklmnopqrstuvwxyz"), len(names)))


def _legible(text: str) -> str:
    """Give text from outside as XML can hold it, as no formula for matplotlib, and short enough to fit."""
    shown = visible(text)
    return (shown if len(shown) <= 60 else f"{shown[:59]}…").translate(
        {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff", ord("$"): r"\$"}
    )
