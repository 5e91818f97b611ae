"""What the `corpus` commands share: their options, in groups like those of options.py, and how they run."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from tokscope.errors import InputError, UsageError
from tokscope.inputs import Decoding, Selection
from tokscope.inputs.selection import listed_paths, standard_input
from tokscope.registry import DEFAULT, load_all
from tokscope.report.table import CorpusReport
from tokscope.shell.input_options import INPUT, Exclude, FilesFrom, Include
from tokscope.shell.options import (
    Names,
    Printing,
    Special,
    format_option,
)
from tokscope.text.quantity import quantity
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    from tokscope.corpora.journal import Journal, NotedStage
    from tokscope.corpora.partitions import Job
    from tokscope.corpora.results import Results
    from tokscope.corpora.run import Standing
    from tokscope.corpora.stores import Listed
    from tokscope.shell.console import Console

RUNNING = "Running"


As = Literal["jsonl", "csv", "text", "lines", "parquet", "arrow"]
"""What files are read as."""


class CorpusFiles(NamedTuple):
    """The documents of a corpus.

    Example: CorpusFiles(["data/*.parquet"], field="content").files(console)
    """

    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATHS]...",
            help="Files, folders, globs (** too), and s3://, gs://, az://, https://, hf:// URLs.",
            show_default=False,
        ),
    ] = None
    files_from: FilesFrom = None
    include: Include = None
    exclude: Exclude = None
    field: Annotated[
        str,
        typer.Option(
            "--field",
            "--column",
            metavar="NAME",
            help="The field (a.b.0) or column that holds the text.",
            rich_help_panel=INPUT,
        ),
    ] = "text"
    kind: Annotated[
        As | None,
        typer.Option(
            "--as", help="Read every file as this kind, whatever its content tells.", rich_help_panel=INPUT
        ),
    ] = None
    max_record: Annotated[
        int,
        typer.Option(min=1, metavar="BYTES", help="Reject records that are larger.", rich_help_panel=INPUT),
    ] = 1 << 28

    def files(self, console: Console) -> list[Listed]:
        """Find the files; the console reports what cannot be found. Raises UsageError where none is named.

        Example: [one.path for one in CorpusFiles(["data/*.jsonl"]).files(console)] -> ["data/a.jsonl",
        "data/b.jsonl"]
        """
        from tokscope.corpora.stores import find_files

        paths = list(self.paths or [])
        paths += listed_paths(
            Selection(files_from=self.files_from), standard_input(Decoding()), console.problem
        )
        if not paths and not console.problems:
            raise UsageError("name the corpus: files, folders, globs or URLs")
        files: list[Listed] = []
        for one in find_files(paths, self.include or [], self.exclude or []):
            if isinstance(one, InputError):
                console.problem(one)
            else:
                files.append(one)
        return files

    def job(self, work: str, tokenizers: Sequence[Tokenizer], special: bool, running: Running) -> Job:
        """Say what is to be done with every document.

        Example: CorpusFiles(field="content").job("count", [load("byte")], False, Running()).field ->
        "content"
        """
        from tokscope.corpora.partitions import Job

        return Job(
            work,
            tuple(one.shown for one in tokenizers),
            field=self.field,
            kind=self.kind or "",
            special=special,
            largest=self.max_record,
            keep=running.rejects is not None,
        )


class CorpusTokenizers(NamedTuple):
    """The tokenizers of a corpus, which workers load by their names.

    Example: CorpusTokenizers(["gpt-4o,byte"]).load()
    """

    tokenizers: Names = None
    special: Special = False

    def load(self) -> list[Tokenizer]:
        """Load them here, to know that they are there and what they are. Raises TokenizerError.

        Example: [one.name for one in CorpusTokenizers(["byte,char"]).load()] -> ["byte", "char"]
        """
        return load_all(self.tokenizers or [DEFAULT], special=self.special)


class CorpusDrawing(Printing):
    """How to print figures of a corpus, and where: Parquet too.

    Example: CorpusDrawing(output="figures.parquet").console()
    """

    format: Annotated[str | None, format_option(CorpusReport.forms)]

    def forms(self, plot: bool = False) -> Sequence[str]:
        """Give those of a table of columns; pictures are of a plot only where that is asked for."""
        return CorpusReport.forms


class Running(NamedTuple):
    """Where the work is done, and what is kept of it.

    Example: Running(workers=2).over(job, files, results, console)
    """

    workers: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="How many processes to use.",
            show_default="one a core",
            rich_help_panel=RUNNING,
        ),
    ] = 0
    on: Annotated[
        str,
        typer.Option(
            metavar="ENGINE",
            help="ray://HOST:10001 for a Ray cluster, local-ray for one on this machine.",
            show_default="processes",
            rich_help_panel=RUNNING,
        ),
    ] = ""
    checkpoint: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Record here what is done, for --resume.", rich_help_panel=RUNNING),
    ] = None
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Continue an interrupted run.", rich_help_panel=RUNNING),
    ] = False
    rejects: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write rejected documents here.", rich_help_panel=RUNNING),
    ] = None
    max_rejects: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Exit with 0 if there are at most N rejects; stop at one more.",
            show_default="exit with 2 if there is one, stop at 100,000",
            rich_help_panel=RUNNING,
        ),
    ] = None

    @property
    def most_rejects(self) -> int:
        """How many rejects a run may have."""
        return 100_000 if self.max_rejects is None else self.max_rejects

    @contextmanager
    def journal(self, job: Job, files: list[Listed], path: str | None = None) -> Iterator[Journal | None]:
        """Open the journal of a run, at `path` or where --checkpoint says. Raises UsageError, OutputError.

        Example: with Running(checkpoint="run.journal").journal(job, files) as journal: journal.before
        """
        from tokscope.corpora.journal import Journal

        path = path or self.checkpoint
        if path is None and self.resume:
            raise UsageError("--resume continues the run that --checkpoint FILE records: name it")
        if path is None:
            yield None
            return
        with closing(Journal(path, run_of(job, files), resume=self.resume)) as journal:
            yield journal

    def run(
        self,
        job: Job,
        files: list[Listed],
        results: Results,
        console: Console,
        journal: Journal | NotedStage | None,
    ) -> None:
        """Take the files through the engine, into the results. Raises TokscopeError.

        Example: running.run(job, files, results, console, None)
        """
        from tokscope.corpora.engine_choice import choose_engine
        from tokscope.corpora.run import CorpusRun

        if self.on.startswith("ray://"):
            console.status(f"connecting to {self.on}")  # it takes half a minute where nobody is there
        with choose_engine(self.on, self.workers) as working:
            for partition, done in CorpusRun(job, files, working, journal, _Watch(console), console.say):
                try:
                    results.add(partition, done)
                except InputError:  # more rejects than are allowed
                    self._write_rejects(results)
                    raise
        console.status("")

    def tell(self, results: Results, console: Console, named: Collection[str]) -> None:
        """Say what was not taken, and write the rejects. Raises OutputError.

        Example: running.tell(results, console, ["a.jsonl"])

        A file that is not text is passed over where a folder has it, and an error where it is `named`.
        """
        for path, message in results.errors.items():
            console.problem(InputError(path, message))
        for field in results.ungrouped:
            console.problem(InputError("--group-by", f"no document has a field {field!r}"))
        for path in results.skipped:
            if path in named:
                console.problem(InputError(path, "a binary file; --as KIND says how to read it"))
            else:
                console.skipped.append(path)
        tolerated = self.max_rejects is not None
        for number, one in enumerate(results.rejects()):
            if number < MAX_REJECTS:
                console.say(str(one.error)) if tolerated else console.problem(one.error)
        self._write_rejects(results)
        if results.rejected > MAX_REJECTS:
            more = f"{quantity(results.rejected - MAX_REJECTS, 'more document')} rejected"
            kept = f"{self.rejects} has all" if self.rejects else "--rejects FILE would have kept all"
            console.say(f"{more}; {kept}")
        if results.rejected:
            many = quantity(results.rejected, "document")
            console.left_out.append(f"{many} rejected, and left out of every figure")
        if results.mended:
            texts = quantity(results.mended, "text")
            console.left_out.append(f"half of a surrogate pair in {texts}; read as U+FFFD")

    def _write_rejects(self, results: Results) -> None:
        """Write the rejects so far where they are asked for. Raises OutputError."""
        if self.rejects is not None:
            from tokscope.files.writing import whole_file

            with whole_file(self.rejects) as file:
                for one in results.rejects():
                    line = json.dumps(one.fields, ensure_ascii=False)
                    file.write(line.encode("utf-8", "backslashreplace") + b"\n")


MAX_REJECTS = 10
"""How many rejects are named on stderr."""


def run_of(job: Job, files: Sequence[Listed]) -> str:
    """Give a hash of a run: the same for the same job, files and tokenizers.

    Example: run_of(job, files) == run_of(job, files) -> True, while no file is changed
    """
    from tokscope.corpora.journal import fingerprint

    tokenizers = list(map(_file_identity, job.tokenizers))
    return fingerprint({"job": job._asdict(), "files": files, "tokenizers": tokenizers})


def _file_identity(spec: str) -> tuple[str, int, int] | str:
    """Tell a tokenizer's file from a later one of the same name."""
    path = spec.partition(":")[2].partition("?")[0] or spec
    if not os.path.isfile(path):
        return spec
    status = Path(path).stat()
    return spec, status.st_size, status.st_mtime_ns


