"""`github`: annotations on a pull request, as workflow commands, and a table in the job's summary.

    ::error file=a.md,line=12,title=tokscope::4,210 tokens (o200k_base), 210 over the budget of 4,000

GitHub shows 10 errors and 10 warnings per step; a notice, which has a limit of its own, counts the rest. The
table is appended to the file that GITHUB_STEP_SUMMARY names, if it is set.
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from tokscope.files.writing import writing_to
from tokscope.render import md
from tokscope.render.findings import overview
from tokscope.report.check import CheckReport
from tokscope.text.quantity import quantity
from tokscope.text.visible import defused

MAX_ANNOTATIONS = 10
"""How many annotations of each level GitHub shows per step."""

ROWS = 1000
"""How many rows a summary gets at most; GitHub refuses one above 1 MiB."""


def render(report: CheckReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write a workflow command for each finding and error, and append to the summary. Raises OutputError.

    Example: out = StringIO(); render(checked, out, color=False, width=None); out.getvalue()[:23] -> "::error
    file=a.md,line="
    """
    commands: dict[str, list[str]] = {"error": [], "warning": []}
    for file, path, message in report.unjudged():
        at = {} if file is None else {"file": file}
        commands["error"].append(_command("error", at, f"{path}: {message}"))
    for finding in report.findings:
        properties: dict[str, str] = {}
        if finding.file is not None:
            properties["file"] = report.from_root(finding.file)
            if finding.line is not None:
                properties["line"] = str(finding.line)
        commands[finding.level].append(_command(finding.level, properties, finding.message))
    for level in commands:
        stream.writelines(commands[level][:MAX_ANNOTATIONS])
    summary, beyond = os.environ.get("GITHUB_STEP_SUMMARY"), []
    for level, lines in commands.items():
        if (count := len(lines) - MAX_ANNOTATIONS) > 0:
            beyond.append(quantity(count, f"more {level}"))
    if beyond:
        where = "see the summary of this job" if summary else "--format plain lists them all"
        stream.write(f"::notice title=tokscope::{' and '.join(beyond)}: {where}\n")
    if summary:
        _append(report, summary)


def _command(level: str, properties: Mapping[str, str], message: str) -> str:
    """Write one workflow command.

    Example: _command("error", {"file": "a,b.md", "line": "2"}, "5% over") ->
    "::error file=a%2Cb.md,line=2,title=tokscope::5%25 over\\n"
    """
    named = {**properties, "title": "tokscope"}
    listed = ",".join(f"{name}={_property(value)}" for name, value in named.items())
    return f"::{level} {listed}::{_escape_data(message)}\n"


def _escape_data(text: str) -> str:
    """Escape what the runner unescapes (actions/toolkit, command.ts), and what a terminal may obey.

    The runner takes the whole line for one command. Azure's agent, which knows none of these, looks for its
    own anywhere in a line.
    """
    if os.environ.get("TF_BUILD"):
        text = re.sub(r"(?<=##)\[|(?<=##vso)\[", r"\\x5b", text)
    return defused(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")


def _append(report: CheckReport, path: str) -> None:
    """Append a table to the job's summary."""
    whole = overview(report)
    notes = list(whole.notes)
    if len(whole.rows) > ROWS:
        notes.append(f"{len(whole.rows) - ROWS:,} rows left out")
    with writing_to(path), Path(path).open("a", encoding="utf-8") as file:
        md.render(replace(whole, rows=whole.rows[:ROWS], notes=notes), file, color=False, width=None)
