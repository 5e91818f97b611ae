"""What every engine works from: ranks, the bytes of ids, and the pattern that cuts a text into pieces."""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tokscope.files.small_files import read_bytes
from tokscope.vocabularies import VOCABULARIES

if TYPE_CHECKING:
    import regex


NO_KEY = 0xFFFFFFFF
"""In place of a key id, for a rank that no token has."""


class Ranks(Protocol):
    """The vocabulary of a byte-level BPE: a token's rank, which decides the order of merges.

    Example: MappedRanks(VOCABULARIES["o200k_base"].path), or a dict
    """

    def get(self, token: bytes, /) -> int | None:
        """Give the token's rank, None if there is no such token.

        Example: {b"a": 0}.get(b"a") -> 0
        """

    def items(self) -> Iterable[tuple[bytes, int]]:
        """Give every token and its rank.

        Example: list({b"a": 0}.items()) -> [(b"a", 0)]
        """


def read_numbers(path: Path) -> array[int]:
    """Read a file of little-endian numbers of 32 bits. Raises BrokenTokenizer.

    Example: len(read_numbers(FOLDER / "r50k_base.ranks")) -> 50256
    """
    found = array("I", read_bytes(path))
    if sys.byteorder == "big":
        found.byteswap()
    return found


class MappedRanks:
    """Ranks in a memory-mapped marisa trie and an array beside it.

    Example: MappedRanks(VOCABULARIES["o200k_base"].path).get(b"hello") -> 24912
    """

    def __init__(self, path: Path) -> None:
        import marisa_trie

        self._trie = marisa_trie.BinaryTrie().mmap(str(path))
        self._ranks = read_numbers(path.with_suffix(".ranks"))

    def get(self, token: bytes, /) -> int | None:
        """Give the token's rank, None if there is no such token.

        Example: MappedRanks(VOCABULARIES["o200k_base"].path).get(b" the") -> 290
        """
        key_id = self._trie.get(token)
        return None if key_id is None else self._ranks[key_id]

    def items(self) -> Iterable[tuple[bytes, int]]:
        """Give every token and its rank, in the order of their bytes.

        Example: len(list(MappedRanks(VOCABULARIES["gpt2"].path).items())) -> 50256
        """
        ranks = self._ranks
        return ((token, ranks[key_id]) for token, key_id in self._trie.iteritems())

    def token(self, rank: int) -> bytes:
        """Give the token that has a rank. Raises KeyError.

        Example: MappedRanks(VOCABULARIES["o200k_base"].path).token(24912) -> b"hello"
        """
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

    @property
    def known(self) -> bool:
        """Whether it is one that ships: of these it is known that `regex` cuts as the Rust libraries do.

        Example: Pattern(r"\\S+").known -> False
        """
        return any(self.text == shipped.pattern for shipped in VOCABULARIES.values())

    def pieces(self, text: str) -> list[str]:
        """Cut `text` into pieces.

        Example: Pattern(GPT2_PATTERN).pieces("Hello world") -> ["Hello", " world"]
        """
        if text.isascii() and self.ascii is not None:
            return self.ascii.findall(text)
        return self._unicode.findall(text)

    @cached_property
    def _unicode(self) -> regex.Pattern[str]:
        import regex

        return regex.compile(self.text, regex.V1)  # V1: sets as the Rust libraries read them

    @cached_property
    def ascii(self) -> re.Pattern[str] | None:
        """The pattern as `re` has it for text of ASCII; None where `re` cannot say it.

        Example: Pattern(r"\\p{N}+").ascii.findall("a12") -> ["12"]
        """
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
    "P": r"!-#%-*,-/:;?@\[-\]_{}",
    "S": r"$+<->\^`|~",
    **dict.fromkeys(("Lt", "Lm", "Lo", "M"), ""),
}
"""What of a Unicode category lies in ASCII."""


class TokenBytes(dict[int, bytes]):
    """The bytes of the ids of a byte-level BPE, each looked up once.

    Example: TokenBytes(MappedRanks(path), {}, 0)[13225] -> b"Hello"
    """

    def __init__(self, ranks: Ranks, added: Mapping[str, int], offset: int) -> None:
        super().__init__((token_id, token.encode()) for token, token_id in added.items())
        self._mapped = ranks if isinstance(ranks, MappedRanks) else None
        self._offset = offset
        if self._mapped is None:
            self.update((rank + offset, token) for token, rank in ranks.items())

    def __missing__(self, token_id: int) -> bytes:
        if self._mapped is None:
            raise KeyError(token_id)
        try:
            token = self[token_id] = self._mapped.token(token_id - self._offset)
        except KeyError:
            raise KeyError(token_id) from None
        return token
