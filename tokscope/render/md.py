"""`md`: a table in GitHub's Markdown, for comments, issues and READMEs.

What comes from outside (paths, tokens) is code, in which GitHub sees no markup, @mention or #reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TextIO

from tokscope.render.cells import show
from tokscope.report.table import Cell, Column, Report
from tokscope.text.visible import visible

# ASCII that can be markup; an underscore only where it is not inside a word, so that o200k_base stays legible
_MARKUP = re.compile(r"[\\`*\[\]<>|~&#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")


def render(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write `report` as a table, with the notes under it.

    Example: out = StringIO(); render(small, out, color=False, width=None); out.getvalue().splitlines()[2] ->
    "| `a.md` | 10 |"
    """
    columns = report.columns
    kept = [index for index, column in enumerate(columns) if column.kind != "bar"]

    def line(cells: Iterable[str]) -> None:
        stream.write(f"| {' | '.join(cells)} |\n")

    if report.title:
        stream.write(f"### {_escape_markdown(report.title)}\n\n")
    if report.rows or report.total is not None:  # a heading alone says nothing
        line(_escape_markdown(columns[i].name) for i in kept)
        line("---:" if columns[i].numeric else "---" for i in kept)
    for row in report.rows:
        line(_cell(columns[i], row[i]) for i in kept)
    if report.total is not None:
        line(_total(columns[i], report.total[i]) for i in kept)
    for part in report.parts:
        stream.write("\n")
        render(part, stream, color=color, width=width)
    if report.chart is not None:
        from tokscope.render import chart

        drawn = "\n".join(chart.lines(report.chart))
        stream.write(f"\n### {_escape_markdown(report.chart.title)}\n\n```text\n{drawn}\n```\n")
    for note in report.notes:
        stream.write(f"\n{_escape_markdown(note)}\n")


def _cell(column: Column, cell: Cell) -> str:
    text = show(column, cell, grouped=True)
    return _code(text) if column.kind in ("path", "token") and text else _escape_markdown(text)


def _total(column: Column, cell: Cell) -> str:
    return "" if cell is None else f"**{_escape_markdown(show(column, cell, grouped=True))}**"


def _escape_markdown(text: str) -> str:
    return _MARKUP.sub(r"\\\g<0>", visible(text))


def _code(text: str) -> str:
    r"""Write text as code.

    Example: "a_b*c" -> "`a_b*c`"; "a|b" -> "<code>a&#124;b</code>"

    A code span in a table cannot hold every mix of backquotes, bars and backslashes; entities in <code> can.
    """
    if "`" in text or "|" in text:
        return f"<code>{_PUNCTUATION.sub(lambda match: f'&#{ord(match[0])};', text)}</code>"
    return f"` {text} `" if text != text.strip() and text.strip() else f"`{text}`"
