"""The engines that turn text into byte-level BPE tokens, and which one serves which text.

All give the same ids as tiktoken; they differ in what they cost to start and how fast they run then.
Measured with o200k_base, Python 3.11 (start-up; then on one core for each MB of prose and code):

    Merges     textbook merges over the memory-mapped vocabulary   0.01 s   0.25 s
    Splintr    splintr-rs, where it has the vocabulary             0.15 s   0.010 s
    Toktok     toktok-rs, where it has the vocabulary; counts only 0.35 s   0.005 s
    Tiktoken   tiktoken's Rust core, built from what ships         0.25 s   0.10 s

So a tokenizer begins with Merges and changes to a native engine once the text it was given, all in all,
has reached the size at which starting one pays: FEW characters. From MANY on, Toktok makes up for its start.
Tiktoken serves the vocabularies and the texts that the others do not.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tokscope.errors import Unsupported

if TYPE_CHECKING:
    import regex
    from splintr import AnyTokenizer
    from tiktoken import Encoding

FEW = 500_000
"""How many characters a tokenizer cuts with Merges before a native engine is worth its start-up."""

MANY = 60_000_000
"""From how many characters on Toktok is faster than Splintr, its start-up included."""

EFFORT = 20_000_000
"""Squared bytes of the pieces that Merges may merge, about 0.3 s of work, before a native engine does."""

LONG_RUN = 100_000
"""Characters in a row that are no letters or digits, from which on tiktoken's regex engine may give up.

It does from about 500,000 white-space characters on, and panics.
"""


NO_KEY = 0xFFFFFFFF
"""In place of a key id, for a rank that no token has."""


class Ranks(Protocol):
    """The vocabulary of a byte-level BPE: a token's rank, which decides the order of merges."""

    def get(self, token: bytes, /) -> int | None:
        """Give the token's rank, None if there is no such token."""

    def items(self) -> Iterable[tuple[bytes, int]]:
        """Give every token and its rank."""


class MappedRanks:
    """Ranks in a memory-mapped marisa trie and an array beside it.

    Example: MappedRanks(VOCABULARIES["o200k_base"].path).get(b"hello") -> 24912
    """

    def __init__(self, path: Path) -> None:
        import marisa_trie

        self._trie = marisa_trie.BinaryTrie().mmap(str(path))
        self._ranks = array("I", path.with_suffix(".ranks").read_bytes())
        if sys.byteorder == "big":
            self._ranks.byteswap()

    def get(self, token: bytes, /) -> int | None:
        """Give the token's rank, None if there is no such token."""
        key_id = self._trie.get(token)
        return None if key_id is None else self._ranks[key_id]

    def items(self) -> Iterable[tuple[bytes, int]]:
        """Give every token and its rank, in the order of their bytes."""
        ranks = self._ranks
        return ((token, ranks[key_id]) for token, key_id in self._trie.iteritems())

    def token(self, rank: int) -> bytes:
        """Give the token that has a rank. Raises KeyError."""
        if not 0 <= rank < len(self._key_ids) or self._key_ids[rank] == NO_KEY:
            raise KeyError(rank)
        token: bytes = self._trie.restore_key(self._key_ids[rank])
        return token

    @cached_property
    def _key_ids(self) -> array[int]:
        """The trie's key id of every rank."""
        found = array("I", [NO_KEY]) * (max(self._ranks) + 1)
        for key_id, rank in enumerate(self._ranks):
            found[rank] = key_id
        return found


class Pattern:
    """A split pattern: cuts text into the pieces that are merged.

    Example: Pattern(GPT2_PATTERN).pieces("Hello world") -> ["Hello", " world"]

    Text of ASCII alone is cut by the standard library's `re`, if it can say the pattern for ASCII; importing
    `regex` and compiling a pattern with it takes 0.01 s, a third of what a one-line count takes in all.
    """

    def __init__(self, pattern: str) -> None:
        self.text = pattern

    def pieces(self, text: str) -> list[str]:
        """Cut `text` into pieces."""
        if text.isascii() and self._ascii is not None:
            return self._ascii.findall(text)
        return self._unicode.findall(text)

    @cached_property
    def _unicode(self) -> regex.Pattern[str]:
        import regex

        return regex.compile(self.text, regex.V1)  # V1: sets as the Rust libraries read them

    @cached_property
    def _ascii(self) -> re.Pattern[str] | None:
        if "--" in self.text:  # `re` has no set difference
            return None
        depth = 0

        def spelled_out(match: re.Match[str]) -> str:
            nonlocal depth
            depth += {"[": 1, "[^": 1, "]": -1}.get(match[0], 0)
            if match[1] is None:
                return match[0]
            members = ASCII_MEMBERS[match[1]]
            return members if depth else f"[{members}]"

        return re.compile(re.sub(r"\\p\{(\w+)\}|\\.|\[\^?|\]", spelled_out, self.text), re.ASCII)


