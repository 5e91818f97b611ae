"""Since: what has changed between a revision and the files on disk."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Set
from functools import cached_property
from pathlib import Path

from tokscope.gate.revisions import FileChange, Repository
from tokscope.inputs.document import Document


class Since:
    """What has changed in a repository since a revision, or since HEAD branched off it.

    Example: Since(Repository(Path()), "HEAD").change("new.md", document).kind -> "added"

    With `exact` it is the revision itself. `note` says so where it had to be, else it is "". `folder`, a path
    from the root, is all that is looked at.
    """

    def __init__(
        self, repository: Repository, revision: str, *, exact: bool = False, folder: str = ""
    ) -> None:
        tracking = repository.tracking(folder)
        base = repository.commit(revision) if exact else repository.merge_base(revision)
        self.note = ""
        self.repository = repository
        self.base = base or repository.commit(revision)
        if base is None:
            self.note = f"compared with {revision} itself: where HEAD branched off it is not in this clone"
        changes = repository.changes(self.base, folder=folder)
        self._staged = {change.new: change for change in changes if change.new is not None}
        self._left = {change.old: change for change in changes if change.new is None}
        self.tracked = tracking()

    @cached_property
    def untouched(self) -> Set[str]:
        """What is on disk as it is in the index, surely, and there as it was."""
        return self.repository.untouched(self.tracked) - self._staged.keys()

    def gone(self) -> Iterator[FileChange]:
        """Give what was there and is not a file any more.

        Example: [one.old for one in Since(repository, "HEAD").gone()] -> ["removed.md"]
        """
        untouched = self.untouched
        for path, entry in self.tracked.items():
            if path in untouched or entry.sparse or not entry.regular:
                continue
            if not _is_file(self.repository.root / entry.path):
                staged = self._staged.get(path)
                was = staged or FileChange("removed", path, None, entry.blob, None)
                if was.old is not None:
                    yield was._replace(kind="removed", new=None, new_blob=None)
        for change in self._left.values():
            if not _is_file(self.repository.root / change.path):
                yield change

    def moved(self) -> Iterator[FileChange]:
        """Give what was renamed, and is a file under its new name.

        Example: [(one.old, one.new) for one in Since(repository, "HEAD").moved()] -> [("a.md", "b.md")]
        """
        for staged in self._staged.values():
            if staged.kind == "renamed" and _is_file(self.repository.root / staged.path):
                yield staged

    def change(self, path: str, document: Document) -> FileChange | None:
        """Say what became of a file that is there, None where it is as it was.

        Example: Since(repository, "HEAD").change("a.md", document).kind -> "changed"
        """
        if path in self.untouched:
            return None
        entry, staged = self.tracked.get(path), self._staged.get(path)
        old: str | None
        if entry is None or not entry.regular:
            left = self._left.get(path)
            old = left.old_blob if left else None
        elif staged is None:
            old = entry.blob
        elif staged.old != path:  # renamed or added; what is on disk may have changed further
            return staged
        else:
            old = staged.old_blob
        if old is None:
            return FileChange("added", None, path, None, None)
        return None if self.repository.same(document, old) else FileChange("changed", path, path, old, None)


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False
