"""`tokscope encode`: text to token ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from tokscope.batches import pieces
from tokscope.errors import UsageError
from tokscope.ids import Width, write
from tokscope.inputs import Document
from tokscope.measure import takes
from tokscope.render import FOR_PEOPLE
from tokscope.shell.console import Console
from tokscope.shell.options import OUTPUT, Inputs, OneTokenizer, Output
from tokscope.tokenizer import Kind, Tokenizer


def encode(
    inputs: Inputs,
    tokenizer: OneTokenizer,
    json: Annotated[
        bool, typer.Option("--json", help="An array for each text, a line each.", rich_help_panel=OUTPUT)
    ] = False,
    binary: Annotated[
        Width | None, typer.Option("--binary", help="Ids as little-endian integers.", rich_help_panel=OUTPUT)
    ] = None,
    output: Output = None,
) -> int:
    """Write the ids of a text's or a picture's tokens: a line for each, or JSON, or binary."""
    if json and binary is not None:
        raise UsageError("--json is text and --binary is not: one of them")
    console = Console(output, "plain")
    loaded = tokenizer.load()
    if binary is not None:
        binary.check(loaded)
    with console.stream(FOR_PEOPLE if binary is None else None) as out:
        for document in inputs.documents(console, "encode", takes=takes([loaded]), raw=True):
            with console.reporting():
                out.writelines(write(_ids(document, loaded), width=binary, json=json))
    return console.end([loaded])


def _ids(document: Document, tokenizer: Tokenizer) -> Iterator[Sequence[int]]:
    """Encode a document, a text piece by piece where the tokenizer allows it."""
    if Kind.TEXT not in tokenizer.takes:
        tokenizer.require(document.kind)
        from tokscope.media.pixels import decoded

        with document.opened() as source:
            picture = decoded(source)
        yield tokenizer.encode_picture(picture).ids or []
        return
    for _, piece in pieces(document, [tokenizer.cut or tokenizer.stretches], lambda document: None):
        ids = tokenizer.encode(piece).ids
        if ids is None:
            raise tokenizer.no_ids()
        yield ids
