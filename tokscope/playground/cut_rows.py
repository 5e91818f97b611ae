"""The cuts: below the text a row for each tokenizer, with what is seen of it in coloured tokens."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import ClassVar, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tokscope.playground.differences import join_stretches, only
from tokscope.playground.mill import CutStretch, Seen, SeenRow
from tokscope.playground.strips import Same, fill_line, shows_token, strip_of, strips_of
from tokscope.render.cells import show
from tokscope.render.palettes import SOFT
from tokscope.report.table import Column, Estimate
from tokscope.split import Token, differing
from tokscope.statistics.frequencies import MUCH_UNKNOWN
from tokscope.text.visible import visible
from tokscope.tokenizer import Tokenizer

ROW_LEAST = 2
"""How many lines each tokenizer has at least where there is no room for all."""

MAX_NAME_WIDTH = 30
"""To how many cells the names of tokenizers are filled up, so that their figures stand in columns."""


class TokenPlace(NamedTuple):
    """A token on the screen: the row of its tokenizer, the stretch in it, and its index in that.

    Example: TokenPlace(0, 0, 3)
    """

    row: int = 0
    stretch: int = 0
    token: int = 0


DrawnLine = tuple[Strip, int, int]
"""A line, its row, and its stretch in that; -1 for what belongs to none."""


class RowFigures(NamedTuple):
    """What is known of a whole text by one tokenizer, for the heading of its row.

    Example: RowFigures(tokens=2, size=11, fewest=2)

    `fewest` is the best of those that compare, `unknown` the share of tokens that the vocabulary cannot say.
    """

    tokens: int | str | None = None
    size: int = 0
    fewest: int | None = None
    unknown: float = 0

    @property
    def comparable(self) -> bool:
        """Whether its tokens hold the text, so that their number says something beside that of others.

        Example: RowFigures(tokens=2, unknown=0.5).comparable -> False
        """
        return isinstance(self.tokens, int) and self.unknown <= MUCH_UNKNOWN

    @property
    def shown(self) -> str:
        """The figure, or why there is none.

        Example: RowFigures(1234).shown -> "1,234"
        """
        if self.tokens is None:
            return "counting…"
        if isinstance(self.tokens, str):
            return visible(self.tokens)
        sign = self.tokens.sign if isinstance(self.tokens, Estimate) else ""
        return sign + show(Column("", "int"), int(self.tokens), grouped=True)

    @property
    def interval(self) -> str:
        """How far an estimate may be off, as far as that is known.

        Example: RowFigures(Estimate(100, 93, 109)).interval -> "(+9%, -7%)"
        """
        bounds = self.tokens.interval if isinstance(self.tokens, Estimate) else ""
        return f"({bounds})" if bounds else ""

    def said(self, width: int) -> Sequence[Text]:
        """Say the figures, the count first and padded to `width` cells; the fewest are green.

        Example: RowFigures(tokens=2, size=11, fewest=2).said(3)[0].plain -> "  2 tokens"
        """
        if not isinstance(self.tokens, int):
            return [Text(self.shown)]
        said = [Text(f"{self.shown:>{width}} {'token ' if self.tokens == 1 else 'tokens'}")]
        if self.tokens and self.comparable:
            said.append(Text(f"{self.size / self.tokens:.2f} bytes each"))
        if not self.comparable:
            said.append(Text(f"{self.unknown:.0%} unknown", "yellow"))
        elif self.fewest == self.tokens:
            said.append(Text("the fewest", "green"))
        elif self.fewest:
            said.append(Text(f"{self.tokens / self.fewest - 1:+.0%}"))
        return said


class Cuts(ScrollView, can_focus=True):
    """The rows, and the token that the cursor is at.

    Example: Cuts([load("gpt-4o")])

    `aligned`, `differences` and `ids` are how they are drawn, `place` the current token.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "app.token(-1)", show=False),
        Binding("right", "app.token(1)", show=False),
        Binding("up", "app.row(-1)", show=False),
        Binding("down", "app.row(1)", show=False),
    ]

    class Pointed(Message):
        """A token was chosen: with the mouse or the arrow keys.

        Example: Cuts.Pointed(TokenPlace(0, 0, 1)).place.token -> 1
        """

        def __init__(self, place: TokenPlace) -> None:
            super().__init__()
            self.place = place

    def __init__(self, tokenizers: Sequence[Tokenizer]) -> None:
        super().__init__(id="cuts")
        self.tokenizers = tokenizers
        self.seen: Seen | None = None
        self.counts: Sequence[int | str | None] = [None] * len(tokenizers)
        self._unknown: Sequence[float] = [0] * len(tokenizers)  # the share of each count
        self.size_of_text = 0
        self._text: str | None = None  # that the counts are of
        self.place = TokenPlace()
        self._anchor = 0  # the character that all rows show
        self.aligned = self.differences = self.ids = False
        self._lines: list[DrawnLine] = []
        self._paper = 0, Style.null()
        self._drawn = lru_cache(1024)(strips_of)
        self._filled = lru_cache(1024)(fill_line)

    def take(self, tokenizers: Sequence[Tokenizer]) -> None:
        """Take other tokenizers; what they make of the text is not known yet.

        Example: cuts.take([load("gpt-4o"), load("char")])
        """
        self.tokenizers = tokenizers
        self.counts, self._unknown = [None] * len(tokenizers), [0] * len(tokenizers)
        self.seen, self.place = None, TokenPlace()
        self.redraw()

    def show_seen(self, seen: Seen, cursor: int) -> None:
        """Show what the mill has cut; `cursor` is the character that the text's cursor is at.

        Example: cuts.show_seen(Seen(view, rows), cursor=5)
        """
        self.seen = seen
        self._stand(cursor)
        self.redraw()

    def follow(self, cursor: int) -> None:
        """Make the token at a character of the text the current one.

        Example: cuts.follow(5); cuts.current()
        """
        before = self.place, self._anchor
        self._stand(cursor)
        if (self.place, self._anchor) != before:
            self.redraw()

    def _stand(self, cursor: int) -> None:
        if self.seen is None:
            return
        _, first, last = self.seen.view
        self._anchor = cursor if first <= cursor <= last else first
        row = min(self.place.row, len(self.seen.rows) - 1)
        self.place = place_of(self.seen.rows[row], row, self._anchor)

    def outdate(self, text: str) -> None:
        """Forget the counts, unless they are those of this text.

        Example: cuts.outdate("Hello!"), of which the heading then says "counting…"
        """
        if text is not self._text:
            self._text, self.size_of_text = text, len(text.encode())
            self.show_counts([None] * len(self.tokenizers), [0] * len(self.tokenizers))

    def show_counts(self, counts: Sequence[int | str | None], unknown: Sequence[float]) -> None:
        """Show what the mill has counted, and which share of it is unknown.

        Example: cuts.show_counts([2, None], [0.5, 0])
        """
        self.counts, self._unknown = counts, unknown
        for y, (_, row, stretch) in enumerate(self._lines):
            if stretch < 0 <= row and self.seen is not None:
                self._lines[y] = (self._heading(row, self.seen.rows[row]), row, -1)
        self.refresh()

    def redraw(self) -> None:
        """Draw everything again; what has not changed is remembered.

        Example: cuts.ids = True; cuts.redraw()
        """
        self._lines = list(self._all())
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._lines))
        self.refresh()

    def on_resize(self, event: Resize) -> None:
        """Draw everything for another width."""
        self.redraw()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw lines of the screen, on paper that is looked up once for all of them.

        Example: cuts.render_lines(Region(0, 0, 80, 2)), the first two
        """
        self._paper = self.scrollable_content_region.width, self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen.

        Example: cuts.render_line(0).text, the heading of the first tokenizer
        """
        y += self.scroll_offset.y
        if y >= len(self._lines):
            return Strip.blank(*self._paper)
        return self._filled(Same(self._lines[y][0]), *self._paper)

    def _all(self) -> Iterator[DrawnLine]:
        width = max(self.scrollable_content_region.width, 20)
        if self.seen is None:
            return
        headings = [(self._heading(number, row), number, -1) for number, row in enumerate(self.seen.rows)]
        if self.aligned or self.differences:
            yield from self._side_by_side(headings, width)
            return
        room = self.scrollable_content_region.height - len(headings)
        share = max(room // max(len(headings), 1), ROW_LEAST)
        drawn = [self._row(number, row, width, share) for number, row in enumerate(self.seen.rows)]
        if (spare := room - sum(len(found) for found, _ in drawn)) > 0:
            drawn = [
                self._row(number, row, width, share + spare) for number, row in enumerate(self.seen.rows)
            ]
        most = share if sum(len(found) for found, _ in drawn) > room else room
        for heading, (found, at) in zip(headings, drawn, strict=True):
            yield heading
            top = max(min(at - most // 2, len(found) - most), 0)
            yield from found[top : top + most]

    def _row(self, number: int, row: SeenRow, width: int, room: int) -> tuple[list[DrawnLine], int]:
        """Draw what is seen by one tokenizer; says too which line has the token at the cursor.

        From there it draws as many lines up and down as there is room for: nobody sees the others.
        """
        place = place_of(row, number, self._anchor) if number != self.place.row else self.place
        here = place.token if number == self.place.row else None
        if row.problem:
            why = f"not cut; {'Enter' if here is not None else 'on this row Enter'} says why"
            return [(strip_of(Text(f"  {why}"[:width], "dim")), -1, -1)], 0
        above: list[DrawnLine] = []
        below: list[DrawnLine] = []
        at = 0
        for i in range(place.stretch, len(row.stretches)):
            current = i == place.stretch
            drawn = self._drawn(Same(row.stretches[i].split), width, self.ids, here if current else None)
            if current:
                at = next((y for y, line in enumerate(drawn) if shows_token(line, place.token)), 0)
            below += [(line, number, i) for line in drawn]
            if len(below) - at >= room:
                break
        for i in reversed(range(place.stretch)):
            if len(above) >= room:
                break
            drawn = self._drawn(Same(row.stretches[i].split), width, self.ids, None)
            above[:0] = [(line, number, i) for line in drawn]
        return [*above, *below], len(above) + at

    def _heading(self, number: int, row: SeenRow) -> Strip:
        tokenizer = self.tokenizers[number]
        figures = [
            RowFigures(count, self.size_of_text, unknown=unknown)
            for count, unknown in zip(self.counts, self._unknown, strict=True)
        ]
        compared = [one.tokens for one in figures if isinstance(one.tokens, int) and one.comparable]
        fewest = min(compared) if len(compared) > 1 and None not in self.counts else None
        names = [visible(one.shown) for one in self.tokenizers]
        room = min(max(map(cell_len, names)), MAX_NAME_WIDTH)
        name = names[number] if cell_len(names[number]) > room else set_cell_size(names[number], room)
        digits = max((len(one.shown) for one in figures if isinstance(one.tokens, int)), default=0)
        mark = "▸ " if number == self.place.row else "  "
        line = Text.assemble((mark, "bold"), (name, "bold"))
        figure = figures[number]._replace(fewest=fewest or None)
        count, *others = figure.said(digits)
        interval = [Text(figure.interval, "yellow")] if figure.interval else []
        exact = Text("exact", "dim") if tokenizer.exact else Text("estimate", "yellow")
        said = [count, *others, exact, *interval]
        if row.alone:
            said.append(Text("cut without the rest of the text", "yellow"))
        room = max(self.scrollable_content_region.width, 20)
        spared = [*others[:1], *interval, *others[1:], exact] if figure.comparable else [exact]
        while spared and cell_len(line.plain) + sum(2 + cell_len(one.plain) for one in said) > room:
            said.remove(spared.pop(0))  # what is least missed, first
        for one in said:
            line.append("  ").append_text(one)
        line.truncate(room, overflow="ellipsis")
        return strip_of(line)

    def _side_by_side(self, headings: Sequence[DrawnLine], width: int) -> Iterator[DrawnLine]:
        """Draw the text once with all cuts under it, or only the parts on which the cuts differ."""
        from tokscope.render.blocks import lines
        from tokscope.report.split import Cut, SplitReport

        assert self.seen is not None
        _, first, last = self.seen.view
        splits = [join_stretches(row.stretches, first, last) for row in self.seen.rows]
        known = [split for split, row in zip(splits, self.seen.rows, strict=True) if row.stretches]
        apart = differing(known) if self.differences else []
        if self.differences and not apart:
            yield from headings
            same = "all cut this part alike" if len(known) > 1 else "no other tokenizer to differ from"
            yield strip_of(Text(f"  {same}", "dim")), -1, -1
        elif self.aligned:
            yield from headings
            if self.differences:
                splits = [only(split, apart, b"\n") for split in splits]
            cuts = [
                Cut(one.name, split, one.asked, None, one.exact)
                for one, split, row in zip(self.tokenizers, splits, self.seen.rows, strict=True)
                if row.stretches
            ]
            for text in lines(SplitReport(cuts, align=True), SOFT, width, totals=False) if cuts else ():
                yield strip_of(text), -1, -1
        else:
            for heading, split, row in zip(headings, splits, self.seen.rows, strict=True):
                yield heading
                if row.stretches:
                    for line in self._drawn(Same(only(split, apart, "…".encode())), width, False, None):
                        yield line, -1, -1

    def on_click(self, event: Click) -> None:
        """Choose the token under the pointer, or the row of a heading."""
        y = event.y + self.scroll_offset.y
        if y >= len(self._lines):
            return
        _, row, stretch = self._lines[y]
        token = event.style.meta.get("token")
        if row >= 0 and stretch < 0:
            self.step_row(row - self.place.row)
        elif token is not None:
            self.post_message(self.Pointed(TokenPlace(row, stretch, token)))

    def step_row(self, by: int) -> None:
        """Go to another tokenizer's row, at the same place of the text.

        Example: cuts.step_row(1); cuts.place.row -> 1
        """
        if self.seen is None or not self.seen.rows:
            return
        start = self.start_of(self.place)
        row = (self.place.row + by) % len(self.seen.rows)
        self._anchor = start
        self.place = place_of(self.seen.rows[row], row, start)
        self.redraw()
        heading = next((y for y, (_, number, _) in enumerate(self._lines) if number == row), 0)
        self.scroll_to(y=max(heading - 1, 0), animate=False)

    def step_token(self, by: int) -> int | None:
        """Go to the next token or the one before; gives the character where it leaves what is seen.

        Example: cuts.step_token(1) -> 4096, the character after all that is seen; None while it stays there
        """
        stretches = self.seen.rows[self.place.row].stretches if self.seen else ()
        if not stretches:
            return None
        row, stretch, token = self.place
        token += by
        while not 0 <= token < len(stretches[stretch].split):
            stretch += by
            if not 0 <= stretch < len(stretches):
                last = stretches[-1]
                return last.start + len(last.text) if by > 0 else stretches[0].start - 1
            token = 0 if by > 0 else len(stretches[stretch].split) - 1
        self.place = TokenPlace(row, stretch, token)
        self._anchor = self.start_of(self.place)
        self.redraw()
        return None

    @property
    def problem(self) -> str:
        """Why the current tokenizer does not cut the text; empty where it does.

        Example: cuts.problem -> "claude-opus-5: its tokens are not published, ..."
        """
        rows = self.seen.rows if self.seen is not None else ()
        return rows[self.place.row].problem if self.place.row < len(rows) else ""

    def current(self) -> tuple[CutStretch, Token] | None:
        """Give the current token, and the stretch that it is in.

        Example: cuts.current()[1].data -> b"Hello"
        """
        if self.seen is None or self.place.row >= len(self.seen.rows):
            return None
        stretches = self.seen.rows[self.place.row].stretches
        if self.place.stretch >= len(stretches):
            return None
        stretch = stretches[self.place.stretch]
        return (stretch, stretch.split[self.place.token]) if self.place.token < len(stretch.split) else None

    def start_of(self, place: TokenPlace) -> int:
        """Say at which character of the text a token begins.

        Example: cuts.start_of(TokenPlace(0, 0, 1)) -> 5
        """
        assert self.seen is not None
        stretches = self.seen.rows[place.row].stretches
        if place.stretch >= len(stretches):
            return 0
        stretch = stretches[place.stretch]
        if place.token >= len(stretch.split):
            return stretch.start
        source = stretch.split.source[: stretch.split.starts[place.token]]
        return stretch.start + len(source.decode(errors="ignore"))


def place_of(row: SeenRow, number: int, cursor: int) -> TokenPlace:
    """Find the token of a row that holds a character of the text.

    Example: place_of(row, 0, 0) -> TokenPlace(0, 0, 0)
    """
    for i, stretch in enumerate(row.stretches):
        if stretch.start <= cursor < stretch.start + len(stretch.text) or i == len(row.stretches) - 1:
            at = len(stretch.text[: max(cursor - stretch.start, 0)].encode())
            return TokenPlace(
                number, i, min(bisect_right(stretch.split.ends, at), max(len(stretch.split) - 1, 0))
            )
    return TokenPlace(number)
