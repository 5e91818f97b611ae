"""`tokscope play`: a live screen that shows every tokenizer's cuts while you type."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tokscope import garbage
from tokscope.errors import ExitCode, MissingExtra, UsageError
from tokscope.inputs import Decoding, Document, Selection, documents
from tokscope.shell.input_options import Encoding, Errors
from tokscope.shell.options import Tokenizers, budget_option

if TYPE_CHECKING:
    from tokscope.playground.app import Playground


def play(
    tokenizers: Tokenizers,
    *,
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]", help="A file to open, or a folder to choose from.", show_default=False
        ),
    ] = None,
    text: Annotated[str, typer.Option("-x", "--text", metavar="TEXT", help="Begin with this text.")] = "",
    budget: Annotated[int | None, budget_option("Show files as shares of N tokens.")] = None,
    web: Annotated[
        bool, typer.Option("--web", help="Serve it to a browser on this machine, and print the address.")
    ] = False,
    encoding: Encoding = "utf-8",
    errors: Errors = "strict",
) -> int:
    """Show every tokenizer's cuts, counts and differences live, as you type; ? shows the keys."""
    served = "TEXTUAL_DRIVER" in os.environ  # in a browser, by way of pipes
    if not web and not served and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("play needs a terminal; tokscope split and count take files, -x TEXT and pipes")
    if path is not None and text:
        raise UsageError("play opens a FILE or begins with -x TEXT: use one of them")
    if path == "-":
        raise UsageError("play takes keys from standard input: open a FILE, or begin with -x TEXT")
    app = _playground(tokenizers, path, text, budget, Decoding(encoding, errors))
    if web:
        return _serve()
    if (error := app.run()) is not None:
        raise error
    return ExitCode.OK if served else _print_count(app)


def _print_count(app: Playground) -> int:
    """Print the count of what stood there last."""
    from tokscope.measure.counter import measure_texts
    from tokscope.report.table import Column, TableReport
    from tokscope.shell.console import Console

    rows = measure_texts(app.path or "-", [app.text], app.tokenizers)
    report = TableReport(
        [Column("tokenizer"), Column("tokens", "int")],
        [(one.shown, row.figure) for one, row in zip(app.tokenizers, rows, strict=True)],
    )
    return Console().write(report, app.tokenizers)


def _serve() -> int:
    """Serve what this command line would show. Raises MissingExtra without textual-serve."""
    try:
        from tokscope.playground.web import PlaygroundServer
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("aiohttp", "textual", "textual_serve"):
            raise
        raise MissingExtra("play --web", "web") from error
    PlaygroundServer([word for word in sys.argv[1:] if word != "--web"]).serve()
    return ExitCode.OK


def _playground(
    tokenizers: Tokenizers, path: str | None, text: str, budget: int | None, decoding: Decoding
) -> Playground:
    """Make the screen. Raises MissingExtra without Textual, InputError for a file that cannot be read."""
    try:
        from tokscope.playground.app import Playground
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "textual":
            raise
        raise MissingExtra("play", "play") from error
    folder = path is not None and os.path.isdir(path)
    if path is not None and not folder:
        text = _read_draft(path, decoding)
    app = Playground(
        tokenizers.load(),
        text,
        path=None if folder else path,
        folder=path if folder else None,
        budget=budget,
        decoding=decoding,
    )
    garbage.look_seldom(whole=1000)  # drawing makes thousands of objects, and a key would wait up to 0.1 s
    return app


def _read_draft(path: str, decoding: Decoding) -> str:
    def refuse(error: Exception) -> None:
        raise error

    found: list[Document] = list(documents(Selection([path]), decoding, report=refuse, command=None))
    return found[0].read()
