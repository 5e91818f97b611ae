"""Scope: which files a check is for, by what the user names and what the rules say."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from tokscope.errors import InputError, UsageError
from tokscope.gate import config
from tokscope.gate.budget import Audit
from tokscope.gate.config import Config
from tokscope.gate.revisions import FileChange, Repository, Since
from tokscope.inputs import Decoding, Document, Selection, documents
from tokscope.inputs.selection import Problem


def rules(budget: str | None, file: str | None, tokenizer: str | None) -> Config:
    """Find the rules: --budget's one rule, or those of a configuration.

    Example: rules("4000", None, "gpt-4o").rules[0].max -> 4000

    `tokenizer` is for the rules that name none. Raises UsageError and InputError.
    """
    if budget is not None:
        if file is not None:
            raise UsageError("--budget is a rule by itself, and --config names others: one of them")
        return config.of_budget(budget, tokenizer)
    found = config.find(Path.cwd()) if file is None else Path(file)
    if found is None:
        raise UsageError("no budget: give --budget N, or write [[tool.tokscope.budget]] into pyproject.toml")
    return config.read(found, tokenizer)


class Scope:
    """The files of one check.

    Example: Scope(config, selection, decoding, report).judge(audit, base="origin/main")

    What cannot be read goes to `report`, a binary file to `skip`. `notes` are lines for people, complete when
    all are judged.
    """

    def __init__(
        self,
        config: Config,
        selection: Selection,
        decoding: Decoding,
        report: Problem,
        skip: Callable[[str], None] = lambda path: None,
    ) -> None:
        self.notes: list[str] = []
        self._config = config
        self._selection = selection
        self._decoding = decoding
        self._report = report
        self._skip = skip

    @property
    def named(self) -> bool:
        """Whether the user names texts."""
        one = self._selection
        return bool(one.paths or one.text or one.files_from or one.files0_from)

    def judge(self, audit: Audit, base: str | None) -> None:
        """Hold every file against the rules, only what has changed since the revision `base` if there is one.

        Raises UsageError, and InputError for the revision; what cannot be read is reported.
        """
        since = None if base is None else self._since(base, audit)
        for document, judged in self._ruled() if self._config.path != "--budget" else self._every():
            name = self._config.name(document.path)
            change = since.change(name) if since else None
            try:
                audit.add(name, document, change, judged=judged and (since is None or change is not None))
            except InputError as error:
                self._report(error)
        audit.end(base=base is not None)
        if base is None and any(rule.growth is not None for rule in self._config.rules):
            self.notes.append("growth is judged with --base")

    def _every(self) -> Iterator[tuple[Document, bool]]:
        """Find what --budget is for, which is all that the user names, or a pipe. Raises UsageError."""
        empty, failed = True, False

        def report(error: InputError) -> None:
            nonlocal failed
            failed = True
            self._report(error)

        for document in documents(
            self._selection, self._decoding, report=report, skip=self._skip, command="tokscope check"
        ):
            yield document, True
            empty = False
        if empty and not failed:
            where = " ".join(self._selection.paths) or "--files-from"
            self._report(InputError(where, "no text file is there to judge"))

    def _ruled(self) -> Iterator[tuple[Document, bool]]:
        """Find what the rules are for, and whether each file is to be judged by itself.

        Where the user names files only they are, and the others are read for totals alone. A standard input
        that nobody named is left alone: in CI there always is one.
        """
        seen: set[str] = set()
        if self.named:
            for document in self._named():
                seen.add(self._config.name(document.path))
                yield document, True
            if not self._config.together:
                return
        folder = [os.path.relpath(self._config.root)]
        everything = Selection(
            folder, exclude=self._selection.exclude, ignore=self._selection.ignore, hidden=True
        )
        names = []
        for document in documents(everything, self._decoding, report=self._report):
            document.path = os.path.relpath(document.path)  # ../docs/a.md is a.md to who is in docs
            names.append(self._config.name(document.path))
            if names[-1] not in seen:
                yield document, not self.named
        for rule in self._config.rules:
            for pattern in rule.paths.idle(names):
                self._report(InputError(self._config.path, f"paths: {pattern!r} matches no text file"))

    def _named(self) -> Iterator[Document]:
        """Find the files that the user names; what no rule is for is noted."""
        for document in documents(
            self._selection, self._decoding, report=self._report, command="tokscope check"
        ):
            if document.path in ("-", "--text"):
                why = "no rule is for a text without a path: give --budget N"
                self._report(InputError(document.path, why))
            elif self._config.held(self._config.name(document.path)):
                yield document
            else:
                self.notes.append(f"no rule is for {document.path}")

    def _since(self, base: str, audit: Audit) -> Since:
        """Count what the changed files of the rules were at the revision `base`. Raises InputError."""
        repository = Repository(self._config.root)
        since = Since(repository, base)
        old = [
            change
            for change in since.changes
            if change.old is not None
            and any(self._config.held(path) for path in (change.old, change.new) if path is not None)
            and (self._config.together or self._takes_in(change))
        ]
        for change, document in repository.documents(old, base, self._decoding):
            try:
                audit.change(change, document, judged=self._takes_in(change))
            except InputError as error:
                self._report(error)
        return since

    def _takes_in(self, change: FileChange) -> bool:
        """Say whether the paths that the user named, if any, take in a file that may be gone."""
        if not self._selection.paths or self._selection.files_from or self._selection.files0_from:
            return True
        named = [self._config.name(path) for path in self._selection.paths]
        return any(
            name in (".", path) or path.startswith(f"{name}/")
            for path in (change.old, change.new)
            if path is not None
            for name in named
        )
