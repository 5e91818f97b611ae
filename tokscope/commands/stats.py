"""`tokscope stats`: how often each token occurs, and what follows from that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from math import ceil, inf
from typing import Annotated, Literal, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.report.chart import Chart
from tokscope.report.matrix import MatrixReport
from tokscope.report.objects import type_object
from tokscope.report.order import Order
from tokscope.report.table import Column, Estimate, Later, Row, TableReport, forms_of
from tokscope.shell.console import Console, Voice
from tokscope.shell.input_options import Inputs
from tokscope.shell.options import DRAWING_DEFAULT, OUTPUT, Drawing, Plot, Tokenizers, format_option
from tokscope.statistics.corpus import Corpus
from tokscope.statistics.frequencies import MUCH_UNKNOWN, Frequencies, Type, unlike
from tokscope.text.visible import escape
from tokscope.tokenizer import Tokenizer

TOP = 10
"""How many tokens each table has."""

ZSTD = 19
"""The level of zstd to compare with."""


Only = Literal["figures", "tokens", "waste", "terms"]
"""One table."""


Best = Literal["tokens", "bits/byte", "coded", "efficiency"]
"""The figure by which tokenizers are in order."""


Weighting = Literal["tfidf", "count"]
"""What the matrix holds."""


class StatsPrinting(Drawing):
    """How to print the tables, or the matrix of texts by tokens.

    Example: StatsPrinting(format="npz")
    """

    format: Annotated[str | None, format_option(forms_of(MatrixReport, plot=True), DRAWING_DEFAULT)]
    sort: Annotated[
        Best | None,
        typer.Option(
            metavar="COLUMN",
            help="The best tokenizer by this figure first; those that leave much unknown come last.",
            show_default="as named",
            rich_help_panel=OUTPUT,
        ),
    ]
    top: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Tokens in each table.", show_default=f"{TOP}", rich_help_panel=OUTPUT
        ),
    ]

    def forms(self, plot: bool = False) -> Sequence[str]:
        """Give those of tables, of a plot, and of the matrix."""
        return forms_of(MatrixReport, plot=True)

    @property
    def order(self) -> Order:
        """The tables are in their order when they are made."""
        return Order()


class Tables(NamedTuple):
    """Which tables are shown.

    Example: Tables(only="tokens").has("waste") -> False
    """

    only: Annotated[Only | None, typer.Option(help="Show this table alone.", rich_help_panel=OUTPUT)] = None

    def has(self, table: Only) -> bool:
        """Say whether a table is shown.

        Example: Tables().has("waste") -> True
        """
        return self.only in (None, table)


def stats(
    inputs: Inputs,
    tokenizers: Tokenizers,
    *,
    plot: Plot = False,
    drawing: StatsPrinting,
    tables: Tables,
    matrix: Annotated[
        Weighting,
        typer.Option(
            help="What --format npz writes: a sparse matrix of texts by tokens.", rich_help_panel=OUTPUT
        ),
    ] = "tfidf",
    zstd: Annotated[
        int | None,
        typer.Option(
            min=1, max=22, metavar="LEVEL", help="The level of zstd to compare with.", show_default=f"{ZSTD}"
        ),
    ] = None,
) -> int:
    """Show how often tokens occur: entropy, waste, what sets each text apart, what compressing could save."""
    console = drawing.drawn(plot, inputs)
    loaded = tokenizers.load(structures=True)
    level = _level(zstd, console)
    corpus = console.made(
        lambda: Corpus(loaded, zstd_level=level),
        matrix=lambda: Corpus(_alone(loaded)),
        chart=lambda: Corpus(loaded),
        table=lambda: Corpus(loaded, zstd_level=level if tables.has("figures") else None),
    )
    for document in inputs.documents(console, "stats"):
        with console.reporting():
            corpus.add(document, console.progress, console.problem)
    if (best := drawing.sort) is not None:
        corpus.order(lambda one, found: _rank(best, one, found))
    report = _report(corpus, tables, drawing.top or TOP, zstd or ZSTD, matrix)
    console.left_out += [*corpus.left_out, *corpus.notes, *_unknown(corpus)]
    if not corpus.paths:  # figures of nothing would look like figures
        report = replace(report, rows=[], parts=[], results=[])
    return console.write(report.plotting(lambda: _chart(corpus)), loaded)


def _level(asked: int | None, console: Console) -> int | None:
    """Give zstd's level, None without it: who did not ask hears of a lack only with --verbose."""
    return asked or (ZSTD if console.voice is Voice.VERBOSE or find_spec("zstandard") else None)


