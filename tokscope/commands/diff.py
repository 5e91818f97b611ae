"""`tokscope diff`: how many tokens a change added or took away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from tokscope.errors import UsageError
from tokscope.gate.pairs import Delta, between, counted, is_path, pairs
from tokscope.inputs import Decoding, Selection, documents
from tokscope.report.table import Cell, Column, Report, Row, summary_of
from tokscope.shell.console import Console
from tokscope.shell.options import (
    Encoding,
    Errors,
    Exclude,
    Hidden,
    Include,
    NoIgnore,
    OnError,
    Printing,
    Text,
    Tokenizers,
)
from tokscope.tokenizer import Tokenizer


def diff(
    tokenizers: Tokenizers,
    printing: Printing,
    sides: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[A] [B] [PATHS]...",
            help="Two files, two folders, or git revisions (A, A B, A..B, A...B) and what to limit them to.",
            show_default=False,
        ),
    ] = None,
    text: Text = None,
    include: Include = None,
    exclude: Exclude = None,
    no_ignore: NoIgnore = False,
    hidden: Hidden = False,
    encoding: Encoding = "utf-8",
    errors: Errors = OnError.STRICT,
) -> int:
    """Show what a change did to the tokens: two files, folders or revisions, or one text and -t A,B.

    One revision is compared with the files on disk, and none with HEAD.
    """
    console = printing.console()
    loaded = tokenizers.load()
    decoding = Decoding(encoding, errors)
    rules = Selection((), text or (), None, None, include or (), exclude or (), not no_ignore, hidden)
    names = sides or []
    if len(loaded) == 2 and (not names or (len(names) == 1 and (text or is_path(names[0])))):
        selection = rules._replace(paths=names)
        texts = documents(selection, decoding, report=console.problem, command="tokscope diff")
        deltas = between(texts, loaded[0], loaded[1], console.problem, console.progress)
        return console.write(_report(deltas, loaded, console, under=loaded))
    if text:
        raise UsageError("one text is compared under two tokenizers: -t A,B")
    found = pairs(names, rules, decoding, console.problem, console.skipped.append)
    return console.write(_report(counted(found, loaded, console.problem, console.progress), loaded, console))


def _report(
    deltas: Sequence[Delta],
    tokenizers: Sequence[Tokenizer],
    console: Console,
    *,
    under: Sequence[Tokenizer] = (),
) -> Report:
    """A row for each text, and the sum of a single tokenizer's under them.

    `under` are the two tokenizers where each text is compared with itself.
    """
    also = {"before_tokenizer": under[0].name} if under else {}
    summary = summary_of((delta.path, delta.tokenizer, delta.tokens) for delta in deltas)
    change = dict.fromkeys((delta.tokenizer for delta in deltas), 0)
    for delta in deltas:
        change[delta.tokenizer] += delta.delta
    columns, rows, total = _table(deltas, [one.asked or one.name for one in under] or ["before", "after"])
    return Report(
        columns,
        rows,
        total=total,
        results=[delta._asdict() | {"delta": delta.delta} | also for delta in deltas],
        errors=console.errors(),
        summary=summary | {"delta": change},
        notes=[*([] if deltas or console.problems else ["nothing differs"]), *console.notes(tokenizers)],
    )


def _table(deltas: Sequence[Delta], sides: Sequence[str]) -> tuple[list[Column], list[Row], Row | None]:
    """Set the deltas in columns and rows, with the total if there is one."""
    several = len({delta.tokenizer for delta in deltas}) > 1
    named = any(delta.change for delta in deltas)
    columns = [
        Column("path", "path"),
        *([Column("change")] if named else []),
        *([Column("tokenizer")] if several else []),
        *(Column(side, "int") for side in sides),
        Column("delta", "int", signed=True),
        Column("growth", "percent", signed=True),
    ]
    rows: list[Row] = [
        (
            f"{delta.old} => {delta.path}" if delta.old else delta.path,
            *([delta.change] if named else []),
            *([delta.tokenizer] if several else []),
            *_figures(delta.before, delta.tokens),
        )
        for delta in deltas
    ]
    if len(deltas) < 2 or several:
        return columns, rows, None
    sums = sum(delta.before for delta in deltas), sum(delta.tokens for delta in deltas)
    return columns, rows, ("total", *([None] if named else []), *_figures(*sums))


def _figures(before: int, after: int) -> tuple[Cell, ...]:
    return before, after, after - before, (after - before) / before if before else None
