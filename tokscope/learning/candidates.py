"""Candidates: what each further token would save in the words of a corpus, and learning the best of them.

Byte-pair encoding continues where a vocabulary stopped (Sennrich et al. 2016, arXiv:1508.07909, starting from
its tokens). One new token shortens a text in two ways: by joining neighbours, or as a whole piece, which is
looked up before anything is merged. Both compete, so that each new token is the one that saves most, given
those before it. A learned token that was only a step to a longer one is dropped again: it would cost a row of
the embedding and save nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

from tokscope.backends.adapted import Adaptation, Extended
from tokscope.engines.rank_merges import merge_tokens
from tokscope.engines.ranks import MappedRanks
from tokscope.vocabularies import VOCABULARIES

MAX_PIECE_TOKENS = 400
"""Nothing is learned from a piece of more tokens than this: it is data, not language."""

WHOLE_TEXT = r"(?s:.+)"
"""The split pattern under which a text is one piece."""


def _ranks(adaptation: Adaptation) -> dict[bytes, int]:
    known = VOCABULARIES[adaptation.base]
    numbered = enumerate(adaptation.tokens, known.vocab_size - known.offset)
    merges = {token.data: rank for rank, token in numbered if not token.term}
    return dict(Extended(MappedRanks(known.path), merges).items())


def split_words(adaptation: Adaptation, pieces: Mapping[str, int]) -> Iterator[tuple[list[bytes], int]]:
    """Cut pieces into tokens, with tiktoken; give them with the frequency of the piece.

    Example: list(split_words(Adaptation("o200k_base", ()), {"aorta": 3})) -> [([b"a", b"orta"], 3)]
    """
    import tiktoken

    ranks = _ranks(adaptation)
    token_of = {rank: token for token, rank in ranks.items()}
    engine = tiktoken.Encoding("pieces", pat_str=WHOLE_TEXT, mergeable_ranks=ranks, special_tokens={})
    for piece, frequency in pieces.items():
        yield [token_of[rank] for rank in engine.encode_ordinary(piece)], frequency


def learn_additions(
    adaptation: Adaptation, pieces: Mapping[str, int], limit: int, min_frequency: int
) -> Mapping[bytes, int]:
    """Continue byte-pair encoding from the tokens of `adaptation`, on pieces with their frequencies.

    Example: learn_additions(Adaptation("o200k_base", ()), {"aorta": 9}, limit=1, min_frequency=5) ->
    {b"aorta": 2}

    Gives at most `limit` new tokens, and how many tokens each replaces; none that occurs fewer than
    `min_frequency` times.
    """
    ranks = _ranks(adaptation)
    rank = max(ranks.values())
    words = _WordCounts(split_words(adaptation, pieces), min_frequency)
    costs: dict[bytes, int] = {}
    parts: dict[bytes, Sequence[bytes]] = {}  # what each new token was merged from
    while len(costs) < limit and (token := words.best()) is not None:
        rank += 1
        ranks[token] = rank
        parts[token] = words.merge(token, ranks)
        costs[token] = sum(costs.get(part, 1) for part in parts[token])
        steps = [*parts[token]]
        while steps:
            step = steps.pop()
            if step in costs and _is_idle(step, ranks, words.touched(step)):
                del costs[step], ranks[step]
                steps += parts[step]
    return costs


class _WordCounts:
    """The words of a corpus as the tokens so far cut them, and what each further token would save.

    A candidate is what a pair of neighbours would merge to, or a whole word; it is identified by its bytes,
    since merging depends on nothing else. One used fewer than `least` times is not one.
    """

    def __init__(self, words: Iterable[tuple[list[bytes], int]], least: int) -> None:
        self._words = [(tokens, frequency) for tokens, frequency in words if len(tokens) <= MAX_PIECE_TOKENS]
        self._least = least
        self._touched: dict[bytes, set[int]] = {}  # the words in which a new token is or was
        self._where: defaultdict[bytes, set[int]] = defaultdict(set)
        self._uses: Counter[bytes] = Counter()
        self._saves: Counter[bytes] = Counter()
        for i in range(len(self._words)):
            self._note(i)
        self._heap = [(-saves, token) for token, saves in self._saves.items() if self._uses[token] >= least]
        heapify(self._heap)

    def best(self) -> bytes | None:
        """Take the candidate that saves most, of equals the first by bytes; None if there is none."""
        while self._heap:
            saves, token = heappop(self._heap)
            if self._saves[token] == -saves:  # otherwise it has changed since, and is in the heap again
                return token
        return None

    def merge(self, token: bytes, ranks: Mapping[bytes, int]) -> Sequence[bytes]:
        """Cut the words that hold a candidate again by `ranks`, which have it too; give what it replaces."""
        found = self._where.pop(token)
        self._touched[token] = {*found}
        parts = next(filter(None, (_tokens_to_join(self._words[i][0], token) for i in sorted(found))))
        changed: set[bytes] = set()
        for i in found:
            tokens, frequency = self._words[i]
            changed |= self._forget(i)
            fewer = merge_tokens(tokens, ranks.get) if b"".join(tokens) != token else [token]
            self._words[i] = fewer, frequency
            for new in self._touched.keys() & fewer:
                self._touched[new].add(i)
            changed |= self._note(i)
        for one in changed:
            if self._uses[one] >= self._least:
                heappush(self._heap, (-self._saves[one], one))
        return parts

    def _note(self, i: int) -> set[bytes]:
        """Add what the candidates in word `i` would save; give them."""
        tokens, frequency = self._words[i]
        candidates = set()
        for token, saves in _possible_additions(tokens):
            self._uses[token] += frequency
            self._saves[token] += frequency * saves
            self._where[token].add(i)
            candidates.add(token)
        return candidates

    def _forget(self, i: int) -> set[bytes]:
        """Take back what _note() has added for word `i`; give the candidates."""
        tokens, frequency = self._words[i]
        candidates = set()
        for token, saves in _possible_additions(tokens):
            self._uses[token] -= frequency
            self._saves[token] -= frequency * saves
            candidates.add(token)
        return candidates

    def touched(self, token: bytes) -> list[Sequence[bytes]]:
        """Give the words in which a new token is, or was until a longer one took it in."""
        return [self._words[i][0] for i in self._touched[token]]


def _is_idle(step: bytes, ranks: Mapping[bytes, int], words: Sequence[Sequence[bytes]]) -> bool:
    """Say whether words would be cut the same without a token: no word has it, or needs it as a step.

    Example: b"cardi" in [[b"cardiac"]], a word that is found as a whole, before anything is merged
    """

    def rank(token: bytes) -> int | None:
        return None if token == step else ranks.get(token)

    return not any(step in tokens for tokens in words) and all(
        len(tokens) == 1 or merge_tokens([bytes([byte]) for byte in b"".join(tokens)], rank) == tokens
        for tokens in words
    )


def _tokens_to_join(tokens: Sequence[bytes], token: bytes) -> Sequence[bytes]:
    """Give the tokens of a word that a candidate replaces: all, or a pair; () if it no longer is one there.

    Example: [b"an", b"gi", b"o"], b"gio" -> (b"gi", b"o")
    """
    if b"".join(tokens) == token:
        return tokens
    return next(((left, right) for left, right in pairwise(tokens) if left + right == token), ())


def _possible_additions(tokens: Sequence[bytes]) -> Iterator[tuple[bytes, int]]:
    """Give each token that one addition could make of a word, and how many tokens that saves there.

    Example: [b"a", b"a", b"a", b"b"] -> (b"aa", 1), (b"ab", 1), (b"aaab", 3)

    Of two equal pairs that overlap it gives the first alone, since merging that removes the second.
    """
    before = b""
    for left, right in pairwise(tokens):
        pair = left + right
        before = b"" if pair == before else pair
        if before:
            yield pair, 1
    if len(tokens) > 2:
        yield b"".join(tokens), len(tokens) - 1
