"""Tokenizer: what every backend is."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from enum import StrEnum
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from tokscope.errors import UnknownId, Unsupported
from tokscope.split import Split, mended
from tokscope.text.cuts import Stretches
from tokscope.tokenizer.entries import Census, Entry, Framed

if TYPE_CHECKING:
    from tokscope.layout import Layout
    from tokscope.report.picture import Pixels
    from tokscope.report.trace import Trace

__all__ = ["MEDIA_KINDS", "Census", "Entry", "Framed", "Kind", "Tokenizer"]

LOOK = 16
"""How many characters a cut may look at on either side of it."""

Result = TypeVar("Result")


def _mending(method: Callable[[Any, str], Result]) -> Callable[[Any, str], Result]:
    @wraps(method)
    def of_mended(self: Any, text: str) -> Result:
        return method(self, mended(text))

    return of_mended


def _mending_where_needed(
    method: Callable[[Any, Sequence[str]], Result],
) -> Callable[[Any, Sequence[str]], Result]:
    """Look for surrogates only where a method stumbles over one: batches are large, and rarely have any."""

    @wraps(method)
    def of_mended(self: Any, texts: Sequence[str]) -> Result:
        try:
            return method(self, texts)
        except UnicodeEncodeError:
            return method(self, list(map(mended, texts)))

    return of_mended


def computed(compute: Callable[[Any], Result]) -> Result:
    """Make an attribute that is computed when it is first asked for, in place of one of Tokenizer's.

    Example: @computed above def vocab_size(self) -> int, where to know it takes a while
    """
    return cast(Result, cached_property(compute))


class Kind(StrEnum):
    """What a document is, told by its content.

    Example: Kind("sound") -> Kind.SOUND
    """

    TEXT = "text"
    PICTURE = "picture"
    SOUND = "sound"
    VIDEO = "video"
    PDF = "pdf"
    MOLECULES = "molecules"
    GRAPH = "graph"

    @property
    def several(self) -> str:
        """The word for more than one, where there is one.

        Example: Kind.GRAPH.several -> "graphs"; Kind.SOUND.several -> "sound"
        """
        if self is Kind.PDF:
            return "PDFs"
        return f"{self}s" if self in (Kind.PICTURE, Kind.GRAPH) else str(self)


MEDIA_KINDS = (Kind.PICTURE, Kind.SOUND, Kind.VIDEO, Kind.PDF)
"""The kinds of files that are not text and that some models take."""


STRUCTURES = frozenset((Kind.MOLECULES, Kind.GRAPH))
"""The kinds of documents that some tokenizers take in place of text."""


class Tokenizer(ABC):
    """Cuts text into tokens and counts them.

    Example: load("gpt-4o").count("Hello world") -> 2

    Text is ordinary text: what looks like a special token is cut like any other, unless the tokenizer was
    loaded with special=True. A lone surrogate is read as U+FFFD, and stands as that in a Split's source.
    """

    def __init_subclass__(cls) -> None:
        """Have each method that takes a text take one that `mended` has seen."""
        super().__init_subclass__()
        for name in ("encode", "count", "trace"):
            if name in vars(cls):
                setattr(cls, name, _mending(vars(cls)[name]))
        for name in ("count_all", "census", "ids_all"):
            if name in vars(cls):
                setattr(cls, name, _mending_where_needed(vars(cls)[name]))

    name: str
    """The canonical spec string, which loads this tokenizer again."""

    asked: str = ""
    """The name it was asked for, where that is another one: a model's, an alias."""

    takes: tuple[Kind, ...] = (Kind.TEXT,)
    """The kinds of document that it can cut."""

    vocab_size: int | None = None
    """How many ids there are, special tokens included; None where ids have no limit (words)."""

    exact: bool = True
    """Whether its ids and counts are those of the reference implementation, or an estimate."""

    note: str = ""
    """What is to be said of its figures, where they are an estimate: how it was made, what it holds for."""

    remarks: Sequence[str] = ()
    """What is to be said whenever it is used: which file of a folder was taken, and which were not."""

    added: int = 0
    """How many tokens its maker's API adds around a text; its counts leave them out."""

    cuts: bool = True
    """Whether it knows where it cuts; else it only counts, and encode() raises Unsupported."""

    stand_in: Tokenizer | None = None
    """The tokenizer whose tokens are about as long as its own, where it only counts and there is one."""

    unknown_id: int | None = None
    """The id that stands for text which the vocabulary cannot say, None where there is no such text."""

    cut: re.Pattern[str] | None = None
    """Where a text may be cut so that the counts of the pieces add up to the count of the whole.

    The pattern matches zero characters, and looks at LOOK characters on either side at most. None: only the
    whole text gives the right count.
    """

    stretches: Stretches | None = None
    """How it takes a long text apart itself, where it has no `cut`: only pieces of whole stretches add up."""

    whole: bool = False
    """Whether all its tokens are known and hold whole characters, so that their number says everything."""

    at_once: int = 1
    """How many calls of count_all are best made at a time, from as many threads, where a text is long."""

    unlabelled: bool = False
    """Whether no token of any text has a label."""

    lost: Set[str] = frozenset()
    """The characters that it dropped so far: its vocabulary cannot say them, nor that there was something."""

    pad_id: int | None = None
    """The id that fills up a text where a batch has longer ones; None where the vocabulary names none."""

    decodes_by_token: bool = False
    """Whether every id stands for bytes of its own, so that ids can be decoded as they come."""

    @property
    def shown(self) -> str:
        """What users see it called: the name that they asked for.

        Example: load("gpt-4o").shown -> "gpt-4o", where its name is "o200k_base"
        """
        return self.asked or self.name

    @property
    def takes_structures(self) -> bool:
        """Whether it takes molecules or graphs, and no text."""
        return not STRUCTURES.isdisjoint(self.takes)

    def require(self, kind: Kind) -> None:
        """Raise Unsupported where it cannot take a kind of document.

        Example: load("byte").require(Kind.SOUND) says "byte takes text, not sound; ..."
        """
        if kind not in self.takes:
            raise Unsupported(
                f"{self.shown} takes {', '.join(kind.several for kind in self.takes)}, not {kind.several}; "
                "leave it out, or name with -t a tokenizer that takes it"
            )

    @abstractmethod
    def encode(self, text: str) -> Split:
        """Cut `text` into tokens.

        Example: load("gpt-4o").encode("Hello world").ends -> [5, 11]
        """

    @abstractmethod
    def count(self, text: str) -> int:
        """Count the tokens of `text`: len(self.encode(text)), without building the Split.

        Example: load("gpt-4o").count("Hello world") -> 2
        """

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each of `texts`; a backend that can do so uses every core.

        Example: load("char").count_all(["a", "bc"]) -> [1, 2]
        """
        return [self.count(text) for text in texts]

    def ids_all(self, texts: Sequence[str]) -> list[Sequence[int]]:
        """Give the ids of each of `texts`, without spans where it can, and on every core.

        Example: load("gpt-4o").ids_all(["Hello world"]) -> [[13225, 2375]]

        Raises Unsupported where tokens have no ids.
        """
        found: list[Sequence[int]] = []
        for text in texts:
            ids = self.encode(text).ids
            if ids is None:
                raise self.no_ids()
            found.append(ids)
        return found

    def census(self, texts: Sequence[str]) -> list[Census]:
        """Count the tokens of each of `texts` by what they are, from ids and without spans where it can.

        Example: load("bert-base-uncased").census(["Hi 🦜"]) -> [Census(tokens=2, unknown=1)]
        """
        return (
            list(map(Census, self.count_all(texts)))
            if self.whole or not self.cuts
            else list(map(self._censused, texts))
        )

    def _censused(self, text: str) -> Census:
        split, unknown = self.encode(text), self.unknown_id
        unknowns = split.ids.count(unknown) if unknown is not None and split.ids is not None else 0
        return Census(len(split), unknowns, split.partial(), split.dropped)

    def layout(self, width: int, height: int) -> Layout | None:
        """Lay its cells over a picture of this size; None where it has none of its own.

        Example: load("vq:codes.npz").layout(640, 480).tokens -> 4860

        A model that is known by its rules alone has none: tokscope.media has them.
        """
        return None

    def encode_picture(self, picture: Pixels) -> Layout:
        """Cut a picture into tokens, with ids: as many as layout() says. Raises Unsupported.

        Example: load("vq:codes.npz").encode_picture(pixels).ids[:2] -> [17, 402]
        """
        raise Unsupported(f"{self.shown} has no ids of pictures; vq:FILE, of tokscope train vq, has")

    def expect(self, chars: int) -> None:
        """Say that about `chars` more characters will come, for a backend that has several engines.

        Example: load("gpt-4o").expect(1_000_000_000) has it count with the engine for that much
        """

    def decode(self, ids: Sequence[int]) -> bytes:
        """Give the text that `ids` stand for, in UTF-8.

        Example: load("gpt-4o").decode([13225, 2375]) -> b"Hello world"

        Bytes, because ids may end inside a character. Special tokens are written as they are spelled. It is
        the text that was encoded where the tokenizer keeps all of it, as byte-level BPE does. Raises
        Unsupported where tokens have no ids, and UnknownId for a number that is not an id.
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

    def special_tokens(self) -> Mapping[str, int]:
        """Give the special tokens as they are spelled, with their ids, the lowest first.

        Example: load("gpt2").special_tokens() -> {"<|endoftext|>": 50256}

        Raises Unsupported where there is no vocabulary.
        """
        special = (entry for entry in self.vocabulary() if entry.special)
        return {entry.data.decode("utf-8", "replace"): entry.id for entry in special}

    def frame(self, *, pair: bool = False) -> Sequence[Framed]:
        """Say what stands around a text, or a pair of them, as a model takes it.

        Example: load("bert-base-uncased", special=True).frame() -> [CLS], the text, [SEP]

        Raises Unsupported for a pair where none is known to be made.
        """
        if pair:
            raise Unsupported(
                f"{self.shown} says nothing about pairs of texts; bert-base-uncased, t5 and a "
                "tokenizer.json do"
            )
        return [Framed(None)]

    def merges_make(self, data: bytes) -> bool:
        """Say whether merging alone makes a token, or it is only found where a piece of text is just that.

        Example: load("qwen3.5").merges_make("加拿大".encode()) -> False: neither 拿大 nor 加拿 is a token

        True even where nothing is merged.
        """
        return True

    def no_ids(self) -> Unsupported:
        """Make the error for a tokenizer whose tokens have no ids, which names some that have.

        Example: load("word").no_ids() says "word has no ids; every BPE, ... vocabulary has (o200k_base, ...)"
        """
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
        """Make the error for `token_id`, one of the `ids` that decode was given.

        Example: str(load("byte").no_such_id([72, 256], 256)) -> "ids: 256 is not an id of byte (number 2 of
        the input)"
        """
        return UnknownId("ids", token_id, self.name, ids.index(token_id))

    def engines(self) -> Mapping[str, Callable[[Sequence[str]], list[int]]]:
        """Give the ways in which this tokenizer can count, for `tokscope bench`; most have only one.

        Example: list(load("gpt-4o").engines()) -> ["merges", "splintr", "toktok", "tiktoken"]
        """
        return {"own": self.count_all}


class CutsNoText(Tokenizer):
    """A tokenizer that only counts, or takes something other than text.

    Example: load("claude-opus-5").encode("Hi") raises Unsupported: "its tokens are not published, ..."
    """

    @abstractmethod
    def refusal(self) -> Unsupported:
        """Make the error that says why, and what to do instead.

        Example: load("vq:codes.npz").refusal() says "it takes pictures, not text; ..."
        """

    def encode(self, text: str) -> Split:
        """Refuse: raises Unsupported."""
        raise self.refusal()

    def count(self, text: str) -> int:
        """Refuse, where it does not count text either."""
        raise self.refusal()

    def trace(self, text: str) -> Trace:
        """Refuse, as encode() does."""
        raise self.refusal()
