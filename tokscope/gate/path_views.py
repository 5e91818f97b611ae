"""The paths of files, seen from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


class PathViews:
    """The paths of files, seen from elsewhere; what their folder is there is worked out once.

    Example: PathViews().of("docs/a.md", Path("/repo")) -> "docs/a.md", in /repo
    """

    def __init__(self) -> None:
        self._folders: dict[tuple[str, Path | None], str] = {}

    def of(self, path: str, start: Path) -> str:
        """Give a file's path from a folder, with "/" between its parts; links are folders like others.

        Example: PathViews().of("/repo/docs/a.md", Path("/repo")) -> "docs/a.md"
        """
        return self._within(path, start, lambda folder: os.path.relpath(folder, start).replace(os.sep, "/"))

    def shown(self, path: str) -> str:
        """Show a path from where the user is: to someone in docs, ../docs/a.md is a.md.

        Example: PathViews().shown("./a.md") -> "a.md"
        """
        shown = self.of(path, Path(os.curdir))
        return os.path.join(os.curdir, shown) if shown in ("-", "--text") else shown

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