def _alone(tokenizers: list[Tokenizer]) -> list[Tokenizer]:
    """Raise UsageError where there are several."""
    if len(tokenizers) > 1:
        raise UsageError("--format npz writes one matrix: name one tokenizer")
    return tokenizers


def _report(corpus: Corpus, shown: Tables, top: int, level: int, matrix: Weighting) -> MatrixReport:
    """Put together the tables, or the one that was asked for; programs get everything."""
    zstd = corpus.zstd_bytes()
    made: dict[Only, Callable[[Corpus, int], TableReport]]
    made = {"tokens": _token_tables, "waste": _waste, "terms": _terms}
    tables = [
        table(corpus, top)
        for part, table in made.items()
        if shown.has(part) and (part != "terms" or len(corpus.paths) > 1 or shown.only == part)
    ]
    if shown.has("figures"):
        tables.insert(0, _figures_table(corpus, zstd, level))
    files = len(corpus.paths)
    total = corpus.frequencies[0]
    words = f"{total.chars:,} characters, {total.bytes:,} bytes"
    return MatrixReport(
        *(tables[0].columns, tables[0].rows),
        parts=[table for table in tables[1:] if table.rows],
        results=Later(lambda: _results(corpus, zstd, top)),
        summary={"files": files, "tokens": {one.name: found.tokens for one, found in _pairs(corpus)}},
        notes=tables[0].notes,
        title=tables[0].title or f"{files:,} {'text' if files == 1 else 'texts'}: {words}",
        save=lambda file: corpus.matrices[0].save(file, corpus.paths, counts=matrix == "count"),
    )


def _rank(sort: Best, tokenizer: Tokenizer, found: Frequencies) -> tuple[bool, float]:
    """Say how early a tokenizer comes: smaller figures first, a larger efficiency, the unknown last."""
    figures = found.figures(tokenizer.vocab_size)
    figure = {
        "tokens": figures.tokens,
        "bits/byte": figures.bits_per_byte,
        "coded": figures.coded_bytes,
        "efficiency": None if figures.efficiency is None else -figures.efficiency,
    }[sort]
    return found.unknown(tokenizer.unknown_id) > MUCH_UNKNOWN, inf if figure is None else figure


def _unknown(corpus: Corpus) -> Iterator[str]:
    """Warn of tokenizers whose figures look good because much of the text is unknown to them."""
    shares = {one.shown: found.unknown(one.unknown_id) for one, found in _pairs(corpus)}
    if much := {name: share for name, share in shares.items() if share > MUCH_UNKNOWN}:
        yield unlike(much)


def _figures_table(corpus: Corpus, zstd: int | None, level: int) -> TableReport:
    """A row for each tokenizer."""
    columns = [
        Column("tokenizer"),
        Column("tokens", "int"),
        Column("distinct", "int"),
        Column("bits/token", "ratio"),
        Column("coded bytes", "int"),
        Column(f"of zstd -{level}", "percent", optional=True),
        Column("efficiency", "percent", optional=True),
        Column("unused", "percent", optional=True),
        Column("unknown", "percent", shown=any(one.unknown(each.unknown_id) for each, one in _pairs(corpus))),
        Column("bits/byte", "ratio", optional=True),
        Column("bits/char", "ratio", optional=True),
        Column("redundancy", "percent", optional=True),
    ]
    rows: list[Row] = []
    for tokenizer, found in _pairs(corpus):
        figures = found.figures(tokenizer.vocab_size)
        coded = figures.coded_bytes
        rows.append(
            (
                *(tokenizer.shown, Estimate.unless(tokenizer.exact, figures.tokens)),
                *(figures.distinct, figures.entropy),
                *(None if coded is None else ceil(coded), coded / zstd if coded and zstd else None),
                *(figures.efficiency, figures.unused, found.unknown(tokenizer.unknown_id)),
                *(figures.bits_per_byte, figures.bits_per_char, figures.redundancy),
            )
        )
    return TableReport(columns, rows, notes=list(_losses(corpus)))


def _losses(corpus: Corpus) -> Iterator[str]:
    """Name the tokenizers that need fewer coded bytes because the text cannot be restored from them."""
    for tokenizer, found in _pairs(corpus):
        unknown = 0 if tokenizer.unknown_id is None else found.counts[tokenizer.unknown_id]
        if unknown:
            name = tokenizer.shown
            yield f"{name} lost text: {unknown:,} of its tokens are unknown, all coded as one"


