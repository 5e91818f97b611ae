"""What `tokscope help` can be asked about: a page of the manual, a command, a tokenizer, a format."""

from __future__ import annotations

from typer._click import Context
from typer.core import TyperGroup

from tokscope.errors import UsageError, did_you_mean
from tokscope.manual import page, page_of
from tokscope.models.meant import MEANT, model_named
from tokscope.registry.backends import BACKENDS
from tokscope.render import FORMATS
from tokscope.shell.guesses import synonyms_of
from tokscope.shell.help_page import show_help


def page_on(asked: str, context: Context) -> str | None:
    """Read the page that tells of what was asked about; None for a command without a page.

    Example: page_on("csv", context).startswith("# Output") -> True

    `context` is that of the outermost command. Raises UsageError with similar subjects.
    """
    assert isinstance(context.command, TyperGroup)
    if (name := page_of(asked)) is not None:
        return page(name)
    commands = context.command.list_commands(context)
    if asked in commands:
        return None
    if asked in FORMATS:
        return page("output")
    meant = [one.split()[0] for one in synonyms_of(asked, commands)]
    if pages := [*dict.fromkeys(one for one in meant if one in commands and one != "help")]:
        if len(pages) == 1:
            return page(pages[0])
        raise UsageError(f"the manual has no page on {asked!r}: {did_you_mean(pages, '')}")
    if (model := model_named(asked)) is not None:
        listed = asked if asked.lower() in MEANT else model
        where = f"tokscope list {listed} describes it, tokscope count -t {model} counts with it"
        raise UsageError(f"the manual has no page on {asked!r}, a tokenizer or model: {where}")
    return page("tokenizers" if asked in BACKENDS else asked)


def help_of(name: str, context: Context) -> str:
    """Write what --help says of a command; `context` is that of the outermost one.

    Example: help_of("count", context).startswith("Usage: tokscope count") -> True
    """
    assert isinstance(context.command, TyperGroup)
    command = context.command.get_command(context, name)
    assert command is not None
    return show_help(command, Context(command, context, info_name=name)) + "\n"
