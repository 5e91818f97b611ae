"""Findings: what `tokscope check` found, between judging and printing."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, NamedTuple

from tokscope.errors import InputError
from tokscope.report.objects import summary_of
from tokscope.report.order import Order
from tokscope.report.table import Column, Estimate, Later, Ordering, Row, TableReport, most
from tokscope.text.quantity import quantity


class LargestSection(NamedTuple):
    """The largest section of a text that is over its budget, with which to begin.

    Example: LargestSection("Usage", 12, 2100)

    `line` is None in a notebook.
    """

    title: str
    line: int | None
    tokens: int

    @property
    def message(self) -> str:
        """It in plain words; the title is not escaped.

        Example: LargestSection("Usage", 12, 2100).message -> "largest section, Usage (line 12), has 2,100"
        """
        where = f"{self.title} (line {self.line:,})" if self.line else self.title
        sign = self.tokens.sign if isinstance(self.tokens, Estimate) else ""
        return f"largest section, {where}, has {sign}{self.tokens:,}"


class Finding(NamedTuple):
    """A budget that is exceeded, or nearly.

    Example: Finding("a.md", 12, "max", "error", 4210, False, 4000, "o200k_base").message ->
    "4,210 tokens (o200k_base), 210 over the budget of 4,000"

    `line` counts from 1. `rule` is "max", "warn", "section", "total" or "growth", `level` "error" or
    "warning". `more` means that counting stopped at `tokens`. `title` is a section's heading, or the patterns
    of the files that share a total. `largest` is told of the first files that are over, and `accepted` what
    the baseline has of one that has become worse.
    """

    path: str
    line: int | None
    rule: str
    level: str
    tokens: int
    more: bool
    budget: int
    tokenizer: str
    title: str = ""
    largest: LargestSection | None = None
    accepted: int | None = None

    @property
    def file(self) -> str | None:
        """The path if it names a file: "-" is standard input, "--text" an argument, "--total" a rule."""
        return None if self.path in ("-", "--text", "--total", "--growth", "--budget") else self.path

    @property
    def key(self) -> tuple[str, ...]:
        """What it is about, in terms that stay the same when the text around it changes."""
        return self.path, self.rule, self.tokenizer, self.title

    @property
    def message(self) -> str:
        """The finding in plain words; the title, which comes from outside, is not escaped.

        Example: Finding("a.md", 12, "max", "error", 4210, False, 4000, "o200k_base").message -> "4,210 tokens
        (o200k_base), 210 over the budget of 4,000"
        """
        kinds = {"max": "budget", "warn": "warning level"}
        kind = kinds.get(self.rule, f"{self.rule} budget")
        if self.more:
            said = f"more than {quantity(self.budget, 'token')} ({self.tokenizer}), the {kind}"
        else:
            high = most(self.tokens)
            sign = self.tokens.sign if isinstance(self.tokens, Estimate) else ""
            at_most = f", at most {high:,}" if high != self.tokens else ""
            said = (
                f"{sign}{quantity(self.tokens, 'token')} ({self.tokenizer}){at_most}, "
                f"{high - self.budget:,} over the {kind} of {self.budget:,}{self._beside}"
            )
        return f"{self.title}: {said}" if self.title else said

    @property
    def _beside(self) -> str:
        """What helps to mend it: by how much it has become worse, and where most of it is."""
        said = ""
        if self.accepted is not None:
            said += f" and {most(self.tokens) - self.accepted:,} over the {self.accepted:,} of the baseline"
        return f"{said}; its {self.largest.message}" if self.largest else said

    @property
    def fields(self) -> dict[str, object]:
        """It in JSON; what is not known is left out.

        Example: Finding("a.md", 12, "max", "error", 4210, False, 4000, "o200k_base").fields["budget"] -> 4000
        """
        fields = self._asdict() | {"message": self.message}
        fields["largest"] = self.largest and self.largest._asdict()
        return {key: value for key, value in fields.items() if value is not None or key == "line"}


class Usage(NamedTuple):
    """How many tokens one file has, for one tokenizer, beside what it may have.

    Example: Usage("a.md", "o200k_base", True, 4210, 16000, 16100, budget=4000).over -> 210

    `budget` is None where rules judge only sections or totals. `more` says that counting stopped at `tokens`.
    `status` is "ok", "warn", "over" or "baseline": over, but not by more than the baseline knows. `change` is
    what became of the file since --base (see FileChange.kind), `old` its path and `before` its tokens then.
    """

    path: str
    tokenizer: str
    exact: bool
    tokens: int
    chars: int
    bytes: int
    budget: int | None = None
    more: bool = False
    status: str = "ok"
    change: str | None = None
    old: str | None = None
    before: int | None = None

    @property
    def over(self) -> int:
        """How many tokens it is over its budget; at least that many, where counting stopped."""
        return 0 if self.budget is None else max(0, most(self.tokens) - self.budget)

    @property
    def rule(self) -> str:
        """What it is held to: a budget of its own, which has no name."""
        return ""

    @property
    def figure(self) -> int:
        """Its tokens, marked where they are an estimate."""
        return Estimate.unless(self.exact, self.tokens)

    @property
    def fields(self) -> dict[str, object]:
        """It in JSON; what only --base and early exit have to say is left out elsewhere.

        Example: Usage("a.md", "byte", True, 9, 9, 9, before=7, change="modified").fields["delta"] -> 2
        """
        fields = self._asdict() | {"over": self.over}
        if self.before is not None:
            fields["delta"] = growth(self)
        for key in ("change", "old", "before", "more"):
            if not fields[key] and not (key == "before" and self.change):
                del fields[key]
        return fields


class Total(NamedTuple):
    """How many tokens the files of one rule have together, for one tokenizer; `before` is that of --base.

    Example: Total("docs/**", "o200k_base", 106_000, 105_000, "growth", "over", before=100_000).over -> 1000

    `rule` is "total" or "growth", `path` the rule's globs, `status` "ok", "over" or "baseline".
    """

    path: str
    tokenizer: str
    tokens: int
    budget: int
    rule: str
    status: str
    before: int | None = None

    @property
    def over(self) -> int:
        """How many tokens they have above their budget."""
        return max(0, most(self.tokens) - self.budget)

    @property
    def change(self) -> None:
        """What became of them since --base, which is a matter of files."""
        return None

    @property
    def figure(self) -> int:
        """Their tokens, an Estimate where a part of them is one."""
        return self.tokens

    @property
    def fields(self) -> dict[str, object]:
        """It in JSON."""
        return self._asdict() | {"over": self.over}


def share_used(one: Usage | Total) -> float | None:
    """Give the share of its budget that is used up; None without a budget, and for one of nothing.

    Example: share_used(Total("docs/**", "o200k_base", 5_000, 4_000, "total", "over")) -> 1.25
    """
    return most(one.tokens) / one.budget if one.budget else None


def growth(one: Usage | Total) -> int | None:
    """Tell by how many tokens it has grown since --base; None where that is not known.

    Example: growth(Total("docs/**", "o200k_base", 5_000, 4_000, "total", "over", before=4_900)) -> 100
    """
    return None if one.before is None else one.tokens - one.before


@dataclass(frozen=True, slots=True)
class CheckReport(TableReport):
    """A table, with the findings that it shows.

    Example: CheckReport(columns, rows, results=[{"path": "a.md", ..., "status": "over"}], findings=[...])

    `budgeted` is all that has a budget, over it or not: files, then totals. `root` is the root of the
    repository, None if it is not known or is the working directory. `order` is that of the table for people,
    which has the findings and the fullest of the rest.
    """

    forms: ClassVar[Sequence[str]] = ("check", "table", "results")

    findings: Sequence[Finding] = ()
    budgeted: Sequence[Usage | Total] = ()
    root: str | None = None
    order: Ordering = field(default_factory=Order)

    @classmethod
    def of(
        cls,
        usages: Sequence[Usage],
        totals: Sequence[Total],
        findings: Sequence[Finding],
        problems: Sequence[InputError],
        root: str | None,
        without: Sequence[str] = (),
    ) -> CheckReport:
        """Make a row for each file that was judged and for each total, and one for what could not be judged.

        Example: CheckReport.of([Usage("a.md", "byte", True, 9, 9, 9, 8)], [], [], [], None).rows[0] ->
        ["a.md", 9, 8, 1, 1.125, "ok"]

        `without` are the files that no rule is for.
        """
        over = sum(finding.level == "error" for finding in findings)
        summary = summary_of((usage.path, usage.tokenizer, usage.tokens) for usage in usages)
        summary |= {"over": over, "warnings": len(findings) - over, "passed": not over and not problems}
        if totals:
            summary["totals"] = [total.fields for total in totals]
        if without:
            summary["without_rule"] = without
        summary["findings"] = [finding.fields for finding in findings]
        by_bounds = any(most(usage.tokens) != usage.tokens for usage in usages)
        judged: list[Usage | Total] = [*usages, *totals]
        return cls(
            _columns(usages, reasons=bool(problems)),
            [*map(_row, judged), *((one.path, *[None] * 8, "unjudged", one.message) for one in problems)],
            results=Later(lambda: (usage.fields for usage in usages)),
            summary=summary,
            notes=["estimates are judged by their upper bounds"] if by_bounds else [],
            findings=findings,
            budgeted=[one for one in judged if one.budget is not None],
            root=root,
        )

    @property
    def failed(self) -> bool:
        """Whether a budget is exceeded."""
        return any(finding.level == "error" for finding in self.findings)

    @property
    def figure(self) -> None:
        """None: what it says of a text is more than a figure."""

    def ordered(self, order: Ordering, form: str | None) -> CheckReport:
        """Put its rows and results in order; the table for people makes rows of its own, and orders those."""
        if form == "check":
            return replace(self, order=order)
        return replace(self, rows=(ordered := order(self)).rows, results=ordered.results)

    def from_root(self, path: str) -> str:
        """Name a file relative to the root of the repository, as the services do.

        Example: CheckReport([], [], root="/repo").from_root("a.md") -> "docs/a.md", in /repo/docs
        """
        if self.root is None:
            return path
        named = os.path.relpath(path, self.root)
        return path if named.startswith(os.pardir) else named.replace(os.sep, "/")

    def place_of(self, finding: Finding) -> str:
        """Give the path of a finding's file as from_root() does, or what stands in place of a file.

        Example: report.place_of(finding) -> "docs/a.md"
        """
        return finding.path if finding.file is None else self.from_root(finding.path)

    def unjudged(self) -> Iterator[tuple[str | None, str, str]]:
        """Give for each error the file that it is about, what was asked for, and why it cannot be judged.

        Example: [("docs/a.md", "docs/a.md", "a NUL byte at 3"), (None, "gone.md", "no such file")]

        The file is named as from_root does it, and None where there is none.
        """
        for error in self.errors:
            path, message = str(error["path"]), str(error["message"])
            file = self.from_root(path) if os.path.lexists(path) else None
            yield file, file or path, message


COLUMNS = [
    Column("path", "path"),
    Column("tokenizer"),
    Column("tokens", "int"),
    *(Column("before", "int"), Column("delta", "int", signed=True)),
    Column("change"),
    Column("budget", "int"),
    Column("over", "int"),
    Column("used", "percent"),
    Column("status"),
    Column("why"),
]


def _columns(usages: Sequence[Usage], *, reasons: bool) -> list[Column]:
    since = any(usage.change for usage in usages)
    several = len({usage.tokenizer for usage in usages}) > 1
    shown = {"tokenizer": several, "before": since, "delta": since, "change": since, "why": reasons}
    return [one._replace(shown=shown.get(one.name, True)) for one in COLUMNS]


def _row(one: Usage | Total) -> Row:
    return (
        *(one.path, one.tokenizer, one.figure, one.before, growth(one), one.change),
        *(one.budget, one.over if one.budget is not None else None, share_used(one), one.status, None),
    )


NAMED_EACH = 5
"""How many files are named, where more are counted by their folders."""


def unruled(paths: Sequence[str], *, each: bool) -> Sequence[str]:
    """Say which files no rule is for: each by its name, or of more than a few how many are in which folders.

    Example: unruled(["a.md"], each=False) -> ["no rule is for a.md"]; of many: "no rule is for 28 files,
    20 in docs/, 8 here; ..."
    """
    if each or len(paths) <= NAMED_EACH:
        return [f"no rule is for {path}" for path in paths]
    folders = Counter(path[: path.find("/", 1) + 1] for path in paths).most_common()
    told = [f"{count:,} {f'in {folder}' if folder else 'here'}" for folder, count in folders]
    others = sum(count for _, count in folders[NAMED_EACH:])
    told[NAMED_EACH:] = [f"{others:,} elsewhere"] if others else []
    return [f"no rule is for {len(paths):,} files, {', '.join(told)}; -v or JSON names each"]


def fingerprints(keys: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Give each key a name of 32 hex digits, by which services tell new findings from known ones.

    Example: fingerprints(finding.key for finding in findings)

    Equal keys, such as those of two sections with the same heading, are numbered in order.
    """
    from hashlib import sha256

    seen: dict[tuple[str, ...], int] = {}
    for key in keys:
        seen[key] = number = seen.get(key, 0) + 1
        # ascii() keeps the parts apart, and can write lone surrogates
        yield sha256(ascii((*key, number)).encode()).hexdigest()[:32]
