"""`plain` and `table` of a check: a line per finding, for editors; what is used and allowed, for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TextIO

from tokscope.render.cells import bar_cells
from tokscope.report.check import CheckReport, Finding, Total, Usage, share_used
from tokscope.report.table import Column, Row, TableReport, most
from tokscope.text.visible import visible

WITHIN = 10
"""How many of the texts within their budgets are shown, the fullest first."""

BAR_WIDTH = 8  # cells for a full budget; what is over it gets 2 more


def plain(report: CheckReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write `path:line: message` for each finding, as compilers do; nothing if nothing was found.

    Example: out = StringIO(); plain(checked, out, color=False, width=None); out.getvalue() -> "a.md:12: 4,210
    tokens (o200k_base), 210 over the budget of 4,000\\n"
    """
    for finding in report.findings[: report.order.top]:
        warning = "warning: " if finding.level == "warning" else ""
        stream.write(visible(f"{place(finding)}: {warning}{finding.message}") + "\n")


def table(report: CheckReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Draw a row for each finding and budget, with a bar of used/budget in which `│` is the budget.

    Example: table(checked, sys.stdout, color=True, width=80)
    """
    from tokscope.render import terminal
    from tokscope.render.table import GAP, lines

    whole = overview(report)
    rows = [(*row, bar(share) if isinstance(share := row[-1], float) else "") for row in whole.rows]
    drawn = replace(whole, columns=[*whole.columns, Column("", optional=True)], rows=rows)
    screen = terminal.console(stream, color=color)
    shown = list(lines(drawn, terminal.terminal_width(stream, width)))
    for line in shown:
        line.highlight_regex(r"[█▏▎▍▌▋▊▉]+ *(?=│)", "cyan")
        line.highlight_regex(r"(?<=│)[█▏▎▍▌▋▊▉]+", "yellow" if f"{GAP}warn{GAP}" in line.plain else "red")
    terminal.write_lines(shown, screen)


def place(finding: Finding) -> str:
    """Say where a finding is, as editors and compilers do.

    Example: place(Finding("a.md", 12, ...)) -> "a.md:12"
    """
    return finding.path if finding.line is None else f"{finding.path}:{finding.line}"


def overview(report: CheckReport) -> TableReport:
    """Make the table of a check for people: all that was found, then the fullest of the rest.

    Example: overview(report).title -> "1 over budget, 2 over the warning level"

    Its last column is the share of the budget that is used, as a fraction.
    """
    errors = [finding for finding in report.findings if finding.level == "error"]
    warnings = [finding for finding in report.findings if finding.level != "error"]
    others = [one for one in report.budgeted if one.status not in ("over", "warn")]
    others.sort(key=lambda one: -(share_used(one) or 0))
    listed = [*errors, *warnings, *others[: None if report.order.top else WITHIN]]
    several = len({one.tokenizer for one in listed}) > 1
    if several:
        listed = _by_file(listed)
    rows = [_found(one, several) if isinstance(one, Finding) else _within(one) for one in listed]
    lines = several and any(row[2] is not None for row in rows)
    names = (
        Column("path", "path", grouped=several),
        Column("tokenizer", shown=several),
        Column("line", "id", optional=True, shown=lines),
    )
    figures = Column("tokens", "int"), Column("budget", "int"), Column("over", "int")
    notes = list(report.notes)
    notes += [f"{one.path}: its {one.largest.message}" for one in errors if one.largest][:1]
    if any(finding.more for finding in report.findings):
        notes.append("- under over: there are more tokens, which were not read")
    if len(others) > WITHIN and not report.order.top:
        notes.append(f"{len(others) - WITHIN:,} more within their budgets")
    table = TableReport(
        [*names, Column("status"), *figures, Column("used", "percent", optional=True)],
        rows,
        notes=notes,
        title=_verdict(len(errors), len(warnings), len(report.errors)),
    )
    return report.order(table) if report.order else table


def _verdict(over: int, warned: int, unjudged: int) -> str:
    """Say how many are over what, in a line."""
    said = {"over budget": over, "over the warning level": warned, "not judged": unjudged}
    return ", ".join(f"{count:,} {what}" for what, count in said.items() if count) or "within budget"


def _by_file(listed: Sequence[Finding | Usage | Total]) -> list[Finding | Usage | Total]:
    """Put what is said of one file together, where the first of it stands."""
    first = {one.path: at for at, one in reversed([*enumerate(listed)])}
    return sorted(listed, key=lambda one: first[one.path])


def bar(share: float) -> str:
    """Draw a fraction of a budget, the budget BAR_WIDTH cells wide.

    Example: 0.5 -> "████    │  "; 1.25 -> "████████│██"
    """
    return _draw_share(min(share, 1), BAR_WIDTH) + "│" + _draw_share(share - 1, 2)


def _draw_share(share: float, width: int) -> str:
    """Draw a fraction of BAR_WIDTH cells in eighths of a cell, at most `width`; more than 0 always shows."""
    eighths = min(max(round(share * BAR_WIDTH * 8), share > 0), width * 8)
    return bar_cells(eighths).ljust(width)


def _found(finding: Finding, grouped: bool) -> Row:
    where = finding.path if grouped else place(finding)  # of several tokenizers, whose lines differ, once
    name = f"{where}: {finding.title}" if finding.title else where
    over = None if finding.more else most(finding.tokens) - finding.budget
    status = "over" if finding.level == "error" else "warn"
    share = most(finding.tokens) / finding.budget
    return name, finding.tokenizer, finding.line, status, finding.tokens, finding.budget, over, share


def _within(one: Usage | Total) -> Row:
    name = f"{one.path} ({one.rule})" if one.rule else one.path
    over = one.over or None  # as the baseline allows
    return name, one.tokenizer, None, one.status, one.tokens, one.budget, over, share_used(one)
