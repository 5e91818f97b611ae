"""`tokscope split`: where each tokenizer cuts a text or a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from tokscope.batches import read_pieces
from tokscope.errors import InputError, NotText, TokenizerError, UsageError
from tokscope.inputs import Document
from tokscope.measure import takes
from tokscope.registry import model_in
from tokscope.render import FOR_PEOPLE, formats_of
from tokscope.report.picture import PictureReport, View
from tokscope.report.split import Cut, ListsReport, PiecesReport, SplitReport, StructureReport
from tokscope.report.table import Report, forms_of
from tokscope.shell.console import Console
from tokscope.shell.input_options import Inputs, Node
from tokscope.shell.media_options import Away, Media
from tokscope.shell.options import OUTPUT, Color, Output, Tokenizers, format_option
from tokscope.tokenizer import Kind, Tokenizer

if TYPE_CHECKING:
    from tokscope.structures.graph import NodeGraph
    from tokscope.transcriber import Transcriber

FORMS = forms_of(SplitReport, PictureReport, StructureReport)
"""The forms of all reports: texts cut into tokens, pictures into cells, molecules and graphs into parts."""

Texts = Sequence[tuple[str, str]]
"""Paths, and what is there."""


class SplitPrinting(NamedTuple):
    """How to print the tokens, and where.

    Example: SplitPrinting(format="json")
    """

    format: Annotated[str | None, format_option(FORMS)] = None
    output: Output = None
    color: Color = "auto"

    def console(self, shown: Shown) -> Console:
        """Make the command's Console. Raises UsageError and OutputError.

        Example: SplitPrinting("json").console(Shown()).format -> "json"
        """
        stacked = shown.stacked
        if shown.lists:
            refusal = ": --lists are lines, use one of them"
            return Console(self.output, self.format, forms=ListsReport.forms, endings=(), refusal=refusal)
        if stacked and self.format is None and self.output is None:
            return Console(None, FOR_PEOPLE, self.color, FORMS)
        return Console(self.output, self.format, self.color, FORMS)


class Shown(NamedTuple):
    """What is shown of the tokens.

    Example: Shown(ids=True).lists -> False
    """

    ids: Annotated[bool, typer.Option("--ids", help="Show ids.", rich_help_panel=OUTPUT)] = False
    hex: Annotated[bool, typer.Option("--bytes", help="Show bytes in hex.", rich_help_panel=OUTPUT)] = False
    align: Annotated[
        bool,
        typer.Option(
            "--align", help="Show one text, with every tokenizer's cuts under it.", rich_help_panel=OUTPUT
        ),
    ] = False
    levels: Annotated[
        bool,
        typer.Option(
            "--levels",
            help="Show one text, with characters, tokens, words, sentences under it, and where they cross.",
            rich_help_panel=OUTPUT,
        ),
    ] = False

    lists: Annotated[
        bool,
        typer.Option(
            "--lists", help="Write a list of tokens for each tokenizer or level.", rich_help_panel=OUTPUT
        ),
    ] = False

    @property
    def stacked(self) -> str:
        """The option that sets cuts under the text itself, "" for none. Raises UsageError beside others.

        Example: Shown(align=True).stacked -> "align"
        """
        option = "align" if self.align else "levels" if self.levels else ""
        if option and (self.ids or self.hex):
            raise UsageError(f"--{option} has no room for --ids or --bytes: use one of them")
        if self.lists and (self.ids or self.hex or self.align):
            raise UsageError("--lists are of tokens alone: leave out --ids, --bytes and --align")
        return option


def split(
    inputs: Inputs,
    tokenizers: Tokenizers,
    printing: SplitPrinting,
    media: Media,
    away: Away,
    shown: Shown,
    node: Node = None,
) -> int:
    """Show where each tokenizer cuts a text or a picture: on the terminal, or as a page with -o page.html.

    For molecules and graphs, -o FILE.svg is a drawing in the colours of the tokens.
    """
    media.check()
    console = printing.console(shown)
    loaded = tokenizers.load(structures=True, node=node)
    structures = partial(_split_structures, inputs, loaded, shown, console)
    if any(one.takes_structures for one in loaded):
        return console.made(structures, drawing=partial(structures, drawn=True))
    texts = partial(_of_files, inputs, loaded, shown, media, away, console)
    return console.made(
        texts,
        drawing=lambda: structures(drawn=True) if _of_molecules(inputs) else texts(),
        matrix=structures,
    )


def _of_files(
    inputs: Inputs, tokenizers: Sequence[Tokenizer], shown: Shown, media: Media, away: Away, console: Console
) -> int:
    """Show how texts or pictures are cut."""
    documents = inputs.documents(console, "split", media=media, away=away, takes=_takes_pictures(tokenizers))
    first = list(islice(documents, 2))

    def whole() -> int:
        texts, pictures = _texts_to_split(chain(first, documents), console)
        if pictures:
            lay = partial(_of_pictures, pictures, bool(texts), shown, tokenizers, media, console)
            return console.made(lay, picture=partial(lay, drawn=True))
        report = _at_levels(texts, tokenizers, shown) if shown.levels else _cut(texts, tokenizers, shown)
        console.say_lost(tokenizers)
        return console.write(report)

    # Of one text it is known without all of it which columns its lines have.
    alone = len(first) == len(tokenizers) == 1 and tokenizers[0].unlabelled and first[0].cells is None
    if not alone or shown.levels or shown.lists:
        return whole()
    return console.made(whole, pieces=lambda: _streamed(first[0], tokenizers[0], shown, console, whole))


def _texts_to_split(documents: Iterable[Document], console: Console) -> tuple[Texts, list[Document]]:
    """Read the texts; what turns out to be a picture is put aside."""
    texts: list[tuple[str, str]] = []
    pictures: list[Document] = []
    for document in documents:
        with console.reporting():
            try:
                texts += document.named_texts()
            except NotText as error:
                if error.kind != Kind.PICTURE:
                    raise
                pictures.append(document)
    return texts, pictures


def _streamed(
    document: Document, tokenizer: Tokenizer, shown: Shown, console: Console, otherwise: Callable[[], int]
) -> int:
    """Write the lines of one text as it is read; what is no text is shown `otherwise`."""
    read = read_pieces(document, [tokenizer.cut or tokenizer.stretches], console.progress)
    cuts = (tokenizer.encode(piece) for _, piece in read)
    with console.reporting():
        try:
            return console.write(PiecesReport(cuts, shown.ids, shown.hex), [tokenizer])
        except NotText:
            return otherwise()
    return console.end([tokenizer])


def _of_molecules(inputs: Inputs) -> bool:
    """Say whether these are files of molecules, which can be drawn."""
    from tokscope.structures.sniffing import kinds_of

    return bool(inputs.paths) and kinds_of(inputs.paths or ()) == {"molecules"}


def _split_structures(
    inputs: Inputs, tokenizers: Sequence[Tokenizer], shown: Shown, console: Console, *, drawn: bool = False
) -> int:
    """Write molecules and graphs as tokens; a text among them is cut by the tokenizers of text."""
    from tokscope.structure_files.features import save_features
    from tokscope.structure_files.stream import Said
    from tokscope.structure_files.transcribing import refuse_structures, takers, write_structures

    if shown.stacked:
        raise UsageError(f"--{shown.stacked} is for texts, not for molecules and graphs")
    said = Said()
    cuts: list[Cut] = []
    graphs: list[tuple[Transcriber, NodeGraph, str]] = []
    for document in inputs.documents(console, "split"):
        with console.reporting():
            chosen = takers(document, tokenizers)
            for some in chosen:
                for found in write_structures(document, some, console.problem, said):
                    if drawn and (flaw := found.structure.undrawable(document.path)):
                        console.problem(flaw)
                        continue
                    cuts += found.cuts
                    graphs += ((one, found.structure, found.place) for one, _ in found.transcripts)
            if not chosen or chosen[0][0].kind is Kind.GRAPH:
                texts = [one for one in tokenizers if not one.takes_structures]
                cuts += _cuts([(document.path, document.read())] if texts else [], texts)
            if not chosen:
                refuse_structures(document, tokenizers, said)
    console.left_out += said.notes
    if drawn and not any(cut.drawn_as for cut in cuts):
        formats = " and ".join(formats_of(["drawing"]))
        raise UsageError(
            f"{formats} draws molecules, and the trees of llaga:nd, of which there are none here; "
            "the cuts of texts go to html"
        )
    save = partial(save_features, graphs, console.left_out.append)
    return console.write(StructureReport(cuts, shown.ids, shown.hex, save=save))


def _cut(texts: Texts, tokenizers: Sequence[Tokenizer], shown: Shown) -> Report:
    """Cut each text by each tokenizer."""
    cuts = _cuts(texts, tokenizers)
    return ListsReport(cuts) if shown.lists else SplitReport(cuts, shown.ids, shown.hex, shown.align)


def _cuts(texts: Texts, tokenizers: Sequence[Tokenizer]) -> list[Cut]:
    return [
        Cut(one.name, one.encode(text), one.asked, path, one.exact)
        for path, text in texts
        for one in tokenizers
    ]


def _at_levels(texts: Texts, tokenizers: Sequence[Tokenizer], shown: Shown) -> Report:
    """Cut each text at every level of the language."""
    from tokscope.inside.levels import cut_at_levels
    from tokscope.report.levels import LevelsReport

    found = [cut_at_levels(text, tokenizers, path) for path, text in texts]
    return ListsReport([cut for one in found for cut in one.cuts]) if shown.lists else LevelsReport.of(found)


def _takes_pictures(tokenizers: Sequence[Tokenizer]) -> Callable[[Document], bool]:
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
    *,
    drawn: bool = False,
) -> int:
    """Lay out every picture for every tokenizer, unless there is nothing to draw.

    What has no rule for a picture is a problem of its own.
    """
    if texts:
        raise UsageError("these are pictures and texts: split them one kind at a time")
    if shown.stacked or shown.hex:
        raise UsageError(f"--{shown.stacked or 'bytes'} is for texts, not for pictures")
    views: list[View] = []
    for document in documents:
        with console.reporting():
            views += _views(document, tokenizers, media, drawn, console)
    if drawn and not views:
        return console.end()
    said = (f"{view.tokenizer}: {view.note}" for view in views if view.note)
    return console.write(PictureReport(views, shown.ids, notes=list(dict.fromkeys(said))))


def _views(
    document: Document, tokenizers: Sequence[Tokenizer], media: Media, drawn: bool, console: Console
) -> Iterator[View]:
    """Lay out one picture for every tokenizer. Raises InputError for a damaged one."""
    from tokscope.media.joined import measure_file
    from tokscope.media.views import view

    with document.opened() as source:
        medium = measure_file(source)
        for tokenizer in tokenizers:
            try:
                yield view(source, medium, tokenizer, media.asked, model_in(tokenizer.shown), drawn=drawn)
            except TokenizerError as error:
                console.problem(InputError(document.path, str(error)))
