"""`tokscope verify`: an offline count held against the API's."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.errors import ExitCode
from tokscope.files.asking import CONSENT
from tokscope.registry import load
from tokscope.report.table import Column, Estimate, Row, TableReport, bounds
from tokscope.shell.options import Inputs, Printing


def verify(
    inputs: Inputs,
    printing: Printing,
    tokenizer: Annotated[
        str,
        typer.Option(
            "-t", "--tokenizer", "-m", "--model", metavar="NAME", help="A claude-* or gemini-* model."
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Send more than 1 MB of text without asking.")] = False,
) -> int:
    """Count texts offline, and by the API of the model's maker, to which they go. Exits 1 where they differ.

    An estimate differs where the API's count lies outside its bounds.
    """
    console = printing.console()
    offline, online = load(tokenizer), load(f"api:{tokenizer}")
    CONSENT.given = CONSENT.given or yes
    rows: list[Row] = []
    results: list[dict[str, object]] = []
    for document in inputs.documents(console, "verify"):
        with console.reporting():
            text = document.read()
            ours, theirs = offline.count(text), online.count(text)
            low, high = bounds(ours)
            holds = (low if low is not None else ours) <= theirs <= (high if high is not None else ours)
            share = (ours - theirs) / theirs if theirs else None
            figure = Estimate.unless(offline.exact, ours)
            rows.append((document.path, figure, theirs, int(ours) - theirs, share, "yes" if holds else "no"))
            results.append(
                {
                    "path": document.path,
                    "tokenizer": offline.name,
                    "exact": offline.exact,
                    "tokens": ours,
                    "api": theirs,
                    "holds": holds,
                }
            )
    columns = [
        Column("path", "path"),
        Column("offline", "int"),
        Column("API", "int"),
        Column("difference", "int", signed=True),
        Column("off", "percent", signed=True),
        Column("holds"),
    ]
    held = sum(bool(result["holds"]) for result in results)
    notes = [f"{held:,} of {len(results):,} hold"]
    summary = {"files": len(results), "holds": held}
    report = TableReport(columns, rows, results=results, summary=summary, notes=notes)
    code = console.write(report, [offline])
    return ExitCode.OVER_BUDGET if held < len(results) and code is ExitCode.OK else code
