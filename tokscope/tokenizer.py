"""Tokenizer: what every backend is."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from tokscope.errors import UnknownId, Unsupported
from tokscope.split import Split

if TYPE_CHECKING:
    from tokscope.report.trace import Trace


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

    note: str = ""
    """What is to be said of its figures, where they are an estimate: how it was made, what it holds for."""

    unknown_id: int | None = None
    """The id that stands for text which the vocabulary cannot say, None where there is no such text."""

    cut: re.Pattern[str] | None = None
    """Where a text may be cut so that the counts of the pieces add up to the count of the whole.

    The pattern matches zero characters. None: only the whole text gives the right count.
    """

    decodes_by_token: bool = False
    """Whether every id stands for bytes of its own, so that ids can be decoded as they come."""

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

    def expect(self, chars: int) -> None:  # noqa: B027  # most have no use for it
        """Say that about so many more characters will come, for a backend that has several engines."""

    def decode(self, ids: Sequence[int]) -> bytes:
        """Give the text that `ids` stand for, in UTF-8.

        Example: load("gpt-4o").decode([13225, 2375]) -> b"Hello world"

        Bytes, because ids may end inside a character. Special tokens are written as they are spelled. It is
        the text that was encoded where the tokenizer keeps all of it, as byte-level BPE does. Raises
        Unsupported where tokens have no ids, and UnknownId for a number that is no id.
        """
        raise self.no_ids()

    def vocabulary(self) -> Iterator[Entry]:
        """Give what each id stands for, special tokens included, in the order of ids.

        Example: next(load("gpt-4o").vocabulary()) -> Entry(id=0, data=b"!", label=None, special=False)

        Raises Unsupported where there is no vocabulary.
        """
        raise Unsupported(
            f"{self.name} has no vocabulary to list; every BPE, WordPiece and SentencePiece tokenizer has "
            "(o200k_base, bert-base-uncased, t5), and so has byte"
        )

    def no_ids(self) -> Unsupported:
        """Make the error for a tokenizer whose tokens have no ids, which names some that have."""
        return Unsupported(
            f"{self.name} has no ids; every BPE, WordPiece and SentencePiece vocabulary has "
            "(o200k_base, bert-base-uncased, t5), and so have byte and char:codepoint"
        )

    def trace(self, text: str) -> Trace:
        """Say step by step why `text` is cut where it is.

        Example: [step.stage for step in load("gpt-4o").trace("Hello").steps] ->
        ["normalization", "pre-tokenization", "merges", "ids"]

        The last step's tokens are those of encode. Raises Unsupported where the tokenizer cannot say.
        """
        raise Unsupported(
            f"{self.name} cannot be traced; every tokenizer that comes with tokscope can "
            "(o200k_base, bert-base-uncased, t5, jieba)"
        )

    def no_such_id(self, ids: Sequence[int], token_id: int) -> UnknownId:
        """Make the error for `token_id`, one of the `ids` that decode was given."""
        return UnknownId("ids", token_id, self.name, ids.index(token_id))

    def engines(self) -> Mapping[str, Callable[[Sequence[str]], list[int]]]:
        """Give the ways in which this tokenizer can count, for `tokscope bench`; most have only one."""
        return {"own": self.count_all}


SPECIAL, PARTIAL = "Special", "Partial"
"""In place of the script of tokens that have none."""


class Entry(NamedTuple):
    """One token of a vocabulary.

    Example: Entry(8, b" the", label="▁the")

    `data` is what the token stands for in a text, in bytes of UTF-8, where it may hold a part of a character:
    `##ing` stands for b"ing", `▁the` for b" the", `<0xE6>` for b"\\xe6", and a special token for its own
    spelling. `label` is the token as its vocabulary writes it, None where that is `data` itself.
    """

    id: int
    data: bytes
    label: str | None = None
    special: bool = False

    @property
    def text(self) -> str | None:
        """What it stands for as text, None where its bytes are no whole characters."""
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            return None

    @property
    def script(self) -> str:
        """The script of its letters (see script_of); SPECIAL, or PARTIAL where its bytes are no whole text.

        Example: Entry(1, b" the").script -> "Latin"; Entry(2, b"\\xe6").script -> "Partial"
        """
        if self.special:
            return SPECIAL
        from tokscope.text.scripts import script_of

        return PARTIAL if self.text is None else script_of(self.text)


class Spec(NamedTuple):
    """A tokenizer as it was asked for.

    Example: Spec.parse("word:stem?lang=german").options -> {"lang": "german"}

    `special` asks for the tokenizer's own special tokens: those it puts around a text are added, and text
    that spells one counts as that one token.
    """

    name: str
    argument: str = ""
    options: Mapping[str, str] = MappingProxyType({})
    special: bool = False

    @classmethod
    def parse(cls, text: str, *, special: bool = False) -> Spec:
        """Take a spec string apart; any string is one, whether or not a tokenizer goes by it."""
        head, _, query = text.partition("?")
        name, _, argument = head.partition(":")
        pairs = (pair.partition("=") for pair in query.split("&") if pair)
        return cls(name, argument, {key: value for key, _, value in pairs}, special)

    def __str__(self) -> str:
        head = f"{self.name}:{self.argument}" if self.argument else self.name
        query = "&".join(f"{key}={value}" for key, value in self.options.items())
        return f"{head}?{query}" if query else head
