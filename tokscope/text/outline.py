"""Outline: where Markdown and code have breaks, and how much damage a cut there does."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple

from tokscope.text.markdown import front_matter, markdown_sections
from tokscope.text.segments import Unit, segments


class Level(IntEnum):
    """What a break is in front of; the higher the level, the more damage a cut does.

    Example: Level.SECTION < Level.WORD: it is better to cut before a heading than between two words
    """

    SECTION = 0  # a heading; in code, a block that is not indented
    PARAGRAPH = 1  # any block of Markdown; in code, an indented block
    ITEM = 2  # a block within a block: an item of a list
    SENTENCE = 3
    LINE = 4  # within a paragraph, a table or a code fence, or between a heading and what follows it
    WORD = 5
    CHAR = 6


class Break(NamedTuple):
    """A place where a text may be cut: a byte offset, and what begins there.

    Example: Break(4, Level.PARAGRAPH, glued=True)

    `glued` means that it is right after a heading, which belongs with what follows.
    """

    at: int
    level: Level
    glued: bool = False


def breaks(text: str) -> Iterator[Break]:
    r"""Find the breaks of a Markdown document in ascending order, one for each offset.

    Example: [(one.at, one.level.name) for one in breaks("# A\nOne. Two.\n")] ->
    [(0, "SECTION"), (4, "PARAGRAPH"), (9, "SENTENCE")]

    Headings and blocks are those of CommonMark (and tables), sentences those of UAX #29 within a block; a
    newline in a paragraph does not end a sentence. Code, tables and front matter have lines, not sentences.
    """
    cut = front_matter(text)
    front, body = text[:cut], text[cut:]
    found = _block_breaks(body, len(front.encode()))
    if front:
        yield Break(0, Level.PARAGRAPH)
        for newline in re.finditer(r"\r?\n", front[:-1]):
            yield Break(len(front[: newline.end()].encode()), Level.LINE)
    elif body:
        found.setdefault(0, Break(0, Level.PARAGRAPH))
    if front == "\ufeff" and 0 in found and found[0].level:
        del found[0]  # a byte order mark belongs to what follows, unless that is a heading
    yield from map(found.__getitem__, sorted(found))


def _block_breaks(body: str, before: int) -> dict[int, Break]:
    """Find the breaks of a document's blocks, by their offsets in the body; `before` bytes precede it."""
    from markdown_it import MarkdownIt

    data = body.encode()
    lines = [
        0,
        *(match.end() for match in re.finditer(rb"\r\n?|\n", data)),
        len(data),
    ]  # as markdown-it counts them
    found: dict[int, Break] = {}
    closed = 0  # the line where a block ends whose content has no breaks
    after_heading = False
    for token in MarkdownIt("commonmark").enable("table").disable("inline").parse(body):
        if token.map is None or token.type == "inline" or token.map[0] < closed:
            continue
        first, last = token.map
        at = lines[first]
        heading = token.type == "heading_open"
        if heading and not token.level:
            found[at] = Break(before + at, Level.SECTION)
        elif at not in found:
            found[at] = Break(before + at, Level.ITEM if token.level else Level.PARAGRAPH, after_heading)
        after_heading = heading
        if token.type in _BY_LINE or token.type == "paragraph_open":
            for line in lines[first + 1 : last]:
                found.setdefault(line, Break(before + line, Level.LINE))
        if token.type == "paragraph_open":
            sentences = re.sub(rb"[\r\n]", b" ", data[at : lines[last]]).decode()
            for end in segments(sentences, Unit.SENTENCE).ends[:-1]:
                found[at + end] = Break(before + at + end, Level.SENTENCE)
        elif heading or token.type in _BY_LINE:
            closed = last
    return found


_BY_LINE = ("fence", "code_block", "html_block", "table_open")
"""markdown-it's tokens for blocks whose only breaks are lines."""


_CLOSES = re.compile(r"[)\]}>]|(?:end|else|elif|except|finally|catch|then|fi|done|esac)\b")


def code_breaks(text: str) -> Iterator[Break]:
    r"""Find the breaks of a program: its lines; a line after a blank one is a better place to cut.

    Example: code_breaks("a\n\n  d\n") -> [Break(0, Level.SECTION), Break(3, Level.PARAGRAPH)]

    It works for any language: a block begins after a blank line, unless that line closes something, and is a
    section if it is not indented.
    """
    at = 0
    blank = True
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        content = line.lstrip(" \t")
        if content.strip():
            begins = blank and not _CLOSES.match(content)
            indented = len(content) < len(line)
            yield Break(at, Level.LINE if not begins else Level.PARAGRAPH if indented else Level.SECTION)
        blank = not content.strip()
        at += len(line.encode())


