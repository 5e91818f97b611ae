"""`json`: the whole report as one object, for programs."""

from __future__ import annotations

import json
import re
from typing import TextIO

from tokscope.report.table import Report
from tokscope.text.visible import UNSAFE

_UNSAFE = re.compile(rf"(?!\n)[{UNSAFE}]")


def render(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the payload of `report`, indented by two spaces."""
    stream.write(dumps(report.payload, indent=2) + "\n")


def dumps(value: object, *, indent: int | None = None) -> str:
    r"""Write a value as JSON that is always valid UTF-8 and never controls a terminal.

    Example: dumps("日本\x9b\udcff") -> '"日本\\u009b\\udcff"'

    Text stays as it is, except that characters a terminal may obey and lone surrogates become \u escapes,
    which a JSON reader turns back into the same strings.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    return _UNSAFE.sub(lambda match: json.dumps(match[0])[1:-1], text)
