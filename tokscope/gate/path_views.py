"""The paths of files, seen from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class FolderView(NamedTuple):
    """What comes before the names of a folder's files: where the user sees them, under rules, and on disk.

    Example: FolderView("../docs/", "docs/", "/repo/docs/", True, True)

    `real` has all links followed. `straight` says that none leads to the folder, `own` that none does below
    the folder of the rules.
    """

    shown: str
    name: str
    real: str
    straight: bool
    own: bool

    def shows(self, file: str) -> str:
        """Show one of the files: its path from where the user is.

        Example: FolderView("../docs/", "docs/", "/repo/docs/", True, True).shows("a.md") -> "../docs/a.md"
        """
        return _a_path(self.shown + file)


class PathViews:
    """The paths of files, seen from elsewhere; what their folder is there is worked out once.

    Example: PathViews().of("docs/a.md", Path("/repo")) -> "docs/a.md", in /repo
    """

    def __init__(self) -> None:
        self._folders: dict[tuple[str, Path | None], str] = {}
        self._roots: dict[Path, str] = {}  # with all links followed
        self._views: dict[tuple[str, Path], FolderView] = {}

    def of(self, path: str, start: Path) -> str:
        """Give a file's path from a folder, with "/" between its parts; links are folders like others.

        Example: PathViews().of("/repo/docs/a.md", Path("/repo")) -> "docs/a.md"
        """
        return self._within(path, start, lambda folder: os.path.relpath(folder, start).replace(os.sep, "/"))

    def folder(self, folder: str, root: Path) -> FolderView:
        """See the files of a folder from everywhere; `root` is the folder of the rules.

        Example: PathViews().folder("../docs", repository).name -> "docs/"
        """
        if (folder, root) not in self._views:
            file = os.path.join(folder, "file")
            shown, name = self.shown(file), self.of(file, root)
            real = self._within(file, None, os.path.realpath)
            from_root = os.path.normpath(os.path.join(self._real_root(root), name))
            self._views[folder, root] = FolderView(
                *(shown.removesuffix("file"), name.removesuffix("file"), real.removesuffix("file")),
                straight=real == os.path.abspath(file),
                own=real == from_root,
            )
        return self._views[folder, root]

    def _real_root(self, root: Path) -> str:
        if root not in self._roots:
            self._roots[root] = os.path.realpath(root)
        return self._roots[root]

    def shown(self, path: str) -> str:
        """Show a path from where the user is: to someone in docs, ../docs/a.md is a.md.

        Example: PathViews().shown("./a.md") -> "a.md"
        """
        return _a_path(self.of(path, Path(os.curdir)))

    def real(self, path: str) -> str:
        """Give the absolute path of a file, all links followed.

        Example: PathViews().real("/repo/docs/../a.md") -> "/repo/a.md"
        """
        return os.path.realpath(path) if os.path.islink(path) else self._within(path, None, os.path.realpath)

    def _within(self, path: str, start: Path | None, of_folder: Callable[[str], str]) -> str:
        folder, name = os.path.split(path)
        if name in ("", os.curdir, os.pardir):
            return of_folder(path)
        if (folder, start) not in self._folders:
            inside = of_folder(folder or os.curdir)
            self._folders[folder, start] = "" if inside == os.curdir else f"{inside.rstrip('/')}/"
        return self._folders[folder, start] + name


def _a_path(shown: str) -> str:
    """Write a path so that it is not taken for a text that is none."""
    return os.path.join(os.curdir, shown) if shown in ("-", "--text") else shown
