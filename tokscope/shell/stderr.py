"""What tokscope says on standard error."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO


def separate_stderr() -> None:
    """Give what tokscope says on standard error a descriptor of its own; see files.quiet for why.

    Example: separate_stderr() comes first in a process; after it with quiet(): complain("...") is seen
    """
    if sys.stderr is None:
        return
    with suppress(OSError, ValueError, AttributeError):  # closed, or replaced by something that is not a file
        descriptor, encoding, errors = os.dup(sys.stderr.fileno()), sys.stderr.encoding, sys.stderr.errors
        _former.append(sys.stderr)  # which would close descriptor 2 behind it
        sys.stderr = os.fdopen(descriptor, "w", 1, encoding=encoding, errors=errors)


_former: list[TextIO] = []


def complain(message: str, *, wrong: bool = False) -> None:
    """Write one line to stderr, if it can be written to, with control characters escaped.

    A terminal that it is too long for gets it broken at spaces, and in red what says that something is
    `wrong`.

    Example: complain("a.md: no such file") writes "tokscope: a.md: no such file"
    """
    from tokscope.text.visible import visible

    if sys.stderr is not None:  # closed: print would write to stdout instead
        with suppress(OSError):  # full, or its reader is gone: the exit code still tells
            line = f"tokscope: {visible(message)}"
            if sys.stderr.isatty():
                from shutil import get_terminal_size

                from tokscope.render import color_for
                from tokscope.text.wrapping import wrapped

                line = "\n".join(wrapped(line, get_terminal_size().columns))
                if wrong and color_for(sys.stderr, "auto", os.environ):
                    line = f"\x1b[31mtokscope:\x1b[0m{line.removeprefix('tokscope:')}"
            print(line, file=sys.stderr, flush=True)
