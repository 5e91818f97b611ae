"""Reading the files that tokenizers are made of: what is no such file is one line that says what to do."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from tokscope.errors import BrokenTokenizer

LARGEST = 1 << 30
"""How many bytes a tokenizer's file may have; the largest in use have some 50 million."""


def read_bytes(path: str | Path, size: int | None = None) -> bytes:
    """Read a regular file, the first `size` bytes of it or all.

    Example: read_bytes("vocab.txt", 5) -> b"[PAD]"

    Raises BrokenTokenizer: it does not exist, may not be read, has more than LARGEST bytes, or is a device or
    a pipe, which have no end or may keep us waiting.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise BrokenTokenizer(f"{path}: is no regular file; save what it gives to one and name that")
            if status.st_size > LARGEST:
                most = f"more than a tokenizer's file may have ({LARGEST:,})"
                raise BrokenTokenizer(f"{path}: has {status.st_size:,} bytes, {most}")
            return file.read(LARGEST if size is None else size)  # files of /proc say that they have no size
    except OSError as error:
        raise BrokenTokenizer(f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        raise BrokenTokenizer(f"{str(path)!r} is no name of a file: {error}") from error  # a NUL in it


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe that nobody writes to would keep open() waiting, and to files it means nothing."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # Windows has no such pipes


def read_text(path: str | Path) -> str:
    """Read a file of UTF-8; a byte order mark is no text.

    Example: read_text("vocab.txt")[:6] -> "[PAD]\\n"

    Raises BrokenTokenizer.
    """
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BrokenTokenizer(f"{path}: byte {error.start} is not UTF-8; convert it with iconv") from error


def read_json(path: str | Path) -> Any:
    """Read a file of JSON.

    Example: read_json("tokenizer.json")["model"]["type"] -> "BPE"

    Raises BrokenTokenizer.
    """
    return parse_json(read_bytes(path), path)


def parse_json(data: bytes, path: str | Path) -> Any:
    """Read the JSON that stands in a file; a byte order mark is none of it.

    Example: parse_json(b"[1, 2]", "entropies.json") -> [1, 2]

    Raises BrokenTokenizer.
    """
    import json

    try:
        return json.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BrokenTokenizer(f"{path}: not JSON, or not all of it: {error.msg} at {where}") from error
    except UnicodeDecodeError as error:
        raise BrokenTokenizer(f"{path}: byte {error.start} is not UTF-8; convert it with iconv") from error
    except RecursionError as error:
        raise BrokenTokenizer(f"{path}: its JSON is nested too deeply") from error
    except ValueError as error:  # an integer of more digits than Python reads
        raise BrokenTokenizer(f"{path}: its JSON holds a number of thousands of digits") from error
