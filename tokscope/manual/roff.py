"""Roff: pages of the manual as man pages, in the macros of man(7), which groff and mandoc read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token as Mark

FONTS = {
    "strong_open": r"\fB",
    "em_open": r"\fI",
    "strong_close": r"\fR",
    "em_close": r"\fR",
}
"""What begins and ends words in another font."""

PLAIN_MACROS = {
    "paragraph_open": ".PP",
    "bullet_list_open": ".RS 2",
    "ordered_list_open": ".RS 2",
    "bullet_list_close": ".RE",
    "ordered_list_close": ".RE",
    "list_item_open": r".IP \(bu 2",
}
"""The macros that stand for a mark of Markdown by itself."""


def escape_roff(text: str) -> str:
    """Write a text so that roff takes none of it for its own.

    Example: escape_roff("-n 5") -> "\\\\-n 5"; escape_roff(".ci/run") -> "\\\\&.ci/run"
    """
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(?=[.'])", r"\\&", safe, flags=re.MULTILINE)


def page_head(name: str, section: int, version: str) -> Iterator[str]:
    """Write the lines that a man page begins with: no word is to be broken, and no line stretched.

    Example: next(page_head("tokscope", 1, "0.2.0")).startswith('.TH "TOKSCOPE" "1"')
    """
    yield f'.TH "{escape_roff(name.upper())}" "{section}" "" "tokscope {version}" "The manual of tokscope"'
    yield from (".nh", ".ad l")


def definition_list(panels: Mapping[str, Sequence[tuple[str, str]]]) -> Iterator[str]:
    """Write options or commands under their headings: a name in bold, and what it is for.

    Example: [*definition_list({"Options": [("-q", "Be quiet.")]})][:2] -> [".SS Options", ".TP"]
    """
    for title, lines in panels.items():
        yield f".SS {escape_roff(title)}"
        for name, says in lines:
            yield from (".TP", rf"\fB{escape_roff(name.strip())}\fR", escape_roff(says))


def page_body(markdown: str) -> Iterator[str]:
    """Write Markdown as lines of roff; its title is left out, and other headings are those of subsections.

    Example: [*page_body("# Title\\n\\nA *word*.")] -> [".PP", "A \\\\fIword\\\\fR."]
    """
    from markdown_it import MarkdownIt

    title, rows = "", list[list[str]]()
    for mark in MarkdownIt("commonmark").enable("table").parse(markdown):
        if mark.type == "heading_open":
            title = mark.tag
        elif mark.type == "fence":
            yield from _literal_lines(mark.content.splitlines())
        elif mark.type == "tr_open":
            rows.append([])
        elif mark.type == "table_close":
            yield from _literal_lines(_align_cells(rows))
            rows = []
        elif mark.type == "inline" and rows:
            rows[-1].append("".join(one.content for one in mark.children or []))
        elif mark.type == "inline" and title:
            yield from [f".SS {escape_roff(mark.content)}"] * (title != "h1")
            title = ""
        elif mark.type == "inline":
            yield _inline(mark.children or [])
        elif not mark.hidden and mark.type in PLAIN_MACROS:
            yield PLAIN_MACROS[mark.type]


def _inline(marks: Sequence[Mark]) -> str:
    """Write a run of words; where a line begins with a dot, it is not a macro."""
    text = ""
    for mark in marks:
        if mark.type == "code_inline":
            text += rf"\fB{escape_roff(mark.content)}\fR"
        elif mark.type == "softbreak":
            text += "\n"
        else:
            text += FONTS.get(mark.type) or escape_roff(mark.content)
    return text


def _literal_lines(lines: Iterable[str]) -> Iterator[str]:
    """Write lines as they are."""
    yield from (".PP", ".RS 4", ".nf")
    yield from (escape_roff(line.expandtabs()) for line in lines)
    yield from (".fi", ".RE")


def _align_cells(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Set the cells of a table below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
