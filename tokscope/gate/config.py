"""Config: the rules of `tokscope check`, from [tool.tokscope] in pyproject.toml or from tokscope.toml.

tokenizer = "gpt-4o"            # where a rule names none
[[budget]]                      # [[tool.tokscope.budget]] in pyproject.toml
paths = ["prompts/**/*.md"]     # globs as in .gitignore, relative to the file that they stand in
max = 4000                      # tokens in each file, or "gpt-4o - 4096": a context window less a reserve
warn = 3500
section = 200                   # tokens in each Markdown section
total = 100_000                 # tokens in all files together
growth = "5%"                   # of that total, against --base
tokenizer = "o200k_base"
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tokscope.errors import InputError
from tokscope.gate.globs import Globs
from tokscope.models.limits import window_of
from tokscope.registry import DEFAULT

T = TypeVar("T")


class Rule(NamedTuple):
    """One budget: which files it is for, and how many tokens they may have; None where nothing is said.

    Example: Rule(Globs.parse(["docs/**"]), "gpt-4o", max=4000)

    `growth` is in percent. `tokenizer` is a spec, or several with commas between them.
    """

    paths: Globs
    tokenizer: str
    max: int | None = None
    warn: int | None = None
    section: int | None = None
    total: int | None = None
    growth: Decimal | None = None

    @property
    def together(self) -> bool:
        """Whether it says something about all of its files together."""
        return self.total is not None or self.growth is not None


class Held(NamedTuple):
    """The rules that one file is held to; falsy where there is none.

    `whole` decides about the file as a whole, `section` about its sections, and each of `together` counts it
    among its files.
    """

    whole: Rule | None = None
    section: Rule | None = None
    together: Sequence[Rule] = ()

    def __bool__(self) -> bool:
        return any(self)


class Config(NamedTuple):
    """The rules, the file that they stand in, and the folder that their paths are relative to."""

    path: str
    root: Path
    rules: Sequence[Rule]

    def held(self, name: str) -> Held:
        """Find the rules for a file, which goes by its path from the folder.

        Example: config.held("docs/a.md").whole -> the last rule with a max or a warn that matches it
        """
        if name.startswith("../"):
            return Held()
        mine = [rule for rule in self.rules if rule.paths.match(name)]
        return Held(
            next((rule for rule in reversed(mine) if rule.max or rule.warn), None),
            next((rule for rule in reversed(mine) if rule.section), None),
            [rule for rule in mine if rule.together],
        )

    @property
    def together(self) -> bool:
        """Whether any rule says something about all of its files together."""
        return any(rule.together for rule in self.rules)

    def name(self, path: str | Path) -> str:
        """Name a file as the rules do: by its path from their folder, with "/" between its parts."""
        return os.path.relpath(path, self.root).replace(os.sep, "/")


PROJECT = "pyproject.toml"
LIMITS = ("max", "warn", "section", "total")
KEYS = ("paths", *LIMITS, "growth", "tokenizer")


def find(folder: Path) -> Path | None:
    """Find the configuration of a folder: its own, or the nearest of the folders above it.

    Example: find(Path("/repo/docs")) -> Path("/repo/pyproject.toml")

    A tokscope.toml goes before a pyproject.toml, of which only one with a [tool.tokscope] counts.
    Raises InputError for a pyproject.toml on the way that is not TOML.
    """
    for place in (folder, *folder.parents):
        if (place / "tokscope.toml").is_file():
            return place / "tokscope.toml"
        project = place / PROJECT
        if project.is_file() and _in_project(_toml(project)) is not None:
            return project
    return None


def read(path: Path, tokenizer: str | None = None) -> Config:
    """Read a configuration; `tokenizer` goes before the one that it names for all rules.

    Example: read(Path("pyproject.toml")).rules[0].max -> 4000

    Raises InputError, which names the file, the table and the key.
    """
    whole: object = _toml(path)
    prefix = where = ""
    if path.name == PROJECT:
        prefix, where, whole = "tool.tokscope.", "[tool.tokscope]: ", _in_project(whole)
    try:
        table = _table(whole, ("tokenizer", "budget"))
        default = tokenizer or _text(table, "tokenizer") or DEFAULT
        budgets = table.get("budget")
        if not isinstance(budgets, list) or not budgets:
            raise ValueError(f"budget: must be one or more tables [[{prefix}budget]]")
        rules = []
        for number, budget in enumerate(budgets, 1):
            where = f"[[{prefix}budget]] {number}: "
            rules.append(_rule(_table(budget, KEYS), default))
    except ValueError as error:
        raise InputError(os.path.relpath(path), f"{where}{error}") from error
    return Config(os.path.relpath(path), path.absolute().parent, rules)


def of_budget(budget: str, tokenizer: str | None) -> Config:
    """Make the configuration that --budget stands for: a maximum for every file.

    Example: of_budget("4000", "gpt-4o").rules[0].max -> 4000

    Raises InputError.
    """
    try:
        limit = int(budget) if budget.isdecimal() else budget
        rule = Rule(Globs.parse(["**"]), tokenizer or DEFAULT, max=_limit(limit))
    except ValueError as error:
        raise InputError("--budget", str(error)) from error
    return Config("--budget", Path.cwd(), [rule])


def _toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise InputError(os.path.relpath(path), error.strerror or str(error)) from error
    except RecursionError as error:
        raise InputError(os.path.relpath(path), "not a configuration: nested too deeply") from error
    except ValueError as error:  # TOMLDecodeError, UnicodeDecodeError
        raise InputError(os.path.relpath(path), f"not TOML: {error}") from error


def _in_project(project: object) -> object:
    """Find the table [tool.tokscope] of a pyproject.toml; None where there is none."""
    tool = project.get("tool") if isinstance(project, dict) else None
    return tool.get("tokscope") if isinstance(tool, dict) else None


def _table(value: object, keys: Sequence[str]) -> dict[str, Any]:
    """Take a table that has none but the known keys. Raises ValueError, as all below do."""
    if not isinstance(value, dict):
        raise ValueError("there is no such table")
    for key in value:
        if key not in keys:
            from difflib import get_close_matches

            close = get_close_matches(key, keys) or keys
            raise ValueError(f"unknown key {key!r}: did you mean {' or '.join(close)}?")
    return value


def _rule(table: Mapping[str, Any], tokenizer: str) -> Rule:
    limits = {key: _keyed(key, _limit, table[key]) for key in LIMITS if key in table}
    growth = _keyed("growth", _percent, table["growth"]) if "growth" in table else None
    if not limits and growth is None:
        raise ValueError(f"sets no budget: give one of {', '.join((*LIMITS, 'growth'))}")
    if "max" in limits and "warn" in limits and limits["warn"] >= limits["max"]:
        raise ValueError(f"warn: {limits['warn']} is not below max, {limits['max']}")
    return Rule(
        _keyed("paths", _globs, table.get("paths")),
        _text(table, "tokenizer") or tokenizer,
        growth=growth,
        **limits,
    )


def _keyed(key: str, parse: Callable[[object], T], value: object) -> T:
    """Parse the value of a key, and name the key if it is wrong."""
    try:
        return parse(value)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error


def _text(table: Mapping[str, Any], key: str) -> str | None:
    value = table.get(key)
    if value is None or (isinstance(value, str) and value):
        return value
    raise ValueError(f"{key}: must be a name, not {value!r}")


def _globs(value: object) -> Globs:
    if not isinstance(value, list) or not value or not all(isinstance(glob, str) for glob in value):
        raise ValueError('must be a list of globs, like ["prompts/**/*.md"]')
    return Globs.parse(value)


def _limit(value: object) -> int:
    """Read a number of tokens, or a model's context window less a reserve.

    Example: _limit("gpt-4o - 4096") -> 123904
    """
    if isinstance(value, str) and (written := re.fullmatch(r"\s*(\S+)(?:\s+-\s+(\d[\d_,]*))?\s*", value)):
        window = window_of(written[1])
        if window is None:
            raise ValueError(f"no context window is known for {written[1]!r}; give a number of tokens")
        value = window - int(re.sub("[_,]", "", written[2] or "0"))
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise ValueError(
        f'must be a number of tokens, or a model and a reserve like "gpt-4o - 4096", not {value!r}'
    )


def _percent(value: object) -> Decimal:
    if isinstance(value, str) and (written := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", value)):
        return Decimal(written[1])
    raise ValueError(f'must be a percentage like "5%", not {value!r}')
