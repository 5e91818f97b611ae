"""Revisions: what git knows about a folder, asked from git itself; nothing in the checkout is touched."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tokscope.errors import InputError, UsageError
from tokscope.inputs.document import HEAD, Decoding, Document, printable

REGULAR = ("100644", "100755")
"""The modes of what is a text; links and submodules are not."""


class FileChange(NamedTuple):
    """What became of one file between a revision and a later one, or the files on disk.

    Example: FileChange("renamed", "a.md", "b.md", "9daeafb9...", None)

    `kind` is "added", "removed", "changed" or "renamed" (and perhaps changed). `old` and `new` are paths
    relative to the folder; `old_blob` and `new_blob` the ids of their texts, None where there is none, and
    for a text on disk.
    """

    kind: str
    old: str | None
    new: str | None
    old_blob: str | None
    new_blob: str | None

    @property
    def path(self) -> str:
        """The path that it goes by: its new one, or its last."""
        return self.new or self.old or ""


class Repository:
    """The git repository that a folder is in.

    Example: Repository(Path()).changes("HEAD~1") -> those of the last commit and of the files on disk

    Paths are relative to the folder, and what lies outside of it is not looked at. Every method raises
    InputError for what git refuses.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def commit(self, revision: str) -> str:
        """Find the id of the commit that a revision names. Raises InputError, which says what to fetch."""
        if revision.startswith("-"):
            raise UsageError(f"not a revision: {revision!r}")
        self._git("rev-parse", "--git-dir")
        found = self._run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        if found.returncode:
            raise InputError(revision, self._missing(revision))
        return found.stdout.decode().strip()

    def changes(self, old: str, new: str | None = None) -> list[FileChange]:
        """Compare two revisions, or one with the tracked files on disk; renames are followed."""
        revisions = [self.commit(revision) for revision in (old, new) if revision is not None]
        # As git's documentation has it (git-diff-index, "Raw output format"):
        # :100644 100755 <old id> <new id> R86 NUL <old path> NUL <new path> NUL
        options = ("--raw", "-z", "--no-abbrev", "-M", "--relative", "--ignore-submodules")
        fields = iter(self._git("diff", *options, *revisions, "--").split(b"\0")[:-1])
        changes = []
        for field in fields:
            old_mode, new_mode, old_blob, new_blob, status = field.decode().lstrip(":").split()
            before = after = _path(next(fields))
            if status[0] in "RC":
                after = _path(next(fields))
            was = old_mode in REGULAR and status[0] != "C"
            kind = {"R": "renamed", "C": "added"}.get(status[0], "changed")
            if not was or new_mode not in REGULAR:
                kind = "removed" if was else "added"
            if was or new_mode in REGULAR:
                changes.append(
                    FileChange(
                        kind,
                        before if was else None,
                        after if new_mode in REGULAR else None,
                        old_blob if was else None,
                        new_blob if new_mode in REGULAR and new is not None else None,
                    )
                )
        return changes

    def paths(self, revision: str) -> set[str]:
        """Name the files of a revision."""
        listed = self._git("ls-tree", "-r", "-z", "--name-only", self.commit(revision))
        return set(map(_path, listed.split(b"\0")[:-1]))

    def blobs(self, ids: Iterable[str]) -> Iterator[bytes]:
        """Read texts as git holds them, one after the other."""
        command = ["git", "-C", str(self._folder), "cat-file", "--batch"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for blob in ids:
                process.stdin.write(f"{blob}\n".encode())
                process.stdin.flush()
                head = process.stdout.readline().decode().split()
                if len(head) != 3:  # "<id> missing", or nothing where git gave up
                    raise InputError(blob, "git cannot read it: try git fsck, or git fetch --refetch")
                data = process.stdout.read(int(head[2]))
                process.stdout.read(1)
                yield data

    def documents(
        self, changes: Iterable[FileChange], revision: str, decoding: Decoding, *, new: bool = False
    ) -> Iterator[tuple[FileChange, Document | None]]:
        """Give each change with its old text, or with `new` its new one; None where that is no text."""
        sides = [(change, change.new_blob if new else change.old_blob) for change in changes]
        texts = self.blobs(blob for _, blob in sides if blob)
        for change, blob in sides:
            data = next(texts) if blob else None
            if data is None or (b"\0" in data[:HEAD] and not decoding.wide):  # as in folders: binary
                yield change, None
            else:
                yield change, Document(f"{revision}:{change.new if new else change.old}", decoding, data)

    def _missing(self, revision: str) -> str:
        """Say why there is no such revision, and which fetch would bring it."""
        shallow = self._git("rev-parse", "--is-shallow-repository").strip() == b"true"
        why = "not in this shallow clone; fetch it with: " if shallow else "no such revision"
        depth = " --depth=1" if shallow else ""
        remote, _, branch = revision.partition("/")
        if branch and remote in self._git("remote").decode().split():
            ref = f"+refs/heads/{branch}:refs/remotes/{revision}"
            return f"{why if shallow else 'not fetched yet; try: '}git fetch{depth} {remote} {ref}"
        if not shallow:
            return f"{why}; git log shows those that there are"
        if re.fullmatch("[0-9a-f]{40}", revision):
            return f"{why}git fetch --depth=1 origin {revision}"
        return f"{why}git fetch --unshallow"

    def _git(self, *arguments: str) -> bytes:
        done = self._run(*arguments)
        if done.returncode:
            lines = printable(os.fsdecode(done.stderr)).splitlines()
            message = lines[0].removeprefix("fatal: ") if lines else f"git {arguments[0]} failed"
            raise InputError(os.path.relpath(self._folder), message)
        return done.stdout

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        # Without the option git would write the refreshed index, which is part of the checkout.
        command = ["git", "--no-optional-locks", "-C", str(self._folder), *arguments]
        try:
            return subprocess.run(command, capture_output=True, check=False)
        except FileNotFoundError as error:
            raise InputError("git", "not installed, and needed to look at revisions") from error


def _path(name: bytes) -> str:
    return printable(os.fsdecode(name))


class Since:
    """What has changed in a folder since a revision, its untracked files included.

    Example: Since(Repository(Path()), "HEAD").change("new.md").kind -> "added"
    """

    def __init__(self, repository: Repository, revision: str) -> None:
        self.changes = repository.changes(revision)
        self._known = repository.paths(revision)
        self._by_path = {change.new: change for change in self.changes if change.new is not None}

    def change(self, path: str) -> FileChange | None:
        """Say what became of a file that is there, None where it is as it was."""
        if path not in self._by_path and path not in self._known:
            return FileChange("added", None, path, None, None)
        return self._by_path.get(path)
