"""`tokscope count`: like wc, in tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.inputs import Document
from tokscope.measure import Measurement, add_up, takes
from tokscope.measure.counter import Counter, measure_texts
from tokscope.registry import model_in
from tokscope.report.table import Column, Fields, Later, TableReport, most
from tokscope.shell.input_options import Inputs, Outputs
from tokscope.shell.media_options import Away, Media
from tokscope.shell.options import Printing, Tokenizers
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    from tokscope.models.limits import Model
    from tokscope.shell.console import Console


RowFor = Literal["file", "dir", "ext", "heading"]
"""What a row stands for."""

GROUPS: Mapping[RowFor, Callable[[PurePath], str]] = {
    "dir": lambda path: str(path.parent),
    "ext": lambda path: path.suffix or "(none)",
}
"""What the group of a file is called, where a row stands for several."""

CountedRow = Sequence[Measurement]
"""One row: the same text counted by each tokenizer."""


class Reading(NamedTuple):
    """What is counted of a file, and what a row stands for.

    Example: Reading(field="messages.0.content").field -> "messages.0.content"
    """

    by: Annotated[RowFor, typer.Option(help="What a row stands for; heading is a section of Markdown.")] = (
        "file"
    )
    field: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Count this field (a.b.0) of JSON, YAML, TOML or CSV records."),
    ] = None
    outputs: Outputs = False

    def check(self) -> None:
        """Raise UsageError for options that do not go together.

        Example: Reading("heading", field="text").check() raises UsageError
        """
        if self.by == "heading" and self.field is not None:
            raise UsageError("--by heading reads Markdown and --field reads records: use one of them")
        if self.outputs and self.field is not None:
            raise UsageError("--outputs is about notebooks, which --field does not read")

    @property
    def whole(self) -> bool:
        """Whether files are counted as they are, which need not be text.

        Example: Reading(field="text").whole -> False
        """
        return self.by != "heading" and self.field is None


_REQUEST = re.compile(rb'\s*\{.*"messages"\s*:\s*\[', re.DOTALL)
"""How the JSON of a chat request begins."""


class Counting:
    """Counts documents, each in the way that a Reading asks for.

    Example: counting = Counting(Reading(), [load("gpt-4o")], Media(), console); counting.add(document);
    counting.rows()
    """

    def __init__(
        self, reading: Reading, tokenizers: Sequence[Tokenizer], media: Media, console: Console
    ) -> None:
        self._reading = reading
        self._tokenizers = tokenizers
        self._media = media
        self._console = console
        self._counter = Counter(tokenizers, lambda: media.asked)
        console.outputs = reading.outputs
        self._sections: list[CountedRow] = []
        self._requests: list[str] = []
        self.files = 0

    def add(self, document: Document) -> None:
        """Count a document, now or later. Raises InputError.

        Example: counting.add(Document.of_text("Hello world", Decoding()))
        """
        by, field, _ = self._reading
        if by == "heading":
            self._sections += _count_sections(document, self._tokenizers)
            self.files += 1
        elif field is not None:
            from tokscope.inputs.records import read_records

            texts = read_records(document, field, self._console.say)
            self._counter.add_texts(document, texts, self._console.progress)
        else:
            self._counter.add(document, self._console.progress)
            if not document.found and document.path.endswith(".json") and _REQUEST.match(document.head()):
                self._requests.append(document.path)

    @property
    def notes(self) -> list[str]:
        """What goes with the figures of some files: how a chat request is counted as one.

        Example: counting.notes -> ["chat.json is counted as a file; what a model is sent: tokscope chat ..."]
        """
        return [
            f"{path} is counted as a file; what a model is sent: tokscope chat {path}"
            for path in self._requests
        ]

    def rows(self) -> Sequence[CountedRow]:
        """Count what is still waiting, and give the rows.

        Example: counting.rows()[0].path -> "--text"
        """
        found = self._counter.results(self._console.problem)
        self.files += len(found)
        self._console.left_out += self._counter.notes
        self._console.left_out += _refused(found, self._tokenizers, self._media)
        rows = [*self._sections, *found]
        if (group := GROUPS.get(self._reading.by)) is None:
            return rows
        from tokscope.measure.grouped import row_per_group  # few counts have any

        return row_per_group(rows, group)


def count(
    inputs: Inputs,
    tokenizers: Tokenizers,
    printing: Printing,
    media: Media,
    away: Away,
    reading: Reading,
) -> int:
    """Count the tokens of texts, pictures, sound, video and PDF: a row for each file, and a total."""
    reading.check()
    if printing.top is not None and printing.sort is None:
        printing = printing._replace(sort="tokens")  # the first of many files mean nothing
    console = printing.console()
    loaded = tokenizers.load(structures=True)
    media.check()
    tally = Counting(reading, loaded, media, console)
    takes_media = takes(loaded if reading.whole else [])
    for document in inputs.documents(
        console, "count", media=media, away=away, takes=takes_media, raw=reading.field is not None
    ):
        with console.reporting():
            tally.add(document)
    rows = tally.rows()
    asked = len(inputs.paths or []) + len(inputs.text or [])
    # Where several were asked for, a bare figure would not say which of them it is.
    several = len(rows) > 1 or bool(rows) == bool(console.problems) or (bool(rows) and asked > 1)
    of_text = loaded if not rows or any(not one.media for row in rows for one in row) else []
    report = _report(rows, loaded, tally.files, several)
    whole = printing.top is None and not any(one.problem for row in rows for one in row)
    if reading.by == "dir" and whole:
        report = replace(report, tree=_folder_rows(rows, report, printing.sort))
    if notes := tally.notes:
        report = replace(report, notes=[*notes, *report.notes])
    return console.write(report, of_text)


def _refused(rows: Sequence[CountedRow], tokenizers: Sequence[Tokenizer], media: Media) -> Iterator[str]:
    """Say which pictures a model rejects where all are sent at once, though it takes each alone."""
    counts = [[one.media for row in rows if (one := row[i]).media] for i in range(len(tokenizers))]
    if max(map(len, counts), default=0) < 2:
        return
    from tokscope.media.joined import refused_together

    for tokenizer, some in zip(tokenizers, counts, strict=True):
        if some and (said := refused_together(some, model_in(tokenizer.shown), media.asked)):
            yield said


def _count_sections(document: Document, tokenizers: Sequence[Tokenizer]) -> Iterator[CountedRow]:
    """Count each section of a Markdown document, or of a notebook."""
    from tokscope.inputs.headed_parts import document_outline  # plain counts need none

    for part in document_outline(document):
        heading = " ".join(filter(None, ("#" * part.level, part.title)))
        yield measure_texts(f"{part.place}: {heading}".rstrip(), part.texts, tokenizers)


def _report(
    rows: Sequence[CountedRow], tokenizers: Sequence[Tokenizer], files: int, several: bool
) -> TableReport:
    """A row for each file, with their total below."""
    total = [add_up(row[i].figure for row in rows) for i in range(len(tokenizers))]
    # Models that share a vocabulary differ in what they make of pictures.
    media = any(one.media for row in rows for one in row)
    names = [one.shown if media else one.name for one in tokenizers]

    def results() -> Iterator[Fields]:
        windows = [{"window": model.window} if model else {} for model in _models_asked_for(tokenizers)]
        for row in rows:
            for one, window, tokenizer in zip(row, windows, tokenizers, strict=True):
                model = {"model": tokenizer.shown} if one.media else {}
                yield one.fields | model | window

    return TableReport(
        [Column("path", "path"), *(Column(one.shown, "int") for one in tokenizers)],
        [(row[0].path, *(one.cell for one in row)) for row in rows],
        total=("total", *total) if several else None,
        results=Later(results),
        summary={"files": files, "tokens": dict(zip(names, total, strict=True))},
        notes=Later(lambda: _notes(rows, tokenizers, total)),
    )


def _notes(
    rows: Sequence[CountedRow], tokenizers: Sequence[Tokenizer], total: Sequence[int]
) -> Iterator[str]:
    """Say how full each window is, and what to know about the rules that counted files."""
    for model, tokens in zip(_models_asked_for(tokenizers), total, strict=True):
        if model:
            yield _window_fill(model, tokens)
    said = (
        f"{tokenizer.shown}, {one.media.kind}: {one.media.note}"
        for row in rows
        for one, tokenizer in zip(row, tokenizers, strict=True)
        if one.media and one.media.note and not one.problem
    )
    yield from dict.fromkeys(said)


def _window_fill(model: Model, tokens: int) -> str:
    """Say how much of its window a model's input takes; of an estimate, the most that it may be."""
    filled = model.filled(most(tokens))
    return f"at most {filled}" if most(tokens) != tokens else filled


def _folder_rows(rows: Sequence[CountedRow], report: TableReport, sort: str | None) -> TableReport:
    """Show folders below one another, each with all that is in it."""
    from tokscope.statistics.folders import folder_tree

    ordered = sorted(rows, key=lambda row: row[0].path) if sort == "path" else rows
    folders = [(row[0].path, [one.figure for one in row]) for row in ordered]
    branches = folder_tree(folders, largest=sort not in (None, "path"))
    return TableReport(report.columns, [(name, *figures) for name, figures in branches])


def _models_asked_for(tokenizers: Sequence[Tokenizer]) -> Iterator[Model | None]:
    """Find the model that each tokenizer was asked for as, if its window is known."""
    from tokscope.models.limits import model_of  # plain figures need no table of models

    return (model_of(one.shown) for one in tokenizers)
