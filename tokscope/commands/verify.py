"""`tokscope verify`: an offline count beside the API's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import typer

from tokscope.errors import ExitCode
from tokscope.files.asking import CONSENT
from tokscope.registry import load
from tokscope.report.table import Column, Estimate, Row, TableReport, bounds
from tokscope.shell.input_options import Inputs
from tokscope.shell.options import Printing, name_option, require_one

COLUMNS = [
    Column("path", "path"),
    Column("offline", "int"),
    Column("API", "int"),
    Column("difference", "int", signed=True),
    Column("off", "percent", signed=True),
    Column("holds", better="more"),
]


def _columns(added: int) -> list[Column]:
    """Name the columns: the API's count as it comes, or without what the API adds around a text."""
    renamed = {"API": f"API-{added}"} if added else {}
    return [one._replace(name=renamed.get(one.name, one.name)) for one in COLUMNS]


class Verdict(NamedTuple):
    """A text's count offline, and the API's without the tokens that the API `added` around the text.

    Example: Verdict("a.md", "claude-opus-5", False, Estimate(20, 18, 22), api=22).holds -> True
    """

    path: str
    tokenizer: str
    exact: bool
    tokens: int
    api: int
    added: int = 0

    @property
    def holds(self) -> bool:
        """Whether the API's count is ours, or lies within the bounds of an estimate.

        Example: Verdict("a.md", "o200k_base", True, 20, api=21).holds -> False
        """
        low, high = bounds(self.tokens)
        return (self.tokens if low is None else low) <= self.api <= (self.tokens if high is None else high)

    @property
    def row(self) -> Row:
        """The verdict in a table.

        Example: Verdict("a.md", "o200k_base", True, 20, api=20).row -> ("a.md", 20, 20, 0, 0.0, "yes")
        """
        apart = int(self.tokens) - self.api
        figure = Estimate.unless(self.exact, self.tokens)
        share = apart / self.api if self.api else None
        return (self.path, figure, self.api, apart, share, "yes" if self.holds else "no")

    @property
    def fields(self) -> dict[str, object]:
        """The verdict in JSON."""
        return {**self._asdict(), "holds": self.holds}


def verify(
    inputs: Inputs,
    printing: Printing,
    models: Annotated[list[str], name_option("A claude-* or gemini-* model.", None)],
    yes: Annotated[bool, typer.Option("--yes", help="Send more than 1 MB of text without asking.")] = False,
) -> int:
    """Count texts offline and by the API of the model's maker, to which they are sent.

    Exit codes: 0 if the counts agree, 1 if they differ, 2 if one of them is missing.

    An estimate differs where the API's count lies outside its bounds.
    """
    console = printing.console()
    model = require_one(models)
    offline, online = load(model), load(f"api:{model}")
    CONSENT.given = CONSENT.given or yes
    verdicts: list[Verdict] = []
    for document in inputs.documents(console, "verify"):
        with console.reporting():
            text = document.read()
            counts = offline.count(text), int(online.count(text))
            verdicts.append(Verdict(document.path, offline.name, offline.exact, *counts, online.added))
    code = console.write(_report(verdicts, online.added), [offline, online])
    differs = not all(one.holds for one in verdicts)
    return ExitCode.OVER_BUDGET if differs and code is ExitCode.OK else code


def _report(verdicts: Sequence[Verdict], added: int) -> TableReport:
    """A row for each text, and how many hold."""
    held = sum(one.holds for one in verdicts)
    return TableReport(
        _columns(added),
        [one.row for one in verdicts],
        results=[one.fields for one in verdicts],
        summary={"files": len(verdicts), "holds": held},
        notes=[f"{held:,} of {len(verdicts):,} hold"],
    )
