"""`table` of pictures: each as a model sees it, in the terminal, with its cells over it.

Where the terminal says that it draws pictures (kitty's protocol, or sixel) it gets the same drawing that
`-o FILE.png` is; elsewhere a character is two pixels, one over the other, and without colour a shade of grey.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import TextIO

from tokscope.render import graphics, terminal
from tokscope.render.picture import BEYOND, WHITE, Rgb, headings
from tokscope.report.picture import PictureReport, Pixels, View
from tokscope.text.wrapping import wrapped

MOSAIC_WIDTH, MOSAIC_HEIGHT = 100, 44
"""The largest drawing, in characters, where the terminal is as large as that."""

_SHADES = " .:-=+*#%@"

BLACK = (0, 0, 0)


def render(report: PictureReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write a drawing for each view, and the notes.

    Example: render(PictureReport([view]), sys.stdout, color=True, width=80)
    """
    columns = min(terminal.terminal_width(stream, width) or MOSAIC_WIDTH, MOSAIC_WIDTH)
    protocol = graphics.spoken(stream) if color else None
    for number, view in enumerate(report.views):
        stream.write("\n" if number else "")
        for heading in headings(view):
            stream.writelines(f"{line}\n" for line in wrapped(heading, columns))
        if protocol is not None:
            stream.write(graphics.draw_for_terminal(protocol, report, view))
        else:
            stream.writelines(f"{line}\n" for line in _Mosaic(report, view, columns).lines(color))
    terminal.write_lines(terminal.note_lines(report.notes, columns), terminal.console(stream, color=color))


class _Mosaic:
    """One view in characters: each is two pixels, one over the other."""

    def __init__(self, report: PictureReport, view: View, columns: int) -> None:
        assert view.pixels is not None
        self._report, self._view, self._pixels = report, view, view.pixels
        layout, (wide, high) = view.layout, view.extent
        scale = min(columns / wide, 2 * MOSAIC_HEIGHT / high)
        self.scale = scale
        self.width = max(int(wide * scale), 1)
        self.height = max(int(high * scale / 2), 1) * 2
        self._lined = min(layout.cell_width, layout.cell_height) * scale >= 4
        self._numbers = dict(self._labels())

    def lines(self, color: bool) -> Iterator[str]:
        """Give the lines of the drawing."""
        rows = [[self._pixel(x, y) for x in range(self.width)] for y in range(self.height)]
        for row in range(self.height // 2):
            over, under = rows[2 * row], rows[2 * row + 1]
            if color:
                cells = enumerate(zip(over, under, strict=True))
                line = "".join(_paint_cell(self._numbers.get((x, row)), *pair) for x, pair in cells)
                yield f"{line}\x1b[0m"
            else:
                yield "".join(
                    self._numbers.get((x, row)) or self._edge(x, row) or _shaded(*pair)
                    for x, pair in enumerate(zip(over, under, strict=True))
                ).rstrip()

    def _pixel(self, x: int, y: int) -> Rgb:
        """Mix the colour of a place: the picture's, with the edges of cells or every second one marked."""
        layout = self._view.layout
        across, down = (x + 0.5) / self.scale, (y + 0.5) / self.scale
        color = _at(self._pixels, across / layout.width, down / layout.height)
        if self._lined:
            edge = self._begins(x, layout.cell_width) or self._begins(y, layout.cell_height)
            return _mixed(color, WHITE if sum(color) < 380 else BLACK, 0.6) if edge else color
        second = (int(across / layout.cell_width) + int(down / layout.cell_height)) % 2
        return _mixed(color, BLACK, 0.25) if second and layout.cells > 1 else color

    def _begins(self, at: int, side: float) -> bool:
        """Say whether a cell begins at this pixel, and is not the first."""
        return at > 0 and int((at + 0.5) / self.scale / side) != int((at - 0.5) / self.scale / side)

    def _edge(self, x: int, row: int) -> str:
        """Draw the edges of cells without colour: a line, or nothing."""
        layout = self._view.layout
        upright = self._lined and self._begins(x, layout.cell_width)
        flat = self._lined and any(self._begins(2 * row + y, layout.cell_height) for y in (0, 1))
        return "+" if upright and flat else "|" if upright else "-" if flat else ""

    def _labels(self) -> Iterator[tuple[tuple[int, int], str]]:
        """Put a number into each cell; where they have no room for all, into the first of each row."""
        layout, scale = self._view.layout, self.scale
        labels = [self._report.label(self._view, index) for index in range(layout.cells)]
        room = layout.cell_width * scale
        room = room - 1 if self._lined else int(room)  # without an edge between them numbers would touch
        roomy = max(map(len, labels), default=0) < room
        if layout.cell_height * scale < 2:
            return
        for index, box in enumerate(layout.boxes()):
            if not roomy and index % layout.columns:
                continue
            left, edge = ceil(box.left * scale - 0.5) + self._lined, ceil(box.top * scale - 0.5)
            top = (edge + 1 + self._lined * (edge > 0)) // 2  # below the line, which takes half a character
            top = min(top + int(layout.cell_height * scale / 6), self.height // 2 - 1)
            yield from (((left + number, top), letter) for number, letter in enumerate(labels[index]))


def _at(pixels: Pixels, across: float, down: float) -> Rgb:
    """Give the colour at a place of a picture, each from 0 to 1; beyond it, that of margins."""
    if across >= 1 or down >= 1:
        return BEYOND
    place = 3 * (int(down * pixels.height) * pixels.width + int(across * pixels.width))
    red, green, blue = pixels.rgb[place : place + 3]
    return red, green, blue


def _mixed(color: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (round(one + share * (two - one)) for one, two in zip(color, other, strict=True))
    return red, green, blue


def _paint_cell(letter: str | None, over: Rgb, under: Rgb) -> str:
    """Write a character cell in true colour: two pixels, or a letter on the mean of both."""
    if letter is None:
        return "\x1b[38;2;{};{};{};48;2;{};{};{}m▀".format(*over, *under)
    ground = _mixed(over, under, 0.5)
    ink = BLACK if sum(ground) > 380 else WHITE
    return "\x1b[38;2;{};{};{};48;2;{};{};{}m{}".format(*ink, *ground, letter)


def _shaded(over: Rgb, under: Rgb) -> str:
    """Write a character cell without colour, by how bright it is."""
    return _SHADES[sum((*over, *under)) * (len(_SHADES) - 1) // (6 * 255)]
