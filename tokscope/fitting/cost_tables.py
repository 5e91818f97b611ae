"""The tables of what a length costs to compute, as `fit --arch` prints them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from tokscope.fitting.attention import Architecture, Cost
from tokscope.measure.whole import Whole
from tokscope.report.chart import Chart
from tokscope.report.table import Column, Estimate, Row, TableReport

COST_COLUMNS = [
    Column("tokenizer", grouped=True),
    Column("tokens", "int"),
    Column("attention"),
    Column("GFLOP", "ratio"),
    Column("of full", "percent"),
    Column("of full", "bar", optional=True),
    Column("KV cache MiB", "ratio"),
    Column("calls", "int", optional=True),
    Column("tokens read", "int", optional=True),
    Column("positions", "int", optional=True),
]


class CostTables(NamedTuple):
    """What attention costs in an architecture, for an input as each tokenizer counts it.

    Example: CostTables(whole, ARCHITECTURES["bert-base"], "bert-base", Computing().costs).below(None)

    `name` is the architecture's, None for one that has none; `costs` gives what so many tokens cost in it.
    """

    whole: Whole
    architecture: Architecture
    name: str | None
    costs: Callable[[Architecture, int], Sequence[Cost]]

    def below(self, windows: TableReport | None) -> TableReport:
        """Put the costs below the windows, if there are any; a plot is of the costs.

        Example: tables.below(windows).parts[-1].title -> "What the length costs to compute, llama-3-8b"
        """

        def beside(cost: TableReport) -> TableReport:
            if windows is None:
                return cost
            return self._under(windows, cost) if self.whole.files else replace(windows, sheet=cost)

        cost = self._table()
        report = beside(cost)
        return replace(report, plotted=lambda: beside(self._plotted(cost))) if self.whole.files else report

    def _table(self) -> TableReport:
        """A row for each kind of attention, and each tokenizer."""
        architecture = self.architecture
        rows: list[Row] = []
        results = []
        for tokenizer, tokens in self.whole.tokens.items():
            figure = Estimate.unless(self.whole.exact[tokenizer], tokens)
            found = self.costs(architecture, tokens)
            for cost in found:
                share = cost.flops / found[0].flops if tokens else 0.0
                cached = None if cost.cache is None else cost.cache / (1 << 20)
                last = (cost.calls, cost.read, architecture.positions)
                rows.append(
                    (tokenizer, figure, cost.attention, cost.flops / 1e9, share, share, cached, *last)
                )
                results.append(self._object(tokenizer, tokens, cost))
        shown = {"KV cache MiB": not architecture.encoder, "positions": architecture.positions is not None}
        columns = [one._replace(shown=shown.get(one.name, True)) for one in COST_COLUMNS]
        whole = self.whole
        return TableReport(
            columns, rows, results=results, summary=whole.summary, notes=self._notes(), title=whole.title
        )

    def _notes(self) -> list[str]:
        """Say what the figures are of."""
        architecture = self.architecture
        figures = ("layers", "heads", "kv_heads", "head_dim", "bytes")
        described = ", ".join(f"{getattr(architecture, figure)} {figure}" for figure in figures)
        notes = [f"attention alone, to read the input: {described} a cached number"]
        if architecture.encoder:
            notes.append("an encoder, which reads a text at once and caches nothing")
        if architecture.positions is not None:
            most = max(self.whole.tokens.values(), default=0)
            beyond = f": for {most:,} these are the figures of one like it with more"
            notes.append(
                f"{self.name} has positions for {architecture.positions:,} tokens"
                + (beyond if most > architecture.positions else "")
            )
        return notes

    def _under(self, windows: TableReport, cost: TableReport) -> TableReport:
        title = "What the length costs to compute" + (f", {self.name}" if self.name else "")
        return replace(
            windows,
            notes=[*windows.notes, *cost.notes],
            parts=[replace(cost, title=title, notes=(), chart=None)],
            chart=cost.chart,
            sheet=cost.sheet or cost,
            beside={"costs": cost.results},
        )

    def _plotted(self, cost: TableReport) -> TableReport:
        """Add curves of cost against length, 256 tokens to 131,072 or this input; for programs, points."""
        longest = max([131_072, *self.whole.tokens.values()])
        lengths = sorted({round(256 * (longest / 256) ** (i / 59)) for i in range(60)})
        points = [(length, one) for length in lengths for one in self.costs(self.architecture, length)]
        curves: dict[str, list[tuple[float, float]]] = {}
        for length, one in points:
            curves.setdefault(one.attention, []).append((length, one.flops))
        title = f"What attention costs, {self.name or 'these'}"
        return replace(
            cost,
            results=[self._object(None, length, one) for length, one in points],
            chart=Chart(title, "tokens", "FLOP", curves, log_x=True, log_y=True),
            sheet=TableReport(
                [Column("tokens", "int"), Column("attention"), Column("GFLOP", "ratio")],
                [(length, one.attention, one.flops / 1e9) for length, one in points],
            ),
        )

    def _object(self, tokenizer: str | None, tokens: int, cost: Cost) -> dict[str, object]:
        return {
            "path": self.whole.path,
            "tokenizer": tokenizer,
            "exact": tokenizer is None or self.whole.exact[tokenizer],
            "tokens": tokens,
            **self.architecture._asdict(),
            "attention": cost.attention,
            "flops": cost.flops,
            "kv_cache_bytes": cost.cache,
            "calls": cost.calls,
            "tokens_read": cost.read,
        }
