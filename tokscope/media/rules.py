"""The table of rules: what each model makes of each kind of file, on which day, and who says so.

rules.csv has one row for each model, kind of file and rule:

    model       names and patterns, the most specific of which counts
    kind        picture, sound, video or pdf
    when        the details, hosts and roles that it is for; none of a sort: all of them
    basis       measured or documented, where bills and the vendor's page differ; or: another reading, never
                chosen, that widens the bounds; empty: nothing contradicts it
    as_of       the day from which it is known, to the month or day
    rule        a function of layouts.py or lengths.py, with `parameters`; none: no rule, `note` says why
    limits      what the vendor rejects beyond
    codes       how many different tokens there are, of a model that has a codebook
    around      tokens that the API counts around each such part of a request, as "4" or "3-4"
    status      what pins it: O the vendor's document or the model's own publication, M an API's answer,
                C the model's code run, T another project's tests, D nothing but the rule
    low, high   factors for the bounds, where the rule is rough
    source      where it was read
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from tokscope.errors import Unsupported, UsageError

DETAILS = ("auto", "low", "medium", "high", "ultra_high", "original")
HOSTS = ("gemini", "files", "vertex")
ROLES = ("user", "assistant")
BASES = ("measured", "documented")

Value = int | Fraction | str


class Asked(NamedTuple):
    """What a count is asked for besides the model: the words of `when`, whose rules, and of which day.

    Example: Asked(detail="low").detail -> "low"

    `host` is where Gemini is asked: its API with the file in the request, the same with an uploaded file, or
    Vertex. `together` is how many pictures there are in the request, which some limits depend on.
    """

    detail: str = "auto"
    rules: str = "measured"
    as_of: str = ""
    host: str = "gemini"
    role: str = "user"
    together: int = 1

    def check(self) -> None:
        """Raise UsageError for a word that is not one of those.

        Example: Asked(detail="low").check() passes, and Asked(detail="tiny").check() raises UsageError
        """
        for name, value, words in (
            ("detail", self.detail, DETAILS),
            ("rules", self.rules, BASES),
            ("host", self.host, HOSTS),
            ("role", self.role, ROLES),
        ):
            if value not in words:
                raise UsageError(f"unknown {name} {value!r}: {', '.join(words)}")
        if self.as_of and not re.fullmatch(r"\d{4}(-\d\d){0,2}", self.as_of):
            raise UsageError(f"{self.as_of!r} is not a date: write 2026, 2026-06 or 2026-06-30")


class MediaRule(NamedTuple):
    """A row of rules.csv, and whatever parameters the model's name gave.

    Example: read_rules()[0].fits(Asked()) -> True
    """

    models: tuple[str, ...]
    kind: str
    when: frozenset[str]
    basis: str
    as_of: str
    rule: str
    parameters: Mapping[str, Value]
    limits: Mapping[str, Value]
    codes: int
    around: tuple[int, int]
    status: str
    low: float
    high: float
    source: str
    note: str

    def fits(self, asked: Asked) -> bool:
        """Say whether its `when` holds the detail, the host and the role that are asked for.

        Example: [one.rule for one in read_rules() if one.models == ("gpt-4o",) and
        one.fits(Asked(detail="low"))] -> ["whole"]
        """
        for word, words in ((asked.detail, DETAILS), (asked.host, HOSTS), (asked.role, ROLES)):
            mine = self.when.intersection(words)
            if mine and word not in mine:
                return False
        return True

    def __str__(self) -> str:
        """Write the rule as a name and its parameters: "tiles base=85 tile=170"."""
        return " ".join(
            [self.rule, *(f"{name}={_write_value(value)}" for name, value in self.parameters.items())]
        )


def _write_value(value: Value) -> str:
    """Write a parameter as rules.csv does."""
    return f"{float(value):g}" if isinstance(value, Fraction) else str(value)


def _read_value(text: str) -> Value:
    """Read a parameter: a whole number, a decimal kept exact, or a word."""
    if re.fullmatch(r"\d+", text):
        return int(text)
    return Fraction(text) if re.fullmatch(r"\d+\.\d+", text) else text


def _read_parameters(text: str) -> dict[str, Value]:
    """Read "base=85 tile=170"."""
    pairs = (pair.partition("=") for pair in text.split())
    return {name: _read_value(value) for name, _, value in pairs}


def _read_range(text: str) -> tuple[int, int]:
    """Read "3-4" or "4"."""
    low, _, high = text.partition("-")
    return int(low), int(high or low)


@cache
def read_rules() -> tuple[MediaRule, ...]:
    """Read rules.csv.

    Example: read_rules()[0].kind -> "picture"
    """
    import csv

    with (Path(__file__).parent / "rules.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            MediaRule(
                tuple(row["model"].split()),
                row["kind"],
                frozenset(row["when"].split()),
                row["basis"],
                row["as_of"],
                row["rule"],
                _read_parameters(row["parameters"]),
                _read_parameters(row["limits"]),
                int(row["codes"] or 0),
                _read_range(row["around"] or "0"),
                row["status"],
                float(row["low"] or 1),
                float(row["high"] or 1),
                row["source"],
                row["note"],
            )
            for row in csv.DictReader(file)
        )


_DATE_ENDING = re.compile(r"-(?:\d{4}-\d\d-\d\d|\d{8}|latest)$")


def _names_to_try(model: str) -> list[str]:
    """Give the names to look for: as it is, without its owner, without its date; a fine-tuned one's base.

    Example: _names_to_try("Qwen/Qwen2.5-VL-7B") -> ["qwen/qwen2.5-vl-7b", "qwen2.5-vl-7b"]
    """
    name = model.lower()
    if name.startswith("ft:"):
        name = name.split(":")[1]
    names = [name, name.partition("/")[2] or name, name.rpartition("/")[2]]
    return list(dict.fromkeys([*names, *(_DATE_ENDING.sub("", each) for each in names)]))


def _closeness(rule: MediaRule, names: list[str]) -> int:
    """Say how specific the pattern is by which a rule fits, 0 not at all; a whole name is above patterns."""
    found = 0
    for pattern in rule.models:
        for name in names:
            if pattern == name:
                return 1000
            if fnmatchcase(name, pattern):
                found = max(found, len(pattern))
    return found


def patterns_of(model: str) -> tuple[str, ...]:
    """Give the names and patterns by which the rules know a model.

    Example: patterns_of("vit-b/16") -> ("vit-b/16",)
    """
    names = _names_to_try(model.partition("?")[0])
    patterns = dict.fromkeys(pattern for rule in read_rules() for pattern in rule.models)
    return tuple(one for one in patterns if any(one == name or fnmatchcase(name, one) for name in names))


@lru_cache(256)  # a folder of pictures asks the same again and again
def candidates(model: str, kind: str, asked: Asked) -> tuple[MediaRule, ...]:
    """Find every row that speaks of a model, kind and what is asked, whatever its day, the chosen one first.

    Example: [str(rule) for rule in candidates("gpt-4o", "picture", Asked())] -> ["tiles base=85 tile=170"]

    A name may carry parameters, `internvl2?most=6`, which take the place of the row's. Empty where there is
    no rule. Raises Unsupported where the model has rules, but none for what is asked; UsageError for a
    parameter that its rule does not have.
    """
    asked.check()
    name, _, query = model.partition("?")
    names = _names_to_try(name)
    known = [rule for rule in read_rules() if rule.kind == kind and _closeness(rule, names)]
    fitting = [rule for rule in known if rule.fits(asked)]
    if known and not fitting:
        words = {word for rule in known for word in rule.when} - {*HOSTS, *ROLES}
        details = ", ".join(word for word in DETAILS if word in words)
        raise Unsupported(f"{name} has no rule for a {kind} of detail {asked.detail}: it takes {details}")
    closest = max((_closeness(rule, names) for rule in fitting), default=0)
    rows = [rule for rule in fitting if _closeness(rule, names) == closest]
    if query:
        given = _read_parameters(query.replace("&", " "))
        rows = [_given(rule, given) for rule in rows if rule.basis != "or"]
    return tuple(sorted(rows, key=lambda rule: _order(rule, asked), reverse=True))


def _given(rule: MediaRule, parameters: Mapping[str, Value]) -> MediaRule:
    """Put a user's parameters into a rule, which is then no longer what anybody measured."""
    for name, value in parameters.items():
        if isinstance(value, str) and not isinstance(rule.parameters.get(name), str):
            raise UsageError(f"the parameter {name!r} is a number, not {value!r}")
    return rule._replace(parameters={**rule.parameters, **parameters}, status="D", note="by your parameters")


def _order(rule: MediaRule, asked: Asked) -> tuple[bool, bool, bool, str]:
    """Rank the rows for a model: known on that day, one to be chosen, of the basis asked for, the newest.

    Where nothing was known on that day, the oldest row stands for it.
    """
    known = not asked.as_of or rule.as_of[: len(asked.as_of)] <= asked.as_of
    day = rule.as_of if known else "".join(chr(255 - ord(letter)) for letter in rule.as_of)
    return rule.basis != "or", known, rule.basis in (asked.rules, ""), day
