"""The options that several commands share, each defined once, in groups.

A command takes a group as one parameter, `inputs: Inputs`; cli.grouped() puts the fields of the group into
the signature that typer reads options from.
"""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from tokscope.errors import InputError, UsageError
from tokscope.inputs import Decoding, Document, Selection, documents
from tokscope.registry import DEFAULT, load, load_all, named
from tokscope.render import formats_of
from tokscope.report.order import Order
from tokscope.shell import completion
from tokscope.tokenizer import STRUCTURES, Kind, Tokenizer

if TYPE_CHECKING:
    from tokscope.inputs.selection import Problem
    from tokscope.media.rules import Asked
    from tokscope.shell.console import Console


class When(StrEnum):
    """When to use colour.

    Example: --color always
    """

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class OnError(StrEnum):
    """What to do with bytes that are not valid in the encoding.

    Example: --errors replace puts U+FFFD in their place
    """

    STRICT = "strict"
    REPLACE = "replace"


class Detail(StrEnum):
    """How closely a model looks at a picture.

    Example: Detail("high") -> Detail.HIGH
    """

    AUTO = "auto"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    ULTRA_HIGH = "ultra_high"
    ORIGINAL = "original"


class Basis(StrEnum):
    """Whose rules count, where measured bills and the vendor's page differ.

    Example: Basis("documented") -> Basis.DOCUMENTED
    """

    MEASURED = "measured"
    DOCUMENTED = "documented"


class Host(StrEnum):
    """Where Gemini is asked: by its API, by the same with an uploaded file, or by Vertex AI.

    Example: Host("vertex") -> Host.VERTEX
    """

    GEMINI = "gemini"
    FILES = "files"
    VERTEX = "vertex"


class Svg(StrEnum):
    """What an SVG is, which is both.

    Example: Svg("picture") -> Svg.PICTURE
    """

    TEXT = "text"
    PICTURE = "picture"


_ADDRESS = re.compile(r"(?:https?|gs|s3)://", re.IGNORECASE)

TOKENIZER, INPUT, OUTPUT, MEDIA = "Tokenizer", "Input", "Output", "Pictures, sound, video, PDF"
"""The panels that several commands have in their help."""

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PATHS]...", help="Files and folders; - is standard input.", show_default=False),
]


def _names(default: str) -> Any:
    """Make the option that names tokenizers; `default` is what its help shows as the default."""
    return typer.Option(
        *("-t", "--tokenizer", "-m", "--model"),
        metavar="NAME,...",
        help="Tokenizers or models, see tokscope list. Repeatable.",
        show_default=default,
        rich_help_panel=TOKENIZER,
        autocompletion=completion.tokenizers,
    )


Names = Annotated[list[str] | None, _names(DEFAULT)]


def name_option(help: str, default: str | None) -> Any:
    """Make the option that names one tokenizer; it is a list, so that a second one is no surprise.

    Example: tokenizer: Annotated[list[str] | None, name_option("A model.", None)] = None; see one_of()
    """
    return typer.Option(
        *("-t", "--tokenizer", "-m", "--model"),
        metavar="NAME",
        help=help,
        show_default=default or False,
        rich_help_panel=TOKENIZER,
        autocompletion=completion.tokenizers,
    )


def one_of(specs: Sequence[str]) -> str:
    """Give the one tokenizer that is named where there can be no more. Raises UsageError.

    Example: one_of(["gpt-4o"]) -> "gpt-4o"; one_of(["gpt-4o,char"]) raises it
    """
    names = named(specs)
    if len(names) > 1:
        raise UsageError(f"takes one tokenizer, and here are {len(names)}: {', '.join(names)}")
    return names[0]