ASCII_MEMBERS = {
    "L": "A-Za-z",
    "Lu": "A-Z",
    "Ll": "a-z",
    "N": "0-9",
    **dict.fromkeys(("Lt", "Lm", "Lo", "M"), ""),
}
"""What of a Unicode category lies in ASCII."""


Piece = tuple[list[int], list[int]]
"""The tokens of a text or a part of one: their ranks, and their lengths in bytes."""


class Laborious(Exception):
    """A text has so many long pieces that are no tokens that a native engine should cut it."""


def merged(tokens: Sequence[bytes], rank: Callable[[bytes], int | None]) -> list[bytes]:
    """Merge neighbours as byte-pair encoding does: the lowest rank first, and the leftmost of equals.

    Example: merged([b"a", b"b", b"c"], {b"bc": 0}.get) -> [b"a", b"bc"]
    """
    parts = list(tokens)
    # pairs[i] is the rank of what parts[i] and parts[i + 1] would merge to
    pairs = [rank(left + right) for left, right in pairwise(parts)]
    while ranked := [one for one in pairs if one is not None]:
        i = pairs.index(min(ranked))
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
        del pairs[i]
        if i > 0:
            pairs[i - 1] = rank(parts[i - 1] + parts[i])
        if i < len(pairs):
            pairs[i] = rank(parts[i] + parts[i + 1])
    return parts


class Merges(dict[str, Piece]):
    """Byte-pair encoding as the textbook has it, remembering every piece that it has cut.

    The merge with the lowest rank goes first, and the leftmost of equals (Sennrich et al. 2016,
    arXiv:1508.07909, with the ranks of tiktoken as priorities).
    """

    def __init__(self, ranks: Ranks, pattern: Pattern) -> None:
        self._ranks = ranks
        self._pattern = pattern
        self._effort = 0

    def takes(self, text: str) -> bool:
        """Tell whether the split pattern means the same here and in tiktoken for every character of `text`.

        `regex` knows a later Unicode than the Rust libraries do. A character that Python already knew has
        kept its category in all of them, but for U+0295, which has been a lower-case letter and an "other".
        """
        category = unicodedata.category
        return text.isascii() or all(category(char) != "Cn" and char != "\u0295" for char in set(text))

    def __missing__(self, piece: str) -> Piece:
        data = piece.encode()
        rank = self._ranks.get(data)
        cut = ([rank], [len(data)]) if rank is not None else self._merge(data)
        self[piece] = cut
        return cut

    def _merge(self, data: bytes) -> Piece:
        self._effort += len(data) ** 2
        if self._effort > EFFORT:
            raise Laborious
        parts = merged([data[i : i + 1] for i in range(len(data))], self._ranks.get)
        return [self._ranks.get(part) for part in parts], [len(part) for part in parts]  # type: ignore[misc]  # every byte is a token

    def count(self, text: str) -> int:
        """Count the tokens of `text`. Raises Unsupported where that is too much for textbook merging."""
        pieces = self.cut(text)
        if pieces is None:
            raise Unsupported("merges: too much of the text is in long pieces that are no tokens")
        return sum(len(ids) for ids, _ in pieces)

    def cut(self, text: str) -> list[Piece] | None:
        """Cut `text` into pieces and those into tokens; None if that is too much for textbook merging."""
        try:
            return [self[piece] for piece in self._pattern.pieces(text)]
        except Laborious:
            return None


