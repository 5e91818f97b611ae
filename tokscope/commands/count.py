"""`tokscope count`: like wc, in tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.inputs import Document
from tokscope.inputs.notebook import Notebooks
from tokscope.measure import Counter, Measurement, measure_texts, takes, together
from tokscope.report.table import Column, Estimate, Fields, Later, TableReport, most
from tokscope.shell.options import OUTPUT, Inputs, Media, Printing, Tokenizers
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    from tokscope.models.limits import Model


class By(StrEnum):
    """What a row stands for if not for a file."""

    DIR = "dir"
    EXT = "ext"
    HEADING = "heading"


class Sort(StrEnum):
    """The order of rows."""

    TOKENS = "tokens"
    PATH = "path"


Counts = Sequence[Measurement]
"""One row: the same text counted by each tokenizer."""


class Order(NamedTuple):
    """Which rows come first, and how many are shown."""

    sort: Annotated[
        Sort | None, typer.Option(help="Most tokens first, or by path.", rich_help_panel=OUTPUT)
    ] = None
    top: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Show only the N largest.", rich_help_panel=OUTPUT)
    ] = None

    def __call__(self, rows: list[Counts]) -> list[Counts]:
        """Sort all rows; --top alone asks for the largest."""
        if self.sort is Sort.TOKENS or (self.top is not None and self.sort is None):
            return sorted(rows, key=lambda row: -row[0].tokens)
        return sorted(rows, key=lambda row: row[0].path) if self.sort is Sort.PATH else rows


def count(
    inputs: Inputs,
    tokenizers: Tokenizers,
    printing: Printing,
    media: Media,
    *,
    by: Annotated[By | None, typer.Option(help="Add up by folder or extension, or count sections.")] = None,
    order: Order,
    field: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Count this field (a.b.0) of JSON, YAML, TOML or CSV records."),
    ] = None,
    outputs: Annotated[bool, typer.Option("--outputs", help="Count the outputs of notebooks too.")] = False,
) -> int:
    """Count tokens, like wc: a row for each file, and a total; also pictures, sound, video and PDF."""
    if by is By.HEADING and field is not None:
        raise UsageError("--by heading reads Markdown and --field reads records: use one of them")
    if outputs and (by is By.HEADING or field is not None):
        reader = "--by heading" if field is None else "--field"
        raise UsageError(f"--outputs is about notebooks, which {reader} does not read")
    console = printing.console()
    loaded = tokenizers.load()
    media.check()
    counter = Counter(loaded, lambda: media.asked)
    rows: list[Counts] = []
    notebooks = Notebooks(outputs)
    files = 0
    takes_media = takes(loaded if by is not By.HEADING and field is None else [])
    for document in inputs.documents(console, "count", media=media, takes=takes_media):
        with console.reporting():
            if by is By.HEADING:
                rows += _sections(document, loaded)
                files += 1
            elif field is not None:
                from tokscope.inputs.records import records

                counter.add_texts(document, records(document, field, console.say), console.progress)
            elif (texts := notebooks.texts(document)) is not None:
                counter.add_texts(document, texts, console.progress)
            else:
                counter.add(document, console.progress)
    found = counter.results(console.problem)
    rows += found
    files += len(found)
    console.left_out += notebooks.notes()
    asked = len(inputs.paths or []) + len(inputs.text or [])
    if by in (By.DIR, By.EXT):
        rows = _grouped(rows, by)
    # Where several were asked for, a bare figure would not say which of them it is.
    several = len(rows) > 1 or bool(rows) == bool(console.problems) or (bool(rows) and asked > 1)
    return console.write(_report(order(rows), loaded, files, several, order.top), loaded)


def _sections(document: Document, tokenizers: Sequence[Tokenizer]) -> Iterator[Counts]:
    """Count each section of a Markdown document."""
    from tokscope.text.markdown import sections

    for section in sections(document.read()):
        heading = " ".join(filter(None, ("#" * section.level, section.title)))
        name = f"{document.path}:{section.line}: {heading}".rstrip()
        yield measure_texts(name, [section.text], tokenizers)


def _grouped(rows: Iterable[Counts], by: By) -> list[Counts]:
    """Add up the rows of each folder or extension, in the order in which these first occur."""
    groups: dict[str, list[Counts]] = {}
    for row in rows:
        path = PurePath(row[0].path)
        groups.setdefault(str(path.parent) if by is By.DIR else path.suffix or "(none)", []).append(row)
    return [[_sum(key, column) for column in zip(*members, strict=True)] for key, members in groups.items()]


def _sum(path: str, measurements: Iterable[Measurement]) -> Measurement:
    parts = list(measurements)
    return Measurement(
        path,
        parts[0].tokenizer,
        all(part.exact for part in parts),
        together(part.figure for part in parts),
        sum(part.chars for part in parts),
        sum(part.bytes for part in parts),
    )


def _report(
    rows: Sequence[Counts], tokenizers: Sequence[Tokenizer], files: int, several: bool, top: int | None
) -> TableReport:
    """Show the first rows, with the total of all rows below."""
    total = [together(row[i].figure for row in rows) for i in range(len(tokenizers))]
    # Models that share a vocabulary differ in what they make of pictures.
    media = any(one.media for row in rows for one in row)
    names = [one.shown if media else one.name for one in tokenizers]

    def results() -> Iterator[Fields]:
        windows = [{"window": model.window} if model else {} for model in _models(tokenizers)]
        for row in rows[:top]:
            for one, window, tokenizer in zip(row, windows, tokenizers, strict=True):
                model = {"model": tokenizer.shown} if one.media else {}
                yield one.fields | model | window

    return TableReport(
        [Column("path", "path"), *(Column(one.shown, "int") for one in tokenizers)],
        [(row[0].path, *(one.cell for one in row)) for row in rows[:top]],
        total=("total", *map(Estimate.unless, (one.exact for one in tokenizers), total)) if several else None,
        results=Later(results),
        summary={"files": files, "tokens": dict(zip(names, total, strict=True))},
        notes=Later(lambda: _notes(rows, tokenizers, total)),
    )


def _notes(rows: Sequence[Counts], tokenizers: Sequence[Tokenizer], total: Sequence[int]) -> Iterator[str]:
    """Say how full each window is, and what is to be known of the rules that counted files."""
    for model, tokens in zip(_models(tokenizers), total, strict=True):
        if model:
            yield _filled(model, tokens)
    said = (
        f"{tokenizer.shown}, {one.media.kind}: {one.media.note}"
        for row in rows
        for one, tokenizer in zip(row, tokenizers, strict=True)
        if one.media and one.media.note and not one.problem
    )
    yield from dict.fromkeys(said)


def _filled(model: Model, tokens: int) -> str:
    """Say how much of its window a model's input takes; of an estimate, the most that it may be."""
    filled = model.filled(most(tokens))
    return f"at most {filled}" if most(tokens) != tokens else filled


def _models(tokenizers: Sequence[Tokenizer]) -> Iterator[Model | None]:
    """Find the model that each tokenizer was asked for as, if its window is known."""
    from tokscope.models.limits import model_of  # plain figures need no table of models

    return (model_of(one.shown) for one in tokenizers)
