"""Ahead: a walk through the folder of a large repository, beside what else is to be found out."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

from tokscope.errors import InputError, Problem
from tokscope.files.forked import Beside, Died, Tell, processes
from tokscope.gate import git
from tokscope.inputs import Selection
from tokscope.inputs.selection import walk

LARGE_INDEX = 1 << 20
"""Bytes of the index of a repository, some 10,000 files, from which on another process pays."""


class Ahead:
    """Walks through a folder in a fork, from now on, and gives what was found to who asks for it first.

    Example: with Ahead("docs", Selection()) as find: find("docs", Selection(), print) -> {"docs/a.md"}

    It is walk() for any other folder, for another selection, and in a repository that is not large. What git
    tracks is found even where an ignore file names it, if there is nothing else.
    """

    def __init__(self, folder: str, selection: Selection) -> None:
        self._asked = folder, selection
        self._beside = (
            Beside(self._walk) if processes() > 1 and git.index_size(folder) > LARGE_INDEX else None
        )

    def __enter__(self) -> Ahead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._beside is not None:
            self._beside.__exit__(kind, error, trace)

    def _walk(self, tell: Tell) -> tuple[set[str], list[InputError]]:
        problems: list[InputError] = []
        found = _all_tracked(*self._asked)
        return walk(*self._asked, problems.append) if found is None else found, problems

    def __call__(self, folder: str, selection: Selection, report: Problem) -> set[str]:
        """Find what walk() finds. Raises UsageError as it does."""
        if self._beside is None or self._asked != (folder, selection):
            return walk(folder, selection, report)
        try:
            with self._beside as other:
                found, problems = other.result()
        except Died:
            return walk(folder, selection, report)
        finally:
            self._beside = None
        for problem in problems:
            report(problem)
        return found


def _all_tracked(folder: str, selection: Selection) -> set[str] | None:
    """Find the files in a folder if git tracks them all, as in a fresh clone: no ignore file matters there.

    A walk that heeds those takes ten times as long. None where it is needed: another file is there, something
    cannot be listed, or the selection leaves something out.
    """
    root = git.root_of(folder)
    if root is None or selection.include or selection.exclude or not selection.hidden:
        return None
    above = os.path.relpath(os.path.realpath(folder), root)
    above = "" if above == os.curdir else f"{above}/"
    start = str(Path(folder))
    found, waiting = {start}, ["" if start == os.curdir else f"{start}/"]
    try:
        listed = os.fsdecode(git.run_git(root, "ls-files", "-z", "--", above or os.curdir).stdout).split("\0")
        known = {waiting[0] + path.removeprefix(above) for path in listed}
        while waiting:
            inside = waiting.pop()
            with os.scandir(inside or os.curdir) as entries:
                for entry in entries:
                    path = inside + entry.name
                    if entry.name == ".git":
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(f"{path}/")
                    elif path in known:
                        found.add(path)
                    else:
                        return None
    except (OSError, InputError):
        return None
    return found