LONG_LINE = 1000
"""How many bytes of a line are enough to tell what kind of block it is in."""


def lead(data: bytes, found: Sequence[Break], at: int) -> str:
    r"""Give what to put before data[at:], so that it has the same breaks there as in the whole.

    Example: lead(b"```\nx = 1\ny = 2\nz = 3\n", [...], 16) -> "```\nx = 1\ny = 2\n"

    It is the first two lines of the block that `at` is in, and the last two before `at`: enough to tell a
    line of a code fence from prose, or a nested item from indented code. At the beginning of a block it is an
    empty line, after which --- does not begin front matter. `found` are the breaks of `data`.
    """
    start = max((one.at for one in found if one.level <= Level.PARAGRAPH and one.at <= at), default=0)
    lines = re.findall(rb"[^\n]*\n|[^\n]+", data[start:at])
    shown = [*lines[:2], *lines[2:][-2:]]
    return "".join(map(_line_start, shown)) or "\n"


def _line_start(line: bytes) -> str:
    if len(line) <= LONG_LINE:
        return line.decode()
    return line[:LONG_LINE].decode(errors="ignore") + ("\n" if line.endswith(b"\n") else "")


class OutlinePart(NamedTuple):
    """A part of a document with its own parts: a section, a paragraph or a sentence.

    Example: OutlinePart("sentence", 4, 9)

    `start` and `end` are byte offsets; `title` is a section's heading, `level` the level of that.
    """

    kind: str
    start: int
    end: int
    title: str = ""
    level: int = 0
    children: tuple[OutlinePart, ...] = ()


def markdown_outline(text: str) -> OutlinePart:
    r"""Give the hierarchy of a Markdown document: sections in sections, their paragraphs, their sentences.

    Example: markdown_outline("# A\nOne. Two.\n").children[0].children[0].kind -> "paragraph"

    The children of a node add up to the node; the paragraphs before the first heading are children of the
    document.
    """
    size = len(text.encode())
    found = [*breaks(text)]
    headings = []
    start = 0
    for section in markdown_sections(text):
        end = start + len(section.text.encode())
        blocks = _breaks_within(found, start, end)
        headings.append((section.level, section.title, start, end, _paragraphs(blocks, start, end)))
        start = end
    _, children = _nested(headings, 0, 0)
    return OutlinePart("document", 0, size, children=children)


def _breaks_within(found: list[Break], start: int, end: int) -> list[Break]:
    """Give those of ascending breaks that are at `start` or after it, and before `end`."""
    first, last = (bisect_left(found, at, key=lambda one: one.at) for at in (start, end))
    return found[first:last]


def _paragraphs(found: list[Break], start: int, end: int) -> tuple[OutlinePart, ...]:
    """Make a node of every block of a section, with a child for every sentence."""
    starts = [start, *(one.at for one in found if one.level <= Level.PARAGRAPH and one.at > start)]
    nodes = []
    for first, last in pairwise([*starts, end]):
        inner = [one.at for one in _breaks_within(found, first + 1, last) if one.level <= Level.SENTENCE]
        sentences = tuple(OutlinePart("sentence", *span) for span in pairwise([first, *inner, last]))
        nodes.append(OutlinePart("paragraph", first, last, children=sentences))
    return tuple(nodes)


def _nested(
    headings: list[tuple[int, str, int, int, tuple[OutlinePart, ...]]], i: int, above: int
) -> tuple[int, tuple[OutlinePart, ...]]:
    """Put sections that follow a higher heading into its section; give the first index outside it, too."""
    nodes: list[OutlinePart] = []
    while i < len(headings) and (headings[i][0] > above or not headings[i][0]):
        level, title, start, _, paragraphs = headings[i]
        if not level:
            nodes += paragraphs
            i += 1
            continue
        i, deeper = _nested(headings, i + 1, level)
        end = headings[i][2] if i < len(headings) else headings[-1][3]
        nodes.append(OutlinePart("section", start, end, title, level, (*paragraphs, *deeper)))
    return i, tuple(nodes)
