"""The terminal, by way of rich; only the formats that draw use it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal, NoReturn, TextIO

from rich.console import Console
from rich.text import Text

from tokscope.report.notes import Caution, notes_shown
from tokscope.text.visible import visible
from tokscope.text.wrapping import wrapped

_LINES_PER_WRITE = 200  # lines per write: for rich a call costs more than a line


class _RichConsole(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Leave a closed pipe to the caller; rich would exit with 1."""
        raise  # rich calls this while it handles the BrokenPipeError


def console(stream: TextIO, *, color: bool) -> Console:
    """Make rich's Console for `stream`, with as many colours as the terminal has, or none.

    Example: console(StringIO(), color=True).is_terminal -> True
    """

    def build(system: Literal["auto", "standard", "truecolor"] | None) -> Console:
        return _RichConsole(
            file=stream,
            force_terminal=color,
            color_system=system,
            no_color=False,  # color_for() has looked at NO_COLOR, which --color always overrides
        )

    able: Literal["auto", "truecolor"] = getattr(
        stream, "color_system", "auto"
    )  # a screen of ours says itself what it can show
    auto = build(able if color else None)
    return build("standard") if color and auto.color_system is None else auto  # asked for despite TERM=dumb


def terminal_width(stream: TextIO, width: int | None) -> int | None:
    """Give the width in cells: `width` if there is one, else COLUMNS or the terminal's, else None.

    Example: terminal_width(StringIO(), 80) -> 80
    """
    if width is None and (stream.isatty() or "COLUMNS" in os.environ):
        return shutil.get_terminal_size().columns
    return width


def note_lines(said: Iterable[str], width: int | None) -> Iterator[Text]:
    """Give the notes of a report as lines in grey, a caution in yellow, broken at spaces.

    Example: [line.plain for line in note_lines(["one two"], 80)] -> ["one two"]
    """
    for note in notes_shown(said, width):
        for line in wrapped(visible(note), width):
            yield Text(line, "yellow" if isinstance(note, Caution) else "dim")


def write_lines(lines: Iterable[Text], screen: Console) -> None:
    """Write lines that already fit the width.

    Example: write_lines([Text("Hi")], console(sys.stdout, color=False)) prints "Hi"
    """
    remaining = iter(lines)
    while batch := list(islice(remaining, _LINES_PER_WRITE)):
        screen.print(Text("\n").join(batch), soft_wrap=True, highlight=False)
