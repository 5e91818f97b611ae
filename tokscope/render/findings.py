"""`plain` and `table` of a check: a line per finding, for editors; what is used and allowed, for people."""

from __future__ import annotations

from dataclasses import replace
from typing import TextIO

from tokscope.render.cells import bar_cells
from tokscope.report.check import CheckReport, Finding, Total, Usage, share_used
from tokscope.report.table import Column, Row, TableReport, most
from tokscope.text.visible import visible

WITHIN = 10
"""How many of the texts within their budgets are shown, the fullest first."""

BAR_WIDTH = 8  # cells for a full budget; what is over it gets 2 more, and the percentage 5


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
    rows = [(*row[:-1], bar(share) if isinstance(share := row[-1], float) else None) for row in whole.rows]
    drawn = replace(whole, columns=[*whole.columns[:-1], Column("used", optional=True)], rows=rows)
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
    rows = [
        *map(_found, errors),
        *map(_found, warnings),
        *map(_within, others[: None if report.order.top else WITHIN]),
    ]
    several = len({row[1] for row in rows}) > 1
    names = Column("path", "path", grouped=several), Column("tokenizer", optional=True, shown=several)
    figures = Column("tokens", "int"), Column("budget", "int"), Column("over", "int")
    said = {
        "over budget": len(errors),
        "over the warning level": len(warnings),
        "not judged": len(report.errors),
    }
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
        title=", ".join(f"{count:,} {what}" for what, count in said.items() if count) or "within budget",
    )
    return report.order(table) if report.order else table


def bar(share: float) -> str:
    """Draw a fraction of a budget, the budget BAR_WIDTH cells wide.

    Example: 0.5 -> "████    │    50%"; 1.25 -> "████████│██ 125%"; 21.2 -> "████████│██  21×"
    """
    cells = _draw_share(min(share, 1), BAR_WIDTH) + "│" + _draw_share(share - 1, 2)
    return cells + (f"{share:5.0%}" if share < 10 else f"{min(share, 9999):4.0f}×")


def _draw_share(share: float, width: int) -> str:
    """Draw a fraction of BAR_WIDTH cells in eighths of a cell, at most `width`; more than 0 always shows."""
    eighths = min(max(round(share * BAR_WIDTH * 8), share > 0), width * 8)
    return bar_cells(eighths).ljust(width)


def _found(finding: Finding) -> Row:
    name = f"{place(finding)}: {finding.title}" if finding.title else place(finding)
    over = None if finding.more else most(finding.tokens) - finding.budget
    status = "over" if finding.level == "error" else "warn"
    share = most(finding.tokens) / finding.budget
    return name, finding.tokenizer, status, finding.tokens, finding.budget, over, share


def _within(one: Usage | Total) -> Row:
    name = f"{one.path} ({one.rule})" if one.rule else one.path
    over = one.over or None  # as the baseline allows
    return name, one.tokenizer, one.status, one.tokens, one.budget, over, share_used(one)
