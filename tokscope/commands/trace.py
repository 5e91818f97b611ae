"""`tokscope trace`: why a text is cut where it is, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from tokscope.errors import InputError, UsageError
from tokscope.inputs import Document
from tokscope.inputs.parts import document_parts
from tokscope.report.split import Cut
from tokscope.report.trace import Traced, TraceReport
from tokscope.shell.console import Console
from tokscope.shell.input_options import INPUT, Inputs, Node
from tokscope.shell.options import FORMAT_DEFAULT, Color, Output, Tokenizers, format_option
from tokscope.tokenizer import Tokenizer


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
    format: Annotated[
        str | None, format_option(TraceReport.forms, FORMAT_DEFAULT.replace("plain", "json"))
    ] = None,
    output: Output = None,
    color: Color = "auto",
    node: Node = None,
) -> int:
    """Show why a text is cut where it is: every step of the tokenizer, from the text to the ids.

    For molecules and graphs it says what each token stands for: which ring, which hop, which padding.
    """
    if end is not None and end < start:
        raise UsageError(f"--to {end} is before --from {start}: there is no text between them")
    console = Console(output, format, color, TraceReport.forms, piped="json")
    loaded = tokenizers.load(structures=True, node=node)
    structured = any(one.takes_structures for one in loaded)
    if structured and (start or end is not None):
        raise UsageError("--from and --to are bytes of a text, which molecules and graphs are not")
    traced: list[Traced] = []
    for document in inputs.documents(console, "trace"):
        with console.reporting():
            if structured:
                traced += _trace_structures(document, loaded, console)
                continue
            for path, text in document_parts(document, start, end):
                for one in loaded:
                    steps = one.trace(text)
                    traced.append(Traced(Cut(one.name, steps.split, one.asked, path, one.exact), steps))
    return console.write(TraceReport(traced), loaded)


MAX_MOLECULES = 20
"""How many molecules are traced: nobody reads more."""


def _trace_structures(
    document: Document, tokenizers: Sequence[Tokenizer], console: Console
) -> Iterator[Traced]:
    """Trace the molecules or the graph of a document. Raises InputError, for too many molecules too."""
    from tokscope.structure_files.stream import Said
    from tokscope.structure_files.transcribing import refuse_structures, takers, write_structures

    said = Said()
    chosen = takers(document, tokenizers)
    for some in chosen:
        for number, found in enumerate(write_structures(document, some, console.problem, said)):
            if number == MAX_MOLECULES:
                raise InputError(
                    document.path, f"more than {MAX_MOLECULES} molecules; give the one you mean with -x"
                )
            for (one, _), cut in zip(found.transcripts, found.cuts, strict=True):
                yield Traced(cut, one.trace_of([found.structure]))
    if not chosen:
        refuse_structures(document, tokenizers, said)
    console.left_out += said.notes
