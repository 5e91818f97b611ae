"""`table`: aligned columns for a terminal.

The table fits the width: paths are shortened in the middle, tokens and optional text at their end, optional
columns left out (a note says which); if it is still too wide, each row becomes a block of lines. No figure is
cut.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate, compress
from typing import TYPE_CHECKING, Literal, TextIO
from unicodedata import category

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from tokscope.render import chart, terminal
from tokscope.render.cells import ABSENT, bar_cells, show
from tokscope.report.notes import Aside
from tokscope.report.table import Cell, Column, Estimate, Report, Row
from tokscope.text.visible import visible
from tokscope.text.wrapping import wrapped

if TYPE_CHECKING:
    from tokscope.report.chart import Chart

GAP = "  "
TOKEN_MAX = 64  # how wide a column of tokens gets: 128 spaces are a token, too
HEADING = 16  # how wide a heading of figures may be, where there is room
TEXT_MIN = 16  # what a path or an optional text may be shortened to, in cells
ARROW = " => "  # between the two paths of what was moved or is compared
BAR_MIN, BAR_MAX = 8, 30
CHART_MIN, CHART_MAX = 24, 160
CHART_ALONE = 100  # how wide a chart is where no terminal says how much room there is

WORD_COLORS = {
    "over": "red",
    "ok": "green",
    **dict.fromkeys(("warn", "estimate", "at least"), "yellow"),
}
"""The colour of words that say how something is."""

ANSWER_COLORS = {"yes": "green", "no": "red"}
"""The colour of an answer, where yes is better."""

BEST_COLOR, WORST_COLOR = "green", "yellow"
"""The colours of the best and the worst figure of a column in which one is better than another."""


def render(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Draw `report` to fit a terminal of this width; without one, as wide as it is.

    Example: out = StringIO(); render(small, out, color=False, width=80); "a.md" in out.getvalue() -> True
    """
    terminal.write_lines(
        lines(report, terminal.terminal_width(stream, width), color=color),
        terminal.console(stream, color=color),
    )


def lines(
    report: Report, width: int | None = None, *, color: bool = False, above: Sequence[str] = ()
) -> Iterator[Text]:
    """Draw `report` as lines whose table is at most `width` cells wide; None sets no limit.

    Example: [line.plain for line in lines(TableReport([Column("a")], [("b",)]))] -> ["a", "b"]

    `color` is for charts alone: the caller's rich Console drops all other colour if there is to be none.
    What the table `above` has no room for is not said again.
    """
    rows = _shown_rows(report)
    table = _prepare_columns(report.columns, rows, report.unlike)
    notes = list(report.notes)
    bounds: list[str] = []
    if width is not None and _least(table) > width and (intervals := _intervals(report.columns, rows)):
        table = _prepare_columns(report.columns, [[*map(_unbounded, row)] for row in rows], report.unlike)
        if report.total is not None or len(rows) == 1:
            notes += intervals
        else:
            bounds = ["the bounds of estimates"]
    kept, left_out = _choose(table, width)
    if report.title:
        yield from _title(report.title, width)
    if not (rows[:-1] if report.total is not None else rows):  # a heading alone says nothing, and so does 0
        pass
    elif width is None or _least(kept) <= width:
        yield from _draw_table(kept, len(rows), report.total is not None, width)
        if (left_out or bounds) and left_out != above:
            no_room = Aside(f"no room for {', '.join([*left_out, *bounds])}")
            if report.parts or report.chart:  # below them nobody would know of which table that is said
                yield from terminal.note_lines([no_room], width)
            else:  # what is missing comes first: of asides there may be room for one
                notes.insert(0, no_room)
    else:
        yield from _records(table, len(rows), width)
    yield from _what_follows(report, width, color, left_out)
    yield from terminal.note_lines(notes, width)


def room(report: Report) -> int:
    """Say how many cells a table needs for all of its columns; long paths and texts are shortened even so.

    Example: room(TableReport([Column("a"), Column("b")], [("one", "two")])) -> 8
    """
    table = _prepare_columns(report.columns, _shown_rows(report), report.unlike)
    sizes = (max(column.least, min(column.natural, TOKEN_MAX)) for column in table if column.kind != "bar")
    bars = BAR_MIN * sum(column.kind == "bar" for column in table)
    return sum(sizes) + bars + len(GAP) * (len(table) - 1)


def _shown_rows(report: Report) -> list[Row]:
    """Give the rows as they are drawn, with the total."""
    shown = report.rows if report.tree is None else report.tree.rows
    return [*shown] if report.total is None else [*shown, report.total]


