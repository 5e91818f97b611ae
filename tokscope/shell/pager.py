"""A pager, as git has one: what is longer than the screen is shown a page at a time."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress


def show_text(text: str, *, paged: bool = True) -> None:
    """Print a text; on a terminal that it is too long for, through $TOKSCOPE_PAGER, $PAGER or less.

    Example: show_text(page) for a page of the manual

    less keeps colours (LESS=FRX, unless there is a LESS). A pager that is `cat` or empty is no pager, and
    neither is one that cannot be started.
    """
    pager = _pager() if paged and sys.stdout.isatty() else []
    if pager and text.count("\n") >= shutil.get_terminal_size().lines:
        with suppress(OSError):
            # A reader who quits closes the pipe, which run() takes for the end.
            environ = {"LESS": "FRX", **os.environ}
            subprocess.run(pager, input=text, encoding="utf-8", errors="replace", env=environ, check=False)
            return
    sys.stdout.write(text)


def _pager() -> list[str]:
    """Give the command line of the pager; none where the user wants none."""
    named = (os.environ.get(name) for name in ("TOKSCOPE_PAGER", "PAGER"))
    pager = next((one for one in named if one is not None), "less")
    try:
        words = shlex.split(pager)
    except ValueError:  # a quote that is not closed
        return []
    return [] if words[:1] == ["cat"] else words
