"""A page of the manual as a terminal shows it, drawn by rich."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest
from typing import ClassVar

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.markdown import CodeBlock, ImageItem, Markdown, MarkdownElement, TableElement
from rich.measure import Measurement
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from tokscope.render import color_for

PAGE_WIDTH, COLUMN_GAP = 100, 3
"""How wide a page is drawn at most, since longer lines are hard to read, and the room between columns."""

SHELL_PROMPTS = {"sh": "", "bash": "", "console": "$ "}
"""What a line begins with that is to be typed into a shell, in each kind of code that has such lines."""

_SHELL_WORD = re.compile(r"""\s*(?!#)(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+""")


class _CodeExample(CodeBlock):
    """Code without rich's empty lines around it, which are for a background."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = _columns_aligned(str(self.text).rstrip())
        prompt = SHELL_PROMPTS.get(self.lexer_name)
        if prompt is not None:
            lines = (
                typed_lines(line, options.max_width - 2) if line.startswith(prompt) else [line]
                for line in code.split("\n")
            )
            code = "\n".join(line for broken in lines for line in broken)
        yield Syntax(code, self.lexer_name, theme=self.theme, word_wrap=True, padding=(0, 1))


def typed_lines(line: str, room: int) -> Iterator[str]:
    """Break a line for a shell between words, so that what is copied from a screen still does the same.

    Example: list(typed_lines("tokscope count notes.md  # long", 20)) ->
    ["tokscope count \\\\", "    notes.md  # long"]

    A comment goes on as a comment. A word longer than `room`, in cells, stays whole.
    """
    words, at = [], 0
    while found := _SHELL_WORD.match(line, at):
        words.append(found[0])
        at = found.end()
    begun = ""
    for number, word in enumerate(words, 1):
        more = len(" \\") if number < len(words) else 0
        if begun and cell_len(begun + word) + more > room:
            yield f"{begun} \\"
            begun = f"    {word.lstrip()}"
        else:
            begun += word
    comment = re.findall(r"\s*\S+", line[at:])
    indent = cell_len(begun + comment[0].rstrip("#")) if comment else 0
    for number, word in enumerate(comment):
        if begun and cell_len(begun + word) > room:
            yield begun
            begun, indent = (" " * indent + "#" + word, indent) if number else (word.lstrip(), 0)
        else:
            begun += word
    yield begun


def _columns_aligned(code: str) -> str:
    """Align columns that tabs are between, which a terminal would only do for short words."""
    lines = []
    for tabbed, group in groupby(code.splitlines(), lambda line: "\t" in line):
        rows = [line.split("\t") for line in group]
        widths = [max(map(cell_len, column)) for column in zip_longest(*rows, fillvalue="")]
        for row in rows:
            cells = [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=False)]
            lines.append("  ".join(cells).rstrip() if tabbed else row[0])
    return "\n".join(lines)


class _WholeTable(TableElement):
    """A table of which no cell is cut, and no word where there is room for it."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for drawn in super().__rich_console__(console, options):
            if isinstance(drawn, Table):
                drawn.show_edge = False
                room = options.max_width - COLUMN_GAP * len(drawn.columns)
                measured = [
                    Measurement.get(console, options.update_width(999), Group(column.header, *column.cells))
                    for column in drawn.columns
                ]
                widths = column_widths(measured, room)
                for column, width in zip(drawn.columns, widths, strict=True):
                    column.overflow, column.width = "fold", width
            yield drawn


def column_widths(measured: Sequence[tuple[int, int]], room: int) -> list[int | None]:
    """Share `room` among columns, each measured as its longest word and its longest line.

    Example: column_widths([(4, 4), (5, 30)], 20) -> [4, 16]; column_widths([(9, 9)], 5) -> [None]

    All lines are cut at the same width, the largest for which there is room, but no word is. None, where
    the words alone need more, leaves it to rich.
    """
    for most in range(room, 0, -1):
        widths: list[int | None] = [max(word, min(line, most)) for word, line in measured]
        if sum(width or 0 for width in widths) <= room:
            return widths
    return [None] * len(measured)


class _Picture(ImageItem):
    """What a picture shows, in words."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(f"[picture: {self.text}]", "dim", end="")


class _ManualPage(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "fence": _CodeExample,
        "code_block": _CodeExample,
        "table_open": _WholeTable,
        "image": _Picture,
    }


def drawn_page(text: str, color: str) -> str:
    """Draw a page, in Markdown, for the terminal.

    Example: drawn_page("# Tokens", "never").strip() -> "Tokens"
    """
    theme = Theme({"markdown.code": "bold cyan"})  # rich's own is on black, on light terminals too
    colored = color_for(sys.stdout, color, os.environ)
    terminal = Console(
        width=min(Console().width, PAGE_WIDTH), theme=theme, force_terminal=colored, no_color=not colored
    )
    with terminal.capture() as captured:
        terminal.print(_ManualPage(text, hyperlinks=False, code_theme="ansi_dark"))
    return captured.get()
