"""The content of a file of a corpus, from any place on: bytes, expanded if they are compressed, and lines."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from itertools import chain

from tokscope.corpora.stores import open_file
from tokscope.errors import InputError
from tokscope.files.compressed import compression, expanded
from tokscope.inputs.binary import SNIFFED
from tokscope.inputs.paths import unreadable

BLOCK = 1 << 20
"""How many bytes are read at a time."""

MAX_KEPT = 1 << 20
"""How many bytes are kept of a line that is too long."""


class Content:
    """The bytes that a file holds, read forwards from any place; only compressed ones are passed over slowly.

    Example: content = Content("a.jsonl.gz", 1024); content.move(100); content.block()

    `position` is where the next block begins, and `compressed` how the file is. Raises InputError.
    """

    def __init__(self, path: str, size: int) -> None:
        self.path = path
        self.size = size
        self._file = open_file(path, size)
        self._restart()

    def _restart(self) -> None:
        self._file.seek(0)
        self.position = 0
        self._unread = b""
        raw = self._raw()
        first = next(raw, b"")
        self.compressed = compression(first)
        whole = chain([first], raw)
        self._blocks = expanded(whole, self.compressed, self.path) if self.compressed else whole

    def _raw(self) -> Iterator[bytes]:
        try:
            while data := self._file.read(BLOCK):
                yield data
        except OSError as error:
            raise unreadable(self.path, error) from error

    @property
    def taken(self) -> int:
        """How many of the file's bytes have been read."""
        return self._file.tell()

    def head(self) -> bytes:
        """Look at the first bytes; the next block begins with them.

        Example: Content("a.jsonl.gz", 1024).head()[:9] -> b'{"text": '
        """
        self.move(0)
        block = self.block()
        self.unread(block)
        return block[:SNIFFED]

    def block(self) -> bytes:
        """Read the next bytes; b"" is the end.

        Example: while block := content.block(): size += len(block)
        """
        data, self._unread = self._unread or next(self._blocks, b""), b""
        self.position += len(data)
        return data

    def unread(self, data: bytes) -> None:
        """Put back the end of what has been read.

        Example: content.unread(b"half a li"); content.block() -> b"half a li"
        """
        self._unread = data + self._unread
        self.position -= len(data)

    def move(self, to: int) -> None:
        """Go to a place in the content.

        Example: content.move(100); content.position -> 100
        """
        if to == self.position:
            return
        if not self.compressed:
            self._file.seek(to)
            self.position, self._unread, self._blocks = to, b"", self._raw()
            return
        if to < self.position:
            self._restart()
        while self.position < to and (data := self.block()):
            if self.position > to:
                self.unread(data[len(data) - (self.position - to) :])

    def read(self, most: int) -> bytes:
        """Read all that is left. Raises InputError where it is more than `most` bytes.

        Example: Content("a.txt", 2).read(1024) -> b"Hi"
        """
        parts: list[bytes] = []
        size = 0
        while data := self.block():
            parts.append(data)
            size += len(data)
            if size > most:
                raise InputError(
                    self.path,
                    f"one document of more than {most:,} bytes; --as lines makes each line a document",
                )
        return b"".join(parts)


class FileLine:
    """A line of a file: where it begins, what it holds, and how long it is.

    Example: FileLine(0, b'{"text": "Hi"}', 14)

    Of a line that is too long `data` is only the beginning.
    """

    __slots__ = ("at", "data", "size")

    def __init__(self, at: int, data: bytes, size: int) -> None:
        self.at = at
        self.data = data
        self.size = size

    def raw(self) -> str:
        """Give it as text, in which a byte that is not UTF-8 is half of a surrogate pair (PEP 383).

        Example: FileLine(0, b"Hi\\xff", 3).raw() -> "Hi\\udcff"
        """
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        return decoder.decode(self.data, final=len(self.data) == self.size)  # not half of a character


def lines_in_range(
    content: Content,
    start: int,
    end: int,
    *,
    exact: bool,
    largest: int,
    stop: Callable[[], bool] = lambda: True,
) -> Iterator[FileLine]:
    r"""Give the lines that begin in a range, without their "\n"; what is after them is read next.

    Example: of b"one\ntwo\nthree" from 1 to 5 -> the line "two", where it is not `exact`

    Where the start is not `exact`, the line that is under way there belongs to the range before. `stop` is
    asked before each line that begins at the end or after it. Of a line of more than `largest` bytes only
    the beginning is kept. It is long because a line that is in one block is given without another call.
    """
    content.move(start if exact else start - 1)
    under_way = None if exact else _UnderWay(0, 0)  # the line before, of which nothing is kept
    while block := content.block():
        base = at = content.position - len(block)
        *whole, rest = block.split(b"\n")
        for part in whole:
            if under_way is None:
                if at >= end and stop():
                    content.unread(block[at - base :])
                    return
                yield FileLine(at, part if len(part) <= largest else part[:MAX_KEPT], len(part))
            elif line := under_way.ended(part):
                yield line
            under_way = None
            at += len(part) + 1
        if rest and under_way is None:
            if at >= end and stop():
                content.unread(rest)
                return
            under_way = _UnderWay(at, largest)
        if under_way is not None:
            under_way.add(rest)
    if under_way is not None and (line := under_way.ended(b"")):
        yield line


class _UnderWay:
    """A line whose end has not been read yet; of the one that began before a range nothing is kept."""

    def __init__(self, at: int, largest: int) -> None:
        self._at = at
        self._largest = largest
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= self._largest:
            self._parts.append(part)
        elif self._size - len(part) <= self._largest:
            self._parts = [b"".join([*self._parts, part])[:MAX_KEPT]]

    def ended(self, part: bytes) -> FileLine | None:
        self.add(part)
        return FileLine(self._at, b"".join(self._parts), self._size) if self._largest else None
