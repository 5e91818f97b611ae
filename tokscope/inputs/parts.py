"""Parts of a Document: the sections of Markdown, the records of JSON Lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from tokscope.errors import InputError
from tokscope.inputs.document import Document


class Section(NamedTuple):
    r"""A heading of a Markdown document, and the text up to the next heading of any level.

    Example: Section(line=3, level=2, title="Usage", text="## Usage\n\nRun it.\n")

    `line` counts from 1; `title` is Markdown, without the marks of the heading. What stands before the first
    heading is a section of level 0 without a title.
    """

    line: int
    level: int
    title: str
    text: str


_FRONT_MATTER = r"\ufeff?(?:---[ \t]*\r?\n(?=\S)(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z))?"


def front_matter(text: str) -> int:
    r"""Count the characters of a byte order mark and of front matter, metadata between two lines of ---.

    Example: front_matter("---\ntitle: A\n---\n# A\n") -> 17
    """
    found = re.match(_FRONT_MATTER, text)
    return found.end() if found else 0


def sections(document: Document) -> Iterator[Section]:
    r"""Cut a Markdown document at its headings, as CommonMark defines them; no section is empty.

    Example: "Hi\n# One\ntext\n" -> sections of the texts "Hi\n" and "# One\ntext\n"

    The sections' texts joined are the document's text. A heading within a list or a block quote belongs to
    the section around it; front matter between lines of --- is not looked into. Raises InputError.
    """
    from markdown_it import MarkdownIt

    text = document.read()
    start = front_matter(text)
    body = text[start:]
    tokens = MarkdownIt("commonmark").disable("inline").parse(body)
    offsets = [start, *(start + newline.end() for newline in re.finditer(r"\r\n?|\n", body))]
    first_line = 1 + text.count("\n", 0, start)
    cuts = [(0, 1, 0, "")]
    for opening, title in pairwise(tokens):
        if opening.type == "heading_open" and opening.level == 0 and opening.map:
            line = opening.map[0]
            cuts.append((offsets[line], first_line + line, int(opening.tag[1:]), title.content))
    for (begin, line, level, heading), (end, *_) in pairwise([*cuts, (len(text), 0, 0, "")]):
        if begin < end:
            yield Section(line, level, " ".join(heading.split()), text[begin:end])


def records(document: Document, field: str) -> Iterator[tuple[int, str]]:
    r"""Read one field of every record of a JSON Lines document, with the number of its line.

    Example: '{"text": "Hi"}\n\n{"text": "Ho"}\n' and "text" -> (1, "Hi"), (3, "Ho")

    Dots lead into objects and lists, as in "messages.0.content". Blank lines are passed over. Raises
    InputError, which names the line: not JSON, no such field, or a field that is not a string.
    """
    import json

    for number, line in enumerate(_lines(document), 1):
        if record := line.strip("\ufeff \t\r"):
            try:
                text = _string(json.loads(record), field)
            except json.JSONDecodeError as error:
                message = f"line {number}: not JSON: {error.msg} at character {error.pos}"
                raise InputError(document.path, message) from error
            except RecursionError as error:
                raise InputError(document.path, f"line {number}: nested too deeply") from error
            except ValueError as error:
                raise InputError(document.path, f"line {number}: {error}") from error
            yield number, text


def _lines(document: Document) -> Iterator[str]:
    r"""Cut a document after each "\n", and only there; no more than a block and a line is in memory."""
    rest = ""
    for block in document.blocks():
        rest += block
        if "\n" in block:
            *lines, rest = rest.split("\n")
            yield from lines
    yield rest


def _string(value: object, field: str) -> str:
    """Follow a dotted path to a string. Raises ValueError, which says what was found instead."""
    for step in field.split("."):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            raise ValueError(f"no field {field!r}: no {step!r} in {_described(value)}")
    if not isinstance(value, str):
        raise ValueError(f"field {field!r} is {_described(value)}, not a string")
    value.encode()  # "\ud800" is JSON, but not text
    return value


def _described(value: object) -> str:
    if isinstance(value, dict):
        return f"an object of {', '.join(list(value)[:8])}" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, bool):
        return "a boolean"
    return "null" if value is None else "a string" if isinstance(value, str) else "a number"
