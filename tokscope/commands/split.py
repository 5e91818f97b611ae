"""`tokscope split`: where each tokenizer cuts a text or a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from tokscope.errors import InputError, NotText, TokenizerError, UsageError
from tokscope.inputs import Document
from tokscope.measure import takes
from tokscope.render import FORMATS
from tokscope.report.split import Cut, SplitReport
from tokscope.report.table import Report
from tokscope.shell.console import Console
from tokscope.shell.options import OUTPUT, Away, Inputs, Media, Printing, Tokenizers, format_option
from tokscope.tokenizer import Kind, Tokenizer

if TYPE_CHECKING:
    from tokscope.report.picture import PictureReport, View

FORMS = ("split", "picture", "table", "results")
"""The forms of both reports: texts cut into tokens, and pictures cut into cells."""

Texts = Sequence[tuple[str, str]]
"""Paths, and what stands there."""


class SplitPrinting(Printing):
    """How to print the tokens, and where."""

    format: Annotated[str | None, format_option(FORMS)]

    @property
    def forms(self) -> Sequence[str]:
        """Tokens, cells of pictures, or a row for each."""
        return FORMS


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

    @property
    def stacked(self) -> str:
        """The option that sets cuts under the text itself, "" for none. Raises UsageError beside others.

        Example: Shown(align=True).stacked -> "align"
        """
        option = "align" if self.align else "levels" if self.levels else ""
        if option and (self.ids or self.hex):
            raise UsageError(f"--{option} has no room for --ids or --bytes: one of them")
        return option


def split(
    inputs: Inputs,
    tokenizers: Tokenizers,
    printing: SplitPrinting,
    media: Media,
    away: Away,
    shown: Shown,
) -> int:
    """Show where each tokenizer cuts a text or a picture: on the terminal, or as a page with -o page.html."""
    media.check()
    if shown.stacked and printing.format is None and printing.output is None:
        printing = printing._replace(format="table")
    console = printing.console()
    loaded = tokenizers.load()
    texts: list[tuple[str, str]] = []
    pictures: list[Document] = []
    for document in inputs.documents(console, "split", media=media, away=away, takes=_pictures(loaded)):
        with console.reporting():
            try:
                texts += _texts(document)
            except NotText as error:
                if error.kind != Kind.PICTURE:
                    raise
                pictures.append(document)
    if pictures:
        views = _of_pictures(pictures, bool(texts), shown, loaded, media, console)
        return console.write(views) if views else console.end()
    if console.form == "picture":
        if texts:
            raise UsageError(f"{console.format} is for pictures; the cuts of texts go to html")
        return console.end()
    report = _at_levels(texts, loaded) if shown.levels else _cut(texts, loaded, shown)
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
    return SplitReport(cuts, shown.ids, shown.hex, shown.align)


def _at_levels(texts: Texts, tokenizers: Sequence[Tokenizer]) -> Report:
    """Cut each text at every level of the language."""
    from tokscope.inside.levels import cut_at_levels
    from tokscope.report.levels import LevelsReport

    return LevelsReport.of([cut_at_levels(text, tokenizers, path) for path, text in texts])


def _pictures(tokenizers: Sequence[Tokenizer]) -> Callable[[Document], bool]:
    """Make what says whether a file in a folder is a picture that one of the tokenizers takes."""
    taken = takes(tokenizers)
    return lambda document: taken(document) and bool(document.size) and document.kind == Kind.PICTURE


def _of_pictures(
    documents: Sequence[Document],
    texts: bool,
    shown: Shown,
    tokenizers: Sequence[Tokenizer],
    media: Media,
    console: Console,
) -> PictureReport | None:
    """Lay out every picture for every tokenizer; None where there is nothing to draw.

    What has no rule for a picture is a problem of its own.
    """
    from tokscope.report.picture import PictureReport

    if texts:
        raise UsageError("these are pictures and texts: split them one kind at a time")
    if shown.stacked or shown.hex:
        raise UsageError(f"--{shown.stacked or 'bytes'} is for texts, not for pictures")
    drawn = FORMATS[console.format].form(PictureReport.forms) == "picture"
    views: list[View] = []
    for document in documents:
        with console.reporting():
            views += _views(document, tokenizers, media, drawn, console)
    if drawn and not views:
        return None
    said = (f"{view.tokenizer}: {view.note}" for view in views if view.note)
    return PictureReport(views, shown.ids, notes=list(dict.fromkeys(said)))


def _views(
    document: Document, tokenizers: Sequence[Tokenizer], media: Media, drawn: bool, console: Console
) -> Iterator[View]:
    """Lay out one picture for every tokenizer. Raises InputError for a damaged one."""
    from tokscope.media.joined import measured
    from tokscope.media.views import view

    with document.opened() as source:
        medium = measured(source)
        for tokenizer in tokenizers:
            try:
                yield view(source, medium, tokenizer, media.asked, drawn=drawn)
            except TokenizerError as error:
                console.problem(InputError(document.path, str(error)))
