"""Listing: which files there are in a folder; what git tracks is, whatever .gitignore and .ignore say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tokscope.errors import InputError
from tokscope.gate import git
from tokscope.gate.globs import Globs
from tokscope.gate.revisions import Repository, TrackedFile
from tokscope.inputs import Selection
from tokscope.inputs.selection import Problem, walk

SUBMODULE = "160000"
"""The mode of a submodule."""


class Sparse(NamedTuple):
    """A file that git tracks and has not put on disk, as in a sparse checkout."""

    path: str
    repository: Repository
    blob: str


class Listing:
    """Finds the files in folders as walk() does, and those that git tracks beside them.

    Example: documents(selection, decoding, report=report, find=Listing())

    `links` are the links that were found, `sparse` the files that git has not put on disk. Where git cannot
    be asked, `unsure` are the files that an ignore file names, which may be tracked, and `why` it cannot.
    """

    def __init__(self) -> None:
        self.links: list[str] = []
        self.sparse: list[Sparse] = []
        self.unsure: list[str] = []
        self.why = ""

    def __call__(self, folder: str, selection: Selection, report: Problem) -> set[str]:
        """Find the files in a folder; what cannot be listed goes to `report`."""
        found = walk(folder, selection, report)
        if selection.ignore:
            try:
                found |= self._more(folder, selection, found)
            except InputError as error:
                every = walk(folder, selection._replace(ignore=False), lambda error: None)
                self.unsure += sorted(path for path in every - found if Path(path).is_file())
                self.why = str(error)
        self.links += sorted(filter(os.path.islink, found))
        return found

    def behind(self, link: str, selection: Selection) -> Iterator[str]:
        """Find the files that a link to a folder gives other names."""
        for path in sorted(Listing()(link, selection, lambda error: None)):
            if not Path(path).is_symlink() and Path(path).is_file():
                yield path

    def _more(self, folder: str, selection: Selection, found: set[str]) -> set[str]:
        """Find what git tracks and the walk has left out. Raises InputError where git cannot be asked."""
        include, exclude = Globs.parse(selection.include or ["**"]), Globs.parse(selection.exclude)
        more = set()
        for path, name, entry, repository in _tracked(folder):
            hidden = any(part.startswith(".") for part in name.split("/"))
            if path in found or (hidden and not selection.hidden) or not include.match(name):
                continue
            if exclude.match(name):
                continue
            if os.path.lexists(path):
                more.add(path)
            elif entry.sparse and entry.regular:
                self.sparse.append(Sparse(path, repository, entry.blob))
        return more


def _tracked(folder: str) -> Iterator[tuple[str, str, TrackedFile, Repository]]:
    """List what git tracks in a folder, submodules too: the path, that from the folder, and whose it is."""
    waiting = [Path(folder)]
    while waiting:
        place = waiting.pop()
        root = git.root_of(place)
        if root is None:
            continue
        inside = os.path.relpath(os.path.realpath(place), root).replace(os.sep, "/")
        repository = Repository(place)
        for entry in repository.tracked("" if inside == "." else inside).values():
            path = place / (entry.path if inside == "." else entry.path.removeprefix(f"{inside}/"))
            if entry.mode == SUBMODULE and git.root_of(path) != root:
                waiting.append(path)
            yield str(path), path.relative_to(folder).as_posix(), entry, repository
