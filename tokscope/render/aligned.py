"""`table` of a split, aligned: the text is a ruler, with each tokenizer's tokens measured off under it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text

from tokscope.render.glyphs import Glyph, name_of_empty, of_text
from tokscope.render.palettes import FAINT, Run, Styles, text_of
from tokscope.render.table import shorten
from tokscope.split import Split, differing, inside
from tokscope.text.visible import visible

if TYPE_CHECKING:
    from tokscope.report.split import Cut

BLANK = (Glyph(" ", 1), Style.null())
CUT_CHARACTER = Glyph("╫", 1)


def aligned(
    cuts: Sequence[Cut],
    palette: Sequence[Styles],
    width: int,
    crossings: Mapping[tuple[str | None, bytes], Sequence[tuple[int, int]]] | None,
    *,
    totals: bool,
) -> Iterator[Text]:
    """Draw bands of the text, with the extents of every tokenizer's tokens under each.

    Example: [one.plain for one in aligned([Cut("char", load("char").encode("a"))], [], 80, {}, totals=False)]
    -> ["      a", "char  │"]

    ├──┤ is a token, │ one of a single cell, ╫ a character that a token ends inside; dropped text is blank.
    What not all cut alike is in colour, or crossings where these are what is shown.
    """
    splits = [cut.split for cut in cuts]
    ruler = _ruler(splits[0].source, splits)
    names = [shorten(visible(cut.name), max(1, width // 3)) for cut in cuts]
    counts = [f"  {'' if cut.exact else '≈'}{len(cut.split):,}" if totals else "" for cut in cuts]
    name_width, count_width = max(map(cell_len, names)), max(map(len, counts))
    margin = name_width + count_width + 2
    columns = list(accumulate((glyph.width for glyph in ruler), initial=0))
    apart = differing(splits) if crossings is None else crossings.get(cuts[0].of, ())
    extents = [_extents(split, ruler, columns, apart, palette) for split in splits]
    for first, last in _bands(ruler, splits, width - margin):
        if first:
            yield Text()
        shades = ((glyph, FAINT if glyph.kind == "mark" else Style.null()) for glyph in ruler[first:last])
        yield Text(" " * margin).append_text(text_of(list(shades)))
        for name, count, extent in zip(names, counts, extents, strict=True):
            yield Text.assemble(
                set_cell_size(name, name_width),
                (f"{'' if first else count:>{count_width}}  ", FAINT),
                text_of(extent[columns[first] : columns[last]]),
            )
    if apart and palette and crossings is None:
        yield Text("in colour: where their cuts differ", "dim")
    yield from _explained(names, splits, extents)


def _explained(names: Sequence[str], splits: Sequence[Split], extents: Sequence[Run]) -> Iterator[Text]:
    """Say what the mark of a cut character means, and which tokens no extent can show."""
    if any(glyph is CUT_CHARACTER for extent in extents for glyph, _ in extent):
        yield Text("╫ a token ends inside this character", "dim")
    for name, split in zip(names, splits, strict=True):
        if bare := [name_of_empty(token) for token in split if not token.data]:
            yield Text(f"{name} also has {len(bare)} of no width: {' '.join(dict.fromkeys(bare))}", "dim")


def _ruler(source: bytes, splits: Sequence[Split]) -> list[Glyph]:
    """Show the text as glyphs of certain width, none of which goes across the edge of a token."""
    edges = {0, len(source)}.union(*(bounds for split in splits for bounds in (split.starts, split.ends)))
    whole = sorted(edge for edge in edges if not inside(source, edge))
    return [
        glyph
        for start, end in pairwise(whole)
        for glyph in of_text(source[start:end].decode(), whole_emoji=False)
    ]


def _bands(ruler: Sequence[Glyph], splits: Sequence[Split], width: int) -> Iterator[tuple[int, int]]:
    """Cut the ruler into bands that fit: after newlines, else where tokens of all end, best at spaces."""
    ends = set.intersection(*({*split.ends} for split in splits))
    first = used = edge = 0
    spaced = shared = 0  # the last places in the second half of a band where it may end
    for i, glyph in enumerate(ruler):
        if 2 * used > width and edge in ends:
            shared = i
            spaced = i if glyph.kind == "mark" else spaced
        if used and used + glyph.width > width:
            last = next(place for place in (spaced, shared, i) if place > first)
            yield first, last
            first, used = last, sum(one.width for one in ruler[last:i])
        used += glyph.width
        edge += glyph.size
        if glyph.breaks and not (i + 1 < len(ruler) and ruler[i + 1].breaks):  # an empty line is no band
            yield first, i + 1
            first, used = i + 1, 0
    if first < len(ruler) or not ruler:
        yield first, len(ruler)


def _extents(
    split: Split,
    ruler: Sequence[Glyph],
    columns: Sequence[int],
    apart: Sequence[tuple[int, int]],
    palette: Sequence[Styles],
) -> Run:
    """Measure off the tokens: what to draw in each cell under the ruler."""
    edges = list(accumulate((glyph.size for glyph in ruler), initial=0))
    cells = [BLANK] * columns[-1]
    lows = [low for low, _ in apart]
    for start, end in zip(split.starts, split.ends, strict=True):
        if start == end:
            continue
        place = bisect_right(lows, start) - 1
        differs = place >= 0 and start < apart[place][1]
        style = palette[1]["mark"] if differs and palette else Style.null()
        first, last = bisect_right(edges, start) - 1, bisect_left(edges, end)
        left, right = columns[first], columns[last]
        extent = f"├{'─' * (right - left - 2)}┤" if right - left > 1 else "│"
        cells[left:right] = [(Glyph(char, 1), style) for char in extent]
        for is_cut, part in ((start != edges[first], first), (end != edges[last], last - 1)):
            if is_cut:
                cells[columns[part] : columns[part + 1]] = [(CUT_CHARACTER, style)] * ruler[part].width
    return cells
