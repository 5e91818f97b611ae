"""`tokscope help`: the manual, in the terminal."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from tokscope.errors import ExitCode
from tokscope.manual import page_list
from tokscope.shell import completion
from tokscope.shell.options import OUTPUT, Color
from tokscope.shell.pager import show_text
from tokscope.shell.subjects import help_of, page_on

MAX_PAGE_WIDTH = 100
"""How many cells wide a page is on a wide terminal: longer lines are hard to read."""


def help_(
    context: typer.Context,
    subject: Annotated[
        str | None,
        typer.Argument(
            metavar="[SUBJECT]",
            help="A command or a subject; without one, all.",
            show_default=False,
            autocompletion=completion.complete_subjects,
        ),
    ] = None,
    man: Annotated[bool, typer.Option("--man", help="Write it as a man page: > tokscope.1.")] = False,
    color: Color = "auto",
    no_pager: Annotated[
        bool, typer.Option("--no-pager", help="Do not page long output.", rich_help_panel=OUTPUT)
    ] = False,
) -> int:
    """Show a page of the manual; without a subject, list what there is."""
    if man:
        from tokscope.shell.man_page import man_page

        sys.stdout.write(man_page(subject, context.find_root()))
        return ExitCode.OK
    root = context.find_root()
    text = page_list() if subject is None else page_on(subject, root)
    if text is not None:
        drawn = sys.stdout.isatty() or color == "always"  # by way of `| less -R`
        shown = _draw_page(text, color) if drawn else text
    else:
        shown = help_of(subject or "", root)
    show_text(shown, paged=not no_pager)
    return ExitCode.OK


def _draw_page(text: str, color: str) -> str:
    """Draw a page for the terminal."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    from tokscope.render import color_for

    theme = Theme({"markdown.code": "bold cyan"})  # rich's own is on black, on light terminals too
    colored = color_for(sys.stdout, color, os.environ)
    terminal = Console(
        width=min(Console().width, MAX_PAGE_WIDTH), theme=theme, force_terminal=colored, no_color=not colored
    )
    with terminal.capture() as captured:
        terminal.print(Markdown(text, hyperlinks=False, code_theme="ansi_dark"))
    return captured.get()
