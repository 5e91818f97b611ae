"""Revisions: what git knows about a folder, asked from git itself; nothing in the checkout is touched."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tokscope.errors import InputError, UsageError
from tokscope.files.forked import in_halves
from tokscope.gate import git, lfs
from tokscope.inputs.binary import SNIFFED
from tokscope.inputs.decoding import Decoding
from tokscope.inputs.document import Document
from tokscope.inputs.paths import printable
from tokscope.inputs.selection import Takes

REGULAR = ("100644", "100755")
"""The modes of what is a text; links and submodules are not."""

_ENTRY = re.compile(
    r"(.) ([0-7]+) ([0-9a-f]+) [0-3]\t([^\0]+)\0"
    r"(  [^\n]*\n  [^\n]*\n  [^\n]*\n  [^\n]*\n  size: [0-9]+)\tflags: [^\n]*\n"
)
"""What `git ls-files -z -s -t --debug` says of a file."""

_CONVERTING = ("filter", "ident", "working-tree-encoding")
"""The attributes that have git change a text on its way to the disk, other than the ends of its lines."""


class FileChange(NamedTuple):
    """What became of one file between a revision and a later one, or the files on disk.

    Example: FileChange("renamed", "a.md", "b.md", "9daeafb9...", None)

    `kind` is "added", "removed", "changed" or "renamed" (and perhaps changed). `old` and `new` are printable
    paths from the root of the repository; `old_blob` and `new_blob` the ids of their texts, None where there
    is none, and for a text on disk.
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


class TrackedFile(NamedTuple):
    """A file that git tracks.

    Example: TrackedFile("H", "100644", "9daeafb9...", "a.md", "  ctime: ...").regular -> True

    `tag` is git's, `path` that of the file on disk, from the root of the repository. `stamp` is what the
    system said of the file when git last looked into it.
    """

    tag: str
    mode: str
    blob: str
    path: str
    stamp: str

    @property
    def sparse(self) -> bool:
        """Whether it need not be on disk, as in a sparse checkout."""
        return self.tag == "S"

    @property
    def regular(self) -> bool:
        """Whether it is a file, and no link or submodule."""
        return self.mode in REGULAR


