"""`tokscope help`: the manual, in the terminal."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from tokscope.errors import ExitCode
from tokscope.manual import contents, page
from tokscope.shell.pager import show

MAX_PAGE_WIDTH = 100
"""How many cells wide a page is on a wide terminal: longer lines are hard to read."""


def help_(
    context: typer.Context,
    subject: Annotated[
        str | None,
        typer.Argument(
            metavar="[SUBJECT]", help="A command or a subject; without one, all.", show_default=False
        ),
    ] = None,
    man: Annotated[bool, typer.Option("--man", help="Write it as a man page: > tokscope.1.")] = False,
    no_pager: Annotated[bool, typer.Option("--no-pager", help="Do not page long output.")] = False,
) -> int:
    """Show a page of the manual; without a subject, list what there is."""
    if man:
        from tokscope.shell.man_page import man_page

        sys.stdout.write(man_page(subject, context.find_root()))
        return ExitCode.OK
    text = page(subject) if subject is not None else contents()
    show(_drawn(text) if sys.stdout.isatty() else text, paged=not no_pager)
    return ExitCode.OK


def _drawn(text: str) -> str:
    """Draw a page for the terminal."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    terminal = Console()
    drawn = Console(
        file=io.StringIO(),
        width=min(terminal.width, MAX_PAGE_WIDTH),
        force_terminal=True,
        color_system=terminal.color_system,  # type: ignore[arg-type]  # rich takes what it gave
        no_color=terminal.no_color,
        theme=Theme({"markdown.code": "bold cyan"}),  # rich's own is on black, on light terminals too
    )
    with drawn.capture() as captured:
        drawn.print(Markdown(text, hyperlinks=False, code_theme="ansi_dark"))
    return captured.get()
