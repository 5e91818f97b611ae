"""Exercises in the letters of words, with their answers."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
    REPLACE = "replace"


class TaskStyle(StrEnum):
    """Which exercises are made.

    Example: list(MAKERS[TaskStyle.STUDY]) -> reverse, count, index and replace

    BALANCED ones swap two letters, count positions from 1, and have all answers to a count about as often.
    STUDY ones follow the rules of a study that is not identified: the letter to count is the most frequent
    one of a word that repeats a letter, positions count from 0, and the first of a letter is replaced by
    another.
    """

    BALANCED = "balanced"
    STUDY = "study"


class Task(NamedTuple):
    """An exercise in the letters of a word, with its answer.

    Example: Task(TaskKind.REVERSE, "abc", 'Write the word "abc" backwards. ...', "cba")

    `letter` is the one to count, find or replace; `by` is what replaces it; `positions` are those of the
    letters to swap, from 1.
    """

    kind: TaskKind
    word: str
    prompt: str
    answer: str
    letter: str | None = None
    positions: tuple[int, int] | None = None
    by: str | None = None


def tasks(
    words: Sequence[str], number: int, seed: int, style: TaskStyle = TaskStyle.BALANCED
) -> Iterator[Task]:
    """Make exercises of the four kinds of a style in turn, each word at most once for each kind.

    Example: next(tasks(["abc"], 1, seed=0)).answer -> "cba"

    The same seed gives the same exercises in every version of Python; a larger number only adds some.
    Counting and finding letters are also tasks of CharBench (Uzan and Pinter 2025, arXiv:2508.02591). Each
    word must have two different letters. Raises UsageError if there are too few words.
    """
    makers = MAKERS[style]
    repeating = [word for word in words if max(Counter(_letters_of(word)).values()) > 1]
    study = style is TaskStyle.STUDY
    pools = [repeating if study and kind is TaskKind.COUNT else words for kind in makers]
    most = min(len(makers) * len(pool) + i for i, pool in enumerate(pools))
    if number > most:
        raise UsageError(f"--tasks {number}: {len(words):,} words make {most:,}; more need --words FILE")
    random = Random(seed)
    orders = [_shuffled(pool, random) for pool in pools]
    alphabet = sorted({letter for word in words for letter in _letters_of(word)})
    for i in range(number):
        kind = list(makers)[i % len(makers)]
        yield makers[kind](orders[i % len(makers)][i // len(makers)], alphabet, random)


def _letters_of(word: str) -> list[str]:
    return [char.data.decode() for char in segments(word, Unit.CHAR)]


def _reverse(word: str, alphabet: Sequence[str], random: Random) -> Task:
    prompt = f'Write the word "{word}" backwards. Answer with the result only.'
    return Task(TaskKind.REVERSE, word, prompt, "".join(reversed(_letters_of(word))))


def _swap(word: str, alphabet: Sequence[str], random: Random) -> Task:
    letters = _letters_of(word)
    first = _pick(range(len(letters)), random)
    second = _pick([i for i, letter in enumerate(letters) if letter != letters[first]], random)
    first, second = sorted((first, second))
    prompt = (
        f'Swap the letters at positions {first + 1} and {second + 1} of the word "{word}". '
        "The first letter is at position 1. Answer with the result only."
    )
    letters[first], letters[second] = letters[second], letters[first]
    return Task(TaskKind.SWAP, word, prompt, "".join(letters), positions=(first + 1, second + 1))


def _counting_task(word: str, alphabet: Sequence[str], random: Random) -> Task:
    """Ask for any answer as often as for another, or "1" would be right for three words in four."""
    letters = _letters_of(word)
    wanted = _pick(sorted({letters.count(letter) for letter in alphabet}), random)
    return _counting(word, _pick([one for one in alphabet if letters.count(one) == wanted], random))


def _count_most_frequent(word: str, alphabet: Sequence[str], random: Random) -> Task:
    """Ask for the most frequent letter; of several the first."""
    return _counting(word, Counter(_letters_of(word)).most_common(1)[0][0])


def _counting(word: str, letter: str) -> Task:
    prompt = f'How often does the letter "{letter}" occur in the word "{word}"? Answer with the number only.'
    return Task(TaskKind.COUNT, word, prompt, str(_letters_of(word).count(letter)), letter)


def _index(first: int) -> TaskMaker:
    """Ask for the position of the first of a letter, where the first position of all is `first`."""

    def make(word: str, alphabet: Sequence[str], random: Random) -> Task:
        letters = _letters_of(word)
        letter = _pick(letters, random)
        prompt = (
            f'At which position in the word "{word}" does the letter "{letter}" first occur? '
            f"The first letter of a word is at position {first}. Answer with the number only."
        )
        return Task(TaskKind.INDEX, word, prompt, str(letters.index(letter) + first), letter)

    return make


def _replace(word: str, alphabet: Sequence[str], random: Random) -> Task:
    letters = _letters_of(word)
    letter = _pick(letters, random)
    by = _pick([one for one in alphabet if one != letter], random)
    prompt = (
        f'Replace the first letter "{letter}" of the word "{word}" with "{by}". Answer with the result only.'
    )
    letters[letters.index(letter)] = by
    return Task(TaskKind.REPLACE, word, prompt, "".join(letters), letter, by=by)


TaskMaker = Callable[[str, Sequence[str], Random], Task]
"""A word, the letters of all words and what decides -> an exercise."""

MAKERS: Mapping[TaskStyle, Mapping[TaskKind, TaskMaker]] = {
    TaskStyle.BALANCED: {
        TaskKind.REVERSE: _reverse,
        TaskKind.COUNT: _counting_task,
        TaskKind.INDEX: _index(1),
        TaskKind.SWAP: _swap,
    },
    TaskStyle.STUDY: {
        TaskKind.REVERSE: _reverse,
        TaskKind.COUNT: _count_most_frequent,
        TaskKind.INDEX: _index(0),
        TaskKind.REPLACE: _replace,
    },
}
"""How the exercises of each style are made, in their order."""


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
