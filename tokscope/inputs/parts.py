"""Parts of a Document: the sections of Markdown, the records of JSON Lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tokscope.errors import InputError
from tokscope.inputs.document import Document
from tokscope.split import inside, mended


def records(document: Document, field: str, say: Callable[[str], None]) -> Iterator[tuple[int, str]]:
    r"""Read one field of every record of a JSON Lines document, with the number of its line.

    Example: '{"text": "Hi"}\n\n{"text": "Ho"}\n' and "text" -> (1, "Hi"), (3, "Ho")

    Dots lead into objects and lists, as in "messages.0.content". Blank lines are passed over. Half of a
    surrogate pair ("\\ud83d") is JSON but no text: it is read as U+FFFD, and `say` is told. Raises
    InputError, which names the line: not JSON, no such field, or a field that is not a string.
    """
    import json

    for number, line in enumerate(_lines(document), 1):
        if record := line.strip("\ufeff \t\r"):
            try:
                text = _string(json.loads(record), field)
            except json.JSONDecodeError as error:
                message = f"line {number}: not JSON: {error.msg} at character {error.pos}"
                raise InputError(document.path, message) from error
            except RecursionError as error:
                raise InputError(document.path, f"line {number}: nested too deeply") from error
            except ValueError as error:
                raise InputError(document.path, f"line {number}: {error}") from error
            whole = mended(text)
            if whole != text:
                say(f"{document.path}: line {number}: half a surrogate pair is no text; read as U+FFFD")
            yield number, whole


def _lines(document: Document) -> Iterator[str]:
    r"""Cut a document after each "\n", and only there; no more than a block and a line is in memory."""
    rest = ""
    for block in document.blocks():
        rest += block
        if "\n" in block:
            *lines, rest = rest.split("\n")
            yield from lines
    yield rest


def _string(value: object, field: str) -> str:
    """Follow a dotted path to a string. Raises ValueError, which says what was found instead."""
    for step in field.split("."):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            raise ValueError(f"no field {field!r}: no {step!r} in {_described(value)}")
    if not isinstance(value, str):
        raise ValueError(f"field {field!r} is {_described(value)}, not a string")
    return value


def _described(value: object) -> str:
    if isinstance(value, dict):
        return f"an object of {', '.join(list(value)[:8])}" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, bool):
        return "a boolean"
    return "null" if value is None else "a string" if isinstance(value, str) else "a number"


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
