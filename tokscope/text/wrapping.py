"""Wrapping: sentences for a terminal, broken at spaces and nowhere else."""

from __future__ import annotations

INDENT = "  "
"""What comes before the lines that follow the first."""


def wrapped(text: str, width: int | None, indent: str = INDENT) -> list[str]:
    """Break a text at spaces into lines of at most `width` cells; None sets no limit.

    Example: wrapped("one two three", 9, "") -> ["one two", "three"]

    A word that is wider than a line stays whole: a terminal that breaks a path does not hide a part of it.
    """
    if width is None or (text.isascii() and len(text) <= width):
        return [text]
    from rich.cells import cell_len  # 0.02 s, for what does not fit alone

    lines: list[str] = []
    line: list[str] = []
    cells = 0
    for word in text.split(" "):
        size = cell_len(word)
        if any(line) and cells + 1 + size > width:
            lines.append(" ".join(line))
            line, cells = [indent + word], cell_len(indent) + size
        else:
            cells += bool(line) + size
            line.append(word)
    return [*lines, " ".join(line)]
