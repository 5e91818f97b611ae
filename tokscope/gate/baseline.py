"""Baseline: what is over its budget today, written down so that only what gets worse fails."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from tokscope.errors import InputError, OutputError
from tokscope.files.parsing import json_of
from tokscope.files.small_files import small_file
from tokscope.files.writing import whole_file
from tokscope.report.check import Finding
from tokscope.report.table import most

BASELINE_NAME = ".tokscope-baseline.json"

MAX_BASELINE = 1 << 26
"""Bytes of a baseline: some 500,000 findings."""

Key = tuple[str, str, str, str]
"""Path (from the baseline's folder), rule, tokenizer, title."""


class Baseline(NamedTuple):
    """The tokens that each known finding had.

    Example: Baseline(Path(), {("a.md", "max", "o200k_base", ""): 4210})

    Sections of one file with the same heading share the largest count.
    """

    folder: Path
    tokens: Mapping[Key, int]

    @property
    def path(self) -> Path:
        """The file that it is in."""
        return self.folder / BASELINE_NAME

    @classmethod
    def read(cls, folder: Path) -> Baseline:
        """Read the baseline of a folder, an empty one where there is none. Raises InputError.

        Example: Baseline.read(repository).tokens -> {("a.md", "max", "o200k_base", ""): 4210}
        """
        path = folder / BASELINE_NAME
        tokens: dict[Key, int] = {}
        if not os.path.lexists(path):
            return cls(folder, tokens)
        data = small_file(path, MAX_BASELINE)
        try:
            for entry in json_of(data)["findings"]:
                key = (entry["path"], entry["rule"], entry["tokenizer"], entry.get("title", ""))
                if type(entry["tokens"]) is not int:
                    raise TypeError(f"tokens: {entry['tokens']!r:.40} is not a whole number")
                tokens[key] = max(tokens.get(key, 0), entry["tokens"])
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            why = "no " + str(error) if isinstance(error, KeyError) else str(error)
            message = f"not a baseline ({why}): write it again with tokscope check --update-baseline"
            raise InputError(os.path.relpath(path), message) from error
        return cls(folder, tokens)

    def key(self, finding: Finding) -> Key:
        """Name a finding so that it is the same from every working directory and on every system.

        Example: baseline.key(finding) -> ("docs/a.md", "max", "o200k_base", "")
        """
        path = os.path.relpath(finding.path, self.folder).replace(os.sep, "/")
        return path, finding.rule, finding.tokenizer, finding.title

    def holds(self, finding: Finding) -> bool:
        """Say whether a finding is known, and has not become worse.

        Example: baseline.holds(finding) -> True, where the baseline has 4,210 tokens for it and it has no
        more
        """
        return finding.file is not None and most(finding.tokens) <= self.tokens.get(self.key(finding), 0)

    def compared(self, finding: Finding) -> Finding:
        """Say how many tokens of a finding are accepted, where it is known and has become worse.

        Example: baseline.compared(finding).accepted -> 4210
        """
        return finding._replace(accepted=self.tokens.get(self.key(finding))) if finding.file else finding

    def write(self, findings: Iterable[Finding]) -> int:
        """Write down what is over its budget, sorted; gives how many that are. Raises OutputError.

        Example: Baseline(Path(), {}).write(report.findings) -> 3

        A text without a file, from a pipe or an argument, is another one every time and is left out.
        """
        lasting = (one for one in findings if one.level == "error" and one.file is not None)
        entries = sorted((*self.key(one), most(one.tokens)) for one in lasting)
        fields = ("path", "rule", "tokenizer", "title", "tokens")
        listed = [
            {field: value for field, value in zip(fields, entry, strict=True) if value != ""}
            for entry in entries
        ]
        text = json.dumps({"version": 1, "findings": listed}, indent=2, ensure_ascii=False)
        shown = os.path.relpath(self.path)
        if self.path.exists() and not self.path.is_file():  # a pipe would wait for a reader, a device forget
            raise OutputError(f"{shown}: not a regular file; remove it")
        with whole_file(shown) as file:
            file.write(f"{text}\n".encode())
        return len(entries)
