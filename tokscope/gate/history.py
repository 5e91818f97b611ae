"""History: what each file of a check was at --base, in its own repository."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from tokscope.errors import InputError
from tokscope.gate import git
from tokscope.gate.revisions import FileChange, Repository
from tokscope.gate.since import Since
from tokscope.inputs import Decoding, Document
from tokscope.inputs.selection import Takes


class History:
    """Compares files with a revision; the files of a submodule with the commit that it has there.

    Example: with History("origin/main", Path(), decoding) as history: history.change(real, document)

    `say` is told what else the user has to know. Raises InputError where there is no such revision.
    """

    def __init__(
        self, revision: str, folder: Path, decoding: Decoding, *, exact: bool, say: Callable[[str], None]
    ) -> None:
        self._revision = revision
        self._decoding = decoding
        self._stack = ExitStack()
        self._roots: dict[str, Path | None] = {}  # by a folder: the repository that it is in
        repository = self._open(folder)
        since = Since(repository, revision, exact=exact)
        if since.note:
            say(since.note)
        self._sinces: dict[Path, Since | None] = {repository.root: since}

    def __enter__(self) -> History:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def change(self, path: str, document: Document) -> FileChange | None:
        """Say what became of the file at a real path, None where it is as it was; in absolute paths.

        Example: history.change("/repo/a.md", document).kind -> "changed"
        """
        folder = os.path.dirname(path)
        if folder not in self._roots:
            self._roots[folder] = git.root_of(folder)
        root = self._roots[folder]
        since = self._since(root) if root else None
        if root is None or since is None:
            return FileChange("added", None, path, None, None)
        return _absolute(since.change(os.path.relpath(path, root).replace(os.sep, "/"), document), root)

    def known(self, root: Path) -> Since | None:
        """Give what has changed in a repository, where that has been asked already.

        Example: [one.old for one in history.known(Path("/repo")).gone()] -> ["gone.md"]
        """
        return self._sinces.get(root)

    def gone(self) -> Iterator[FileChange]:
        """Give the files that no longer exist, in absolute paths.

        Example: [one.old for one in history.gone()] -> ["/repo/gone.md"]
        """
        for root, since in self._sinces.items():
            for change in since.gone() if since else ():
                if gone := _absolute(change, root):
                    yield gone

    def moved(self) -> Iterator[FileChange]:
        """Give the files that go by another name now, in absolute paths.

        Example: [(one.old, one.new) for one in history.moved()] -> [("/repo/a.md", "/repo/b.md")]
        """
        for root, since in self._sinces.items():
            for change in since.moved() if since else ():
                if moved := _absolute(change, root):
                    yield moved

    def text(self, change: FileChange, takes: Takes = lambda document: False) -> Document | None:
        """Read what a file was; None where nothing takes what it was. Raises InputError.

        Example: history.text(history.change("/repo/a.md", document)).read() -> "as it was"
        """
        path = change.old or ""
        root = git.root_of(Path(path).parent)
        since = self._sinces.get(root) if root else None
        if root is None or since is None:
            return None
        name = f"{self._revision}:{os.path.relpath(path, root)}".replace(os.sep, "/")
        return since.repository.document(name, change.old_blob, self._decoding, takes)

    def _since(self, root: Path) -> Since | None:
        """Compare a repository; None for a new one, of which nothing was there."""
        if root not in self._sinces:
            above = git.root_of(root.parent)
            if above is None:
                raise InputError(os.path.relpath(root), "another repository than the one that --base is of")
            outer = self._since(above)
            name = os.path.relpath(root, above).replace(os.sep, "/")
            commit = outer and outer.repository.commit_of(outer.base, name)
            self._sinces[root] = Since(self._open(root), commit, exact=True) if commit else None
        return self._sinces[root]

    def _open(self, folder: Path) -> Repository:
        repository = Repository(folder)
        self._stack.callback(repository.close)
        return repository


def _absolute(change: FileChange | None, root: Path) -> FileChange | None:
    if change is None:
        return None
    old, new = (path and str(root / path) for path in (change.old, change.new))
    return change._replace(old=old, new=new)