def _token_tables(corpus: Corpus, top: int) -> TableReport:
    """The most frequent tokens of each tokenizer."""
    columns = [*_token_columns(corpus), Column("share", "percent"), Column("share", "bar", optional=True)]
    rows = [
        (*_token_cells(tokenizer, one), one.count / found.tokens, one.count / found.tokens)
        for tokenizer, found in _pairs(corpus)
        for one in found.most_frequent(top)
    ]
    return TableReport(columns, rows, title="Most frequent tokens")


def _waste(corpus: Corpus, top: int) -> TableReport:
    """The tokens of each tokenizer that cost the most beyond its average."""
    columns = [
        *_token_columns(corpus),
        Column("bytes/token", "ratio"),
        Column("excess", "ratio"),
        Column("holds", optional=True),
    ]
    rows = [
        (
            *(*_token_cells(tokenizer, one), one.size / one.count, excess),
            one.holds(tokenizer.unknown_id),
        )
        for tokenizer, found in _pairs(corpus)
        for one, excess in found.most_wasteful(top)
    ]
    return TableReport(columns, rows, title="Most wasteful tokens")


def _terms(corpus: Corpus, top: int) -> TableReport:
    """What sets each text apart, the most distinctive tokens first: a row for each text and tokenizer."""
    columns = [
        Column("path", "path", grouped=True),
        Column("tokenizer", shown=len(corpus.tokenizers) > 1, grouped=True),
        Column("tokens by TF-IDF", "token", optional=True),
    ]
    ranked = [matrix.top(top) for matrix in corpus.matrices]
    rows = [
        (
            path,
            tokenizer.shown,
            "  ".join(_word(found.type(term.key)) for term in terms[number]),
        )
        for number, path in enumerate(corpus.paths)
        for (tokenizer, found), terms in zip(_pairs(corpus), ranked, strict=True)
    ]
    return TableReport(columns, rows, title="What sets each text apart")


def _token_columns(corpus: Corpus) -> list[Column]:
    return [
        Column("tokenizer", shown=len(corpus.tokenizers) > 1, grouped=True),
        Column("token", "token"),
        Column("id", optional=True),
        Column("count", "int"),
    ]


def _token_cells(tokenizer: Tokenizer, one: Type) -> Row:
    name = tokenizer.shown
    return name, one.written, None if one.token.id is None else str(one.token.id), one.count


def _word(one: Type) -> str:
    """Write a token in a list, so that its spaces do not look like spaces between tokens."""
    return escape(one.written).replace(" ", "·")


def _results(corpus: Corpus, zstd: int | None, top: int) -> list[dict[str, object]]:
    """One JSON object for each tokenizer."""
    results: list[dict[str, object]] = []
    for (tokenizer, found), matrix in zip(_pairs(corpus), corpus.matrices, strict=True):
        unknown = tokenizer.unknown_id
        results.append(
            {
                "tokenizer": tokenizer.name,
                "exact": tokenizer.exact,
                **found.figures(tokenizer.vocab_size).object(),
                "unknown": found.unknown(unknown),
                "zstd_bytes": zstd,
                "frequent": [_object(one) for one in found.most_frequent(top)],
                "wasteful": [
                    {**_object(one), "bytes": one.size, "excess": excess, "holds": one.holds(unknown)}
                    for one, excess in found.most_wasteful(top)
                ],
                "texts": [
                    {
                        "path": path,
                        "terms": [
                            {**_object(found.type(term.key)), "count": term.count, "tfidf": term.weight}
                            for term in terms
                        ],
                    }
                    for path, terms in zip(corpus.paths, matrix.top(top), strict=True)
                ],
                "ranks": [{"rank": rank, "count": count} for rank, count in found.ranks()],
            }
        )
    return results


def _object(one: Type) -> dict[str, object]:
    """Describe a token in JSON, as `split` does, with how often it occurs."""
    return {**type_object(one.token), "count": one.count}


def _chart(corpus: Corpus) -> Chart | None:
    """Counts by rank, both logarithmic, so that Zipf's law is a straight line."""
    curves = {one.shown: found.ranks() for one, found in _pairs(corpus) if found.tokens}
    return Chart("Rank and frequency", "rank", "count", curves, log_x=True, log_y=True) if curves else None


def _pairs(corpus: Corpus) -> list[tuple[Tokenizer, Frequencies]]:
    return list(zip(corpus.tokenizers, corpus.frequencies, strict=True))
