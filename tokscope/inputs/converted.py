"""DOCX, PPTX, XLSX, EPUB and HTML as text: the Markdown that markitdown makes of them.

markitdown (MIT) reads all five; docling-slim asks for a typer that ours is not. It comes with 300 MB of other
packages and takes 0.4 s to import, so it is an extra, and works in a child process with limits: what it reads
is an archive of XML from anywhere. It is given bytes and no address, and fetches nothing.
"""

from __future__ import annotations

import io
import re
import zipfile
from functools import partial
from typing import TYPE_CHECKING

from tokscope.errors import InputError

if TYPE_CHECKING:
    from tokscope.inputs.document import Document

SECONDS = 60
"""Of computing for one document."""

LARGEST = 1 << 28
"""Bytes of the largest document that is converted, and of what it unpacks to."""

_PARTS = {"word/document.xml": "docx", "ppt/presentation.xml": "pptx", "xl/workbook.xml": "xlsx"}
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)*(?:<!doctype\s+html|<html)\b", re.IGNORECASE | re.DOTALL)


def convertible(head: bytes) -> bool:
    """Say whether a file that starts like this may be one that can be converted.

    Example: convertible(b"PK\\3\\4...") -> True
    """
    return head.startswith(b"PK\3\4") or bool(_HTML.match(head.removeprefix(b"\xef\xbb\xbf")))


def converted(document: Document) -> str | None:
    """Give the text of a document of one of the five formats, None for any other. Raises InputError.

    Example: converted(Document("report.docx", Decoding(convert=True), data)) -> "# Report\\n..."
    """
    if not convertible(document.head()):
        return None
    with document.opened() as source:
        if source.size > LARGEST:
            raise source.error(f"{source.size:,} bytes are too many to convert; at most {LARGEST:,}")
        data = source.at(0, source.size)
    kind = _kind(document.path, data)
    if kind is None:
        return None
    from tokscope.files.confined import Confined, Stopped

    try:
        found = Confined(partial(_markdown, data, kind), seconds=SECONDS)()
    except Stopped as stopped:
        said = str(stopped).removeprefix("fails: ")
        raise InputError(document.path, f"markitdown cannot convert it: {said}") from stopped
    if found is None:
        install = "pip install 'tokscope-cli[documents]'"
        raise InputError(document.path, f"to convert it needs an extra; install with: {install}")
    return str(found)


def _kind(path: str, data: bytes) -> str | None:
    """Tell the format by its content. Raises InputError for an archive that is damaged or swells."""
    if not data.startswith(b"PK\3\4"):
        return "html"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > LARGEST:
                raise InputError(path, f"it claims to hold more than {LARGEST:,} bytes")
            names = {member.filename for member in members}
            if "mimetype" in names and archive.read("mimetype").strip() == b"application/epub+zip":
                return "epub"
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise InputError(path, "a damaged archive") from error
    return next((kind for part, kind in _PARTS.items() if part in names), None)


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
