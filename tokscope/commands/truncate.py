"""`tokscope truncate`: as much of a text as fits a budget."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated

import typer

from tokscope.errors import ExitCode, UsageError
from tokscope.fitting.truncation import Keep, Truncation, truncate_blocks
from tokscope.shell.console import Console, Voice
from tokscope.shell.input_options import Inputs
from tokscope.shell.options import OUTPUT, OneTokenizer, Output, budget_option
from tokscope.text.quantity import quantity
from tokscope.text.segments import Unit


def truncate(
    inputs: Inputs,
    tokenizer: OneTokenizer,
    budget: Annotated[int, budget_option("Keep at most N tokens.", least=0)],
    keep: Annotated[Keep, typer.Option(help="Which part to keep; middle removes the middle.")] = Keep.HEAD,
    marker: Annotated[str, typer.Option(metavar="TEXT", help="Put this where something was cut.")] = "",
    boundary: Annotated[Unit, typer.Option(help="What to keep whole.")] = Unit.CHAR,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 3 if something was cut.", rich_help_panel=OUTPUT)
    ] = False,
    output: Output = None,
) -> int:
    """Cut a text to a budget of tokens; one that fits stays as it is.

    Where tokens can only be estimated, the upper bound of the estimate counts.

    Exit codes: 0, even if something was cut; with --exit-code 3 if it was; 2 for an error.
    """
    own = [PurePath(path).suffix.lower() for path in inputs.selection.paths]
    console = Console(output, "plain", endings=(".txt", ".md"), own=own)
    loaded = tokenizer.load()
    found = [*inputs.documents(console, "truncate")]
    if len(found) > 1:
        raise UsageError(f"truncate takes one text, not {len(found)}; to join files, pipe them in with cat")
    for document in found:
        result = truncate_blocks(document.blocks(), budget, loaded, keep, marker, boundary)
        with console.stream() as out:
            out.write(result.text.encode())
        if result.cut and console.voice is not Voice.QUIET:
            size = document.size if inputs.decoding.utf8 and result.size is None else result.size
            console.say(_said(result, size, bounded=not loaded.exact))
        if result.cut and exit_code:
            return ExitCode.TRUNCATED
    console.say_estimates([loaded])
    return console.end([loaded])


def _said(result: Truncation, size: int | None, *, bounded: bool) -> str:
    """Say in words what was cut off a text of `size` bytes."""
    kept = len(result.head.encode()) + len(result.tail.encode())
    cut = "the rest" if size is None else quantity(size - kept, "byte")
    most = "at most " if bounded else ""
    return f"cut off {cut}; kept {quantity(kept, 'byte')}, {most}{quantity(result.tokens, 'token')}"
