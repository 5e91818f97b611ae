"""Output: a file that appears under its name only when it is complete."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tokscope.errors import OutputError


@contextmanager
def writing_to(path: object) -> Iterator[None]:
    """Name the output that the system refuses to write while the block runs. Raises OutputError.

    Example: with writing_to("out"): Path("out").mkdir()
    """
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}") from error


@contextmanager
def whole_file(path: str) -> Iterator[BinaryIO]:
    """Open a file that appears under its name only when it is complete; a device is written to as it is.

    Example: with whole_file("tok.json") as file: file.write(b"{}")

    A link keeps pointing where it does; a file that is replaced keeps its mode, and one that may not be
    written is not replaced either, as with `>` and cp. Raises OutputError, for an OSError of the block too
    that writes: reading has errors of its own.
    """
    with writing_to(path):
        try:
            target = Path(path).resolve()
            exists = target.exists()
        except (ValueError, RuntimeError) as error:  # NUL in a name; links in a circle
            raise OutputError(f"{path}: {error}") from error
        if exists and not target.is_file():
            with target.open("wb") as file:
                yield file
            return
        if exists and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        # Named before it is there, unlike tempfile's: a signal may come at any time, and it must be removed.
        beside = target.parent / f".tokscope-{os.urandom(8).hex()}"
        try:
            with open(beside, "xb", opener=_private) as file:
                yield file
            beside.chmod(target.stat().st_mode & 0o7777 if exists else 0o666 & ~_umask())
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _umask() -> int:
    """Read the permissions that new files do not get; the only way is to set it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
