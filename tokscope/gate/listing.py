"""Listing: which files there are in a folder; what git tracks is, whatever .gitignore and .ignore say."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tokscope.errors import InputError, Problem
from tokscope.gate import git
from tokscope.gate.globs import Globs
from tokscope.gate.revisions import Repository, TrackedFile
from tokscope.inputs import Selection
from tokscope.inputs.selection import walk

if TYPE_CHECKING:
    from tokscope.gate.history import History

Walk = Callable[[str, Selection, Problem], set[str]]
"""What finds all that is in a folder; see walk()."""

SUBMODULE = "160000"
"""The mode of a submodule."""


class Sparse(NamedTuple):
    """A file that git tracks and has not put on disk, as in a sparse checkout.

    Example: Sparse("docs/a.md", repository, "1f7c...")
    """

    path: str
    repository: Repository
    blob: str


class Listing:
    """Finds the files in folders as walk() does, and those that git tracks beside them.

    Example: documents(selection, decoding, report=report, find=Listing())

    `sparse` are the files that git has not put on disk. Where git cannot be asked, `unsure` are the files
    that an ignore file names, which may be tracked, and `why` it cannot. With a `history`, files that are
    surely as they were are not found but `untouched`, where `passes` takes their folder. `walk` is walk(), or
    what goes in its place.
    """

    def __init__(
        self,
        history: History | None = None,
        passes: Callable[[str], bool] = lambda folder: False,
        walk: Walk = walk,
    ) -> None:
        self.sparse: list[Sparse] = []
        self.untouched: dict[str, list[str]] = {}  # by their folders
        self.unsure: list[str] = []
        self.why = ""
        self._history = history
        self._passes = passes
        self._walk = walk

    def __call__(self, folder: str, selection: Selection, report: Problem) -> set[str]:
        """Find the files in a folder; what cannot be listed goes to `report`."""
        tracked: Sequence[TrackedPath] = []
        why = None
        if selection.ignore or self._history:
            try:
                tracked = self._tracked(folder)  # first, as the walk may be on its way
            except InputError as error:
                why = str(error)
        found = self._walk(folder, selection, report)
        found |= self._more(selection, found, tracked)
        if why is not None:
            every = walk(folder, selection._replace(ignore=False), lambda error: None)
            self.unsure += sorted(path for path in every - found if Path(path).is_file())
            self.why = why
        return found

    def behind(self, link: str, selection: Selection) -> Iterator[str]:
        """Find the files that a link to a folder gives other names.

        Example: list(Listing().behind("docs", selection)) -> ["docs/a.md"], where docs is a link to a folder
        """
        for path in sorted(Listing()(link, selection, lambda error: None)):
            if not Path(path).is_symlink() and Path(path).is_file():
                yield path

    def _more(self, selection: Selection, found: set[str], tracked: Sequence[TrackedPath]) -> set[str]:
        """Find what git tracks and the walk has left out; what is untouched is not `found` any more."""
        include, exclude = Globs.parse(selection.include or ["**"]), Globs.parse(selection.exclude)
        more = set()
        folder, names = None, None  # the last one, as most files are in the same as the one before
        for path, name, entry, untouched, repository in tracked:
            if path in found:
                if untouched:
                    inside, slash, last = path.rpartition("/")
                    if inside != folder:
                        folder, passes = inside, self._passes(inside)
                        names = self.untouched.setdefault(inside + slash, []) if passes else None
                    if names is not None:
                        names.append(last)
                        found.discard(path)
                continue
            hidden = any(part.startswith(".") for part in name.split("/"))
            if (hidden and not selection.hidden) or not include.match(name) or exclude.match(name):
                continue
            if os.path.lexists(path):
                more.add(path)
            elif entry.sparse and entry.regular:
                self.sparse.append(Sparse(path, repository, entry.blob))
        return more

    def _tracked(self, folder: str) -> Sequence[TrackedPath]:
        """List what git tracks in a folder, submodules too. Raises InputError where git cannot be asked."""
        top, found = str(Path(folder)), list[TrackedPath]()
        waiting = [("" if top == os.curdir else f"{top}/", "")]
        while waiting:
            place, name = waiting.pop()
            root = git.root_of(place or os.curdir)
            if root is None:
                continue
            inside = os.path.relpath(os.path.realpath(place or os.curdir), root).replace(os.sep, "/")
            inside = "" if inside == os.curdir else f"{inside}/"
            repository, entries, untouched = self._of(root, inside)
            for known, entry in entries.items():
                if not entry.path.startswith(inside):
                    continue
                within = entry.path[len(inside) :]
                path = place + within
                if entry.mode == SUBMODULE and git.root_of(path) != root:
                    waiting.append((f"{path}/", f"{name}{within}/"))
                # a name that is not UTF-8 may look like the printable name of another
                sure = known in untouched and known == entry.path
                found.append((path, name + within, entry, sure, repository))
        return found

    def _of(self, root: Path, inside: str) -> tuple[Repository, Mapping[str, TrackedFile], Set[str]]:
        """Ask a repository, or the history that has, what it tracks, and what of that is surely as it was."""
        since = self._history.known(root) if self._history else None
        if since is None:
            repository = Repository(root)
            return repository, repository.tracked(inside.removesuffix("/")), frozenset()
        return since.repository, since.tracked, since.untouched


TrackedPath = tuple[str, str, TrackedFile, bool, Repository]
"""The path of a file that git tracks, that from a folder above, whether it is surely as it was, and whose."""
