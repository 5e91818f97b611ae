"""`tokscope corpus count`: how many tokens a corpus has, and how long its documents are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.report.chart import Chart
from tokscope.report.table import (
    AtLeast,
    Cell,
    CellKind,
    Column,
    CorpusReport,
    Estimate,
    Fields,
    Later,
    TableReport,
)
from tokscope.shell.corpus_options import CorpusDrawing, CorpusFiles, CorpusTokenizers, Running
from tokscope.shell.options import OUTPUT, Plot
from tokscope.text.quantity import quantity
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    from tokscope.corpora.fertility import Languages
    from tokscope.corpora.results import Results
    from tokscope.corpora.stores import Listed
    from tokscope.corpora.sums import Sums


RowOf = Literal["file", "partition", "total"]
"""What a row stands for, without --group-by."""


PERCENTILES = (0.5, 0.9, 0.95, 0.99)
"""The shares of documents whose longest is shown."""


class CorpusFigures(NamedTuple):
    """Which figures to make.

    Example: CorpusFigures(group_by="lang,meta.source").groups -> ("lang", "meta.source")
    """

    by: Annotated[RowOf, typer.Option(help="What a row stands for.", rich_help_panel=OUTPUT)] = "file"
    group_by: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD,...", help="Add up by the values of these fields.", rich_help_panel=OUTPUT
        ),
    ] = None
    budget: Annotated[
        int | None,
        typer.Option(
            *("-n", "--budget"),
            min=0,
            metavar="N",
            help="Also count the documents of more than N tokens.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    sample: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            help="Tokenize only this share of the documents (1%), drawn by --seed, and give an interval.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    seed: Annotated[
        int, typer.Option(metavar="N", help="Another seed draws another sample.", rich_help_panel=OUTPUT)
    ] = 0
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="ROW",
            help="Also show tokens per word, and how each row compares with this one.",
            rich_help_panel=OUTPUT,
        ),
    ] = None

    @property
    def groups(self) -> tuple[str, ...]:
        """The fields to group by."""
        return tuple(filter(None, (self.group_by or "").split(",")))

    @property
    def share(self) -> float:
        """The part of the documents to tokenize. Raises UsageError for what is not one.

        Example: CorpusFigures(sample="1%").share -> 0.01
        """
        if self.sample is None:
            return 1.0
        try:
            share = float(self.sample.removesuffix("%")) / (100 if self.sample.endswith("%") else 1)
        except ValueError:
            share = 0.0
        if not 0 < share <= 1:
            raise UsageError(f"--sample {self.sample}: a part of the documents, such as 1% or 0.01")
        return share

    def found(self, files: Sequence[Listed]) -> CorpusFigures:
        """Name the reference as its row is named, before hours of counting. Raises UsageError.

        Example: CorpusFigures(reference="en").found([Listed("d/en.txt", 9)]).reference -> "d/en.txt"
        """
        if self.groups:  # they are known later
            return self
        from tokscope.corpora.fertility import find_reference

        return self._replace(
            reference=find_reference(self.reference, [one.path for one in files], files=True)
        )

    def check(self) -> None:
        """Raise UsageError for options that do not go together.

        Example: CorpusFigures(reference="en", sample="1%").check() raises it
        """
        if self.reference is None:
            return
        if self.sample is not None or (self.by != "file" and not self.groups):
            raise UsageError("--reference compares whole files or groups: leave out --sample and --by")


def count(
    corpus: CorpusFiles,
    tokenizers: CorpusTokenizers,
    figures: CorpusFigures,
    running: Running,
    *,
    plot: Plot = False,
    drawing: CorpusDrawing,
) -> int:
    """Count the tokens of a corpus: JSON Lines, Parquet, Arrow, CSV or text, on disk or in a store."""
    from tokscope.corpora.results import Results

    figures.check()
    console = drawing.console(plot)
    loaded = tokenizers.load()
    job = corpus.job("count", loaded, tokenizers.special, running)._replace(
        group_by=figures.groups,
        budget=figures.budget,
        share=figures.share,
        seed=figures.seed,
        words=figures.reference is not None,
    )
    files = corpus.files(console)
    figures = figures.found(files)
    results = Results(job, [one.path for one in files], figures.by, running.most_rejects)
    with running.journal(job, files) as journal:
        running.run(job, files, results, console, journal)
        running.tell(results, console, corpus.paths or ())
    report = _report(results, loaded, figures, len(files))
    return console.write(report.plotting(lambda: _chart(results.total, loaded)), loaded)


def _report(
    results: Results, tokenizers: Sequence[Tokenizer], figures: CorpusFigures, files: int
) -> CorpusReport:
    """A row for each file or group, a table of how long documents are, and what a reference asks for."""
    names = list(figures.groups) or (["path", "from"] if figures.by == "partition" else ["path"])
    alone = figures.by == "total" and not figures.groups
    rows = [(("total",), results.total)] if alone and files else list(results.rows)
    total, lacking = results.total, bool(results.problems)

    languages = _languages(results, tokenizers, figures)

    def cells(key: Sequence[Any], sums: Sums, lacking: bool) -> list[Cell]:
        counts = [_token_cell(sums, i, one, lacking) for i, one in enumerate(tokenizers)]
        return [*key, sums.documents, sums.bytes, *counts]

    def found() -> Iterator[Fields]:
        for key, sums in rows:
            for i, one in enumerate(tokenizers):
                part = lacking if alone else results.incomplete(key)
                place = {} if alone else dict(zip(names, key, strict=True))
                more = languages.figures(", ".join(map(str, key)), i) if languages else {}
                yield {**place, **_row_figures(sums, i, one, part, figures.budget), **more}

    many = range(len(tokenizers) if total.counted else 0)
    lengths = [_lengths(total, tokenizers, figures.budget)] if many else []
    return CorpusReport(
        _columns(names, tokenizers),
        [cells(key, sums, lacking if alone else results.incomplete(key)) for key, sums in rows],
        total=None if alone or not rows else cells(("total", *[""] * (len(names) - 1)), total, lacking),
        results=Later(found),
        summary={
            "files": files,
            "documents": total.documents,
            "rejects": results.rejected,
            "tokens": {one.name: _token_cell(total, i, one, lacking) for i, one in enumerate(tokenizers)},
        },
        parts=[*lengths, *(languages.tables() if languages else [])],
        beside={"lengths": Later(lambda: (_histogram(total, i, tokenizers[i]) for i in many))},
        notes=Later(lambda: chain(_notes(total, tokenizers), languages.notes() if languages else ())),
    )


def _languages(results: Results, tokenizers: Sequence[Tokenizer], figures: CorpusFigures) -> Languages | None:
    """The rows as languages, where one of them is the reference. Raises UsageError where none is."""
    from tokscope.corpora.fertility import Languages, find_reference

    if figures.reference is None:
        return None
    rows = {", ".join(map(str, key)): sums for key, sums in results.rows}
    return Languages(rows, tokenizers, find_reference(figures.reference, rows, files=not figures.groups))


def _columns(names: Sequence[str], tokenizers: Sequence[Tokenizer]) -> list[Column]:
    kinds: dict[str, CellKind] = {"path": "path", "from": "id"}
    return [
        *(Column(name, kinds.get(name, "text")) for name in names),
        Column("documents", "int"),
        Column("bytes", "int", optional=True),
        *(Column(one.shown, "int") for one in tokenizers),
    ]


def _token_cell(sums: Sums, i: int, tokenizer: Tokenizer, lacking: bool) -> int | None:
    """The tokens of a row, with the sign of what they are; None where a sample does not tell."""
    if sums.counted != sums.documents:
        known = sums.estimate(i)
        return None if known is None else Estimate(*known)
    tokens = Estimate.unless(tokenizer.exact, sums.tokens[i])
    return AtLeast(tokens) if lacking else tokens


def _row_figures(sums: Sums, i: int, tokenizer: Tokenizer, lacking: bool, budget: int | None) -> Fields:
    """The figures of a row in JSON."""
    tokens, whole = sums.tokens[i], sums.counted == sums.documents
    found: dict[str, object] = {
        "tokenizer": tokenizer.name,
        "exact": tokenizer.exact and not lacking and whole,
        "documents": sums.documents,
        "chars": sums.chars,
        "bytes": sums.bytes,
        "tokens": _token_cell(sums, i, tokenizer, lacking),
        "chars_per_token": sums.counted_chars / tokens if tokens else None,
        "longest": _longest(sums, i),
    }
    if not whole:
        found["counted"] = sums.counted
    if budget is not None:
        found["over_budget"] = _over_budget(sums, i)
    return found


def _longest(sums: Sums, i: int) -> int | None:
    """The tokens of the longest document; where some were not tokenized, of those that were."""
    if sums.counted == sums.documents:
        return sums.longest[i]
    return AtLeast(sums.longest[i]) if sums.counted else None


def _over_budget(sums: Sums, i: int) -> int | None:
    """How many documents are over the budget, as many of all as of those that were tokenized."""
    if sums.counted == sums.documents:
        return sums.over[i]
    return Estimate(round(sums.over[i] * sums.documents / sums.counted)) if sums.counted else None


def _mean(sums: Sums, i: int) -> float | None:
    """The tokens of a document, such that all documents together have as many as the table says."""
    known = sums.estimate(i)
    return None if known is None else known[0] / sums.documents


def _lengths(total: Sums, tokenizers: Sequence[Tokenizer], budget: int | None) -> TableReport:
    """How long documents are, a row for each tokenizer."""
    columns = [
        Column("tokenizer"),
        Column("chars/token", "ratio"),
        Column("bytes/token", "ratio"),
        Column("mean", "ratio"),
        *(Column(f"{100 * share:g} %", "int") for share in PERCENTILES),
        Column("longest", "int"),
        Column("over", "int", shown=budget is not None),
    ]
    rows = []
    for i, one in enumerate(tokenizers):
        tokens = total.tokens[i]
        rows.append(
            [
                one.shown,
                total.counted_chars / tokens if tokens else None,
                total.bytes * total.counted_chars / total.chars / tokens if tokens and total.chars else None,
                _mean(total, i),
                *(_percentile(total, i, share) for share in PERCENTILES),
                _longest(total, i),
                _over_budget(total, i),
            ]
        )
    over = "" if budget is None else f", those over {budget:,}"
    return TableReport(columns, rows, title=f"tokens in a document: the mean, percentiles{over}")


def _percentile(total: Sums, i: int, share: float) -> int:
    """A percentile, which above 65,535 is known to 2 in 100,000, and of a sample not exactly."""
    found = total.percentile(i, share)
    return Estimate.unless(found < 1 << 16 and total.counted == total.documents, found)


def _histogram(total: Sums, i: int, tokenizer: Tokenizer) -> Fields:
    """How many documents have how many tokens, in JSON: from each power of two on."""
    return {
        "tokenizer": tokenizer.name,
        **{f"p{100 * share:g}": _percentile(total, i, share) for share in PERCENTILES},
        "longest": _longest(total, i),
        **({} if total.counted == total.documents else {"counted": total.counted}),
        "histogram": [{"from": low, "documents": count} for low, count in total.octaves(i)],
    }


def _chart(total: Sums, tokenizers: Sequence[Tokenizer]) -> Chart:
    curves = {one.shown: total.octaves(i) for i, one in enumerate(tokenizers)}
    return Chart("How long documents are", "tokens, from", "documents", curves, log_x=True)


def _notes(total: Sums, tokenizers: Sequence[Tokenizer]) -> Iterator[str]:
    if total.counted != total.documents:
        part = f"{total.counted:,} of {quantity(total.documents, 'document')}"
        if total.estimate(0) is None:
            yield f"{part} tokenized: nothing drawn that tells of the rest: take a larger --sample"
            return
        yield f"{part} tokenized; intervals hold in 95% of samples, and the longest is the longest of those"
    for i, one in enumerate(tokenizers):
        known = total.estimate(i)
        if known is not None and known[1] != known[2]:
            yield f"{one.shown}: {known[0]:,} tokens, from {known[1]:,} to {known[2]:,}"
