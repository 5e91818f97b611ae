"""Scope: which files a check is for, by what the user names, what the rules say and what git tracks."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from tokscope.errors import InputError, Problem, UsageError, reporting
from tokscope.gate import config, git, lfs
from tokscope.gate.ahead import Ahead
from tokscope.gate.backlog import Backlog
from tokscope.gate.budget import Audit
from tokscope.gate.config import Config, Held
from tokscope.gate.configs import Configs
from tokscope.gate.former import Former
from tokscope.gate.history import History
from tokscope.gate.listing import Listing, Sparse, Walk
from tokscope.gate.path_views import FolderView, PathViews
from tokscope.inputs import Decoding, Document, Selection, documents
from tokscope.inputs.binary import hardly_text, named_binary
from tokscope.inputs.paths import printable
from tokscope.inputs.selection import Takes, names_piped, walk


class Scope:
    """The files of one check.

    Example: Scope(configs, selection, decoding, audit, report).judge(base="origin/main") -> the audits

    `audit` makes the Audit of a configuration, whose files go through the backlog that it is given. What
    cannot be judged goes to `report`, a binary file to `skip`, and what else the user has to know to `say`.
    When all are judged `notes` are lines for people, and `unruled` the files that no rule is for. Raises
    InputError for a configuration that cannot be read.
    """

    def __init__(
        self,
        configs: Configs,
        selection: Selection,
        decoding: Decoding,
        audit: Callable[[Config, Backlog], Audit],
        report: Problem,
        skip: Callable[[str], None] = lambda path: None,
        say: Callable[[str], None] = lambda message: None,
    ) -> None:
        self.notes: list[str] = []
        self.unruled: list[str] = []
        self.named = bool(selection.paths or selection.text or selection.files_from or selection.files0_from)
        self._places = PathViews()
        self._given = {self._places.shown(path) for path in selection.paths}
        self._configs = configs
        self._start = configs.start()
        self._budget = self._start is not None and self._start.everything
        self._selection = selection if self._budget else selection._replace(hidden=True)
        self._decoding = decoding
        self._backlog = Backlog()
        self._new_audit = audit
        self._audits: dict[str, Audit] = {}  # by the path of the configuration
        self._history: History | None = None
        self._former: Former | None = None
        self._find: Walk = walk
        self._report = report
        self._skip = skip
        self._say = say
        self._failed = False
        self._skipped: set[str] = set()  # by their real paths
        self._arounds: dict[tuple[str, str], tuple[Config, FolderView] | None] = {}  # see _around()
        self._passed: dict[str, bool] = {}  # by a folder: whether what has not changed in it need not be read
        self._seen: set[tuple[str, str]] = set()  # which configuration has had which file
        self._untouched: dict[str, list[str]] = {}  # by their folders: what has not changed
        self._there: dict[str, list[str]] = {}  # by their folders: the names of all files that there are

    def judge(self, base: str | None = None, *, exact: bool = False) -> list[Audit]:
        """Hold every file against its rules, only what has changed since `base` if that is a revision.

        Example: [audit.config.path for audit in scope.judge(base="origin/main")] -> ["pyproject.toml"]

        With `exact` that is the revision itself, and not where HEAD branched off it. What cannot be read
        is reported. Raises UsageError, and InputError for the revision.
        """
        if self._start is not None:
            self._audit(self._start)
        with ExitStack() as stack:
            root = self._start.root if self._start else config.here()
            if first := self._first(root):
                self._find = stack.enter_context(Ahead(*first))
            if base is not None:
                history = History(base, root, self._decoding, exact=exact, say=self._say)
                self._history = stack.enter_context(history)
                self._former = Former(
                    history, self._configs, self._audits, self._selection, self._problem, self._say
                )
            if self._budget or self.named:
                self._judge_named()
            if not self._budget:
                self._judge_rest()
            self._backlog.clear()
            if self._former is not None:
                self._former.judge_gone()
        audits = list(self._audits.values())
        if not audits and not self._failed:
            raise UsageError("no budget: give --budget N, or have tokscope init write rules for what is here")
        for audit in audits:
            audit.end(base=base is not None)
        if base is None and any(rule.growth is not None for one in audits for rule in one.config.rules):
            self.notes.append("growth is judged with --base")
        return audits

    def _first(self, root: Path) -> tuple[str, Selection] | None:
        """Say which folder will be walked through first, and how; the rules' own is `root`."""
        named = [path for path in self._selection.paths if Path(path).is_dir()]
        if self.named or self._budget:
            return (named[0], self._selection) if named else None
        return self._everything(root)

    def _everything(self, root: Path) -> tuple[str, Selection]:
        """Select all that there is in the folder of a configuration."""
        one, folder = self._selection, os.path.relpath(root)
        return folder, Selection([folder], exclude=one.exclude, ignore=one.ignore, hidden=True)

    def _audit(self, config: Config) -> Audit:
        if config.path not in self._audits:
            self._audits[config.path] = self._new_audit(config, self._backlog)
        return self._audits[config.path]

    def _problem(self, error: InputError) -> None:
        self._failed = True
        self._report(error)

    def _judge_named(self) -> None:
        """Judge what the user names; for --budget that may be a pipe."""
        none, idle = True, [path for path in self._selection.paths if path != "-"]
        for document, link in self._files(self._selection):
            none = False
            if idle:
                found = Path(link or document.path)
                idle = [path for path in idle if not found.is_relative_to(path)]
            if document.path in ("-", "--text"):
                self._judge_text(document)
            elif not self._judge(document, link) and not link:
                self.unruled.append(document.path)
        for folder, names in self._untouched.items():
            none = False
            idle = [path for path in idle if not Path(folder).is_relative_to(path)]
            self.unruled += self._without(os.path.dirname(folder), names)
        if self._untouched:
            self.unruled.sort()
        nothing = "no text file is there to judge"
        if none and self._budget and not self._failed:
            where = " ".join(self._selection.paths) or "--files-from"
            self._problem(InputError(where, nothing))
        elif not self._failed:
            self.notes += [f"{self._places.shown(path)}: {nothing}" for path in idle]
            if none and not self._selection.paths:
                self.notes.append(f"--files-from: {nothing}")

    def _judge_rest(self) -> None:
        """Judge what the rules are for; where the user names files, the others are read for totals alone.

        A standard input that nobody named is left alone: in CI there always is one.
        """
        whole = [one.config for one in self._audits.values() if one.config.together or not self.named]
        for root in [one.root for one in whole] or ([] if self.named else [config.here()]):
            for document, link in self._files(self._everything(root)[1]):
                self._judge(document, link, judged=not self.named, again=False)
        for audit in self._audits.values():
            if audit.config in whole or not self.named:
                names = self._names(audit.config)
                for pattern in (one for rule in audit.config.rules for one in rule.paths.idle(names)):
                    why = f"paths: {pattern!r} matches no text file"
                    self._problem(InputError(audit.config.path, why))

    def _files(self, selection: Selection) -> Iterator[tuple[Document, str]]:
        """Find the files of a selection, then what links give other names, each with its link."""
        listing = Listing(self._history, self._passes, self._find)
        named = []  # links; what they lead to may be named too, and is judged by its own name
        links: list[str] = []  # that were found
        for document in documents(
            *(selection, self._decoding),
            report=self._problem,
            command="tokscope check",
            find=listing,
            binary=True,
            linked=links.append,
        ):
            if selection.named and self._is_link(document):
                named.append(document)
            else:
                yield document, ""
        for document in named:
            yield document, ""
        self._untouched = listing.untouched
        for folder, names in self._untouched.items():
            self._pass(folder, names)
        for sparse in listing.sparse:
            yield Document(sparse.path, self._decoding, partial(_open_blob, sparse)), ""
        for link in links:
            if not Path(link).is_dir():
                yield Document(link, self._decoding, partial(_open, link)), link
            elif self._is_inside(link):
                for path in listing.behind(link, selection):
                    yield Document(path, self._decoding, partial(_open, path)), link
            elif self._held(f"{link}/file.md") and not (self._budget and link in self._given):
                self._problem(InputError(printable(link), OUTSIDE))
        unsure = [path for path in listing.unsure if self._held(path)]
        if unsure:
            more = f" and {len(unsure) - 1:,} more" if len(unsure) > 1 else ""
            why = f"ignored{more}, unless git tracks it, and git cannot be asked ({listing.why}): "
            cure = "leave it out with --exclude, or judge it with --no-ignore"
            self._problem(InputError(printable(unsure[0]), f"{why}{cure}"))

    def _passes(self, folder: str) -> bool:
        """Say whether nothing is to be read of what has not changed in a folder: no rule adds it up."""
        if folder not in self._passed:
            found = self._configs.of(f"{folder or os.curdir}/file.md")
            self._passed[folder] = found is not None and not found.together
        return self._passed[folder]

    def _pass(self, folder: str, names: Sequence[str]) -> None:
        """Take note of files that have not changed: the patterns of rules match them."""
        if found := self._configs.of(f"{folder}file.md"):
            self._audit(found)
        self._there.setdefault(os.path.dirname(folder), []).extend(names)

    def _without(self, folder: str, names: Sequence[str]) -> Iterator[str]:
        """Show those of a folder's files that no rule is for."""
        if around := self._around(folder):
            found, view = around
            start, every = len(view.name), [view.name + name for name in names]
            yield from (view.shows(name[start:]) for name in found.ungoverned(every))

    def _names(self, config: Config) -> list[str]:
        """Name all files that there are as the rules of a configuration do."""
        inside = (
            (self._places.folder(folder, config.root).name, names) for folder, names in self._there.items()
        )
        return [start + name for start, names in inside if not start.startswith("../") for name in names]

    def _is_inside(self, path: str) -> bool:
        """Say whether a path leads into the repository that it is in, or without one the rules' folder.

        One without a link, in itself or above, leads nowhere else.
        """
        real, written = self._places.real(path), os.path.abspath(path)
        if real == written:
            return True
        folder = Path(written).parent
        while folder != folder.resolve():  # where the first link is
            folder = folder.parent
        found = self._configs.of(path)
        roots = [root for root in (git.root_of(folder), found and found.root) if root] or [config.here()]
        return any(Path(real).is_relative_to(root.resolve()) for root in roots)

    def _is_link(self, document: Document) -> bool:
        """Say whether a path leads through a link to a file that has another name under the same rules."""
        path = document.path
        around = self._around(os.path.dirname(path)) if document.again else None
        if around is None:
            return False
        return not around[1].own or (not document.found and os.path.islink(path))

    def _around(self, folder: str, governed: str | None = None) -> tuple[Config, FolderView] | None:
        """Find what governs the files of a folder, and where they are for it; None where nothing does.

        They may be `governed` from another folder.
        """
        key = folder, folder if governed is None else governed
        if key not in self._arounds:
            found = self._configs.of(os.path.join(key[1], "file"))
            self._arounds[key] = None if found is None else (found, self._places.folder(folder, found.root))
        return self._arounds[key]

    def _held(self, path: str) -> bool:
        """Say whether any rule is for a file."""
        config = self._configs.of(path)
        return config is not None and bool(config.held(config.name(path)))

    def _judge_text(self, document: Document) -> None:
        """Judge a text that is not a file, which --budget alone is for."""
        if not self._budget or self._start is None:
            why = "no rule is for a text without a path: give --budget N"
            self._problem(InputError(document.path, why))
            return
        if document.path == "-" and (option := names_piped()):
            self._say(f"standard input, judged as a text, is a list of files: {option} - judges these")
        held = self._start.held(document.path)
        with reporting(self._problem):
            self._add(document.path, document, held, document.path, self._start)
        if document.path == "-" and not document.bytes_read and not self._selection.named and _nothing():
            self._problem(InputError("-", "nothing is piped in, and no file or folder is named, such as ."))
        elif document.path == "-" and not document.bytes_read:
            self.notes.append("standard input, judged as a text, is empty")

    def _judge(self, document: Document, link: str = "", *, judged: bool = True, again: bool = True) -> bool:
        """Judge a file, and say whether any rule is for it; not `again` where it has been judged.

        A `link` that leads to it is governed from where it is itself.
        """
        folder, file = os.path.split(document.path)
        around = self._around(folder, os.path.dirname(link)) if link else self._around(folder)
        if around is None or not (judged or around[0].path in self._audits):
            document.path = self._places.shown(document.path)
            return False
        found, view = around
        self._audit(found)
        document.path, name = view.shows(file), view.name + file
        if not again and (found.path, name) in self._seen:
            return True
        self._seen.add((found.path, name))
        self._there.setdefault(folder, []).append(file)
        held = found.held(name)
        if not held:
            return False
        itself = document.found and not link  # no link, as has been looked at
        with reporting(self._problem):
            if not (itself and view.straight):
                self._stay_inside(document.path, bool(link))
            if self._is_fit(document, lambda one: self._audit(found).takes(name)(one)):
                real = view.real + file if itself else self._places.real(document.path)
                linked = not view.own if itself else bool(link) or self._is_link(document)
                real = printable(real) if linked else real
                self._add(name, document, held, real, found, judged=judged, link=linked)
        return True

    def _stay_inside(self, path: str, link: bool) -> None:
        """Raise InputError where a link leads to what is not a file, or out of the repository."""
        if link:
            _regular(path)
        if not self._is_inside(path):
            if link or not self._budget:
                raise InputError(path, OUTSIDE)
            self._say(f"{path}: {OUTSIDE}; named, it is judged as it is today")

    def _is_fit(self, document: Document, takes: Takes) -> bool:
        """Say whether a file can be judged, or is skipped as it is not text. Raises InputError for others."""
        head = document.head() if document.again else b""
        if lfs.pointer(head):
            raise InputError(document.path, lfs.NOT_PULLED)
        empty = not head and document.again and named_binary(document.path)
        suspect = empty or (hardly_text(head) and not self._decoding.wide)
        if not suspect or self._taken(document, takes):
            return True
        if b"\0" not in head and not empty and (not named_binary(document.path) or document.kind == "text"):
            return True
        if named_binary(document.path):
            if document.path in self._given:
                raise InputError(document.path, "not text, and no model in its rules takes such a file")
            if (real := self._places.real(document.path)) not in self._skipped:
                self._skipped.add(real)
                self._skip(document.path)
            return False
        why = document.cure(head)
        if "UTF" not in why:
            why = f"a NUL byte at {head.index(0):,}, as in a binary file: take it out, or leave the file out"
        raise InputError(document.path, why)

    def _taken(self, document: Document, takes: Takes) -> bool:
        """Say whether a file is not text and somebody takes it; a damaged one is reported when it is read."""
        try:
            return document.again and takes(document)
        except InputError:
            return True

    def _add(
        self,
        name: str,
        document: Document,
        held: Held,
        real: str,
        config: Config,
        *,
        judged: bool = True,
        link: bool = False,
    ) -> None:
        """Hold a text against its rules, and what it was against what they say of growth.

        Raises InputError.
        """
        past = None
        if self._former is not None:
            past = self._former.past(name, document, real, config, link)
            judged = judged and past is not None
        self._audit(config).add(name, document, held, past, judged=judged, real=real, link=link)


OUTSIDE = "a link that leads out of the repository, which may hold something else tomorrow"


def _regular(path: str) -> None:
    """Raise InputError where a link does not lead to a file."""
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise InputError(path, "a link to something that is not a file")
    except OSError as error:
        raise InputError(path, f"a link that leads nowhere: {error.strerror}") from error


def _nothing() -> bool:
    """Say whether standard input is a device such as /dev/null, as services give where nothing is piped."""
    try:
        return stat.S_ISCHR(os.fstat(sys.stdin.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):  # closed, or replaced by something that is not a file
        return False


def _open(path: str) -> BinaryIO:
    return Path(path).open("rb")


def _open_blob(sparse: Sparse) -> BinaryIO:
    try:
        return BytesIO(sparse.repository.blob(sparse.blob))
    except InputError as error:
        raise InputError(printable(sparse.path), f"not on disk, and {error.message}") from error
