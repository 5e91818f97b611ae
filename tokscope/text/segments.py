"""Segments: a text as characters, words, sentences or lines, which a careful cut keeps whole.

Characters are grapheme clusters; words and sentences are those of UAX #29,
https://www.unicode.org/reports/tr29/, in the Unicode version that the installed `regex` knows.
"""

from __future__ import annotations

import re
import string
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from itertools import filterfalse
from typing import TYPE_CHECKING, NamedTuple

from tokscope.split import Split
from tokscope.text.cuts import WORD_CUT
from tokscope.text.encodings import ASCII

if TYPE_CHECKING:
    import regex


class Unit(StrEnum):
    """What a text is made of.

    Example: segments("Hi there", Unit.WORD)
    """

    CHAR = "char"
    WORD = "word"
    SENTENCE = "sentence"
    LINE = "line"


def segments(text: str, unit: Unit) -> Split:
    r"""Cut a text into segments.

    Example: segments("Hi. Bye.", Unit.SENTENCE).ends -> [4, 8]

    White space between words is a gap; sentences and lines include the white space and the newline after
    them. Where a word or a sentence of UAX #29 ends within a character (before a Thai sara am), here it ends
    after it.
    """
    if unit is Unit.CHAR:
        return characters(text)
    if unit is Unit.WORD:
        split, edges = words(text), text
    else:
        found = (_sentence_pattern() if unit is Unit.SENTENCE else _LINE).findall(text)
        split = Split.of_lengths(text.encode(), (len(one.encode()) for one in found))
        edges = "".join(one[0] + one[-1] for one in found)
    if text.isascii() or not _joining().search(edges):
        return split
    return _of_characters(split, characters(text))


@cache
def clusters() -> regex.Pattern[str]:
    r"""Compile the pattern of grapheme clusters: the characters of a text as readers see them.

    Example: clusters().findall("e\u0301x") -> ["e\u0301", "x"]

    \X alone is right but quadratic on flags: at each one it goes back to the start of their run, to see which
    are pairs. A pair that another flag follows is always a cluster, so the pattern leaves only the last two
    of a run to \X.
    """
    import regex

    return regex.compile(r"\p{Regional_Indicator}{2}(?=\p{Regional_Indicator})|\X")


def characters(text: str) -> Split:
    """Cut a text into characters as readers see them.

    Example: characters("e\u0301x").ends -> [3, 4]
    """
    return Split.of_lengths(text.encode(), (len(one.encode()) for one in clusters().findall(text)))


def word_pattern(text: str) -> re.Pattern[str] | regex.Pattern[str]:
    """Give the pattern that finds the words of a text, and everything between them except white space.

    Example: word_pattern("Hi!").findall("Hi!") -> ["Hi", "!"]
    """
    return _ASCII_WORDS if text.isascii() else _unicode_words()


def words(text: str) -> Split:
    """Cut a text into words and punctuation; white space is a gap.

    Example: words("Hi there!").ends -> [2, 8, 9]
    """
    return Split.of_characters(text, [match.span() for match in word_pattern(text).finditer(text)])


class WordCount(NamedTuple):
    """How many segments a text has between word boundaries, white space left out, and how many are words.
    Example: WordCount(segments=6, words=4), of "I can't pay $3.50."
    """

    segments: int
    words: int


def count_words(text: str) -> WordCount:
    """Count the segments of a text, and of them the words, those that hold a letter or a digit.

    Example: count_words("I can't pay $3.50.") -> WordCount(segments=6, words=4)

    What is ASCII alone, mostly nearly all, is counted without looking for each segment. A text can be taken
    apart for that after a newline (WB3a), and before blanks: no rule looks ahead across them, and after
    them only other white space matters, which is not a segment.
    """
    if text.isascii():
        return _count_ascii_words(text.encode())
    lines = text.split("\n")
    mixed = _FIELD.findall("\n".join(filterfalse(str.isascii, lines)).rstrip(_BLANKS))
    plain = "\n".join([*filter(str.isascii, lines), "".join(filter(str.isascii, mixed))])
    segments, words = _count_ascii_words(plain.encode())
    found = _unicode_words().findall("\n".join(filterfalse(str.isascii, mixed)))
    return WordCount(
        segments + len(found),
        words + sum(word.isalnum() or any(map(str.isalnum, word)) for word in found),
    )


