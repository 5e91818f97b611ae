"""`tokscope count`: like wc, in tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from tokscope.errors import InputError, UsageError
from tokscope.inputs import Document, records
from tokscope.measure import Counter, Measurement, measure_texts
from tokscope.report.table import Column, Report
from tokscope.shell.console import Console
from tokscope.shell.options import OUTPUT, Inputs, Printing, Tokenizers
from tokscope.text.markdown import sections
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    from tokscope.models.limits import Model


class By(StrEnum):
    """What a row stands for, where that is not a file."""

    DIR = "dir"
    EXT = "ext"
    HEADING = "heading"


class Sort(StrEnum):
    """The order of rows."""

    TOKENS = "tokens"
    PATH = "path"


Counts = Sequence[Measurement]
"""One row: what each tokenizer counts in the same text."""


def count(
    inputs: Inputs,
    tokenizers: Tokenizers,
    printing: Printing,
    by: Annotated[By | None, typer.Option(help="Add up by folder or extension, or count sections.")] = None,
    sort: Annotated[
        Sort | None, typer.Option(help="Most tokens first, or by path.", rich_help_panel=OUTPUT)
    ] = None,
    top: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Show only the N largest.", rich_help_panel=OUTPUT)
    ] = None,
    field: Annotated[
        str | None, typer.Option(metavar="NAME", help="Count this field of JSON Lines records (a.b.0).")
    ] = None,
) -> int:
    """Count tokens, like wc: a row for each file, and a total."""
    if by is By.HEADING and field is not None:
        raise UsageError("--by heading reads Markdown and --field reads JSON Lines: one of them")
    console = printing.console()
    loaded = tokenizers.load()
    counter = Counter(loaded)
    rows: list[Counts] = []
    files = 0
    for document in inputs.documents(console, "count"):
        try:
            if by is By.HEADING:
                rows += _sections(document, loaded)
            elif field is not None:
                texts = (text for _, text in records(document, field))
                rows.append(measure_texts(document.path, texts, loaded))
            else:
                counter.add(document, console.progress)
            files += 1
        except InputError as error:
            console.problem(error)
    rows += counter.results(console.problem)
    asked = len(inputs.paths or []) + len(inputs.text or [])
    if by in (By.DIR, By.EXT):
        rows = _grouped(rows, by)
    return console.write(_report(rows, loaded, console, files, asked, sort, top))


def _sections(document: Document, tokenizers: Sequence[Tokenizer]) -> Iterator[Counts]:
    """Count each section of a Markdown document."""
    for section in sections(document.read()):
        heading = f" {'#' * section.level} {section.title}" if section.title else ""
        name = f"{document.path}:{section.line}:{heading}"
        yield measure_texts(name, [section.text], tokenizers)


def _grouped(rows: Iterable[Counts], by: By) -> list[Counts]:
    """Add up the rows of each folder or extension, in the order in which they first come."""
    groups: dict[str, list[Counts]] = {}
    for row in rows:
        path = PurePath(row[0].path)
        groups.setdefault(str(path.parent) if by is By.DIR else path.suffix or "(none)", []).append(row)
    return [[_sum(key, column) for column in zip(*members, strict=True)] for key, members in groups.items()]


def _sum(path: str, measurements: Iterable[Measurement]) -> Measurement:
    parts = list(measurements)
    return parts[0]._replace(
        path=path,
        tokens=sum(part.tokens for part in parts),
        chars=sum(part.chars for part in parts),
        bytes=sum(part.bytes for part in parts),
    )


def _report(
    rows: list[Counts],
    tokenizers: Sequence[Tokenizer],
    console: Console,
    files: int,
    asked: int,
    sort: Sort | None,
    top: int | None,
) -> Report:
    """Put the rows in order, and the total under them."""
    total = [sum(row[i].tokens for row in rows) for i in range(len(tokenizers))]
    summary: dict[str, object] = {
        "files": files,
        "tokens": {one.name: total[i] for i, one in enumerate(tokenizers)},
    }
    # Where several were asked for, a bare figure would not say which of them it is.
    several = len(rows) > 1 or bool(rows) == bool(console.problems) or (bool(rows) and asked > 1)
    if sort is Sort.TOKENS or (top is not None and sort is None):
        rows = sorted(rows, key=lambda row: -row[0].tokens)
    elif sort is Sort.PATH:
        rows = sorted(rows, key=lambda row: row[0].path)
    if console.skipped:
        summary["skipped"] = len(console.skipped)
    models = _models(tokenizers, console)
    filled = [model.filled(total[i]) for i, model in enumerate(models) if model]
    return Report(
        [Column("path", "path"), *(Column(one.asked or one.name, "int") for one in tokenizers)],
        [(row[0].path, *(one.tokens for one in row)) for row in rows[:top]],
        total=("total", *total) if several else None,
        results=[
            one._asdict() | ({"window": model.window} if model else {})
            for row in rows[:top]
            for one, model in zip(row, models, strict=True)
        ],
        errors=console.errors(),
        summary=summary,
        notes=[*console.notes(tokenizers), *filled],
    )


def _models(tokenizers: Sequence[Tokenizer], console: Console) -> Sequence[Model | None]:
    """Find the model that each tokenizer was asked for by, where that is one whose window is known."""
    if console.format in ("plain", "csv"):  # figures alone: the table of models is not read for them
        return [None] * len(tokenizers)
    from tokscope.models.limits import model_of

    return [model_of(one.asked or one.name) for one in tokenizers]
