"""Outline: the sections of a document, by the headings of Markdown, also of a notebook's cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tokscope.inputs.document import Document
from tokscope.text.markdown import markdown_sections


class HeadedPart(NamedTuple):
    """A section of a document, and its texts, which are counted each by itself.

    Example: HeadedPart("a.md:3", 3, 2, "Usage", ["## Usage\\n\\nRun it.\\n"])

    `place` names it. `line` is None in a notebook, whose lines are not those of its cells.
    """

    place: str
    line: int | None
    level: int
    title: str
    texts: list[str]


def document_outline(document: Document) -> Iterator[HeadedPart]:
    """Cut a document at its headings; in a notebook these are Markdown cells', code has none.

    Example: next(document_outline(Document("a.md", Decoding(), b"# A"))) -> HeadedPart("a.md:1", 1, 1, "A",
    ["# A"])

    Raises InputError.
    """
    if document.cells is None:
        for one in markdown_sections(document.read()):
            yield HeadedPart(f"{document.path}:{one.line}", one.line, one.level, one.title, [one.text])
        return
    part = HeadedPart(f"{document.path}: cell 1", None, 0, "", [])
    for number, cell in enumerate(document.cells, 1):
        for text in cell.texts:
            if not cell.markdown:
                part.texts.append(text)
                continue
            for one in markdown_sections(text):
                if one.level:
                    if part.texts:
                        yield part
                    part = HeadedPart(f"{document.path}: cell {number}", None, one.level, one.title, [])
                part.texts.append(one.text)
    if part.texts:
        yield part
