"""Reading what must be small: a configuration, a list, a baseline."""

from __future__ import annotations

import os
import stat

from tokscope.errors import InputError


def small_file(path: str | os.PathLike[str], limit: int) -> bytes:
    """Read a file whole, which must be a regular one of at most `limit` bytes.

    Example: small_file("pyproject.toml", 1 << 20) -> b"[project]..."

    A device has no end and a named pipe waits for its writer, and a link may lead to either. Raises
    InputError.
    """
    name = os.path.relpath(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise InputError(name, "not a regular file")
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:  # ValueError: NUL in the name
        raise InputError(name, getattr(error, "strerror", None) or str(error)) from error
    if len(data) > limit:
        raise InputError(name, f"larger than {limit:,} bytes, the most that is read of such a file")
    return data
