"""Fields: a dotted path into a record, followed to its strings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

Place = str
"""Which record it is, to say in an error: "line 3: ", "record 3: ", or "" where there is only one."""


def field_strings(value: object, field: str, place: Place) -> Iterator[tuple[Place, str]]:
    """Follow a dotted path to its strings, and give each with its place.

    Example: list(field_strings({"a": ["Hi", "Ho"]}, "a", "line 3: ")) -> [("line 3: ", "Hi"), ("line 3: ",
    "Ho")]

    Raises ValueError, which says what was found instead.
    """
    for text in follow(value, field.split("."), 0):
        if isinstance(text, ValueError):
            raise ValueError(f"{place}{text}") from text
        yield place, text


def straight(field: str) -> Callable[[str], tuple[Any, str] | None]:
    """Make what reads a line of JSON by the shortest way: gives the record, and the string at `field` in it.

    Example: read = straight("a"); read('{"a": "Hi"}') -> ({"a": "Hi"}, "Hi"); read("[") -> None

    Most lines are JSON and nothing else, with a string where keys lead, and there may be millions of them.
    For every other one it gives None, and the way that says what is wrong is to be taken.
    """
    import json

    decode, steps = json.JSONDecoder().raw_decode, field.split(".")

    def read(line: str) -> tuple[Any, str] | None:
        try:
            record, end = decode(line)
            found = record
            for step in steps:
                found = found[step]
        except (ValueError, LookupError, TypeError, RecursionError):
            return None
        return (record, found) if end == len(line) and type(found) is str else None

    return read


def follow(value: Any, steps: list[str], taken: int) -> Iterator[str | ValueError]:
    """Follow a path whose first steps are `taken`; elements of lists are steps too, once they are.

    Example: list(follow({"a": [{"b": "Hi"}]}, ["a", "b"], 0)) -> ["Hi"]

    A ValueError in place of a string says what was found instead.
    """
    for at in range(taken, len(steps)):
        step = steps[at]
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and not step.isdecimal():
            break
        elif isinstance(value, list) and int(step) < len(value):
            value = value[int(step)]
        else:
            yield ValueError(f"no field {'.'.join(steps)!r}: no {step!r} in {describe_value(value)}")
            return
    else:
        at = len(steps)
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from follow(one, [*steps[:at], str(index), *steps[at:]], at + 1)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, bytes):  # a binary column of a table
        try:
            yield value.decode()
        except UnicodeDecodeError as error:
            yield ValueError(f"field {'.'.join(steps)!r} is not valid UTF-8 at byte {error.start}")
    else:
        yield ValueError(f"field {'.'.join(steps)!r} is {describe_value(value)}, not a string")


def describe_value(value: object) -> str:
    """Say in words what a value is that is not a string.

    Example: describe_value([1, 2]) -> "a list of 2"
    """
    if isinstance(value, dict):
        return f"an object of {named_shortly(value)}" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, bytes):
        return "bytes"
    return "null" if value is None else "a string" if isinstance(value, str) else f"a {type(value).__name__}"


def named_shortly(names: Iterable[object]) -> str:
    """Name some keys or columns on one line, however long they are: the first 20.

    Example: named_shortly(["id", "text"]) -> "id, text"
    """
    some = [" ".join(str(name)[:40].split()) for name in islice(names, 21)]
    return ", ".join([*some[:20], "…"] if len(some) > 20 else some)
