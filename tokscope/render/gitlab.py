"""`gitlab`: a code quality report for merge requests on GitLab.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from typing import TextIO

from tokscope.render.json import dumps
from tokscope.report.check import CheckReport, fingerprints
from tokscope.text.visible import visible

SEVERITIES = {"error": "major", "warning": "minor"}


def render(report: CheckReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write an array: an object for each finding, and for each input that could not be judged."""
    issues = [
        (one.key, one.message, one.rule, SEVERITIES[one.level], one.path, one.line) for one in report.findings
    ]
    for error in report.errors:
        path, message = str(error["path"]), str(error["message"])
        issues.append(((path, "input", message), message, "input", "critical", path, None))
    names = fingerprints(key for key, *_ in issues)
    objects = [
        {
            "description": visible(message),
            "check_name": check,
            "fingerprint": name,
            "severity": severity,
            "location": {"path": path, "lines": {"begin": line or 1}},  # GitLab asks for a line
        }
        for name, (_, message, check, severity, path, line) in zip(names, issues, strict=True)
    ]
    stream.write(dumps(objects, indent=2) + "\n")
