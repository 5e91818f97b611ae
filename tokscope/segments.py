"""Segments: a text as characters, words, sentences or lines, none of which a careful cut goes through.

Characters are grapheme clusters, words and sentences those of UAX #29, https://www.unicode.org/reports/tr29/.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from tokscope.registry import load
from tokscope.split import Split
from tokscope.tokenizer import WORD

if TYPE_CHECKING:
    import regex


class Unit(StrEnum):
    """What a text is made of."""

    CHAR = "char"
    WORD = "word"
    SENTENCE = "sentence"
    LINE = "line"


def segments(text: str, unit: Unit) -> Split:
    r"""Cut a text into segments.

    Example: segments("Hi. Bye.", Unit.SENTENCE).ends -> [4, 8]

    White space between words is a gap; sentences and lines hold the white space and the newline behind them.
    Where UAX #29 has a word or a sentence end within a character (before a Thai sara am), it goes on here.
    """
    if unit is Unit.CHAR:
        return load("char").encode(text)
    if unit is Unit.WORD:
        split, edges = load("word").encode(text), text
    else:
        found = (_sentence_pattern() if unit is Unit.SENTENCE else _LINE).findall(text)
        split = Split.of_lengths(text.encode(), (len(one.encode()) for one in found))
        edges = "".join(one[0] + one[-1] for one in found)
    if text.isascii() or not _joining().search(edges):
        return split
    return _of_characters(split, load("char").encode(text))


_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@cache
def _joining() -> regex.Pattern[str]:
    """Compile what finds the code points that join others, but for CR LF: between two that are none of them
    a character ends (UAX #29, GB6 to GB13), and to find all characters takes longer."""
    import regex

    kinds = ("L", "V", "T", "Extend", "ZWJ", "SpacingMark", "Prepend", "Regional_Indicator")
    return regex.compile("".join(["[", *(rf"\p{{GCB={kind}}}" for kind in kinds), "]"]))


def _of_characters(split: Split, characters: Split) -> Split:
    """Widen segments to whole characters, and join those that then overlap."""
    starts: list[int] = []
    ends: list[int] = []
    for start, end in zip(split.starts, split.ends, strict=True):
        start = characters.starts[bisect_right(characters.starts, start) - 1]
        end = characters.ends[bisect_left(characters.ends, end)]
        if ends and start < ends[-1]:
            ends[-1] = end
        else:
            starts.append(start)
            ends.append(end)
    return Split(split.source, starts, ends)


@cache
def _sentence_pattern() -> regex.Pattern[str]:
    """Compile the sentence boundary rules of UAX #29 (SB3 to SB998) into one pattern for a sentence."""
    import regex

    ignored = r"[\p{SB=Extend}\p{SB=Format}]*+"  # SB5: they belong to what they follow
    separator = r"(?:\r\n|[\p{SB=Sep}\r\n])"  # SB3, SB4
    terms = r"\p{SB=STerm}\p{SB=ATerm}"
    opaque = rf"[^\p{{SB=OLetter}}\p{{SB=Upper}}\p{{SB=Lower}}\p{{SB=Sep}}\r\n{terms}]"
    behind = rf"(?:\p{{SB=Close}}{ignored})*+(?:\p{{SB=Sp}}{ignored})*+"  # SB9, SB10
    abbreviation = rf"""(?:
        (?<=\p{{SB=ATerm}}{ignored}) (?=\p{{SB=Numeric}})                                      # SB6
      | (?<=[\p{{SB=Upper}}\p{{SB=Lower}}]{ignored}\p{{SB=ATerm}}{ignored}) (?=\p{{SB=Upper}}) # SB7
    )"""
    sentence = rf"""(?!\Z) (?:
        [^{terms}\p{{SB=Sep}}\r\n]++
      | [{terms}] {ignored} {abbreviation}
      | \p{{SB=ATerm}} {ignored} {behind} (?={opaque}*+\p{{SB=Lower}})                         # SB8
      | [{terms}] {ignored} {behind} (?=[\p{{SB=SContinue}}{terms}])                           # SB8a
    )*+
    (?: [{terms}] {ignored} {behind} {separator}? | {separator} | (?<=.) \Z )                  # SB11, SB4
    """
    return regex.compile(sentence, regex.VERBOSE | regex.VERSION1 | regex.DOTALL)


_CALM = re.compile(rf"{WORD.pattern}|(?<=\n)(?=.)".encode(), re.DOTALL)

WINDOW = 4096
"""How many bytes to look around a place for another."""


def calm(data: bytes, at: int, reach: int = WINDOW) -> int:
    """Find a place at most `reach` bytes before another from where a text can be cut into segments by itself.

    Example: calm(b"one two", 6) -> 3

    It is between a letter of ASCII and a space, or behind a newline, where segments do not care for what
    stands before; only the first sentence or line may not be whole. 0 where there is no such place near.
    """
    match = _CALM.search(data, max(at - reach, 0), at)
    return match.start() if match else 0
