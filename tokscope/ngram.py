"""A language model over bytes: interpolated Kneser-Ney n-grams, and how sure they are of the next byte.

The distribution after a context c is that of Kneser and Ney (1995) in the interpolated form of Chen and
Goodman (1999), https://dash.harvard.edu/handle/1/25104739, one discount D for each order:

    P(b | c) = max(n(c b) - D, 0) / n(c) + backoff(c) * P(b | c without its first byte)

where n counts occurrences in the longest n-grams, and in shorter ones how many different bytes stand before
them. At the end of the chain every byte is as likely as another. Rare n-grams are left out, and what they had
goes to backoff(c), so that every distribution sums to 1.

The byte 0xFF, which no UTF-8 has, stands before and after every text.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple
from zipfile import BadZipFile
from zlib import error as ZlibError

from tokscope.errors import BrokenTokenizer, MissingExtra, UsageError

try:
    import numpy as np
except ImportError as error:
    raise MissingExtra("entropy patching", "blt") from error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Keys = NDArray[np.uint64]
    Bytes = NDArray[np.uint8]
    Floats = NDArray[np.float64]

BOUNDARY = 0xFF
"""The byte that stands before and after every text."""

ORDERS = range(2, 9)
"""How long n-grams may be: the longest fill a 64-bit key."""

COLUMNS = ("children", "codes", "weights", "backoffs")
"""The columns of a Tree, by their names in a file."""

FORMAT = "tokscope byte n-grams"
VERSION = 1

TABLE = 1 << 24
"""How many different n-grams are counted at most; where there are more, the rarest are forgotten."""

WINDOW = 1 << 19
"""How many bytes of a text are looked up at a time."""

BLOCK = 1 << 18
"""How many bytes of a text are counted at a time."""

FULL = 3
"""N-grams of up to this many bytes are kept however rare they are: without them scripts would be lost."""

STEPS = 16
"""How many steps a factor of two has where weights are stored as a byte: each is within 2.2 %."""


class Counts:
    """Counts the n-grams of texts of any size, block by block.

    Example: counts = Counts(order=3); counts.add([b"banana"]); counts.bytes -> 6

    Where there are more than `most` different n-grams of `order` bytes, the rarest are forgotten.
    """

    def __init__(self, order: int, most: int = TABLE) -> None:
        if order not in ORDERS:
            raise UsageError(f"an order of {order}: it is {ORDERS[0]} to {ORDERS[-1]}")
        self.order = order
        self.bytes = 0
        self._most = most
        self._table: tuple[Keys, Ints] = np.empty(0, np.uint64), np.empty(0, np.int64)
        self._waiting: list[tuple[Keys, Ints]] = []
        self._rarest = 1

    def add(self, blocks: Iterable[bytes]) -> None:
        """Count the n-grams of one text, given as its blocks; an empty text has none."""
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
        """Count the n-grams that are whole in `data`."""
        size = len(data) - self.order + 1
        if size <= 0:
            return
        codes = np.frombuffer(data, np.uint8)
        keys = np.zeros(size, np.uint64)
        for i in range(self.order):
            keys = (keys << np.uint64(8)) | codes[i : i + size]
        keys.sort()
        starts = _starts(keys)
        self._waiting.append((keys[starts], np.diff(starts, append=size)))
        if sum(len(waiting) for waiting, _ in self._waiting) > max(1 << 20, len(self._table[0])):
            self._merge()

    def _merge(self) -> None:
        keys, counts = zip(self._table, *self._waiting, strict=True)
        self._waiting = []
        self._table = _summed(np.concatenate(keys), np.concatenate(counts))
        while len(self._table[0]) > self._most:
            self._rarest += 1
            frequent = self._table[1] >= self._rarest
            self._table = self._table[0][frequent], self._table[1][frequent]

    def tables(self) -> list[tuple[Keys, Ints]]:
        """Give the n-grams of 1, 2, ... bytes, in order, and how often each occurs."""
        self._merge()
        tables = [self._table]
        for _ in range(self.order - 1):
            keys, counts = tables[0]
            tables.insert(0, _summed(keys >> np.uint64(8), counts))
        for length in range(3, self.order + 1):  # what stands behind the last boundary is padding
            keys, counts = tables[length - 1]
            real = (keys >> np.uint64(8)) & np.uint64(0xFF) != BOUNDARY
            tables[length - 1] = keys[real], counts[real]
        return tables


def _starts(keys: Keys) -> Ints:
    """Say where in sorted keys another key begins."""
    return np.flatnonzero(np.concatenate([np.ones(min(1, len(keys)), bool), keys[1:] != keys[:-1]]))


def _summed(keys: Keys, counts: Ints) -> tuple[Keys, Ints]:
    """Sort keys, and add up the counts of equal ones."""
    if not len(keys):
        return keys, counts
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], counts[order]
    starts = _starts(keys)
    return keys[starts], np.add.reduceat(counts, starts)


@dataclass(frozen=True, eq=False)
class Tree:
    """The n-grams as a tree, breadth first, children by their byte: what a model file holds.

    Example: of "ab" and "ac": children [1, 2, 0, 0], codes [a, b, c]

    `children` has an entry for each node: how many n-grams are one byte longer; the root is the empty one.
    `codes` are the last bytes of all but the root. `weights` are their shares of what the parent does not
    back off with, and `backoffs` what each node that has children does: x stands for 2 ** (-x / STEPS).
    `theta` and `rise` are thresholds in nats at which patches of this model come out as long as was asked.
    """

    order: int
    children: Bytes
    codes: Bytes
    weights: Bytes
    backoffs: Bytes
    theta: float = 0.0
    rise: float = 0.0

    @classmethod
    def of(cls, counts: Counts, min_count: int = 2) -> Tree:
        """Estimate a model, without n-grams of more than FULL bytes that occur less than `min_count` times.

        Example: Tree.of(counts, min_count=1) keeps all of them
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
            starts = _starts(context)
            total = np.repeat(np.add.reduceat(adjusted, starts), np.diff(starts, append=len(keys)))
            share = (adjusted - discount) / total
            kept = raw >= (min_count if length > FULL else 1)
            if length > 1:  # where rare ones were forgotten, what begins or ends an n-gram may be missing
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
            weights.append(_stored(share / most[parent]))
            backoffs.append(_stored(np.subtract(1.0, said[has > 0])))
            parents = keys
        children.append(np.zeros(len(parents), np.int64))
        return cls(
            counts.order,
            np.concatenate(children).astype(np.uint8),
            *(np.concatenate(codes), np.concatenate(weights), np.concatenate(backoffs)),
        )

    def save(self, file: BinaryIO) -> None:
        """Write the model as an .npz, the same bytes for the same model."""
        header = {
            "format": FORMAT,
            "version": VERSION,
            "order": self.order,
            "theta": self.theta,
            "rise": self.rise,
        }
        whole = io.BytesIO()  # an archive is written back and forth, which a pipe cannot
        np.savez_compressed(
            whole,
            header=np.frombuffer(json.dumps(header).encode(), np.uint8),
            **{name: getattr(self, name) for name in COLUMNS},
        )
        file.write(whole.getvalue())

    @classmethod
    def load(cls, path: str) -> Tree:
        """Read a model file. Raises BrokenTokenizer."""
        try:
            with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as stored:
                header = json.loads(stored["header"].tobytes())
                columns = [stored[name] for name in COLUMNS]
        except OSError as error:
            if error.strerror is None:  # numpy's own: neither an archive nor an array
                raise BrokenTokenizer(_not_a_model(path)) from error
            raise BrokenTokenizer(f"{path}: {error.strerror}") from error
        except (*_UNREADABLE, BadZipFile, ZlibError) as error:
            raise BrokenTokenizer(_not_a_model(path)) from error
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise BrokenTokenizer(_not_a_model(path))
        if header.get("version") != VERSION:
            raise BrokenTokenizer(
                f"{path}: a model of version {header.get('version')}, and this tokscope reads {VERSION}: "
                "train it again, or install the tokscope that wrote it"
            )
        order, theta, rise = (header.get(name) for name in ("order", "theta", "rise"))
        if (
            not isinstance(order, int)
            or order not in ORDERS
            or not isinstance(theta, float)
            or not isinstance(rise, float)
            or not math.isfinite(theta + rise)
            or any(column.dtype != np.uint8 or column.ndim != 1 for column in columns)
        ):
            raise BrokenTokenizer(_not_a_model(path))
        tree = cls(order, columns[0], columns[1], columns[2], columns[3], theta, rise)
        if not tree._is_one():
            raise BrokenTokenizer(_not_a_model(path))
        return tree

    def _is_one(self) -> bool:
        """Say whether every node but the root has one parent before it, and what a node has to have."""
        nodes, parents = len(self.children), np.count_nonzero(self.children)
        sizes = [len(column) for column in (self.codes, self.weights, self.backoffs)]
        if nodes < 2 or sizes != [nodes - 1, nodes - 1, parents] or self.children.sum(dtype=int) != nodes - 1:
            return False
        before = 1 + np.cumsum(self.children, dtype=np.int64)
        return bool(np.all(before[:-1] > np.arange(1, nodes)))


