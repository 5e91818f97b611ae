"""`json`: the whole report as one object, for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from math import isfinite
from typing import Any, TextIO

from tokscope.report.objects import with_bounds
from tokscope.report.table import Report
from tokscope.text.visible import UNSAFE

_UNSAFE = re.compile(rf"(?!\n)[{UNSAFE}]")


def render(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the payload of a report, indented by two spaces.

    Example: out = StringIO(); render(small, out, color=False, width=None); out.getvalue()[:16] ->
    '{\\n  "version": 1'
    """
    stream.write(dumps(payload(report), indent=2) + "\n")


def payload(report: Report) -> dict[str, object]:
    """Put the whole report into one JSON object.

    Example: payload(small)["results"] -> [{"path": "a.md", "tokens": 10}]
    """
    return {
        "version": 1,
        "results": [with_bounds(result) for result in report.results],
        "errors": list(report.errors),
        "summary": with_bounds(report.summary),
        **{name: [with_bounds(one) for one in objects] for name, objects in report.beside.items()},
    }


def write_list(stream: TextIO, objects: Iterable[object], *, depth: int = 0) -> None:
    r"""Write a list as dumps() does with an indent of 2, one object after the other: it may be a long one.

    Example: write_list(stream, [{"a": 1}]) writes '[\n  {\n    "a": 1\n  }\n]'

    `depth` is how many levels of other objects it is in.
    """
    before = "\n" + "  " * (depth + 1)
    none = True
    for value in objects:
        stream.write(("[" if none else ",") + before + dumps(value, indent=2).replace("\n", before))
        none = False
    stream.write("[]" if none else f"\n{'  ' * depth}]")


def dumps(value: object, *, indent: int | None = None) -> str:
    r"""Write a value as JSON that is always valid UTF-8 and never controls a terminal.

    Example: dumps("日本\x9b\udcff") -> '"日本\\u009b\\udcff"'

    Text stays as it is, except that characters a terminal may obey and lone surrogates become \u escapes,
    which a JSON reader turns back into the same strings. JSON has no infinite number: null stands for one.
    """
    try:
        text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), indent=indent, ensure_ascii=False, allow_nan=False)
    return _UNSAFE.sub(lambda match: json.dumps(match[0])[1:-1], text)


def _finite(value: Any) -> Any:
    match value:
        case dict():
            return {key: _finite(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_finite(inner) for inner in value]
        case float():
            return value if isfinite(value) else None
        case _:
            return value
