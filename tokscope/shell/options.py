"""The options that nearly all commands have, the tokenizers and how to print, each defined once, in groups.

A command takes a group as one parameter, `inputs: Inputs`; groups.spread_groups() puts the fields of the
group into the signature that typer reads options from.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.registry import DEFAULT, load, load_all, split_specs
from tokscope.render import formats_of
from tokscope.report.order import Order
from tokscope.report.table import TableReport, forms_of
from tokscope.shell import completion
from tokscope.shell.input_options import Inputs
from tokscope.tokenizer import Kind, Tokenizer

if TYPE_CHECKING:
    from tokscope.shell.console import Console


When = Literal["auto", "always", "never"]
"""When to use colour."""


TOKENIZER, OUTPUT = "Tokenizer", "Output"
"""The panels of the help on tokenizers, and on how to print."""


def _tokenizer_option(default: str) -> Any:
    """Make the option that names tokenizers; `default` is what its help shows as the default."""
    return typer.Option(
        *("-t", "--tokenizer", "-m", "--model"),
        metavar="NAME,...",
        help="Tokenizers or models; see tokscope list. Repeatable.",
        show_default=default,
        rich_help_panel=TOKENIZER,
        autocompletion=completion.complete_tokenizers,
    )


Names = Annotated[list[str] | None, _tokenizer_option(DEFAULT)]


def name_option(help: str, default: str | None) -> Any:
    """Make the option that names one tokenizer; it is a list, so that a second one is no surprise.

    Example: tokenizer: Annotated[list[str] | None, name_option("A model.", None)] = None; see require_one()
    """
    return typer.Option(
        *("-t", "--tokenizer", "-m", "--model"),
        metavar="NAME",
        help=help,
        show_default=default or False,
        rich_help_panel=TOKENIZER,
        autocompletion=completion.complete_tokenizers,
    )


def require_one(specs: Sequence[str]) -> str:
    """Give the one tokenizer that is named where there can be no more. Raises UsageError.

    Example: require_one(["gpt-4o"]) -> "gpt-4o"; require_one(["gpt-4o,char"]) raises it
    """
    names = split_specs(specs)
    if len(names) > 1:
        raise UsageError(f"takes one tokenizer, not {len(names)}: {', '.join(names)}")
    return names[0]


Name = Annotated[list[str] | None, name_option("A tokenizer or model; see tokscope list.", DEFAULT)]
Special = Annotated[
    bool,
    typer.Option(
        "--special",
        help="Add the tokenizer's own special tokens, and find them in the text.",
        rich_help_panel=TOKENIZER,
    ),
]
Dictionary = Annotated[
    str | None,
    typer.Option(
        "--dict",
        metavar="FILE",
        help="A user dictionary, for jieba or terms:NAME.",
        rich_help_panel=TOKENIZER,
        show_default=False,
    ),
]


def budget_option(help: str, least: int = 1) -> Any:
    """Make the option that is a number of tokens, of at least `least`.

    Example: budget: Annotated[int | None, budget_option("At most N tokens in each chunk.")] = None

    It reads numbers as `tokscope check` does, such as 4,000. Raises UsageError for others.
    """

    def read(written: str) -> int:
        from tokscope.text.written_numbers import whole_number

        try:
            number = whole_number(written.strip())
        except ValueError as error:
            raise UsageError(f"--budget: {error}") from error
        if number is None or number < least:
            raise UsageError(f"--budget takes a whole number of {least} or more, not {written!r}")
        return number

    return typer.Option("-n", "--budget", metavar="N", help=help, parser=read)


FORMAT_DEFAULT = "by -o's name, else table on a terminal, plain in a pipe"


def format_option(forms: Sequence[str], default: str = FORMAT_DEFAULT) -> Any:
    """Make the option --format; its help lists the formats that can show a report that has these `forms`.

    Example: format: Annotated[str | None, format_option(TableReport.forms)] = None
    """
    *most, last = formats_of(forms)
    named = f"{', '.join(most)} or {last}."
    return typer.Option(
        metavar="FORMAT",
        help=named,
        show_default=default,
        rich_help_panel=OUTPUT,
        autocompletion=completion.formats(forms),
    )


Plot = Annotated[
    bool,
    typer.Option(
        "--plot", help="Draw a plot; -o FILE.svg or FILE.png writes it as a picture.", rich_help_panel=OUTPUT
    ),
]
Output = Annotated[
    str | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write to FILE.", rich_help_panel=OUTPUT),
]
NoPager = Annotated[
    bool,
    typer.Option("--no-pager", help="Do not page output longer than the screen.", rich_help_panel=OUTPUT),
]
Color = Annotated[When, typer.Option(metavar="WHEN", help="When to use colour.", rich_help_panel=OUTPUT)]
Sort = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        autocompletion=completion.complete_columns,
        help="Sort by this column, the best or largest first; tokens is the first count, path the first.",
        rich_help_panel=OUTPUT,
    ),
]
Top = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Show only the first N rows.", rich_help_panel=OUTPUT)
]


def refuse_nan(param: typer.CallbackParam, value: float | None) -> float | None:
    """Refuse nan, which passes typer's checks of min and max: a callback for options that are floats.

    Example: typer.Option(min=0.01, callback=number)

    Raises UsageError for nan.
    """
    if value is not None and math.isnan(value):
        raise UsageError(f"--{param.name}: nan is not a number")
    return value


SpecialTokens = Annotated[
    list[str] | None,
    typer.Option(
        "--special-token",
        metavar="TOKEN=ID",
        help="Define a special token that the vocabulary lacks; use with --special. Repeatable.",
        show_default=False,
        rich_help_panel=TOKENIZER,
    ),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes", help="With api:, send more than 1 MB of text without asking.", rich_help_panel=TOKENIZER
    ),
]


class Tokenizers(NamedTuple):
    """The tokenizers to use, and how.

    Example: Tokenizers(["gpt-4o,char"], special=True).load()
    """

    tokenizers: Names = None
    special: Special = False
    dictionary: Dictionary = None
    yes: Yes = False
    special_tokens: SpecialTokens = None

    def load(self, *default: str, structures: bool = False, node: str | None = None) -> list[Tokenizer]:
        """Load them, or the `default` if none is named. Raises TokenizerError and UsageError.

        Example: [one.name for one in Tokenizers(["byte,char"]).load()] -> ["byte", "char"]

        Without `structures` the command is for texts alone, and a tokenizer of molecules or graphs is
        Unsupported. `node` is for those that write one node of a graph.
        """
        if self.yes:
            from tokscope.files.asking import CONSENT

            CONSENT.given = True
        loaded = load_all(
            self.tokenizers or default or [DEFAULT],
            special=self.special,
            tokens="\n".join(self.special_tokens) if self.special_tokens else None,
            dict=self.dictionary,
            node=node,
        )
        return loaded if structures else require_text(loaded)


def require_text(tokenizers: list[Tokenizer]) -> list[Tokenizer]:
    """Refuse what takes molecules or graphs. Raises Unsupported.

    Example: require_text([load("smiles")]) raises "smiles takes molecules, not text; ..."
    """
    for one in tokenizers:
        if one.takes_structures:
            one.require(Kind.TEXT)
    return tokenizers


class OfEveryFamily(Tokenizers):
    """The same for a command whose default is many tokenizers.

    Example: OfEveryFamily(None).load("byte", "char") loads both
    """

    tokenizers: Annotated[list[str] | None, _tokenizer_option("one of every family")]


class OneTokenizer(NamedTuple):
    """The tokenizer of a command that takes only one.

    Example: OneTokenizer(["gpt-4o"]).load().name -> "o200k_base"
    """

    tokenizers: Name = None
    special: Special = False
    special_tokens: SpecialTokens = None

    def load(self, *, structures: bool = False) -> Tokenizer:
        """Load it. Raises TokenizerError and UsageError, as Tokenizers.load() does.

        Example: OneTokenizer(["byte"]).load().name -> "byte"
        """
        name = require_one(self.tokenizers or [DEFAULT])
        if not self.special_tokens:
            loaded = load(name, special=self.special)
        else:
            tokens = "\n".join(self.special_tokens)
            loaded = load_all([name], special=self.special, tokens=tokens)[0]
        return loaded if structures else require_text([loaded])[0]


class Printing(NamedTuple):
    """How to print the result, and where.

    Example: Printing("json", "out.json").console()
    """

    format: Annotated[str | None, format_option(TableReport.forms)] = None
    output: Output = None
    color: Color = "auto"
    sort: Sort = None
    top: Top = None

    def forms(self, plot: bool = False) -> Sequence[str]:
        """Give the forms of the result (see Report.forms), or those that it has where a `plot` is asked for.

        Example: Printing().forms() -> ("table", "results")
        """
        return TableReport.forms

    @property
    def order(self) -> Order:
        """Which rows come first, and how many are shown."""
        return Order(self.sort, self.top)

    @property
    def looked_at(self) -> bool:
        """Whether the result is for somebody at a terminal, who has not said how to show it.

        Example: Printing("csv").looked_at -> False
        """
        from tokscope.shell.pager import is_looked_at

        return (self.format or self.output) is None and is_looked_at(self.color)

    def console(self, plot: bool = False) -> Console:
        """Make the command's Console. Raises UsageError and OutputError.

        Example: Printing("csv").console().format -> "csv"
        """
        from tokscope.shell.console import Console

        return Console(self.output, self.format, self.color, self.forms(plot), self.order, plot=plot)


class Drawing(Printing):
    """The same for a result that can have a plot, which --plot of the command asks for.

    Example: Drawing(output="loss.svg").drawn(False, inputs)
    """

    format: Annotated[str | None, format_option(forms_of(TableReport, plot=True))]

    def forms(self, plot: bool = False) -> Sequence[str]:
        """Give those of a table that can have a plot."""
        return forms_of(TableReport, plot=True)

    def drawn(self, plot: bool, inputs: Inputs) -> Console:
        """Make the Console of a command that has inputs.

        Example: Drawing(output="loss.svg").drawn(False, Inputs()).format -> "svg"

        Raises OutputError, and UsageError for a path that was meant as --plot's file.
        """
        for path in inputs.paths or [] if plot else []:
            if path.lower().endswith((".svg", ".png")) and not os.path.lexists(path):
                raise UsageError(f"--plot takes no file; for the plot as a picture: -o {path}")
        return self.console(plot)
