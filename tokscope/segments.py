"""Segments: a text as characters, words, sentences or lines, none of which a careful cut goes through.

Characters are grapheme clusters, words and sentences those of UAX #29, https://www.unicode.org/reports/tr29/.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
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
    split = _SEGMENTERS[unit](text)
    return split if unit is Unit.CHAR or text.isascii() else _of_characters(split, segments(text, Unit.CHAR))


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


def _lines(text: str) -> Split:
    return Split.of_characters(text, [match.span() for match in re.finditer(r"[^\n]*\n|[^\n]+", text)])


def _sentences(text: str) -> Split:
    return Split.of_characters(text, [match.span() for match in _sentence_pattern().finditer(text)])


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


_SEGMENTERS: dict[Unit, Callable[[str], Split]] = {
    Unit.CHAR: lambda text: load("char").encode(text),
    Unit.WORD: lambda text: load("word").encode(text),
    Unit.SENTENCE: _sentences,
    Unit.LINE: _lines,
}


_BETWEEN_WORDS = re.compile(WORD.pattern.encode())

WINDOW = 4096
"""How many bytes to look around a place for another."""


def calm(data: bytes, at: int) -> int:
    """Find a place at most WINDOW bytes before another from where a text can be cut into segments by itself.

    Example: calm(b"one two", 6) -> 3

    It is between a letter of ASCII and a space, where segments do not care for what stands before; only the
    first sentence or line is not whole. 0 where there is no such place near.
    """
    match = _BETWEEN_WORDS.search(data, max(at - WINDOW, 0), at)
    return match.start() if match else 0