def _what_follows(report: Report, width: int | None, color: bool, left_out: Sequence[str]) -> Iterator[Text]:
    """Draw the tables and the chart that come after a report's own table, an empty line before each."""
    for i, part in enumerate(report.parts):
        if i or report.title or report.rows or report.total is not None:
            yield Text()
        yield from lines(part, width, color=color, above=left_out)
    if report.chart is not None:
        yield from _draw_chart(report.chart, width, color)


def _title(text: str, width: int | None) -> Iterator[Text]:
    return (Text(line, "bold") for line in wrapped(visible(text), width))


def _prepare_columns(
    columns: Sequence[Column], rows: Sequence[Row], unlike: Collection[Cell]
) -> list[_DrawnColumn]:
    """Prepare the columns; a name that repeats, under names that repeat, is left out."""
    same = [False, *([True] * (len(rows) - 1))][: len(rows)]
    made = []
    for i, column in enumerate(columns):
        one = _DrawnColumn(column, [row[i] for row in rows], [row[0] not in unlike for row in rows])
        if column.grouped:
            above = [row[i] for row in rows]
            same = [
                two and cell == above[at - 1] for at, (cell, two) in enumerate(zip(above, same, strict=True))
            ]
            one.texts = ["" if again else text for text, again in zip(one.texts, same, strict=True)]
        if column.kind != "bar" or any(one.figures):  # bars of nothing are a gap in the table
            made.append(one)
    return made


def _intervals(columns: Sequence[Column], rows: Sequence[Row]) -> list[str]:
    """Say the bounds of the last estimate of each column, that of the total, if there is one."""
    found: dict[str, str] = {}
    for row in rows:
        for column, cell in zip(columns, row, strict=True):
            if isinstance(cell, Estimate) and cell.interval:
                found[column.name] = f"{column.name}: {show(column, cell, grouped=True)}"
    return list(found.values())


def _unbounded(cell: Cell) -> Cell:
    """Take the bounds of an estimate away, where there is no room for them."""
    return type(cell)(int(cell)) if isinstance(cell, Estimate) else cell


def _draw_chart(drawn: Chart, width: int | None, color: bool) -> Iterator[Text]:
    """Draw a chart as wide as there is room, within what looks good."""
    yield Text()
    yield from _title(drawn.title, width)
    size = CHART_ALONE if width is None else max(CHART_MIN, min(CHART_MAX, width))
    yield from map(Text.from_ansi, chart.lines(drawn, size, color=color))


class _DrawnColumn:
    """A column as it will be drawn: its heading in lines, its cells as text, and how narrow it may get."""

    def __init__(self, column: Column, cells: Sequence[Cell], alike: Sequence[bool]) -> None:
        self.kind = column.kind
        self.numeric = column.numeric
        self.optional = column.optional
        self.full = column.full
        self.is_bar = column.kind == "bar" or not column.name  # what another column has as a figure
        self.name = visible(column.name)
        self.figures = [cell if isinstance(cell, int | float) else 0 for cell in cells]
        ranked = [*compress(cells, alike)]
        self.styles = [
            _style(column, cell, ranked if one else []) for cell, one in zip(cells, alike, strict=True)
        ]
        self.texts = [show(column, cell, grouped=True) for cell in cells]
        for i, cell in enumerate(cells):
            if isinstance(cell, bytes):  # a token: spaces at its edges and hidden characters have to show
                self.texts[i] = _on_a_base(visible(self.texts[i]).replace(" ", "·"))
        self.heading = [self.name]
        if column.numeric:  # a heading of several words would make a column of small figures wide
            self.heading = _heading_lines(self.name, max(map(cell_len, self.texts), default=0))
        elif column.kind == "bar":  # another column has its figures and their heading
            self.heading = []
        self.natural = max(map(cell_len, [*self.heading, *self.texts]), default=0)
        self.most = min(self.natural, TOKEN_MAX) if column.kind == "token" else self.natural
        self.least = self.natural
        if column.kind in ("path", "token") or (column.kind == "text" and column.optional):
            self.least = min(self.natural, TEXT_MIN)
        self.uncut = self.natural
        if column.kind == "path":
            self.uncut = max(map(_without_folders, self.texts), default=0)
        elif column.kind == "bar":
            self.natural, self.least, self.most = BAR_MAX, BAR_MIN, BAR_MAX

    def fitted(self, text: str, width: int) -> str:
        """Pad or shorten a text to exactly `width` cells."""
        if self.numeric:
            return " " * (width - cell_len(text)) + text
        return set_cell_size(shorten(text, width, None if self.kind == "path" else width - 1), width)

    def bar(self, row: int, width: int) -> str:
        """Draw a figure in eighths of a cell; `full`, or else the column's largest, fills the width."""
        if not self.figures[row]:
            return " " * width
        share = min(1.0, self.figures[row] / (self.full or max(self.figures)))
        return bar_cells(max(1, round(share * width * 8))).ljust(width)