class Tiktoken:
    """tiktoken's own engine over any ranks, kept from the texts on which it panics."""

    def __init__(self, ranks: Ranks, pattern: Pattern) -> None:
        import tiktoken

        mergeable = dict(ranks.items())
        self._pattern = pattern
        self._encoding: Encoding = tiktoken.Encoding(
            "tokscope", pat_str=pattern.text, mergeable_ranks=mergeable, special_tokens={}
        )

    def ids(self, text: str) -> list[int]:
        """Give the ranks of the tokens of `text`."""
        if not any(len(run) >= LONG_RUN for run in re.findall(r"\W{1000,}", text)):
            return self._encoding.encode_ordinary(text)
        single = self._encoding._core_bpe.encode_single_piece
        ids: list[int] = []
        at = 0
        for piece in self._pattern.pieces(known_to_both(text)):
            ids += single(text[at : at + len(piece)].encode())
            at += len(piece)
        return ids

    def count(self, text: str) -> int:
        """Count the tokens of `text`."""
        return len(self.ids(text))

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, on all cores."""
        if len(texts) == 1:
            return [self.count(texts[0])]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(os.cpu_count()) as pool:  # the engine lets go of the interpreter's lock
            return list(pool.map(self.count, texts))


STAND_INS = {
    "Lu": "A",
    "Ll": "a",
    "Lt": "ǅ",
    "Lm": "ʰ",
    "Lo": "ƻ",
    "M": "\u0301",
    "N": "²",
    "P": "—",
    "S": "€",
}
"""A character of each category that the split patterns name."""


def known_to_both(text: str) -> str:
    """Put another character of its category, as Rust sees it, for each that `regex` may see otherwise.

    Example: known_to_both("a\u0295") -> "aa", for to Rust's Unicode 16 U+0295 is a lower-case letter

    A split pattern then cuts the result where tiktoken cuts `text`. What Rust knows no category of becomes
    U+0378, which has none anywhere.
    """
    strange = {char for char in set(text) if unicodedata.category(char) == "Cn" or char == "\u0295"}
    if not strange:
        return text
    import tiktoken

    bytes_only = {bytes([byte]): byte for byte in range(256)}
    table = dict.fromkeys(map(ord, strange), "\u0378")
    for category, stand_in in STAND_INS.items():
        rust = tiktoken.Encoding(
            category, pat_str=rf"\p{{{category}}}", mergeable_ranks=bytes_only, special_tokens={}
        )
        found = bytes(rust.encode_ordinary("".join(strange))).decode()
        table |= dict.fromkeys(map(ord, found), stand_in)
    return text.translate(table)


class Splintr:
    """splintr-rs: the vocabularies that it has compiled in, ready to use where they lie in memory."""

    VOCABULARIES: Mapping[str, str] = {
        "cl100k_base": "cl100k_base",
        "o200k_base": "o200k_base",
        "o200k_harmony": "gpt-oss",
        "qwen2.5": "qwen3",
        "deepseek": "deepseek_v3",
        "tekken": "mistral_v3",
    }
    """Ours -> its own."""

    def __init__(self, name: str) -> None:
        self._tokenizer = _splintr(self.VOCABULARIES[name])
        # What encode_batch_flat takes for special tokens, some of them splintr's own; no other call uses
        # every core.
        self._special = tuple(self._tokenizer.special_tokens())
        self._starts = {token[:2] for token in self._special}

    def takes(self, text: str) -> bool:
        """Tell whether its ids are tiktoken's: they are, but where an apostrophe and a long s stand.

        To o200k's pattern these two are a contraction, as 's is; splintr 0.22 does not always see it.
        """
        return "'\u017f" not in text

    def ids(self, text: str) -> list[int]:
        """Give the ids of the tokens of `text`: a rank and the vocabulary's offset."""
        return self._tokenizer.encode_ordinary(text)

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, on all cores. Raises Unsupported for one that it does not take."""
        if not all(map(self.takes, texts)):
            raise Unsupported("splintr: it may miss the contraction of an apostrophe and a long s")
        ordinary = [not self._spells_special(text) for text in texts]
        _, offsets = self._tokenizer.encode_batch_flat(
            [text for text, plain in zip(texts, ordinary, strict=True) if plain]
        )
        counts = (end - start for start, end in pairwise(memoryview(offsets).cast("Q")))
        return [
            next(counts) if plain else len(self.ids(text))
            for text, plain in zip(texts, ordinary, strict=True)
        ]

    def _spells_special(self, text: str) -> bool:
        # A search for two characters is quick; only where it finds some are all the tokens looked for.
        return any(start in text for start in self._starts) and any(token in text for token in self._special)


@cache
def _splintr(name: str) -> AnyTokenizer:
    """Load one of splintr's vocabularies, once for all tokenizers: what it merges with is slow to make."""
    import splintr

    return splintr.Tokenizer.from_pretrained(name)


class Toktok:
    """toktok-rs: the vocabularies that it has compiled in, counted without making ids."""

    VOCABULARIES: Mapping[str, str] = {
        "cl100k_base": "cl100k_base",
        "o200k_base": "o200k_base",
        "o200k_harmony": "o200k_base",
    }
    """Ours -> its own. Not its qwen3.5, which splits by Qwen2's pattern."""

    def __init__(self, name: str) -> None:
        import toktok

        self._name = self.VOCABULARIES[name]
        self._count: Callable[..., list[int]] = toktok.batch_count

    def takes(self, text: str) -> bool:
        """Tell whether its counts are tiktoken's; all of them are."""
        return True

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, on all cores."""
        return self._count(texts, self._name)
