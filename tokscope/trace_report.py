"""TraceReport: what `trace` found, between tracing and printing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from tokscope.report import Report
from tokscope.split_report import Cut, SplitReport
from tokscope.trace import Trace


class Traced(NamedTuple):
    """A trace, and what it is a trace of, as `split` says it."""

    cut: Cut
    trace: Trace


@dataclass(frozen=True, slots=True)
class TraceReport(Report):
    """The result of `trace`: every trace, a result each.

    Example: TraceReport.of([Traced(Cut("byte", split), trace)], [], [])
    """

    form: ClassVar[str] = "trace"

    traced: Sequence[Traced] = ()

    @classmethod
    def of(
        cls, traced: Sequence[Traced], errors: Sequence[Mapping[str, object]], notes: Sequence[str]
    ) -> TraceReport:
        """Report on traces; a result is that of `split`, with the steps in place of the tokens."""
        report = SplitReport([cut for cut, _ in traced])
        results = [
            {
                **{key: value for key, value in result.items() if key != "split"},
                "steps": [step.json for step in trace.steps],
            }
            for result, (_, trace) in zip(report.results, traced, strict=True)
        ]
        return cls(
            *((), ()), results=results, errors=errors, summary=report.summary, notes=notes, traced=traced
        )
