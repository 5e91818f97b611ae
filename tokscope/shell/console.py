"""Console: what a command says, and where: results on standard output or in a file, problems on stderr."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, ClassVar, TypeVar, cast

from typer._click.globals import get_current_context

from tokscope.errors import ExitCode, InputError, OutputError, ReaderGone, UsageError, reporting
from tokscope.inputs import Document
from tokscope.render import (
    FOR_PEOPLE,
    FOR_PROGRAMS,
    FORMATS,
    IN_TEXT,
    check_ending,
    color_for,
    endings_of,
    format_for,
    formats_of,
    render,
    usual_format,
)
from tokscope.report.notes import Aside
from tokscope.report.order import Order
from tokscope.report.table import Estimate, Later, Report, TableReport
from tokscope.shell.pager import reader_width, show_text
from tokscope.shell.progress import Bar
from tokscope.shell.stderr import complain
from tokscope.shell.streams import written_with
from tokscope.text.quantity import quantity
from tokscope.text.visible import defused, visible
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from tokscope.inputs.notebook import Notebooks


Made = TypeVar("Made")

MAX_DROPPED = 10
"""How many of the characters that a tokenizer dropped are shown."""


class Voice(IntEnum):
    """How much is said beside results and errors: the words of --quiet and --verbose.

    Example: Voice.QUIET, by -q: no progress and no notes but those on what no figure includes
    """

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


NO_STORE = "name a file of this machine; only corpus encode writes to stores"
"""Why -o takes no URL here."""


class Console:
    """Everything that one command says to the user.

    Example: console = Console("out.json"); return console.write(report, tokenizers)

    It reports problems as they occur, shows progress, writes the result, says at the end what was left out,
    and knows the exit code. `forms` are the ways to show the result (see Report.forms), on which it depends
    which formats there are; `plot` asks for its plot, as formats of pictures do. `problems` are the errors
    that were reported, `skipped` the binary files that were found in folders, `elsewhere` the links there
    that lead out of them, `left_out` the sentences on what else no figure includes or nobody judged,
    `outputs` says whether those of notebooks are read too, None where nobody can ask for them. `voice` is how
    much all consoles say, and `paged` whether a page that is longer than the screen goes through a pager.
    `order` says which rows of a table come first. Without `endings` the name of a file chooses the format
    where none is named; with them it must not promise another one than theirs, or where there are none those
    of the format, and may have an ending that is in `own`. `refusal` says, after its name, why another format
    cannot show what only some options ask for. `piped` is the format where none is named and
    nobody looks on. Raises UsageError and OutputError.
    """

    voice: ClassVar[Voice] = Voice.NORMAL
    paged: ClassVar[bool] = True

    def __init__(
        self,
        output: str | None = None,
        format: str | None = None,
        color: str = "never",
        forms: Sequence[str] = TableReport.forms,
        order: Order = Order(),
        endings: Sequence[str] | None = None,
        own: Sequence[str] = (),
        plot: bool = False,
        refusal: str = "",
        piped: str = FOR_PROGRAMS,
    ) -> None:
        if output == "":
            raise UsageError("--output names no file; - is standard output")
        if format in FORMATS and format not in formats_of(forms) and refusal:
            raise UsageError(f"--format {format}{refusal}")
        self.format = _choose_format(output, format, color, forms, by_name=endings is None, piped=piped)
        if endings is not None and output not in (None, "-"):
            check_ending(output, endings or endings_of(self.format, forms), own)
        self._form = self._form_of(forms)
        self._plot = plot or self._form == "chart"
        self._chosen = format is not None
        if output is not None and output != "-" and not os.path.isdir(os.path.dirname(output) or "."):
            raise OutputError(f"{output}: {NO_STORE if '://' in output else 'its folder does not exist'}")
        self._output = None if output == "-" else output
        self._color = color
        self.order = order
        quiet = self.voice is Voice.QUIET or sys.stderr is None or not sys.stderr.isatty()
        self._bar = None if quiet else Bar()
        self._said = self._ended = False  # a status on the terminal; what was skipped
        if (context := get_current_context(silent=True)) is not None:
            context.call_on_close(self._leave)  # before an error is said
        self.problems: list[InputError] = []
        self.skipped: list[str] = []
        self.elsewhere: list[str] = []
        self.left_out: list[str] = []
        self.outputs: bool | None = None

    def made(self, usual: Callable[[], Made], **by_form: Callable[[], Made]) -> Made:
        """Make a result for the first of some forms that its format can show, or as usual where it can none.

        Example: console.made(report, picture=drawn) -> drawn(), with -o FILE.svg
        """
        return by_form.get(self._form_of([*by_form]) or "", usual)()

    def cannot_plot(self, why: str) -> None:
        """Raise UsageError, which says why, where a plot is asked for.

        Example: Console(plot=True).cannot_plot("--plot draws words: name some") raises it
        """
        if self._plot:
            raise UsageError(why)

    def _form_of(self, forms: Sequence[str]) -> str | None:
        """Choose the form in which its format shows a report with these `forms`; None if there is none."""
        return FORMATS[self.format].form(forms)

    def problem(self, error: InputError) -> None:
        """Report an input that cannot be read; the command goes on with the others.

        Example: console.problem(InputError("a.md", "no such file")), and the exit code will be 2
        """
        self.problems.append(error)
        self._clear()
        complain(str(error), wrong=True)

    def reporting(self) -> AbstractContextManager[None]:
        """Report an input that cannot be read in the block, and go on after it.

        Example: with console.reporting(): text = document.read()
        """
        return reporting(self.problem)

    def notebooks(self) -> Notebooks:
        """Give what reads the notebooks among inputs, and knows what it left out.

        Example: Decoding(notebooks=console.notebooks)
        """
        return self._notebooks

    @cached_property
    def _notebooks(self) -> Notebooks:
        from tokscope.inputs.notebook import Notebooks  # few inputs are

        return Notebooks(self.outputs)

    def say(self, message: str) -> None:
        """Tell the user something other than the result, on stderr.

        Example: console.say("2 words left out") writes "tokscope: 2 words left out"
        """
        self._clear()
        complain(message)

    def progress(self, document: Document) -> None:
        """Show how much of a document has been read, once the work has taken a while.

        Example: counter.add(document, console.progress)
        """
        if self._bar is not None:
            self._bar.update(document)

    def blocks(self, document: Document) -> Iterator[str]:
        """Read a document block by block, and show how much has been read. Raises InputError.

        Example: for block in console.blocks(document): ...
        """
        for block in document.blocks():
            yield block
            self.progress(document)

    def status(self, message: str) -> None:
        """Say on a terminal what is being done, on a line that the next message replaces; "" clears it.

        Example: console.status("setting the thresholds")
        """
        if self._bar is not None and (message or self._said):
            from shutil import get_terminal_size

            from tokscope.render.table import shorten

            self._bar.stop()
            width = get_terminal_size().columns  # of two lines the next message would replace one
            line = shorten(visible(message), width, width - 1)
            print(f"\r\x1b[2K{line}", end="", file=sys.stderr, flush=True)
            self._said = bool(message)

    def write(self, report: Report, tokenizers: Sequence[Tokenizer] = ()) -> ExitCode:
        """Print the result and what goes with it, and give the command's exit code.

        Example: return console.write(report, loaded)

        What goes with it: which vocabulary a model uses, which tokenizers are estimates, the problems, and
        what was skipped, on stderr if the format shows no notes. Raises OutputError.
        """
        self._clear()
        if self._plot and report.plotted is not None:
            report = report.plotted()
        if self._form == "chart" and report.chart is None:
            raise OutputError("there is nothing to plot")
        report = self._told(report, tokenizers)
        if self._output is None:
            with suppress(ReaderGone):  # the exit code does not depend on who reads
                self._print(report)
        else:
            with self.stream() as file:
                text = io.TextIOWrapper(file, encoding="utf-8", newline="")
                render(self.format, report, text, color=self._color == "always")
                text.detach()
        if FORMATS[self.format].bare and report.figure is not None:
            cell = report.figure[1]
            bounded = cell.interval if isinstance(cell, Estimate) else ""
            said = [*_estimates(tokenizers)]
            if isinstance(cell, Estimate) and not said:  # of a picture, say, beside exact counts of text
                said = ["the figure is at least that" if cell.sign == "≥" else "the figure is an estimate"]
            for estimate in said:  # which a bare number cannot say
                self.say(f"{estimate} ({bounded})" if bounded else estimate)
        return self.end(tokenizers, said=self._form_of(report.shown_as) in FORMATS[self.format].notes)

    def end(self, tokenizers: Sequence[Tokenizer] = (), *, said: bool = False) -> ExitCode:
        """Say what was skipped or dropped, unless that has been `said`, and give the command's exit code.

        Example: return console.end(), for a command that has written to stream()
        """
        self._ended = True
        if not said:
            for note in self._left_out(tokenizers):
                self.say(note)
        return ExitCode.ERROR if self.problems else ExitCode.OK

    def say_lost(self, tokenizers: Sequence[Tokenizer]) -> None:
        """Say which characters tokenizers dropped, and which files of folders they are not from.

        Example: console.say_lost([load("bert-base-uncased")]), where the report does not name the tokenizers
        """
        for note in _lost(tokenizers):
            self.say(note)

    def say_estimates(self, tokenizers: Sequence[Tokenizer]) -> None:
        """Say which tokenizers a text was cut by that only estimate.

        Example: console.say_estimates([load("gemini-2.5-pro")])
        """
        for note in _estimates(tokenizers):
            self.say(f"{note}; cut by its upper bound")

    def _print(self, report: Report) -> None:
        written_with(FORMATS[self.format].escape)
        color = color_for(sys.stdout, self._color, os.environ)
        shown = FORMATS[self.format]
        form = shown.form(report.shown_as)
        if not self._chosen and report.figure is not None and "figure" in shown.shows:
            form = "figure"  # a table of it would be mostly frame
        if self.paged and form in shown.paged and sys.stdout.isatty():
            page = _Page()
            render(self.format, report, page, color=color, form=form)
            show_text(page.getvalue())
        else:
            piped = self._color == "always" and not sys.stdout.isatty() and "COLUMNS" not in os.environ
            width = reader_width() if piped else None
            render(self.format, report, sys.stdout, color=color, width=width, form=form)

    @contextmanager
    def stream(self, escape: bytes | None = IN_TEXT) -> Iterator[BinaryIO]:
        """Open standard output or the output file for bytes; the file appears only once it is complete.

        Example: with console.stream() as out: out.write(b"Hi")

        Characters that a terminal or a CI service may obey are escaped, see Format.escape. If nobody reads
        standard output any more, the rest of the block is skipped.
        """
        if self._output is None:
            written_with(escape)
            with (
                suppress(ReaderGone),
                _Defused(sys.stdout.buffer) if sys.stdout.isatty() else nullcontext(sys.stdout.buffer) as out,
            ):
                yield cast(BinaryIO, out)
            return
        from tokscope.files.writing import whole_file

        with whole_file(self._output) as file:
            yield file
        if self._bar is not None:  # somebody looks on, who would see nothing else
            self.say(f"{self._output} is written")

    def _told(self, report: Report, tokenizers: Sequence[Tokenizer]) -> Report:
        """Add to a report what the console has to say, and put its rows in order."""
        if self.order:
            report = report.ordered(self.order, self._form)

        def notes() -> Iterator[str]:
            yield from self._left_out(tokenizers)
            others = [*_estimates(tokenizers), *report.notes]
            others += [f"{one.asked} uses {one.name}" for one in tokenizers if one.asked]
            if self.voice is not Voice.QUIET:
                yield from map(Aside if self._brief else str, others)

        dropped = {one.name: "".join(sorted(one.lost)) for one in tokenizers if one.lost}
        return replace(
            report,
            errors=[{"path": error.path, "message": error.message} for error in self.problems],
            summary={
                **report.summary,
                **({"skipped": len(self.skipped)} if self.skipped else {}),
                **({"dropped_characters": dropped} if dropped else {}),
            },
            notes=Later(notes),
        )

    @property
    def _brief(self) -> bool:
        """Whether some notes may be left out: off a terminal none, since nobody has to read them."""
        return self._output is None and sys.stdout.isatty() and self.voice is Voice.NORMAL

    def _left_out(self, tokenizers: Sequence[Tokenizer]) -> Iterator[str]:
        """Say what no figure includes: files that were skipped, characters that a tokenizer dropped."""
        if self.skipped:
            yield f"{quantity(len(self.skipped), 'binary file')} skipped"
        if self.elsewhere:
            count = len(self.elsewhere)
            yield f"{count:,} {'link that leads' if count == 1 else 'links that lead'} elsewhere not followed"
        yield from self.left_out
        if "_notebooks" in vars(self):
            yield from self._notebooks.notes()
        yield from _lost(tokenizers)

    def _leave(self) -> None:
        """Clear the terminal, and say what was skipped where an error came first: it may be why."""
        self._clear()
        if not self._ended:
            self.end()

    def _clear(self) -> None:
        """Clear the progress bar and the status from the terminal."""
        if self._bar is not None:
            self._bar.stop()
        self.status("")


def _lost(tokenizers: Sequence[Tokenizer]) -> Iterator[str]:
    for one in tokenizers:
        yield from one.remarks
        if one.lost:
            yield lost_note(one.shown, one.lost)


def lost_note(tokenizer: str, lost: Collection[str]) -> str:
    """Say which characters a tokenizer dropped.

    Example: lost_note("a.json", {"日"}) -> "a.json has no token for these characters and drops them: 日"
    """
    some = " ".join(sorted(lost)[:MAX_DROPPED])
    more = f" and {len(lost) - MAX_DROPPED:,} more" if len(lost) > MAX_DROPPED else ""
    return f"{tokenizer} has no token for these characters and drops them: {some}{more}"


def _estimates(tokenizers: Sequence[Tokenizer]) -> Iterator[str]:
    for one in tokenizers:
        if not one.exact:
            yield f"{one.shown} is an estimate" + (f": {one.note}" if one.note else "")


def _choose_format(
    output: str | None, format: str | None, color: str, forms: Sequence[str], *, by_name: bool, piped: str
) -> str:
    """Give the format that is asked for, by its name or by that of the file. Raises UsageError."""
    on_terminal = output in (None, "-") and sys.stdout.isatty()
    named = format_for(output, forms) if by_name and output not in (None, "-") and format is None else None
    seen = on_terminal or (color == "always" and output is None)  # by way of `| less -R`
    chosen = format or named or usual_format(forms, FOR_PEOPLE if seen else piped)
    if chosen not in formats_of(forms):
        why = "" if format else ", which the name of --output asks for"
        raise UsageError(f"unknown format {chosen!r}{why}: {', '.join(formats_of(forms))}")
    if FORMATS[chosen].binary and on_terminal:
        raise UsageError(f"{chosen} is binary, not for a terminal: add -o FILE.{chosen}")
    return chosen


class _Page(io.StringIO):
    """What is drawn for a terminal before it is known whether it fits the screen."""

    def isatty(self) -> bool:
        return True


class _Defused(io.BufferedIOBase):
    """A terminal that bytes are written to as text, with what it may obey escaped and the last line ended."""

    def __init__(self, terminal: BinaryIO) -> None:
        self._terminal = terminal
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._ended = True

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        whole = bytes(data)
        self._ended = whole.endswith(b"\n") if whole else self._ended
        self._terminal.write(defused(self._decoder.decode(whole)).encode())
        return len(whole)

    def close(self) -> None:
        if self.closed:  # as it is when it is collected
            return
        self._terminal.write(self._decoder.decode(b"", final=True).encode() + b"\n" * (not self._ended))
        self._terminal.flush()
        super().close()
