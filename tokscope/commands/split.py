"""`tokscope split`: where each tokenizer cuts a text."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.console import Console, notes_on
from tokscope.errors import InputError, UsageError
from tokscope.inputs import Decoding, Selection, documents
from tokscope.options import (
    OUTPUT,
    Color,
    Dictionary,
    Encoding,
    Errors,
    Exclude,
    Files0From,
    FilesFrom,
    Format,
    Hidden,
    Include,
    NoIgnore,
    OnError,
    Output,
    Paths,
    Special,
    Text,
    Tokenizers,
    When,
)
from tokscope.registry import DEFAULT, load_all
from tokscope.report import Cut, SplitReport


def split(
    paths: Paths = None,
    tokenizers: Tokenizers = None,
    text: Text = None,
    ids: Annotated[bool, typer.Option("--ids", help="Show ids.", rich_help_panel=OUTPUT)] = False,
    hex_: Annotated[bool, typer.Option("--bytes", help="Show bytes in hex.", rich_help_panel=OUTPUT)] = False,
    align: Annotated[
        bool,
        typer.Option(
            "--align", help="One text, and every tokenizer's cuts under it.", rich_help_panel=OUTPUT
        ),
    ] = False,
    special: Special = False,
    dictionary: Dictionary = None,
    files_from: FilesFrom = None,
    files0_from: Files0From = None,
    include: Include = None,
    exclude: Exclude = None,
    no_ignore: NoIgnore = False,
    hidden: Hidden = False,
    encoding: Encoding = "utf-8",
    errors: Errors = OnError.STRICT,
    format: Format = None,
    output: Output = None,
    color: Color = When.AUTO,
) -> int:
    """Show where each tokenizer cuts a text: in colour, or one token a line."""
    if align and (ids or hex_):
        raise UsageError("--align has no room for --ids or --bytes: one of them")
    console = Console(format or ("table" if align and output is None else None), output, color)
    loaded = load_all(tokenizers or [DEFAULT], special=special, dict=dictionary)
    selection = Selection(
        paths or [], text or [], files_from, files0_from, include or [], exclude or [], not no_ignore, hidden
    )
    cuts: list[Cut] = []
    skipped: list[str] = []
    for document in documents(
        *(selection, Decoding(encoding, errors)),
        report=console.problem,
        skip=skipped.append,
        command="tokscope split",
    ):
        try:
            whole = document.read()
        except InputError as error:
            console.problem(error)
            continue
        cuts += [Cut(one.name, one.encode(whole), one.asked, document.path, one.exact) for one in loaded]
    notes = notes_on([], len(skipped))
    return console.write(SplitReport(cuts, ids, hex_, align, console.errors(), notes))
