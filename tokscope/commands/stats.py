"""`tokscope stats`: how often each token occurs, and what follows from that."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from typing import Annotated, Literal, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.report.matrix import MatrixReport
from tokscope.report.order import Order
from tokscope.report.table import forms_of
from tokscope.shell.console import Console, Voice
from tokscope.shell.input_options import Inputs
from tokscope.shell.options import OUTPUT, Drawing, Plot, Tokenizers, format_option
from tokscope.statistics.corpus import Corpus
from tokscope.statistics.corpus_tables import corpus_report, much_unknown, rank_by
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


ZstdLevel = Annotated[
    int | None,
    typer.Option(
        min=1, max=22, metavar="LEVEL", help="The level of zstd to compare with.", show_default=f"{ZSTD}"
    ),
]
"""An option for the level, for which there is a usual one."""


class StatsPrinting(Drawing):
    """How to print the tables, or the matrix of texts by tokens.

    Example: StatsPrinting(format="npz")
    """

    format: Annotated[str | None, format_option(forms_of(MatrixReport, plot=True))]
    sort: Annotated[
        Best | None,
        typer.Option(
            metavar="COLUMN",
            help="Put the best tokenizer by this figure first; one that leaves much unknown comes last.",
            show_default="as named",
            rich_help_panel=OUTPUT,
        ),
    ]
    top: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="How many tokens each table shows.",
            show_default=f"{TOP}",
            rich_help_panel=OUTPUT,
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

    only: Annotated[Only | None, typer.Option(help="Show only this table.", rich_help_panel=OUTPUT)] = None

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
    zstd: ZstdLevel = None,
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
        corpus.order(partial(rank_by, best))
    counts = matrix == "count"
    report = corpus_report(corpus, tables.only, drawing.top or TOP, zstd or ZSTD, counts=counts)
    console.left_out += [*corpus.left_out, *corpus.notes, *much_unknown(corpus)]
    return console.write(report, loaded)


def _level(asked: int | None, console: Console) -> int | None:
    """Give zstd's level, None without it: who did not ask hears of a lack only with --verbose."""
    return asked or (ZSTD if console.voice is Voice.VERBOSE or find_spec("zstandard") else None)


def _alone(tokenizers: list[Tokenizer]) -> list[Tokenizer]:
    """Raise UsageError where there are several."""
    if len(tokenizers) > 1:
        raise UsageError("--format npz writes one matrix: name one tokenizer")
    return tokenizers
