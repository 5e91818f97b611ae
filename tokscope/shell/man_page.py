"""Man pages: what --help says of a command, and its page of the manual, as roff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from typer._click import Context
from typer.core import TyperGroup

from tokscope.manual import ALSO, COMMAND, page_list, subjects
from tokscope.manual.roff import definition_list, escape_roff, page_body, page_head
from tokscope.shell.help_page import HelpPage
from tokscope.shell.subjects import page_on
from tokscope.version import RELEASE

EXIT_CODES = "0 if all went well, 2 if something could not be done, 130 after Ctrl-C."
"""What the exit codes of most commands mean."""

EXIT = "Exit codes: "
"""What a command's own words on its exit codes begin with."""


def man_page(subject: str | None, context: Context) -> str:
    """Write a page of the manual as a man page; without a subject, that of tokscope itself.

    Example: man_page("count", context).startswith('.TH "TOKSCOPE\\\\-COUNT" "1"')

    `context` is that of the outermost command. Raises UsageError for an unknown subject.
    """
    text = page_list() if subject is None else page_on(subject, context) or f"# {COMMAND}{subject}"
    title, _, rest = text.partition("\n")
    title = title.removeprefix("# ")
    name = subject and ALSO.get(subject.lower(), subject.lower())
    helps = [HelpPage.of(context.command, context)] if name is None else []
    if name is not None and title.startswith(COMMAND):
        commands = [one.removeprefix(COMMAND) for one in title.partition(":")[0].split(", ")]
        helps = [one for command in commands for one in _of_command(command, context)]
    what = title.partition(": ")[2] or (helps[0].says.rstrip(".") if helps else title)
    lines = [
        *page_head(f"tokscope-{name}" if name else "tokscope", 1 if helps else 7, RELEASE),
        *(".SH NAME", rf"{escape_roff(f'tokscope-{name}' if name else 'tokscope')} \- {escape_roff(what)}"),
        *_synopsis(helps),
        *(".SH DESCRIPTION", *page_body(rest)),
        *_options(helps),
        *(".SH SEE ALSO", _see_also(name)),
    ]
    return "\n".join(lines) + "\n"


def _of_command(command: str, context: Context) -> Iterator[HelpPage]:
    """Give the help of a command, or of each command of a group."""
    assert isinstance(context.command, TyperGroup)
    made = context.command.get_command(context, command)
    assert made is not None
    inside = Context(made, context, info_name=command)
    if not isinstance(made, TyperGroup):
        yield HelpPage.of(made, inside)
        return
    for name in made.list_commands(inside):
        if (one := made.get_command(inside, name)) is not None:
            yield HelpPage.of(one, Context(one, inside, info_name=name))


def _synopsis(helps: Sequence[HelpPage]) -> Iterator[str]:
    if helps:
        yield ".SH SYNOPSIS"
        for number, one in enumerate(helps):
            yield from [".br"] * bool(number)
            yield rf"\fB{escape_roff(one.line)}\fR"


def _options(helps: Sequence[HelpPage]) -> Iterator[str]:
    """Write what each command takes, and what its exit codes mean."""
    for one in helps:
        yield (
            ".SH OPTIONS" if len(helps) == 1 else f'.SH "{escape_roff(one.line.partition(" [")[0].upper())}"'
        )
        if len(helps) > 1:
            yield escape_roff(one.says)
        yield from definition_list({**one.panels, **one.commands})
    if helps:
        codes = [more.removeprefix(EXIT) for one in helps for more in one.more if more.startswith(EXIT)]
        yield ".SH EXIT STATUS"
        yield escape_roff(codes[0] if codes else EXIT_CODES)


def _see_also(name: str | None) -> str:
    """Name the pages to read on: all of them, or the first."""
    found = [f"tokscope-{one}" for one in subjects()] if name is None else ["tokscope"]
    return ", ".join(rf"\fB{escape_roff(one)}\fR" for one in found)