_BLANKS = " \t\n"
_FIELD = re.compile(f"[{_BLANKS}]*[^{_BLANKS}]+")  # linear where no blanks stand at the end
_WORDY = b"".join(re.findall(rb"\w", ASCII))
_SPACE = b"".join(re.findall(rb"\s", ASCII))


def _class_table(members: Mapping[bytes, bytes]) -> bytes:
    """Make a table for bytes.translate that maps the bytes of each class to its name, the rest to a space."""
    table = bytearray(b" " * 256)
    for name, bytes_ in members.items():
        for byte in bytes_:
            table[byte] = name[0]
    return bytes(table)


_IN_WORDS = _class_table({b"w": _WORDY})
_JOINTS = _class_table(
    {b"a": string.ascii_letters.encode(), b"0": b"0123456789", b":": b":", b".": b".'", b",": b",;"}
)
_JOINT = re.compile(rb"[:.,](?:(?<=a[:.])(?=a)|(?<=0[.,])(?=0))")


def _count_ascii_words(data: bytes) -> WordCount:
    """Count what _ASCII_WORDS finds: runs of letters, digits and _, and marks but those that join two."""
    runs = b" " + data.translate(_IN_WORDS)
    words = b" " + data.translate(_IN_WORDS, b"_")  # without those that are nothing but _
    marks = len(data.translate(None, _WORDY + _SPACE))
    joints = len(_JOINT.findall(data.translate(_JOINTS)))
    return WordCount(runs.count(b" w") + marks - 2 * joints, words.count(b" w") - joints)


def count_characters(text: str) -> int:
    r"""Count the characters of a text as readers see them.

    Example: count_characters("e\u0301x") -> 2

    Only lines that are not ASCII are looked at, and in them only stretches around code points that join
    others: a character ends between two that are none of them (see _joining), except in CR LF, and around
    every newline (GB4, GB5).
    """
    count = len(text) - text.count("\r\n")
    lines = "" if text.isascii() else "\n".join(filterfalse(str.isascii, text.split("\n")))
    joining = "".join(_joining().findall("".join(set(lines)))) if lines else ""
    if not joining:
        return count
    some, none = f"[{re.escape(joining)}]+", rf"[^{re.escape(joining)}\r\n]"
    stretches = re.findall(f"{none}?{some}(?:{none}{some})*{none}?", lines)
    inside = clusters().findall("\n".join(stretches))
    return count - sum(map(len, stretches)) + len(inside) - (len(stretches) - 1)


# The same cuts as _unicode_words() makes, for ASCII alone, five times as fast.
_ASCII_WORDS = re.compile(
    r"\w+(?:(?:(?<=[A-Za-z])[:.'](?=[A-Za-z])|(?<=[0-9])[.,;'](?=[0-9]))\w+)*|[^\s\w]", re.ASCII
)