class Repository:
    """The git repository that a folder is in.

    Example: Repository(Path("/repo")).changes("HEAD~1", "HEAD") -> those of the last commit

    Paths are those from its `root`. Every method raises InputError for what git refuses. To be closed after
    blobs were read.
    """

    def __init__(self, folder: Path) -> None:
        root = git.root_of(folder)
        if root is None:
            raise InputError(os.path.relpath(folder), "not a git repository")
        self.root = root
        self._process: subprocess.Popen[bytes] | None = None
        self._commits: set[str] = set()  # ids that are known to be those of commits
        asked = ("--show-toplevel", "--git-path", "index", "--git-path", "info/attributes")
        places = os.fsdecode(self._git("rev-parse", *asked))
        top, index, attributes = places.removesuffix("\n").rsplit("\n", 2)
        self._attributes = root / attributes
        self._written = _time(root / index)  # before it is read: a later one is not the one that was read
        if os.path.realpath(top) != str(root):  # core.worktree: another folder than the one that is judged
            raise InputError(os.path.relpath(root), f"its git configuration is for the files of {top}")

    def close(self) -> None:
        """End the process that reads blobs.

        Example: with closing(Repository(Path("/repo"))) as repository: repository.blob("9daeafb9...")
        """
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def commit(self, revision: str) -> str:
        """Find the id of the commit that a revision names. Raises InputError, which says what to fetch.

        Example: Repository(Path("/repo")).commit("HEAD") -> "1f7c4b...", 40 digits
        """
        if revision.startswith("-"):
            raise UsageError(f"not a revision: {revision!r}")
        if revision in self._commits:
            return revision
        found = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if found.returncode:
            raise InputError(revision, self._missing(revision))
        commit = found.stdout.decode().strip()
        self._commits.add(commit)
        return commit

    def merge_base(self, one: str, two: str = "HEAD") -> str | None:
        """Find the commit where two revisions diverged; None where none is known, as in a shallow clone.

        Example: Repository(Path("/repo")).merge_base("origin/main") -> "1f7c4b..."

        None also where there is no such revision, which commit() tells.
        """
        found = self._run("merge-base", "--end-of-options", f"{one}^{{commit}}", two)
        if found.returncode:
            return None
        commit = found.stdout.decode().split()[0]
        self._commits.add(commit)
        return commit

    def commit_of(self, revision: str, path: str) -> str | None:
        """Find the commit that a revision has for a submodule; None where it has none at that path.

        Example: Repository(Path("/repo")).commit_of("HEAD", "vendor/library") -> "1f7c4b..."
        """
        listed = self._git("ls-tree", "-z", revision, "--", path).split(b"\0")[0].split()
        return listed[2].decode() if listed[:2] == [b"160000", b"commit"] else None

    def holds(self, revision: str, path: str) -> bool:
        """Say whether a revision has a file or a folder at a path.

        Example: Repository(Path("/repo")).holds("HEAD", "no/such/file") -> False
        """
        return bool(self._git("ls-tree", "-z", revision, "--", path.rstrip("/")))

    def changes(self, old: str, new: str | None = None, folder: str = "") -> list[FileChange]:
        """Compare two revisions, or one with the index; renames within the folder are followed.

        Example: [one.kind for one in Repository(Path("/repo")).changes("HEAD~1", "HEAD")] ->
        ["changed", "renamed"]
        """
        options = ["--raw", "-z", "--no-abbrev", "--no-ext-diff", "--no-textconv", "--ignore-submodules"]
        if folder:
            options.append(f"--relative={folder}/")
        compare = ["diff-index", "--cached"] if new is None else ["diff-tree", "-r"]
        revisions = [self.commit(revision) for revision in (old, new) if revision is not None]
        found = self._run(*compare, *options, "-M", *revisions, "--")
        if found.returncode:  # a partial clone lacks texts; renames without a change need none
            found = self._run(*compare, *options, "-M100%", *revisions, "--")
        return list(_changes(_git_output(self.root, found), f"{folder}/" if folder else "", new is not None))

    def tracked(self, folder: str = "") -> Mapping[str, TrackedFile]:
        """List what git tracks in a folder, by printable paths.

        Example: Repository(Path("/repo")).tracked("docs")["docs/a.md"].mode -> "100644"
        """
        return self.tracking(folder)()

    def tracking(self, folder: str = "") -> Callable[[], Mapping[str, TrackedFile]]:
        """Begin to list what git tracks in a folder; what this gives waits for it, and is tracked().

        Example: Repository(Path("/repo")).tracking("docs")()["docs/a.md"].mode -> "100644"
        """
        options = ["-z", "-s", "-t", "--debug", *(["--", folder] if folder else [])]
        listed = git.begin(self.root, "ls-files", *options)
        return lambda: self._entries(os.fsdecode(_git_output(self.root, listed())))

    def _entries(self, listed: str) -> Mapping[str, TrackedFile]:
        """Read what git lists, by printable paths."""
        parts = _ENTRY.split(listed)  # what is between entries, and the five groups of each
        if any(parts[::6]):
            raise InputError(os.path.relpath(self.root), "git lists its index in an unknown form")
        make = partial(tuple.__new__, TrackedFile)  # what TrackedFile._make does, but without Python code
        entries = map(make, zip(*(parts[i::6] for i in range(1, 6)), strict=True))
        every = "\0".join(["", *(paths := parts[4::6])])
        if every.isascii() and not any(odd in every for odd in ("\\", "..", "\0/")):  # as most are
            return dict(zip(paths, entries, strict=True))
        return {
            printable(one.path): one
            for one in entries
            # else an index that was made to mislead
            if not (one.path.startswith("/") or (".." in one.path and ".." in one.path.split("/")))
        }

    def untouched(self, entries: Mapping[str, TrackedFile]) -> Set[str]:
        """Give those of `entries` whose texts on disk are surely those that git tracks.

        Example: repository.untouched(repository.tracked()) -> {"a.md", "docs/b.md"}

        Git's own way to know (its "racy-git"): a file about which the system says today what it said when git
        looked into it, all of it, and which was written before the index was. Where an attribute has git
        change a text on its way to the disk, that is not the text on disk.
        """
        names, files = list(entries), list(entries.values())
        surely = in_halves(self._surely_untouched, files)
        found = {one.path: name for one, name, sure in zip(files, names, surely, strict=True) if sure}
        if os.path.lexists(self._attributes) or ".gitattributes" in "\0".join(names):
            asked = b"".join(os.fsencode(path) + b"\0" for path in found)
            said = os.fsdecode(self._git("check-attr", "-z", "--stdin", *_CONVERTING, said=asked)).split("\0")
            for path, value in zip(said[:-1:3], said[2::3], strict=True):
                if value not in ("unspecified", "unset"):
                    found.pop(path, None)
        return set(found.values())

    def _surely_untouched(self, files: Sequence[TrackedFile]) -> list[bool]:
        """Say of each file whether the system says of it what it said when git looked into it."""
        top = f"{self.root}/"
        found = []
        for one in files:
            try:
                status = os.lstat(top + one.path)
            except (OSError, ValueError):
                found.append(False)
                continue
            old = status.st_mtime_ns < self._written
            found.append(old and one.stamp == _stamp(status) and one.regular and stat.S_ISREG(status.st_mode))
        return found

    def blob(self, blob: str) -> bytes:
        """Read a text as git holds it.

        Example: Repository(Path("/repo")).blob("bd9dbf5a...") -> b"what is up, doc?"
        """
        try:
            process = self._process = self._process or git.start(self.root, "cat-file", "--batch")
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{blob}\n".encode())
            process.stdin.flush()
            # As git's documentation has it (git-cat-file, "Batch output"): <id> blob <size> LF <text> LF
            head = process.stdout.readline().split()
            data = process.stdout.read(int(head[2]) + 1)
            if len(data) != int(head[2]) + 1:
                raise EOFError
        except (OSError, EOFError, ValueError, IndexError) as error:
            self.close()
            partial = not self._run("config", "--get-regexp", r"^remote\..*\.promisor$").returncode
            cure = "git fetch --refetch brings what this partial clone lacks" if partial else "try git fsck"
            raise InputError(blob, f"git does not give it: {cure}") from error
        return data[:-1]

    def document(
        self, name: str, blob: str | None, decoding: Decoding, takes: Takes = lambda document: False
    ) -> Document | None:
        """Read a blob as the text `name`; None where there is none, or it is not text and nothing `takes` it.

        Example: repository.document("HEAD:a.md", "bd9dbf5a...", Decoding()).read() -> "what is up, doc?"

        Raises InputError for a pointer of Git LFS too.
        """
        if blob is None:
            return None
        try:
            data = self.blob(blob)
        except InputError as error:
            raise InputError(name, error.message) from error
        if lfs.pointer(data):
            raise InputError(name, lfs.NOT_PULLED)
        found = Document(name, decoding, data)
        if b"\0" in data[:SNIFFED] and not decoding.wide and not takes(found):  # as in folders: binary
            return None
        return found

    def same(self, document: Document, blob: str) -> bool:
        """Say whether a file on disk is what git holds, as it is or as git or Git LFS checks it out.

        Example: repository.same(Document("a.md", Decoding(), b"what is up, doc?"), "bd9dbf5a...") -> True
        """
        for unix in (False, True):
            if _id(document, len(blob), unix=unix) == blob:
                return True
        try:
            known = lfs.pointer(self.blob(blob))
        except InputError:  # told where its text is wanted
            return False
        if known is None or known.size != document.size:
            return False
        from hashlib import sha256

        digest = sha256()
        for block in document.byte_blocks():
            digest.update(block)
        return digest.hexdigest() == known.sha256

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

    def _git(self, *arguments: str, said: bytes = b"") -> bytes:
        return _git_output(self.root, git.run_git(self.root, *arguments, said=said))

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return git.run_git(self.root, *arguments)


