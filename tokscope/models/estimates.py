"""How many tokens a model that keeps its tokenizer to itself makes of a text, and within which bounds.

factors.csv has what was measured, by generation of tokenizer. A count of o200k_base is taken `token` times,
and each character of the text adds the factor of its kind: capitals are dear to Claude from 4.7 on, Thai is
to all of them. The bounds are those of the kinds too, each as a share of the estimate, weighted by how much
of the text is of that kind; `measured` is how many characters of it were.

Where the figures come from:

- claude-3, claude-4.7: 176 counts by Anthropic's API (Rosetta Code, published with ctok, MIT), less what it
  adds around a message, and 1,132 texts that ctok 1.3.0 counted, which gave all 176 counts of the API: 86
  languages of Django's translations, files of 25 types, tables drawn in characters, numbers, base64, emoji.
  By cross-validation in five parts all of the API's counts lie inside, and 98 % of the others.
- any: how much five other vocabularies that ship differ from o200k_base on the same texts, for a maker whose
  counts nobody has published. Bounds made without a vocabulary hold 93 to 99 % of its counts; 85 % for
  cl100k_base, which is of 2023.
- kin: the bounds of `any` around the count of a vocabulary of the same maker, taken as it is.
- gemini: Google's own LocalTokenizer takes the same vocabulary for these models; its count may differ by 1.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from functools import cache
from math import ceil, floor
from pathlib import Path
from typing import NamedTuple

from tokscope.report.table import Estimate

STRETCHES: dict[int, str] = {
    0x80: "ascii",
    0x250: "latin",
    0x2B0: "other",
    0x370: "symbol",
    0x400: "greek",
    0x530: "cyrillic",
    0x590: "other",
    0x900: "arabic",
    0x980: "devanagari",
    0xA00: "bengali",
    0xA80: "gurmukhi",
    0xB00: "gujarati",
    0xB80: "other",
    0xC00: "tamil",
    0xC80: "telugu",
    0xD00: "kannada",
    0xD80: "malayalam",
    0xE00: "other",
    0x10A0: "thai",
    0x1100: "other",
    0x1200: "hangul",
    0x1780: "other",
    0x1800: "thai",
    0x1E00: "other",
    0x1F00: "latin",
    0x2000: "greek",
    0x2E80: "symbol",
    0xA000: "han",
    0xAC00: "other",
    0xD7B0: "hangul",
    0xF900: "other",
    0xFB00: "han",
    0xFE00: "arabic",
    0xFE70: "symbol",
    0xFF00: "arabic",
    0x10000: "han",
    0x1F000: "other",
    0x20000: "emoji",
    0x40000: "han",
    0x110000: "other",
}
"""Kinds of characters, each by the first code point that is no longer of it; "arabic" has Hebrew too."""

_STRETCH_ENDS = list(STRETCHES)
_STRETCH_KINDS = list(STRETCHES.values())


def character_kind(char: str) -> str:
    """Name the kind of a character, as factors.csv has it.

    Example: character_kind("a") -> "lower"; character_kind("日") -> "han"
    """
    if char == "\n":
        return "newline"
    if char.isspace():
        return "space"
    if char >= "\x80":
        return _STRETCH_KINDS[bisect_right(_STRETCH_ENDS, ord(char))]
    if char.isalpha():
        return "upper" if char.isupper() else "lower"
    return "digit" if char.isdigit() else "punct"


class Factor(NamedTuple):
    """What a character of one kind adds, and by which share the estimate may be too high and too low.

    Example: Factor(0.12, low=0.05, high=0.08)
    """

    factor: float
    low: float
    high: float


@cache
def factors(generation: str) -> Mapping[str, Factor]:
    """Read the factors of a generation, by kind of character; "token" is the one for o200k_base's count.

    Example: factors("claude-4.7")["upper"].factor -> 0.611
    """
    import csv

    with (Path(__file__).parent / "factors.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["kind"]: Factor(float(row["factor"]), float(row["low"] or 0), float(row["high"] or 0))
            for row in csv.DictReader(file)
            if row["generation"] == generation
        }


class Measured(Estimate):
    """An estimate that knows what it was made of: the sum of two is that of both texts together.

    Example: estimate_count("Hello ", 1, "claude-4.7") + estimate_count("world", 1, "claude-4.7") ->
    estimate_count("Hello world", 2, "claude-4.7")

    Else a text that is counted in pieces would have wider bounds than the same text in one.
    """

    _made_of: tuple[str, int, Counter[str]] | None = None

    @classmethod
    def of(cls, generation: str, tokens: int, kinds: Counter[str]) -> Measured:
        """Make the estimate of a text from its tokens by the stand-in and its characters of each kind.

        Example: Measured.of("claude-4.7", 2, Counter(lower=9, upper=1, space=1)).high -> 7
        """
        made = cls(*_interval(generation, tokens, kinds))
        made._made_of = generation, tokens, kinds
        return made

    def __add__(self, other: int) -> Estimate:
        mine, its = self._made_of, getattr(other, "_made_of", None)
        if mine is None or (its is None and other):
            return Estimate(self) + other
        if its is None:
            return self
        if mine[0] != its[0]:
            return Estimate(self) + other
        return self.of(mine[0], mine[1] + its[1], mine[2] + its[2])

    __radd__ = __add__


def _interval(generation: str, tokens: int, kinds: Counter[str]) -> tuple[int, int, int]:
    """Give an estimate and its bounds."""
    if not kinds:
        return 0, 0, 0
    if generation == "gemini":
        return tokens, max(0, tokens - 1), tokens + 1
    known = factors("any" if generation == "kin" else generation)
    size = kinds.total()
    middle = tokens * known["token"].factor + sum(n * known[kind].factor for kind, n in kinds.items())
    middle = float(tokens) if generation == "kin" else max(1.0, middle)
    low = sum(n * known[kind].low for kind, n in kinds.items()) / size
    high = sum(n * known[kind].high for kind, n in kinds.items()) / size
    # One token more on either side: of a short text nobody knows the share.
    return round(middle), max(1, floor(middle * (1 + low) - 1)), ceil(middle * (1 + high) + 1)


def estimate_count(text: str, tokens: int, generation: str) -> Estimate:
    """Estimate a count from that of the vocabulary that stands in.

    Example: estimate_count("Hello world", 2, "claude-4.7") -> Estimate(4, low=2, high=6)

    `tokens` are what the stand-in counts in `text`.
    """
    kinds: Counter[str] = Counter()
    for char, count in Counter(text).items():
        kinds[character_kind(char)] += count
    return Measured.of(generation, tokens, kinds)
