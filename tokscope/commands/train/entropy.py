"""`tokscope train entropy`: a byte-level language model, whose entropies say where patches begin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from tokscope.console import Console
from tokscope.errors import ExitCode, UsageError
from tokscope.inputs import Document
from tokscope.ngram import learn
from tokscope.options import Inputs, Output


def entropy(
    inputs: Inputs,
    order: Annotated[int, typer.Option(min=2, max=8, metavar="N", help="The longest n-grams, in bytes.")] = 6,
    min_count: Annotated[
        int, typer.Option(min=1, metavar="N", help="Leave n-grams out that are longer than 3 and rarer.")
    ] = 3,
    patch: Annotated[
        float, typer.Option(min=1.01, metavar="BYTES", help="How long patches are to be on the average.")
    ] = 4.5,
    held_out: Annotated[
        str | None,
        typer.Option(
            metavar="FILE,...", help="Set the thresholds on these texts, not on a part of the corpus."
        ),
    ] = None,
    output: Output = None,
) -> int:
    """Learn a byte-level n-gram model, for -t 'blt:entropy?model=FILE'."""
    if output is None:
        raise UsageError("name the file to write: -o model.npz, or -o - for standard output")
    console = Console("plain", output, "never")
    held = None
    if held_out is not None:
        files = Inputs(held_out.split(","), encoding=inputs.encoding, errors=inputs.errors)
        held = "".join(text for blocks in _texts(files, console) for text in blocks)
    with console.stream() as out:  # opened first: what cannot be written is known before the work
        learned = learn(_texts(inputs, console), order, min_count, patch, held)
        learned.tree.save(out)
    console.say(
        f"{learned.bytes:,} bytes gave {len(learned.tree.codes):,} n-grams; "
        f"{learned.bits_per_byte:.2f} bits per byte on what was held out"
    )
    return ExitCode.OK


def _texts(inputs: Inputs, console: Console) -> Iterator[Iterator[str]]:
    for document in inputs.documents(console, "train entropy"):
        yield _read(document, console)
    if console.problems:
        raise UsageError("a part of the corpus cannot be read, so nothing was learned")


def _read(document: Document, console: Console) -> Iterator[str]:
    for block in document.blocks():
        yield block
        console.progress(document)
