"""Letters: where they are in a text, and which of them a tokenizer's ids show.

A model reads ids. Letters say that "strawberry" has three r's, but ids do not, unless a token is that letter
alone. A letter is a character as readers see it, a grapheme cluster: é in one code point or two, 👩‍👧.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from typing import NamedTuple, TypeVar

from tokscope.errors import UsageError
from tokscope.split import Split, Token
from tokscope.text.segments import Unit, segments
from tokscope.tokenizer import Tokenizer

T = TypeVar("T")


class Sighting(NamedTuple):
    """One place where a letter is.

    Example: Sighting(3, 2, 3, tokens=(1,), revealed=False) is the first r of "strawberry", cut st, raw, berry

    `position` counts the text's characters from 1; `start` and `end` are byte offsets. `tokens` are the
    indices of the tokens that hold it: several if it is cut, none if it was dropped. It is `revealed` if one
    of them stands for this letter and nothing else, white space aside: that token's id tells a model.
    """

    position: int
    start: int
    end: int
    tokens: tuple[int, ...]
    revealed: bool


class Meaning:
    """What a tokenizer's tokens stand for, which is all that their ids can tell a model.

    Example: bert-base-uncased's token for "R" has the id of `r` and stands for "r"; an unknown one, "[UNK]"
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def __call__(self, token: Token) -> str:
        """Give what a token stands for; bytes that are not valid UTF-8 become lone surrogates."""
        data = token.data
        if token.label is not None:  # the vocabulary writes it differently from the text, or means another
            data = token.label.encode() if token.id is None else self._vocabulary[token.id]
        return data.decode(errors="surrogateescape")

    @cached_property
    def _vocabulary(self) -> dict[int, bytes]:
        return {entry.id: entry.data for entry in self._tokenizer.vocabulary()}


def sightings(
    split: Split, meaning: Callable[[Token], str], letter: str | None = None, *, ignore_case: bool = False
) -> dict[str, list[Sighting]]:
    """Find where a letter is in a text that was cut into tokens, or where each of its letters is.

    Example: for "r" in "strawberry", cut st, raw, berry: positions 3, 8, 9 in tokens 1, 2, 2, none revealed

    The keys are letters as letter_key() gives them; white space is not a letter unless it was asked for.
    `meaning` says what a token stands for, see Meaning.
    """
    wanted = None if letter is None else letter_key(letter, ignore_case=ignore_case)
    found: dict[str, list[Sighting]] = {} if wanted is None else {wanted: []}
    keys = cache(lambda data: letter_key(data.decode(), ignore_case=ignore_case))
    said = cache(lambda index: _letters_said(meaning(split[index]), ignore_case))
    for position, char in enumerate(segments(split.source.decode(), Unit.CHAR), 1):
        key = keys(char.data)
        if key != wanted if wanted is not None else key.isspace():
            continue
        tokens = tuple(_holding(split, char))
        revealed = any(key in said(i) for i in tokens)
        found.setdefault(key, []).append(Sighting(position, char.start, char.end, tokens, revealed))
    return found


def _holding(split: Split, char: Token) -> Iterator[int]:
    """Find the tokens that hold a character or part of it."""
    for i in range(bisect_right(split.ends, char.start), len(split)):
        if split.starts[i] >= char.end:
            return
        if split.starts[i] < split.ends[i]:
            yield i


def _letters_said(text: str, ignore_case: bool) -> set[str]:
    """Give the text of a token as a letter, with and without the white space around it."""
    return {letter_key(one, ignore_case=ignore_case) for one in (text, text.strip())}


def letter_key(letter: str, *, ignore_case: bool = False) -> str:
    """Give a key that is the same for all forms of a letter: in NFC, and case-folded if case is ignored.

    Example: letter_key("e\\u0301") -> "é"; letter_key("É", ignore_case=True) -> "é"
    """
    if ignore_case:
        letter = unicodedata.normalize("NFD", letter).casefold()
    return unicodedata.normalize("NFC", letter)


def one_letter(text: str) -> str:
    """Give `text` if it is one letter. Raises UsageError.

    Example: one_letter("é") -> "é"
    """
    size = len(segments(text, Unit.CHAR))
    if size != 1:
        raise UsageError(f"--letter {text!r}: {size} characters; name one")
    return text
