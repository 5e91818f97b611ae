"""What --help shows of a command: usage, one sentence, its options by panels, examples, where to read on.

Typer has the facts; how they are laid out is decided here, so that no width breaks a word.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from typer._click import Command, Context, Parameter
from typer.core import TyperGroup

from tokscope.manual import examples, page_of
from tokscope.render import color_for
from tokscope.shell.input_options import INPUT
from tokscope.shell.media_options import MEDIA_PANEL
from tokscope.shell.options import OUTPUT, TOKENIZER
from tokscope.text.wrapping import wrapped

ARGUMENTS, OPTIONS = "Arguments", "Options"

LAST = (TOKENIZER, INPUT, MEDIA_PANEL, OUTPUT)
"""The panels that many commands have; they come after those that are a command's own."""

LEFT, WIDEST = 28, 100
"""How wide the names may be that are beside their help, and a whole page."""


class HelpLine(NamedTuple):
    """A line of a panel: a name, and what it is for.

    Example: HelpLine("-n, --budget N", "Keep at most N tokens. [required]")
    """

    name: str
    says: str


class HelpPage(NamedTuple):
    """What there is to say of a command.

    Example: HelpPage.of(command, context).says -> "Count tokens, like wc: a row for each file, and a total."

    `panels` are the arguments and options, and `commands` those of a group, both by their headings. `more`
    are further paragraphs, such as what the exit codes mean. `page` is the page of the manual to read on,
    "" the list of them, None if there is none.
    """

    line: str
    says: str
    panels: dict[str, list[HelpLine]]
    commands: dict[str, list[HelpLine]]
    examples: Sequence[str]
    more: Sequence[str]
    page: str | None

    @classmethod
    def of(cls, command: Command, context: Context) -> HelpPage:
        """Gather it from what typer knows; `context` is that of the command.

        Example: HelpPage.of(command, command.make_context("count", [], resilient_parsing=True))
        """
        says, *more = [" ".join(part.split()) for part in (command.help or "").split("\n\n")]
        path = context.command_path
        name = path.partition(" ")[2]
        pieces = " ".join(command.collect_usage_pieces(context))
        line = f"{path} {pieces.replace('{', '').replace('}', '')}"
        return cls(
            *(line, says, _panels(command, context), _commands_by_panel(command, context)),
            *(examples(name), more, page_of(name)),
        )

    def lines(self, width: int) -> Iterator[tuple[str, str]]:
        """Lay it out in lines of at most `width` cells, each as its beginning in colour and the rest.

        Example: next(HelpPage.of(command, context).lines(80)) -> ("Usage: ", "tokscope count [OPTIONS] ...")
        """

        def paragraph(text: str) -> Iterator[tuple[str, str]]:
            yield from (("", line) for line in wrapped(text, width, ""))

        yield "Usage: ", self.line
        yield "", ""
        yield from paragraph(self.says)
        yield from _lay_out(self.commands, width)
        yield from _lay_out(self.panels, width)
        if self.examples:
            yield "", ""
            yield "Examples:", ""
            yield from (("", f"  $ {one}") for one in self.examples)
        for one in self.more:
            yield "", ""
            yield from paragraph(one)
        if self.page is not None:
            yield "", ""
            yield "Read on: ", f"tokscope help {self.page}".rstrip()


def show_help(command: Command, context: Context) -> str:
    """Lay out the help of a command for standard output, as wide as its terminal, with or without colour.

    Example: show_help(command, context) -> "Usage: tokscope count [OPTIONS] [PATHS]...\\n\\nCount tokens ..."
    """
    width = min(shutil.get_terminal_size().columns, WIDEST)
    start, end = ("\x1b[1;36m", "\x1b[0m") if color_for(sys.stdout, "auto", os.environ) else ("", "")
    lines = HelpPage.of(command, context).lines(width)
    return "\n".join(f"{start}{head}{end}{rest}" if head else rest for head, rest in lines)