_UNREADABLE = (ValueError, KeyError, EOFError, TypeError, AttributeError, RuntimeError)
"""What numpy and zipfile raise for archives that are damaged, encrypted, or of other things than arrays."""


def _not_a_model(path: str) -> str:
    return f"{path}: damaged, or not a model that tokscope train entropy wrote"


def _discounts(counts: Ints) -> Floats:
    """Give what is taken from a count of 0, 1, 2, and 3 or more: Chen and Goodman's equation 26."""
    n = np.bincount(counts[counts <= 4], minlength=5).astype(float)
    if not n[1:].all():  # too little text to tell
        return np.array([0, 0.5, 0.5, 0.5])
    y = n[1] / (n[1] + 2 * n[2])
    taken = (i - (i + 1) * y * n[i + 1] / n[i] for i in (1, 2, 3))
    return np.array([0, *(min(max(0, each), 0.95 * i) for i, each in enumerate(taken, 1))])


def _left_diverse(keys: Keys, raw: Ints, longer: Keys, length: int) -> Ints:
    """Count the different bytes before each n-gram; one that begins a text keeps its count."""
    suffixes = _suffix(longer, length + 1)
    suffixes = np.sort(suffixes[_among(suffixes, keys)])
    starts = _starts(suffixes)
    diverse = raw.copy()
    diverse[np.searchsorted(keys, suffixes[starts])] = np.diff(starts, append=len(suffixes))
    begins = keys >> np.uint64(8 * (length - 1)) == BOUNDARY
    diverse[begins] = raw[begins]
    return diverse