Name = Annotated[list[str] | None, name_option("A tokenizer or model, see tokscope list.", DEFAULT)]
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
        help="A user dictionary: for jieba, or terms to keep whole, for terms:NAME.",
        rich_help_panel=TOKENIZER,
        show_default=False,
    ),
]
Text = Annotated[
    list[str] | None,
    typer.Option("-x", "--text", metavar="TEXT", help="This text itself. Repeatable.", rich_help_panel=INPUT),
]
FilesFrom = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="Read paths from FILE, one a line; - is standard input.", rich_help_panel=INPUT
    ),
]
Files0From = Annotated[
    str | None, typer.Option(metavar="FILE", help="The same, separated by NUL.", rich_help_panel=INPUT)
]
Include = Annotated[
    list[str] | None,
    typer.Option(metavar="GLOB", help="In folders, read only these files.", rich_help_panel=INPUT),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(metavar="GLOB", help="In folders, leave these out.", rich_help_panel=INPUT),
]
NoIgnore = Annotated[
    bool, typer.Option("--no-ignore", help="In folders, do not heed .gitignore.", rich_help_panel=INPUT)
]
Hidden = Annotated[
    bool, typer.Option("--hidden", help="In folders, read hidden files too.", rich_help_panel=INPUT)
]
Encoding = Annotated[
    str, typer.Option(metavar="NAME", help="The encoding of the input.", rich_help_panel=INPUT)
]
Errors = Annotated[
    OnError, typer.Option(help="What to do with bytes that are not in the encoding.", rich_help_panel=INPUT)
]
TABLE, DRAWING = ("table", "results"), ("table", "chart", "results")
"""The forms of most commands' results, without and with a plot (see Report.forms)."""


DRAWING_DEFAULT = "by the name of -o's file, table on a terminal, else plain"


