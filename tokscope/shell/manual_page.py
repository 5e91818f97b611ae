"""A page of the manual as a terminal shows it, drawn by rich."""

from __future__ import annotations

import os
import sys
from itertools import groupby, zip_longest
from typing import ClassVar

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, ImageItem, Markdown, MarkdownElement, TableElement
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from tokscope.render import color_for

PAGE_WIDTH = 100
"""How wide a page is drawn at most: longer lines are hard to read."""


class _CodeExample(CodeBlock):
    """Code without rich's empty lines around it, which are for a background."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = _columns_aligned(str(self.text).rstrip())
        yield Syntax(code, self.lexer_name, theme=self.theme, word_wrap=True, padding=(0, 1))


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
    """A table of which no cell is cut: a word that is wider than its column goes on in the next line."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for drawn in super().__rich_console__(console, options):
            if isinstance(drawn, Table):
                drawn.show_edge = False
                for column in drawn.columns:
                    column.overflow = "fold"
            yield drawn


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
