"""Tokenizer: what every backend is."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

from tokscope.split import Split

WORD = re.compile(r"(?<=[A-Za-z0-9])(?=[ \t\r\n])")
"""A cut between a letter or digit and white space, both of ASCII, see Tokenizer.cut."""

LINE_OR_WORD = re.compile(rf"(?<=\n)(?=[^\W\d_])|{WORD.pattern}")
"""A cut there, or after a newline that a letter follows."""


class Tokenizer(ABC):
    """Cuts text into tokens and counts them.

    Example: load("gpt-4o").count("Hello world") -> 2

    `text` is a str that holds no lone surrogates. It is ordinary text: what looks like a special token is
    cut like any other text, unless the tokenizer was loaded with special=True.
    """

    name: str
    """The canonical spec string, which loads this tokenizer again."""

    asked: str = ""
    """The name it was asked for, where that is another one: a model's, an alias."""

    vocab_size: int | None = None
    """How many ids there are, special tokens included; None where ids have no limit (words)."""

    exact: bool = True
    """Whether its ids and counts are those of the reference implementation, or an estimate."""

    unknown_id: int | None = None
    """The id that stands for text which the vocabulary cannot say, None where there is no such text."""

    cut: re.Pattern[str] | None = None
    """Where a text may be cut so that the counts of the pieces add up to the count of the whole.

    The pattern matches zero characters. None: only the whole text gives the right count.
    """

    @abstractmethod
    def encode(self, text: str) -> Split:
        """Cut `text` into tokens."""

    @abstractmethod
    def count(self, text: str) -> int:
        """Count the tokens of `text`: len(self.encode(text)), without building the Split."""

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each of `texts`; a backend that can do so uses every core.

        Example: load("char").count_all(["a", "bc"]) -> [1, 2]
        """
        return [self.count(text) for text in texts]

    def engines(self) -> Mapping[str, Callable[[Sequence[str]], list[int]]]:
        """Give the ways in which this tokenizer can count, for `tokscope bench`; most have only one."""
        return {"own": self.count_all}
