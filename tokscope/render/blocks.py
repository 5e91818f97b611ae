"""`table` of a split: the text itself with its tokens in colour, one block per tokenizer.

Without colour there is a bar between two tokens, and dropped text is in ⟨⟩. With ids or bytes each token is a
column with them under it; aligned, the text is a ruler, with each tokenizer's tokens measured off under it.
glyphs.py says what the marks in the text mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, TextIO

from rich.style import Style
from rich.text import Text

from tokscope.render import terminal
from tokscope.render.aligned import aligned
from tokscope.render.glyphs import Glyph, of_split
from tokscope.render.palettes import (
    ADDED,
    BARE,
    BASIC,
    DROPPED,
    FAINT,
    HEAT,
    PALETTES,
    SOFT,
    Run,
    Styles,
    same_styles,
    text_of,
)
from tokscope.render.table import shorten
from tokscope.split import Split, Token
from tokscope.text.quantity import quantity
from tokscope.text.visible import visible

if TYPE_CHECKING:
    from tokscope.report.split import Cut, SplitReport

WIDTH = 80  # where there is no terminal

OnToken = Callable[[int], Style]
"""Gives what is added to the style of a token, by its index."""

BAR = (Glyph("│", 1), Style.null())

TREE = 400
"""How many tokens a tree may have to be drawn as one; a larger one is written in a row."""


def render(report: SplitReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Draw each text as its tokenizers cut it.

    Example: out = StringIO(); render(SplitReport([Cut("byte", load("byte").encode("Hi"))]), out, color=False,
    width=80); out.getvalue() -> "byte  2 tokens exact\\nH│i\\n"
    """
    screen = terminal.console(stream, color=color)
    palette = PALETTES.get(screen.color_system, SOFT)
    terminal.write_lines(lines(report, palette, terminal.terminal_width(stream, width) or WIDTH), screen)


def lines(
    report: SplitReport, palette: Sequence[Styles] = SOFT, width: int = WIDTH, *, totals: bool = True
) -> Iterator[Text]:
    """Draw `report` as lines at most `width` cells wide; an empty palette draws without colour.

    `totals` are the counts beside the first band of what is aligned.

    Example: [one.plain for one in lines(SplitReport([Cut("byte", load("byte").encode("Hi"))]), [])] ->
    ["byte  2 tokens exact", "H│i"]
    """
    texts = groupby(report.cuts, lambda cut: cut.of)
    several = len({cut.of for cut in report.cuts}) > 1
    for number, ((path, _), group) in enumerate(texts):
        if number:
            yield Text()
        if several:
            yield Text(shorten(visible(path or "-"), width), "bold underline")
        if report.align:
            yield from aligned(list(group), palette, width, report.crossings, totals=totals)
            continue
        for i, cut in enumerate(group):
            if i:
                yield Text()
            yield _split_heading(cut)
            if report.ids or report.hex:
                yield from map(
                    text_of, _draw_columns(cut.split, palette, width, ids=report.ids, hex=report.hex)
                )
            elif cut.transcript and cut.transcript.above and len(cut.split) <= TREE:
                yield from _draw_nested(cut, palette, width)
            else:
                yield from _fold(_running(cut.split, palette), width)
    yield from terminal.note_lines(report.notes, width)


def _draw_nested(cut: Cut, palette: Sequence[Styles], width: int) -> Iterator[Text]:
    """Draw tokens that stand below one another, a line each."""
    assert cut.transcript is not None and cut.transcript.above is not None
    painted = [
        Text.assemble(*((glyph.text, style) for glyph, style in run))
        for _, run in _paint_tokens(cut.split, palette, whole_emoji=True)
    ]
    below: dict[int, list[int]] = {}
    for place, above in enumerate(cut.transcript.above):
        below.setdefault(above, []).append(place)

    def branches(places: Sequence[int], stem: str, top: bool) -> Iterator[Text]:
        for number, place in enumerate(places):
            last = number == len(places) - 1
            mark = "" if top else "└─ " if last else "├─ "
            line = Text.assemble((stem + mark, FAINT), painted[place])
            line.truncate(width)
            yield line
            more = "" if top else "   " if last else "│  "
            yield from branches(below.get(place, ()), stem + more, False)

    yield from branches(below.get(-1, ()), "", True)


def _split_heading(cut: Cut) -> Text:
    """Name the tokenizer, and say how many tokens there are and whether that is exact."""
    line = Text().append(visible(cut.name), "bold")
    if cut.name != cut.tokenizer:
        line.append(f" {visible(cut.tokenizer)}", "dim")
    line.append(f"  {quantity(len(cut.split), 'token')} ")
    return line.append("exact", "dim") if cut.exact else line.append("estimate", "yellow")


def pointed(
    split: Split, palette: Sequence[Styles], width: int, on: OnToken, *, ids: bool = False
) -> Iterator[Sequence[tuple[str, Style]]]:
    """Draw tokens as `lines` does, without a heading, each with what `on` adds to its style.

    Gives each line as pieces of one style.

    Example: pointed(split, SOFT, 80, lambda index: Style(meta={"token": index})), for a mouse to point at
    """
    if ids:
        bands = _draw_columns(split, palette, width, ids=True, hex=False, on=on)
        return (same_styles(run) for run in bands)
    return (same_styles(run) for run in _folded(_running(split, palette, on), width))


