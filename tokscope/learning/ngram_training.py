"""Training the model of ngram.py: counting n-grams in texts of any size, and estimating a model from them.

Kneser and Ney's discounts are those of Chen and Goodman's modified smoothing: D depends on the order and on
whether n is 1, 2, or more. An n-gram that begins a text has no byte before it, and keeps its count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tokscope.entropy.framing import BOUNDARY
from tokscope.entropy.ngram import ORDERS, STEPS_PER_DOUBLING, ByteModel, NgramTree
from tokscope.errors import MissingExtra, UsageError
from tokscope.learning.held_out import HeldBack

try:
    import numpy as np
except ImportError as error:
    raise MissingExtra("train entropy", "blt") from error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tokscope.entropy.ngram import Bytes, Floats, Ints

    Keys = NDArray[np.uint64]

MAX_NGRAMS = 1 << 24
"""How many different n-grams are counted at most; if there are more, the rarest are forgotten."""

BLOCK = 1 << 18
"""How many bytes of a text are counted at a time."""

FULL = 3
"""N-grams of up to this many bytes are kept however rare they are: whole scripts depend on them."""

HELD_OUT = 1 << 22
"""How many characters are held out at most."""


class Counts:
    """Counts the n-grams of texts of any size, block by block.

    Example: counts = Counts(order=3); counts.add([b"banana"]); counts.bytes -> 6

    If there are more than `most` different n-grams of `order` bytes, the rarest are forgotten.
    """

    def __init__(self, order: int, most: int = MAX_NGRAMS) -> None:
        if order not in ORDERS:
            raise UsageError(f"an order of {order}: it must be {ORDERS[0]} to {ORDERS[-1]}")
        self.order = order
        self.bytes = 0
        self._most = most
        self._table: tuple[Keys, Ints] = np.empty(0, np.uint64), np.empty(0, np.int64)
        self._waiting: list[tuple[Keys, Ints]] = []
        self._rarest = 1

    def add(self, blocks: Iterable[bytes]) -> None:
        """Count the n-grams of one text, given as its blocks; an empty text has none.

        Example: Counts(3).add([b"ban", b"ana"])
        """
        edge = bytes([BOUNDARY])
        kept, size = edge, 0
        for block in blocks:
            size += len(block)
            kept += block
            if len(kept) >= BLOCK:
                self._count(kept)
                kept = kept[len(kept) - self.order + 1 :]
        if size:
            self._count(kept + edge * (self.order - 1))
            self.bytes += size

    def _count(self, data: bytes) -> None:
        """Count the n-grams in `data`."""
        size = len(data) - self.order + 1
        if size <= 0:
            return
        codes = np.frombuffer(data, np.uint8)
        keys = np.zeros(size, np.uint64)
        for i in range(self.order):
            keys = (keys << np.uint64(8)) | codes[i : i + size]
        keys.sort()
        starts = _group_starts(keys)
        self._waiting.append((keys[starts], np.diff(starts, append=size)))
        if sum(len(waiting) for waiting, _ in self._waiting) > max(1 << 20, len(self._table[0])):
            self._merge()

    def _merge(self) -> None:
        keys, counts = zip(self._table, *self._waiting, strict=True)
        self._waiting = []
        self._table = _sum_equal(np.concatenate(keys), np.concatenate(counts))
        while len(self._table[0]) > self._most:
            self._rarest += 1
            frequent = self._table[1] >= self._rarest
            self._table = self._table[0][frequent], self._table[1][frequent]

    def tables(self) -> list[tuple[Keys, Ints]]:
        """Give the n-grams of 1, 2, ... bytes, in order, and how often each occurs.

        Example: [len(keys) for keys, _ in counts.tables()] -> [4, 5, 5], for b"banana" and order 3
        """
        self._merge()
        tables = [self._table]
        for _ in range(self.order - 1):
            keys, counts = tables[0]
            tables.insert(0, _sum_equal(keys >> np.uint64(8), counts))
        for length in range(3, self.order + 1):  # what follows the last boundary is padding
            keys, counts = tables[length - 1]
            real = (keys >> np.uint64(8)) & np.uint64(0xFF) != BOUNDARY
            tables[length - 1] = keys[real], counts[real]
        return tables


def _group_starts(keys: Keys) -> Ints:
    """Give where each different key begins in sorted keys."""
    return np.flatnonzero(np.concatenate([np.ones(min(1, len(keys)), bool), keys[1:] != keys[:-1]]))


def _sum_equal(keys: Keys, counts: Ints) -> tuple[Keys, Ints]:
    """Sort keys, and add up the counts of equal ones."""
    if not len(keys):
        return keys, counts
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], counts[order]
    starts = _group_starts(keys)
    return keys[starts], np.add.reduceat(counts, starts)


def estimate_ngrams(counts: Counts, min_count: int) -> NgramTree:
    """Estimate a model, without n-grams of more than FULL bytes that occur fewer than `min_count` times.

    Example: estimate_ngrams(counts, min_count=1) keeps all of them
    """
    tables = counts.tables()
    children: list[Ints] = []
    codes: list[Bytes] = []
    weights: list[Bytes] = []
    backoffs: list[Bytes] = []
    parents = np.zeros(1, np.uint64)
    for length, (keys, raw) in enumerate(tables, 1):
        adjusted = raw if length == len(tables) else _left_diverse(keys, raw, tables[length][0], length)
        discount = _discounts(adjusted)[np.minimum(adjusted, 3)]
        context = keys >> np.uint64(8)
        starts = _group_starts(context)
        total = np.repeat(np.add.reduceat(adjusted, starts), np.diff(starts, append=len(keys)))
        share = (adjusted - discount) / total
        kept = raw >= (min_count if length > FULL else 1)
        if length > 1:  # if rare ones were forgotten, the beginning or the end of an n-gram may be missing
            kept &= _among(context, parents) & _among(_suffix(keys, length), parents)
        keys, share, context = keys[kept], share[kept], context[kept]
        if not len(keys):
            break
        parent = np.searchsorted(parents, context)
        said, most = np.bincount(parent, share, len(parents)), np.zeros(len(parents))
        np.maximum.at(most, parent, share)
        has = np.bincount(parent, minlength=len(parents)).astype(np.int64)
        children.append(has)
        codes.append((keys & np.uint64(0xFF)).astype(np.uint8))
        weights.append(_encode_shares(share / most[parent]))
        backoffs.append(_encode_shares(np.subtract(1.0, said[has > 0])))
        parents = keys
    children.append(np.zeros(len(parents), np.int64))
    return NgramTree(
        counts.order,
        np.concatenate(children).astype(np.uint8),
        *(np.concatenate(codes), np.concatenate(weights), np.concatenate(backoffs)),
    )


def _discounts(counts: Ints) -> Floats:
    """Give the discounts of counts of 0, 1, 2, and 3 or more: Chen and Goodman's equation 26."""
    n = np.bincount(counts[counts <= 4], minlength=5).astype(float)
    if not n[1:].all():  # too little text to tell
        return np.array([0, 0.5, 0.5, 0.5])
    y = n[1] / (n[1] + 2 * n[2])
    taken = (i - (i + 1) * y * n[i + 1] / n[i] for i in (1, 2, 3))
    return np.array([0, *(min(max(0, each), 0.95 * i) for i, each in enumerate(taken, 1))])


