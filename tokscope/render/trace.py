"""`table` and `plain` of a trace: its steps in order, with each kind of figure drawn in its own way.

A tree has a line for each merge, a graph one for each piece with its extent under the text. What would take
more than MAX_FIGURE_LINES lines is abridged; JSON has all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby, islice
from typing import TextIO

from rich.cells import cell_len
from rich.text import Text

from tokscope.render import blocks, chart, palettes, table, terminal
from tokscope.render.glyphs import visible_piece
from tokscope.report.split import Cut, SplitReport
from tokscope.report.table import TableReport
from tokscope.report.trace import (
    Arc,
    Curve,
    Facts,
    Figure,
    Forest,
    Graph,
    Graphs,
    Grown,
    PreTokens,
    Rewrite,
    Step,
    Table,
    Tokens,
    TraceReport,
    Tree,
)
from tokscope.split import Split
from tokscope.text.quantity import quantity
from tokscope.text.visible import visible
from tokscope.text.wrapping import wrapped

MAX_FIGURE_LINES = 60
"""How many lines a figure may take before it is abridged."""

INDENT = "    "
GAP = "  "
FAINT = "dim"
PATHS = {"best": "bold green", "runner_up": "yellow"}
"""The styles of a graph's paths, by name; a path of another name is drawn like any piece."""


class Paper:
    """What a figure is drawn on: its width in cells, and its colours if it has any.

    Example: Paper(80, [], color=False)
    """

    def __init__(self, width: int, palette: Sequence[palettes.Styles], *, color: bool) -> None:
        self.width = width
        self.palette = palette
        self.color = color

    def split(self, split: Split, *, ids: bool = False) -> Iterator[Text]:
        """Draw tokens as `split` does, without its heading.

        Example: Paper(80, [], color=False).split(Split.of_lengths(b"Hi", [1, 1])) -> the line "H│i"
        """
        drawn = blocks.lines(SplitReport([Cut("", split)], ids=ids), self.palette, self.width)
        return islice(drawn, 1, None)

    def pieces(self, pieces: Sequence[bytes]) -> Iterator[Text]:
        """Draw a text in pieces.

        Example: Paper(80, [], color=False).pieces([b"a", b"b"]) -> the line "a│b"
        """
        return self.split(Split.of_lengths(b"".join(pieces), map(len, pieces)))

    def fold(self, words: Iterable[Text]) -> Iterator[Text]:
        """Break words into lines, with two spaces between words.

        Example: Paper(80, [], color=False).fold([Text("a"), Text("b")]) -> the line "a  b"
        """
        line = Text()
        for word in words:
            if line and line.cell_len + len(GAP) + word.cell_len > self.width:
                yield line
                line = Text()
            line = Text.assemble(line, GAP if line else "", word)
        if line:
            yield line


