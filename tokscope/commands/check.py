"""`tokscope check`: prompts held to their budgets."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from tokscope.errors import ExitCode, InputError, UsageError
from tokscope.gate import config
from tokscope.gate.baseline import NAME, Baseline
from tokscope.gate.budget import Audit, Total, Usage
from tokscope.gate.config import Config
from tokscope.gate.revisions import Change, Repository, Since
from tokscope.inputs import Decoding, Document, Selection, documents
from tokscope.report.check import CheckReport
from tokscope.report.table import Column, Row, summary_of
from tokscope.shell.console import Console
from tokscope.shell.options import OUTPUT, Color, Inputs, Output, Tokenizers, When, format_option


def check(
    inputs: Inputs,
    tokenizers: Tokenizers,
    budget: Annotated[
        str | None,
        typer.Option(metavar="N", help='Tokens that each file may have; or "MODEL - RESERVE".'),
    ] = None,
    config_file: Annotated[
        str | None,
        typer.Option("--config", metavar="FILE", help="The rules.", show_default="the nearest configuration"),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(metavar="REV", help="Judge what has changed since this git revision, and growth."),
    ] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help=f"Accept what is over today, in {NAME}.")
    ] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Only report: exit 0 where over.")] = False,
    format: Annotated[
        str | None,
        format_option(CheckReport.forms),
    ] = None,
    output: Output = None,
    output_file: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FORMAT=FILE", help="Write this report too. Repeatable.", rich_help_panel=OUTPUT
        ),
    ] = None,
    color: Color = When.AUTO,
) -> int:
    """Hold texts to their token budgets: --budget N, or the rules of a configuration. Exits 1 when over."""
    console = Console(output, format, color, CheckReport.forms)
    others = [Console(*_file_and_format(one), When.NEVER, CheckReport.forms) for one in output_file or []]
    rules = _rules(budget, config_file, ",".join(tokenizers.tokenizers or []) or None)
    decoding, selection = inputs.decoding, inputs.selection
    if update_baseline and (base or (budget is None and _names_files(selection))):
        raise UsageError("--update-baseline accepts all that the rules are for: leave out paths and --base")
    known = Baseline(rules.root, {}) if update_baseline else Baseline.read(rules.root)
    load = cache(lambda spec: tokenizers._replace(tokenizers=[spec]).load())
    audit = Audit(rules, load, known, console.progress)
    since = None if base is None else _since(base, audit, rules, selection, decoding, console)
    notes: list[str] = []
    find = _ruled if budget is None else _named
    for document, judged in find(rules, selection, decoding, console, notes):
        name = _name(document.path, rules)
        change = since.change(name) if since else None
        try:
            audit.add(name, document, change, judged=judged and (since is None or change is not None))
        except InputError as error:
            console.problem(error)
    audit.end(base=base is not None)
    if update_baseline:
        return _update(known, audit, console)
    used = {one.name: one for rule in rules.rules for one in load(rule.tokenizer)}
    if base is None and any(rule.growth is not None for rule in rules.rules):
        notes.append("growth is judged with --base")
    report = _report(audit, console, notes)
    code = console.write(report, [*used.values()])
    for other in others:
        other.problems, other.skipped = console.problems, console.skipped
        other.write(report, [*used.values()])
    over = any(finding.level == "error" for finding in audit.findings)
    return ExitCode.OVER_BUDGET if over and code is ExitCode.OK and not exit_zero else code


def _file_and_format(written: str) -> tuple[str, str]:
    """Take FORMAT=FILE apart."""
    format, equals, file = written.partition("=")
    if not (format and equals and file):
        raise UsageError(f"--output-file {written!r}: must be FORMAT=FILE, like junit=report.xml")
    return file, format


def _rules(budget: str | None, file: str | None, tokenizer: str | None) -> Config:
    """Find the rules: --budget's one rule, or those of a configuration."""
    if budget is not None:
        if file is not None:
            raise UsageError("--budget is a rule by itself, and --config names others: one of them")
        return config.of_budget(budget, tokenizer)
    found = config.find(Path.cwd()) if file is None else Path(file)
    if found is None:
        raise UsageError("no budget: give --budget N, or write [[tool.tokscope.budget]] into pyproject.toml")
    return config.read(found, tokenizer)


def _name(path: str, rules: Config) -> str:
    """Name a file as the rules do: by its path from their folder."""
    return os.path.relpath(path, rules.root).replace(os.sep, "/")


def _names_files(selection: Selection) -> bool:
    return bool(selection.paths or selection.text or selection.files_from or selection.files0_from)


def _named(
    rules: Config, selection: Selection, decoding: Decoding, console: Console, notes: list[str]
) -> Iterator[tuple[Document, bool]]:
    """Find what --budget is for, which is all judged: what the user names, or a pipe."""
    empty = True
    for document in documents(
        selection, decoding, report=console.problem, skip=console.skipped.append, command="tokscope check"
    ):
        yield document, True
        empty = False
    if empty and not console.problems:
        console.problem(
            InputError(" ".join(selection.paths) or "--files-from", "no text file is there to judge")
        )


