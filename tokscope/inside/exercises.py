"""Exercises in the letters of words, with their answers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from random import Random
from typing import NamedTuple

from tokscope.errors import UsageError
from tokscope.inside.letters import T
from tokscope.text.segments import Unit, segments
from tokscope.vocabularies import VOCABULARIES


class TaskKind(StrEnum):
    """What an exercise asks for.

    Example: TaskKind.REVERSE asks for the word backwards
    """

    REVERSE = "reverse"
    COUNT = "count"
    INDEX = "index"
    SWAP = "swap"


class Task(NamedTuple):
    """An exercise in the letters of a word, with its answer.

    Example: Task(TaskKind.REVERSE, "abc", 'Write the word "abc" backwards. ...', "cba")

    `letter` is the one to count or find; `positions` are those of the letters to swap, from 1.
    """

    kind: TaskKind
    word: str
    prompt: str
    answer: str
    letter: str | None = None
    positions: tuple[int, int] | None = None


def tasks(words: Sequence[str], number: int, seed: int) -> Iterator[Task]:
    """Make exercises of the four kinds in turn, each word at most once for each kind.

    Example: next(tasks(["abc"], 1, seed=0)).answer -> "cba"

    The same seed gives the same exercises in every version of Python; a larger number only adds some.
    Counting and finding letters are also tasks of CharBench (Uzan and Pinter 2025, arXiv:2508.02591). Each
    word must have two different letters. Raises UsageError if there are too few words.
    """
    most = len(words) * len(TaskKind)
    if number > most:
        raise UsageError(f"--tasks {number}: {len(words):,} words make {most:,}; more need --words FILE")
    random = Random(seed)
    orders = [_shuffled(words, random) for _ in TaskKind]
    alphabet = sorted({letter for word in words for letter in _letters(word)})
    for i in range(number):
        kind = list(TaskKind)[i % len(TaskKind)]
        word = orders[i % len(TaskKind)][i // len(TaskKind)]
        yield _task(kind, word, alphabet, random)


def _letters(word: str) -> list[str]:
    return [char.data.decode() for char in segments(word, Unit.CHAR)]


def _task(kind: TaskKind, word: str, alphabet: Sequence[str], random: Random) -> Task:
    letters = _letters(word)
    if kind is TaskKind.REVERSE:
        prompt = f'Write the word "{word}" backwards. Answer with the result only.'
        return Task(kind, word, prompt, "".join(reversed(letters)))
    if kind is TaskKind.SWAP:
        first = _pick(range(len(letters)), random)
        second = _pick([i for i, letter in enumerate(letters) if letter != letters[first]], random)
        first, second = sorted((first, second))
        prompt = (
            f'Swap the letters at positions {first + 1} and {second + 1} of the word "{word}". '
            "The first letter is at position 1. Answer with the result only."
        )
        letters[first], letters[second] = letters[second], letters[first]
        return Task(kind, word, prompt, "".join(letters), positions=(first + 1, second + 1))
    if kind is TaskKind.COUNT:
        counts = sorted({letters.count(letter) for letter in alphabet})
        wanted = _pick(counts, random)  # each answer as often, or "1" would be right for three words in four
        letter = _pick([one for one in alphabet if letters.count(one) == wanted], random)
        prompt = (
            f'How often does the letter "{letter}" occur in the word "{word}"? Answer with the number only.'
        )
        return Task(kind, word, prompt, str(letters.count(letter)), letter)
    letter = _pick(letters, random)
    prompt = (
        f'At which position of the word "{word}" is the first letter "{letter}"? '
        "The first letter of a word is at position 1. Answer with the number only."
    )
    return Task(kind, word, prompt, str(letters.index(letter) + 1), letter)


def _pick(items: Sequence[T], random: Random) -> T:
    """Choose one of `items`, by Random.random(), whose results are the same in every version of Python."""
    return items[int(random.random() * len(items))]


def _shuffled(items: Sequence[T], random: Random) -> list[T]:
    """Shuffle `items` (Fisher and Yates, by random() alone, see _pick)."""
    shuffled = list(items)
    for i in range(len(shuffled) - 1, 0, -1):
        j = int(random.random() * (i + 1))
        shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
    return shuffled


def usable_words(lines: Iterable[str]) -> tuple[list[str], int]:
    """Give the words on these lines, each once, in NFC, and count those left out: all letters are equal.

    Example: usable_words(["abc", "", "aaa", " abc "]) -> (["abc"], 1)
    """
    words = dict.fromkeys(unicodedata.normalize("NFC", line.strip()) for line in lines)
    words.pop("", None)
    usable = [word for word in words if len({char.data for char in segments(word, Unit.CHAR)}) > 1]
    return usable, len(words) - len(usable)


COMMON_WORDS = 5000
"""How many words there are to choose from if no file of words is named."""


def common_words() -> list[str]:
    """Give frequent English words of 5 to 12 letters: the first of them in bert-base-uncased's vocabulary.

    Example: common_words()[:3] -> ["which", "first", "their"]
    """
    vocabulary = VOCABULARIES["bert-base-uncased"].path.read_text("utf-8")
    return re.findall(r"^[a-z]{5,12}$", vocabulary, re.MULTILINE)[:COMMON_WORDS]
