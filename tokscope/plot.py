"""Plot: curves in plain text, both axes logarithmic, for a terminal without graphics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10

Points = Sequence[tuple[float, float]]


def plot(curves: Mapping[str, Points], *, width: int = 60, height: int = 16) -> list[str]:
    """Draw curves, each with the first letter of its name, as lines of at most width + 8 characters.

    Example: plot({"full": [(1, 1), (1000, 1e6)], "linear": [(1, 1), (1000, 1000)]})

    All values are positive. Where two curves meet, the later one is on top.
    """
    xs, ys = zip(*(point for points in curves.values() for point in points), strict=True)
    grid = [[" "] * width for _ in range(height)]
    for name, points in curves.items():
        for x, y in points:
            column = round(_share(x, xs) * (width - 1))
            grid[height - 1 - round(_share(y, ys) * (height - 1))][column] = name[0]
    scale = {0: f"{max(ys):.0e}", height - 1: f"{min(ys):.0e}"}
    lines = [f"{scale.get(i, ''):>6} │{''.join(row).rstrip()}" for i, row in enumerate(grid)]
    low, high = f"{min(xs):,.0f}", f"{max(xs):,.0f}"
    return [*lines, " " * 7 + "└" + "─" * width, " " * 8 + low + high.rjust(width - len(low))]


def _share(value: float, values: Sequence[float]) -> float:
    """Say where a value lies between the least and the greatest, on a logarithmic scale from 0 to 1."""
    low, high = log10(min(values)), log10(max(values))
    return (log10(value) - low) / (high - low) if high > low else 0.0
