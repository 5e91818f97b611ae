"""`tokscope split`: where each tokenizer cuts a text."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.errors import InputError, UsageError
from tokscope.options import OUTPUT, Inputs, Printing, Tokenizers
from tokscope.report import Cut, SplitReport


def split(
    inputs: Inputs,
    tokenizers: Tokenizers,
    printing: Printing,
    ids: Annotated[bool, typer.Option("--ids", help="Show ids.", rich_help_panel=OUTPUT)] = False,
    hex_: Annotated[bool, typer.Option("--bytes", help="Show bytes in hex.", rich_help_panel=OUTPUT)] = False,
    align: Annotated[
        bool,
        typer.Option(
            "--align", help="One text, and every tokenizer's cuts under it.", rich_help_panel=OUTPUT
        ),
    ] = False,
) -> int:
    """Show where each tokenizer cuts a text: in colour, or one token a line."""
    if align and (ids or hex_):
        raise UsageError("--align has no room for --ids or --bytes: one of them")
    if align and printing.format is None and printing.output is None:
        printing = printing._replace(format="table")
    console = printing.console()
    loaded = tokenizers.load()
    cuts: list[Cut] = []
    for document in inputs.documents(console, "split"):
        try:
            whole = document.read()
        except InputError as error:
            console.problem(error)
            continue
        cuts += [Cut(one.name, one.encode(whole), one.asked, document.path, one.exact) for one in loaded]
    return console.write(SplitReport(cuts, ids, hex_, align, console.errors(), console.notes()))
