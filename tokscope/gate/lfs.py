"""Git LFS: a small file that stands for a large one, whose text is elsewhere.

https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
"""

from __future__ import annotations

import re
from typing import NamedTuple

POINTER_SIZE = 1024
"""A pointer is smaller than this many bytes, as the specification has it."""

NOT_PULLED = "a pointer of Git LFS, whose text is elsewhere: git lfs pull brings it"

_POINTER = re.compile(
    rb"(?:\xef\xbb\xbf)?version https://(?:git-lfs|hawser)\.github\.com/spec/v1\r?\n(?:ext-.*\n)*"
    rb"oid sha256:([0-9a-f]{64})\r?\nsize ([0-9]+)\s*"
)
"""Looser than the specification: an editor may have put a byte order mark or other ends of lines."""


class Pointer(NamedTuple):
    """What a pointer says of the file that it stands for: its SHA-256 in hex, and its size in bytes.

    Example: Pointer("4d7a...", 12_345).size -> 12345
    """

    sha256: str
    size: int


def pointer(data: bytes) -> Pointer | None:
    """Take the bytes of a file for a pointer; None where they are not one.

    Example: pointer(b"version https://git-lfs... oid sha256:4d7a... size 12345").size -> 12345
    """
    found = _POINTER.fullmatch(data) if len(data) < POINTER_SIZE else None
    return Pointer(found[1].decode(), int(found[2])) if found else None
