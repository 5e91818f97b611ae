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

import re
import sys
import unicodedata
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import compress, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tokscope.errors import Unsupported

if TYPE_CHECKING:
    import regex

    from tokscope.native import Splintr, Tiktoken, Toktok

FEW = 500_000
"""How many characters a tokenizer cuts with Merges before a native engine is worth its start-up."""

MANY = 60_000_000
"""From how many characters on Toktok is faster than Splintr, its start-up included."""

EFFORT = 20_000_000
"""Squared bytes of the pieces that Merges may merge, about 0.3 s of work, before a native engine does."""

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


class Engines:
    """Every engine of one vocabulary, each started when it is first needed, and the choice among them.

    Example: Engines("o200k_base", ranks, pattern).ids("Hello world") -> [13225, 2375]

    `offset` is added to every rank to give an id. The native engines are imported when one is needed.
    """

    def __init__(self, name: str, ranks: Ranks, pattern: Pattern, offset: int = 0) -> None:
        self._name = name
        self._ranks = ranks
        self._pattern = pattern
        self._offset = offset
        self._seen = 0  # characters that came so far
        self._expected = 0  # characters that somebody said would come

    @cached_property
    def merges(self) -> Merges:
        """Textbook merges."""
        return Merges(self._ranks, self._pattern)

    @cached_property
    def splintr(self) -> Splintr:
        """splintr-rs. Raises KeyError where it has not the vocabulary."""
        from tokscope.native import Splintr

        return Splintr(self._name)

    @cached_property
    def toktok(self) -> Toktok:
        """toktok-rs. Raises KeyError where it has not the vocabulary."""
        from tokscope.native import Toktok

        return Toktok(self._name)

    @cached_property
    def tiktoken(self) -> Tiktoken:
        """tiktoken, which has every vocabulary."""
        from tokscope.native import Tiktoken

        return Tiktoken(self._ranks, self._pattern)

    def expect(self, chars: int) -> None:
        """Say that about so many more characters will come."""
        self._expected += chars

    def see(self, chars: int) -> None:
        """Say that so many characters have come, before they are cut or counted."""
        self._seen += chars

    def few(self, part: str) -> list[Piece] | None:
        """Cut a part with Merges, if few characters came so far and Merges takes it."""
        return self.merges.cut(part) if self._seen <= FEW and self.merges.takes(part) else None

    def count_all(self, parts: Sequence[str]) -> list[int]:
        """Count the tokens of each part with the native engine that is the fastest for all there is."""
        from tokscope.native import Splintr, Toktok

        fast: Splintr | Toktok | None = None
        if self._name in Toktok.VOCABULARIES and max(self._seen, self._expected) >= MANY:
            fast = self.toktok
        elif self._name in Splintr.VOCABULARIES:
            fast = self.splintr
        if fast is None:
            return self.tiktoken.count_all(parts)
        taken = [fast.takes(part) for part in parts]
        counts = iter(fast.count_all(list(compress(parts, taken))))
        return [
            next(counts) if take else self.tiktoken.count(part)
            for part, take in zip(parts, taken, strict=True)
        ]

    def ids(self, part: str) -> list[int]:
        """Give the ids of a part's tokens, by a native engine."""
        from tokscope.native import Splintr

        if self._name in Splintr.VOCABULARIES and self.splintr.takes(part):
            return self.splintr.ids(part)
        ranks = self.tiktoken.ids(part)
        return [rank + self._offset for rank in ranks] if self._offset else ranks

    def each(self) -> Mapping[str, Callable[[Sequence[str]], list[int]]]:
        """Give each engine that has the vocabulary by itself, whatever the size of the text."""
        from tokscope.native import Splintr, Toktok

        found: dict[str, Callable[[Sequence[str]], list[int]]] = {
            "merges": lambda texts: [self.merges.count(text) for text in texts]
        }
        if self._name in Splintr.VOCABULARIES:
            found["splintr"] = lambda texts: self.splintr.count_all(texts)
        if self._name in Toktok.VOCABULARIES:
            found["toktok"] = lambda texts: self.toktok.count_all(texts)
        found["tiktoken"] = lambda texts: self.tiktoken.count_all(texts)
        return found
