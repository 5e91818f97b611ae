"""Parts of a Document: those that its bytes name."""

from __future__ import annotations

from collections.abc import Iterator

from tokscope.errors import InputError
from tokscope.inputs.document import BETWEEN, Document
from tokscope.split import inside

MAX_TRACED = 1000
"""How many characters a text may have that is traced.

Nobody reads the steps of more; and the time for one run of letters grows with the square of its length.
"""


def document_parts(document: Document, start: int = 0, end: int | None = None) -> Iterator[tuple[str, str]]:
    """Take the part of a document from one byte to another, with its name: of a notebook that of each cell.

    Example: list(document_parts(Document("a.md", Decoding(), b"Hello"), 1, 3)) -> [("a.md", "el")]

    Bytes count from the start of the text as Document.read gives it, where cells have a blank line between
    them. Raises InputError as text_part() does.
    """
    if document.cells is None:
        yield document.path, text_part(document.read(), document.path, start, end)
        return
    at = 0
    for path, text in document.named_texts():
        size = len(text.encode())
        first, last = max(start - at, 0), size if end is None else min(end - at, size)
        if first <= size and last >= 0 and (first < last or not size):
            yield path, text_part(text, path, first, last, at)
        at += size + len(BETWEEN)
    if start > max(at - len(BETWEEN), 0):
        text_part(document.read(), document.path, start, end)  # which says so


def text_part(text: str, path: str, start: int = 0, end: int | None = None, at: int = 0) -> str:
    """Take the part of a text from one byte to another, which must be no longer than MAX_TRACED.

    Example: text_part("日本語", "a.md", 3, 6) -> "本"

    The text itself begins at byte `at` of what the user names bytes of.

    Raises InputError where it is longer, where it begins after the text's end, and where it begins or ends
    inside a character.
    """
    data = text.encode()
    if start > len(data):
        raise InputError(path, f"has only {len(data):,} bytes: none to begin at byte {start:,}")
    for offset in (start, end):
        if offset is not None and inside(data, offset):
            first = next(at for at in range(offset, -1, -1) if not inside(data, at))
            message = f"byte {offset:,} is inside a character, which begins at byte {first:,}"
            raise InputError(path, message, offset=offset)
    taken = data[start:end].decode()
    if len(taken) > MAX_TRACED:
        some = start + len(taken[:200].encode())
        raise InputError(
            path,
            f"{len(taken):,} characters, and a trace takes at most {MAX_TRACED:,}; "
            f"name a part by its bytes, like --from {at + start} --to {at + some}, or give it with -x",
        )
    return taken
