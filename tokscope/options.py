"""The options that several commands share, each written down once.

Typer reads a command's options from its signature; these are the types that stand there.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class When(StrEnum):
    """When to use colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class OnError(StrEnum):
    """What to do with bytes that are no text in the encoding."""

    STRICT = "strict"
    REPLACE = "replace"


INPUT, OUTPUT = "Input", "Output"

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PATHS]...", help="Files and folders; - is standard input.", show_default=False),
]
Tokenizers = Annotated[
    list[str] | None,
    typer.Option(
        *("-t", "--tokenizer", "-m", "--model"),
        metavar="NAME,...",
        help="Tokenizers or models, see tokscope list. Repeatable.",
        show_default="o200k_base",
    ),
]
Special = Annotated[
    bool,
    typer.Option("--special", help="Add the tokenizer's own special tokens, and find them in the text."),
]
Dictionary = Annotated[
    str | None,
    typer.Option("--dict", metavar="FILE", help="A user dictionary for jieba.", show_default=False),
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
Format = Annotated[
    str | None,
    typer.Option(
        metavar="FORMAT",
        help="table, plain, json, ndjson, csv or md.",
        show_default="table on a terminal, else plain",
        rich_help_panel=OUTPUT,
    ),
]
Output = Annotated[
    str | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write to FILE.", rich_help_panel=OUTPUT),
]
Color = Annotated[When, typer.Option(help="When to use colour.", rich_help_panel=OUTPUT)]
