"""`tokscope compare`: the same text under many tokenizers, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from operator import add
from typing import Annotated, Literal

import typer

from tokscope.errors import NotText, UsageError
from tokscope.measure import takes
from tokscope.registry import DEFAULT
from tokscope.report.chart import Chart
from tokscope.report.table import Column, Estimate, Fields, Row, TableReport
from tokscope.shell.console import Console
from tokscope.shell.input_options import Inputs
from tokscope.shell.media_options import Away, Media
from tokscope.shell.options import Drawing, OfEveryFamily, Plot, format_option
from tokscope.statistics.file_profiles import FileProfiler
from tokscope.statistics.frequencies import MUCH_UNKNOWN, unlike
from tokscope.statistics.profile import Profile, Profiler
from tokscope.text.quantity import quantity
from tokscope.tokenizer import Tokenizer

ONE_OF_EVERY_FAMILY = (
    "o200k_base,cl100k_base,qwen3.5,deepseek,tekken,t5,bert-base-uncased,jieba,word,char,byte"
)


Apart = Literal["file"]
"""What is compared by itself, beside all of it together."""


class ComparePrinting(Drawing):
    """How to print the comparison, and where: a picture is of the table, or with --plot of the plot.

    Example: ComparePrinting(output="table.svg").forms() -> ("table", "results")
    """

    format: Annotated[str | None, format_option(TableReport.forms)]

    def forms(self, plot: bool = False) -> Sequence[str]:
        """Give those of a table, and of a plot where that is asked for."""
        return super().forms(plot) if plot else TableReport.forms


def compare(
    inputs: Inputs,
    tokenizers: OfEveryFamily,
    *,
    plot: Plot = False,
    drawing: ComparePrinting,
    media: Media,
    away: Away,
    by: Annotated[Apart | None, typer.Option(help="Also compare each file by itself.")] = None,
) -> int:
    """Compare tokenizers on the same texts: tokens, compression, and what they cannot represent."""
    console = drawing.drawn(plot, inputs)
    loaded = tokenizers.load(_usual(inputs), structures=True)
    if any(one.takes_structures for one in loaded):
        return _compare_structures(inputs, loaded, console)
    media.check()
    profiler, files = Profiler(loaded), FileProfiler(loaded, lambda: media.asked)
    read = others = 0
    for document in inputs.documents(console, "compare", media=media, away=away, takes=takes(loaded)):
        with console.reporting():
            try:
                profiler.add(document, console.progress)
                read += 1
            except NotText:
                files.add(document)
                others += 1
    if others and by is not None:
        raise UsageError("--by file is for texts; compare other files one at a time")
    if others and not read:
        return console.write(_together([], files.tables(console.problem), others, loaded))
    failed = len(console.problems)
    report = _of_texts(profiler, loaded, by, console)
    read -= len(console.problems) - failed
    if not read:  # figures of nothing would look like figures
        report = replace(report, rows=[], results=[], parts=[])
    tables = files.tables(console.problem)
    whole = _together([report], tables, read + others, loaded) if tables else report
    return console.write(whole.plotting(lambda: _chart(report) if read else None), loaded)


def _of_texts(
    profiler: Profiler, tokenizers: Sequence[Tokenizer], by: Apart | None, console: Console
) -> TableReport:
    """Compare what was read: all of it together, and each file by itself if that is asked for."""
    found: list[tuple[str, Sequence[Profile]]] = []
    files, totals = 0, [Profile()] * len(tokenizers)
    for path, profiles in profiler.each(console.problem):
        files, totals = files + 1, [*map(add, totals, profiles)]
        found += [(path, profiles)] if by else []
    whole = _report(totals, tokenizers, quantity(files, "text"), files)
    if by is None:
        return whole
    parts = [_report(profiles, tokenizers, path) for path, profiles in found]
    results: list[Fields] = [
        {"path": path, **result}
        for (path, _), part in zip(found, parts, strict=True)
        for result in part.results
    ]
    rows = [(path, *row) for (path, _), part in zip(found, parts, strict=True) for row in part.rows]
    sheet = TableReport([Column("path", "path"), *COLUMNS], rows)
    return replace(whole, parts=parts, results=results, sheet=sheet)


def _chart(report: TableReport) -> Chart:
    """Draw how much of the text a token holds, over how many tokens there are to choose from."""
    figures = {column.name: i for i, column in enumerate(report.columns)}
    points = {}
    for row in report.rows:
        vocabulary, per_token = row[figures["vocabulary"]], row[figures["bytes/token"]]
        if isinstance(vocabulary, int) and isinstance(per_token, float):
            points[str(row[0])] = (float(vocabulary), per_token)
    title = "What a larger vocabulary buys"
    curves = {"tokenizers": [*points.values()]}
    return Chart(title, "vocabulary", "bytes/token", curves, log_x=True, names={"tokenizers": [*points]})


def _together(
    texts: Sequence[TableReport], files: Sequence[TableReport], read: int, tokenizers: Sequence[Tokenizer]
) -> TableReport:
    """Put the tables of texts and of other files under each other, the first as the report; csv gets one."""
    first, *others = [*texts, *files]
    results = [result for table in (first, *others) for result in table.results]
    names = list(dict.fromkeys(column.name for table in (first, *others) for column in table.columns))
    columns = {column.name: column for table in (first, *others) for column in table.columns}
    tokens: dict[str, int] = {}
    for table in (first, *others):
        for tokenizer, result in zip(tokenizers, table.results, strict=False):  # PNG and JPEG are after
            if isinstance(count := result["tokens"], int):
                tokens[tokenizer.shown] = count + tokens.get(tokenizer.shown, 0)
    rows = []
    for table in (first, *others):
        for row in table.rows:
            cells = {column.name: cell for column, cell in zip(table.columns, row, strict=True)}
            rows.append((table.title.partition(":")[0], *(cells.get(name) for name in names)))
    sheet = TableReport([Column("files"), *(columns[name] for name in names)], rows)
    return replace(
        first,
        results=results,
        parts=others,
        summary={"files": read, "tokens": tokens},
        sheet=sheet if others else None,
    )


def _usual(inputs: Inputs) -> str:
    """Choose the tokenizers where none is named; files that all hold molecules, or graphs, have their own."""
    from importlib.util import find_spec

    from tokscope.structures.sniffing import kinds_of

    kinds = kinds_of(inputs.paths or ())
    if kinds == {"molecules"}:
        extras = {"selfies": "selfies", "graphsgpt": "rdkit", "molebert": "rdkit"}
        return ",".join(
            ["smiles,smiles:char", *(name for name in extras if find_spec(extras[name])), DEFAULT]
        )
    if kinds == {"graph"}:
        extra = "nagphormer,llaga:nd,llaga:ho,graph:text," if find_spec("numpy") else ""
        return f"{extra}graphgpt,graphtranslator,teaglm"
    return ONE_OF_EVERY_FAMILY


def _compare_structures(inputs: Inputs, tokenizers: Sequence[Tokenizer], console: Console) -> int:
    """Compare tokenizers on molecules or graphs."""
    from tokscope.statistics.structure_profiles import StructureProfiler

    profiler = StructureProfiler(tokenizers, console.problem)
    for document in inputs.documents(console, "compare"):
        with console.reporting():
            profiler.add(document, console.progress)
    console.left_out += profiler.said.notes
    first, *others = [*profiler.tables(), TableReport([], [])]
    results = [result for table in (first, *others) for result in table.results]
    tokens = {str(result["tokenizer"]): result["tokens"] for result in results}
    summary = {"files": profiler.files, "tokens": tokens}
    return console.write(replace(first, parts=others[:-1], results=results, summary=summary), tokenizers)


COLUMNS = [
    Column("tokenizer"),
    Column("tokens", "int", better="less"),
    Column("tokens", "bar", optional=True),
    Column("vocabulary", "int", optional=True),
    Column("chars/token", "ratio", optional=True, better="more"),
    Column("bytes/token", "ratio", optional=True, better="more"),
    Column("tokens/word", "ratio", optional=True, better="less"),
    Column("compression", "ratio", better="more"),  # what the command is for: shown at any width
    Column("unknown", "percent", optional=True),
    Column("partial", "percent", optional=True),
]


def _report(
    totals: Sequence[Profile], tokenizers: Sequence[Tokenizer], of: str, files: int = 1
) -> TableReport:
    """A row for each tokenizer, in the order in which they were named; `of` says what was compared."""
    profiles = list(zip(tokenizers, totals, strict=True))
    first = totals[0]
    unknown = {
        one.shown: rate for one, profile in profiles if (rate := profile.unknown_rate or 0) > MUCH_UNKNOWN
    }
    columns = [
        one._replace(optional=one.optional and not (unknown and one.name == "unknown")) for one in COLUMNS
    ]
    text = ", ".join(
        [quantity(first.chars, "character"), quantity(first.bytes, "byte"), quantity(first.words, "word")]
    )
    return TableReport(
        columns,
        [_row(tokenizer, profile) for tokenizer, profile in profiles],
        title=f"{of}: {text}",
        results=[_object(tokenizer, profile) for tokenizer, profile in profiles],
        summary={
            "files": files,
            "tokens": {tokenizer.name: profile.tokens for tokenizer, profile in profiles},
        },
        notes=[unlike(unknown)] if unknown else [],
        unlike=unknown,
    )


def _row(tokenizer: Tokenizer, profile: Profile) -> Row:
    tokens = Estimate.unless(tokenizer.exact, profile.tokens)
    ratios = _ratios(profile, tokenizer.vocab_size).values()
    return (tokenizer.shown, tokens, profile.tokens, tokenizer.vocab_size, *ratios)


def _object(tokenizer: Tokenizer, profile: Profile) -> dict[str, object]:
    return {
        "tokenizer": tokenizer.name,
        "exact": tokenizer.exact,
        "vocabulary": tokenizer.vocab_size,
        **asdict(profile),
        **_ratios(profile, tokenizer.vocab_size),
    }


def _ratios(profile: Profile, vocabulary: int | None) -> dict[str, float | None]:
    """Give the figures that are computed, in the order of the columns."""
    return {
        "chars_per_token": profile.chars_per_token,
        "bytes_per_token": profile.bytes_per_token,
        "tokens_per_word": profile.fertility,
        "compression": profile.compression(vocabulary),
        "unknown_rate": profile.unknown_rate,
        "partial_rate": profile.partial_rate,
    }
