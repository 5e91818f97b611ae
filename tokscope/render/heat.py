"""`table` of matrices: a coloured cell for each figure, or without colour a darker one for more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from tokscope.render import table, terminal
from tokscope.report.heat import Heat, HeatReport
from tokscope.report.table import TableReport
from tokscope.text.visible import visible

VIRIDIS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
"""Five colours of matplotlib's viridis, which grow brighter, even in grey and to the colour-blind."""

SHADES = " ░▒▓█"
SCALE_STEPS = 8
"""How many colours of the scale are drawn below a map."""
LABEL = 14
"""The width of a row's name in cells."""
WIDTH = 100
"""How wide to draw where nobody knows how wide the screen is."""


def render(report: HeatReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Draw the maps, as many side by side as there is room for, then the parts and notes.

    Example: render(HeatReport(columns, rows, maps=[heat]), sys.stdout, color=True, width=80)
    """
    screen = terminal.terminal_width(stream, width)
    rest = TableReport([], [], parts=report.parts, notes=report.notes, title="")
    below = [*table.lines(rest, screen, color=color)]
    lines = [*_maps(report.maps, screen or WIDTH, color), *([Text()] if report.parts else []), *below]
    terminal.write_lines(lines, terminal.console(stream, color=color))


def _maps(maps: Sequence[Heat], width: int, color: bool) -> Iterator[Text]:
    """Lay maps out in rows; those that have no room are cut at the right, and a note says so."""
    cut = i = 0
    while i < len(maps):
        names = max((min(LABEL, cell_len(visible(name))) for name in maps[i].rows), default=0)
        columns = min(len(maps[i].columns), max(1, (width - names - 1) // 2))
        size = max(2 * columns, cell_len(visible(maps[i].title)))
        beside = max(1, (width - names + 1) // (size + 2))
        group = [one for one in maps[i : i + beside] if one.rows == maps[i].rows]
        cut = max(cut, *(len(one.columns) - columns for one in group))
        yield from _side_by_side(group, names, columns, size, color)
        i += len(group)
        if i == len(maps) or _scale(maps[i], color) != _scale(group[-1], color):
            yield Text(" " * (names + 1)) + _scale(group[-1], color)
    if cut:
        yield Text(f"no room for {cut:,} columns; -o FILE.svg has all", "dim")


def _side_by_side(group: Sequence[Heat], names: int, columns: int, size: int, color: bool) -> Iterator[Text]:
    """Draw maps with the same rows, each `size` cells wide."""
    titles = "  ".join(_fitted(visible(one.title), size) for one in group)
    yield Text(f"{' ' * names} {titles}".rstrip(), "bold")
    numbers = _fitted("".join(_fitted(name, 2, right=True) for name in _column_numbers(columns)), size)
    yield Text(f"{' ' * names} {'  '.join([numbers] * len(group))}".rstrip(), "dim")
    for row, name in enumerate(group[0].rows):
        line = Text(_fitted(visible(name), names))
        for number, one in enumerate(group):
            line.append("  " if number else " ")
            for value in one.values[row][:columns]:
                _heat_cell(line, one, value, color)
            if number < len(group) - 1:
                line.append(" " * (size - 2 * len(one.values[row][:columns])))
        if not color:  # whose cells are spaces, too
            line.rstrip()
        yield line


def _scale(heat: Heat, color: bool) -> Text:
    """Say which colours figures have, from the lowest to the highest."""
    line = Text(f"{heat.low:.4g} ", "dim")
    for step in range(SCALE_STEPS):
        _heat_cell(line, heat, heat.low + (heat.high - heat.low) * step / (SCALE_STEPS - 1), color)
    return line.append(f" {heat.high:.4g}", "dim")


def _column_numbers(count: int) -> list[str]:
    """Number columns; from 100 on by the last two digits, and where there are two every other one."""
    return [str(i % 100) if count <= 10 or i % 2 == 0 else "" for i in range(count)]


def _heat_cell(line: Text, heat: Heat, value: float | None, color: bool) -> None:
    if value is None:
        line.append(" ·", "dim")
    elif color:
        line.append("  ", f"on rgb({','.join(map(str, shade(heat.share(value))))})")
    else:
        line.append(2 * SHADES[min(len(SHADES) - 1, int(heat.share(value) * len(SHADES)))])


def shade(share: float) -> tuple[int, int, int]:
    """Give the colour of a share, from 0 to 1, as red, green and blue.

    Example: shade(0.0) -> (68, 1, 84); shade(1.0) -> (253, 231, 37)
    """
    place = share * (len(VIRIDIS) - 1)
    before = min(int(place), len(VIRIDIS) - 2)
    first, second = VIRIDIS[before], VIRIDIS[before + 1]
    red, green, blue = (round(a + (place - before) * (b - a)) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _fitted(text: str, width: int, *, right: bool = False) -> str:
    spare = width - cell_len(text)
    if right and spare > 0:
        return " " * spare + text
    return set_cell_size(table.shorten(text, width), width)
