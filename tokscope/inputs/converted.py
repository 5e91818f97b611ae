"""DOCX, PPTX, XLSX, EPUB and HTML as text: the Markdown that markitdown makes of them.

markitdown (MIT) reads all five; docling-slim asks for a typer that ours is not. It comes with 300 MB of other
packages and takes 0.4 s to import, so it is an extra, and works in a child process with limits: what it reads
is an archive of XML from anywhere. It is given bytes and no address, and fetches nothing.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from tokscope.extras import install
from tokscope.media.source import Source

MEMORY = 3 << 30
"""Bytes of addresses for one document: pandas, which reads the tables, alone reserves more than one GiB."""

SECONDS = 60
"""Of computing for one document."""

MAX_DOCUMENT = 1 << 28
"""Bytes of the largest document that is converted, and of what it unpacks to."""

_OFFICE_PARTS = {"word/document.xml": "docx", "ppt/presentation.xml": "pptx", "xl/workbook.xml": "xlsx"}
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)*(?:<!doctype\s+html|<html)\b", re.IGNORECASE | re.DOTALL)

Opening = Callable[[], AbstractContextManager[Source]]
"""What opens a document, once its first bytes say that it may be one of the five formats."""


def convertible(head: bytes, opened: Opening) -> str | None:
    """Tell which of the five formats a document is, by its content; None for any other.

    Example: convertible(document.head(), document.opened) -> "docx"

    Raises InputError for an archive that is damaged.
    """
    if _HTML.match(head.removeprefix(b"\xef\xbb\xbf")):
        return "html"
    if not head.startswith(b"PK\3\4"):
        return None
    with opened() as source:
        try:
            with zipfile.ZipFile(source.file) as archive:
                names = set(archive.namelist())
                if "mimetype" in names:
                    with archive.open("mimetype") as file:
                        if file.read(40).strip() == b"application/epub+zip":
                            return "epub"
        except _DAMAGED as error:
            raise source.error("a damaged archive") from error
    return next((kind for part, kind in _OFFICE_PARTS.items() if part in names), None)


_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError),
    *(OSError, ValueError, EOFError, MemoryError),
)
"""What zipfile raises for archives that are damaged, encrypted, or packed in another way."""


def converted(head: bytes, opened: Opening) -> str | None:
    """Give the text of a document of one of the five formats, None for any other. Raises InputError.

    Example: converted(document.head(), document.opened) -> "# Report\\n..."
    """
    kind = convertible(head, opened)
    if kind is None:
        return None
    with opened() as source:
        size = source.size
        if kind != "html":
            with zipfile.ZipFile(source.file) as archive:
                size = max(size, sum(member.file_size for member in archive.infolist()))
        if size > MAX_DOCUMENT:
            raise source.error(f"it claims to hold {size:,} bytes; at most {MAX_DOCUMENT:,} are converted")
        data = source.at(0, source.size)
    from tokscope.files.confined import Confined, Stopped

    try:
        found = Confined(partial(_markdown, data, kind), seconds=SECONDS, memory=MEMORY)()
    except Stopped as stopped:
        said = str(stopped).removeprefix("fails: ")
        raise source.error(f"markitdown cannot convert it: {said}") from stopped
    if found is None:
        raise source.error(f"converting it needs an extra; install with: {install('documents')}")
    return str(found)


def _markdown(data: bytes, kind: str) -> str | None:
    """Convert a document; None without markitdown."""
    try:
        from markitdown import StreamInfo, converters
    except ImportError:
        return None
    converter = getattr(converters, f"{kind.capitalize()}Converter")()
    text: str = converter.convert(
        io.BytesIO(data), StreamInfo(extension=f".{kind}", charset="utf-8")
    ).markdown
    return text
