"""A pager, as git has one: what is longer than the screen is shown a page at a time."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import TextIO, cast


def show_text(text: str, *, paged: bool = True) -> None:
    """Print a text; on a terminal that it is too long for, through a pager, see show_lines.

    Example: show_text(page) for a page of the manual
    """
    show_lines(text.splitlines(keepends=True), paged=paged)


def show_lines(lines: Iterable[str], *, paged: bool = True) -> None:
    """Print lines as they come; on a terminal they are too many for, through $TOKSCOPE_PAGER, $PAGER or less.

    Example: show_lines(["Hi\\n"])

    less keeps colours (LESS=FRX, unless there is a LESS). A pager that is `cat` or empty is no pager, and
    neither is one that cannot be started.
    """
    rest = iter(lines)
    pager = _pager() if paged and sys.stdout.isatty() else []
    if pager:
        first = list(islice(rest, shutil.get_terminal_size().lines))
        rest = chain(first, rest)
        if "".join(first).count("\n") >= shutil.get_terminal_size().lines:
            with suppress(OSError):
                _show_in(pager, rest)
                return
    sys.stdout.writelines(rest)


def _show_in(pager: Sequence[str], lines: Iterable[str]) -> None:
    """Hand lines to a pager until it ends; Ctrl-C is its business till then, as with git. Raises OSError."""
    environ = {"LESS": "FRX", **os.environ}
    before = signal.signal(signal.SIGINT, lambda number, frame: None)  # which the pager does not inherit
    try:
        started = subprocess.Popen(
            pager, stdin=subprocess.PIPE, encoding="utf-8", errors="replace", env=environ
        )
        with suppress(BrokenPipeError), cast(TextIO, started.stdin) as page:
            page.writelines(lines)
        started.wait()
    finally:
        signal.signal(signal.SIGINT, before)


def is_looked_at(color: str) -> bool:
    """Whether somebody looks at the output: on a terminal, or with `--color always` through `| less -R`.

    Example: is_looked_at("always") -> True
    """
    return color == "always" or sys.stdout.isatty()


def screen_width() -> int:
    """Give the width that COLUMNS says, or the terminal's that is written to or reads along, or 80.

    Example: screen_width() -> 80
    """
    return shutil.get_terminal_size((reader_width() or 80, 24)).columns


def reader_width() -> int | None:
    """Give how wide the terminal is of somebody who reads a pipe, by way of `| less -R`; None without one.

    Example: reader_width(), which gives 80 where the terminal has 80 columns
    """
    for descriptor in (2, 0):
        with suppress(OSError):
            return os.get_terminal_size(descriptor).columns or None
    return None


def _pager() -> list[str]:
    """Give the command line of the pager; none where the user wants none."""
    named = (os.environ.get(name) for name in ("TOKSCOPE_PAGER", "PAGER"))
    pager = next((one for one in named if one is not None), "less")
    try:
        words = shlex.split(pager)
    except ValueError:  # a quote that is not closed
        return []
    return [] if words[:1] == ["cat"] else words
