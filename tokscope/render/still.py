"""`svg`, `png`, `html` of what `table` shows on a terminal: the same cells, as a picture that stands still.

The SVG fetches nothing, and is dark where its viewer is. The PNG is made of it, and always light.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from io import StringIO
from itertools import groupby
from typing import NamedTuple, TextIO

import regex
from rich.cells import cell_len
from rich.color import Color
from rich.style import Style
from rich.text import Text

from tokscope.errors import MissingExtra, OutputError
from tokscope.render import FOR_PEOPLE, FORMATS, render, table, terminal
from tokscope.render.markup import by_hash, html_head
from tokscope.report.table import Report

WIDTH = 100
"""How many cells wide a picture is, or as wide as its table, unless COLUMNS says otherwise."""

MAX_LINES = 1000
"""How many lines a picture may have: it is then some twenty times as high as it is wide."""

ACROSS, DOWN, SIZE, WIDE_SIZE, MARGIN = 8.4, 20, 14, 16, 16
"""In pixels: how wide and high a cell is, how large letters of one and two cells are, and the margin."""

FONT = 'ui-monospace,"Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace'

PAPER, INK = ("#ffffff", "#16181d"), ("#1f2328", "#e6e6e6")
"""What is behind everything and what is written in no colour, where it is light and where it is dark."""

NAMED_COLORS = {
    1: ("#c1121f", "#ff7b72"),
    2: ("#1a7f37", "#5fd068"),
    3: ("#9a6700", "#e3b341"),
    4: ("#0550ae", "#79c0ff"),
    5: ("#8250df", "#d2a8ff"),
    6: ("#0e7490", "#56d4dd"),
}
"""The colours that a terminal has by name, legible on either paper."""

_NO_XML = re.compile("[\ufffe\uffff]")


class CellRun(NamedTuple):
    """A stretch of a line in one style and letters of one width: where it begins, and how many cells it has.

    Example: CellRun("日本", Style.null(), 4, 4) is a wide run in the fifth to the eighth cell
    """

    text: str
    style: Style
    start: int
    cells: int

    @property
    def written(self) -> str:
        """Its text in markup.

        Example: CellRun("<b>", Style.null(), 0, 3).written -> "&lt;b&gt;"
        """
        return escape(_NO_XML.sub("□", self.text))


class _Screen(StringIO):
    """A terminal of all colours, of which a picture is taken."""

    color_system = "truecolor"


def svg(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write what a terminal shows as SVG. Raises OutputError where that is nothing, or too much.

    Example: svg(report, sys.stdout, color=False, width=80) writes "<svg ..."
    """
    stream.writelines(_svg_elements(_lines(report, stream, width)))


