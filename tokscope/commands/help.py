"""`tokscope help`: the manual, in the terminal."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tokscope.errors import ExitCode
from tokscope.manual import page_list
from tokscope.shell import completion
from tokscope.shell.options import Color, NoPager
from tokscope.shell.pager import is_looked_at, show_text
from tokscope.shell.subjects import help_of, page_on


def help_(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SUBJECT]",
            help="A command or a subject.",
            show_default=False,
            autocompletion=completion.complete_subjects,
        ),
    ] = None,
    man: Annotated[bool, typer.Option("--man", help="Write it as a man page.")] = False,
    color: Color = "auto",
    no_pager: NoPager = False,
) -> int:
    """Show a page of the manual, or list the pages."""
    subject = " ".join(words or ()) or None
    if man:
        from tokscope.shell.man_page import man_page

        sys.stdout.write(man_page(subject, context.find_root()))
        return ExitCode.OK
    root = context.find_root()
    text = page_list() if subject is None else page_on(subject, root)
    if text is not None:
        shown = text
        if is_looked_at(color):
            from tokscope.shell.manual_page import drawn_page

            shown = drawn_page(text, color)
    else:
        shown = help_of(subject or "", root)
    show_text(shown, paged=not no_pager)
    return ExitCode.OK
