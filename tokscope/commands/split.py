"""`tokscope split`: where each tokenizer cuts a text."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.console import Console
from tokscope.errors import InputError, UsageError
from tokscope.options import OUTPUT, Inputs, Printing, Tokenizers
from tokscope.render import SPLIT_RENDERERS
from tokscope.split_report import Cut, SplitReport


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
    levels: Annotated[
        bool,
        typer.Option(
            "--levels",
            help="One text, and under it characters, tokens, words, sentences, and where they cross.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
) -> int:
    """Show where each tokenizer cuts a text: in colour, one token a line, or as a page with -o page.html."""
    if (align or levels) and (ids or hex_):
        raise UsageError(f"--{'align' if align else 'levels'} has no room for --ids or --bytes: one of them")
    if (align or levels) and printing.format is None and printing.output is None:
        printing = printing._replace(format="table")
    console = Console(*printing, SPLIT_RENDERERS)
    loaded = tokenizers.load()
    if levels:
        from tokscope.levels import LevelsReport, cut_at_levels  # the others start sooner without
    texts: list[list[Cut]] = []
    for document in inputs.documents(console, "split"):
        try:
            whole = document.read()
        except InputError as error:
            console.problem(error)
            continue
        texts.append(
            cut_at_levels(whole, loaded, document.path)
            if levels
            else [Cut(one.name, one.encode(whole), one.asked, document.path, one.exact) for one in loaded]
        )
    if levels:
        return console.write(LevelsReport.of(texts, console.errors(), console.notes()))
    cuts = [cut for text in texts for cut in text]
    return console.write(SplitReport(cuts, ids, hex_, align, console.errors(), console.notes()))
