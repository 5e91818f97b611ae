"""`tokscope bench`: how fast each tokenizer and engine is, on the user's own text."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from math import hypot
from pathlib import Path
from statistics import mean, median, stdev
from typing import Annotated

import typer

from tokscope.errors import ExitCode, Unsupported, UsageError
from tokscope.registry import DEFAULT, split_specs
from tokscope.report.table import Column, TableReport
from tokscope.shell.console import lost_note
from tokscope.shell.input_options import Inputs
from tokscope.shell.options import Printing, Tokenizers
from tokscope.statistics.benchmark import Benchmark, engines, measure

WIDE_SPREAD = 0.25
"""How far runs may differ, as a share of the median, before that is said."""

OWN_ENGINE = "own"
"""The engine of a tokenizer that has no other."""


def bench(
    inputs: Inputs,
    tokenizers: Tokenizers,
    printing: Printing,
    runs: Annotated[int, typer.Option(min=1, help="How often to time each, after one warm-up.")] = 5,
) -> int:
    """Time tokenizers and their engines on your own text: speed, start-up, peak memory."""
    console = printing.console()
    specs = split_specs(tokenizers.tokenizers or [DEFAULT])
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
        if not whole.stat().st_size:
            raise UsageError("nothing to time: the text is empty")
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


def _notes(rows: Sequence[Benchmark]) -> Iterator[str]:
    """Say how many times as fast the fastest is, and whose runs differ too much to tell."""
    fastest, *others = sorted(rows, key=lambda row: -row.megabytes_per_second)
    if others:
        next_one, slowest = others[0], others[-1]
        said = (
            f"{_bench_name(fastest)} is {_times(fastest, next_one)} times as fast as {_bench_name(next_one)}"
        )
        if slowest is not next_one:
            said += f", and {_times(fastest, slowest)} times as fast as {_bench_name(slowest)}"
        yield said
    if wide := [_bench_name(row) for row in rows if row.spread > WIDE_SPREAD]:
        named = ", ".join(wide)
        differ = f"runs of {named} differ by more than {WIDE_SPREAD:.0%}"
        yield f"{differ}: try a quiet machine, more text or more --runs"


def _bench_name(row: Benchmark) -> str:
    return row.tokenizer if row.engine == OWN_ENGINE else f"{row.tokenizer} by {row.engine}"


def _times(fast: Benchmark, slow: Benchmark) -> str:
    """Say how many times as fast one is as another, with the error that the spread of both makes likely.

    Errors of a quotient add up as the root of the sum of their relative squares, as hyperfine has it.
    """
    ratio = fast.megabytes_per_second / slow.megabytes_per_second
    if min(len(fast.seconds), len(slow.seconds)) < 2:
        return f"{ratio:,.2f}"
    error = hypot(*(stdev(row.seconds) / mean(row.seconds) for row in (fast, slow)))
    return f"{ratio:,.2f} ± {ratio * error:,.2f}"


COLUMNS = [
    Column("tokenizer", grouped=True),
    Column("engine"),
    Column("tokens", "int"),
    Column("MB/s", "ratio", better="more"),
    Column("MB/s", "bar", optional=True),
    Column("spread", "percent"),
    Column("start-up ms", "int", better="less"),
    Column("memory MB", "int", better="less"),
]


def _report(rows: list[Benchmark]) -> TableReport:
    return TableReport(
        COLUMNS,
        [
            (
                *(row.tokenizer, row.engine, row.tokens, row.megabytes_per_second, row.megabytes_per_second),
                *(row.spread, round(row.startup * 1000), round(row.memory / 1e6)),
            )
            for row in rows
        ],
        notes=[*_notes(rows)],
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
