"""Paths, as they can be shown."""

from __future__ import annotations

import re

from tokscope.errors import InputError


def printable(path: str) -> str:
    r"""Write a path so that every terminal and every JSON can hold it.

    Example: printable("caf\udce9.txt") -> r"caf\udce9.txt", for the file whose name is b"caf\xe9.txt"

    Only what is not Unicode is changed, and a backslash where it would read as such a change: no two paths
    are written alike. A renderer still has to escape control characters.
    """
    if path.isascii() and "\\" not in path:  # most are
        return path
    return _ESCAPE.sub(r"\\x5c", path).encode("utf-8", "backslashreplace").decode()


_ESCAPE = re.compile(r"\\(?=udc[89a-f][0-9a-f]|x5c)")


def unreadable(path: str, error: OSError) -> InputError:
    """Say in the system's words why a file cannot be read.

    Example: str(unreadable("a.md", OSError(2, "No such file"))) -> "a.md: No such file"
    """
    return InputError(printable(path), error.strerror or str(error))
