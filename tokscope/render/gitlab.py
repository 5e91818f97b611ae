"""`gitlab`: a code quality report for merge requests on GitLab.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from tokscope.render.json import write_list
from tokscope.report.check import CheckReport, fingerprints
from tokscope.text.visible import visible

SEVERITIES = {"error": "major", "warning": "minor"}


def render(report: CheckReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write an array: an object for each finding, and for each input that could not be judged.

    Example: out = StringIO(); render(checked, out, color=False, width=None); '"check_name": "max"' in
    out.getvalue() -> True
    """
    names = fingerprints(key for key, *_ in _issues(report))
    objects = (
        {
            "description": visible(message),
            "check_name": check,
            "fingerprint": name,
            "severity": severity,
            "location": {"path": path, "lines": {"begin": line or 1}},  # GitLab asks for a line
        }
        for name, (_, path, message, check, severity, line) in zip(names, _issues(report), strict=True)
    )
    write_list(stream, objects)
    stream.write("\n")


Issue = tuple[tuple[str, ...], str, str, str, str, int | None]
"""What it is about, its path from the root of the repository, its message, check, severity and line."""


def _issues(report: CheckReport) -> Iterator[Issue]:
    for one in report.findings:
        path = report.place_of(one)
        yield (path, *one.key[1:]), path, one.message, one.rule, SEVERITIES[one.level], one.line
    for _, path, message in report.unjudged():
        yield (path, "input", message), path, message, "input", "critical", None
