"""`tokscope compare`: the same text under many tokenizers, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from tokscope.engines.memory import give_back
from tokscope.errors import NotText
from tokscope.measure import takes
from tokscope.registry import DEFAULT
from tokscope.report.table import Column, Estimate, Row, TableReport
from tokscope.shell.console import Console
from tokscope.shell.options import Away, Inputs, Media, OfEveryFamily, Printing
from tokscope.statistics.files import FileProfiler
from tokscope.statistics.frequencies import MUCH, unlike
from tokscope.statistics.profile import Profile, Profiler
from tokscope.tokenizer import STRUCTURES, Tokenizer

ONE_OF_EVERY_FAMILY = (
    "o200k_base,cl100k_base,qwen3.5,deepseek,tekken,t5,bert-base-uncased,jieba,word,char,byte"
)


def compare(inputs: Inputs, tokenizers: OfEveryFamily, printing: Printing, media: Media, away: Away) -> int:
    """Compare tokenizers on the same text or files: tokens and compression, one of each family by default."""
    console = printing.console()
    loaded = tokenizers.load(_usual(inputs), structures=True)
    if any(STRUCTURES.intersection(one.takes) for one in loaded):
        return _of_structures(inputs, loaded, console)
    media.check()
    give_back()
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
    if not read:  # figures of nothing would look like figures
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


def _usual(inputs: Inputs) -> str:
    """Choose the tokenizers where none is named; files that all hold molecules, or graphs, have their own."""
    from importlib.util import find_spec

    from tokscope.structures.reading import kinds_of

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


def _of_structures(inputs: Inputs, tokenizers: Sequence[Tokenizer], console: Console) -> int:
    """Compare tokenizers on molecules or graphs."""
    from tokscope.statistics.structures import StructureProfiler

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


def _report(totals: Sequence[Profile], tokenizers: Sequence[Tokenizer], files: int) -> TableReport:
    """A row for each tokenizer, in the order in which they were named."""
    profiles = list(zip(tokenizers, totals, strict=True))
    first = totals[0]
    unknown = {one.shown: rate for one, profile in profiles if (rate := profile.unknown_rate or 0) > MUCH}
    columns = [
        one._replace(optional=one.optional and not (unknown and one.name == "unknown")) for one in COLUMNS
    ]
    text = f"{first.chars:,} characters, {first.bytes:,} bytes, {first.words:,} words"
    return TableReport(
        columns,
        [_row(tokenizer, profile) for tokenizer, profile in profiles],
        title=f"{files:,} {'text' if files == 1 else 'texts'}: {text}",
        results=[_result(tokenizer, profile) for tokenizer, profile in profiles],
        summary={
            "files": files,
            "tokens": {tokenizer.name: profile.tokens for tokenizer, profile in profiles},
        },
        notes=[unlike(name, rate) for name, rate in unknown.items()],
    )


def _row(tokenizer: Tokenizer, profile: Profile) -> Row:
    tokens = Estimate.unless(tokenizer.exact, profile.tokens)
    ratios = _ratios(profile, tokenizer.vocab_size).values()
    return (tokenizer.shown, tokens, profile.tokens, tokenizer.vocab_size, *ratios)


def _result(tokenizer: Tokenizer, profile: Profile) -> dict[str, object]:
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
