"""Console: what a command says, and where: results to standard output or a file, problems to stderr."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from tokscope.errors import ExitCode, InputError, OutputError, UsageError
from tokscope.inputs import Document
from tokscope.render import RENDERERS, color_for, figure, render
from tokscope.report.table import Report
from tokscope.shell.progress import _Bar
from tokscope.shell.stderr import complain
from tokscope.text.visible import defused, visible
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from tokscope.report.split import SplitReport


FORMATS_OF_FILES = {
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".md": "md",
    ".html": "html",
    ".svg": "svg",
    ".png": "png",
    ".npz": "npz",
}
"""The format that --output's name asks for, where --format does not say another."""


class Console:
    """One command's way out to the user.

    It reports problems as they come, shows progress, writes the result, and knows the exit code. `problems`
    are those that it reported, `skipped` the binary files that were found in folders.
    """

    def __init__(
        self,
        format: str | None,
        output: str | None,
        color: str,
        formats: Mapping[str, str] = RENDERERS,
    ) -> None:
        on_terminal = output in (None, "-") and sys.stdout.isatty()
        by_name = FORMATS_OF_FILES.get(Path(output).suffix.lower()) if output else None
        self.format = format or by_name or ("table" if on_terminal else "plain")
        if output == "":
            raise UsageError("--output names no file; - is standard output")
        if self.format not in formats:
            why = "" if format else ", which the name of --output asks for"
            raise UsageError(f"unknown format {self.format!r}{why}: {', '.join(formats)}")
        self._chosen = format is not None
        if output is not None and output != "-" and not os.path.isdir(os.path.dirname(output) or "."):  # noqa: PTH112, PTH120 - unlike Path's, they never raise
            raise OutputError(f"{output}: its folder does not exist")
        self._output = None if output == "-" else output
        self._color = color
        self._bar = _Bar() if sys.stderr is not None and sys.stderr.isatty() else None
        self._said = False  # whether a status stands on the terminal
        self.problems: list[InputError] = []
        self.skipped: list[str] = []

    def problem(self, error: InputError) -> None:
        """Report an input that cannot be read; the others go on."""
        self.problems.append(error)
        self.say(str(error))

    def say(self, message: str) -> None:
        """Tell the user something that is no result, on stderr."""
        self._stop_bar()
        self.status("")
        complain(message)

    def progress(self, document: Document) -> None:
        """Show how far the reading of a document has come, once the work has taken a while."""
        if self._bar is not None:
            self._bar.update(document)

    def blocks(self, document: Document) -> Iterator[str]:
        """Read a document block by block, and show how far that has come. Raises InputError."""
        for block in document.blocks():
            yield block
            self.progress(document)

    def status(self, message: str) -> None:
        """Say on a terminal what is being done, on a line that the next message, or none, replaces."""
        if self._bar is not None and (message or self._said):
            self._bar.stop()
            print(f"\r\x1b[2K{visible(message)}", end="", file=sys.stderr, flush=True)
            self._said = bool(message)

    def write(self, report: Report | SplitReport) -> ExitCode:
        """Print the result, and give the exit code of the whole command."""
        self._stop_bar()
        self.status("")
        if self.format not in ("table", "md"):  # which show them themselves
            for note in report.notes:
                if note.endswith("skipped"):
                    self.say(note)
        if self._output is None:
            color = color_for(sys.stdout, self._color, os.environ)
            if self.format == "table" and not self._chosen and report.figure is not None:
                # a table of one figure would be more frame than picture
                figure.render(*report.figure, report.notes, sys.stdout, color=color)
            else:
                render(self.format, report, sys.stdout, color=color)
        else:
            with self.stream() as file:
                text = io.TextIOWrapper(file, encoding="utf-8", newline="")
                render(self.format, report, text, color=self._color == "always")
                text.detach()
        return ExitCode.ERROR if self.problems else ExitCode.OK

    @contextmanager
    def stream(self) -> Iterator[BinaryIO]:
        """Open what the result goes to, as bytes: standard output, or a file that appears whole.

        A terminal is shown what it may obey, and not sent it.
        """
        if self._output is None:
            with (
                _Defused(sys.stdout.buffer) if sys.stdout.isatty() else nullcontext(sys.stdout.buffer) as out
            ):
                yield cast(BinaryIO, out)
            return
        from tokscope.files.writing import whole_file

        with whole_file(self._output) as file:
            yield file

    def notes(self, tokenizers: Iterable[Tokenizer] = ()) -> list[str]:
        """Say what a heading does not: whose vocabulary it is, whether it is exact, what was left out."""
        notes = [f"{one.asked} uses {one.name}" for one in tokenizers if one.asked]
        notes += [f"{one.shown} is an estimate" for one in tokenizers if not one.exact]
        if self.skipped:
            count = len(self.skipped)
            notes.append(f"{count:,} binary {'file' if count == 1 else 'files'} skipped")
        return notes

    def errors(self) -> Sequence[dict[str, object]]:
        """Give the problems as JSON objects."""
        return [{"path": error.path, "message": error.message} for error in self.problems]

    def _stop_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()


class _Defused(io.BufferedIOBase):
    """A terminal to which bytes are written as text, what it may obey as escapes."""

    def __init__(self, terminal: BinaryIO) -> None:
        self._terminal = terminal
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        whole = bytes(data)
        self._terminal.write(defused(self._decoder.decode(whole)).encode())
        return len(whole)

    def close(self) -> None:
        self._terminal.write(self._decoder.decode(b"", final=True).encode())
        super().close()
