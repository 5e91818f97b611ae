"""Former: what the files of a check were at --base, counted as their rules count them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tokscope.errors import InputError, Problem, reporting
from tokscope.gate.budget import Audit, Past
from tokscope.gate.config import Config
from tokscope.gate.configs import Configs
from tokscope.gate.history import History
from tokscope.gate.revisions import FileChange
from tokscope.inputs import Document, Selection


class Former:
    """Counts what files were, those that are gone too.

    Example: Former(history, configs, audits, selection, report, print).judge_gone()

    `audits` are those that there are so far, by the paths of their configurations. What cannot be read goes
    to `report` where growth is judged by it, and else to `say`.
    """

    def __init__(
        self,
        history: History,
        configs: Configs,
        audits: Mapping[str, Audit],
        selection: Selection,
        report: Problem,
        say: Callable[[str], None],
    ) -> None:
        self._history = history
        self._configs = configs
        self._audits = audits
        self._selection = selection
        self._report = report
        self._say = say
        self._renamed: set[str] = set()  # the old names of what has been judged by its new one

    def past(self, name: str, document: Document, real: str, config: Config, link: bool) -> Past | None:
        """Count what a file was at --base; None where it is as it was.

        Example: former.past("b.md", document, "/repo/b.md", config, False) -> Past("renamed", "a.md",
        {"o200k_base": 4000})

        `name` is the file's for its rules, `real` its real path; with `link` a link gave it that name.
        """
        if not document.again or name == "--text":
            return Past("added")
        change = self._history.change(real, document)
        if change is None or change.old is None:
            return change and Past(change.kind)
        self._renamed.add(change.old)
        if not link and self._configs.of(change.old) is not config:
            self._judge_gone(change, judged=False)
            return Past("added")  # to these rules
        was = name if link else config.name(change.old)
        return Past(change.kind, was, self._tokens(change, [was, name], config) or {})

    def judge_gone(self) -> None:
        """Take note of all files that are gone, or have a name that no rule covers.

        Example: former.judge_gone(); audit.usages[-1].change -> "removed"
        """
        for change in self._gone():
            self._judge_gone(change)

    def _gone(self) -> Iterator[FileChange]:
        yield from self._history.gone()
        for change in self._history.moved():
            if change.old not in self._renamed:
                yield change._replace(kind="removed", new=None, new_blob=None)

    def _judge_gone(self, change: FileChange, *, judged: bool = True) -> None:
        """Count what a file was that is gone, or no longer under these rules."""
        config = self._configs.of(change.old or "")
        if config is None or config.path not in self._audits:
            return
        name, judged = config.name(change.old or ""), judged and self._takes_in(change.old or "")
        held = config.held(name)
        if held.together or (held and judged):
            tokens = self._tokens(change, [name], config)
            if tokens is not None:
                self._audits[config.path].remove(name, tokens, judged=judged)

    def _tokens(self, change: FileChange, names: list[str], config: Config) -> Mapping[str, int] | None:
        """Count what a file was by the tokenizers of its rules; None where that was not text, or is told.

        What cannot be read any more does not keep what there is now from being judged, except for its growth.
        """
        audit, old = self._audits[config.path], None
        with reporting(self._report):
            old = self._history.text(change, audit.takes(*names))
        grows = any(rule.growth is not None for name in names for rule in config.held(name).together)
        with reporting(self._report if grows else self._say_now):
            return None if old is None else audit.count(names, old)
        return None

    def _say_now(self, error: InputError) -> None:
        self._say(f"{error}; it is judged by what it is now")

    def _takes_in(self, path: str) -> bool:
        """Say whether the paths that the user named, if any, take in a file that is gone."""
        one = self._selection
        if not one.paths or one.files_from or one.files0_from:
            return True
        return any(Path(path).is_relative_to(os.path.realpath(named)) for named in one.paths)
