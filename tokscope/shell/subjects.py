"""What `tokscope help` can be asked about: a page of the manual, a command, a tokenizer, a format."""

from __future__ import annotations

from typer._click import Context
from typer.core import TyperGroup

from tokscope.manual import page, page_of
from tokscope.registry.backends import BACKENDS
from tokscope.render import FORMATS
from tokscope.shell.help_page import show_help


def page_on(asked: str, context: Context) -> str | None:
    """Read the page that tells of what was asked about; None for a command without a page.

    Example: page_on("csv", context).startswith("# Output") -> True

    `context` is that of the outermost command. Raises UsageError with similar subjects.
    """
    assert isinstance(context.command, TyperGroup)
    if page_of(asked) is None:
        if asked in context.command.list_commands(context):
            return None
        asked = "tokenizers" if asked in BACKENDS else "output" if asked in FORMATS else asked
    return page(asked)


def help_of(name: str, context: Context) -> str:
    """Write what --help says of a command; `context` is that of the outermost one.

    Example: help_of("count", context).startswith("Usage: tokscope count") -> True
    """
    assert isinstance(context.command, TyperGroup)
    command = context.command.get_command(context, name)
    assert command is not None
    return show_help(command, Context(command, context, info_name=name)) + "\n"