class _Watch:
    """Says how far a run has come: on a terminal all the time, else once a minute."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._terminal = sys.stderr is not None and sys.stderr.isatty()
        self._said = time.monotonic()

    def __call__(self, state: Standing) -> None:
        if self._terminal:
            self._console.status(describe_standing(state))
        elif time.monotonic() - self._said >= 60:
            self._said = time.monotonic()
            self._console.say(describe_standing(state))


def describe_standing(state: Standing) -> str:
    """Say how far a run has come.

    Example: describe_standing(Standing(50_000_000, 200_000_000, 10, 25_000_000, [])) ->
    "50 of 200 MB (25%), 2.5 MB/s, 1:00 left"
    """
    rate = state.fresh / state.seconds / 1e6 if state.seconds else 0
    share = 100 * state.read // state.size if state.size else 0
    words = f"{state.read / 1e6:,.0f} of {state.size / 1e6:,.0f} MB ({share}%), {rate:,.1f} MB/s"
    if state.left is None:
        return words
    minutes, seconds = divmod(round(state.left), 60)
    hours, minutes = divmod(minutes, 60)
    left = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{words}, {left} left"


def amount(option: str, text: str) -> int:
    """Read a number of tokens, at least 1. Raises UsageError.

    Example: amount("--tokens", "10k") -> 10000
    """
    match = re.fullmatch(r"(\d{1,15}(?:\.\d{1,9})?)([kKMGBT]?)", text.replace("_", "").replace(",", ""))
    scale = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}
    if match is None or (found := int(float(match[1]) * scale[match[2]])) < 1:
        raise UsageError(f"{option} {text}: a number such as 1000, 10k, 5M or 1B")
    return found
