"""Configs: which configuration governs a file, the nearest one or the one that is named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tokscope.errors import Problem, UsageError, reporting
from tokscope.gate import config
from tokscope.gate.config import Config


class Configs:
    """The configurations of a check: the nearest one governs a file, or one alone all of them.

    Example: Configs.of("packages/a/prompt.md") -> that of packages/a, or of a folder above it

    `tokenizer` is for the rules that name none. What cannot be read below the working directory goes to
    `report`, and the next one above takes its place.
    """

    def __init__(self, only: Config | None, tokenizer: str | None, report: Problem) -> None:
        self.only = only
        self._tokenizer = tokenizer
        self._report = report
        self._of: dict[Path, Config | None] = {}
        self._near: dict[str, Config | None] = {}  # the same by folders as they are written

    @classmethod
    def named(
        cls, limits: Mapping[str, str], file: str | None, tokenizer: str | None, report: Problem
    ) -> Configs:
        """Take the rules that the user names: the one of --budget and its like, or a configuration, if any.

        Example: Configs.named({"max": "4000"}, None, "gpt-4o", print).only.rules[0].max -> 4000

        Raises UsageError and InputError.
        """
        if not limits:
            return cls(
                None if file is None else config.read_config(Path(file), tokenizer, file), tokenizer, report
            )
        if file is not None:
            option = config.option_for(next(iter(limits)))
            raise UsageError(f"{option} is a rule by itself, and --config names others: use one of them")
        return cls(config.of_limits(limits, tokenizer), tokenizer, report)

    def start(self) -> Config | None:
        """Find what governs the working directory. Raises InputError.

        Example: Configs.named({"max": "4000"}, None, None, print).start().path -> "--budget"
        """
        if self.only is None and (found := config.find_config(config.here())):
            self._of.setdefault(found.parent, config.read_config(found, self._tokenizer))
        return self.only or self.of("-")

    def of(self, path: str) -> Config | None:
        """Find what governs a file, None where nothing does.

        Example: Configs.named({"max": "4000"}, None, None, print).of("docs/a.md").path -> "--budget"
        """
        if self.only:
            return self.only
        folder = os.path.dirname(path)
        if folder not in self._near:
            self._near[folder] = self._of_folder(Path(os.path.abspath(folder)))
        return self._near[folder]

    def _of_folder(self, folder: Path) -> Config | None:
        if folder not in self._of:
            found = None
            with reporting(self._report):
                if path := config.of_folder(folder, strict=False):
                    found = config.read_config(path, self._tokenizer)
            if found is None and folder != folder.parent:
                found = self._of_folder(folder.parent)
            self._of[folder] = found
        return self._of[folder]
