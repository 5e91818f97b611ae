"""The pages of a PDF: their sizes as they are shown, and their text.

pypdfium2 reads them (PDFium, BSD and Apache; 4 MB, imported in 0.05 s): it is twice as fast as pypdf, and the
library that browsers trust with files from anywhere. Nothing is drawn, and no script is run. As in browsers
it runs in a process of its own: half a megabyte can unpack to any size, and where PDFium gets no memory it
takes a page for an empty one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from tokscope.errors import MissingExtra
from tokscope.files.confined import SECONDS, Confined, Stopped
from tokscope.media.source import Source

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

PASSWORD = 4
"""FPDF_ERR_PASSWORD."""

MEMORY = 1 << 29
"""Bytes that PDFium may take, most of all for 32 MiB of text."""

BY_SECOND = 100_000
"""Bytes of a file for which a second is given beyond those of any call: a page of text takes 0.01 s."""


class PageSize(NamedTuple):
    """A page's size in points, 72 to the inch: its CropBox, turned as /Rotate says.

    Example: PageSize(595.0, 842.0).width -> 595.0
    """

    width: float
    height: float


@contextmanager
def _open_pdf(source: Source) -> Iterator[PdfDocument]:
    """Open a PDF."""
    from pypdfium2 import PdfDocument

    source.file.seek(0)
    document = PdfDocument(source.file)
    try:
        yield document
    finally:
        document.close()


def _ask_pdf(source: Source, what: Callable[[PdfDocument], list[Any]]) -> list[Any]:
    """Read something of a PDF in a process with limits; what goes wrong there is an InputError."""
    try:
        from pypdfium2 import PdfiumError  # here, so that the child has it
    except ImportError as error:
        raise MissingExtra("a PDF", "pdf") from error

    def reading() -> tuple[list[Any] | None, int]:
        try:
            with _open_pdf(source) as document:
                return what(document), 0
        except PdfiumError as error:
            return None, error.err_code or 0

    try:
        found, code = Confined(reading, seconds=SECONDS + source.size // BY_SECOND, memory=MEMORY)()
    except Stopped as error:
        raise source.error(f"to be read it {error}") from error
    finally:
        source.file.seek(0, os.SEEK_END)  # the child has moved the place that both share
    if found is None:
        locked = code == PASSWORD
        raise source.error(
            "encrypted: save it without a password" if locked else "damaged: PDFium cannot read it"
        )
    return list(found)


def page_sizes(source: Source) -> tuple[PageSize, ...]:
    """Read the size of every page. Raises InputError for a PDF that is encrypted, damaged or empty.

    Example: page_sizes(source) -> (PageSize(595.0, 842.0), PageSize(842.0, 595.0))
    """
    found = _ask_pdf(source, lambda document: [document.get_page_size(i) for i in range(len(document))])
    if not found:
        raise source.error("damaged: a PDF without pages")
    return tuple(PageSize(*size) for size in found)


def page_texts(source: Source) -> list[str]:
    """Read the text of each page, in order. Raises InputError, for more than 32 MiB of text too.

    Example: page_texts(source) -> ["Dummy PDF file", ""]
    """

    def read(document: PdfDocument) -> list[str]:
        found = []
        for number in range(len(document)):
            page = document[number]
            text = page.get_textpage()
            found.append(text.get_text_range())
            text.close()
            page.close()
        return found

    return _ask_pdf(source, read)
