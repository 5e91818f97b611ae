"""`tokscope split`: where each tokenizer cuts a text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice
from typing import Annotated

import typer

from tokscope.batches import pieces
from tokscope.errors import UsageError
from tokscope.inputs import Document
from tokscope.render.tokens import lines
from tokscope.report.split import Cut, SplitReport
from tokscope.shell.console import Console
from tokscope.shell.options import OUTPUT, Inputs, Printing, Tokenizers, format_option
from tokscope.tokenizer import Tokenizer


class SplitPrinting(Printing):
    """How to print the tokens, and where."""

    format: Annotated[str | None, format_option(SplitReport.forms)]

    @property
    def forms(self) -> Sequence[str]:
        """Tokens, or a row for each."""
        return SplitReport.forms


def split(
    inputs: Inputs,
    tokenizers: Tokenizers,
    printing: SplitPrinting,
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
    console = printing.console()
    loaded = tokenizers.load()
    documents = inputs.documents(console, "split")
    first = list(islice(documents, 2))
    if console.format == "plain" and not levels and len(first) == len(loaded) == 1 and loaded[0].unlabelled:
        return _streamed(console, first[0], loaded[0], ids, hex_)
    texts: list[tuple[str, str]] = []
    for document in chain(first, documents):
        with console.reporting():
            texts.append((document.path, document.read()))
    if levels:
        from tokscope.inside.levels import cut_at_levels
        from tokscope.report.levels import LevelsReport

        nested = [cut_at_levels(text, loaded, path) for path, text in texts]
        console.say_lost(loaded)
        return console.write(LevelsReport.of(nested))
    cuts = [
        Cut(one.name, one.encode(text), one.asked, path, one.exact) for path, text in texts for one in loaded
    ]
    console.say_lost(loaded)
    return console.write(SplitReport(cuts, ids, hex_, align))


def _streamed(console: Console, document: Document, tokenizer: Tokenizer, ids: bool, hex_: bool) -> int:
    """Write the lines of one text as it is read: it is known without all of it which columns they have."""
    with console.stream() as out, console.reporting():
        for _, piece in pieces(document, [tokenizer.cut or tokenizer.stretches], console.progress):
            out.writelines(some.encode() for some in lines(tokenizer.encode(piece), ids, hex_))
    return console.end([tokenizer])
