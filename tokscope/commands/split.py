"""`tokscope split`: where each tokenizer cuts a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.inputs import Document
from tokscope.report.split import Cut, SplitReport
from tokscope.report.table import Report
from tokscope.shell.options import OUTPUT, Inputs, Printing, Tokenizers, format_option
from tokscope.tokenizer import Tokenizer

Texts = Sequence[tuple[str, str]]
"""Paths, and what stands there."""


class SplitPrinting(Printing):
    """How to print the tokens, and where."""

    format: Annotated[str | None, format_option(SplitReport.forms)]

    @property
    def forms(self) -> Sequence[str]:
        """Tokens, or a row for each."""
        return SplitReport.forms


class Shown(NamedTuple):
    """What is shown of the tokens."""

    ids: Annotated[bool, typer.Option("--ids", help="Show ids.", rich_help_panel=OUTPUT)] = False
    hex: Annotated[bool, typer.Option("--bytes", help="Show bytes in hex.", rich_help_panel=OUTPUT)] = False
    align: Annotated[
        bool,
        typer.Option(
            "--align", help="One text, and every tokenizer's cuts under it.", rich_help_panel=OUTPUT
        ),
    ] = False
    levels: Annotated[
        bool,
        typer.Option(
            "--levels",
            help="One text, and under it characters, tokens, words, sentences, and where they cross.",
            rich_help_panel=OUTPUT,
        ),
    ] = False

    lists: Annotated[
        bool,
        typer.Option(
            "--lists", help="A line for each tokenizer or level: a list of tokens.", rich_help_panel=OUTPUT
        ),
    ] = False

    @property
    def stacked(self) -> str:
        """The option that sets cuts under the text itself, "" for none. Raises UsageError beside others.

        Example: Shown(align=True).stacked -> "align"
        """
        option = "align" if self.align else "levels" if self.levels else ""
        if option and (self.ids or self.hex):
            raise UsageError(f"--{option} has no room for --ids or --bytes: one of them")
        if self.lists and (self.ids or self.hex or self.align):
            raise UsageError("--lists are of tokens alone: leave out --ids, --bytes and --align")
        return option


def split(inputs: Inputs, tokenizers: Tokenizers, printing: SplitPrinting, shown: Shown) -> int:
    """Show where each tokenizer cuts a text: in colour, one token a line, or as a page with -o page.html."""
    if shown.lists:
        if printing.format not in (None, "plain"):
            raise UsageError(f"--lists are lines: leave out --format {printing.format}, or --lists")
        printing = printing._replace(format="plain")
    if shown.stacked and printing.format is None and printing.output is None:
        printing = printing._replace(format="table")
    console = printing.console()
    loaded = tokenizers.load()
    texts: list[tuple[str, str]] = []
    for document in inputs.documents(console, "split"):
        with console.reporting():
            texts += _texts(document)
    report = _at_levels(texts, loaded, shown) if shown.levels else _cut(texts, loaded, shown)
    console.say_lost(loaded)
    return console.write(report)


def _texts(document: Document) -> Texts:
    """Read a text, or those of a notebook, which are cut each by itself."""
    if document.cells is None:
        return [(document.path, document.read())]
    texts = map("".join, document.texts())
    return [(f"{document.path}: cell {number}", text) for number, text in enumerate(texts, 1)]


def _cut(texts: Texts, tokenizers: Sequence[Tokenizer], shown: Shown) -> Report:
    """Cut each text by each tokenizer."""
    cuts = [
        Cut(one.name, one.encode(text), one.asked, path, one.exact)
        for path, text in texts
        for one in tokenizers
    ]
    return SplitReport(cuts, shown.ids, shown.hex, shown.align, shown.lists)


def _at_levels(texts: Texts, tokenizers: Sequence[Tokenizer], shown: Shown) -> Report:
    """Cut each text at every level of the language."""
    from tokscope.inside.levels import cut_at_levels
    from tokscope.report.levels import LevelsReport

    return LevelsReport.of([cut_at_levels(text, tokenizers, path) for path, text in texts], lists=shown.lists)
