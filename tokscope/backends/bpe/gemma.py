"""`gemma` (`bpe:gemma`): Gemma's vocabulary, by which Google's LocalTokenizer counts for Gemini too.

It is a BPE of characters: every character in the vocabulary is one piece to begin with, and one that
is not there is its bytes. The engines merge bytes. So the ranks that ship put the bytes of a character
together before anything else: the first ranks are bytes, then beginnings of characters, then characters, then
the merges in their order. What is left of a character that is in no vocabulary is taken apart into bytes
again. A space is `▁` in the vocabulary, and a text's own `▁` is no other piece.

The ids are those of the model's tokenizer.json: `<table>` and other HTML, which have ids, are not looked for.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import itemgetter

from tokscope.backends.bpe.byte_level import BPE
from tokscope.engines.rank_merges import RankedPiece, merge_tokens
from tokscope.engines.ranks import MappedRanks, read_numbers
from tokscope.tokenizer import Census, Entry
from tokscope.vocabularies import Vocabulary
from tokscope.vocabularies.pad_token import pad_id

PREFIX_ONLY = 0xFFFFFFFF
"""In place of an id, for the beginning of a character."""


class Gemma(BPE):
    """Byte-level BPE whose ranks begin with characters, so that it is one of characters.

    Example: load("gemma").encode("Hello world").ids -> [9259, 1902]
    """

    def __init__(self, name: str, vocabulary: Vocabulary, *, special: bool) -> None:
        self._mapped = MappedRanks(vocabulary.path)
        super().__init__(
            name,
            self._mapped,
            vocabulary.pattern,
            vocabulary.vocab_size,
            added={**vocabulary.words, **vocabulary.special} if special else vocabulary.words,
            special=special,
            prefix=vocabulary.prefix if special else (),
        )
        self.pad_id = pad_id(vocabulary.special.get)
        self._unmatched = vocabulary.unmatched
        self._path = vocabulary.path.with_suffix(".ids")
        self._rare: dict[str, int] = {}  # a character: how many tokens more it is than an engine says

    @cached_property
    def _ids(self) -> array[int]:
        """The id of each rank."""
        return read_numbers(self._path)

    @cached_property
    def _bytes(self) -> Sequence[int]:
        """The id of each byte of a character that is in no vocabulary."""
        first = self._ids[0x80] - 0x80
        return range(first, first + 256)

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each of `texts`, the larger part of a batch on every core."""
        counts = super().count_all(texts)
        return [count + self._more(text) for count, text in zip(counts, texts, strict=True)]

    def _census(self, part: str, ids: Sequence[int]) -> Census:
        return super()._census(part, self._of_ranks(ids)[0])

    def _more(self, text: str) -> int:
        """Count by how many tokens the characters in no vocabulary exceed what an engine says."""
        if text.isascii():
            return 0
        more = 0
        for char in set(text):
            if char >= "\x80" and (each := self._rare_by(char)):
                more += each * text.count(char)
        return more

    def _rare_by(self, char: str) -> int:
        found = self._rare.get(char)
        if found is None:
            data = char.encode()
            whole = self._mapped.get(data) is not None or char == "▁"
            parts = (
                0
                if whole
                else len(merge_tokens([data[i : i + 1] for i in range(len(data))], self._mapped.get))
            )
            found = self._rare[char] = 0 if whole else len(data) - parts
        return found

    def vocabulary(self) -> Iterator[Entry]:
        """Give every token, including those that no text gives."""
        entries = [
            Entry(self._ids[rank], data, f"<0x{data[0]:02X}>" if len(data) == 1 and data[0] >= 0x80 else None)
            for data, rank in self._mapped.items()
            if self._ids[rank] != PREFIX_ONLY
        ]
        seen = {entry.id for entry in entries}
        entries += [
            Entry(self._bytes[byte], bytes([byte]), f"<0x{byte:02X}>")
            for byte in range(256)
            if self._bytes[byte] not in seen
        ]
        named = {**self._unmatched, **self._known}
        entries += [
            Entry(one, token.encode(), special=token not in self._unmatched and self._is_special(token))
            for token, one in named.items()
        ]
        entries.sort(key=itemgetter(0))
        return iter(entries)

    @cached_property
    def _tokens(self) -> Mapping[int, bytes]:
        return {entry.id: entry.data for entry in self.vocabulary()}

    def _of_ranks(self, ranks: Sequence[int], lengths: Sequence[int] = ()) -> RankedPiece:
        ids, of_rank = [], self._ids
        if PREFIX_ONLY not in (found := [of_rank[rank] for rank in ranks]):
            return found, list(lengths)
        sizes = []
        for rank, token_id in zip(ranks, found, strict=True):
            data = self._mapped.token(rank)
            if token_id == PREFIX_ONLY:
                ids += [self._bytes[byte] for byte in data]
                sizes += [1] * len(data)
            else:
                ids.append(token_id)
                sizes.append(len(data))
        return ids, sizes

    def _of_ids(self, ids: list[int]) -> RankedPiece:
        return self._of_ranks(ids, [len(self._lengths[rank]) for rank in ids])

    @cached_property
    def _lengths(self) -> dict[int, bytes]:
        return {rank: data for data, rank in self._mapped.items()}

    def _normal(self, text: str) -> str:
        return text.replace("▁", " ") if "▁" in text else text

    def _offsets_before_normal(self, text: str, offsets: Iterable[int]) -> list[int]:
        """Translate offsets into the text whose every `▁`, of three bytes, is a space, of one."""
        wide, at = [], 0
        for stretch in text.split("▁")[:-1]:
            at += len(stretch.encode()) + 1
            wide.append(at)  # after it, in the normalised text
        passed = 0
        found = []
        for offset in offsets:
            while passed < len(wide) and wide[passed] <= offset:
                passed += 1
            found.append(offset + 2 * passed)
        return found
