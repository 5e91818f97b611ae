"""`tokscope trace`: why a text is cut where it is, step by step."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tokscope.errors import UsageError
from tokscope.inputs.parts import part
from tokscope.report.split import Cut
from tokscope.report.trace import Traced, TraceReport
from tokscope.shell.console import Console
from tokscope.shell.options import INPUT, Color, Inputs, Output, Tokenizers, When, format_option


def trace(
    inputs: Inputs,
    tokenizers: Tokenizers,
    start: Annotated[
        int, typer.Option("--from", metavar="N", min=0, help="Begin at this byte.", rich_help_panel=INPUT)
    ] = 0,
    end: Annotated[
        int | None,
        typer.Option("--to", metavar="N", min=0, help="End before this byte.", rich_help_panel=INPUT),
    ] = None,
    format: Annotated[str | None, format_option(TraceReport.forms, "table on a terminal, else json")] = None,
    output: Output = None,
    color: Color = When.AUTO,
) -> int:
    """Show why a text is cut where it is: every step of the tokenizer, from the text to the ids."""
    if end is not None and end < start:
        raise UsageError(f"--to {end} is before --from {start}: there is no text between them")
    if format is None and output in (None, "-") and not sys.stdout.isatty():
        format = "json"
    console = Console(output, format, color, TraceReport.forms)
    loaded = tokenizers.load()
    traced: list[Traced] = []
    for document in inputs.documents(console, "trace"):
        with console.reporting():
            text = part(document.read(), document.path, start, end)
            for one in loaded:
                steps = one.trace(text)
                traced.append(Traced(Cut(one.name, steps.split, one.asked, document.path, one.exact), steps))
    return console.write(TraceReport(traced), loaded)
