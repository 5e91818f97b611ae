"""The options that say what to read."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.inputs import Decoding, Document, Selection, documents
from tokscope.inputs.selection import names_piped
from tokscope.shell.media_options import Away, Media

if TYPE_CHECKING:
    from tokscope.shell.console import Console


OnError = Literal["strict", "replace"]
"""What to do with bytes that are not valid in the encoding."""


INPUT = "Input"
"""The panel of the help that shows what to read."""

MAX_NAME = 255
"""How many characters the name of a file has at most."""

_ADDRESS = re.compile(r"(?:https?|gs|s3)://", re.IGNORECASE)

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PATHS]...", help="Files and folders; - is standard input.", show_default=False),
]
Text = Annotated[
    list[str] | None,
    typer.Option(
        "-x", "--text", metavar="TEXT", help="Read this text, not a file. Repeatable.", rich_help_panel=INPUT
    ),
]
FilesFrom = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="Read paths from FILE, one a line; - is standard input.", rich_help_panel=INPUT
    ),
]
Files0From = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Read paths from FILE, separated by NUL.", rich_help_panel=INPUT),
]
Include = Annotated[
    list[str] | None,
    typer.Option(metavar="GLOB", help="In folders, read only files that match.", rich_help_panel=INPUT),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(metavar="GLOB", help="In folders, leave out files that match.", rich_help_panel=INPUT),
]
NoIgnore = Annotated[
    bool,
    typer.Option(
        "--no-ignore", help="In folders, also read what .gitignore excludes.", rich_help_panel=INPUT
    ),
]
Hidden = Annotated[
    bool, typer.Option("--hidden", help="In folders, also read hidden files.", rich_help_panel=INPUT)
]
Encoding = Annotated[
    str, typer.Option(metavar="NAME", help="The encoding of the input.", rich_help_panel=INPUT)
]
Errors = Annotated[
    OnError, typer.Option(help="What to do with bytes that do not fit the encoding.", rich_help_panel=INPUT)
]
Node = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Take only this node of a graph.", rich_help_panel=INPUT),
]
Convert = Annotated[
    bool,
    typer.Option(
        "--convert", help="Read the text of DOCX, PPTX, XLSX, EPUB and HTML.", rich_help_panel=INPUT
    ),
]
Outputs = Annotated[
    bool, typer.Option("--outputs", help="Also count the outputs of notebooks.", rich_help_panel=INPUT)
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
    errors: Errors = "strict"
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
        something `takes` are found too, and are not texts. With `raw` a notebook is the JSON that it is.
        """
        found = False
        self._tell_of_names(console, command)
        decoding = media.decoding(self.decoding) if media else self.decoding
        if not raw:
            decoding = replace(decoding, notebooks=console.notebooks)
        selection, addresses = self._divided(away)
        blank = away.documents(addresses, decoding, console.problem) if away else ()
        here = documents(
            *(selection, decoding),
            report=console.problem,
            skip=console.skipped.append,
            command=command and f"tokscope {command}",
            takes=takes,
            elsewhere=console.elsewhere.append,
        )
        for document in chain(blank, here if not addresses or selection.named else ()):
            found = True
            if document.path == "-" and (option := names_piped()):
                console.say(f"standard input, taken for a text, is a list of files: {option} - reads these")
            yield document
        if not found and not console.problems:
            console.say("no text was found; --include, --exclude, --hidden and --no-ignore say where to look")

    def _tell_of_names(self, console: Console, command: str | None) -> None:
        """Say which of the texts are names of files, and taken for texts all the same."""
        for text in (self.text or ()) if command else ():
            if len(text) < MAX_NAME and re.search(r"[./]", text) and os.path.lexists(text):
                console.say(f"{text!r} is taken for a text; the file of this name: tokscope {command} {text}")

    def _divided(self, away: Away | None) -> tuple[Selection, Sequence[str]]:
        """Take addresses apart from the paths, where a command knows what to do with them."""
        selection = self.selection
        if away is None:
            return selection, ()
        addresses = [path for path in selection.paths if _ADDRESS.match(path)]
        if away.picture is not None and not addresses:
            if selection.named:
                raise UsageError("--size is for pictures given by URL (https://...), and there are none here")
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
        console.status("everything is read; now learning from it")

    def corpus_blocks(self, console: Console, command: str) -> Iterator[Iterator[str]]:
        """Read the texts to learn from, each in blocks, and show progress. Raises as corpus() does.

        Example: learn(inputs.corpus_blocks(console, "train entropy"))
        """
        for document in self.corpus(console, command):
            yield console.blocks(document)