def format_option(forms: Sequence[str], default: str = "table on a terminal, else plain") -> Any:
    """Make the option --format; its help lists the formats that can show a report that has these `forms`.

    Example: format: Annotated[str | None, format_option(TABLE)] = None
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
        "--plot", help="Draw a plot; -o FILE.svg or FILE.png is the picture.", rich_help_panel=OUTPUT
    ),
]
Output = Annotated[
    str | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write to FILE.", rich_help_panel=OUTPUT),
]
Color = Annotated[When, typer.Option(metavar="WHEN", help="When to use colour.", rich_help_panel=OUTPUT)]
Sort = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Sort by this column, the best or largest first; tokens and path are columns of every table.",
        rich_help_panel=OUTPUT,
    ),
]
Top = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Show only the first N rows.", rich_help_panel=OUTPUT)
]


def number(param: typer.CallbackParam, value: float | None) -> float | None:
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
        help="A special token of your own, for ranks; --special finds it. Repeatable.",
        show_default=False,
        rich_help_panel=TOKENIZER,
    ),
]
Node = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Of a graph, this node alone.", rich_help_panel=INPUT),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes", help="With api:, send more than 1 MB of text without asking.", rich_help_panel=TOKENIZER
    ),
]

Convert = Annotated[
    bool,
    typer.Option(
        "--convert", help="Read the text of DOCX, PPTX, XLSX, EPUB and HTML.", rich_help_panel=INPUT
    ),
]


Outputs = Annotated[
    bool, typer.Option("--outputs", help="Count the outputs of notebooks too.", rich_help_panel=INPUT)
]


class Inputs(NamedTuple):
    """The texts to read.

    Example: Inputs(["notes.md"], include=["*.md"]).documents(console, "count")
    """

    paths: Paths = None
    text: Text = None
    files_from: FilesFrom = None
    files0_from: Files0From = None
    include: Include = None
    exclude: Exclude = None
    no_ignore: NoIgnore = False
    hidden: Hidden = False
    encoding: Encoding = "utf-8"
    errors: Errors = OnError.STRICT
    convert: Convert = False

    @property
    def selection(self) -> Selection:
        """Which files and texts they are."""
        return Selection(
            *(self.paths or [], self.text or [], self.files_from, self.files0_from),
            *(self.include or [], self.exclude or [], not self.no_ignore, self.hidden),
        )

    @property
    def decoding(self) -> Decoding:
        """How its bytes become text. Raises UsageError for an unknown encoding."""
        return Decoding(self.encoding, self.errors, convert=self.convert)

    def documents(
        self,
        console: Console,
        command: str | None,
        *,
        media: Media | None = None,
        away: Away | None = None,
        takes: Callable[[Document], bool] = lambda document: False,
        raw: bool = False,
    ) -> Iterator[Document]:
        """Find the texts; the console reports what cannot be read, what was skipped, and if there are none.

        Example: for document in inputs.documents(console, "count"): ...

        `command` is the command's name for hints, None if it has no option --text. Files in folders that
        something `takes` are found too, and are no texts. With `raw` a notebook is the JSON that it is.
        """
        found = False
        decoding = media.decoding(self) if media else self.decoding
        if not raw:
            decoding = replace(decoding, notebooks=console.notebooks)
        selection, addresses = self._divided(away)
        blank = away.documents(addresses, decoding, console.problem) if away else ()
        for document in chain(
            blank,
            documents(
                *(selection, decoding),
                report=console.problem,
                skip=console.skipped.append,
                command=command and f"tokscope {command}",
                takes=takes,
            )
            if not addresses or selection.named
            else (),
        ):
            found = True
            yield document
        if not found and not console.problems:
            console.say("no text was found; --include, --exclude, --hidden and --no-ignore say where to look")

    def _divided(self, away: Away | None) -> tuple[Selection, Sequence[str]]:
        """Take addresses apart from the paths, where a command knows what to do with them."""
        selection = self.selection
        if away is None:
            return selection, ()
        addresses = [path for path in selection.paths if _ADDRESS.match(path)]
        if away.picture is not None and not addresses:
            if selection.named:
                raise UsageError("--size is for the pictures of addresses (https://...), and here are none")
            addresses = [f"--size {away.size}"]
        return selection._replace(
            paths=[path for path in selection.paths if path not in addresses]
        ), addresses

    def corpus(self, console: Console, command: str) -> Iterator[Document]:
        """Find the texts to learn from; without one of them it would be a different corpus.

        Example: training.train(learner, inputs.corpus(console, "train bpe"), console.progress)

        Raises UsageError at the end if one could not be read.
        """
        yield from self.documents(console, command)
        if console.problems:
            raise UsageError("a part of the corpus cannot be read, so nothing was learned")
        console.status("everything is read; learning from it")

    def corpus_blocks(self, console: Console, command: str) -> Iterator[Iterator[str]]:
        """Read the texts to learn from, each in blocks, and show progress. Raises as corpus() does.

        Example: learn(inputs.corpus_blocks(console, "train entropy"))
        """
        for document in self.corpus(console, command):
            yield console.blocks(document)


class Media(NamedTuple):
    """How files that are no text are counted."""

    detail: Annotated[
        Detail, typer.Option(help="How closely the model is to look at pictures.", rich_help_panel=MEDIA)
    ] = Detail.AUTO
    rules: Annotated[
        Basis,
        typer.Option(help="As bills were measured, or as the vendor's page has it.", rich_help_panel=MEDIA),
    ] = Basis.MEASURED
    as_of: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="By the rules of that day: 2026-06.", rich_help_panel=MEDIA),
    ] = None
    host: Annotated[
        Host,
        typer.Option(help="Where Gemini is asked; Vertex AI counts video otherwise.", rich_help_panel=MEDIA),
    ] = Host.GEMINI
    svg: Annotated[Svg, typer.Option("--as", help="What an SVG is taken for.", rich_help_panel=MEDIA)] = (
        Svg.TEXT
    )

    @property
    def asked(self) -> Asked:
        """What the rules are asked for. Raises UsageError for what is not a date."""
        from tokscope.media.rules import Asked

        asked = Asked(self.detail, self.rules, self.as_of or "", self.host)
        asked.check()
        return asked

    def decoding(self, inputs: Inputs) -> Decoding:
        """How the bytes of files become text, and whether an SVG's do. Raises UsageError."""
        return replace(inputs.decoding, svg=self.svg is Svg.PICTURE)

    def check(self) -> None:
        """Raise UsageError for what is not a date, even where no file needs one."""
        if self.as_of is not None:
            _ = self.asked


