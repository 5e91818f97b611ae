"""LateReport: a result that makes only what a format asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tokscope.report.objects import summary_of
from tokscope.report.table import Column, Fields, Later, Report, Row, only_shown


@dataclass(frozen=True, slots=True, kw_only=True)
class LateReport(Report):
    """What tokenizers made of each input; rows and results are made as they are read, each time again.

    Example: class SplitReport(LateReport), so that a long text is never in memory twice

    `summary` is what is known of all inputs, besides their number and their tokens, which are added to it.
    """

    def fill(
        self,
        counts: Iterable[tuple[str | None, str, int]],
        results: Callable[[], Iterable[Fields]],
        columns: Sequence[Column] = (),
        rows: Callable[[], Iterable[Row]] = tuple,
    ) -> None:
        """Sum up `counts`, choose the columns that are shown, and take what makes rows and results.

        Example: report.fill([("a.md", "byte", 3)], lambda: ({"tokens": 3},)); report.summary ->
        {"files": 1, "tokens": {"byte": 3}}

        `counts` are each a path, a tokenizer and its tokens.
        """
        shown, cells = only_shown(columns)
        put = object.__setattr__
        put(self, "summary", summary_of(counts) | dict(self.summary))
        put(self, "columns", shown)
        put(self, "rows", Later(lambda: map(cells, rows())))
        put(self, "results", Later(results))
