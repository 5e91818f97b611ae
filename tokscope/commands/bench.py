"""`tokscope bench`: how fast each tokenizer and engine is, on the user's own text."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from tokscope.errors import ExitCode, Unsupported, UsageError
from tokscope.registry import DEFAULT, named
from tokscope.report.table import Column, TableReport
from tokscope.shell.console import lost_note
from tokscope.shell.input_options import Inputs
from tokscope.shell.options import Printing, Tokenizers
from tokscope.statistics.benchmark import Benchmark, engines, measure


def bench(
    inputs: Inputs,
    tokenizers: Tokenizers,
    printing: Printing,
    runs: Annotated[int, typer.Option(min=1, help="How often each is timed, after one warm-up.")] = 5,
) -> int:
    """Time tokenizers and their engines on your own text: speed, start-up, peak memory."""
    console = printing.console()
    specs = named(tokenizers.tokenizers or [DEFAULT])
    read = 0
    rows: list[Benchmark] = []
    unable: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "text"
        with whole.open("w", encoding="utf-8", newline="") as file:
            for document in inputs.documents(console, "bench"):
                with console.reporting():
                    file.write(document.read())
                    read += 1
        if not read:
            console.end()
            return ExitCode.ERROR
        for spec in specs:
            for engine in engines(spec):
                console.status(f"{spec} {engine}")
                try:
                    rows.append(measure(spec, engine, whole, runs))
                except Unsupported as error:
                    unable.append(f"left out: {error}")
    if not rows:
        raise UsageError("no engine could count this text; " + "; ".join(unable))
    console.left_out += unable
    lost = {row.tokenizer: row.lost for row in rows if row.lost}
    console.left_out += [lost_note(name, characters) for name, characters in lost.items()]
    return console.write(_report(rows))


def _report(rows: list[Benchmark]) -> TableReport:
    columns = [
        Column("tokenizer"),
        Column("engine"),
        Column("tokens", "int"),
        Column("MB/s", "ratio"),
        Column("MB/s", "bar", optional=True),
        Column("spread", "percent"),
        Column("start-up ms", "int"),
        Column("memory MB", "int"),
    ]
    return TableReport(
        columns,
        [
            (
                *(row.tokenizer, row.engine, row.tokens, row.megabytes_per_second, row.megabytes_per_second),
                *(row.spread, round(row.startup * 1000), round(row.memory / 1e6)),
            )
            for row in rows
        ],
        title=f"{rows[0].bytes:,} bytes, the median of {len(rows[0].seconds)} runs",
        results=[
            {
                **row._asdict(),
                "median": median(row.seconds),
                "megabytes_per_second": row.megabytes_per_second,
            }
            for row in rows
        ],
    )
