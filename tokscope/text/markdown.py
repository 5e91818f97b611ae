"""Markdown: the sections of a document, its tables and its front matter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple


class Section(NamedTuple):
    r"""A heading of a Markdown document, and the text up to the next heading of any level.

    Example: Section(line=3, level=2, title="Usage", text="## Usage\n\nRun it.\n")

    `line` counts from 1; `title` is Markdown, without the marks of the heading. The text before the first
    heading is a section of level 0 without a title, and front matter before that one of its own.
    """

    line: int
    level: int
    title: str
    text: str


FRONT = "front matter"
"""The title of the section that is front matter."""

_FRONT_MATTER = r"\ufeff?(?:---[ \t]*\r?\n(?=\S)(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z))?"


def front_matter(text: str) -> int:
    r"""Count the characters of a byte order mark and of front matter: metadata between two lines of ---.

    Example: front_matter("---\ntitle: A\n---\n# A\n") -> 17
    """
    found = re.match(_FRONT_MATTER, text)
    return found.end() if found else 0


def markdown_sections(text: str) -> Iterator[Section]:
    r"""Cut the text of a Markdown document at its headings, as CommonMark defines them; no section is empty.

    Example: [one.text for one in markdown_sections("Hi\n# One\ntext\n")] -> ["Hi\n", "# One\ntext\n"]

    The sections' texts add up to `text`. A heading within a list or a block quote belongs to the section
    around it; front matter between lines of --- has no headings.
    """
    from markdown_it import MarkdownIt

    start = front_matter(text)
    body = text[start:]
    tokens = MarkdownIt("commonmark").disable("inline").parse(body)
    offsets = [start, *(start + newline.end() for newline in re.finditer(r"\r\n?|\n", body))]
    first_line = 1 + text.count("\n", 0, start)
    cuts = [(0, 1, 0, "")]
    if text[:start] not in ("", "\ufeff"):
        blank = body[: len(body) - len(body.lstrip("\r\n"))]  # belongs to what it follows, as everywhere
        cuts = [(0, 1, 0, FRONT), (start + len(blank), first_line + blank.count("\n"), 0, "")]
    for opening, title in pairwise(tokens):
        if opening.type == "heading_open" and opening.level == 0 and opening.map:
            line = opening.map[0]
            cuts.append((offsets[line], first_line + line, int(opening.tag[1:]), title.content))
    for (begin, line, level, heading), (end, *_) in pairwise([*cuts, (len(text), 0, 0, "")]):
        if begin < end:
            yield Section(line, level, " ".join(heading.split()), text[begin:end])


class MarkdownTable(NamedTuple):
    r"""Where a table begins, where its rows do, below the head, and where it ends, in characters.

    Example: MarkdownTable(start=0, rows=8, end=12), of "|a|\n|-|\n|1|\n"
    """

    start: int
    rows: int
    end: int


def tables(text: str) -> Iterator[MarkdownTable]:
    r"""Find the tables of a Markdown document, as GitHub defines them.

    https://github.github.com/gfm/#tables-extension-

    Example: next(tables("|a|\n|-|\n|1|\n")) -> MarkdownTable(start=0, rows=8, end=12)

    Those within a list or a block quote are left out.
    """
    from markdown_it import MarkdownIt

    start = front_matter(text)
    body = text[start:]
    offsets = [start, *(start + newline.end() for newline in re.finditer(r"\r\n?|\n", body)), len(text)]
    for token in MarkdownIt("commonmark").enable("table").disable("inline").parse(body):
        if token.type == "table_open" and token.level == 0 and token.map:
            first, last = token.map
            yield MarkdownTable(offsets[first], offsets[min(first + 2, last)], offsets[last])
