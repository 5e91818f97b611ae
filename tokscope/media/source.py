"""Source: a file that is read here and there, and never as a whole."""

from __future__ import annotations

import io
import os
from typing import BinaryIO

from tokscope.errors import InputError

READS = 5_000_000
"""The most places that are looked at; an MP3 of a day without a header has 3.3 million frames."""

BLOCK = 1 << 16
"""How many bytes are read at a time where a file is searched from its end."""


class Source:
    """A file of any kind, read at the places where its headers are.

    Example: Source(file, "photo.png").at(0, 4) -> b"\\x89PNG"

    `file` can be sought in; `path` names it in errors; `size` is its length in bytes. What lies after the end
    is an InputError that says that the file is cut short.
    """

    def __init__(self, file: BinaryIO, path: str) -> None:
        self.path = path
        self.size = file.seek(0, os.SEEK_END)
        self.file = file
        self._left = READS

    @classmethod
    def of_bytes(cls, data: bytes, path: str) -> Source:
        """Read what is in memory already: a pipe's bytes, a request's base64.

        Example: Source.of_bytes(b"RIFF", "a.wav").size -> 4
        """
        return cls(io.BytesIO(data), path)

    def at(self, offset: int, count: int) -> bytes:
        """Read `count` bytes. Raises InputError where the file ends before that.

        Example: Source.of_bytes(b"RIFF", "a.wav").at(0, 2) -> b"RI"
        """
        data = self.head(offset, count)
        if len(data) < count:
            raise self.cut()
        return data

    def head(self, offset: int, count: int) -> bytes:
        """Read `count` bytes, or as many as there are. Raises InputError where the system cannot.

        Example: Source.of_bytes(b"RIFF", "a.wav").head(2, 9) -> b"FF"
        """
        self._left -= 1
        if self._left < 0:
            raise self.error(f"its headers do not end: {READS:,} places were looked at")
        try:
            self.file.seek(offset)
            return self.file.read(count)
        except (OSError, OverflowError, ValueError) as error:  # an offset that no file can have
            raise self.error(getattr(error, "strerror", None) or "cannot be read") from error

    def number(self, offset: int, count: int, order: str = ">") -> int:
        """Read a number of `count` bytes, the highest first unless `order` is "<".

        Example: Source.of_bytes(b"\\1\\0", "a").number(0, 2) -> 256
        """
        return int.from_bytes(self.at(offset, count), "little" if order == "<" else "big")

    def error(self, message: str) -> InputError:
        """Make an error about this file.

        Example: str(Source(BytesIO(b""), "a.png").error("damaged")) -> "a.png: damaged"
        """
        return InputError(self.path, message)

    def cut(self) -> InputError:
        """Make the error for a file that ends too early.

        Example: raise source.cut(), of "a.png: cut short: it ends after 20 bytes, before its headers say so"
        """
        return self.error(f"cut short: it ends after {self.size:,} bytes, before its headers say so")