def _stamp(status: os.stat_result) -> str:
    """Write what the system says of a file as `git ls-files --debug` writes it: in numbers of 32 bits."""
    _, inode, device, _, user, group, size, _, changed, created = status  # all at once is twice as quick
    second, low = 10**9, (1 << 32) - 1
    return (
        f"  ctime: {int(created) & low}:{status.st_ctime_ns % second}\n"
        f"  mtime: {int(changed) & low}:{status.st_mtime_ns % second}\n"
        f"  dev: {device & low}\tino: {inode & low}\n"
        f"  uid: {user & low}\tgid: {group & low}\n  size: {size & low}"
    )


def _time(path: Path) -> int:
    """Tell when a file was last written, in nanoseconds; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _git_output(root: Path, done: subprocess.CompletedProcess[bytes]) -> bytes:
    if done.returncode:
        raise InputError(os.path.relpath(root), git.complaint(done.stderr))
    return done.stdout


def _changes(output: bytes, prefix: str, blobs: bool) -> Iterator[FileChange]:
    """Read what git diff-tree and git diff-index say with --raw -z, in paths that `prefix` comes before.

    As git's documentation has it (git-diff-index, "Raw output format"):
    :100644 100755 <old id> <new id> R86 NUL <old path> NUL <new path> NUL
    """
    fields = iter(output.split(b"\0")[:-1])
    for field in fields:
        old_mode, new_mode, old_blob, new_blob, status = field.decode().lstrip(":").split()
        before = after = prefix + printable(os.fsdecode(next(fields)))
        if status[0] in "RC":
            after = prefix + printable(os.fsdecode(next(fields)))
        was, is_ = old_mode in REGULAR and status[0] != "C", new_mode in REGULAR
        kind = {"R": "renamed", "C": "added"}.get(status[0], "changed")
        if not was or not is_:
            kind = "removed" if was else "added"
        if was or is_:
            yield FileChange(
                kind,
                before if was else None,
                after if is_ else None,
                old_blob if was else None,
                new_blob if is_ and blobs else None,
            )


def _id(document: Document, digits: int, *, unix: bool) -> str | None:
    """Give the id that git would give a file's bytes, or these with lines that end as in Unix.

    Example: _id(Document.of_text("what is up, doc?", Decoding()), 40, unix=False) -> "bd9dbf5a..."

    None where the lines do end so. (git-book, "Git Objects": the hash of "blob <size> NUL <bytes>".)
    """
    size = document.size
    if unix or size is None:
        size = sum(map(len, _read_blocks(document, unix)))
        if unix and size == sum(map(len, document.byte_blocks())):
            return None
    from hashlib import new  # OpenSSL, which many checks need not load

    digest = new("sha1" if digits == 40 else "sha256", b"blob %d\0" % size, usedforsecurity=False)
    for block in _read_blocks(document, unix):
        digest.update(block)
    return digest.hexdigest()


def _read_blocks(document: Document, unix: bool) -> Iterator[bytes]:
    """Read the bytes of a file, with `unix` each CR LF as LF."""
    if not unix:
        yield from document.byte_blocks()
        return
    rest = b""
    for block in document.byte_blocks():
        block = rest + block
        rest = b"\r" if block.endswith(b"\r") else b""
        yield block.removesuffix(rest).replace(b"\r\n", b"\n")
    yield rest
