"""`tokscope help`: the manual, in the terminal."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tokscope.errors import ExitCode
from tokscope.manual import page_list
from tokscope.shell.pager import show_text
from tokscope.shell.subjects import help_of, page_on

MAX_PAGE_WIDTH = 100
"""How many cells wide a page is on a wide terminal: longer lines are hard to read."""


def help_(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SUBJECT]", help="A command or a subject; without one, all.", show_default=False
        ),
    ] = None,
    man: Annotated[bool, typer.Option("--man", help="Write it as a man page: > tokscope.1.")] = False,
    no_pager: Annotated[bool, typer.Option("--no-pager", help="Do not page long output.")] = False,
) -> int:
    """Show a page of the manual; without a subject, list what there is."""
    subject = " ".join(words or ()) or None
    if man:
        from tokscope.shell.man_page import man_page

        sys.stdout.write(man_page(subject, context.find_root()))
        return ExitCode.OK
    root = context.find_root()
    text = page_list() if subject is None else page_on(subject, root)
    if text is not None:
        shown = _draw_page(text) if sys.stdout.isatty() else text
    else:
        shown = help_of(subject or "", root)
    show_text(shown, paged=not no_pager)
    return ExitCode.OK


def _draw_page(text: str) -> str:
    """Draw a page for the terminal."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    theme = Theme({"markdown.code": "bold cyan"})  # rich's own is on black, on light terminals too
    terminal = Console(width=min(Console().width, MAX_PAGE_WIDTH), theme=theme)
    with terminal.capture() as captured:
        terminal.print(Markdown(text, hyperlinks=False, code_theme="ansi_dark"))
    return captured.get()
