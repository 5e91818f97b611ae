"""`tokscope compare`: the same text under many tokenizers, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from tokscope.errors import NotText
from tokscope.measure import takes
from tokscope.report.table import Column, Estimate, TableReport
from tokscope.shell.options import Away, Inputs, Media, OfEveryFamily, Printing
from tokscope.statistics.files import FileProfiler
from tokscope.statistics.profile import Profile, Profiler
from tokscope.tokenizer import Tokenizer

ONE_OF_EVERY_FAMILY = (
    "o200k_base,cl100k_base,qwen3.5,deepseek,tekken,t5,bert-base-uncased,jieba,word,char,byte"
)


def compare(inputs: Inputs, tokenizers: OfEveryFamily, printing: Printing, media: Media, away: Away) -> int:
    """Compare tokenizers on the same text or files: tokens, compression. One of every family by default."""
    console = printing.console()
    loaded = tokenizers.load(ONE_OF_EVERY_FAMILY)
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
    if others and not read:
        return console.write(_together([], files.tables(console.problem), others, loaded))
    failed = len(console.problems)
    totals = profiler.results(console.problem)
    read -= len(console.problems) - failed
    report = _report(totals, loaded, read)
    if not read and console.problems:  # figures of nothing would look like figures
        report = replace(report, rows=[], results=[])
    tables = files.tables(console.problem)
    return console.write(_together([report], tables, read + others, loaded) if tables else report, loaded)


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
        for tokenizer, result in zip(tokenizers, table.results, strict=False):  # PNG and JPEG are behind
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


def _report(totals: Sequence[Profile], tokenizers: Sequence[Tokenizer], files: int) -> TableReport:
    """A row for each tokenizer, in the order in which they were named."""
    columns = [
        Column("tokenizer"),
        Column("tokens", "int"),
        Column("tokens", "bar", optional=True),
        Column("vocabulary", "int", optional=True),
        Column("chars/token", "ratio", optional=True),
        Column("bytes/token", "ratio", optional=True),
        Column("tokens/word", "ratio", optional=True),
        Column("compression", "ratio", optional=True),
        Column("unknown", "percent", optional=True),
        Column("partial", "percent", optional=True),
    ]
    rows = []
    results = []
    for tokenizer, sums in zip(tokenizers, totals, strict=True):
        figures = {
            "chars_per_token": sums.chars_per_token,
            "bytes_per_token": sums.bytes_per_token,
            "tokens_per_word": sums.fertility,
            "compression": sums.compression(tokenizer.vocab_size),
            "unknown_rate": sums.unknown_rate,
            "partial_rate": sums.partial_rate,
        }
        rows.append(
            (
                tokenizer.shown,
                Estimate.unless(tokenizer.exact, sums.tokens),
                sums.tokens,
                tokenizer.vocab_size,
                *figures.values(),
            )
        )
        results.append(
            {
                "tokenizer": tokenizer.name,
                "exact": tokenizer.exact,
                "vocabulary": tokenizer.vocab_size,
                **asdict(sums),
                **figures,
            }
        )
    first = totals[0]
    text = f"{first.chars:,} characters, {first.bytes:,} bytes, {first.words:,} words"
    return TableReport(
        columns,
        rows,
        title=f"{files:,} {'text' if files == 1 else 'texts'}: {text}",
        results=results,
        summary={
            "files": files,
            "tokens": {one.name: sums.tokens for one, sums in zip(tokenizers, totals, strict=True)},
        },
    )