class Away(NamedTuple):
    """Pictures that are not at hand."""

    size: Annotated[
        str | None,
        typer.Option(
            metavar="WxH", help="How large the pictures of addresses are: 1024x768.", rich_help_panel=MEDIA
        ),
    ] = None

    @property
    def picture(self) -> tuple[int, int] | None:
        """Their width and height, None where nothing says it. Raises UsageError.

        Example: Away("1024x768").picture -> (1024, 768)
        """
        if self.size is None:
            return None
        found = re.fullmatch(r"([1-9]\d{0,8})[xX×]([1-9]\d{0,8})", self.size)
        if found is None:
            raise UsageError(f"--size {self.size!r}: width and height in pixels, like 1024x768")
        return int(found[1]), int(found[2])

    def documents(self, paths: Sequence[str], decoding: Decoding, report: Problem) -> Iterator[Document]:
        """Give a blank picture for each address; without a size, they are problems.

        Example: Away("1024x768").documents(["https://example.com/a.png"], Decoding(), console.problem)
        """
        for path in paths:
            if self.picture is None:
                report(InputError(path, "not fetched: give the size with --size 1024x768"))
            else:
                from tokscope.inputs.document import Blank

                yield Blank(path, decoding, *self.picture)


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
        return loaded if structures else of_text(loaded)


def of_text(tokenizers: list[Tokenizer]) -> list[Tokenizer]:
    """Refuse what takes molecules or graphs. Raises Unsupported.

    Example: of_text([load("smiles")]) raises "smiles takes molecules, not text; ..."
    """
    for one in tokenizers:
        if STRUCTURES.intersection(one.takes):
            one.require(Kind.TEXT)
    return tokenizers


class OfEveryFamily(Tokenizers):
    """The same for a command whose default is many tokenizers.

    Example: OfEveryFamily(None).load("byte", "char") loads both
    """

    tokenizers: Annotated[list[str] | None, _names("one of every family")]


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
        name = one_of(self.tokenizers or [DEFAULT])
        if not self.special_tokens:
            loaded = load(name, special=self.special)
        else:
            tokens = "\n".join(self.special_tokens)
            loaded = load_all([name], special=self.special, tokens=tokens)[0]
        return loaded if structures else of_text([loaded])[0]


class Printing(NamedTuple):
    """How to print the result, and where.

    Example: Printing("json", "out.json").console()
    """

    format: Annotated[str | None, format_option(TABLE)] = None
    output: Output = None
    color: Color = When.AUTO
    sort: Sort = None
    top: Top = None

    @property
    def forms(self) -> Sequence[str]:
        """The forms of the result (see Report.forms)."""
        return TABLE

    @property
    def order(self) -> Order:
        """Which rows come first, and how many are shown."""
        return Order(self.sort, self.top)

    @property
    def looked_at(self) -> bool:
        """Whether the result is for somebody at a terminal, who has not said how to show it."""
        return self.format is None and self.output is None and sys.stdout.isatty()

    def console(self) -> Console:
        """Make the command's Console. Raises UsageError and OutputError.

        Example: Printing("csv").console().format -> "csv"
        """
        from tokscope.shell.console import Console

        return Console(self.output, self.format, self.color, self.forms, self.order)


class Drawing(NamedTuple):
    """How to print a result that can have a plot, and where: Printing, with --plot.

    Example: Drawing(plot=True).console(inputs)
    """

    plot: Plot = False
    format: Annotated[str | None, format_option(DRAWING, DRAWING_DEFAULT)] = None
    output: Output = None
    color: Color = When.AUTO
    sort: Sort = None
    top: Top = None

    @property
    def forms(self) -> Sequence[str]:
        """The forms of the result (see Report.forms)."""
        return DRAWING

    @property
    def order(self) -> Order:
        """Which rows come first, and how many are shown."""
        return Order(self.sort, self.top)

    def console(self, inputs: Inputs) -> Console:
        """Make the command's Console.

        Example: Drawing(output="loss.svg").console(Inputs()).form -> "chart"

        Raises OutputError, and UsageError also for a path that was meant as --plot's file.
        """
        for path in inputs.paths or [] if self.plot else []:
            if path.lower().endswith((".svg", ".png")) and not os.path.lexists(path):
                raise UsageError(f"--plot takes no file; for the plot as a picture: -o {path}")
        from tokscope.shell.console import Console

        return Console(self.output, self.format, self.color, self.forms, self.order)

    def wanted(self, console: Console) -> bool:
        """Whether to draw a plot, as --plot and the formats of pictures ask.

        Example: Drawing(plot=True).wanted(console) -> True
        """
        return self.plot or console.form == "chart"
