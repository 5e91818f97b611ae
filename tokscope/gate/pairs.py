"""Pairs: the two sides of a change, as files, folders or revisions."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from heapq import merge
from itertools import groupby, zip_longest
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from tokscope.errors import InputError, Problem, UsageError, reporting
from tokscope.gate import git, lfs
from tokscope.gate.config import here
from tokscope.gate.globs import Globs
from tokscope.gate.listing import Listing
from tokscope.gate.revisions import FileChange, Repository
from tokscope.gate.since import Since
from tokscope.inputs import Decoding, Document, Selection, documents
from tokscope.inputs.binary import named_binary
from tokscope.inputs.paths import printable
from tokscope.inputs.selection import Takes


class Pair(NamedTuple):
    """One text before and after, None where there is none.

    Example: Pair("b.md", "a.md", "renamed", None, None).old -> "a.md"

    `old` is its path before, where that was another; `change` as in revisions.FileChange.
    """

    path: str
    old: str | None
    change: str
    before: Document | None
    after: Document | None


def is_path(name: str) -> bool:
    """Say whether a name is a file, a folder or standard input, and so no revision.

    Example: is_path("-") -> True
    """
    return name == "-" or os.path.lexists(name)


class Search(NamedTuple):
    """How the two sides of a change are looked for, and who is told of what.

    Example: Search(Selection(include=["*.md"]), Decoding(), print)

    `rules` says what to look at in folders. What cannot be read goes to `report`, a binary file that nobody
    `takes` to `skip`.
    """

    rules: Selection
    decoding: Decoding
    report: Problem
    skip: Callable[[str], None] = lambda path: None
    takes: Takes = lambda document: False

    def text(self, document: Document) -> Document | None:
        """Give a file on disk if it is a text or somebody takes it. InputError for a pointer of Git LFS.

        Example: Search(Selection(), Decoding(), print).text(Document("a", Decoding(), b"Hi")).path -> "a"
        """
        if lfs.pointer(document.head()):
            raise InputError(document.path, lfs.NOT_PULLED)
        return None if self.skips(document) else document

    def skips(self, document: Document) -> bool:
        """Say whether a file is binary and nobody takes it.

        Example: Search(Selection(), Decoding(), print).skips(Document("a", Decoding(), b"\\0")) -> True
        """
        return b"\0" in document.head() and not self.decoding.wide and not self.takes(document)


PairsToRead = Iterable[tuple[str, Iterator[Pair | None]]]
"""Names, and what reading makes of each: a Pair, None if it is binary, or nothing if nothing differs."""


def find_pairs(names: Sequence[str], search: Search) -> Iterator[Pair]:
    """Find what differs between two paths or two revisions, or one revision and the files on disk.

    Example: find_pairs(["HEAD~1", "docs"], Search(Selection(), Decoding(), print)) -> one for each file
    changed

    What follows revisions limits them to files and folders. Raises UsageError and InputError.
    """
    if not names or not is_path(names[0]):
        if names and git.root_of(here()) is None:
            raise InputError(names[0], "no such file; and no revision: this is not a git repository")
        return _read_pairs(_of_revisions(names or ["HEAD"], search), search)
    if len(names) > 2:
        raise UsageError("diff compares two paths; only after a revision may there be more, to limit it")
    return _read_pairs(_of_paths(names[0], names[1] if len(names) > 1 else None, search), search)


def _read_pairs(found: PairsToRead, search: Search) -> Iterator[Pair]:
    """Read what was found, and tell of what cannot be read and of what is binary."""
    for name, made in found:
        read: list[Pair | None] = []
        with reporting(search.report):
            read += made
        for pair in read:
            if pair:
                yield pair
            else:
                search.skip(name)


def _of_paths(a: str, b: str | None, search: Search) -> PairsToRead:
    """Two files, or two folders whose files have the same names."""
    if b is None:
        raise UsageError(f"nothing to compare {a} with: give a second path, or two tokenizers (-t A,B)")
    if a == b == "-":
        raise UsageError("standard input can be read only once")
    if not is_path(b):
        raise InputError(b, "no such file; a path and a revision cannot be compared")
    if Path(a).is_dir() != Path(b).is_dir():
        raise UsageError("a file and a folder cannot be compared")
    walks = [
        documents(
            *(search.rules._replace(paths=[path], text=()), search.decoding),
            report=search.report,
            binary=True,
        )
        for path in (a, b)
    ]
    if not Path(a).is_dir():
        for before, after in zip(*walks, strict=False):  # none where one could not be read
            same = before.again and after.again and _same_bytes(before, after)
            yield b, iter([Pair(b, a if a != b else None, "same" if same else "changed", before, after)])
        return
    # Both walks are sorted, and a Document may hold a file's first 8 KiB: two at a time are in memory.
    sides = [_side(walk, path, side) for side, (path, walk) in enumerate(zip((a, b), walks, strict=True))]
    for name, found in groupby(merge(*sides, key=itemgetter(0, 1)), key=itemgetter(0)):
        yield name, _pair_files(name, {side: document for _, side, document in found}, search)


def _pair_files(name: str, there: Mapping[int, Document], search: Search) -> Iterator[Pair | None]:
    """Pair the files of one name, of which one may be missing, by their sides; None for what is binary."""
    change = "changed" if len(there) == 2 else "removed" if 0 in there else "added"
    if change == "changed" and _same_bytes(there[0], there[1]):
        yield from [None] * search.skips(there[0])
    else:
        texts = [search.text(there[side]) if side in there else None for side in (0, 1)]
        yield _pair(name, None, change, *texts)


def _side(walk: Iterator[Document], folder: str, side: int) -> Iterator[tuple[str, int, Document]]:
    return ((os.path.relpath(document.path, folder), side, document) for document in walk)


def _same_bytes(one: Document, two: Document) -> bool:
    """Say whether two files hold the same bytes; no more than a block of each is in memory."""
    blocks = zip_longest(one.byte_blocks(), two.byte_blocks(), fillvalue=b"")
    return one.size == two.size and all(mine == other for mine, other in blocks)


class Compared(NamedTuple):
    """A revision and another, or None for the files on disk, and the paths that limit what is compared.

    Example: Compared("HEAD", None, ["docs"]).takes_in("docs/a.md") -> True
    """

    before: str
    after: str | None
    paths: Sequence[str]

    def takes_in(self, name: str) -> bool:
        """Say whether the paths, if any, take in a file.

        Example: Compared("HEAD", None, ["docs"]).takes_in("a.md") -> False
        """
        within = any(path in (".", name) or name.startswith(f"{path}/") for path in self.paths)
        return within or not self.paths


def _compared(names: Sequence[str], repository: Repository, folder: str) -> Compared:
    """Understand A, A B, A..B and A...B, and the paths after them, as git does. Raises InputError."""
    first, *rest = names
    a, dots, b = first.partition("...") if "..." in first else first.partition("..")
    if dots:
        a, after = a or "HEAD", b or "HEAD"
        if len(dots) == 3:
            tips = [repository.commit(name) for name in (a, after)]
            base = repository.merge_base(*tips)
            if base is None:
                raise InputError(first, "where they diverged is not known; git fetch --unshallow may help")
            a = base[:12]
    elif rest and _is_revision(rest[0], a, repository, folder):
        after = rest.pop(0)
    else:
        after = None
    for name in filter(None, (a, after)):
        try:
            repository.commit(name)
        except InputError as error:
            raise InputError(name, f"no such file, and {error.message}") from error
    paths = [os.path.normpath(path).replace(os.sep, "/") for path in rest]
    for path in paths:
        if path.startswith(("../", "/")) or path == "..":
            raise InputError(
                path, "outside of the working directory, which is what revisions are compared in"
            )
        if not is_path(path) and not any(
            _holds_path(repository, one, folder, path) for one in (a, after) if one
        ):
            raise InputError(path, "no such file, neither on disk nor in a revision")
    return Compared(a, after, paths)


def _is_revision(name: str, a: str, repository: Repository, folder: str) -> bool:
    """Say whether what follows a revision is another, or a path. Raises InputError where it may be both."""
    try:
        repository.commit(name)
    except InputError as error:
        if is_path(name) or _holds_path(repository, a, folder, name):
            return False
        raise InputError(name, f"no such file, and {error.message}") from error
    if is_path(name):
        raise UsageError(f"{name} is a path and a revision: write ./{name}, or {a}..{name}")
    return True


def _holds_path(repository: Repository, revision: str, folder: str, path: str) -> bool:
    inside = os.path.normpath(f"{folder or '.'}/{path}")
    return not inside.startswith("..") and repository.holds(repository.commit(revision), inside)


def _include_and_exclude(rules: Selection) -> tuple[Globs, Globs]:
    """Read --include and --exclude. Raises UsageError."""
    try:
        return Globs.parse(rules.include or ["**"]), Globs.parse(rules.exclude)
    except ValueError as error:
        raise UsageError(f"--include or --exclude: {error}") from error


def _of_revisions(names: Sequence[str], search: Search) -> PairsToRead:
    """Two revisions, or one and the files on disk: what lies in the working directory, renames followed."""
    include, exclude = _include_and_exclude(search.rules)
    with closing(Repository(here())) as repository:
        folder = os.path.relpath(here().resolve(), repository.root).replace(os.sep, "/")
        prefix, folder = ("", "") if folder == "." else (f"{folder}/", folder)
        compared = _compared(names, repository, folder)

        def wanted(name: str) -> bool:
            return compared.takes_in(name) and include.match(name) and not exclude.match(name)

        on_disk: dict[str, Document] = {}
        if compared.after is None:
            since = Since(repository, compared.before, exact=True, folder=folder)
            changes = list(since.gone())
            for document in _working_files(search):
                if wanted(document.path) and (
                    change := _changed_pair(since, prefix, document, search.report)
                ):
                    changes.append(change)
                    on_disk[document.path] = document
        else:
            changes = repository.changes(compared.before, compared.after, folder)
        for change in sorted(changes, key=lambda change: change.path):
            name = change.path.removeprefix(prefix)
            if wanted(name):
                old = (change.old or "").removeprefix(prefix) if change.kind == "renamed" else None
                there = on_disk.get(name) if change.new else None
                yield name, _of_change(name, old, change, compared, repository, there, search)


def _of_change(
    name: str,
    old: str | None,
    change: FileChange,
    compared: Compared,
    repository: Repository,
    there: Document | None,
    search: Search,
) -> Iterator[Pair | None]:
    """Pair what a file was and is: in two revisions, or in one and on disk."""
    terms = search.decoding, search.takes
    before = repository.document(f"{compared.before}:{change.old}", change.old_blob, *terms)
    if there is None:
        after = repository.document(f"{compared.after}:{change.new}", change.new_blob, *terms)
    else:
        after = search.text(there)
    yield _pair(name, old, change.kind, before, after)


def _pair(
    name: str, old: str | None, kind: str, before: Document | None, after: Document | None
) -> Pair | None:
    """Pair two texts, of which one may be missing; None where there is no text on either side.

    Raises InputError for a text that is binary on the other side: it did not come or go.
    """
    if not before and not after:
        return None
    if kind in ("changed", "renamed") and not (before and after):
        side = "before" if after else "after"
        raise InputError(name, f"a text on one side only: {side}, it holds NUL bytes, as a binary file does")
    return Pair(name, old, kind, before, after)


def _working_files(search: Search) -> Iterator[Document]:
    """Find the files in the working directory; those that are binary by their names are left out."""
    listing = Listing()
    walk = Selection(["."], ignore=search.rules.ignore, hidden=True)
    for document in documents(walk, search.decoding, report=search.report, find=listing, binary=True):
        document.path = document.path.removeprefix("./")
        if not named_binary(document.path) or b"\0" not in document.head() or search.takes(document):
            yield document
    if listing.unsure:
        count = len(listing.unsure)
        why = (
            f"ignored with {count - 1:,} more, unless git tracks it, and git cannot be asked ({listing.why})"
        )
        search.report(InputError(printable(listing.unsure[0]), why))


def _changed_pair(since: Since, prefix: str, document: Document, report: Problem) -> FileChange | None:
    with reporting(report):
        return since.change(prefix + document.path, document)
    return None