def _paint_tokens(
    split: Split, palette: Sequence[Styles], *, whole_emoji: bool, on: OnToken | None = None
) -> Iterator[tuple[Token | None, Run]]:
    """Give the styled glyphs of each token, and with None those of each stretch of dropped text."""
    number = 0
    index = 0
    heat = iter(split.heat or ())
    for token, glyphs in of_split(split, whole_emoji=whole_emoji):
        warmth = None if token is None else next(heat, None)
        if token is None:
            styles = DROPPED
            if not palette:
                *others, last = glyphs
                glyphs = [Glyph("⟨", 1), *others, last._replace(text=f"{last.text}⟩", width=last.width + 1)]
        elif not token.data:
            styles = ADDED
        else:
            styles = _choose_style(palette, number, warmth)
            number += 1
        if on is not None and token is not None:
            added = on(index)
            index += 1
            styles = {kind: styles[kind] + added for kind in {glyph.kind for glyph in glyphs}}
        yield token, [(glyph, styles[glyph.kind]) for glyph in glyphs]


def _choose_style(palette: Sequence[Styles], number: int, warmth: float | None) -> Styles:
    """Choose a token's style: by its heat if it has one and there are enough colours, otherwise the next."""
    if not palette:
        return BARE
    if warmth is None or palette is BASIC:
        return palette[number % len(palette)]
    level = min(max(0, int(warmth * len(HEAT) / 2)), len(HEAT) // 2 - 1)
    return HEAT[2 * level + number % 2]


def _running(split: Split, palette: Sequence[Styles], on: OnToken | None = None) -> Iterator[Run]:
    """Give the running text, with a bar between tokens if there is no colour to tell them apart."""
    before: Token | None = None
    for token, run in _paint_tokens(split, palette, whole_emoji=True, on=on):
        yield [BAR, *run] if before and token and not palette else run
        before = token


def _fold(runs: Iterable[Run], width: int) -> Iterator[Text]:
    """Break runs into lines: at a space in a line's second half, else between runs that fit on a line."""
    return map(text_of, _folded(runs, width))


def _folded(runs: Iterable[Run], width: int) -> Iterator[Run]:
    line: Run = []
    used = 0
    spaced, before = 0, 0  # the last place at a space: in the line, and in cells
    for run in runs:
        size = _size(run)
        if used and (_is_space(run[0][0]) or _is_space(line[-1][0])):
            spaced, before = len(line), used
        if used and used + size > width >= size:
            if not width < 2 * before or used - before + size > width:
                spaced, before = len(line), used
            yield line[:spaced]
            line, used = line[spaced:], used - before
            spaced = before = 0
        for glyph, style in run:
            if used and used + glyph.width > width:
                yield line
                line, used = [], 0
            line.append((glyph, style))
            used += glyph.width
            if glyph.breaks:
                yield line
                line, used = [], 0
                spaced = before = 0
    if line:
        yield line


def _is_space(glyph: Glyph) -> bool:
    return glyph.kind == "mark" and glyph.text.strip("⟨⟩") == "·"


def _draw_columns(
    split: Split,
    palette: Sequence[Styles],
    width: int,
    *,
    ids: bool,
    hex: bool,
    on: OnToken | None = None,
) -> Iterator[Run]:
    """Draw bands of columns, each a token over its bytes and its id."""
    band: list[list[Run]] = []
    used = 0
    for token, run in _paint_tokens(split, palette, whole_emoji=False, on=on):
        column = [[(glyph._replace(breaks=False), style) for glyph, style in run]]
        if hex:
            column.append(
                [
                    _faint(f"{' ' if i else ''}{byte:02x}")
                    for i, byte in enumerate(token.data if token else b"")
                ]
            )
        if ids and split.ids is not None:
            column.append([_faint(str(token.id) if token else "")])
        size = max(map(_size, column))
        if band and used + size > width:
            yield from _stacked(band, width)
            yield []
            band, used = [], 0
        band.append(column)
        used += size + 1
        if any(glyph.breaks for glyph, _ in run):
            used = width  # the next token begins a new band
    yield from _stacked(band, width)


def _faint(text: str) -> tuple[Glyph, Style]:
    return Glyph(text, len(text)), FAINT


def _stacked(band: Sequence[Sequence[Run]], width: int) -> Iterator[Run]:
    """Put columns side by side, row by row; one that is too wide is alone, and its rows are folded."""
    sizes = [max(map(_size, column)) for column in band]
    for rows in zip(*band, strict=True):
        line: Run = []
        for row, size in zip(rows, sizes, strict=True):
            gap = size - _size(row) + 1
            line += [*row, (Glyph(" " * gap, gap), Style.null())]
        yield from _folded([line[:-1]], width)


def _size(run: Run) -> int:
    return sum(glyph.width for glyph, _ in run)