def _suffix(keys: Keys, length: int) -> Keys:
    """Leave the first byte of n-grams of `length` bytes out."""
    return keys & np.uint64((1 << 8 * (length - 1)) - 1)


def _among(keys: Keys, known: Keys) -> NDArray[np.bool_]:
    """Say which keys are among the `known`, which are sorted."""
    found: NDArray[np.bool_] = known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys
    return found


def _stored(values: Floats) -> Bytes:
    return np.clip(np.round(-STEPS * np.log2(values)), 0, 255).astype(np.uint8)


class ByteModel:
    """Says how likely each byte is after what stands before it, and how uncertain that is.

    Example: ByteModel(Tree.load("model.npz")).entropies(b"Hi") -> in nats, before H, i and the end; after it

    An entropy depends on the longest stored context alone. So there is one for each node, reckoned once, and
    a text costs no more than finding its nodes. Raises BrokenTokenizer for a tree that is none.
    """

    def __init__(self, tree: Tree) -> None:
        self.theta, self.rise, self.order = tree.theta, tree.rise, tree.order
        children = tree.children.astype(np.int64)
        nodes = len(children)
        parent = np.repeat(np.arange(nodes), children)
        codes = tree.codes.astype(np.int64)
        self._edges = parent << 8 | codes
        self._first = np.concatenate([[1], 1 + np.cumsum(children)])
        levels = list(self._levels())
        if np.any(self._edges[1:] <= self._edges[:-1]):
            raise BrokenTokenizer("the n-grams are in no order: a damaged model")
        self._suffix = np.zeros(nodes, np.int64)
        for first, last in levels[1:]:
            within = slice(first - 1, last - 1)
            self._suffix[first:last] = self._child(self._suffix[parent[within]], codes[within])
        if np.any(self._suffix < 0):
            raise BrokenTokenizer("n-grams are missing: a damaged model")
        self._backoff = np.ones(nodes)
        self._backoff[children > 0] = 2.0 ** (-tree.backoffs.astype(float) / STEPS)
        weights = 2.0 ** (-tree.weights.astype(float) / STEPS)
        sums = np.bincount(parent, weights, nodes)
        seen = (1 - self._backoff[parent]) * weights / sums[parent]
        self._seen = np.concatenate([[0.0], seen])
        self._p = np.full(nodes, 1 / 256)  # of its byte; the root's is what any byte has at the chain's end
        self._entropy = np.full(nodes, math.log(256))
        for first, last in [(0, 1), *levels]:
            self._reckon(first, last)

    def _levels(self) -> Iterator[tuple[int, int]]:
        """Give the first node and the end of each level under the root."""
        first, last = 1, int(self._first[1])
        while first < last:
            yield first, last
            first, last = last, int(self._first[last])

    def _reckon(self, first: int, last: int) -> None:
        """Work out what follows the nodes of one level, from what follows their suffixes.

        Only the bytes for which a node has children gain something; each of the others has `backoff` times
        the probability that it has after the suffix, and so all of them together add

            -sum(backoff q log(backoff q)) = -backoff (log(backoff) sum(q) + sum(q log q))

        to the entropy, where the sums are those after the suffix less the children's share of them.
        """
        begin, end = self._first[first], self._first[last]
        owner = (self._edges[begin - 1 : end - 1] >> 8) - first
        backoff = self._backoff[first:last]
        q = self._p[self._suffix[begin:end]]
        p = self._seen[begin:end] + backoff[owner] * q
        mine, covered, covered_logs = (
            np.bincount(owner, values, last - first) for values in (p * np.log(p), q, q * np.log(q))
        )
        logs = -self._entropy[self._suffix[first:last]] - covered_logs
        self._p[begin:end] = p
        self._entropy[first:last] = -mine - backoff * (np.log(backoff) * (1 - covered) + logs)

    def _child(self, nodes: Ints, codes: Ints) -> Ints:
        """Find the children of nodes by their bytes; -1 where there is none."""
        wanted = nodes << 8 | codes
        at = np.minimum(np.searchsorted(self._edges, wanted), len(self._edges) - 1)
        return np.where(self._edges[at] == wanted, at + 1, -1)

    def _contexts(self, data: Bytes) -> Ints:
        """Find for each position the node of the longest stored context that ends with its byte."""
        codes = data.astype(np.int64)
        longest = np.zeros(len(codes), np.int64)
        ends, nodes = np.arange(len(codes)), np.zeros(len(codes), np.int64)
        for _ in range(self.order - 1):
            nodes = self._child(nodes, codes[ends])
            found = nodes >= 0
            ends, nodes = ends[found], nodes[found]
            longest[ends] = nodes
            if len(ends) and ends[-1] == len(codes) - 1:
                ends, nodes = ends[:-1], nodes[:-1]
            ends = ends + 1
        return longest

    def entropies(self, data: bytes) -> NDArray[np.float32]:
        """Give the entropy in nats of what follows the text's beginning, each of its bytes, and its end."""
        codes = _codes(data)
        entropies = np.empty(len(codes), np.float32)
        for start in range(0, len(codes), WINDOW):  # a text takes 40 times its size while it is looked up
            before = min(start, self.order - 1)
            contexts = self._contexts(codes[start - before : start + WINDOW])
            entropies[start : start + WINDOW] = self._entropy[contexts[before:]]
        return entropies

    def bits(self, data: bytes) -> float:
        """Give the bits of the text `data` and its end, were it coded by this model.

        Example: model.bits(data) / len(data) is its bits per byte
        """
        contexts, codes = self._contexts(_codes(data))[:-1], _codes(data)[1:].astype(np.int64)
        backed_off = np.ones(len(codes))
        total = 0.0
        while len(codes):
            nodes = self._child(contexts, codes)
            found = nodes >= 0
            total -= float(np.log2(backed_off[found] * self._p[nodes[found]]).sum())
            unseen = ~found & (contexts == 0)
            total -= float(np.log2(backed_off[unseen] * self._backoff[0] / 256).sum())
            left = ~found & ~unseen
            backed_off = backed_off[left] * self._backoff[contexts[left]]
            contexts, codes = self._suffix[contexts[left]], codes[left]
        return total

    def distribution(self, data: bytes) -> Floats:
        """Give the probability of each byte after the text's beginning `data`; that of 0xFF is its end's."""
        node = int(self._contexts(_codes(data)[:-1])[-1])
        chain = [node]
        while node:
            node = int(self._suffix[node])
            chain.append(node)
        p = np.full(256, 1 / 256)
        for node in reversed(chain):
            mine = slice(self._first[node], self._first[node + 1])
            p = p * self._backoff[node]
            p[self._edges[self._first[node] - 1 : self._first[node + 1] - 1] & 0xFF] += self._seen[mine]
        return p


