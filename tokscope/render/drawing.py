"""`svg` of molecules and graphs: each drawn in the colours of its tokens, and the tokens in a row below.

RDKit lays molecules out; the lines and discs are drawn here, so that every atom and bond shows which token
stands for it. A tree of hops has a level a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from html import escape
from math import dist
from statistics import median
from typing import Any, NamedTuple, TextIO

from tokscope.render.markup import as_markup
from tokscope.render.still import INK, PAPER
from tokscope.report.split import Cut, StructureReport
from tokscope.structures.chem import Sketch, sketch
from tokscope.structures.molecule import Molecule
from tokscope.structures.smiles import scan
from tokscope.structures.sniffing import Structure
from tokscope.text.quantity import quantity
from tokscope.text.visible import visible
from tokscope.transcript import Sign, Transcript

PALETTE = ("#a9d4ff", "#ffd9ad", "#a8e6b0", "#ffb3d9", "#fff0a3", "#d9b8ff")
"""The colours of tokens, in turn: those of `split` on a terminal, as a screen shows them."""

NEUTRAL = "#eeeeee"
"""The colour of what stands for nothing in the structure."""

DRAWING_WIDTH, MARGIN, UNIT, RADIUS, LEVEL = 760, 24, 60, 15, 64
"""In pixels: of the picture, around everything, of a bond, an atom or a node, and from hop to hop."""

LABEL = 16
"""How many characters of a node's name are written."""

MAX_LISTED = 400
"""How many tokens of a structure are written below it."""

_STYLE = (
    "text{font:14px ui-sans-serif,system-ui,sans-serif;fill:#1a1a1a}.name{font-weight:600}"
    ".quiet{fill:#666;font-size:12px}.token{font:13px ui-monospace,monospace}"
    ".atom{text-anchor:middle;dominant-baseline:central}"
    f"@media(prefers-color-scheme:dark){{.paper{{fill:{PAPER[1]}}}.quiet{{fill:#a6a8b3}}.name{{fill:{INK[1]}}}}}"
)


class Shapes(NamedTuple):
    """A part of the picture: its elements, as if its upper left corner were the origin, and its size.

    Example: Shapes(['<circle r="4"/>'], width=8, height=8)
    """

    elements: list[str]
    width: float
    height: float


