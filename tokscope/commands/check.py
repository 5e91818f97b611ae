"""`tokscope check`: prompts held to their budgets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, NamedTuple

import typer

from tokscope.errors import ExitCode, InputError, UsageError
from tokscope.gate import git
from tokscope.gate.backlog import Backlog
from tokscope.gate.baseline import BASELINE_NAME, Baseline
from tokscope.gate.budget import Audit
from tokscope.gate.config import Config, here
from tokscope.gate.configs import Configs
from tokscope.gate.scope import Scope
from tokscope.report.check import COLUMNS as COLUMNS
from tokscope.report.check import CheckReport, unruled
from tokscope.report.order import Order
from tokscope.shell.console import Console, Voice
from tokscope.shell.input_options import Inputs, Outputs
from tokscope.shell.media_options import Media
from tokscope.shell.options import OUTPUT, Color, Output, Sort, Tokenizers, Top, format_option
from tokscope.text.quantity import quantity
from tokscope.text.visible import visible


class Reports(NamedTuple):
    """How to print what was found, and where else to write it.

    Example: [one.format for one in Reports("github", output_file=["json=a.json"]).consoles()] -> ["github",
    "json"]
    """

    format: Annotated[str | None, format_option(CheckReport.forms)] = None
    output: Output = None
    output_file: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FORMAT=FILE",
            help="Also write a report in this format to this file. Repeatable.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    color: Color = "auto"
    sort: Sort = None
    top: Top = None

    def consoles(self) -> list[Console]:
        """Make the command's ways out, the main one first. Raises UsageError and OutputError.

        Example: Reports("json").consoles()[0].format -> "json"
        """
        others = [_format_and_file(one) for one in self.output_file or []]
        return [
            Console(self.output, self.format, self.color, CheckReport.forms, Order(self.sort, self.top)),
            *(Console(file, format, "never", CheckReport.forms) for format, file in others),
        ]


def _format_and_file(written: str) -> tuple[str, str]:
    """Take FORMAT=FILE apart."""
    format, equals, file = written.partition("=")
    if not (format and equals and file):
        raise UsageError(f"--output-file {written!r}: must be FORMAT=FILE, like junit=report.xml")
    return format, file


class GivenRule(NamedTuple):
    """A rule of the command line, with the keys that one of a configuration has.

    Example: GivenRule("4000").given -> {"max": "4000"}
    """

    max: Annotated[
        str | None,
        typer.Option(
            *("-n", "--budget"), metavar="N", help='Tokens allowed in each file, or "MODEL - RESERVE".'
        ),
    ] = None
    warn: Annotated[str | None, typer.Option(metavar="N", help="Report files over N, without failing.")] = (
        None
    )
    section: Annotated[
        str | None, typer.Option(metavar="N", help="Tokens allowed in each Markdown section.")
    ] = None
    total: Annotated[str | None, typer.Option(metavar="N", help="Tokens allowed in all files together.")] = (
        None
    )
    growth: Annotated[
        str | None, typer.Option(metavar="N%", help="How much the total may grow since --base.")
    ] = None

    @property
    def given(self) -> dict[str, str]:
        """What was given, by the keys of a rule."""
        return {key: limit for key, limit in self._asdict().items() if limit is not None}


class Judging(NamedTuple):
    """By which rules to judge, and against what.

    Example: Judging(base="main").exit_zero -> False
    """

    config_file: Annotated[
        str | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="The file of rules.",
            show_default="the nearest tokscope.toml or pyproject.toml",
        ),
    ] = None
    base: Annotated[
        str | None,
        typer.Option(metavar="REV", help="Judge only what has changed since this git revision, and growth."),
    ] = None
    base_exact: Annotated[
        bool,
        typer.Option("--base-exact", help="Compare with REV itself, not with where HEAD branched off it."),
    ] = False
    update_baseline: Annotated[
        bool,
        typer.Option("--update-baseline", help=f"Accept what is over today: write it into {BASELINE_NAME}."),
    ] = False
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Only report: exit with 0 even if something is over.")
    ] = False

    def require_base(self, rule: GivenRule) -> None:
        """Raise UsageError for a rule that cannot be judged.

        Example: Judging(base="main").require_base(GivenRule(growth="5%"))
        """
        if rule.growth is not None and self.base is None:
            raise UsageError("--growth needs --base REV, the revision to grow from")

    def audit(
        self, config: Config, backlog: Backlog, tokenizers: Tokenizers, media: Media, console: Console
    ) -> Audit:
        """Make the audit of one configuration. Raises InputError for a baseline that cannot be read.

        Example: Judging("4000").audit(config, backlog, tokenizers, media, console)
        """
        known = Baseline(config.root, {}) if self.update_baseline else Baseline.read(config.root)
        special, dictionary = tokenizers.special, tokenizers.dictionary
        return Audit(
            *(config, known, backlog, console.progress),
            special=special,
            dictionary=dictionary,
            asked=lambda: media.asked,
        )


def check(
    inputs: Inputs,
    tokenizers: Tokenizers,
    rule: GivenRule,
    judging: Judging,
    reports: Reports,
    media: Media,
    outputs: Outputs = False,
) -> int:
    """Hold files to token budgets: --budget N, or the rules in tokscope.toml or pyproject.toml.

    Exit codes: 0 within the budgets, 1 over one, 2 if something could not be judged.
    """
    media.check()
    judging.require_base(rule)
    console, *others = reports.consoles()
    asked = ",".join(tokenizers.tokenizers or []) or None
    configs = Configs.named(rule.given, judging.config_file, asked, console.problem)
    console.outputs = outputs
    files = Scope(
        *(configs, inputs.selection, replace(media.decoding(inputs.decoding), notebooks=console.notebooks)),
        lambda config, backlog: judging.audit(config, backlog, tokenizers, media, console),
        *(console.problem, console.skipped.append, console.say),
    )
    if judging.update_baseline and (judging.base or (not rule.given and files.named)):
        raise UsageError("--update-baseline accepts everything the rules cover: leave out paths and --base")
    audits = files.judge(judging.base, exact=judging.base_exact)
    if judging.update_baseline:
        return _update(audits, console)
    used = [*{one.name: one for audit in audits for one in audit.tokenizers}.values()]
    console.left_out += unruled(files.unruled, each=console.voice is Voice.VERBOSE)
    console.left_out += files.notes if console.voice is not Voice.QUIET else []
    report = _report(audits, console.problems, files.unruled)
    code = console.write(report, used)
    for other in others:
        other.problems, other.skipped = console.problems, console.skipped
        other.left_out = [*console.left_out, *console.notebooks().notes()]
        other.write(report, used)
    over = report.failed and not judging.exit_zero
    return ExitCode.OVER_BUDGET if over and code is ExitCode.OK else code


def _update(audits: Sequence[Audit], console: Console) -> int:
    """Write the baselines, unless something could not be judged and would be missing from them."""
    said = []
    for audit in audits if not console.problems else ():
        count = audit.baseline.write(audit.findings)
        accepted = f"{quantity(count, 'finding')} accepted"
        said.append(f"{visible(os.path.relpath(audit.baseline.path))}: {accepted}\n".encode())
    with console.stream() as out:
        out.writelines(said)
    return console.end()


def _report(audits: Sequence[Audit], problems: Sequence[InputError], without: Sequence[str]) -> CheckReport:
    """Put together what the audits found."""
    usages = sorted((usage for audit in audits for usage in audit.usages), key=lambda usage: usage.path)
    totals = [total for audit in audits for total in audit.totals]
    findings = [finding for audit in audits for finding in audit.findings]
    return CheckReport.of(usages, totals, findings, problems, _root(), without)


def _root() -> str | None:
    """Find the root of the repository, by which services know files, or ask a service where it is."""
    found = git.root_of(here())
    return str(found) if found else os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR")
