"""Dictionaries as jieba reads them: its own, another in its place, and words that a user adds."""

from __future__ import annotations

import re
import warnings
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from tokscope.errors import BrokenTokenizer
from tokscope.files.small_files import read_text

if TYPE_CHECKING:
    import jieba

UserWords = list[tuple[str, str | None]]
"""Words to add to the dictionary, and how frequent they are, None for frequent enough to stay whole."""

# WORD [FREQUENCY] [TAG], as jieba reads it: whatever at the end is neither a frequency nor a tag is the word.
_WORD_ENTRY = re.compile(r"(.+?)(?: ([0-9]+))?(?: [a-z]+)?", re.DOTALL)

FREQUENCY_DIGITS = 12
"""Of a frequency, at most: so no sum of them comes near 2^64."""


@cache
def frequencies_of(main: str | None) -> tuple[dict[str, int], int]:
    """Read jieba's dictionary, or another: how frequent each word and each beginning of one is, and the sum.

    Example: frequencies_of(None)[0]["中国"] -> 129470

    jieba's own where `main` is None. Raises BrokenTokenizer for a file that is not a dictionary.

    jieba would unmarshal it from jieba.cache in the folder for temporary files, where anybody may have put
    that; reading the dictionary itself takes no longer (0.6 s).
    """
    with warnings.catch_warnings():  # of stray backslashes in jieba, and of the pkg_resources that it imports
        warnings.simplefilter("ignore")
        import jieba
    engine = jieba.Tokenizer()
    if main is None:
        frequencies, total = engine.gen_pfdict(engine.get_dict_file())
        return frequencies, total
    words = user_words_of(main)
    for number, (word, frequency) in enumerate(words, 1):
        if frequency is None or " " in word:
            raise BrokenTokenizer(f"{main}: word {number:,} is not WORD FREQUENCY [TAG]: {word[:40]!r}")
    lines = (f"{word} {frequency}\n".encode() for word, frequency in words)
    frequencies, total = engine.gen_pfdict(BytesIO(b"".join(lines)))
    return frequencies, total


def user_words_of(dictionary: str) -> UserWords:
    """Read a user dictionary: words, and how frequent they are.

    Example: user_words_of("words.txt") -> [("自然语言", "3"), ("冠状动脉", None)], of the lines 自然语言 3 n
    and 冠状动脉

    Raises BrokenTokenizer for a file that cannot be read, and a frequency of over FREQUENCY_DIGITS digits.
    """
    user_words = []
    for number, line in enumerate(read_text(dictionary).split("\n"), 1):
        if written := line.strip(" \t\r\v\f").lstrip("\ufeff"):
            match = _WORD_ENTRY.fullmatch(written)
            assert match is not None  # there is a character
            if match[2] and len(match[2]) > FREQUENCY_DIGITS:
                raise BrokenTokenizer(
                    f"{dictionary}: line {number}: a frequency of over {FREQUENCY_DIGITS} digits"
                )
            user_words.append((match[1], match[2]))
    return user_words


def reference_of(main: str | None, user_words: UserWords) -> jieba.Tokenizer:
    """Load jieba itself, and add words to its dictionary.

    Example: reference_of(None, [("自然语言", None)]).lcut("自然语言") -> ["自然语言"]

    Raises BrokenTokenizer for what is not a dictionary.
    """
    frequencies, total = frequencies_of(main)
    import jieba

    engine = jieba.Tokenizer()
    engine.FREQ, engine.total, engine.initialized = frequencies.copy(), total, True
    for word, frequency in user_words:
        engine.add_word(word, frequency)
    return engine


def forgotten_of(user_words: UserWords) -> set[str]:
    """Give the words that jieba is to forget: those of the frequency 0.

    Example: forgotten_of([("中国", "0"), ("自然", None)]) -> {"中国"}
    """
    return {word for word, frequency in user_words if frequency and not int(frequency)}
