"""Chart: curves, or points with names, to look at, as data.

render/chart.py draws them with characters, render/plot.py in a file.

    chart = Chart("Loss", "step", "bits per byte", {"train": [(1, 8.0), (100, 2.1)]}, log_x=True)
    return console.write(TableReport(columns, rows).plotting(lambda: chart))

A Report carries its chart where a plot was asked for, by --plot or by the format of a picture: `table` draws
it under the table, as wide as the terminal and in colour if that is allowed; `plain` and `md` draw it the
same everywhere; `svg` and `png` are the picture alone; the others leave it out, since their results have the
points. A command that can draw takes `drawing: Drawing`, the group of options with --plot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

Points = Sequence[tuple[float, float]]


TINY, HUGE = 1e-290, 1e300
"""The range in which scales can be calculated; values outside it are not drawn."""


class Chart(NamedTuple):
    """Curves over one pair of axes.

    Example: Chart("Cost", "tokens", "FLOP", {"full": [(1, 1), (1000, 1e6)]}, log_x=True, log_y=True)

    `x` and `y` say what the axes measure, with the unit; `curves` are points by name, in the order of x.
    `threshold` is a name and a level, ("threshold", 1.5), drawn as a line across. Where `names` has
    a name for each point of a curve, the points are drawn with their names, and no line between them. What an
    axis cannot show (what is not finite, or not positive on a logarithmic axis) is left out.
    """

    title: str
    x: str
    y: str
    curves: Mapping[str, Points]
    log_x: bool = False
    log_y: bool = False
    threshold: tuple[str, float] | None = None
    names: Mapping[str, Sequence[str]] = MappingProxyType({})

    def drawable(self) -> dict[str, Points]:
        """Give the curves without the points that cannot be drawn, and without those that have no others.

        Example: Chart("", "", "", {"a": [(0, 1), (1, 1)], "b": [(0, 1)]}, log_x=True).drawable() ->
        {"a": [(1, 1)]}
        """
        drawable = {
            name: [(x, y) for x, y in points if _has_place(x, self.log_x) and _has_place(y, self.log_y)]
            for name, points in self.curves.items()
        }
        return {name: points for name, points in drawable.items() if points}

    def thresholds(self) -> list[tuple[str, float]]:
        """Give the threshold if there is one and it can be drawn.

        Example: Chart("", "", "", {}, threshold=("theta", 1.5)).thresholds() -> [("theta", 1.5)]
        """
        return [self.threshold] if self.threshold and _has_place(self.threshold[1], self.log_y) else []


def _has_place(value: float, log: bool) -> bool:
    return abs(value) < HUGE and (value > TINY or not log)  # never true of a NaN