def svg(report: StructureReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Draw every molecule and every tree, one below the other; MissingExtra without RDKit for molecules.

    Example: svg(StructureReport(cuts), stream, color=False, width=None)
    """
    parts = [part for cut in report.cuts if cut.drawn_as for part in _panel(cut)]
    wide = max(DRAWING_WIDTH, *(part.width + 2 * MARGIN for part in parts))
    high = MARGIN + sum(part.height for part in parts)
    stream.write(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{high:.0f}" '
        f'viewBox="0 0 {wide:.0f} {high:.0f}">\n<style>{_STYLE}</style>\n'
        f'<rect class="paper" width="100%" height="100%" fill="#ffffff"/>\n'
    )
    at = float(MARGIN)
    for part in parts:
        stream.write(f'<g transform="translate({MARGIN} {at:.0f})">\n')
        stream.writelines(f"{element}\n" for element in part.elements)
        stream.write("</g>\n")
        at += part.height
    stream.write("</svg>\n")


def _panel(cut: Cut) -> Iterator[Shapes]:
    """Draw what one tokenizer makes of one structure: a heading, the drawing, the tokens."""
    assert cut.transcript is not None
    many = len(cut.split)
    named = cut.structure.name if cut.structure else ""
    about = " ".join(filter(None, (cut.path if cut.path != "--text" else "", named)))
    yield Shapes(
        [
            f'<text y="14"><tspan class="name">{as_markup(cut.name)}</tspan>'
            f'<tspan class="quiet" dx="10">{quantity(many, "token")}</tspan>'
            f'<tspan class="quiet" dx="10">{as_markup(about)}</tspan></text>'
        ],
        0,
        30,
    )
    yield _DRAWN[cut.drawn_as](cut.structure, cut.transcript)
    yield _draw_boxes(cut.transcript)


def _paint(transcript: Transcript) -> list[str]:
    """Give each token its colour."""
    return [
        PALETTE[place % len(PALETTE)] if symbol.members else NEUTRAL
        for place, symbol in enumerate(transcript.signs)
    ]


def _draw_boxes(transcript: Transcript) -> Shapes:
    """Write the tokens in boxes of their colours, row after row."""
    elements: list[str] = []
    x = y = 0.0
    for symbol, paint in zip(transcript.signs[:MAX_LISTED], _paint(transcript), strict=False):
        shown = as_markup(symbol.text)
        wide = 7.9 * len(visible(symbol.text)) + 10
        if x and x + wide > DRAWING_WIDTH - 2 * MARGIN:
            x, y = 0.0, y + 26
        elements.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="22" rx="4" fill="{paint}"/>'
        )
        elements.append(
            f'<text class="token" x="{x + 5:.1f}" y="{y + 15.5:.1f}" xml:space="preserve">{shown}</text>'
        )
        x += wide + 4
    more = len(transcript.signs) - MAX_LISTED
    if more > 0:
        y += 26
        elements.append(f'<text class="quiet" y="{y + 15:.1f}">and {more:,} more</text>')
    return Shapes(elements, 0, y + 22 + 34)


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {style}/>'


def _molecule(molecule: Molecule, transcript: Transcript) -> Shapes:
    """Draw a molecule: bonds as lines on bands, atoms on discs, in the colours of the first token of each."""
    paints: dict[tuple[str, int], str] = {}
    for symbol, paint in zip(transcript.signs, _paint(transcript), strict=True):
        for member in symbol.members:
            paints.setdefault((member.kind, member.number), paint)
    drawn = sketch(molecule.smiles)
    if not drawn.atoms:
        return Shapes([], 0, 0)
    left, top = min(x for _, x, _ in drawn.atoms), max(y for _, _, y in drawn.atoms)
    scale = UNIT / _usual_length(drawn)
    places = [(RADIUS + (x - left) * scale, RADIUS + (top - y) * scale) for _, x, y in drawn.atoms]
    elements: list[str] = []
    numbers = {frozenset(pair): number for number, pair in enumerate(scan(molecule.smiles).bonds)}
    for one, two, order in drawn.bonds:
        paint = paints.get(("bond", numbers[frozenset((one, two))]), NEUTRAL)
        (x1, y1), (x2, y2) = places[one], places[two]
        elements.append(_line(x1, y1, x2, y2, f'stroke="{paint}" stroke-width="15"'))
        elements += _bond(x1, y1, x2, y2, order)
    for number, ((label, _, _), (x, y)) in enumerate(zip(drawn.atoms, places, strict=True)):
        paint = paints.get(("atom", number), NEUTRAL)
        elements.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}" fill="{paint}" stroke="#555"/>')
        elements.append(f'<text class="atom" x="{x:.1f}" y="{y:.1f}">{as_markup(label)}</text>')
    wide = max(x for x, _ in places) + RADIUS
    return Shapes(elements, wide, max(y for _, y in places) + RADIUS + 16)


def _usual_length(drawn: Sketch) -> float:
    """Give the median length of a bond, which is another in each of RDKit's ways to lay out."""
    lengths = [dist(drawn.atoms[one][1:], drawn.atoms[two][1:]) for one, two, _ in drawn.bonds]
    return median(lengths) if lengths else 1.0


def _bond(x1: float, y1: float, x2: float, y2: float, order: float) -> Iterator[str]:
    """Draw a bond as one line, or several side by side; the second of an aromatic one is dashed."""
    long = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 1e-6)
    across = (y1 - y2) / long, (x2 - x1) / long
    lanes = {1.0: (0.0,), 1.5: (-2.5, 2.5), 2.0: (-2.5, 2.5), 3.0: (-4.0, 0.0, 4.0)}.get(order, (0.0,))
    for number, lane in enumerate(lanes):
        dash = ' stroke-dasharray="4 3"' if order == 1.5 and number else ""
        dx, dy = across[0] * lane, across[1] * lane
        yield _line(x1 + dx, y1 + dy, x2 + dx, y2 + dy, f'stroke="#333" stroke-width="1.6"{dash}')


