"""Document: one text, from bytes with a known encoding.

Newlines are never translated and a byte order mark is kept, so that the same bytes give the same text from a
file, from a pipe and from an argument.
"""

from __future__ import annotations

import codecs
import errno
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, cast

from tokscope.errors import InputError, NotText
from tokscope.files.compressed import compression, expanded
from tokscope.inputs.binary import SNIFFED, columnar, hardly_text, named_binary, wide_encoding
from tokscope.inputs.decoding import Decoding
from tokscope.inputs.paths import printable, unreadable

if TYPE_CHECKING:
    from tokscope.inputs.notebook import NotebookCell
    from tokscope.media.source import Source
    from tokscope.tokenizer import Kind

BLOCK = 1 << 16
"""How many bytes are read and decoded at a time: few, since what is all ASCII is cheaper to handle."""

BETWEEN = "\n\n"
"""What is between the texts of a notebook where it is read as one."""


class Unread(Enum):
    """What is not known before it is looked at, where None is an answer.

    Example: Unread.UNREAD
    """

    UNREAD = "unread"


UNREAD = Unread.UNREAD


class Document:
    """One text to measure; nothing is read before it is asked for.

    Example: Document.of_text("Hi", Decoding()).read() -> "Hi"

    `path` names it to the user: the printable path of a file, "-" for standard input, "--text" for an
    argument. `size` is its length in bytes where that is known before reading, else None. `bytes_read` counts
    the bytes that the current or last reading took in, of a compressed file those that it holds. `found` says
    that it was not named, but a folder that holds it. A file can be read any number of times, a pipe once.
    What turns out to be a picture, a sound, a video or a PDF when it is read as text raises NotText, and can
    be read on as what it is, see opened().
    """

    __slots__ = (
        "_cells",
        "_decoding",
        "_expand",
        "_kind",
        "_looked",
        "_once",
        "_source",
        "_started",
        "bytes_read",
        "found",
        "path",
        "size",
    )

    at_hand = True
    """Whether there is such a file, and not just its size."""

    def __init__(
        self,
        path: str,
        decoding: Decoding,
        source: bytes | Callable[[], AbstractContextManager[BinaryIO]],
        *,
        size: int | None = None,
        once: bool = False,
        found: bool = False,
    ) -> None:
        self.path = printable(path)
        self.found = found
        self.size = len(source) if isinstance(source, bytes) else size
        self.bytes_read = 0
        self._decoding = decoding
        self._source = source
        self._once = once
        # what is compressed
        self._expand = path != "--text" and not (isinstance(source, bytes) and compression(source) is None)
        self._started = False
        self._kind: Kind | None = None
        self._cells: list[NotebookCell] | Unread | None = UNREAD
        self._looked: Iterator[tuple[bytes, bool]] | None = None  # what a pipe gives that was looked into

    @classmethod
    def of_text(cls, text: str, decoding: Decoding) -> Document:
        """Make a Document of an argument, in the encoding of the command line and not in that of files.

        Example: Document.of_text("Hi", Decoding()).path -> "--text"

        Bytes which that encoding does not know arrive as lone surrogates; they are bytes again here, and so
        an error, or replaced, as they are in a file. Raises InputError for other lone surrogates.
        """
        try:
            data = os.fsencode(text)
        except UnicodeEncodeError as error:
            lone = f"lone surrogate U+{ord(text[error.start]):04X} at character {error.start}"
            raise InputError("--text", f"{lone}: no encoding can hold it") from error
        encoding = sys.getfilesystemencoding()
        typed = "utf-8" if encoding == "ascii" else encoding  # the C locale says nothing about the terminal
        return cls("--text", replace(decoding, encoding=typed), data)

    def read(self) -> str:
        """Read the whole text. Raises InputError.

        Example: Document("a.md", Decoding(), b"Hi").read() -> "Hi"
        """
        return "".join(self.blocks())

    def read_bytes(self) -> bytes:
        """Read the bytes as they are. Raises InputError.

        Example: Document("a.md", Decoding(), b"Hi").read_bytes() -> b"Hi"
        """
        return b"".join(self.byte_blocks())

    def byte_blocks(self) -> Iterator[bytes]:
        """Read the bytes as they are, in blocks of at most 64 KiB. Raises InputError.

        Example: b"".join(Document("a.md", Decoding(), b"Hi").byte_blocks()) -> b"Hi"
        """
        return (data for data, _ in self._chunks())

    def head(self) -> bytes:
        """Look at the first bytes, which tell what kind it is; a pipe loses none. Raises InputError.

        Example: Document("a.md", Decoding(), b"Hi").head() -> b"Hi"
        """
        if isinstance(self._source, bytes) and not self._expand:
            return self._source[:SNIFFED]
        chunks = self._chunks()
        first = next(chunks)
        if self._once:
            self._looked = chain([first], chunks)
        return first[0][:SNIFFED]

    def keep(self) -> None:
        """Make sure that it can be read again: put what comes by a pipe into a file. Raises InputError.

        Example: document.keep(); document.again -> True
        """
        if self._once:
            self._keep(self._chunks())

    @property
    def cells(self) -> list[NotebookCell] | None:
        """The cells of a notebook, where notebooks are read; None for what is not one. Raises InputError.

        Example: Document("a.ipynb", Decoding(notebooks=Notebooks), data).cells[0].texts -> ["# Title"]
        """
        if not isinstance(self._cells, Unread):
            return self._cells
        self._cells = None
        notebooks = self._decoding.notebooks
        if notebooks is not None and not self._decoding.wide and self._may_be_notebook():
            self.keep()
            self._cells = notebooks().cells(self.path, "".join(self._blocks()))
        return self._cells

    def _may_be_notebook(self) -> bool:
        """Look at the name and the beginning, which tell most texts from a notebook without any import."""
        if self.path.lower().endswith(".ipynb"):
            return True
        head = self.head()
        if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return False
        from tokscope.inputs.notebook import may_be_notebook

        return may_be_notebook(head)

    def texts(self) -> Iterator[Iterable[str]]:
        """Read the texts that are counted each by itself, in blocks: one, but of a notebook its cells.

        Example: ["".join(text) for text in Document("a.md", Decoding(), b"Hi").texts()] -> ["Hi"]

        Raises InputError.
        """
        cells = self.cells
        if cells is None:
            short = self._short()
            yield self._blocks() if short is None else [short]
            return
        self.bytes_read = 0
        for text in chain.from_iterable(one.texts for one in cells):
            self.bytes_read += len(text.encode())
            yield [text]

    def named_texts(self) -> Iterator[tuple[str, str]]:
        """Read the same texts whole, each with its name. Raises InputError.

        Example: next(Document("a.md", Decoding(), b"Hi").named_texts()) -> ("a.md", "Hi"); of a notebook
        ("a.ipynb: cell 1", "# Title") and so on
        """
        several = self.cells is not None
        for number, text in enumerate(map("".join, self.texts()), 1):
            yield f"{self.path}: cell {number}" if several else self.path, text

    @property
    def kind(self) -> Kind:
        """What it is by its content, which is looked at once. Raises InputError.

        Example: Document("photo.txt", Decoding(), png_bytes).kind -> Kind.PICTURE
        """
        if self._kind is None:
            from tokscope.media.kinds import file_kind, format_of
            from tokscope.tokenizer import Kind

            with self.opened() as source:
                text = not self._decoding.svg and format_of(source) == "svg"
                self._kind = Kind.TEXT if text else Kind(file_kind(source))
        return self._kind

    @contextmanager
    def opened(self) -> Iterator[Source]:
        """Open it as a file that is read here and there. Raises InputError, for a pipe too.

        Example: with document.opened() as source: source.read(8)
        """
        from tokscope.media.source import Source

        if isinstance(self._source, bytes):
            yield Source.of_bytes(self.read_bytes(), self.path)
            return
        if self._once or self._compressed():
            self._keep(self._chunks())
        with self._file() as file:
            yield Source(file, self.path)

    @contextmanager
    def _file(self) -> Iterator[BinaryIO]:
        """Open a source that is to be opened, and name it in what the system says of it."""
        try:
            with cast("Callable[[], AbstractContextManager[BinaryIO]]", self._source)() as file:
                yield file
        except OSError as error:
            raise unreadable(self.path, error) from error

    def _compressed(self) -> bool:
        with self._file() as file:
            return self._expand and compression(file.read(SNIFFED)) is not None

    def _keep(self, chunks: Iterator[tuple[bytes, bool]]) -> None:
        """Put what is read only once, or expanded, into a file on disk, from which it can be read again."""
        from tempfile import TemporaryFile

        file = TemporaryFile()
        for data, _ in chunks:
            file.write(data)

        def again() -> AbstractContextManager[BinaryIO]:
            file.seek(0)
            return nullcontext(file)

        self._source, self._once, self._expand, self.size = again, False, False, file.tell()

    def _text_chunks(self) -> Iterator[tuple[bytes, bool]]:
        """Read the bytes of a text, as _chunks() does. Raises NotText where they are something else."""
        if self._decoding.convert and self.path != "--text":
            from tokscope.inputs.converted import converted

            if (text := converted(self.head(), self.opened)) is not None:
                yield text.encode(self._decoding.encoding), True
                return
        chunks = self._chunks()
        first = next(chunks)
        suspect = self._decoding.svg or hardly_text(first[0][:SNIFFED])
        if table := columnar(first[0][:SNIFFED]):
            named = self.path if self.path != "-" else "FILE"
            cure = f"tokscope corpus count {named} --column NAME"
            if self.path == "-":
                cure = f"save it to a file, for {cure}"
            raise InputError(self.path, f"{table}, whose texts are in columns: {cure}")
        if not first[0] and first[1] and named_binary(self.path):
            raise InputError(self.path, "an empty file, whatever its name says")
        if suspect and not self._decoding.wide and self.path != "--text":
            kept = self._once
            if kept:
                self._keep(chain([first], chunks))
            if self.kind != "text":
                raise NotText(self.path, self.kind)
            if kept:  # from the start, since to look at its kind has moved on in the only file that there is
                chunks = self._chunks()
                first = next(chunks)
        yield first
        yield from chunks

    @property
    def again(self) -> bool:
        """Whether it can be read more than once."""
        return not self._once

    def blocks(self) -> Iterator[str]:
        """Read the text in blocks of about 64 KiB, cut between characters; of a notebook a block a cell.

        Example: list(Document("a.md", Decoding(), b"Hi").blocks()) -> ["Hi"]

        Between the texts of a notebook is a blank line. Raises InputError; its offset counts the bytes from
        the start of the file.
        """
        for number, text in enumerate(self.texts()):
            if number:
                yield BETWEEN
            yield from text

    def _blocks(self) -> Iterator[str]:
        encoding = self._decoding.encoding
        decode = codecs.getincrementaldecoder(encoding)(self._decoding.errors).decode
        utf8 = self._decoding.utf8
        self.bytes_read = 0
        head = b""
        try:
            for data, last in self._text_chunks():
                self.bytes_read += len(data)
                head = head or data[:SNIFFED]
                text = decode(data, last)
                if not utf8:
                    text.encode()  # codecs such as utf-7 let lone surrogates through
                if text:
                    yield text
        except UnicodeDecodeError as error:
            # error.object is what the decoder had kept and the last chunk: they end at the same byte.
            offset = self.bytes_read - len(error.object) + error.start
            where = f"at byte {offset} (0x{error.object[error.start]:02X})"
            message = f"not valid {encoding.upper()} {where}: {self.cure(head)}"
            raise InputError(self.path, message, offset=offset) from error
        except UnicodeError as error:  # a codec's own: no byte order mark, a lone surrogate
            mark = f"try --encoding {encoding}-le or {encoding}-be"
            raise InputError(
                self.path, f"{error}: {mark if self._decoding.wide else self.cure(head)}"
            ) from error

    def _short(self) -> str | None:
        """Give a text that is in memory and surely one, as of most small files; None for every other."""
        data, decoding = self._source, self._decoding
        if not isinstance(data, bytes) or not data or self._expand or hardly_text(data[:SNIFFED]):
            return None
        if decoding.svg or decoding.convert or not decoding.utf8:
            return None
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return None
        self.bytes_read = len(data)
        return text

    def _chunks(self) -> Iterator[tuple[bytes, bool]]:
        """Read the bytes, expanded if they are compressed; each chunk says whether it is the last."""
        if self._looked is not None:
            looked, self._looked = self._looked, None
            yield from looked
            return
        raw = iter([self._source]) if isinstance(self._source, bytes) else self._raw()
        first = next(raw, b"")
        if self._expand and (kind := compression(first)):
            yield from ((data, False) for data in expanded(chain([first], raw), kind, self.path))
        elif isinstance(self._source, bytes):
            yield first, True
            return
        elif first:
            yield first, False
            yield from ((data, False) for data in raw)
        yield b"", True

    def _raw(self) -> Iterator[bytes]:
        """Read the bytes of a source that is to be opened, as they are."""
        if self._once and self._started:
            raise InputError(self.path, "can be read only once")
        self._started = True
        with self._file() as file:
            while data := file.read(BLOCK):
                yield data
                if len(data) < BLOCK and file.isatty():
                    break  # to read on would be to ask for a second Ctrl-D
            if data is None:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    def cure(self, head: bytes) -> str:
        """Say what to try when the bytes of a document, which starts with `head`, are not text.

        Example: Document("a.md", Decoding(), b"").cure(b"\\xff\\xfeH\\0") -> "looks like UTF-16: try
        --encoding utf-16"
        """
        if self.path == "--text":
            return "try --errors replace"
        if not self._decoding.utf8:
            return "try another --encoding or --errors replace"
        if head.startswith(b"PK\3\4"):
            return "a ZIP, not text; --convert reads the text of a DOCX, PPTX, XLSX or EPUB"
        if wide := wide_encoding(head):
            return f"looks like {wide[:6].upper()}: try --encoding {wide}"
        if b"\0" in head:
            return "looks like a binary file"
        return "try --encoding NAME or --errors replace"


class Blank(Document):
    """A picture of which only the size is known: blank, and read as every other.

    Example: Blank("https://example.com/a.png", Decoding(), 1024, 768).kind -> Kind.PICTURE
    """

    __slots__ = ()

    at_hand = False

    def __init__(self, path: str, decoding: Decoding, width: int, height: int) -> None:
        from tokscope.media.blank import grey_png

        super().__init__(path, decoding, grey_png(width, height))
