"""Pairs: the two sides of a change, as files, folders or revisions, and what became of their tokens."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from tokscope.errors import InputError, UsageError
from tokscope.gate.globs import Globs
from tokscope.gate.revisions import Repository, Since
from tokscope.inputs import Decoding, Document, Selection, documents
from tokscope.inputs.selection import Problem
from tokscope.measure import Counter, Progress
from tokscope.tokenizer import Tokenizer


class Pair(NamedTuple):
    """One text before and after, None where there is none.

    `old` is its path before, where that was another; `change` as in revisions.FileChange.
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


def is_path(name: str) -> bool:
    """Say whether a name is a file, a folder or standard input, and so no revision."""
    return name == "-" or os.path.lexists(name)


def pairs(
    a: str | None, b: str | None, rules: Selection, decoding: Decoding, report: Problem
) -> Iterator[Pair]:
    """Find what differs between two paths or two revisions, or one revision and the files on disk.

    Example: pairs("HEAD", None, Selection(), Decoding(), report=print) -> one for each file changed since

    `rules` says what to look at in folders. What cannot be read goes to `report`. Raises UsageError and
    InputError.
    """
    if a is not None and (is_path(a) or (b is not None and is_path(b))):
        return _of_paths(a, b, rules, decoding, report)
    for name in (a, b):
        if name is not None:
            _check(name)
    return _of_revisions(a or "HEAD", b, rules, decoding, report)


def _check(name: str) -> None:
    """Raise InputError where a name that is no path is no revision either, and say both."""
    try:
        Repository(Path()).commit(name)
    except InputError as error:
        raise InputError(name, f"no such file, and {error.message}") from error


def _of_paths(a: str, b: str | None, rules: Selection, decoding: Decoding, report: Problem) -> Iterator[Pair]:
    """Two files, or two folders whose files have the same names."""
    if b is None:
        raise UsageError(f"nothing to compare {a} with: give a second path, or two tokenizers (-t A,B)")
    if a == b == "-":
        raise UsageError("standard input can be read only once")
    for path in (a, b):
        if not is_path(path):
            raise InputError(path, "no such file; a path and a revision cannot be compared")
    if Path(a).is_dir() != Path(b).is_dir():
        raise UsageError("a file and a folder cannot be compared")
    walks = [documents(rules._replace(paths=[path], text=()), decoding, report=report) for path in (a, b)]
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
    a: str, b: str | None, rules: Selection, decoding: Decoding, report: Problem
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
        for document in documents(walk, decoding, report=report):
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


def counted(
    pairs: Iterable[Pair], tokenizers: Sequence[Tokenizer], report: Problem, progress: Progress
) -> list[Delta]:
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
                    counter.add(document, progress)
                    order.append(number)
                except InputError as error:
                    report(error)
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


def between(
    texts: Iterable[Document], one: Tokenizer, two: Tokenizer, report: Problem, progress: Progress
) -> list[Delta]:
    """Count the same texts by two tokenizers: what changing from one to the other would do.

    Example: between([document], load("gpt-4"), load("gpt-4o"), report, progress)[0].delta -> -162
    """
    counter = Counter([one, two])
    for document in texts:
        try:
            counter.add(document, progress)
        except InputError as error:
            report(error)
    return [
        Delta(before.path, None, None, two.name, two.exact, before.tokens, after.tokens)
        for before, after in counter.results()
    ]
