"""Parsing: JSON and TOML that somebody else wrote, with errors that say what is wrong and where."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

DEEP = "nested too deeply"
"""What is said of values that lie too deep for Python's stack."""


_TOML_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DEEP_KEY = rf"{_TOML_KEY}(?:[ \t]*\.[ \t]*{_TOML_KEY}){{100}}"


class Repeating(dict[str, Any]):
    """An object of JSON in which keys come twice: the last value of each, and which keys they are.

    Example: Repeating([("a", 1), ("a", 2)]).repeated -> ["a"]
    """

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeated = [key for key, many in Counter(key for key, _ in pairs).items() if many > 1]


def json_of(text: str | bytes, *, repeating: bool = False) -> Any:
    """Read a text as one value of JSON; the last value of a key that comes twice is the one that counts.

    Example: json_of('{"a": [1]}') -> {"a": [1]}; json_of("") raises "empty, so not JSON"

    With `repeating` an object in which a key comes twice is a Repeating. Raises ValueError.
    """
    import json

    with _our_words():
        try:
            return json.loads(text, object_pairs_hook=_unrepeated_object if repeating else None)
        except json.JSONDecodeError as error:
            if not error.doc.strip():
                raise Refused("empty, so not JSON") from error
            where = f"line {error.lineno}: " if "\n" in error.doc.strip() else ""
            raise Refused(f"{where}not JSON: {_lower(error.msg)} at character {error.colno}") from error


def _unrepeated_object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else Repeating(pairs)


def values_of(text: str) -> list[Any]:
    """Read a text as values of JSON, one after the other, as jq writes them.

    Example: values_of('{"a": 1} {"a": 2}') -> [{"a": 1}, {"a": 2}]

    Raises ValueError.
    """
    import json

    decoder, values = json.JSONDecoder(), []
    begins, at = re.compile(r"[^ \t\r\n]"), 0
    with _our_words():
        while found := begins.search(text, at):
            try:
                value, at = decoder.raw_decode(text, found.start())
            except json.JSONDecodeError as error:
                where = f"line {error.lineno}: not JSON"
                raise Refused(f"{where}: {_lower(error.msg)} at character {error.colno}") from error
            values.append(value)
    return values


def toml_of(text: str | bytes) -> dict[str, Any]:
    r"""Read a text as TOML.

    Example: toml_of("[a]\nb = 1") -> {"a": {"b": 1}}

    tomllib keeps every beginning of a dotted key: one of 30,000 parts takes gigabytes, so that keys of more
    than 100 parts are refused. Raises ValueError.
    """
    import tomllib

    with _our_words():
        text = text if isinstance(text, str) else text.decode()
        if text.count(".") > 100 and (found := re.search(_DEEP_KEY, text)):
            line = text.count("\n", 0, found.start()) + 1
            raise Refused(f"not TOML that can be read: line {line}: a key of more than 100 parts")
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise Refused(f"not TOML: {_lower(str(error))}") from error


class Refused(ValueError):
    """A text that is not what it should be; it says why.

    Example: raise Refused("line 1, column 5: not JSON")
    """


class TooLong(Refused):
    """A number of more digits than Python reads, `where` it stands.

    Example: str(TooLong("line 1: ")) -> "line 1: a number of more than 4,300 digits"
    """

    def __init__(self, where: str = "") -> None:
        super().__init__(f"{where}a number of more than {sys.get_int_max_str_digits():,} digits")


@contextmanager
def _our_words() -> Iterator[None]:
    """Say in our words where Python can go no deeper, and what it does not read as a number."""
    try:
        yield
    except Refused:
        raise
    except UnicodeDecodeError as error:
        raise Refused(f"byte {error.start} is not UTF-8; convert it with iconv") from error
    except RecursionError as error:
        raise Refused(DEEP) from error
    except ValueError as error:
        raise TooLong from error


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:].removesuffix(" at")
