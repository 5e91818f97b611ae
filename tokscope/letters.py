"""Letters: where they stand in a text, what a tokenizer leaves of them to see, and exercises in them.

A model reads ids. That "strawberry" has three r's is said by its letters and by no id, unless a token is that
letter alone. A letter is a character as readers see it, a grapheme cluster: é in one code point or two, 👩‍👧.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cache, cached_property
from random import Random
from typing import NamedTuple, TypeVar

from tokscope.errors import UsageError
from tokscope.segments import Unit, segments
from tokscope.split import Split, Token
from tokscope.tokenizer import Tokenizer
from tokscope.vocabularies import VOCABULARIES

T = TypeVar("T")


class Sighting(NamedTuple):
    """One place where a letter stands.

    `position` counts the text's characters from 1; `start` and `end` are byte offsets. `tokens` are the
    indices of the tokens that hold it: several where it is cut, none where it was dropped. It is `revealed`
    where one of them stands for this letter and nothing else, white space aside: its id says it to a model.
    """

    position: int
    start: int
    end: int
    tokens: tuple[int, ...]
    revealed: bool


class Meaning:
    """What a tokenizer's tokens stand for, which is all that their ids can say to a model.

    Example: of bert-base-uncased's token for "R", whose id is that of `r`: "r"; of an unknown one "[UNK]"
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def __call__(self, token: Token) -> str:
        """Give what a token stands for; a byte of no whole character is a lone surrogate."""
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
    """Find where a letter stands in a text that was cut into tokens, or where each of its letters does.

    Example: for "strawberry" as st, raw, berry and "r": positions 3, 8, 9 in tokens 1, 2, 2, none revealed

    The keys are letters as letter_key() has them; white space is no letter unless it is the one asked for.
    `meaning` is what a token stands for, see Meaning.
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
    """Find the tokens that hold a character or a part of it."""
    for i in range(bisect_right(split.ends, char.start), len(split)):
        if split.starts[i] >= char.end:
            return
        if split.starts[i] < split.ends[i]:
            yield i


def _letters_said(text: str, ignore_case: bool) -> set[str]:
    """Give the letter that a token says if it says but one, with and without the white space around it."""
    return {letter_key(one, ignore_case=ignore_case) for one in (text, text.strip())}


def letter_key(letter: str, *, ignore_case: bool = False) -> str:
    """Give what is the same for letters that count as one: in NFC, and case-folded where case is ignored.

    Example: letter_key("e\\u0301") -> "é"; letter_key("É", ignore_case=True) -> "é"
    """
    if ignore_case:
        letter = unicodedata.normalize("NFD", letter).casefold()
    return unicodedata.normalize("NFC", letter)


def one_letter(text: str) -> str:
    """Give `text` if it is one letter. Raises UsageError."""
    size = len(segments(text, Unit.CHAR))
    if size != 1:
        raise UsageError(f"--letter {text!r}: {size} characters, where one is asked for")
    return text


class Kind(StrEnum):
    """What an exercise asks for."""

    REVERSE = "reverse"
    COUNT = "count"
    INDEX = "index"
    SWAP = "swap"


class Task(NamedTuple):
    """An exercise in the letters of a word, with its answer.

    `letter` is the one to count or to find, `positions` are those of the letters to swap, from 1.
    """

    kind: Kind
    word: str
    prompt: str
    answer: str
    letter: str | None = None
    positions: tuple[int, int] | None = None


def tasks(words: Sequence[str], number: int, seed: int) -> Iterator[Task]:
    """Make exercises, of the four kinds in turn, each word at most once for each kind.

    Example: next(tasks(["abc"], 1, seed=0)).answer -> "cba"

    The same seed gives the same ones in every version of Python, and a larger number more of them. Counting
    and finding letters are tasks of CharBench, too (Uzan and Pinter 2025, arXiv:2508.02591). Raises
    UsageError where there are too few words, each of which has to have two letters that differ.
    """
    if number > len(words) * len(Kind):
        raise UsageError(
            f"--tasks {number}: {len(words):,} words make {len(words) * len(Kind):,}; more need --words FILE"
        )
    random = Random(seed)
    orders = [_shuffled(words, random) for _ in Kind]
    for i in range(number):
        kind = list(Kind)[i % len(Kind)]
        word = orders[i % len(Kind)][i // len(Kind)]
        yield _task(kind, word, random)


def _task(kind: Kind, word: str, random: Random) -> Task:
    letters = [char.data.decode() for char in segments(word, Unit.CHAR)]
    if kind is Kind.REVERSE:
        prompt = f'Write the word "{word}" backwards. Answer with the result only.'
        return Task(kind, word, prompt, "".join(reversed(letters)))
    if kind is Kind.SWAP:
        first = _pick(range(len(letters)), random)
        second = _pick([i for i, letter in enumerate(letters) if letter != letters[first]], random)
        first, second = sorted((first, second))
        prompt = (
            f'Swap the letters at positions {first + 1} and {second + 1} of the word "{word}". '
            "The first letter is at position 1. Answer with the result only."
        )
        letters[first], letters[second] = letters[second], letters[first]
        return Task(kind, word, prompt, "".join(letters), positions=(first + 1, second + 1))
    letter = _pick(letters, random)
    if kind is Kind.COUNT:
        prompt = (
            f'How often does the letter "{letter}" occur in the word "{word}"? Answer with the number only.'
        )
        return Task(kind, word, prompt, str(letters.count(letter)), letter)
    prompt = (
        f'At which position of the word "{word}" is the first letter "{letter}"? '
        "The first letter of a word is at position 1. Answer with the number only."
    )
    return Task(kind, word, prompt, str(letters.index(letter) + 1), letter)


def _pick(items: Sequence[T], random: Random) -> T:
    """Choose one of `items`, by Random.random(), the method whose results no version of Python changes."""
    return items[int(random.random() * len(items))]


def _shuffled(items: Sequence[T], random: Random) -> list[T]:
    """Put `items` into a random order (Fisher and Yates's, by random() alone, see _pick)."""
    shuffled = list(items)
    for i in range(len(shuffled) - 1, 0, -1):
        j = int(random.random() * (i + 1))
        shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
    return shuffled


def usable_words(lines: Iterable[str]) -> tuple[list[str], int]:
    """Take the words from lines, each once, in NFC; and count those in which no two letters differ.

    Example: ["abc", "", "aaa", " abc "] -> (["abc"], 1)
    """
    words = dict.fromkeys(unicodedata.normalize("NFC", line.strip()) for line in lines)
    words.pop("", None)
    usable = [word for word in words if len({char.data for char in segments(word, Unit.CHAR)}) > 1]
    return usable, len(words) - len(usable)


COMMON_WORDS = 5000
"""How many words there are to choose from where no file of words is named."""


def common_words() -> list[str]:
    """Give frequent English words of 5 to 12 letters: the first of them in bert-base-uncased's vocabulary.

    Example: common_words()[:3] -> ["which", "first", "their"]
    """
    vocabulary = VOCABULARIES["bert-base-uncased"].path.read_text("utf-8")
    return re.findall(r"^[a-z]{5,12}$", vocabulary, re.MULTILINE)[:COMMON_WORDS]
