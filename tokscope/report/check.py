"""Findings: what `tokscope check` found, between judging and printing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from tokscope.report.table import Estimate, TableReport, most


class Finding(NamedTuple):
    """One budget that is exceeded, or nearly.

    Example: Finding("a.md", 12, "max", "error", 4210, False, 4000, "o200k_base").message ->
    "4,210 tokens (o200k_base), 210 over the budget of 4,000"

    `line` counts from 1. `rule` is "max", "warn", "section", "total" or "growth", `level` "error" or
    "warning". `more` says that counting stopped at `tokens`. `title` is a section's heading, or the patterns
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
        """The path, where it names a file: "-" is standard input, and "--text" an argument."""
        return None if self.path in ("-", "--text") else self.path

    @property
    def key(self) -> tuple[str, ...]:
        """What it is about, which stays the same when the text around it changes."""
        return self.path, self.rule, self.tokenizer, self.title

    @property
    def message(self) -> str:
        """Say it in plain words; what comes from outside, the title, is as it came."""
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
    """A table with the findings behind it.

    Example: CheckReport(columns, rows, results=[{"path": "a.md", ..., "status": "over"}], findings=[...])

    `root` is the root of the repository, None where it is not known, or where the user is.
    """

    forms: ClassVar[Sequence[str]] = ("check", "table", "results")

    findings: Sequence[Finding] = ()
    root: str | None = None

    def from_root(self, path: str) -> str:
        """Name a file from the root of the repository, as the services do that know only that.

        Example: CheckReport([], [], root="/repo").from_root("a.md") -> "docs/a.md", in /repo/docs
        """
        if self.root is None:
            return path
        named = os.path.relpath(path, self.root)
        return path if named.startswith(os.pardir) else named.replace(os.sep, "/")


def fingerprints(keys: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Give each key a name of 32 hex digits, by which services tell what is new from what they know.

    Example: fingerprints(finding.key for finding in findings)

    Keys that are alike, as those of two sections with the same heading, are numbered in their order.
    """
    from hashlib import sha256

    seen: dict[tuple[str, ...], int] = {}
    for key in keys:
        seen[key] = number = seen.get(key, 0) + 1
        # ascii() keeps the parts apart, and makes lone surrogates writable
        yield sha256(ascii((*key, number)).encode()).hexdigest()[:32]
