"""The colours of tokens on a terminal, and lines of glyphs that are drawn in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from rich.style import Style
from rich.text import Text

from tokscope.render.glyphs import Glyph

Styles = Mapping[str, Style]
"""The style of each kind of glyph."""

Run = list[tuple[Glyph, Style]]
"""Glyphs beside each other, each in its style."""


def _palette(text: str, mark: str, *backgrounds: str) -> Sequence[Styles]:
    return [
        {
            "text": Style.parse(f"{text} on {background}"),
            "mark": Style.parse(f"{mark} on {background}"),
            "note": Style.parse(f"italic {mark} on {background}"),
        }
        for background in backgrounds
    ]


def _alike(style: Style) -> Styles:
    return dict.fromkeys(("text", "mark", "note"), style)


# Dark text on soft colours is as legible on dark terminals as on light ones.
SOFT = _palette("color(16)", "color(240)", *(f"color({n})" for n in (153, 223, 151, 218, 229, 183)))
BASIC = _palette("black", "black", "cyan", "yellow", "green", "magenta")
PALETTES: dict[str | None, Sequence[Styles]] = {None: [], "standard": BASIC, "windows": BASIC}
"""Palettes by rich's name for what a terminal can show; SOFT for any other."""

# Two shades for each fifth of the heat, from cold to hot, so that equally hot neighbours can be told apart.
_HEAT_COLORS = (189, 153, 194, 157, 230, 228, 223, 216, 217, 210)
HEAT = _palette("color(16)", "color(240)", *(f"color({n})" for n in _HEAT_COLORS))

DROPPED = _alike(Style(dim=True))
ADDED = _alike(Style(dim=True, italic=True))
BARE = _alike(Style.null())
FAINT = Style(dim=True)


def same_styles(run: Run) -> Sequence[tuple[str, Style]]:
    """Join neighbours of the same style.

    Example: same_styles([(Glyph("a", 1), FAINT), (Glyph("b", 1), FAINT)]) -> [("ab", FAINT)]
    """
    return [
        ("".join([glyph.text for glyph, _ in piece]), style) for style, piece in groupby(run, itemgetter(1))
    ]


def text_of(run: Run) -> Text:
    """Join glyphs into a line, neighbours of the same style in one piece.

    Example: text_of([(Glyph("a", 1), FAINT), (Glyph(" ", 1), FAINT)]).plain -> "a"
    """
    line = Text.assemble(*same_styles(run))
    line.rstrip()
    return line
