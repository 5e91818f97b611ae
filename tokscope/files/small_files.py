"""Reading files that have to be small enough to be held whole: configurations, lists, tokenizers.

What is no such file is an error of one line that says what to do.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from tokscope.errors import BrokenTokenizer, InputError
from tokscope.files.parsing import json_of

MAX_FILE = 1 << 30
"""How many bytes a tokenizer's file may have; the largest in use have some 50 million."""


def small_file(
    path: str | os.PathLike[str], limit: int, size: int | None = None, *, pipes: bool = False
) -> bytes:
    """Read a regular file of at most `limit` bytes, or the first `size` bytes of one of any length.

    Example: small_file("pyproject.toml", 1 << 20) -> b"[project]..."

    A device has no end, a named pipe may wait for its writer, and a link may lead to either; with `pipes` one
    that somebody writes to is read too. Raises InputError.
    """
    name = os.fspath(path)
    with suppress(OSError):  # where the working directory is gone, as no file of ours needs one
        name = os.path.relpath(path) if Path(path).is_absolute() else name
    try:
        with open(path, "rb", opener=without_waiting) as file:
            status = os.fstat(file.fileno())
            is_pipe = pipes and stat.S_ISFIFO(status.st_mode)
            if is_pipe:
                os.set_blocking(file.fileno(), True)  # now that it is open it waits for a writer only
            elif not stat.S_ISREG(status.st_mode):
                raise InputError(name, "not a regular file; save its content to one and name that")
            claimed = 0 if size is not None else status.st_size  # files of /proc say that they have no size
            data = b"" if claimed > limit else _read_in_blocks(file, limit + 1 if size is None else size)
    except (OSError, ValueError) as error:  # ValueError: NUL in the name
        raise InputError(name, getattr(error, "strerror", None) or str(error)) from error
    if max(len(data), claimed) > limit:
        raise InputError(name, f"larger than {limit:,} bytes, the most that is read of such a file")
    if is_pipe and not data:
        raise InputError(name, "a pipe that nobody writes to")
    return data


def _read_in_blocks(file: BinaryIO, most: int) -> bytes:
    """Read up to `most` bytes, a block at a time: file.read(most) sets memory aside for all at once."""
    blocks = []
    while most and (block := file.read(min(most, 1 << 22))):
        blocks.append(block)
        most -= len(block)
    return b"".join(blocks)


def without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe that nobody writes to would keep open() waiting, and to files it means nothing.

    Example: with open("notes.md", "rb", opener=without_waiting) as file: file.read()
    """
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # Windows has no such pipes


def read_bytes(path: str | Path, size: int | None = None) -> bytes:
    """Read a tokenizer's file, the first `size` bytes of it or all.

    Example: read_bytes("vocab.txt", 5) -> b"[PAD]"

    Raises BrokenTokenizer: it is not there, may not be read, is to be read whole and has more than MAX_FILE
    bytes, or is not a regular file.
    """
    try:
        return small_file(path, MAX_FILE, size, pipes=True)
    except InputError as error:
        raise BrokenTokenizer(f"{path}: {error.message}") from error


def read_text(path: str | Path) -> str:
    """Read a file of UTF-8; a byte order mark is not text.

    Example: read_text("vocab.txt")[:6] -> "[PAD]\\n"

    Raises BrokenTokenizer.
    """
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BrokenTokenizer(f"{path}: byte {error.start} is not UTF-8; convert it with iconv") from error


def read_json(path: str | Path, *, what: str = "") -> Any:
    """Read a file of JSON; `what` it should be goes into the error.

    Example: read_json("tokenizer.json")["model"]["type"] -> "BPE"

    Raises BrokenTokenizer.
    """
    return parse_json(read_bytes(path), path, what=what)


def parse_json(data: bytes, path: str | Path, *, what: str = "") -> Any:
    """Read the JSON that is in a file, `what` it should be; a byte order mark is not part of it.

    Example: parse_json(b"[1, 2]", "entropies.json") -> [1, 2]

    Raises BrokenTokenizer.
    """
    try:
        return json_of(data.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        raise BrokenTokenizer(f"{path}: {f'a broken {what}: ' * bool(what)}{error}") from error