def _on_a_base(token: str) -> str:
    """Give a mark that a token begins with a dotted circle to stand on: else it joins what is before it."""
    return f"\N{DOTTED CIRCLE}{token}" if category(token[:1] or " ").startswith("M") else token


def _style(column: Column, cell: Cell, cells: Sequence[Cell]) -> str:
    """Choose the colour of a cell by what it means; `cells` are those of its column to hold it against."""
    if cell is None:
        return "dim"
    if isinstance(cell, str):
        said = WORD_COLORS if column.better is None else ANSWER_COLORS
        return "red" if column.numeric else said.get(cell, "") if column.kind == "text" else ""
    if isinstance(cell, Estimate):
        return "yellow"
    if column.better is None or not isinstance(cell, int | float):
        return ""
    ranked = sorted({one for one in cells if isinstance(one, int | float)}, reverse=column.better == "more")
    return "" if len(ranked) < 2 else {ranked[0]: BEST_COLOR, ranked[-1]: WORST_COLOR}.get(cell, "")


def _choose(table: Sequence[_DrawnColumn], width: int | None) -> tuple[list[_DrawnColumn], list[str]]:
    """Leave out optional columns until the rest fits, the last first; give it, and what was left.

    Bars go before a name is shortened, and others before it is cut in a word, where that helps.
    """
    kept = list(table)
    if width is not None:
        bars = [column for column in reversed(table) if column.is_bar]
        others = [column for column in reversed(table) if not column.is_bar]
        kept = _without(kept, table[::-1], width, "least")
        kept = _without(kept, bars, width, "most")
        whole = _without(kept, others, width, "uncut")
        kept = whole if _needed(whole, width, "uncut") <= width else kept
    return kept, [column.name for column in table if column not in kept and not column.is_bar]


Need = Literal["least", "uncut", "most"]


def _without(
    table: Sequence[_DrawnColumn], spared: Iterable[_DrawnColumn], width: int, need: Need
) -> list[_DrawnColumn]:
    """Leave out optional columns one by one until what the names of the rest need fits."""
    kept = list(table)
    for column in spared:
        if (
            _needed(kept, width, need) > width
            and column.optional
            and column in kept
            and column is not table[0]
        ):
            kept.remove(column)
    return kept


