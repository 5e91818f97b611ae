"""`sarif`: SARIF 2.1.0, for code scanning.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
Paths become URIs relative to the root of the repository. What could not be judged is a notification, and
makes the run unsuccessful.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from tokscope.render.json import dumps, write_list
from tokscope.report.check import CheckReport, Finding, fingerprints
from tokscope.text.visible import visible
from tokscope.version import RELEASE

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

SARIF_RULES = {
    "max": "A text has more tokens than its budget",
    "warn": "A text comes close to its budget",
    "section": "A Markdown section has more tokens than its budget",
    "total": "Files together have more tokens than their budget",
    "growth": "Files together have grown by more than is allowed",
}

_MARKUP = re.compile(r"(?<=\])(?=\()|(?<=\{)(?=\d)")
"""Where [text](link) and {0} (sections 3.11.6, 3.11.5) are split: not all readers know their escapes."""


def render(report: CheckReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write a log with one run: a result for each finding.

    Example: out = StringIO(); render(checked, out, color=False, width=None); '"ruleId": "max"' in
    out.getvalue() -> True
    """
    rules = list(SARIF_RULES)
    descriptors = [{"id": rule, "shortDescription": {"text": text}} for rule, text in SARIF_RULES.items()]
    paths = [*map(report.place_of, report.findings)]
    names = fingerprints(
        (path, *finding.key[1:]) for path, finding in zip(paths, report.findings, strict=True)
    )
    results = (
        {
            "ruleId": finding.rule,
            "ruleIndex": rules.index(finding.rule),
            "level": finding.level,
            "message": {"text": _plain_message(finding.message)},
            "locations": _locations(finding, path),
            "partialFingerprints": {"tokscope/v1": fingerprint},
        }
        for finding, path, fingerprint in zip(report.findings, paths, names, strict=True)
    )
    notifications = [
        {"level": "error", "message": {"text": _plain_message(f"{path}: {message}")}}
        for _, path, message in report.unjudged()
    ]
    run = {
        "tool": {"driver": {"name": "tokscope", "semanticVersion": RELEASE, "rules": descriptors}},
        "invocations": [
            {"executionSuccessful": not notifications, "toolExecutionNotifications": notifications}
        ],
        "results": [],
    }
    log = dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)
    before, _, after = log.rpartition("[]")  # there may be 100,000 results: they are never in memory at once
    stream.write(before)
    write_list(stream, results, depth=3)
    stream.write(f"{after}\n")


def _locations(finding: Finding, path: str) -> list[dict[str, object]]:
    if finding.file is None:
        return []
    physical: dict[str, object] = {"artifactLocation": _artifact(path)}
    if finding.line is not None:
        physical["region"] = {"startLine": finding.line}
    return [{"physicalLocation": physical}]


def _artifact(path: str) -> dict[str, str]:
    """Name a file by its URI.

    Example: "a b/日.md" -> {"uri": "a%20b/%E6%97%A5.md", "uriBaseId": "%SRCROOT%"}
    """
    if Path(path).is_absolute():
        return {"uri": Path(path).as_uri()}
    return {"uri": quote(os.fsencode(Path(path).as_posix())), "uriBaseId": "%SRCROOT%"}


def _plain_message(message: str) -> str:
    return _MARKUP.sub(" ", visible(message))