def render(report: TraceReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Draw the traces, one below the other.

    Example: out = StringIO(); render(hi, out, color=False, width=80); out.getvalue()[:14] -> "byte  2 tokens"
    """
    screen = terminal.console(stream, color=color)
    size = terminal.terminal_width(stream, width) or blocks.WIDTH
    palette = palettes.PALETTES.get(screen.color_system, palettes.SOFT)
    terminal.write_lines(lines(report, palette, size, color=color), screen)


def plain(report: TraceReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Draw the same without colour, at the usual width of a terminal.

    Example: out = StringIO(); plain(hi, out, color=True, width=None); out.getvalue()[:14] -> "byte  2 tokens"
    """
    render(report, stream, color=False, width=width or blocks.WIDTH)


def lines(
    report: TraceReport, palette: Sequence[palettes.Styles], width: int, *, color: bool
) -> Iterator[Text]:
    """Draw `report` as lines; those of figures are at most `width` cells wide.

    Example: next(lines(report, [], 80, color=False)).plain -> "byte  2 tokens", for a trace of "Hi" by byte
    """
    paper = Paper(max(20, width - len(INDENT)), palette, color=color)
    for number, (cut, trace) in enumerate(report.traced):
        if number:
            yield Text()
        yield _trace_heading(cut, several=len(report.traced) > 1)
        for step_number, step in enumerate(trace.steps, 1):
            yield from _step_title(step_number, step, width)
            for figure in step.figures:
                yield from _draw_figure(figure, paper)
    yield from terminal.note_lines(report.notes, paper.width)


def merge_tree(grown: Grown, width: int) -> Iterator[Text]:
    """Draw how one piece was put together, in lines at most `width` cells wide.

    Example: next(merge_tree(Grown(b"a", [Tree(b"a")]), 80)).plain -> "    tokens as they are:  a"
    """
    return _draw_figure(Forest([grown]), Paper(max(20, width - len(INDENT)), palettes.SOFT, color=True))


def _draw_figure(figure: Figure, paper: Paper) -> Iterator[Text]:
    for line in DRAW[type(figure)](figure, paper):
        line.truncate(paper.width, overflow="ellipsis")
        yield Text.assemble(INDENT, line)


def _trace_heading(cut: Cut, *, several: bool) -> Text:
    """Name the tokenizer, how many tokens it makes, and of which text."""
    line = Text(visible(cut.name), "bold")
    if cut.name != cut.tokenizer:
        line.append(f" {visible(cut.tokenizer)}", FAINT)
    line.append(f"  {quantity(len(cut.split), 'token')}")
    if several and cut.path not in (None, "--text"):
        line.append(f"  {visible(cut.path or '')}", "underline")
    return line


def _step_title(number: int, step: Step, width: int) -> Iterator[Text]:
    """Name a step and say what it does, in lines that break at spaces."""
    stage = visible(step.stage)
    head = len(f"{number} {stage}")
    first, *others = wrapped(f"{number} {stage}{GAP}{visible(step.says)}", width, INDENT)
    yield Text.assemble((f"{number} ", FAINT), (stage, "bold cyan"), first[head:])
    yield from map(Text, others)


def _fact(name: str, value: str | int | float | None) -> str:
    return f"{_spaced(name)} {_figure(name, value)}"


def _figure(name: str, value: str | int | float | None) -> str:
    """Write a figure: ids and ranks as they are, so that they can be looked up; logarithms to two places."""
    if isinstance(value, float):
        return f"{value:.2f}"
    return "-" if value is None else f"{value:,}" if name == "frequency" else visible(str(value))


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _path(name: str) -> str:
    return name.replace("_", "-")


def _change(change: Rewrite, paper: Paper) -> Iterator[Text]:
    """Draw a text before and after."""
    yield from paper.pieces([change.before.encode()])
    yield Text("↓", FAINT)
    yield from paper.pieces([change.after.encode()])


def _draw_pieces(pieces: PreTokens, paper: Paper) -> Iterator[Text]:
    return paper.pieces(pieces.pieces)


def _draw_tokens(tokens: Tokens, paper: Paper) -> Iterator[Text]:
    return paper.split(tokens.split, ids=tokens.split.ids is not None)


def _forest(forest: Forest, paper: Paper) -> Iterator[Text]:
    """Draw the tree of each piece; those that are tokens as they are share a line."""
    short = sum(_tree_height(tree) for grown in forest.pieces for tree in grown.trees) > MAX_FIGURE_LINES
    drawn = forest.pieces[:MAX_FIGURE_LINES] if short else forest.pieces
    for whole, group in groupby(drawn, lambda grown: grown.whole):
        if whole:
            words = (Text(visible_piece(grown.piece)) for grown in group)
            yield from paper.fold(chain([Text("tokens as they are:", FAINT)], words))
        else:
            for grown in group:
                yield from _grown(grown, paper, short=short)
    if short:
        says = f"too many to draw each tree{_left_out(forest.pieces)}; --format json has all"
        yield from (Text(line, FAINT) for line in wrapped(says, paper.width, ""))


def _left_out(pieces: Sequence[object]) -> str:
    return f", {len(pieces) - MAX_FIGURE_LINES:,} left out" if pieces[MAX_FIGURE_LINES:] else ""


def _grown(grown: Grown, paper: Paper, *, short: bool) -> Iterator[Text]:
    """Draw how one piece was put together: its tokens, and their trees below."""
    arrow = Text.assemble((visible_piece(grown.piece), "bold"), (" →", FAINT))
    yield from paper.fold([arrow, *(Text(visible_piece(tree.data)) for tree in grown.trees)])
    if short:
        return
    branches = list(_merge_branches(grown.trees, ""))
    margin = max(cell_len(stem) + cell_len(text) for stem, text, _ in branches)
    for stem, text, facts in branches:
        gap = " " * (margin - cell_len(stem) - cell_len(text)) + GAP
        room = max(1, paper.width - margin - len(GAP))
        line = Text.assemble((stem, FAINT), text, gap, (_whole_facts(facts, room), FAINT))
        line.rstrip()
        yield line


def _whole_facts(facts: str, width: int) -> str:
    """Cut what is said of a token to at most `width` cells, between two facts or names where it can be.

    Example: _whole_facts("tries 3, tried able, abl, ab", 22) -> "tries 3, tried able, …"
    """
    cut = table.shorten(facts, width, width - 1)
    if cut == facts:
        return facts
    whole = cut.rpartition(", ")[0].removesuffix(", …")
    return f"{whole}, …" if whole else cut


def _merge_branches(trees: Sequence[Tree], stem: str) -> Iterator[tuple[str, str, str]]:
    """Give for each merge the branches that lead to it, what was merged, and its facts.

    A part that no merge made has no line of its own below the merge that took it in.
    """
    for i, tree in enumerate(trees):
        last = i == len(trees) - 1
        parts = " + ".join(visible_piece(child.data) for child in tree.children)
        facts = ", ".join(_fact(*fact) for fact in tree.facts.items())
        yield (
            f"{stem}{'└─' if last else '├─'} ",
            visible_piece(tree.data) + (f" = {parts}" if parts else ""),
            facts,
        )
        merged = [child for child in tree.children if child.children]
        yield from _merge_branches(merged, f"{stem}{'   ' if last else '│  '}")


def _tree_height(tree: Tree) -> int:
    return 1 + sum(_tree_height(child) for child in tree.children if child.children)


def _graphs(graphs: Graphs, paper: Paper) -> Iterator[Text]:
    """Draw each graph, with its paths below; of a large one what is on a path, and where paths differ."""
    arcs = sum(len(graph.arcs) for graph in graphs.graphs)
    short = arcs > MAX_FIGURE_LINES
    for graph in graphs.graphs[:MAX_FIGURE_LINES]:
        drawn = [arc for arc in graph.arcs if arc.paths] if short and graph.paths else graph.arcs
        yield from _graph(graph, drawn, paper)
        for name, facts in graph.paths.items():
            said = ", ".join(_fact(*fact) for fact in facts.items())
            head = Text.assemble((_path(name), PATHS.get(name, "bold")), GAP, (said, FAINT))
            words = (
                Text(_seen(arc.text))
                for arc in graph.arcs
                if name in arc.paths and not (short and len(arc.paths) == len(graph.paths))
            )
            yield from paper.fold([head, *words])
    if short:
        says = f"{arcs:,} pieces match{_left_out(graphs.graphs)}; --format json has all"
        yield from (Text(line, FAINT) for line in wrapped(says, paper.width, ""))


def _graph(graph: Graph, arcs: Sequence[Arc], paper: Paper) -> Iterator[Text]:
    """Draw a graph in sections, cut where no piece goes across; sections of one piece share a line."""
    label = "on every path:" if graph.paths else "alone:"
    for alone, group in groupby(_cut_sections(arcs), lambda section: len(section) == 1):
        if alone:
            ways = [Text.assemble(_seen(arc.text), " ", (_measures(arc.facts), FAINT)) for (arc,) in group]
            yield from paper.fold([Text(label, FAINT), *ways])
        else:
            for section in group:
                yield from _draw_section(graph.text, section, paper)


def _cut_sections(arcs: Sequence[Arc]) -> Iterator[list[Arc]]:
    """Cut a graph at the places that no piece goes across."""
    section: list[Arc] = []
    reach = 0
    for arc in arcs:
        if section and arc.start >= reach:
            yield section
            section = []
        section.append(arc)
        reach = max(reach, arc.end)
    if section:
        yield section


def _draw_section(text: str, arcs: Sequence[Arc], paper: Paper) -> Iterator[Text]:
    """Draw a ruler of the text, and below it each piece: its extent, its text, its facts and its paths.

    If that is too wide, the ruler is left out, and then facts, the first ones first, but never the paths.
    """
    start, end = min(arc.start for arc in arcs), max(arc.end for arc in arcs)
    cells = [_seen(char) for char in text[start:end]]
    bounds = [0]
    for cell in cells:
        bounds.append(bounds[-1] + cell_len(cell))
    said = [", ".join(map(_path, arc.paths)) for arc in arcs]
    heading = ["piece", *map(_spaced, arcs[0].facts)]
    rows = [[_seen(arc.text), *(_figure(*fact) for fact in arc.facts.items())] for arc in arcs]
    widths = [max(map(cell_len, column)) for column in zip(heading, *rows, strict=True)]
    most = paper.width - max(map(len, said))
    while (taken := sum(widths) + len(GAP) * (len(widths) + 1)) > most and widths[1:]:
        heading, widths = [heading[0], *heading[2:]], [widths[0], *widths[2:]]
        rows = [[piece, *figures[1:]] for piece, *figures in rows]
    room = bounds[-1] + taken <= most
    ruler = "".join(cells) if room else ""
    margin = cell_len(ruler)
    yield Text.assemble((ruler, "bold"), (_table_row(heading, widths), FAINT))
    for arc, row, names in zip(arcs, rows, said, strict=True):
        left, right = bounds[arc.start - start], bounds[arc.end - start]
        extent = f"├{'─' * (right - left - 2)}┤" if right - left > 1 else "│"
        drawn = (" " * left + extent).ljust(margin) if room else ""
        style = PATHS.get(arc.paths[0], "bold") if arc.paths else ""
        line = Text.assemble((drawn, style or FAINT), (_table_row(row, widths), style), GAP, (names, style))
        line.rstrip()
        yield line


def _table_row(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Write a row: the piece aligned to the left, figures to the right."""
    first, *others = (" " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True))
    figures = (f"{GAP}{blank}{cell}" for cell, blank in zip(cells[1:], others, strict=True))
    return f"{GAP}{cells[0]}{first}{''.join(figures)}"


def _seen(text: str) -> str:
    return visible_piece(text.encode())


def _measures(facts: Facts) -> str:
    """Write the facts that are measured, not those that are counted or numbered."""
    return " ".join(_figure(*fact) for fact in facts.items() if isinstance(fact[1], float))


def _draw_facts(drawn: Table, paper: Paper) -> Iterator[Text]:
    """Draw a table, or the beginning of a long one."""
    yield from table.lines(TableReport(drawn.columns, drawn.rows[:MAX_FIGURE_LINES]), paper.width)
    if len(drawn.rows) > MAX_FIGURE_LINES:
        yield Text(f"and {len(drawn.rows) - MAX_FIGURE_LINES:,} rows more; --format json has all", FAINT)


def _curve(curve: Curve, paper: Paper) -> Iterator[Text]:
    """Draw a curve over the pieces."""
    from tokscope.report.chart import Chart

    threshold = None if curve.threshold is None else ("threshold", curve.threshold)
    x = "byte" if all(len(piece) == 1 for piece in curve.pieces) else "piece"
    drawn = Chart("", x, curve.unit, {curve.name: list(enumerate(curve.values))}, threshold=threshold)
    yield from map(Text.from_ansi, chart.lines(drawn, paper.width, color=paper.color))


DRAW: dict[type[Figure], Callable[..., Iterator[Text]]] = {
    Rewrite: _change,
    PreTokens: _draw_pieces,
    Forest: _forest,
    Graphs: _graphs,
    Table: _draw_facts,
    Curve: _curve,
    Tokens: _draw_tokens,
}
"""The function that draws each kind of figure."""
