"""`ndjson`: one JSON object a line, for jq and for logs.

First the results, as in `json`; then for each input that failed {"error": {"path": ..., "message": ...}}.
`jq 'select(.error | not)'` keeps the results.
"""

from __future__ import annotations

from typing import TextIO

from tokscope.render.json import dumps
from tokscope.report import Report, SplitReport


def render(report: Report | SplitReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write a line per result, then a line per error."""
    for result in report.results:
        stream.write(dumps(result) + "\n")
    for error in report.errors:
        stream.write(dumps({"error": error}) + "\n")
