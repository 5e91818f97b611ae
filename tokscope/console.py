"""Console: what a command says, and where: results to standard output or a file, problems to stderr."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tokscope.errors import ExitCode, InputError, OutputError, UsageError
from tokscope.inputs import Document
from tokscope.render import RENDERERS, color_for, figure, render
from tokscope.report import Report, SplitReport
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 0.7
"""Seconds of work after which a progress bar appears."""

FORMATS_OF_FILES = {".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv", ".md": "md"}
"""The format that --output's name asks for, where --format does not say another."""


class Console:
    """One command's way out to the user.

    It reports problems as they come, shows progress, writes the result, and knows the exit code.
    """

    def __init__(self, format: str | None, output: str | None, color: str) -> None:
        on_terminal = output is None and sys.stdout.isatty()
        by_name = FORMATS_OF_FILES.get(Path(output).suffix.lower()) if output else None
        self.format = format or by_name or ("table" if on_terminal else "plain")
        if self.format not in RENDERERS:
            raise UsageError(f"unknown format {self.format!r}: {', '.join(RENDERERS)}")
        self._chosen = format is not None
        if output is not None and not Path(output).parent.is_dir():
            raise OutputError(f"{output}: its folder does not exist")
        self._output = output
        self._color = color
        self._bar: _Bar | None = _Bar() if sys.stderr.isatty() else None
        self._said = False  # whether a status stands on the terminal
        self.problems: list[InputError] = []

    def problem(self, error: InputError) -> None:
        """Report an input that cannot be read; the others go on."""
        from tokscope.render.visible import visible

        self.problems.append(error)
        self._stop_bar()
        print(f"tokscope: {visible(str(error))}", file=sys.stderr)

    def progress(self, document: Document) -> None:
        """Show how far the reading of a document has come, once the work has taken a while."""
        if self._bar is not None:
            self._bar.update(document)

    def status(self, message: str) -> None:
        """Say on a terminal what is being done, on a line that the next message, or none, replaces."""
        if sys.stderr.isatty() and (message or self._said):
            print(f"\r\x1b[2K{message}", end="", file=sys.stderr, flush=True)
            self._said = bool(message)

    def write(self, report: Report | SplitReport) -> ExitCode:
        """Print the result, and give the exit code of the whole command."""
        self._stop_bar()
        self.status("")
        if self._output is None:
            color = color_for(sys.stdout, self._color, os.environ)
            if self.format == "table" and not self._chosen and report.figure is not None:
                # a table of one figure would be more frame than picture
                figure.render(*report.figure, report.notes, sys.stdout, color=color)
            else:
                render(self.format, report, sys.stdout, color=color)
        else:
            with _whole_file(self._output) as file:
                render(self.format, report, file, color=self._color == "always")
        return ExitCode.ERROR if self.problems else ExitCode.OK

    def errors(self) -> Sequence[dict[str, object]]:
        """Give the problems as JSON objects."""
        return [{"path": error.path, "message": error.message} for error in self.problems]

    def _stop_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()


def notes_on(tokenizers: Iterable[Tokenizer], skipped: int) -> list[str]:
    """Say what a heading does not: whose vocabulary it is, whether it is exact, what was left out."""
    notes = [f"{one.asked} uses {one.name}" for one in tokenizers if one.asked]
    notes += [f"{one.asked or one.name} is an estimate" for one in tokenizers if not one.exact]
    if skipped:
        notes.append(f"{skipped:,} binary {'file' if skipped == 1 else 'files'} skipped")
    return notes


@contextmanager
def _whole_file(path: str) -> Iterator[TextIO]:
    """Open a file that appears under its name only when it is complete; a device is written to as it is."""
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    special = target.exists() and not target.is_file()
    try:
        with (target if special else beside).open("w", encoding="utf-8", newline="") as file:
            yield file
        if not special:
            beside.replace(target)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise OutputError(f"{path}: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)


class _Bar:
    """A progress bar on stderr that appears only when the work has lasted PATIENCE."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def update(self, document: Document) -> None:
        if self._progress is None:
            if time.monotonic() - self._start < PATIENCE:
                return
            self._progress, self._task = self._started()
        assert self._task is not None
        self._progress.update(
            self._task, completed=document.bytes_read, total=document.size, description=document.path
        )

    def stop(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    @staticmethod
    def _started() -> tuple[Progress, TaskID]:
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            console=RichConsole(stderr=True),
            transient=True,
        )
        progress.start()
        return progress, progress.add_task("", total=None)
