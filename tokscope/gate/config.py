"""Config: the rules of `tokscope check`, from [tool.tokscope] in pyproject.toml or from tokscope.toml.

tokenizer = "gpt-4o"            # where a rule names none
[[budget]]                      # [[tool.tokscope.budget]] in pyproject.toml
paths = ["prompts/**/*.md"]     # globs as in .gitignore, relative to the file that they are in
max = 4000                      # tokens in each file, or "gpt-4o - 4096": a context window less a reserve,
                                # and then counted as that model counts
warn = 3500
section = 200                   # tokens in each Markdown section
total = 100_000                 # tokens in all files together
growth = "5%"                   # of that total, against --base
tokenizer = "o200k_base"
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tokscope.errors import InputError, did_you_mean, similar
from tokscope.files.parsing import toml_of
from tokscope.files.small_files import small_file
from tokscope.gate.globs import Globs
from tokscope.models.limits import context_window
from tokscope.registry import DEFAULT
from tokscope.text.written_numbers import WHOLE_NUMBER, whole_number

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


@dataclass(frozen=True, eq=False)
class Held:
    """The rules that one file is held to; falsy where there is none.

    Example: bool(Held()) -> False

    `whole` decides about the file as a whole, `section` about its sections, and each of `together` counts it
    among its files.
    """

    whole: Rule | None = None
    section: Rule | None = None
    together: Sequence[Rule] = ()

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> Held:
        """Choose among the rules whose paths match a file.

        Example: Held.of([Rule(globs, "byte", max=5), Rule(globs, "byte", max=9)]).whole.max -> 9
        """
        return cls(
            next((rule for rule in reversed(rules) if rule.max or rule.warn), None),
            next((rule for rule in reversed(rules) if rule.section), None),
            [rule for rule in rules if rule.together],
        )

    def __bool__(self) -> bool:
        return bool(self.rules)

    @cached_property
    def rules(self) -> Sequence[Rule]:
        """All of them, each once.

        Example: rule = Rule(Globs.parse(["docs/**"]), "char", max=4000); Held(rule, rule).rules -> [rule]
        """
        every = (self.whole, self.section, *self.together)
        return list({id(rule): rule for rule in every if rule is not None}.values())


@dataclass(frozen=True, eq=False)
class Config:
    """The rules, the file that they are in, and the folder that their paths are relative to.

    Example: Config("pyproject.toml", Path(), [], everything=True)

    `everything` says that they are for every file that is named, wherever it lies.
    """

    path: str
    root: Path
    rules: Sequence[Rule]
    everything: bool = False
    _helds: dict[Sequence[int], Held] = field(default_factory=dict, init=False)  # most files have the same

    def held(self, name: str) -> Held:
        """Find the rules for a file, which goes by its path from the folder.

        Example: config.held("docs/a.md").whole -> the last rule with a max or a warn that matches it
        """
        outside = name.startswith("../") and not self.everything
        mine = () if outside else tuple([i for i, globs in enumerate(self._globs) if globs.match(name)])
        if mine not in self._helds:
            self._helds[mine] = Held.of([self.rules[i] for i in mine])
        return self._helds[mine]

    def ungoverned(self, names: Sequence[str]) -> Sequence[str]:
        """Give those of many files that no rule is for.

        Example: config.ungoverned(["docs/a.md", "LICENSE"]) -> ["LICENSE"]
        """
        left = names if self.everything else [name for name in names if not name.startswith("../")]
        outside = [] if self.everything else [name for name in names if name.startswith("../")]
        for globs in self._globs:
            left = globs.others(left)
        return [*outside, *left]

    @cached_property
    def _globs(self) -> Sequence[Globs]:
        return [rule.paths for rule in self.rules]

    @property
    def together(self) -> bool:
        """Whether any rule says something about all of its files together."""
        return any(rule.together for rule in self.rules)

    def name(self, path: str | Path) -> str:
        """Name a file as the rules do: by its path from their folder, with "/" between its parts.

        Example: Config("tokscope.toml", Path("repo"), []).name("repo/docs/a.md") -> "docs/a.md"
        """
        return os.path.relpath(path, self.root).replace(os.sep, "/")


PROJECT = "pyproject.toml"
MAX_CONFIG = 1 << 20  # bytes of a configuration
MAX_BUDGET = 10**12  # tokens of a budget: more than any text has, and few enough for every format
LIMITS = ("max", "warn", "section", "total")
RULE_KEYS = ("paths", *LIMITS, "growth", "tokenizer")


def here() -> Path:
    """Give the working directory. Raises InputError where it is gone, or a folder above it cannot be read.

    Example: here() / "tokscope.toml"
    """
    try:
        return Path.cwd()
    except OSError as error:
        raise InputError(".", f"the working directory: {error.strerror}") from error


def find_config(folder: Path) -> Path | None:
    """Find the configuration of a folder: its own, or the nearest of the folders above it.

    Example: find_config(Path("/repo/docs")) -> Path("/repo/pyproject.toml")

    Raises InputError for a pyproject.toml on the way that is not TOML, and a folder that cannot be looked at.
    """
    for place in (folder, *folder.parents):
        if found := of_folder(place):
            return found
    return None


def of_folder(folder: Path, *, strict: bool = True) -> Path | None:
    """Find the configuration that lies in a folder.

    Example: of_folder(repository) -> Path("repository/pyproject.toml")

    Of pyproject.toml only one with a [tool.tokscope] counts; without `strict` one that cannot be read counts
    for none where it does not mention tokscope. Raises InputError, also where both have rules.
    """
    own, project = folder / "tokscope.toml", folder / PROJECT
    if not _is_there(own):
        return project if _has_rules(project, strict) else None
    if _has_rules(project, strict=False):
        why = f"{PROJECT} beside it has rules too, in [tool.tokscope]: keep one of them"
        raise InputError(os.path.relpath(own), why)
    return own


def _has_rules(project: Path, strict: bool) -> bool:
    if not _is_there(project) or not (strict or b"tokscope" in small_file(project, MAX_CONFIG)):
        return False
    return _in_project(_read_toml(project, os.path.relpath(project))) is not None


def _is_there(path: Path) -> bool:
    try:
        return not stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError as error:
        raise InputError(os.path.relpath(path), error.strerror or str(error)) from error


def read_config(path: Path, tokenizer: str | None = None, shown: str | None = None) -> Config:
    """Read a configuration; `tokenizer` takes the place of the one that it names for all rules.

    Example: read_config(Path("pyproject.toml")).rules[0].max -> 4000

    Raises InputError, which names the file, the table and the key; the file as it was written (`shown`), or
    from where the user is.
    """
    shown = shown or os.path.relpath(path)
    whole: object = _read_toml(path, shown)
    prefix = where = ""
    if path.name == PROJECT:
        prefix, where, whole = "tool.tokscope.", "[tool.tokscope]: ", _in_project(whole)
    try:
        table = _read_table(whole, ("tokenizer", "budget"))
        default = tokenizer or _toml_string(table, "tokenizer") or DEFAULT
        budgets = table.get("budget")
        if not isinstance(budgets, list) or not budgets:
            raise ValueError(f"budget: must be one or more tables [[{prefix}budget]]")
        rules = []
        for number, budget in enumerate(budgets, 1):
            where = f"[[{prefix}budget]] {number}: "
            rules.append(_read_rule(_read_table(budget, RULE_KEYS), default))
    except ValueError as error:
        raise InputError(shown, f"{where}{error}") from error
    return Config(os.path.relpath(path), path.absolute().parent, rules)


def of_limits(limits: Mapping[str, str], tokenizer: str | None) -> Config:
    """Make the configuration that --budget, --warn, --section, --total and --growth stand for: one rule.

    Example: of_limits({"max": "4000"}, "gpt-4o").rules[0].max -> 4000

    `limits` are by the keys of a rule. A model in one of them is the tokenizer, unless `tokenizer` is one.
    Raises InputError.
    """
    named = {"paths": ["**"], **limits} | ({"tokenizer": tokenizer} if tokenizer else {})
    try:
        rule = _read_rule(named, DEFAULT)
    except ValueError as error:
        key, _, why = str(error).partition(": ")
        raise InputError(option_for(key), why) from error
    return Config(f"--{'budget' if 'max' in limits else next(iter(limits))}", here(), [rule], everything=True)


def option_for(key: str) -> str:
    """Name the option that says what a key of a rule does.

    Example: option_for("max") -> "--budget"
    """
    return "--budget" if key == "max" else f"--{key}"


def _read_toml(path: Path, shown: str) -> dict[str, Any]:
    try:
        return toml_of(small_file(path, MAX_CONFIG))
    except InputError as error:
        raise InputError(shown, error.message) from error
    except ValueError as error:
        raise InputError(shown, str(error)) from error


def _in_project(project: object) -> object:
    """Find the table [tool.tokscope] of a pyproject.toml; None where there is none."""
    tool = project.get("tool") if isinstance(project, dict) else None
    return tool.get("tokscope") if isinstance(tool, dict) else None


def _read_table(value: object, keys: Sequence[str]) -> dict[str, Any]:
    """Take a table that has none but the known keys. Raises ValueError, as all below do."""
    if not isinstance(value, dict):
        raise ValueError("there is no such table")
    for key in value:
        if key not in keys:
            hint = did_you_mean(similar(key, keys), f"there are {', '.join(keys)}")
            raise ValueError(f"unknown key {key!r}: {hint}")
    return value


def _read_rule(table: Mapping[str, Any], tokenizer: str) -> Rule:
    limits: dict[str, int] = {}
    models: dict[str, str] = {}
    for key in LIMITS:
        if key in table:
            limits[key], model = _keyed(key, _limit, table[key])
            if model is not None:
                models[model] = key
    growth = _keyed("growth", _percent, table["growth"]) if "growth" in table else None
    if not limits and growth is None:
        raise ValueError(f"sets no budget: give one of {', '.join((*LIMITS, 'growth'))}")
    if "max" in limits and "warn" in limits and limits["warn"] >= limits["max"]:
        raise ValueError(f"warn: {limits['warn']} is not below the maximum, {limits['max']}")
    own = _toml_string(table, "tokenizer")
    if own is None and len(models) > 1:
        named = " and ".join(f"{key} names {model}" for model, key in models.items())
        raise ValueError(f"{named}: make two rules of it, or say with which tokenizer to count")
    return Rule(
        _keyed("paths", _read_globs, table.get("paths")),
        own or next(iter(models), tokenizer),
        growth=growth,
        **limits,
    )


def _keyed(key: str, parse: Callable[[object], T], value: object) -> T:
    """Parse the value of a key, and name the key if it is wrong."""
    try:
        return parse(value)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error


def _toml_string(table: Mapping[str, Any], key: str) -> str | None:
    value = table.get(key)
    if value is None or (isinstance(value, str) and value):
        return value
    raise ValueError(f"{key}: must be a name, not {_show_value(value)}")


def _read_globs(value: object) -> Globs:
    if not isinstance(value, list) or not value or not all(isinstance(glob, str) for glob in value):
        raise ValueError('must be a list of globs, like ["prompts/**/*.md"]')
    return Globs.parse(value)


def _limit(value: object) -> tuple[int, str | None]:
    """Read a number of tokens, or a model's context window less a reserve; gives the model too.

    Example: _limit("gpt-4o - 4096") -> (123904, "gpt-4o"); _limit("4,000") -> (4000, None)
    """
    model = None
    if isinstance(value, str):
        written = value.strip()
        if len(written) > 100:
            raise ValueError(
                f"must be a number of tokens, at most {MAX_BUDGET}, and has {len(written)} characters"
            )
        if (number := whole_number(written)) is not None:
            value = number
        elif parts := re.fullmatch(rf"(\S+)(?:\s+-\s+({WHOLE_NUMBER}))?", written):
            model = parts[1]
            window = context_window(model)
            if window is None:
                shown = _show_value(model)
                raise ValueError(
                    f"no context window is known for {shown}: write a number of tokens, or a model and a "
                    'reserve like "gpt-4o - 4096"'
                )
            value = window - (whole_number(parts[2] or "0") or 0)
            if value <= 0:
                raise ValueError(f"{written!r} leaves nothing: the window of {model} is {window} tokens")
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_BUDGET:
        return value, model
    asked = f"at most {MAX_BUDGET}" if isinstance(value, int) and value > MAX_BUDGET else "a number of tokens"
    raise ValueError(
        f'must be {asked}, or a model and a reserve like "gpt-4o - 4096", not {_show_value(value)}'
    )


def _show_value(value: object) -> str:
    """Write a value of TOML in an error, or its kind where that would be long."""
    if (
        isinstance(value, int) and abs(value) > MAX_BUDGET * MAX_BUDGET
    ):  # Python refuses to write the longest ones
        return "one so large"
    written = str(value).lower() if isinstance(value, bool) else repr(value)
    return written if len(written) < 100 else f"a long {type(value).__name__}"


"""A number as people write it, with or without marks between thousands."""


def _percent(value: object) -> Decimal:
    if isinstance(value, str) and (written := re.fullmatch(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*%\s*", value)):
        return Decimal(written[1])
    raise ValueError(f'must be a percentage like "5%", not {_show_value(value)}')
