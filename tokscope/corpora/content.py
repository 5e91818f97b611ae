"""The content of a file of a corpus, from any place on: bytes, expanded if they are compressed, and lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from tokscope.corpora.stores import opened
from tokscope.errors import InputError
from tokscope.files.compressed import compression, expanded
from tokscope.inputs.binary import HEAD
from tokscope.inputs.paths import unreadable

BLOCK = 1 << 20
"""How many bytes are read at a time."""

SHOWN = 1 << 20
"""How many bytes are kept of a line that is too long."""


class Content:
    """The bytes that a file holds, read forwards from any place; only compressed ones are passed over slowly.

    Example: content = Content("a.jsonl.gz", 1024); content.move(100); content.block()

    `position` is where the next block begins, and `compressed` how the file is. Raises InputError.
    """

    def __init__(self, path: str, size: int) -> None:
        self.path = path
        self.size = size
        self._file = opened(path, size)
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
        return block[:HEAD]

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
                    f"one document of more than {most:,} bytes; --as lines makes one of each line",
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


def lines(
    content: Content, start: int, stop: Callable[[int], bool], *, exact: bool, largest: int
) -> Iterator[FileLine]:
    r"""Give the lines from a place on, without their "\n", up to one where to `stop`, which is read next.

    Example: of b"one\ntwo\nthree" from 1 on, with lambda at: at >= 5 -> the line "two"

    `stop` is asked before each line with the place where it begins. Where the start is not `exact`, the line
    that is under way there belongs to the range before. A line of more than `largest` bytes is passed over,
    and only its beginning kept.
    """
    content.move(start if exact else start - 1)
    chunks: list[bytes] = []
    at, size = content.position, 0
    skip = not exact
    while block := content.block():
        base, where = content.position - len(block), 0
        while True:
            if not size and not skip and stop(at):
                content.unread(block[where:])
                return
            cut = block.find(b"\n", where)
            piece = block[where : cut if cut >= 0 else len(block)]
            size += len(piece)
            if not skip and (size <= largest or not chunks):
                chunks.append(piece if size <= largest else piece[:SHOWN])
            elif not skip and size - len(piece) <= largest:
                chunks = [b"".join(chunks)[:SHOWN]]
            if cut < 0:
                break
            if not skip:
                yield FileLine(at, b"".join(chunks), size)
            chunks, size, skip = [], 0, False
            where = cut + 1
            at = base + where
    if size and not skip:
        yield FileLine(at, b"".join(chunks), size)
