"""A Chart drawn with characters, by plotext (github.com/piccolomo/plotext)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import cycle, islice
from math import ceil, floor, log10
from operator import or_
from typing import NamedTuple

from rich.cells import cell_len

from tokscope.report.chart import TINY, Chart
from tokscope.text.visible import visible

CHART_WIDTH, CHART_HEIGHT = 72, 20
"""The size of a chart in character cells, scales included, where there is no terminal to ask."""

NAMES_HEIGHT, TALLEST = 12, 36
"""How high a chart of names is without them, to which each adds a line, and how high it gets at most."""


PALETTE = {6: "#0e7490", 3: "#b45309", 5: "#a21caf", 2: "#15803d", 4: "#1d4ed8", 1: "#b91c1c"}
"""The colours of curves: the terminal's own, by number, and the same in a picture."""


MAX_TICKS = 5
"""How many steps a scale has at most."""


def lines(
    chart: Chart, width: int = CHART_WIDTH, height: int = CHART_HEIGHT, *, color: bool = False
) -> list[str]:
    """Draw a chart with characters, `height` lines of at most `width` cells, and a legend; without the title.

    Example: lines(Chart("Loss", "step", "bits", {"train": [(1, 8.0), (9, 2.0)]}), 40)[0] -> "bits"

    With `color` the lines hold escape sequences. Without it several curves are drawn with a letter each, and
    with it those for which there are not colours enough. If there is nothing to draw there are no lines.
    """
    curves = chart.drawable()
    if not curves:
        return []
    levels = [level for _, level in chart.thresholds()]
    x_scale = _Scale.of([x for points in curves.values() for x, _ in points], log=chart.log_x)
    y_scale = _Scale.of([y for points in curves.values() for _, y in points] + levels, log=chart.log_y)
    told = len(PALETTE) if color else len(curves) == 1
    marks = ["braille" if i < told else letter for i, letter in enumerate(_curve_letters(list(curves)))]
    placed = [
        ([x_scale.place(x) for x, _ in points], [y_scale.place(y) for _, y in points])
        for points in curves.values()
    ]
    if chart.names:
        height = max(height, min(TALLEST, NAMES_HEIGHT + sum(map(len, chart.names.values()))))
        sheet = _Sheet(x_scale.wider(), y_scale.wider(), levels, width, height)
        drawn = sheet.drawn([(*at, mark) for at, mark in zip(placed, marks, strict=True)], chart, color=color)
    else:
        sheet = _Sheet(x_scale, y_scale, levels, width, height)
        sheets = [sheet.drawn([(*at, mark)]) for at, mark in zip(placed, marks, strict=True)]
        drawn = _merged(sheets, marks, color=color)
    x_name = visible(chart.x)[:width].rjust(width)
    legend = _legend(chart, curves, marks, color=color)
    return [visible(chart.y)[:width], *map(str.rstrip, drawn), x_name, *legend]


Placed = tuple[Sequence[float], Sequence[float], str]
"""The places of a curve's points, and the mark that it is drawn with."""


class _Sheet(NamedTuple):
    """A frame with its scales, to draw curves in."""

    x: _Scale
    y: _Scale
    levels: Sequence[float]
    width: int
    height: int

    def drawn(
        self, curves: Sequence[Placed], chart: Chart | None = None, *, color: bool = False
    ) -> list[str]:
        """Draw curves in it, or points with the names that a chart has for them."""
        import plotext

        plotext.clear_figure()
        plotext.limit_size(False, False)  # to the terminal that it finds, which may not be where this goes
        plotext.plot_size(self.width, self.height - 2)
        plotext.theme("clear")
        for level in self.levels:
            plotext.hline(self.y.place(level))
        labels = _Labels(self, [point for xs, ys, _ in curves for point in zip(xs, ys, strict=True)])
        names = [chart.names.get(name, ()) for name in chart.drawable()] if chart else [()] * len(curves)
        for (xs, ys, mark), named, paint in zip(curves, names, cycle(PALETTE), strict=False):
            if named:
                labels.draw(named, xs, ys, "•" if mark == "braille" else mark, paint)
            else:
                plotext.plot(xs, ys, marker=mark, color=paint)
        plotext.xlim(*self.x.ends)
        plotext.ylim(*self.y.ends)
        plotext.xticks(*self.x.ticks)
        plotext.yticks(*self.y.ticks)
        built: str = plotext.build().replace(SECOND_CELL, "")
        return (built if color else plotext.uncolorize(built)).splitlines()


DASH = 3
"""For how many cells one of several curves that meet is the one that is seen."""


