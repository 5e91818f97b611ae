"""Ahead: a walk through the folder of a large repository, beside what else is to be found out."""

from __future__ import annotations

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

    It is walk() for any other folder, for another selection, and in a repository that is not large.
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
        self.close()

    def close(self) -> None:
        """End the walk, which nobody needs any more.

        Example: with Ahead("docs", Selection()) as find: find.close()
        """
        if self._beside is not None:
            self._beside.__exit__()
            self._beside = None

    def _walk(self, tell: Tell) -> tuple[set[str], list[InputError]]:
        problems: list[InputError] = []
        return walk(*self._asked, problems.append), problems

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