def png(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write it as PNG, twice as large. Raises MissingExtra without resvg, and OutputError as svg does.

    Example: png(report, open("a.png", "w"), color=False, width=80)
    """
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise MissingExtra("a picture of text in PNG", "png") from error
    drawn = "".join(_svg_elements(_lines(report, stream, width)))
    stream.flush()
    stream.buffer.write(svg_to_bytes(svg_string=drawn, zoom=2))


def html(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write it as a page, however long it is.

    Example: html(report, sys.stdout, color=False, width=80) writes "<!doctype html> ..."
    """
    lines = _lines(report, stream, width, most=None)
    names = _style_classes(lines)
    widths = {run.cells for line in lines for run in line if not run.text.isascii()}
    style = (
        f"pre{{font:{SIZE}px/{DOWN}px {FONT};margin:0;padding:{MARGIN}px;min-width:max-content}}"
        f"body{{margin:0}}b{{font-weight:inherit}}:root{{color-scheme:light dark}}"
        + "".join(f".w{cells}{{display:inline-block;width:{cells}ch}}" for cells in sorted(widths))
        + _css(names, "pre{color:%s;background:%s}", "b.%s{color:%s}", "b.%s{background:%s}")
    )
    stream.write(html_head("tokscope", style, f"default-src 'none'; style-src {by_hash(style)}") + "<pre>")
    for line in lines:
        for run in line:
            wide = "" if run.text.isascii() else f" w{run.cells}"  # of another font, with another width
            stream.write(f'<b class="{names[run.style]}{wide}">{run.written}</b>')
        stream.write("\n")
    stream.write("</pre>\n")


def _lines(
    report: Report, stream: TextIO, width: int | None, most: int | None = MAX_LINES
) -> Sequence[Sequence[CellRun]]:
    """Draw a report as `table` does, and take what is on the screen then."""
    screen = _Screen()
    asked = terminal.terminal_width(stream, width)
    render(FOR_PEOPLE, report, screen, color=True, width=asked or max(WIDTH, _room_for_all(report)))
    drawn = screen.getvalue().removesuffix("\n").split("\n")
    if not any(drawn):
        raise OutputError("there is nothing to draw")
    if most is not None and len(drawn) > most:
        raise OutputError(f"a picture has at most {most:,} lines, and this {len(drawn):,}: use less text")
    return [[*_runs(Text.from_ansi(line))] for line in drawn]


def _room_for_all(report: Report) -> int:
    """Say how many cells a report's tables need to be drawn with all columns; 0, where it shows no table."""
    if FORMATS[FOR_PEOPLE].form(report.forms) != "table":
        return 0
    return max(table.room(report), *map(_room_for_all, report.parts), 0)


def _runs(line: Text) -> Iterator[CellRun]:
    """Cut a line where its style changes or the width of its letters, since each run is set to its width."""
    at = 0
    for segment in line.render(terminal.console(_Screen(), color=True)):
        for _, letters in groupby(regex.findall(r"\X", segment.text), cell_len):
            text = "".join(letters)
            yield CellRun(text, segment.style or Style.null(), at, cell_len(text))
            at += cell_len(text)


def _svg_elements(lines: Sequence[Sequence[CellRun]]) -> Iterator[str]:
    """Write the elements of an SVG: what is behind the letters first, then the letters."""
    names = _style_classes(lines)
    across = max((line[-1].start + line[-1].cells for line in lines if line), default=0) * ACROSS + 2 * MARGIN
    down = len(lines) * DOWN + 2 * MARGIN
    style = _css(names, "text{fill:%s}rect{fill:%s}", "text.%s{fill:%s}", "rect.%s{fill:%s}")
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across:g} {down}" width="{across:g}" '
        f'height="{down}" xml:space="preserve">\n'
        f"<style>svg{{font-family:{FONT};font-size:{SIZE}px}}text{{white-space:pre}}{style}</style>\n"
        '<rect width="100%" height="100%"/>\n'
    )
    for number, line in enumerate(lines):
        top = MARGIN + number * DOWN
        for behind, group in groupby(line, lambda run: run.style):
            runs = [*group]
            if behind.bgcolor is not None:
                left, wide = MARGIN + runs[0].start * ACROSS, sum(run.cells for run in runs) * ACROSS
                yield (
                    f'<rect class="{names[behind]}" x="{left:g}" y="{top + 1}" width="{wide:g}" '
                    f'height="{DOWN - 2}" rx="3"/>\n'
                )
        for run in line:
            if run.text.strip():
                yield f'<text class="{names[run.style]}" {_across(run, top + 15)}>{run.written}</text>\n'
    yield "</svg>\n"


def _across(run: CellRun, y: int) -> str:
    """Say where the letters of a run are: wide ones each in the middle of two cells, others as they follow.

    A viewer that sets wide letters to a length leaves all that is too much between the first and the last.
    """
    left = MARGIN + run.start * ACROSS
    if (
        run.cells == 2 * len(run.text) and max(run.text) <= "\uffff"
    ):  # beyond, viewers count halves of letters
        middles = (left + (2 * i + 1) * ACROSS for i in range(len(run.text)))
        places = " ".join(f"{middle - WIDE_SIZE / 2:g}" for middle in middles)
        return f'x="{places}" y="{y}" font-size="{WIDE_SIZE}"'
    return f'x="{left:g}" y="{y}" textLength="{run.cells * ACROSS:g}"'


def _style_classes(lines: Iterable[Iterable[CellRun]]) -> Mapping[Style, str]:
    """Name the styles."""
    styles = dict.fromkeys(run.style for line in lines for run in line)
    return {style: f"s{number}" for number, style in enumerate(styles)}


def _css(names: Mapping[Style, str], whole: str, letters: str, behind: str) -> str:
    """Write the rules for all styles, for viewers that are light and for those that are dark.

    The rules are given with a % for each blank: `whole` for ink and paper, `letters` and `behind` for a class
    and a colour.
    """
    themes = []
    for theme in (0, 1):
        rules = [whole % (INK[theme], PAPER[theme])]
        for style, name in names.items():
            colors = ((letters, style.color), (behind, style.bgcolor))
            rules += [rule % (name, _hex(one, theme)) for rule, one in colors if one and not one.is_default]
        themes.append("".join(rules))
    for style, name in names.items():
        kept = ";".join(rule for which, rule in _WEIGHTS.items() if getattr(style, which))
        themes[0] += f".{name}{{{kept}}}" if kept else ""
    return f"{themes[0]}@media(prefers-color-scheme:dark){{{themes[1]}}}"


_WEIGHTS = {
    "bold": "font-weight:600",
    "dim": "opacity:.65",
    "italic": "font-style:italic",
    "underline": "text-decoration:underline",
}


def _hex(color: Color, theme: int) -> str:
    """Write a colour: those with names are others where it is dark."""
    if color.number is not None and color.number % 8 in NAMED_COLORS and color.number < 16:
        return NAMED_COLORS[color.number % 8][theme]
    return color.get_truecolor().hex