def _merged(sheets: Sequence[Sequence[str]], marks: Sequence[str], *, color: bool) -> list[str]:
    """Lay curves that were drawn each on a sheet of its own over one another, so that none hides another.

    In a cell where several meet there are the dots of all of them, and they take turns with colour or letter.
    """
    lines = []
    inside = False
    paints = [*PALETTE]
    for rows in zip(*sheets, strict=True):
        inside = (inside or "┌" in rows[0]) and "└" not in rows[0]
        edge = min((at for sign in "│┤├" if (at := rows[0].find(sign)) >= 0), default=len(rows[0]))
        line, last, longest = "", -1, max(map(len, rows))
        for x, cells in enumerate(zip(*(row.ljust(longest) for row in rows), strict=True)):
            here = [i for i, cell in enumerate(cells) if inside and x > edge and _is_mark(cell, marks[i])]
            owner = here[x // DASH % len(here)] if here else -1
            if color and owner != last:
                line += "\x1b[0m" if owner < 0 else f"\x1b[38;5;{paints[owner % len(paints)]}m"
            last = owner
            if owner < 0:
                line += cells[0]
            elif marks[owner] == "braille":
                line += chr(reduce(or_, (ord(cells[i]) for i in here if marks[i] == "braille")))
            else:
                line += marks[owner]
        lines.append(line + "\x1b[0m" * (color and last >= 0))
    return lines


def _is_mark(cell: str, mark: str) -> bool:
    return "\u2801" <= cell <= "\u28ff" if mark == "braille" else cell == mark


def _legend(chart: Chart, names: Iterable[str], marks: Sequence[str], *, color: bool) -> Iterator[str]:
    """Say which curve is which."""
    for name, mark, paint in zip(names, marks, cycle(PALETTE), strict=False):
        if color:
            yield f"\x1b[38;5;{paint}m{'━━' if mark == 'braille' else mark}\x1b[0m {visible(name)}"
        elif len(marks) > 1:
            yield f"{mark} = {visible(name)}"
    for name, level in chart.thresholds():
        yield f"── {visible(name)} {_scale_label(level)}"


class _Scale(NamedTuple):
    """How an axis is laid out: its ends, and its figures with their places."""

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
        return scale._replace(
            ends=ends, ticks=(list(map(scale.place, figures)), list(map(_scale_label, figures)))
        )

    def wider(self) -> _Scale:
        """Leave room at both ends for names."""
        margin = (self.ends[1] - self.ends[0]) / 12
        return self._replace(ends=(self.ends[0] - margin, self.ends[1] + margin))

    def place(self, value: float) -> float:
        """Say where a value lies between the ends."""
        return log10(value) if self.log else value


SECOND_CELL = "\N{WORD JOINER}"
"""What stands in a sheet for the second cell of a wide character, and is taken out of what was drawn."""


class _Labels:
    """Marks on a chart, each where it belongs, and beside it its name in cells that nothing has taken."""

    def __init__(self, sheet: _Sheet, points: Sequence[tuple[float, float]]) -> None:
        figures = max(map(len, sheet.y.ticks[1]), default=0)
        self._x, self._y = sheet.x.ends, sheet.y.ends
        self._columns, self._rows = (
            sheet.width - figures - 2,
            sheet.height - 5,
        )  # what frame and figures leave
        self._taken = {self._cell(x, y) for x, y in points}

    def draw(
        self, names: Sequence[str], xs: Sequence[float], ys: Sequence[float], mark: str, paint: int
    ) -> None:
        """Draw a mark at each place, and its name near it."""
        import plotext

        for x, y, name in zip(xs, ys, names, strict=True):
            plotext.text(mark, x, y, color=paint, alignment="left")
            shown = visible(name)
            if (place := self._room(cell_len(shown), *self._cell(x, y))) is not None:
                cells = "".join(char + SECOND_CELL * (cell_len(char) - 1) for char in shown)
                plotext.text(cells, *self._point(*place), color=paint, alignment="left")

    def _room(self, size: int, column: int, row: int) -> tuple[int, int] | None:
        """Find cells for a name of `size` cells: beside its mark, above, below or at a corner."""
        after, before, middle = column + 2, column - size - 1, column - size // 2
        beside = [(after, row), (before, row), (middle, row + 1), (middle, row - 1)]
        for first, at in beside + [(x, y) for y in (row + 1, row - 1) for x in (after - 1, before + 1)]:
            cells = {(first + i, at) for i in range(-1, size + 1)}
            inside = first >= 0 and first + size <= self._columns and 0 <= at < self._rows
            if inside and not cells & self._taken:
                self._taken |= cells
                return first, at
        return None

    def _cell(self, x: float, y: float) -> tuple[int, int]:
        """Say in which column and row of cells a place is, counted from the lower left."""
        (left, right), (low, high) = self._x, self._y
        column, row = (x - left) / (right - left), (y - low) / (high - low)
        return round(column * (self._columns - 1)), round(row * (self._rows - 1))

    def _point(self, column: int, row: int) -> tuple[float, float]:
        """Say which place is in the middle of a cell."""
        (left, right), (low, high) = self._x, self._y
        x, y = column / (self._columns - 1), row / (self._rows - 1)
        return left + x * (right - left), low + y * (high - low)


def _powers(low: float, high: float) -> list[float]:
    """Give powers of ten, not too many; if there are only a few, also two and five times each."""
    powers = range(floor(log10(low)), floor(log10(high)) + 1)
    every = ceil(len(powers) / (MAX_TICKS + 1))
    factors = (1, 2, 5) if len(powers) <= 3 else (1,)
    figures = [factor * 10.0**power for power in powers if power % every == 0 for factor in factors]
    return [figure for figure in figures if low <= figure <= high]


def _multiples(low: float, high: float) -> list[float]:
    """Give multiples of 1, 2 or 5 times a power of ten, in at most MAX_TICKS steps."""
    span = high - low
    power = 10.0 ** floor(log10(span / MAX_TICKS))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power * MAX_TICKS >= span)
    return [i * step for i in range(ceil(low / step), floor(high / step) + 1)]


def _scale_label(value: float) -> str:
    """Write a figure of a scale briefly.

    Example: 100000 -> "100,000"; 1e7 -> "1e7"; 1000.5 -> "1,000.5"; 0.25 -> "0.25"
    """
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3g}".replace("e+0", "e").replace("e+", "e")
    return f"{value:,.10g}" if abs(value) >= 1000 else f"{value:.4g}"


def _curve_letters(names: Sequence[str]) -> list[str]:
    """Give each curve a letter: its initial if all initials differ, else a, b, c, ..."""
    initials = [name[:1] for name in names]
    if len(set(initials)) == len(names) and all(one.isascii() and one.isalnum() for one in initials):
        return initials
    return list(islice(cycle("abcdefghijklmnopqrstuvwxyz"), len(names)))
