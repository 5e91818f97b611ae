"""Parts of a Document: those that its bytes name."""

from __future__ import annotations

from tokscope.errors import InputError
from tokscope.split import inside

LIMIT = 1000
"""How many characters a text may have that is traced.

Nobody reads the steps of more; and one run of letters takes work in the square of its length.
"""


def part(text: str, path: str, start: int = 0, end: int | None = None) -> str:
    """Take the part of a text from one byte to another, which must be no longer than LIMIT.

    Example: part("日本語", "a.md", 3, 6) -> "本"

    Raises InputError where it is longer, where it begins behind the text's end, and where it begins or ends
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
    if len(taken) > LIMIT:
        some = start + len(taken[:200].encode())
        raise InputError(
            path,
            f"{len(taken):,} characters, and a trace is of at most {LIMIT:,}; "
            f"name a part by its bytes, like --from {start} --to {some}, or give it with -x",
        )
    return taken
