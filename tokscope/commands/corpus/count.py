"""`tokscope corpus count`: how many tokens a corpus has, and how long its documents are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, starmap
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.report.chart import Chart
from tokscope.report.table import (
    Cell,
    CellKind,
    Column,
    CorpusReport,
    Fields,
    Later,
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
    from tokscope.corpora.token_figures import TokenFigures


RowOf = Literal["file", "partition", "total"]
"""What a row stands for, without --group-by."""


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
    from tokscope.corpora.token_figures import each_figures, lengths_table

    names = list(figures.groups) or (["path", "from"] if figures.by == "partition" else ["path"])
    alone, total = figures.by == "total" and not figures.groups, results.total
    whole = each_figures(total, tokenizers, lacking=bool(results.problems))
    known = whole if total.counted else []
    lengths = [lengths_table(known, figures.budget)] if known else []
    rows = [(("total",), total, whole)] if alone and files else [*_listed_rows(results, tokenizers)]
    languages = _languages(results, tokenizers, figures)

    def found() -> Iterator[Fields]:
        for key, _, each in rows:
            place = {} if alone else dict(zip(names, key, strict=True))
            for i, one in enumerate(each):
                more = languages.figures(", ".join(map(str, key)), i) if languages else {}
                yield {**place, **one.fields(figures.budget), **more}

    return CorpusReport(
        _columns(names, tokenizers),
        list(starmap(_counted_cells, rows)),
        total=None
        if alone or not rows
        else _counted_cells(("total", *[""] * (len(names) - 1)), total, whole),
        results=Later(found),
        summary={
            "files": files,
            "documents": total.documents,
            "rejects": results.rejected,
            "tokens": {one.tokenizer.name: one.tokens for one in whole},
        },
        parts=[*lengths, *(languages.tables() if languages else [])],
        beside={"lengths": Later(lambda: (one.histogram for one in known))},
        notes=Later(lambda: chain(_notes(total, tokenizers), languages.notes() if languages else ())),
    )


def _listed_rows(
    results: Results, tokenizers: Sequence[Tokenizer]
) -> Iterator[tuple[tuple[Any, ...], Sums, list[TokenFigures]]]:
    from tokscope.corpora.token_figures import each_figures

    for key, sums in results.rows:
        yield key, sums, each_figures(sums, tokenizers, lacking=results.incomplete(key))


def _counted_cells(key: Sequence[Any], sums: Sums, each: Sequence[TokenFigures]) -> list[Cell]:
    return [*key, sums.documents, sums.bytes, *(one.tokens for one in each)]


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


def _chart(total: Sums, tokenizers: Sequence[Tokenizer]) -> Chart:
    curves = {one.shown: total.octaves(i) for i, one in enumerate(tokenizers)}
    return Chart("How long documents are", "tokens, from", "documents", curves, log_x=True)


def _notes(total: Sums, tokenizers: Sequence[Tokenizer]) -> Iterator[str]:
    if total.counted != total.documents:
        part = f"{total.counted:,} of {quantity(total.documents, 'document')}"
        if total.estimate(0) is None:
            yield f"{part} tokenized: too few to say anything of the rest; use a larger --sample"
            return
        yield f"{part} tokenized; intervals hold in 95% of samples, and the longest is that of the sample"
    for i, one in enumerate(tokenizers):
        known = total.estimate(i)
        if known is not None and known[1] != known[2]:
            yield f"{one.shown}: {known[0]:,} tokens, from {known[1]:,} to {known[2]:,}"
