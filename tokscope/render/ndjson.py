"""`ndjson`: one JSON object a line, for jq and for logs.

First the results, as in `json`; then the objects of each further list, wrapped in the list's name
({"costs": {...}}); then {"error": {"path": ..., "message": ...}} for each input that failed.
`jq 'select(.error | not)'` keeps the results.
"""

from __future__ import annotations

from typing import TextIO

from tokscope.render.json import dumps
from tokscope.report.objects import with_bounds
from tokscope.report.table import Report


def render(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write a line per result, then a line per error.

    Example: out = StringIO(); render(small, out, color=False, width=None); out.getvalue() -> '{"path":
    "a.md", "tokens": 10}\\n'
    """
    for result in report.results:
        stream.write(dumps(with_bounds(result)) + "\n")
    for name, objects in report.beside.items():
        stream.writelines(dumps({name: with_bounds(one)}) + "\n" for one in objects)
    for error in report.errors:
        stream.write(dumps({"error": error}) + "\n")