@cache
def _unicode_words() -> regex.Pattern[str]:
    """Compile the rules of UAX #29 into one pattern, with their numbers beside them.

    `regex` has a word boundary of its own, (?w)\\b, but that fails 259 of the 1,823 cases of Unicode's
    WordBreakTest.txt (it joins a flag to what follows). This pattern takes linear time: repetitions are
    possessive, and lookbehinds go only over the marks of one character.
    """
    import regex

    hebrew, numeric, katakana = r"\p{WB=Hebrew_Letter}", r"\p{WB=Numeric}", r"\p{WB=Katakana}"
    letter = rf"\p{{WB=ALetter}}{hebrew}"
    connector = r"\p{WB=ExtendNumLet}"
    wordy = letter + numeric + connector  # these join each other in any order: WB5, 8, 9, 10, 13a, 13b
    in_letters = r"\p{WB=MidLetter}\p{WB=MidNumLet}'"
    in_numbers = r"\p{WB=MidNum}\p{WB=MidNumLet}'"
    space = r"\p{WB=WSegSpace}"
    newline = r"\r\n\p{WB=Newline}"  # WB3a, WB3b: never part of a word
    mark = r"[\p{WB=Extend}\p{WB=Format}\p{WB=ZWJ}]"  # WB4: belongs to what it follows
    # U+202F, the only connector that is white space, is dropped if it is not joined to anything else.
    seen = rf"(?: (?!\u202F) | (?<!\u202F) (?=\u202F++ (?:{mark} | [{wordy}{katakana}])) )"
    segment = rf"""(?:
        {seen} (?: [{wordy}]++ | [{katakana}]++ ) {mark}*+
        (?: (?: (?=[{wordy}]) (?<=[{wordy}] {mark}*+)
            |   (?=[{katakana}]) (?<=[{katakana}{connector}] {mark}*+)                     # WB13, WB13b
            |   (?=[{connector}]) (?<=[{katakana}] {mark}*+)                               # WB13a
            |   (?=[{in_letters}]) (?<=[{letter}] {mark}*+) . {mark}*+ (?=[{letter}])      # WB6, WB7
            |   (?=") (?<=[{hebrew}] {mark}*+) . {mark}*+ (?=[{hebrew}])                   # WB7b, WB7c
            |   (?=[{in_numbers}]) (?<=[{numeric}] {mark}*+) . {mark}*+ (?=[{numeric}])    # WB11, WB12
            )
            (?: [{wordy}]++ | [{katakana}]++ ) {mark}*+
        )*+
        (?: (?=') (?<=[{hebrew}] {mark}*+) . {mark}*+ )?+                                  # WB7a
      | \p{{RI}} {mark}*+ \p{{RI}} {mark}*+                                                # WB15, WB16
      | (?: (?<![{space}]) [{space}]++ | [\s--[{space}{connector}{newline}]] ) {mark}++    # WB3d; else a gap
      | [^\s{wordy}{katakana}] {mark}*+
    )"""
    joined = rf"{segment} (?: (?<=\u200D) (?=\p{{Extended_Pictographic}}) {segment} )*+"  # WB3c
    return regex.compile(joined, regex.VERBOSE | regex.VERSION1 | regex.DOTALL)


_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@cache
def _joining() -> regex.Pattern[str]:
    """Compile the pattern of code points that join others, other than CR and LF.

    Between two code points of other kinds a character always ends (UAX #29, GB6 to GB13), and this is quicker
    to check than to find all characters.
    """
    import regex

    kinds = ("L", "V", "T", "Extend", "ZWJ", "SpacingMark", "Prepend", "Regional_Indicator")
    return regex.compile("".join(["[", *(rf"\p{{GCB={kind}}}" for kind in kinds), r"\p{InCB=Linker}]"]))


def _of_characters(split: Split, characters: Split) -> Split:
    """Extend segments to whole characters, and join those that then overlap."""
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
    """Compile the rules of UAX #29 (SB3 to SB998) into one pattern of a sentence."""
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


_CALM = re.compile(rf"{WORD_CUT.pattern}|(?<=\n)(?=.)".encode(), re.DOTALL)

WINDOW = 4096
"""How many bytes around a place are searched for a better one."""


def calm(data: bytes, at: int, reach: int = WINDOW) -> int:
    """Find a place at most `reach` bytes before another from which on the text can be segmented by itself.

    Example: calm(b"one two", 6) -> 3

    It is between an ASCII letter or digit and a space, or after a newline, where segments do not depend on
    what comes before; only the first sentence or line there may be incomplete. 0 if no such place is near.
    """
    match = _CALM.search(data, max(at - reach, 0), at)
    return match.start() if match else 0