def _needed(table: Sequence[_DrawnColumn], width: int, need: Need) -> int:
    """Give the width of a table whose names have what they need, and all else the least.

    A name longer than half of `width` is cut sooner than a column goes.
    """
    names = {"least": 0, "uncut": 0, "most": 0}
    for i, column in enumerate(table):
        if column.kind == "path" or (i == 0 and column.kind == "text"):
            names["uncut"] += max(0, min(column.uncut, width // 2) - column.least)
            names["most"] += column.most - column.least
    return _least(table) + names[need]


def _heading_lines(name: str, width: int) -> list[str]:
    """Break a heading at spaces and after slashes, into lines of at most `width` where words allow it."""
    lines = [""]
    for word in re.findall(r"[^ /]+(?:/| %)? ?|.", name):
        if lines[-1] and cell_len((lines[-1] + word).rstrip()) > width:
            lines.append("")
        lines[-1] += word
        width = max(width, cell_len(word.rstrip()))
    return [line.rstrip() for line in lines]


def _write_out_headings(table: Sequence[_DrawnColumn], width: int | None) -> None:
    """Give headings of figures fewer lines, up to HEADING cells wide, if nothing gets narrower by that."""
    headings = [
        _heading_lines(column.name, max(HEADING, column.natural)) if column.numeric else []
        for column in table
    ]
    wider = [max(map(cell_len, lines), default=0) for lines in headings]
    room = [max(column.most, size) for column, size in zip(table, wider, strict=True)]
    if width is None or sum(room) + len(GAP) * (len(table) - 1) <= width:
        for column, lines, size in zip(table, headings, room, strict=True):
            if column.numeric:
                column.heading, column.natural, column.least, column.most = lines, size, size, size


def _least(table: Sequence[_DrawnColumn]) -> int:
    return sum(column.least for column in table) + len(GAP) * (len(table) - 1)


def _widths(table: Sequence[_DrawnColumn], width: int | None) -> list[int]:
    """Share out the spare room: to names, then evenly among the texts that want more, then among the bars."""
    if width is None:
        return [column.natural for column in table]
    widths = [column.least for column in table]
    spare = width - _least(table)
    names = [i for i, column in enumerate(table) if column.kind == "path" or i == 0]
    texts = [i for i, column in enumerate(table) if column.kind != "bar"]
    for wanting in (names, texts, range(len(table))):
        while spare and (wanting := [i for i in wanting if widths[i] < table[i].most]):
            for i in wanting[:spare]:
                widths[i] += 1
            spare = max(0, spare - len(wanting))
    return widths


def _draw_table(
    table: Sequence[_DrawnColumn], count: int, has_total: bool, width: int | None
) -> Iterator[Text]:
    _write_out_headings(table, width)
    widths = _widths(table, width)
    height = max((len(column.heading) for column in table), default=0)
    for level in range(height):
        cells = []
        for column, size in zip(table, widths, strict=True):
            heading = [""] * (height - len(column.heading)) + column.heading  # right above its figures
            cells.append(column.fitted(heading[level], size))
        yield Text(GAP.join(cells).rstrip(), "dim")
    for row in range(count):
        is_total = has_total and row == count - 1
        if is_total:
            yield Text("─" * (sum(widths) + len(GAP) * (len(widths) - 1)), "dim")
        line = Text(style="bold" if is_total else "")
        for i, (column, size) in enumerate(zip(table, widths, strict=True)):
            line.append(GAP if i else "")
            if column.kind == "bar":
                line.append(column.bar(row, size), "cyan")
            else:
                text = column.texts[row]
                blank = is_total and text == ABSENT
                line.append(column.fitted("" if blank else text, size), column.styles[row])
        line.rstrip()
        yield line


def _records(table: Sequence[_DrawnColumn], count: int, width: int) -> Iterator[Text]:
    """Draw each row as a block: its first cell, then a line for each other cell."""
    first, *others = [column for column in table if not column.is_bar]
    names = max((cell_len(column.name) for column in others), default=0)
    figures = max((cell_len(text) for column in others if column.numeric for text in column.texts), default=0)
    for row in range(count):
        if first.texts[row]:
            yield Text(shorten(first.texts[row], width), "bold")
        for column in others:
            text = column.texts[row]
            line = Text.assemble(GAP, (set_cell_size(column.name, names), "dim"), GAP)
            head, *more = wrapped(text, max(1, width - names - 2 * len(GAP)), "")
            yield line.append(column.fitted(text, figures) if column.numeric else head)
            yield from (Text(" " * (names + 2 * len(GAP)) + rest) for rest in more)


def shorten(text: str, width: int, head: int | None = None) -> str:
    """Cut a text to at most `width` cells, with `head` of them before the cut.

    Example: shorten("a/long/path/to/file.md", 13) -> "a/…/file.md"

    Without `head` it is a path, or two as in "old => new": cut after a folder if its file's name fits, else
    nearer to the beginning.
    """
    if cell_len(text) <= width:
        return text
    if head is None:
        old, arrow, new = text.partition(ARROW)
        if arrow and (room := width - len(ARROW)) > 2 * len("…/a.b"):
            half = max(room // 2, room - _without_folders(new))
            old = shorten(old, half)
            return f"{old}{ARROW}{shorten(new, room - cell_len(old))}"
        if named := _between_folders(text, width - 1):
            return named
        head = (width - 1) // 3
    end = "".join(reversed(_take(reversed(text), width - 1 - head)))
    return f"{''.join(_take(text, head))}…{end}"


def _without_folders(path: str) -> int:
    """Give how wide a path, or each of two, is without its folders."""
    names = (one[max(0, one.rfind("/")) :] for one in path.split(ARROW))
    return min(cell_len(path), sum(1 + cell_len(name) for name in names) + path.count(ARROW) * len(ARROW))


def _between_folders(path: str, width: int) -> str | None:
    """Cut a path to as many whole folders and its file's name as `width` has room for, if that fits."""
    ends = [found.end() for found in re.finditer("/", path)]
    tails = [path[end - 1 :] for end in reversed(ends) if end < len(path)]
    tail = next(iter(tails), "")
    if not tail or cell_len(tail) > width:
        return None
    tail = max((one for one in tails if cell_len(one) <= width * 2 // 3), key=len, default=tail)
    heads = (path[:end] for end in reversed(ends) if end <= len(path) - len(tail))
    head = next((one for one in heads if cell_len(one) + cell_len(tail) <= width), "")
    return f"{head}…{tail}"


def _take(text: Iterable[str], width: int) -> list[str]:
    """Take the characters that fill at most `width` cells."""
    chars = list(text)
    return [char for char, end in zip(chars, accumulate(map(cell_len, chars)), strict=True) if end <= width]
