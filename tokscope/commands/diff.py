"""`tokscope diff`: how many tokens a change added or took away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.gate.deltas import Delta, count_pairs, tokenizer_deltas
from tokscope.gate.pairs import Search, find_pairs, is_path
from tokscope.inputs import Decoding, Selection, documents
from tokscope.measure import takes
from tokscope.report.objects import summary_of
from tokscope.report.table import Cell, Column, Estimate, Row, TableReport
from tokscope.shell.input_options import (
    Encoding,
    Errors,
    Exclude,
    Hidden,
    Include,
    NoIgnore,
    Outputs,
    Text,
)
from tokscope.shell.media_options import Media
from tokscope.shell.options import Printing, Tokenizers
from tokscope.tokenizer import Tokenizer


class Sides(NamedTuple):
    """What is compared: two files, folders or revisions, or one text with itself.

    Example: Sides(["HEAD~1", "docs"]).names -> ["HEAD~1", "docs"]
    """

    sides: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[A] [B] [PATHS]...",
            help="Two files, two folders, or git revisions (A, A B, A..B, A...B) and what to limit them to.",
            show_default=False,
        ),
    ] = None
    text: Text = None
    include: Include = None
    exclude: Exclude = None
    no_ignore: NoIgnore = False
    hidden: Hidden = False
    encoding: Encoding = "utf-8"
    errors: Errors = "strict"

    @property
    def names(self) -> Sequence[str]:
        """The paths and revisions."""
        return self.sides or []

    @property
    def selection(self) -> Selection:
        """The texts given, and what to look at in folders.

        Example: Sides(include=["*.md"]).selection.include -> ["*.md"]
        """
        rules = self.include or (), self.exclude or (), not self.no_ignore, self.hidden
        return Selection((), self.text or (), None, None, *rules)

    @property
    def one(self) -> bool:
        """Whether there is one side only, which two tokenizers can count.

        Example: Sides(["-"]).one -> True
        """
        return not self.names or (len(self.names) == 1 and bool(self.text or is_path(self.names[0])))


def diff(
    tokenizers: Tokenizers, printing: Printing, media: Media, sides: Sides, outputs: Outputs = False
) -> int:
    """Show what a change does to token counts: of files, folders, git revisions, or -t A,B.

    One revision is compared with the files on disk, and none with HEAD.
    """
    console = printing.console()
    loaded = tokenizers.load(structures=True)
    media.check()
    told = console.problem, console.progress, lambda: media.asked, console.left_out.append
    console.outputs = outputs
    decoding = Decoding(sides.encoding, sides.errors, media.svg == "picture", notebooks=console.notebooks)
    if len(loaded) == 2 and sides.one:
        texts = documents(
            *(sides.selection._replace(paths=sides.names), decoding),
            report=console.problem,
            skip=console.skipped.append,
            command="tokscope diff",
            takes=takes(loaded),
        )
        deltas = tokenizer_deltas(texts, loaded[0], loaded[1], *told)
        return console.write(_report(deltas, loaded), loaded)
    if sides.text:
        raise UsageError("one text is compared under two tokenizers: -t A,B")
    search = Search(
        *(sides.selection, decoding, console.problem, console.skipped.append),
        takes(loaded),
    )
    found = find_pairs(sides.names, search)
    deltas = count_pairs(found, loaded, *told)
    report = _report(deltas)
    if all(one.change == "same" for one in deltas) and not console.problems:
        report = replace(report, notes=["no text differs" if console.skipped else "nothing differs"])
    return console.write(report, loaded)


def _report(
    deltas: Sequence[Delta],
    under: Sequence[Tokenizer] = (),
) -> TableReport:
    """A row for each text, and the sum of a single tokenizer's under them.

    `under` are the two tokenizers where each text is compared with itself.
    """
    also = {"before_tokenizer": under[0].name} if under else {}
    summary = summary_of((delta.path, delta.tokenizer, delta.tokens) for delta in deltas)
    change = dict.fromkeys((delta.tokenizer for delta in deltas), 0)
    for delta in deltas:
        change[delta.tokenizer] += delta.delta
    columns, rows, total = _delta_table(deltas, [one.shown for one in under] or ["before", "after"])
    return TableReport(
        columns,
        rows,
        total=total,
        results=[_object(delta) | also for delta in deltas],
        summary=summary | {"delta": change},
    )


COLUMNS = [
    Column("path", "path"),
    Column("change"),
    Column("tokenizer"),
    *(Column("before", "int"), Column("after", "int")),
    *(Column("delta", "int", signed=True), Column("growth", "percent", signed=True)),
]


def _delta_table(deltas: Sequence[Delta], sides: Sequence[str]) -> tuple[list[Column], list[Row], Row | None]:
    """Set the deltas in columns and rows, with the total if there is one."""
    several = len({delta.tokenizer for delta in deltas}) > 1
    path, change, tokenizer, *counts, delta, growth = COLUMNS
    columns = [
        path._replace(grouped=several),
        change._replace(shown=any(delta.change for delta in deltas)),
        tokenizer._replace(shown=several),
        *(one._replace(name=side) for one, side in zip(counts, sides, strict=True)),
        *(delta, growth),
    ]
    rows: list[Row] = [
        (
            f"{delta.old} => {delta.path}" if delta.old else delta.path,
            delta.change,
            delta.tokenizer,
            *_delta_figures(delta.before, delta.tokens, delta.delta, delta.exact),
        )
        for delta in deltas
    ]
    total: Row | None = None
    if len(deltas) > 1 and not several:
        columns_of = zip(*((one.before, one.tokens, one.delta) for one in deltas), strict=True)
        sums = [sum(figures) for figures in columns_of]
        total = (
            "total",
            None,
            None,
            *_delta_figures(sums[0], sums[1], sums[2], all(delta.exact for delta in deltas)),
        )
    return columns, rows, total


def _delta_figures(before: int, after: int, delta: int, exact: bool) -> tuple[Cell, ...]:
    counts = (Estimate.unless(exact, figure) for figure in (before, after, delta))
    return *counts, (after - before) / before if before else None


def _object(delta: Delta) -> dict[str, object]:
    """Describe a row in JSON."""
    fields = delta._asdict() | {"delta": delta.delta}
    del fields["changed"]
    return fields
