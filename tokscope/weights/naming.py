"""Naming: which row is meant by a word, and which token a row belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from tokscope.errors import UsageError
from tokscope.tokenizer import Entry, Tokenizer
from tokscope.weights.tensors import Tensor


class Naming:
    """The tokens of a tokenizer as the rows of a matrix.

    Example: Naming(tokenizer, matrix).find(" king").id -> 5937

    Raises UsageError where the matrix has fewer rows than the tokenizer has ids: they do not belong together.
    """

    def __init__(self, tokenizer: Tokenizer, matrix: Tensor) -> None:
        self.tokenizer = tokenizer
        self._listed = list(tokenizer.vocabulary())
        belongs(tokenizer, max((entry.id for entry in self._listed), default=-1), matrix)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._listed)

    @cached_property
    def by_id(self) -> Mapping[int, Entry]:
        """The entry of each id."""
        return {entry.id: entry for entry in self._listed}

    @cached_property
    def _by_data(self) -> Mapping[bytes, Entry]:
        found: dict[bytes, Entry] = {}
        for entry in sorted(self._listed, key=lambda entry: entry.label is not None):
            found.setdefault(entry.data, entry)
        return found

    @cached_property
    def _by_label(self) -> Mapping[str, Entry]:
        return {entry.label: entry for entry in self._listed if entry.label is not None}

    def find(self, text: str) -> Entry:
        """Find the token that is `text`, by what it stands for or as its vocabulary writes it.

        Example: find(" king"), find("▁king"), find("##ing")

        Raises UsageError where it is not a token.
        """
        found = self._by_data.get(text.encode(errors="replace")) or self._by_label.get(text)
        if found is None:
            cut = " ".join(
                token.label or f"{token.data.decode(errors='replace')!r}"
                for token in self.tokenizer.encode(text)
            )
            raise UsageError(f"{text!r} is not one token of {self.tokenizer.shown}: it gives {cut or 'none'}")
        return found

    def word(self, word: str) -> Entry:
        """Find a word as it stands within a text: after a space where the vocabulary has it so.

        Example: word("king").data -> b" king"

        Raises UsageError where it is not a single token either way.
        """
        return self._by_data.get(f" {word}".encode(errors="replace")) or self.find(word)

    def words(self, words: str) -> Sequence[Entry]:
        """Find some words, with white space between two. Raises as word() does.

        Example: [entry.data for entry in words("king queen")] -> [b" king", b" queen"]
        """
        return [self.word(one) for one in words.split()]


def belongs(tokenizer: Tokenizer, last: int, matrix: Tensor) -> None:
    """Raise UsageError where a tokenizer's last id has no row in a model's matrix.

    Example: belongs(load("gpt2"), 50256, matrix), for a matrix of 50,257 rows
    """
    if last >= matrix.shape[0]:
        raise UsageError(
            f"{tokenizer.shown} has ids up to {last:,}, and {matrix.name} {matrix.shape[0]:,} rows: "
            "they do not belong to one model; name its tokenizer with -t"
        )
