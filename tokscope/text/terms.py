"""Terms: the names of a domain (drugs, diseases, products), read from a list and found in texts.

The leftmost term in a text is found, and of those that begin there the longest; case matters. A term is never
part of a longer word ("art" is not found in "heart"), but may touch scripts that are written without spaces
or that add endings: Han, kana, Hangul, Thai, Lao, Khmer, Myanmar, Tibetan. It never ends within a character
as readers see it: "e" is not found in "é" of two code points.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from tokscope.errors import BrokenTokenizer
from tokscope.files.small_files import read_text

if TYPE_CHECKING:
    import regex

UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_WORD_CHARACTER = rf"[[\p{{L}}\p{{N}}\p{{M}}_]--[{UNSPACED}]]"
_EXTENDS = r"[\p{M}\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}]"
_FIELDS = rf"(?<=[{UNSPACED}])(?: [0-9]{{1,12}})?(?: [a-z]{{1,4}})?$"


def read_terms(path: str) -> list[str]:
    """Read the terms in a file, each once: UTF-8, one a line; a term may have spaces in it.

    Example: a file of "云计算 5 n\\n\\nbypass graft\\n" gives ["云计算", "bypass graft"]

    A word of a script without spaces may be followed by a frequency and a tag, as in a dictionary for jieba;
    they are ignored. Raises BrokenTokenizer.
    """
    text = read_text(path)
    terms: dict[str, None] = {}
    for number, line in enumerate(text.split("\n"), 1):
        term = _term_pattern(_FIELDS).sub("", line.strip())
        if term:
            if found := fault(term):
                raise BrokenTokenizer(f"{path}: line {number}: {found}")
            terms[term] = None
    if not terms:
        raise BrokenTokenizer(f"{path}: has no terms; write one a line")
    return list(terms)


def fault(term: str) -> str | None:
    """Say what is wrong with a term that is not empty, None if nothing is.

    Example: fault("ba\\x1bd") -> "a term cannot hold U+001B, a control character"
    """
    for char in term:
        if unicodedata.category(char) in ("Cc", "Zl", "Zp"):
            return f"a term cannot hold U+{ord(char):04X}, a control character"
    return f"a term cannot begin with U+{ord(term[0]):04X}" if _extends(term[0]) else None


class TermFinder:
    """Finds terms in texts: the leftmost, then the longest, never part of a word.

    Example: TermFinder(["art", "冠状"]).parts("art of the heart, 冠状病") ->
    ["", "art", " of the heart, ", "冠状", "病"]

    At each place where a term may begin it looks up the text that follows, in every length that terms with
    the same first two characters have. With 20,000 terms that is 8 MB/s of Chinese; a regular expression of
    all of them, folded into a trie, does 0.4.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        self._terms = frozenset(terms)
        sizes: dict[str, set[int]] = {}
        for term in self._terms:
            sizes.setdefault(term[:2], set()).add(len(term))
        for head in sizes:
            sizes[head] |= sizes.get(head[:1], set())
        self._sizes = {head: sorted(found, reverse=True) for head, found in sizes.items()}
        first = {term[0] for term in self._terms}
        latin = {char for char in first if char.isascii() and char.isalnum()}  # never after another of these
        choices = [rf"(?<![A-Za-z0-9])[{_class(latin)}]"] if latin else []
        choices += [f"[{_class(first - latin)}]"] if first - latin else []
        self._begin = re.compile("|".join(choices) or r"(?!)")  # without terms it never matches

    def parts(self, text: str) -> list[str]:
        """Cut `text` at its terms, which are every second part; the others may be empty.

        Example: TermFinder(["art"]).parts("art heart") -> ["", "art", " heart"]
        """
        parts, done = [], 0
        for start, end in self._find(text):
            parts += [text[done:start], text[start:end]]
            done = end
        return [*parts, text[done:]]

    def _find(self, text: str) -> Iterator[tuple[int, int]]:
        """Give the start and the end of each term in `text`."""
        done = 0
        for match in self._begin.finditer(text):
            start = match.start()
            if start < done:
                continue
            for size in self._sizes.get(text[start : start + 2], self._sizes.get(text[start], [])):
                found = text[start : start + size]  # the text may end before that
                if found in self._terms and _stands_alone(text, start, start + len(found)):
                    done = start + len(found)
                    yield start, done
                    break


def _class(characters: Iterable[str]) -> str:
    return "".join(map(re.escape, sorted(characters)))


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a part of a text does not belong to a longer word or character."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before and (before in "\u200c\u200d" or (in_word(before) and in_word(text[start]))):
        return False
    return not after or not (_extends(after) or (in_word(text[end - 1]) and in_word(after)))


@cache
def _term_pattern(pattern: str) -> regex.Pattern[str]:
    import regex

    return regex.compile(pattern, regex.VERSION1)


@cache
def in_word(char: str) -> bool:
    """Whether a character makes one word with its neighbours: letters, marks, numbers and `_`.

    Example: in_word("a") -> True; in_word("冠") -> False  # Han is written without spaces
    """
    return _term_pattern(_WORD_CHARACTER).match(char) is not None


@cache
def _extends(char: str) -> bool:
    """Whether a character extends the one before it: marks and joiners do."""
    return _term_pattern(_EXTENDS).match(char) is not None
