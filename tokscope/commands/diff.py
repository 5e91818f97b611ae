"""`tokscope diff`: how many tokens a change added or took away."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from tokscope.errors import InputError, UsageError
from tokscope.gate.globs import Globs
from tokscope.gate.revisions import Repository, Since
from tokscope.inputs import Decoding, Document, Selection, documents
from tokscope.measure import Counter
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


class Pair(NamedTuple):
    """One text before and after, None where there is none.

    `old` is its path before, where that was another; `change` as in revisions.Change.
    """

    path: str
    old: str | None
    change: str
    before: Document | None
    after: Document | None


class Delta(NamedTuple):
    """What became of the tokens of one text.

    Example: Delta("a.md", None, "changed", "o200k_base", True, before=212, tokens=302).delta -> 90
    """

    path: str
    old: str | None
    change: str | None
    tokenizer: str
    exact: bool
    before: int
    tokens: int

    @property
    def delta(self) -> int:
        """How many tokens more there are now."""
        return self.tokens - self.before


Side = Annotated[str | None, typer.Argument(help="A file, a folder or a git revision.", show_default=False)]


def diff(
    tokenizers: Tokenizers,
    printing: Printing,
    a: Side = None,
    b: Side = None,
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
    if len(loaded) == 2 and b is None and (a is None or text or _there(a)):
        return console.write(_of_tokenizers(a, rules, decoding, loaded, console))
    if text:
        raise UsageError("one text is compared under two tokenizers: -t A,B")
    if a is not None and (_there(a) or (b is not None and _there(b))):
        pairs = _of_paths(a, b, rules, decoding, console)
    else:
        for name in (a, b):
            if name is not None:
                _check(name)
        pairs = _of_revisions(a or "HEAD", b, rules, decoding, console)
    return console.write(_report(_counted(pairs, loaded, console), loaded, console))


def _there(path: str) -> bool:
    return path == "-" or os.path.lexists(path)


def _check(name: str) -> None:
    """Raise InputError where a name that is no path is no revision either, and say both."""
    try:
        Repository(Path()).commit(name)
    except InputError as error:
        raise InputError(name, f"no such file, and {error.message}") from error


def _of_tokenizers(
    path: str | None,
    rules: Selection,
    decoding: Decoding,
    tokenizers: Sequence[Tokenizer],
    console: Console,
) -> Report:
    """The same texts under two tokenizers: what changing over would do."""
    counter = Counter(tokenizers)
    selection = rules._replace(paths=[] if path is None else [path])
    for document in documents(selection, decoding, report=console.problem, command="tokscope diff"):
        try:
            counter.add(document, console.progress)
        except InputError as error:
            console.problem(error)
    one, two = tokenizers
    deltas = [
        Delta(before.path, None, None, two.name, two.exact, before.tokens, after.tokens)
        for before, after in counter.results()
    ]
    report = _report(deltas, [one, two], console, (one.shown, two.shown))
    return replace(report, results=[{**result, "before_tokenizer": one.name} for result in report.results])


def _of_paths(
    a: str, b: str | None, rules: Selection, decoding: Decoding, console: Console
) -> Iterator[Pair]:
    """Two files, or two folders whose files have the same names."""
    if b is None:
        raise UsageError(f"nothing to compare {a} with: give a second path, or two tokenizers (-t A,B)")
    if a == b == "-":
        raise UsageError("standard input can be read only once")
    for path in (a, b):
        if not _there(path):
            raise InputError(path, "no such file; a path and a revision cannot be compared")
    if Path(a).is_dir() != Path(b).is_dir():
        raise UsageError("a file and a folder cannot be compared")
    walks = [
        documents(rules._replace(paths=[path], text=()), decoding, report=console.problem) for path in (a, b)
    ]
    if not Path(a).is_dir():
        for before, after in zip(*walks, strict=False):  # none where one could not be read
            yield Pair(b, a if a != b else None, "changed", before, after)
        return
    # Both walks are sorted, and a Document may hold a file's first 8 KiB: two at a time are in memory.
    sides = [_side(walk, path, side) for side, (path, walk) in enumerate(zip((a, b), walks, strict=True))]
    for name, found in groupby(merge(*sides, key=itemgetter(0, 1)), key=itemgetter(0)):
        texts = {side: document for _, side, document in found}
        before, after = texts.get(0), texts.get(1)
        if before is None or after is None or before.read_bytes() != after.read_bytes():
            change = "changed" if before and after else "removed" if before else "added"
            yield Pair(name, None, change, before, after)


def _side(walk: Iterator[Document], folder: str, side: int) -> Iterator[tuple[str, int, Document]]:
    return ((os.path.relpath(document.path, folder), side, document) for document in walk)


def _of_revisions(
    a: str, b: str | None, rules: Selection, decoding: Decoding, console: Console
) -> Iterator[Pair]:
    """Two revisions, or one and the files on disk: what lies in the working directory, renames followed."""
    try:
        include, exclude = Globs.parse(rules.include or ["**"]), Globs.parse(rules.exclude)
    except ValueError as error:
        raise UsageError(f"--include or --exclude: {error}") from error
    repository = Repository(Path())
    on_disk: dict[str | None, Document] = {}
    if b is None:
        since = Since(repository, a)
        walk = Selection(["."], ignore=rules.ignore, hidden=True)
        changes = [change for change in since.changes if change.new is None]
        for document in documents(walk, decoding, report=console.problem):
            if change := since.change(document.path):
                changes.append(change)
                on_disk[document.path] = document
    else:
        changes = repository.changes(a, b)
    changes = [one for one in changes if include.match(one.path) and not exclude.match(one.path)]
    changes.sort(key=lambda change: change.path)
    befores = (document for _, document in repository.documents(changes, a, decoding))
    afters: Iterable[Document | None] = (on_disk.get(change.new) for change in changes)
    if b is not None:
        afters = (document for _, document in repository.documents(changes, b, decoding, new=True))
    for change, before, after in zip(changes, befores, afters, strict=True):
        if before or after:  # else binary, then and now
            kind = change.kind if before and after else "removed" if before else "added"
            yield Pair(change.path, change.old if kind == "renamed" else None, kind, before, after)


def _counted(pairs: Iterable[Pair], tokenizers: Sequence[Tokenizer], console: Console) -> list[Delta]:
    """Count both sides of every pair; what cannot be read is reported and left out with its other side."""
    counters = Counter(tokenizers), Counter(tokenizers)
    orders: tuple[list[int], list[int]] = ([], [])  # which pairs each counter has counted
    known: list[Pair] = []
    failed: set[int] = set()
    for number, pair in enumerate(pairs):
        known.append(pair._replace(before=None, after=None))
        for counter, order, document in zip(counters, orders, (pair.before, pair.after), strict=True):
            if document is not None:
                try:
                    counter.add(document, console.progress)
                    order.append(number)
                except InputError as error:
                    console.problem(error)
                    failed.add(number)
    before, after = (
        {
            (number, one.tokenizer): one.tokens
            for number, row in zip(order, counter.results(), strict=True)
            for one in row
        }
        for order, counter in zip(orders, counters, strict=True)
    )
    return [
        Delta(
            *(pair.path, pair.old, pair.change, one.name, one.exact),
            before.get((number, one.name), 0),
            after.get((number, one.name), 0),
        )
        for number, pair in enumerate(known)
        if number not in failed
        for one in tokenizers
    ]


def _report(
    deltas: Sequence[Delta],
    tokenizers: Sequence[Tokenizer],
    console: Console,
    sides: tuple[str, str] = ("before", "after"),
) -> Report:
    """A row for each text, and the sum of a single tokenizer's under them."""
    several = len({delta.tokenizer for delta in deltas}) > 1
    named = any(delta.change for delta in deltas)
    columns = [
        Column("path", "path"),
        *([Column("change")] if named else []),
        *([Column("tokenizer")] if several else []),
        *(Column(side, "int") for side in sides),
        Column("delta", "int"),
        Column("growth", "percent"),
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
    total: Row | None = None
    if len(deltas) > 1 and not several:
        sums = sum(delta.before for delta in deltas), sum(delta.tokens for delta in deltas)
        total = ("total", *([None] if named else []), *_figures(*sums))
    summary = summary_of((delta.path, delta.tokenizer, delta.tokens) for delta in deltas)
    change = dict.fromkeys((delta.tokenizer for delta in deltas), 0)
    for delta in deltas:
        change[delta.tokenizer] += delta.delta
    return Report(
        columns,
        rows,
        total=total,
        results=[delta._asdict() | {"delta": delta.delta} for delta in deltas],
        errors=console.errors(),
        summary=summary | {"delta": change},
        notes=console.notes(tokenizers),
    )


def _figures(before: int, after: int) -> tuple[Cell, ...]:
    return before, after, after - before, (after - before) / before if before else None