def _draw_hops(structure: Structure | None, transcript: Transcript) -> Shapes:
    """Draw a tree of hops, a level a row; padding is a small disc."""
    return _HopTree(transcript).drawn()


_DRAWN: Mapping[str, Callable[[Any, Transcript], Shapes]] = {"molecule": _molecule, "tree": _draw_hops}
"""How each kind of structure is drawn (see Cut.drawn_as)."""


class _HopTree:
    """Tokens that stand below one another, with how wide each is and where it is drawn."""

    def __init__(self, transcript: Transcript) -> None:
        assert transcript.above is not None
        self._signs, self._above = transcript.signs, transcript.above
        self._paints = _paint(transcript)
        self._labels = [_label(sign) if sign.members else "" for sign in self._signs]
        self._below: dict[int, list[int]] = {}
        self._level = {-1: -1}
        for place, above in enumerate(self._above):
            self._below.setdefault(above, []).append(place)
            self._level[place] = self._level[above] + 1
        self._middle: dict[int, float] = {}

    def _own(self, place: int) -> float:
        """How wide a token is."""
        return max(8.2 * len(self._labels[place]) + 16, 2 * RADIUS) if self._labels[place] else 14

    def _width(self, place: int) -> float:
        """How wide a token is with what is below it."""
        return max(self._own(place) + 6, sum(map(self._width, self._below.get(place, ()))))

    def _put(self, place: int, left: float) -> float:
        """Put a token in the middle of its room, and what is below it; give where the room ends."""
        wide = self._width(place)
        self._middle[place] = left + wide / 2
        at = left + (wide - sum(map(self._width, self._below.get(place, ())))) / 2
        for one in self._below.get(place, ()):
            at = self._put(one, at)
        return left + wide

    def drawn(self) -> Shapes:
        """Draw the lines, then the tokens over them, and name the levels."""
        right = 0.0
        for place in self._below.get(-1, ()):
            right = self._put(place, right)
        rows = range(max(self._level.values()) + 1)
        elements = [
            f'<text class="quiet" x="{right + 14:.1f}" y="{RADIUS + hop * LEVEL + 4}">hop {hop}</text>'
            for hop in rows
        ]
        elements += [
            _line(self._middle[above], self._y(above), self._middle[place], self._y(place), 'stroke="#999"')
            for place, above in enumerate(self._above)
            if above >= 0
        ]
        for place in self._middle:
            elements += self._token(place)
        return Shapes(elements, right + 54, rows[-1] * LEVEL + 2 * RADIUS + 16)

    def _y(self, place: int) -> float:
        return RADIUS + self._level[place] * LEVEL

    def _token(self, place: int) -> Iterator[str]:
        """Draw one token, with why it is there as its title."""
        x, y, wide = self._middle[place], self._y(place), self._own(place)
        high = 2 * RADIUS if self._labels[place] else wide
        yield (
            f'<rect class="node" x="{x - wide / 2:.1f}" y="{y - high / 2:.1f}" width="{wide:.1f}" '
            f'height="{high:.1f}" rx="{high / 2:.1f}" fill="{self._paints[place]}" stroke="#555">'
            f"<title>{as_markup(self._signs[place].why)}</title></rect>"
        )
        if self._labels[place]:
            yield f'<text class="atom" x="{x:.1f}" y="{y:.1f}">{escape(self._labels[place])}</text>'


def _label(sign: Sign) -> str:
    """Write a node's name, the end of a long one left out."""
    name = visible(sign.text)
    return name if len(name) <= LABEL else f"{name[: LABEL - 1]}…"
