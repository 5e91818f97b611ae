"""Split and Token: one text, cut into tokens.

The span contract, which every backend keeps and `tests/backends/test_contract.py` holds:

- `starts[i]` and `ends[i]` are byte offsets into the UTF-8 bytes of the original text, even where the
  tokenizer changed the text before cutting it (NFC, lower case, stripped accents);
- `0 <= starts[i] <= ends[i] <= starts[i + 1] <= len(source)`: ordered, in bounds, never overlapping;
- a gap between two tokens is text that the tokenizer dropped (WordPiece drops white space);
- a token of zero width stands for no bytes of the text (an added `[CLS]`, a `▁` put in front).

Offsets count bytes, not characters, because a byte-level token may hold part of a character.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple


class Token(NamedTuple):
    """One token of a Split.

    `start` and `end` are byte offsets, `data` the source bytes between them. `id` is its number in the
    vocabulary, None if the tokenizer has no ids. `label` is the token as its vocabulary or its tokenizer
    writes it ("##ing", "[CLS]", a lemma), None where that is the source text itself.

    Example: list(load("byte").encode("Hi"))[1] -> Token(start=1, end=2, data=b"i", id=105, label=None)
    """

    start: int
    end: int
    data: bytes
    id: int | None
    label: str | None


@dataclass(frozen=True, slots=True)
class Split:
    """One text cut into tokens, as parallel lists: no Token is made until it is asked for.

    Example: Split(b"Hi there", starts=[0, 2], ends=[2, 8]) holds the tokens b"Hi" and b" there"

    All lists have one entry per token; `ids` and `labels` are None if the tokenizer has none. `heat` is how
    uncertain a byte model was of each token's first byte, from 0 to 1, to colour the token by; None without
    such a model. `dropped` is how many characters the tokenizer left out because its vocabulary lacks them.
    """

    source: bytes
    starts: Sequence[int]
    ends: Sequence[int]
    ids: Sequence[int] | None = None
    labels: Sequence[str | None] | None = None
    heat: Sequence[float] | None = None
    dropped: int = 0

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[Token]:
        return map(self.__getitem__, range(len(self.starts)))

    def __getitem__(self, index: int) -> Token:
        start, end = self.starts[index], self.ends[index]
        return Token(
            start,
            end,
            self.source[start:end],
            None if self.ids is None else self.ids[index],
            None if self.labels is None else self.labels[index],
        )

    @classmethod
    def of_lengths(cls, source: bytes, lengths: Iterable[int], ids: Sequence[int] | None = None) -> Split:
        """Build the Split of tokens that follow each other without gaps, given their lengths in bytes.

        Example: Split.of_lengths(b"Hi there", [2, 6]).ends -> [2, 8]
        """
        bounds = list(accumulate(lengths, initial=0))
        return cls(source, bounds[:-1], bounds[1:], ids)

    @classmethod
    def of_characters(
        cls,
        text: str,
        spans: Iterable[tuple[int, int]],
        ids: Sequence[int] | None = None,
        labels: Sequence[str | None] | None = None,
    ) -> Split:
        """Build a Split from spans that count characters (code points) of `text`.

        Example: Split.of_characters("日本", [(0, 1), (1, 2)]).ends -> [3, 6]
        """
        offsets = byte_offsets(text)
        pairs = [(offsets[start], offsets[end]) for start, end in spans]
        return cls(text.encode(), [start for start, _ in pairs], [end for _, end in pairs], ids, labels)

    def partial(self) -> int:
        """Count the tokens that begin or end inside a character.

        Example: Split("日".encode(), [0, 1], [1, 3]).partial() -> 2
        """
        source = self.source
        if source.isascii():
            return 0
        return sum(
            end > start and (inside(source, start) or inside(source, end))
            for start, end in zip(self.starts, self.ends, strict=True)
        )


def inside(data: bytes, at: int) -> bool:
    """Tell whether a character of UTF-8 that began before byte `at` goes on there.

    Example: [inside("é!".encode(), at) for at in range(4)] -> [False, True, False, False]
    """
    return at < len(data) and data[at] & 0xC0 == 0x80


def mended(text: str) -> str:
    """Put U+FFFD in place of each lone surrogate, which is half a character, not text.

    Example: mended("cut \\ud83d off") -> "cut \\ufffd off"

    Two that make a pair become their character. So does tiktoken.
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def byte_offsets(text: str) -> Sequence[int]:
    """Give the offset in UTF-8 bytes of every character of `text`, and of its end.

    Example: byte_offsets("a日b") -> [0, 1, 4, 5], as an array
    """
    if text.isascii():
        return range(len(text) + 1)
    widths = (
        1 if char < "\x80" else 2 if char < "\u0800" else 3 if char < "\U00010000" else 4 for char in text
    )
    return array("Q", accumulate(widths, initial=0))


def differing(splits: Sequence[Split]) -> list[tuple[int, int]]:
    """Find the stretches, in bytes, that not all of these splits of one text cut alike.

    Example: for b"a bc" as a| bc and as a| b|c -> [(1, 4)]

    A stretch begins and ends where a token of every split ends. Where one begins makes no difference: what
    lies between two tokens was dropped.
    """
    edges = [{*split.ends} for split in splits]
    if not edges:
        return []
    source = splits[0].source
    shared = {at for at in set.intersection(*edges) if not inside(source, at)}
    common = sorted(shared | {0, len(source)})
    apart = sorted(set.union(*edges) - set(common))
    found: list[tuple[int, int]] = []
    i = 0
    for low, high in pairwise(common):
        while i < len(apart) and apart[i] <= low:
            i += 1
        if i < len(apart) and apart[i] < high:
            if found and found[-1][1] == low:
                found[-1] = (found[-1][0], high)
            else:
                found.append((low, high))
    return found
