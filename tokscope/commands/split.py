"""`tokscope split`: where each tokenizer cuts a text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, BinaryIO, NamedTuple

import typer

from tokscope.errors import Flaw, UsageError
from tokscope.inputs import Document
from tokscope.report.split import Cut, SplitReport, StructureReport
from tokscope.report.table import Report
from tokscope.shell.console import Console
from tokscope.shell.options import OUTPUT, Inputs, Node, Printing, Tokenizers, format_option
from tokscope.tokenizer import STRUCTURES, Kind, Tokenizer

if TYPE_CHECKING:
    from tokscope.structured.reading import Said
    from tokscope.structures.graph import NodeGraph
    from tokscope.transcriber import Transcriber

Texts = Sequence[tuple[str, str]]
"""Paths, and what stands there."""


class SplitPrinting(Printing):
    """How to print the tokens, and where."""

    format: Annotated[str | None, format_option(StructureReport.forms)]

    @property
    def forms(self) -> Sequence[str]:
        """Tokens, or a row for each."""
        return StructureReport.forms


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
    inputs: Inputs, tokenizers: Tokenizers, printing: SplitPrinting, shown: Shown, node: Node = None
) -> int:
    """Show where each tokenizer cuts a text: in colour, one token a line, or as a page with -o page.html.

    Of molecules and graphs -o FILE.svg is a drawing in the colours of the tokens.
    """
    if shown.stacked and printing.format is None and printing.output is None:
        printing = printing._replace(format="table")
    console = printing.console()
    loaded = tokenizers.load(structures=True, node=node)
    documents = inputs.documents(console, "split")
    if console.form in ("drawing", "matrix") or any(STRUCTURES.intersection(one.takes) for one in loaded):
        return console.write(_of_structures(documents, loaded, shown, console))
    texts: list[tuple[str, str]] = []
    for document in documents:
        with console.reporting():
            texts += _texts(document)
    report = _at_levels(texts, loaded) if shown.levels else _cut(texts, loaded, shown)
    console.say_lost(loaded)
    return console.write(report)


def _of_structures(
    documents: Iterable[Document], tokenizers: Sequence[Tokenizer], shown: Shown, console: Console
) -> Report:
    """Write molecules and graphs as tokens; a text among them is cut by the tokenizers of text."""
    from tokscope.structured.reading import Said
    from tokscope.structured.writing import refused, takers, written

    if shown.stacked:
        raise UsageError(f"--{shown.stacked} is for texts, not for molecules and graphs")
    said = Said()
    cuts: list[Cut] = []
    graphs: list[tuple[Transcriber, NodeGraph, str]] = []
    for document in documents:
        with console.reporting():
            chosen = takers(document, tokenizers)
            for some in chosen:
                for found in written(document, some, console.problem, said):
                    cuts += found.cuts
                    graphs += ((one, found.structure, found.place) for one, _ in found.transcripts)
            if not chosen or chosen[0][0].kind is Kind.GRAPH:
                texts = [one for one in tokenizers if not STRUCTURES.intersection(one.takes)]
                cuts += _cuts([(document.path, document.read())] if texts else [], texts)
            if not chosen:
                refused(document, tokenizers, said)
    report = StructureReport(cuts, shown.ids, shown.hex)
    if console.form == "matrix":
        report = replace(report, save=_features(graphs, said))
    console.left_out += said.notes
    if console.form == "drawing" and not any(cut.drawable for cut in cuts):
        raise UsageError(
            f"{console.format} draws molecules, and the trees of llaga:nd, of which there are none here; "
            "the cuts of texts go to html"
        )
    return report


def _features(graphs: Sequence[tuple[Transcriber, NodeGraph, str]], said: Said) -> Callable[[BinaryIO], None]:
    """Make what writes the features of a graph's nodes. Raises UsageError for other than one graph."""
    if len(graphs) != 1:
        raise UsageError("npz holds the features of one graph by one tokenizer: nagphormer or llaga:ho")
    ((one, graph, place),) = graphs
    try:
        features, source = one.features(graph)
    except Flaw as flaw:
        raise flaw.of(place) from None
    said.add([f"{one.shown}: features are of the {source}"])

    def save(file: BinaryIO) -> None:
        import numpy as np

        names = [symbol.text for symbol in one.transcribe(graph).signs[:: features.shape[1]]]
        nodes = np.array([name.rpartition("@")[0] for name in names])
        np.savez_compressed(file, features=features, nodes=nodes, source=np.array(source))

    return save


def _texts(document: Document) -> Texts:
    """Read a text, or those of a notebook, which are cut each by itself."""
    if document.cells is None:
        return [(document.path, document.read())]
    texts = map("".join, document.texts())
    return [(f"{document.path}: cell {number}", text) for number, text in enumerate(texts, 1)]


def _cut(texts: Texts, tokenizers: Sequence[Tokenizer], shown: Shown) -> Report:
    """Cut each text by each tokenizer."""
    return SplitReport(_cuts(texts, tokenizers), shown.ids, shown.hex, shown.align)


def _cuts(texts: Texts, tokenizers: Sequence[Tokenizer]) -> list[Cut]:
    return [
        Cut(one.name, one.encode(text), one.asked, path, one.exact)
        for path, text in texts
        for one in tokenizers
    ]


def _at_levels(texts: Texts, tokenizers: Sequence[Tokenizer]) -> Report:
    """Cut each text at every level of the language."""
    from tokscope.inside.levels import cut_at_levels
    from tokscope.report.levels import LevelsReport

    return LevelsReport.of([cut_at_levels(text, tokenizers, path) for path, text in texts])