def _left_diverse(keys: Keys, raw: Ints, longer: Keys, length: int) -> Ints:
    """Count the different bytes before each n-gram; one that begins a text keeps its own count."""
    suffixes = _suffix(longer, length + 1)
    suffixes = np.sort(suffixes[_among(suffixes, keys)])
    starts = _group_starts(suffixes)
    diverse = raw.copy()
    diverse[np.searchsorted(keys, suffixes[starts])] = np.diff(starts, append=len(suffixes))
    if length > 1:  # the boundary alone is the end of a text
        begins = keys >> np.uint64(8 * (length - 1)) == BOUNDARY
        diverse[begins] = raw[begins]
    return diverse


def _suffix(keys: Keys, length: int) -> Keys:
    """Drop the first byte of n-grams of `length` bytes."""
    return keys & np.uint64((1 << 8 * (length - 1)) - 1)


def _among(keys: Keys, known: Keys) -> NDArray[np.bool_]:
    """Say which keys are among the `known`, which are sorted."""
    found: NDArray[np.bool_] = known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys
    return found


def _encode_shares(values: Floats) -> Bytes:
    """Encode shares for a NgramTree; 0, where nothing was discounted, becomes the smallest share possible."""
    least = 2.0 ** (-255 / STEPS_PER_DOUBLING)
    return np.round(-STEPS_PER_DOUBLING * np.log2(np.clip(values, least, 1))).astype(np.uint8)


class Learned(NamedTuple):
    """A model, and how well it does on text that it has not seen.

    Example: learn_ngrams([["a text ...", "and on"]], order=6).bits_per_byte
    """

    tree: NgramTree
    bytes: int
    bits_per_byte: float


def learn_ngrams(
    texts: Iterable[Iterable[str]],
    order: int = 6,
    min_count: int = 3,
    patch: float = 4.5,
    held_out: str | None = None,
    encoding: str = "utf-8",
) -> Learned:
    """Train a model on the bytes of texts, each given as its blocks, and set thresholds for `patch` bytes.

    Example: learn_ngrams([document.blocks() for document in documents]).tree.save(file)

    The thresholds are set on `held_out`, or on a part of the texts. The same texts give the same model,
    however they are cut into blocks. Raises UsageError if there is too little text.
    """
    counts, held = Counts(order), HeldBack(HELD_OUT if held_out is None else 0, encoding)
    for blocks in texts:
        counts.add(held.out(blocks))
    data = held.judged(held_out)
    tree = estimate_ngrams(counts, min_count)
    model = ByteModel(tree)
    entropies = model.entropies(data)
    theta, rise = (float(np.quantile(values, 1 - 1 / patch)) for values in (entropies, np.diff(entropies)))
    tree = replace(tree, theta=theta, rise=rise, encoding=encoding)
    return Learned(tree, counts.bytes, model.bits(data) / len(data))
