"""The tables of `stats`: figures, the most frequent and most wasteful tokens, what sets each text apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import ceil, inf

from tokscope.report.chart import Chart
from tokscope.report.matrix import MatrixReport
from tokscope.report.objects import type_object
from tokscope.report.table import Column, Estimate, Later, Row, TableReport
from tokscope.statistics.corpus import Corpus
from tokscope.statistics.frequencies import MUCH_UNKNOWN, Frequencies, Type, unlike
from tokscope.text.quantity import quantity
from tokscope.text.visible import escape
from tokscope.tokenizer import Tokenizer


def corpus_report(corpus: Corpus, only: str | None, top: int, level: int, *, counts: bool) -> MatrixReport:
    """Put together the tables of a corpus, or the `only` one that is asked for; programs get everything.

    Example: corpus_report(corpus, "tokens", 10, 19, counts=False).title -> "Most frequent tokens"

    Each table of tokens has the first `top`; `level` is zstd's. The matrix has TF-IDF, or `counts`.
    """
    zstd = corpus.zstd_bytes()
    made: dict[str, Callable[[], TableReport]] = {
        "figures": lambda: _figures(corpus, zstd, level),
        "tokens": lambda: _tokens(corpus, top),
        "waste": lambda: _waste(corpus, top),
        "terms": lambda: _terms(corpus, top),
    }
    usual = [name for name in made if name != "terms" or len(corpus.paths) > 1]
    tables = [made[name]() for name in ([only] if only else usual)]
    files = len(corpus.paths)
    total = corpus.frequencies[0]
    words = f"{quantity(total.chars, 'character')}, {quantity(total.bytes, 'byte')}"
    report = MatrixReport(
        *(tables[0].columns, tables[0].rows),
        parts=[table for table in tables[1:] if table.rows],
        results=Later(lambda: _results(corpus, zstd, top)),
        summary={"files": files, "tokens": {one.name: found.tokens for one, found in _pairs(corpus)}},
        notes=tables[0].notes,
        title=tables[0].title or f"{quantity(files, 'text')}: {words}",
        save=lambda file: corpus.matrices[0].save(file, corpus.paths, counts=counts),
    )
    if not corpus.paths:  # figures of nothing would look like figures
        report = replace(report, rows=[], parts=[], results=[])
    return report.plotting(lambda: _chart(corpus))


def rank_by(sort: str, tokenizer: Tokenizer, found: Frequencies) -> tuple[bool, float]:
    """Say how early a tokenizer comes: smaller figures first, a larger efficiency, the unknown last.

    Example: corpus.order(partial(rank_by, "bits/byte"))
    """
    figures = found.figures(tokenizer.vocab_size)
    figure = {
        "tokens": figures.tokens,
        "bits/byte": figures.bits_per_byte,
        "coded": figures.coded_bytes,
        "efficiency": None if figures.efficiency is None else -figures.efficiency,
    }[sort]
    return found.unknown(tokenizer.unknown_id) > MUCH_UNKNOWN, inf if figure is None else figure


def much_unknown(corpus: Corpus) -> Iterator[str]:
    """Warn of tokenizers whose figures look good because much of the text is unknown to them.

    Example: next(much_unknown(corpus)) -> "t5-base does not know 34% of the text: not comparable"
    """
    shares = {one.shown: found.unknown(one.unknown_id) for one, found in _pairs(corpus)}
    if much := {name: share for name, share in shares.items() if share > MUCH_UNKNOWN}:
        yield unlike(much)


def _figures(corpus: Corpus, zstd: int | None, level: int) -> TableReport:
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


def _tokens(corpus: Corpus, top: int) -> TableReport:
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
