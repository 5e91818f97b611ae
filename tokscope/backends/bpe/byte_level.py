"""Byte-level BPE over any ranks: those of vocabularies that ship, of .tiktoken files, of a tekken.json.

The source of the algorithm: Sennrich et al. 2016 (arXiv:1508.07909) on bytes, as in GPT-2 and tiktoken: a
pattern cuts text into pieces, and in each piece the pair of neighbours with the lowest rank is merged until
no pair has one.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain, groupby
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING

from tokscope.engines.choice import Engines
from tokscope.engines.rank_merges import RankedPiece, merge_tokens
from tokscope.engines.ranks import Pattern, Ranks, TokenBytes
from tokscope.split import Split
from tokscope.text.cuts import LINE_OR_WORD, WORD_CUT, Stretches
from tokscope.text.sought import Sought
from tokscope.tokenizer import Census, Framed, Tokenizer
from tokscope.vocabularies import VOCABULARIES
from tokscope.vocabularies.patterns import GPT2_PATTERN

if TYPE_CHECKING:
    from tokscope.report.trace import Grown, Step, Trace
    from tokscope.tokenizer import Entry
    from tokscope.vocabularies.spelling import Partial


class BPE(Tokenizer):
    """Byte-level BPE over any ranks.

    Example: load("gpt-4o").encode("Hello world").ids -> [13225, 2375]

    `added` maps tokens that are found whole in the text, before anything else is done, to their ids: words
    that were added to the vocabulary, and with `special` its special tokens too. `prefix` are those of them
    that are put before every text. `offset` is added to every rank. `named` are added tokens that have ids
    and are not looked for.
    """

    at_once = 2

    def __init__(
        self,
        name: str,
        ranks: Ranks,
        pattern: str,
        vocab_size: int,
        *,
        added: Mapping[str, int] = MappingProxyType({}),
        special: bool = False,
        prefix: Sequence[str] = (),
        offset: int = 0,
        nfc: bool = False,
        named: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self.name = name
        self.vocab_size = vocab_size
        self._ranks = ranks
        self._pattern = Pattern(pattern)
        self._added = added
        self._sought = Sought(added)
        self._special = special
        self._prefix = prefix
        self.unlabelled = not prefix
        self._offset = offset
        self._nfc = nfc
        self._named = {**named, **added}
        self._engines = Engines(name, ranks, self._pattern, offset)
        if not prefix and self._pattern.known:
            # A cut is safe where no match spans it and none before it looks across it. The patterns differ
            # only in classes, so that the same holds for all of them:
            # - Between a letter or digit and white space (WORD_CUT): inside one alternative a letter or digit
            #   is followed by letters, marks, digits or an apostrophe, never by white space, which stands
            #   only at the start of an alternative. Both that look ahead, \s+(?!\S) and \s++$, begin with it.
            # - Between a newline and a letter (LINE): a newline is followed by white space, or by "/" in
            #   o200k's and tekken's, never by a letter: a letter's prefix, [^\r\n..]?, is not a newline.
            #   White space before the newline is taken by \s*[\r\n]+ (or cl100k's \s++$, at the end of a
            #   piece the same run) before \s+(?!\S) is asked. GPT-2's has no such alternative: it cuts "\n\n"
            #   in two before a letter, and does not at the end of a text. There only WORD_CUT is safe.
            # NFC joins neither white space nor a newline to anything, and added tokens hold neither.
            self.cut = WORD_CUT if pattern == GPT2_PATTERN else LINE_OR_WORD

    @cached_property
    def _added_pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self._added, key=len, reverse=True)
        return re.compile(f"({'|'.join(map(re.escape, longest_first))})")

    def expect(self, chars: int) -> None:
        """Choose the engine for `chars` more characters."""
        self._engines.expect(chars)

    def count(self, text: str) -> int:
        """Count the tokens of `text`.

        Example: load("o200k_base").count("Hello world") -> 2
        """
        return self.count_all([text])[0]

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each of `texts`, the larger part of a batch on every core."""
        counts = [len(self._prefix)] * len(texts)
        self._engines.see(sum(map(len, texts)))
        plain = self._plain(texts)
        if all(plain) and not self._prefix:  # as most batches are
            return self._engines.count_all(texts)
        left = [(i, text) for i, text in enumerate(texts) if plain[i]]
        left += self._left([(i, text) for i, text in enumerate(texts) if not plain[i]], counts)
        if left:
            for (i, _), count in zip(left, self._engines.count_all([part for _, part in left]), strict=True):
                counts[i] += count
        return counts

    def _plain(self, texts: Sequence[str]) -> list[bool]:
        """Tell which texts go to a native engine as they are: nothing is found in them, nothing changed."""
        own = type(self)._parts is not BPE._parts or type(self)._normal is not BPE._normal
        if own or not self._engines.many:
            return [False] * len(texts)
        maybe = self._sought.maybe_in(texts)
        changed = self._nfc
        return [
            not (found or (changed and not text.isascii())) for text, found in zip(texts, maybe, strict=True)
        ]

    def _left(self, texts: Iterable[tuple[int, str]], counts: list[int]) -> list[tuple[int, str]]:
        """Give the parts that a native engine has to count, with the texts they are of; count the others."""
        left: list[tuple[int, str]] = []
        for i, text in texts:
            for number, stretch in enumerate(self._stretches(text)):
                parts = [(stretch, 0)] if number % 2 else self._parts(self._normal(stretch))
                for part, token_id in parts:
                    if token_id is not None:
                        counts[i] += 1
                    elif (pieces := self._engines.few(part)) is not None:
                        counts[i] += sum(len(ids) for ids, _ in pieces)
                    else:
                        left.append((i, part))
        return left

    def census(self, texts: Sequence[str]) -> list[Census]:
        """Count the tokens of each of `texts`, and of them those whose bytes are not whole characters.

        No token is unknown, and a token of ASCII is none of those, so that text of ASCII alone has none.
        """
        found = [Census(len(self._prefix))] * len(texts)
        self._engines.see(sum(map(len, texts)))
        left: list[tuple[int, str]] = []
        for i, text in enumerate(texts):
            for number, stretch in enumerate(self._stretches(text)):
                parts = [(stretch, 0)] if number % 2 else self._parts(self._normal(stretch))
                for part, token_id in parts:
                    if token_id is not None:
                        found[i] = found[i].plus(Census(1))
                    elif (pieces := self._engines.few(part)) is not None:
                        ids = [rank + self._offset for ranks, _ in pieces for rank in ranks]
                        found[i] = found[i].plus(self._census(part, ids))
                    else:
                        left += ((i, apart) for apart in self._ascii_apart(part))
        for (i, part), made in zip(left, self._engines.ids_all([part for _, part in left]), strict=True):
            found[i] = found[i].plus(self._census(part, made))
        return found

    def ids_all(self, texts: Sequence[str]) -> list[Sequence[int]]:
        """Give the ids of each of `texts`, those of texts that hold no added token as the engine has them."""
        self._engines.see(sum(map(len, texts)))
        prefix = [self._added[token] for token in self._prefix]
        found: list[list[Sequence[int]]] = [[prefix] if prefix else [] for _ in texts]
        left: list[tuple[int, int, str]] = []  # of which text, which of its pieces, and the part
        plain = self._plain(texts)
        if all(plain) and not prefix and type(self)._of_ids is BPE._of_ids:  # as most batches are
            return self._engines.ids_all(texts)
        for i, text in enumerate(texts):
            if plain[i]:
                left.append((i, len(found[i]), text))
                found[i].append(())
                continue
            for number, stretch in enumerate(self._stretches(text)):
                whole = [(stretch, self._added.get(stretch))] if number % 2 else None
                for part, token_id in whole or self._parts(self._normal(stretch)):
                    if token_id is None and part and self._engines.few(part) is None:
                        left.append((i, len(found[i]), part))
                        found[i].append(())
                    elif part:
                        found[i].append(self._encode(part, token_id)[0])
        made = self._engines.ids_all([part for _, _, part in left])
        for (i, place, _), ids in zip(left, made, strict=True):
            found[i][place] = ids if type(self)._of_ids is BPE._of_ids else self._of_ids(list(ids))[0]
        return [one[0] if len(one) == 1 else list(chain.from_iterable(one)) for one in found]

    def _ascii_apart(self, part: str) -> Iterator[str]:
        """Cut a part so that what is ASCII stands alone, or with a few words: its ids need no look."""
        if part.isascii() or self.cut is None:
            return iter([part])
        few_words = Stretches(self.cut, 200).parts(part)
        return ("".join(alike) for _, alike in groupby(few_words, str.isascii))

    def _census(self, part: str, ids: Sequence[int]) -> Census:
        if part.isascii():
            return Census(len(ids))
        partial = self._partial
        return Census(len(ids), partial=sum(n for token_id, n in Counter(ids).items() if partial[token_id]))

    def encode(self, text: str) -> Split:
        """Cut `text` into tokens.

        Example: load("o200k_base").encode("Hello world").ids -> [13225, 2375]
        """
        self._engines.see(len(text))
        ids = [self._added[token] for token in self._prefix]
        bounds = [0] * (len(self._prefix) + 1)
        for i, stretch in enumerate(self._stretches(text)):
            if i % 2:
                ids.append(self._added[stretch])
                bounds.append(bounds[-1] + len(stretch.encode()))
            else:
                normal = self._normal(stretch)
                lengths: list[int] = []
                for part, token_id in self._parts(normal):
                    part_ids, part_lengths = self._encode(part, token_id)
                    ids += part_ids
                    lengths += part_lengths
                own = list(accumulate(lengths, initial=0))
                if normal is not stretch:
                    own = self._offsets_before_normal(stretch, own)
                start = bounds[-1]
                bounds += own[1:] if start == 0 else [start + bound for bound in own[1:]]
        labels = [*self._prefix, *[None] * (len(ids) - len(self._prefix))] if self._prefix else None
        return Split(text.encode(), bounds[:-1], bounds[1:], ids, labels)

    decodes_by_token = True

    def decode(self, ids: Sequence[int]) -> bytes:
        """Give the bytes of `ids`.

        Example: load("o200k_base").decode([13225, 2375]) -> b"Hello world"
        """
        try:
            return b"".join(map(self._tokens.__getitem__, ids))
        except KeyError as error:
            raise self.no_such_id(ids, error.args[0]) from None

    def vocabulary(self) -> Iterator[Entry]:
        """Give every token; of two special tokens with one id, the one that decode writes."""
        from tokscope.tokenizer import Entry

        special = {token_id for token, token_id in self._known.items() if self._is_special(token)}
        named = {token_id: token for token, token_id in self._known.items()}
        entries = [Entry(rank + self._offset, data) for data, rank in self._ranks.items()]
        entries += [Entry(one, token.encode(), special=one in special) for one, token in named.items()]
        entries.sort(key=itemgetter(0))
        return iter(entries)

    def special_tokens(self) -> Mapping[str, int]:
        """Give the special tokens, without a look at all others."""
        special = {token: one for token, one in self._known.items() if self._is_special(token)}
        return dict(sorted(special.items(), key=itemgetter(1)))

    def frame(self, *, pair: bool = False) -> Sequence[Framed]:
        """Say what is put before a text."""
        return (
            super().frame(pair=pair)
            if pair
            else [*(Framed(self._added[one]) for one in self._prefix), Framed(None)]
        )

    def merges_make(self, data: bytes) -> bool:
        """Merge the bytes of a token, and look whether one is left."""
        ranked = self._ranks.get(data)
        return (
            ranked is None
            or len(merge_tokens([data[i : i + 1] for i in range(len(data))], self._ranks.get)) == 1
        )

    @property
    def _known(self) -> Mapping[str, int]:
        """Its added tokens, whose ids exist even where no text spells them."""
        shipped = VOCABULARIES.get(self.name)
        return {**shipped.special, **shipped.words} if shipped else self._named

    def _is_special(self, token: str) -> bool:
        return token not in self._words

    @cached_property
    def _words(self) -> Mapping[str, int]:
        """Its added tokens that are words; they are read from a file."""
        shipped = VOCABULARIES.get(self.name)
        return shipped.words if shipped else {}

    @cached_property
    def _tokens(self) -> Mapping[int, bytes]:
        return TokenBytes(self._ranks, self._known, self._offset)

    @cached_property
    def _partial(self) -> Partial:
        from tokscope.vocabularies.spelling import Partial

        return Partial(self._tokens.__getitem__)

    def trace(self, text: str) -> Trace:
        """Say which pieces `text` is cut into, and which bytes are merged in each."""
        from tokscope.report.trace import Forest, Step
        from tokscope.tracing.merges import BY_RANK
        from tokscope.tracing.steps import finished, normalization_step, pre_tokenized

        ids = [self._added[token] for token in self._prefix]
        found: list[str] = []
        terms: list[str] = []
        pieces: list[bytes] = []
        grown: list[Grown] = []
        normal = ""
        for i, stretch in enumerate(self._stretches(text)):
            parts = [(stretch, self._added[stretch])] if i % 2 else self._parts(self._normal(stretch))
            for part, token_id in parts:
                normal += part
                if token_id is None:
                    self._grow(part, pieces, grown, ids)
                else:
                    (found if i % 2 else terms).append(part)
                    pieces.append(part.encode())
                    ids.append(token_id)
        steps = [
            *self._set_apart(found),
            normalization_step(text, normal, "NFC" if self._nfc else ""),
            *self._terms_found(terms),
            pre_tokenized(pieces, "cut by the vocabulary's pattern"),
            Step("merges", BY_RANK, (Forest(grown),)),
        ]
        return finished(self, text, steps, ids, (len(self._prefix), 0) if self._special else None)

    def _grow(self, part: str, pieces: list[bytes], grown: list[Grown], ids: list[int]) -> None:
        """Cut a part into pieces and merge the bytes of each; the lists get what that gives."""
        from tokscope.engines.native import known_to_both
        from tokscope.tracing.merges import of_bytes

        end = 0
        for same_shape in self._pattern.pieces(known_to_both(part)):
            start, end = end, end + len(same_shape)
            pieces.append(part[start:end].encode())
            ranks, trees = of_bytes(pieces[-1], self._ranks.get)
            grown.append(trees)
            ids += self._of_ranks(ranks)[0]

    def _set_apart(self, found: Sequence[str]) -> list[Step]:
        """Give the step of a trace that says which added tokens were found, where any could be or was."""
        from tokscope.tracing.steps import special_found

        return [special_found(found, special=self._special)] if self._special or found else []

    def _terms_found(self, terms: Sequence[str]) -> list[Step]:
        """Give the step of a trace that says which terms were found; without terms there is none."""
        return []

    def engines(self) -> Mapping[str, Callable[[Sequence[str]], list[int]]]:
        """Give each engine by itself, whatever the size of the text."""
        return self._engines.each()

    def _normal(self, text: str) -> str:
        if not self._nfc or unicodedata.is_normalized("NFC", text):
            return text
        return unicodedata.normalize("NFC", text)

    def _stretches(self, text: str) -> list[str]:
        """Cut `text` at the added tokens that it spells, which are every second stretch.

        As in `tokenizers`, before the text is normalised.
        """
        return self._added_pattern.split(text) if self._sought.maybe_in([text])[0] else [text]

    def _parts(self, text: str) -> Sequence[tuple[str, int | None]]:
        """Cut what is between added tokens into parts; those that are one token have its id."""
        return [(text, None)]

    def _encode(self, part: str, token_id: int | None) -> RankedPiece:
        """Give the ids of a part's tokens and their lengths in bytes."""
        if token_id is not None:
            return [token_id], [len(part.encode())]
        if (pieces := self._engines.few(part)) is not None:
            ranks = list(chain.from_iterable(ranks for ranks, _ in pieces))
            return self._of_ranks(ranks, list(chain.from_iterable(lengths for _, lengths in pieces)))
        return self._of_ids(self._engines.ids(part))

    def _of_ranks(self, ranks: Sequence[int], lengths: Sequence[int] = ()) -> RankedPiece:
        """Give the ids of ranks and their lengths in bytes, which are known already."""
        return [rank + self._offset for rank in ranks], list(lengths)

    def _of_ids(self, ids: list[int]) -> RankedPiece:
        """Give ids as a native engine has them, and their lengths in bytes."""
        return ids, list(map(len, map(self._tokens.__getitem__, ids)))

    def _offsets_before_normal(self, text: str, offsets: Iterable[int]) -> list[int]:
        """Translate ascending byte offsets into the normalised text to offsets into `text`."""
        from tokscope.text.nfc import offsets_before_nfc

        return offsets_before_nfc(text, offsets)