def _codes(data: bytes) -> Bytes:
    """Put the boundaries around a text."""
    edge = bytes([BOUNDARY])
    return np.frombuffer(edge + data + edge, np.uint8)


SLICE, EVERY = 1024, 16
"""Of every 16 KiB of text the last one is held out: not learned from, but what thresholds are set on."""

HELD = 1 << 22
"""How many characters are held out at most."""


class Learned(NamedTuple):
    """A model, and how it does on text that it has not seen.

    Example: learn([["a text ...", "and on"]], order=6).bits_per_byte
    """

    tree: Tree
    bytes: int
    bits_per_byte: float


def learn(
    texts: Iterable[Iterable[str]],
    order: int = 6,
    min_count: int = 3,
    patch: float = 4.5,
    held_out: str | None = None,
) -> Learned:
    """Train a model on texts, each given as its blocks, and find the thresholds of patches of `patch` bytes.

    Example: learn([document.blocks() for document in documents]).tree.save(file)

    Thresholds are set on `held_out`, or on a part of the texts. The model is the same for the same texts,
    however they are cut into blocks. Raises UsageError where there is too little text.
    """
    counts, held = Counts(order), Held(HELD if held_out is None else 0)
    for blocks in texts:
        counts.add(held.out(blocks))
    if held.seen < SLICE * EVERY:
        raise UsageError(
            f"a corpus of {held.seen:,} characters is too little to learn from: "
            f"{SLICE * EVERY:,} are the least"
        )
    tree = Tree.of(counts, min_count)
    model = ByteModel(tree)
    data = ("".join(held.text) if held_out is None else held_out).encode()
    if not data:
        raise UsageError("the texts that are held out are empty")
    entropies = model.entropies(data)
    theta, rise = (float(np.quantile(values, 1 - 1 / patch)) for values in (entropies, np.diff(entropies)))
    return Learned(replace(tree, theta=theta, rise=rise), counts.bytes, model.bits(data) / len(data))


class Held:
    """Holds a part of the texts out, `most` characters or a slice more."""

    def __init__(self, most: int) -> None:
        self.text: list[str] = []
        self.seen = 0
        self._most = most

    def out(self, blocks: Iterable[str]) -> Iterator[bytes]:
        """Give what is left of a text, given as its blocks."""
        for block in blocks:
            at = 0
            while at < len(block):
                number, into = divmod(self.seen, SLICE)
                part = block[at : at + SLICE - into]
                if number % EVERY == EVERY - 1 and number * SLICE < self._most * EVERY:
                    self.text.append(part)
                else:
                    yield part.encode()
                at += len(part)
                self.seen += len(part)
