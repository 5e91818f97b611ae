"""The terminal, through rich: used by the formats that draw, and by no other."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from itertools import islice
from typing import Literal, NoReturn, TextIO

from rich.console import Console
from rich.text import Text

_BATCH = 200  # lines to a write: rich spends more on a print than on a line


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Let the caller decide on a closed pipe, where rich would exit with 1."""
        raise  # rich calls this while it handles the BrokenPipeError


def console(stream: TextIO, *, color: bool) -> Console:
    """Give a Console that writes to `stream`, with as many colours as the terminal has, or none."""

    def build(system: Literal["auto", "standard"] | None) -> Console:
        return _Console(
            file=stream,
            force_terminal=color,
            color_system=system,
            no_color=False,  # NO_COLOR has been asked about before, and --color always comes before it
        )

    auto = build("auto" if color else None)
    return build("standard") if color and auto.color_system is None else auto  # asked for, though TERM=dumb


def columns(stream: TextIO, width: int | None) -> int | None:
    """Give the width in cells: `width` if there is one, else COLUMNS or the terminal's, else None."""
    if width is None and (stream.isatty() or "COLUMNS" in os.environ):
        return shutil.get_terminal_size().columns
    return width


def write(lines: Iterable[Text], screen: Console) -> None:
    """Write lines that are already cut to the width."""
    remaining = iter(lines)
    while batch := list(islice(remaining, _BATCH)):
        screen.print(Text("\n").join(batch), soft_wrap=True, highlight=False)
