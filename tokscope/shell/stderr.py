"""What tokscope says on standard error."""

from __future__ import annotations

import sys
from contextlib import suppress


def complain(message: str) -> None:
    """Write one line to stderr, if it can be written to, with control characters escaped.

    Example: complain("a.md: no such file") writes "tokscope: a.md: no such file"
    """
    from tokscope.text.visible import visible

    if sys.stderr is not None:  # closed: print would write to stdout instead
        with suppress(OSError):  # full, or its reader is gone: the exit code still tells
            print(f"tokscope: {visible(message)}", file=sys.stderr, flush=True)
