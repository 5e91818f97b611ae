"""Long training: where it is saved before its end, and how it says how far it has come."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from tokscope.shell.console import Console


def unfinished_file(output: str) -> str | None:
    """Name the file of the unfinished training; None if the output is not a file.

    Example: unfinished_file("codes.npz") -> "codes.npz.part"; unfinished_file("-") -> None
    """
    if output == "-" or (os.path.exists(output) and not os.path.isfile(output)):
        return None
    return f"{output}.part"


def watched() -> bool:
    """Say whether somebody sees on a terminal what is said.

    Example: watched() -> False, with 2> log
    """
    return sys.stderr is not None and sys.stderr.isatty()


def telling(console: Console, every: float) -> Callable[[str], None]:
    """Make what says how far it has come: always on a terminal, elsewhere once in `every` so many seconds.

    Example: tell = telling(console, 60); tell("step 100: 5.25 bits per byte")
    """
    told = time.monotonic()

    def tell(line: str) -> None:
        nonlocal told
        console.status(line)
        if not watched() and time.monotonic() - told > every:
            console.say(line)
            told = time.monotonic()

    return tell
