"""Findings: what `tokscope check` found, between judging and printing."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, NamedTuple

from tokscope.report.order import Order
from tokscope.report.table import Estimate, Ordering, TableReport, most


class Finding(NamedTuple):
    """A budget that is exceeded, or nearly.

    Example: Finding("a.md", 12, "max", "error", 4210, False, 4000, "o200k_base").message ->
    "4,210 tokens (o200k_base), 210 over the budget of 4,000"

    `line` counts from 1. `rule` is "max", "warn", "section", "total" or "growth", `level` "error" or
    "warning". `more` means that counting stopped at `tokens`. `title` is a section's heading, or the patterns
    of the files that share a total.
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
            said = f"more than {self.budget:,} tokens ({self.tokenizer}), the {kind}"
        else:
            high = most(self.tokens)
            sign = self.tokens.sign if isinstance(self.tokens, Estimate) else ""
            at_most = f", at most {high:,}" if high != self.tokens else ""
            said = (
                f"{sign}{self.tokens:,} tokens ({self.tokenizer}){at_most}, {high - self.budget:,} over the "
                f"{kind} of {self.budget:,}"
            )
        return f"{self.title}: {said}" if self.title else said


@dataclass(frozen=True, slots=True)
class CheckReport(TableReport):
    """A table, with the findings that it shows.

    Example: CheckReport(columns, rows, results=[{"path": "a.md", ..., "status": "over"}], findings=[...])

    `root` is the root of the repository, None if it is not known or is the working directory. `order` is that
    of the table for people, which has the findings and the fullest of the rest.
    """

    forms: ClassVar[Sequence[str]] = ("check", "table", "results")

    findings: Sequence[Finding] = ()
    root: str | None = None
    order: Ordering = field(default_factory=Order)

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

    def unjudged(self) -> Iterator[tuple[str | None, str, str]]:
        """Give for each error the file that it is about, what was asked for, and why it cannot be judged.

        Example: [("docs/a.md", "docs/a.md", "a NUL byte at 3"), (None, "gone.md", "no such file")]

        The file is named as from_root does it, and None where there is none.
        """
        for error in self.errors:
            path, message = str(error["path"]), str(error["message"])
            file = self.from_root(path) if os.path.lexists(path) else None
            yield file, file or path, message


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
