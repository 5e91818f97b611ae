"""Adaptation: finds the tokens that a domain needs and its vocabulary lacks, and judges them.

Terms are given by name. Merges are learned: byte-pair encoding continues where the base stopped, on the text
between the terms (Sennrich et al. 2016, arXiv:1508.07909, starting from the base's tokens). One new token
shortens a text in two ways: by joining neighbours, or as a whole piece, which is looked up before anything is
merged. Both compete, so that each new token is the one that saves most, given those before it. A learned
token that was only a step to a longer one is dropped again: it would cost a row of the embedding and save
nothing.

One part in five of the corpus is held out, only to judge by. A part is a line with the indented and empty
lines after it, as a text by itself. Its bytes decide whether it is held out, so that the same part is always
on the same side, in any file and any run.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import NamedTuple
from zlib import crc32

from tokscope.backends.adapted import Adaptation, Adapted, Extended, NewToken
from tokscope.batches import Progress, pieces
from tokscope.engines.merges import merged
from tokscope.engines.native import known_to_both
from tokscope.engines.ranks import MappedRanks, Pattern
from tokscope.errors import UsageError
from tokscope.inputs import Document
from tokscope.text.terms import in_word
from tokscope.vocabularies import VOCABULARIES

PART = re.compile(r"(?<=\n)(?=\S)")

HELD_OUT = 5
"""One part in this many is held out."""

LONG = 400
"""Nothing is learned from a piece of more tokens than this: it is data, not language."""

WHOLE = r"(?s:.+)"
"""The split pattern under which a text is one piece."""


class Gain(NamedTuple):
    """What a new token saves on the held-out text.

    Example: Gain("冠状动脉".encode(), 200019, True, cost=5, uses=3).saves -> 12

    `cost` is how many tokens it replaces, `uses` how often it occurs there.
    """

    data: bytes
    id: int
    term: bool
    cost: int
    uses: int

    @property
    def saves(self) -> int:
        """How many tokens it saves."""
        return self.uses * (self.cost - 1)


class Growth(NamedTuple):
    """A vocabulary that has grown: its new tokens, and the held-out text's tokens before and after.

    Example: Growth(adaptation, gains, before=1000, after=900) saves a tenth of the tokens
    """

    adaptation: Adaptation
    gains: Sequence[Gain]
    before: int
    after: int


def new_terms(base: Adapted, terms: Iterable[str]) -> tuple[list[NewToken], list[str]]:
    """Make tokens from terms; give them, and the terms that are a single token already.

    Example: new_terms(base, ["aorta"]) -> ([NewToken(b"aorta", True), NewToken(b" aorta", True)], [])

    A word of a script with spaces also gets a token with a space before it, as it occurs in texts. Raises
    UsageError for a term that is spelled like a special token of the base.
    """
    known = VOCABULARIES[base.adaptation.base]
    there = {token.data for token in base.adaptation.tokens if token.term}
    tokens: list[NewToken] = []
    single = []
    for term in terms:
        normal = unicodedata.normalize("NFC", term) if known.nfc else term
        if normal in known.special:
            raise UsageError(f"the term {term!r} is a special token of {base.adaptation.base}")
        forms = [normal, f" {normal}"] if in_word(normal[0]) else [normal]
        made = [form for form in forms if form.encode() not in there and base.count(form) > 1]
        if not made:
            single.append(term)
        tokens += [NewToken(form.encode(), True) for form in made]
        there |= {form.encode() for form in made}
    return tokens, single


class Sample:
    """One side of a corpus: how often each term occurs, and each piece between terms.

    Example: sample = Sample(tokenizer); sample.add(["an aorta"]); sample.pieces["an"] -> 1
    """

    def __init__(self, tokenizer: Adapted) -> None:
        self._tokenizer = tokenizer
        self._pattern = Pattern(VOCABULARIES[tokenizer.adaptation.base].pattern)
        self.pieces: Counter[str] = Counter()
        self.terms: Counter[str] = Counter()

    def add(self, texts: Iterable[str]) -> None:
        """Cut texts at terms, and what is between them as the base does before merging; count the pieces.

        Example: sample.add(["One text.", "Another."])
        """
        for text in texts:
            parts = self._tokenizer.parts(text)
            self.terms.update(parts[1::2])
            for part in parts[::2]:
                end = 0
                for shape in self._pattern.pieces(known_to_both(part)):
                    start, end = end, end + len(shape)
                    self.pieces[part[start:end]] += 1

    def uses(self, adaptation: Adaptation) -> Counter[tuple[bytes, bool]]:
        """Count each token in it by `adaptation`, which has the same terms; the bool marks a term.

        Example: uses(adaptation)[b" aorta", True] -> 3
        """
        found = Counter({(term.encode(), True): uses for term, uses in self.terms.items()})
        for tokens, frequency in _split(adaptation, self.pieces):
            for token in tokens:
                found[token, False] += frequency
        return found


def grow(
    start: Adapted,
    terms: Sequence[NewToken],
    documents: Iterable[Document],
    progress: Progress,
    *,
    new_tokens: int,
    min_frequency: int,
) -> Growth:
    """Add terms and learned tokens to those of `start`, and judge them on the held-out text.

    Example: grow(start, [NewToken(b" aorta", True)], documents, progress, new_tokens=0, min_frequency=5)

    At most `new_tokens` are learned, none that occurs fewer than `min_frequency` times. Memory grows with the
    number of different pieces in the corpus. Raises InputError, and UsageError if nothing is held out.
    """
    known = start.adaptation.tokens
    with_terms = start.adaptation._replace(tokens=(*known, *terms)).tokenizer(start.name)
    training, held_out, before = _samples(start, with_terms, documents, progress)
    if not before:
        raise UsageError("the corpus has too few lines: none is in the part that is held out")
    costs = {token: start.count(token.data.decode()) for token in terms}
    learned = _learn(with_terms.adaptation, training.pieces, new_tokens, min_frequency)
    costs |= {NewToken(data, term=False): cost for data, cost in learned.items()}
    whole = start.adaptation._replace(tokens=(*known, *costs))
    uses = held_out.uses(whole)
    gains = [
        Gain(token.data, number, token.term, cost, uses[token.data, token.term])
        for number, (token, cost) in enumerate(costs.items(), whole.first_id + len(known))
    ]
    judged = (NewToken(gain.data, gain.term, gain.saves) for gain in gains)
    return Growth(whole._replace(tokens=(*known, *judged)), gains, before, uses.total())


def _samples(
    start: Adapted, with_terms: Adapted, documents: Iterable[Document], progress: Progress
) -> tuple[Sample, Sample, int]:
    """Read the corpus; give what to train on, what is held out, and how many tokens of `start` that has."""
    training, held_out = Sample(with_terms), Sample(with_terms)
    before = 0
    for document in documents:
        for parts in _parts(document, progress):
            sides: tuple[list[str], list[str]] = ([], [])
            for part in parts:
                sides[crc32(part.encode()) % HELD_OUT == 0].append(part)
            training.add(sides[0])
            held_out.add(sides[1])
            before += sum(start.count_all(sides[1]))
    return training, held_out, before


def _parts(document: Document, progress: Progress) -> Iterator[list[str]]:
    """Read a document as lists of parts, as the module describes them. A whole line is in memory."""
    for _, piece in pieces(document, [PART], progress):
        yield PART.split(piece)


def _ranks(adaptation: Adaptation) -> dict[bytes, int]:
    known = VOCABULARIES[adaptation.base]
    numbered = enumerate(adaptation.tokens, known.vocab_size - known.offset)
    merges = {token.data: rank for rank, token in numbered if not token.term}
    return dict(Extended(MappedRanks(known.path), merges).items())


def _split(adaptation: Adaptation, pieces: Mapping[str, int]) -> Iterator[tuple[list[bytes], int]]:
    """Cut pieces into tokens, with tiktoken; give them with the frequency of the piece."""
    import tiktoken

    ranks = _ranks(adaptation)
    token_of = {rank: token for token, rank in ranks.items()}
    engine = tiktoken.Encoding("pieces", pat_str=WHOLE, mergeable_ranks=ranks, special_tokens={})
    for piece, frequency in pieces.items():
        yield [token_of[rank] for rank in engine.encode_ordinary(piece)], frequency


def _learn(
    adaptation: Adaptation, pieces: Mapping[str, int], limit: int, min_frequency: int
) -> Mapping[bytes, int]:
    """Continue byte-pair encoding from the tokens of `adaptation`, on pieces with their frequencies.

    Gives the new tokens, and how many tokens each replaces.
    """
    ranks = _ranks(adaptation)
    rank = max(ranks.values())
    words = _Words(_split(adaptation, pieces), min_frequency)
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


class _Words:
    """The words of a corpus as the tokens so far cut them, and what each further token would save.

    A candidate is what a pair of neighbours would merge to, or a whole word; it is identified by its bytes,
    since merging depends on nothing else. One used fewer than `least` times is none.
    """

    def __init__(self, words: Iterable[tuple[list[bytes], int]], least: int) -> None:
        self._words = [(tokens, frequency) for tokens, frequency in words if len(tokens) <= LONG]
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
        parts = next(filter(None, (_joined(self._words[i][0], token) for i in sorted(found))))
        changed: set[bytes] = set()
        for i in found:
            tokens, frequency = self._words[i]
            changed |= self._forget(i)
            fewer = merged(tokens, ranks.get) if b"".join(tokens) != token else [token]
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
        for token, saves in _candidates(tokens):
            self._uses[token] += frequency
            self._saves[token] += frequency * saves
            self._where[token].add(i)
            candidates.add(token)
        return candidates

    def _forget(self, i: int) -> set[bytes]:
        """Take back what _note() has added for word `i`; give the candidates."""
        tokens, frequency = self._words[i]
        candidates = set()
        for token, saves in _candidates(tokens):
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
        len(tokens) == 1 or merged([bytes([byte]) for byte in b"".join(tokens)], rank) == tokens
        for tokens in words
    )


def _joined(tokens: Sequence[bytes], token: bytes) -> Sequence[bytes]:
    """Give the tokens of a word that a candidate replaces: all, or a pair; () if it no longer is one there.

    Example: [b"an", b"gi", b"o"], b"gio" -> (b"gi", b"o")
    """
    if b"".join(tokens) == token:
        return tokens
    return next(((left, right) for left, right in pairwise(tokens) if left + right == token), ())


def _candidates(tokens: Sequence[bytes]) -> Iterator[tuple[bytes, int]]:
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