def _ruled(
    rules: Config, selection: Selection, decoding: Decoding, console: Console, notes: list[str]
) -> Iterator[tuple[Document, bool]]:
    """Find what the rules are for, and whether each file is to be judged by itself.

    Where the user names files only they are, and the others are but read for totals. A standard input that
    nobody named is left alone: in CI there always is one.
    """
    named: set[str] = set()
    if _names_files(selection):
        for document in documents(selection, decoding, report=console.problem, command="tokscope check"):
            if document.path in ("-", "--text"):
                console.problem(
                    InputError(document.path, "no rule is for a text without a path: give --budget N")
                )
                continue
            named.add(_name(document.path, rules))
            if rules.matches(_name(document.path, rules)):
                yield document, True
            else:
                notes.append(f"no rule is for {document.path}")
        if not any(rule.together for rule in rules.rules):
            return
    folder = [os.path.relpath(rules.root)]
    everything = Selection(folder, exclude=selection.exclude, ignore=selection.ignore, hidden=True)
    names = []
    for document in documents(everything, decoding, report=console.problem):
        document.path = os.path.relpath(document.path)  # ../docs/a.md is a.md to who is in docs
        names.append(_name(document.path, rules))
        if names[-1] not in named:
            yield document, not _names_files(selection)
    for rule in rules.rules:
        for pattern in rule.paths.idle(names):
            console.problem(InputError(rules.path, f"paths: {pattern!r} matches no text file"))


def _since(
    base: str, audit: Audit, rules: Config, selection: Selection, decoding: Decoding, console: Console
) -> Since:
    """Read what the changed files of the rules were at the revision `base`."""
    repository = Repository(rules.root)
    since = Since(repository, base)
    together = any(rule.together for rule in rules.rules)
    old = [
        change
        for change in since.changes
        if change.old is not None
        and audit.matches(change)
        and (together or _within(change, selection, rules))
    ]
    for change, document in repository.documents(old, base, decoding):
        try:
            audit.change(change, document, judged=_within(change, selection, rules))
        except InputError as error:
            console.problem(error)
    return since


def _within(change: Change, selection: Selection, rules: Config) -> bool:
    """Say whether the paths that the user named, if any, take in a file that may be gone."""
    if not selection.paths or selection.files_from or selection.files0_from:
        return True
    named = [_name(path, rules) for path in selection.paths]
    return any(
        name in (".", path) or path.startswith(f"{name}/")
        for path in (change.old, change.new)
        if path is not None
        for name in named
    )


def _update(known: Baseline, audit: Audit, console: Console) -> int:
    """Write the baseline, unless something could not be judged and would be missing from it."""
    if console.problems:
        return ExitCode.ERROR
    count = known.write(audit.findings)
    print(f"{os.path.relpath(known.path)}: {count} {'finding' if count == 1 else 'findings'} accepted")
    return ExitCode.OK


def _report(audit: Audit, console: Console, notes: Sequence[str]) -> CheckReport:
    """A row for each file that was judged, and one for each total."""
    usages = sorted(audit.usages, key=lambda usage: usage.path)
    since = any(usage.change for usage in usages)
    several = len({usage.tokenizer for usage in usages}) > 1
    over = sum(finding.level == "error" for finding in audit.findings)
    warnings = len(audit.findings) - over
    columns = [
        Column("path", "path"),
        *([Column("tokenizer")] if several else []),
        Column("tokens", "int"),
        *([Column("before", "int"), Column("delta", "int"), Column("change")] if since else []),
        Column("budget", "int"),
        Column("over", "int"),
        Column("used", "percent"),
        Column("status"),
    ]
    summary = summary_of((usage.path, usage.tokenizer, usage.tokens) for usage in usages)
    summary |= {"over": over, "warnings": warnings, "passed": not over and not console.problems}
    if audit.totals:
        summary["totals"] = [total._asdict() | {"over": total.over} for total in audit.totals]
    summary["findings"] = [finding._asdict() | {"message": finding.message} for finding in audit.findings]
    return CheckReport(
        columns,
        [_row(one, several, since) for part in (usages, audit.totals) for one in part],
        results=[_result(usage) for usage in usages],
        summary=summary,
        notes=notes,
        findings=audit.findings,
    )


def _row(usage: Usage | Total, several: bool, since: bool) -> Row:
    delta = None if usage.before is None else usage.tokens - usage.before
    return (
        usage.path,
        *([usage.tokenizer] if several else []),
        usage.tokens,
        *([usage.before, delta, usage.change if isinstance(usage, Usage) else None] if since else []),
        usage.budget,
        usage.over if usage.budget is not None else None,
        usage.tokens / usage.budget if usage.budget else None,
        usage.status,
    )


def _result(usage: Usage) -> dict[str, object]:
    """Describe a file in JSON; what only --base and early exit have to say is left out elsewhere."""
    result = usage._asdict() | {"over": usage.over}
    if usage.before is not None:
        result["delta"] = usage.tokens - usage.before
    for key in ("change", "old", "before", "more"):
        if not result[key] and not (key == "before" and usage.change):
            del result[key]
    return result