def _lay_out(panels: Mapping[str, Sequence[HelpLine]], width: int) -> Iterator[tuple[str, str]]:
    """Lay out panels in two columns; what a long name is for stands below it."""
    names = [one.name for panel in panels.values() for one in panel]
    left = max((len(name) for name in names if len(name) <= LEFT), default=LEFT)
    for title, panel in panels.items():
        yield "", ""
        yield f"{title}:", ""
        for name, says in panel:
            beside = len(name) <= left
            first, *others = wrapped(says, width - left - 4, "")
            yield f"  {name}", f"{'':{left - len(name) + 2}}{first}" if beside else ""
            for line in others if beside else [first, *others]:
                yield "", f"{'':{left + 4}}{line}"


def _panels(command: Command, context: Context) -> dict[str, list[HelpLine]]:
    """Sort what a command takes into panels, those of its own before those of many commands."""
    own: dict[str, list[HelpLine]] = {ARGUMENTS: [], OPTIONS: []}
    shared: dict[str, list[HelpLine]] = {panel: [] for panel in LAST}
    for one in command.get_params(context):
        if one.param_type_name == "argument":
            own[ARGUMENTS].append(HelpLine(one.make_metavar(context), str(getattr(one, "help", "") or "")))
        elif not getattr(one, "hidden", False):
            panel = getattr(one, "rich_help_panel", None) or OPTIONS
            if one.name == "help" and shared[OUTPUT]:
                panel = OUTPUT
            (shared if panel in shared else own).setdefault(panel, []).append(_option(one))
    return {panel: entries for panel, entries in {**own, **shared}.items() if entries}


def _commands_by_panel(command: Command, context: Context) -> dict[str, list[HelpLine]]:
    """Sort the commands of a group into their panels; a command has none."""
    found: dict[str, list[HelpLine]] = {}
    if isinstance(command, TyperGroup):
        for name in command.list_commands(context):
            made = command.get_command(context, name)
            panel = getattr(made, "rich_help_panel", None) or "Commands"
            says = ((made and made.help) or "").partition("\n\n")[0]
            found.setdefault(panel, []).append(HelpLine(name, " ".join(says.split())))
    return found


def _option(option: Parameter) -> HelpLine:
    """Write an option: its names, what stands for its value, what it does, what there is to choose."""
    every = [*option.opts, *option.secondary_opts]
    short = [one for one in every if not one.startswith("--")]
    long = [one for one in every if one.startswith("--")]
    on_off = "/".join(long) if option.secondary_opts else long[0]
    also = [*short[1:], *(() if option.secondary_opts else long[1:])]
    name = f"{short[0]}, {on_off}" if short else f"    {on_off}"
    choices = [str(one) for one in getattr(option.type, "choices", ())]
    if not getattr(option, "is_flag", False):
        name += f" {option.metavar or _stands_for(option)}"
    says = [str(getattr(option, "help", "") or "")]
    if also:
        says.append(f"Also {', '.join(also)}.")
    facts = [_enumerated(choices)] if choices else []
    facts += _default(option)
    if facts:
        says.append(f"[{'; '.join(facts)}]")
    return HelpLine(name, " ".join(says))


def _stands_for(option: Parameter) -> str:
    """Name the value of an option that has no metavar: N for a number, else as the option is called."""
    number = "int" in option.type.name or "float" in option.type.name
    return "N" if number else str(option.name).upper().replace("_", "-")


def _enumerated(words: Sequence[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _default(option: Parameter) -> list[str]:
    """Say what an option is where it is not given, and that one has to be."""
    shown = getattr(option, "show_default", True)
    if option.required:
        return ["required"]
    if isinstance(shown, str):
        return [f"default: {shown}"]
    value = option.default
    if not shown or value is None or value == "" or isinstance(value, bool):
        return []
    return [f"default: {value.value if isinstance(value, Enum) else value}"]
