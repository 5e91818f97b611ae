"""A language model over bytes: interpolated Kneser-Ney n-grams, and how certain they are of the next byte.

The distribution after a context c is that of Kneser and Ney (1995) in the interpolated form of Chen and
Goodman (1999), https://dash.harvard.edu/handle/1/25104739:

    P(b | c) = max(n(c b) - D, 0) / n(c) + backoff(c) * P(b | c without its first byte)

where n counts occurrences of the longest n-grams, and of shorter ones the different bytes that precede them;
ngram_training.py has the discounts D. At the end of the chain all bytes are equally likely. Rare n-grams are
left out, and their share goes to backoff(c), so that every distribution sums to 1.

The byte 0xFF, which does not occur in UTF-8 and is rare in UTF-16, is put before and after every text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from tokscope.entropy.framing import framed
from tokscope.errors import MissingExtra
from tokscope.files import npz
from tokscope.text.encodings import CODECS

try:
    import numpy as np
except ImportError as error:
    raise MissingExtra("entropy patching", "blt") from error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bytes = NDArray[np.uint8]
    Floats = NDArray[np.float64]


ORDERS = range(2, 9)
"""How long n-grams may be; the longest fill a 64-bit key."""

TREE_COLUMNS = ("children", "codes", "weights", "backoffs")
"""The columns of a NgramTree, by their names in a file."""

FORMAT = "tokscope byte n-grams"

AT_ONCE = 1 << 16
"""How many bytes of a text are looked up at a time; each takes 40 bytes of memory."""

STEPS_PER_DOUBLING = 16
"""How many steps a factor of two has in a weight stored as a byte, which is then exact within 2.2 %."""


@dataclass(frozen=True, eq=False)
class NgramTree:
    """The n-grams as a tree, breadth first, children ordered by their bytes: the content of a model file.

    Example: the tree of "ab" and "ac" has children [1, 2, 0, 0] and codes [a, b, c]

    `children` has an entry for each node, the number of its n-grams that are one byte longer; the root is the
    empty n-gram. `codes` are the last bytes of all nodes except the root. `weights` are their shares of the
    probability that their parent does not leave to shorter contexts, and `backoffs` the shares that the nodes
    with children do leave: x stands for 2 ** (-x / STEPS_PER_DOUBLING). `theta` and `rise` are thresholds in
    nats at which patches have the length that was asked for. `encoding` is whose bytes these are (CODECS).
    """

    order: int
    children: Bytes
    codes: Bytes
    weights: Bytes
    backoffs: Bytes
    theta: float = 0.0
    rise: float = 0.0
    encoding: str = "utf-8"

    def save(self, file: BinaryIO) -> None:
        """Write a model file; the same model gives the same bytes.

        Example: with open("model.npz", "wb") as file: tree.save(file)
        """
        header: dict[str, object] = {"order": self.order, "theta": self.theta, "rise": self.rise}
        if self.encoding != "utf-8":  # files say it only then, so that older ones are the same
            header["encoding"] = self.encoding
        npz.save_model(file, FORMAT, header, {name: getattr(self, name) for name in TREE_COLUMNS})

    @classmethod
    def load(cls, path: str) -> NgramTree:
        """Read a model file. Raises BrokenTokenizer.

        Example: NgramTree.load("model.npz").order -> 6
        """
        header, arrays = npz.load_model(path, FORMAT)
        order, theta, rise = (header.get(name) for name in ("order", "theta", "rise"))
        encoding = header.get("encoding", "utf-8")
        if (
            not isinstance(order, int)
            or order not in ORDERS
            or not isinstance(theta, float)
            or not isinstance(rise, float)
            or not math.isfinite(theta + rise)
            or encoding not in CODECS
            or arrays.keys() != set(TREE_COLUMNS)
            or any(column.dtype != np.uint8 or column.ndim != 1 for column in arrays.values())
        ):
            raise npz.damaged(path)
        tree = cls(order, **arrays, theta=theta, rise=rise, encoding=encoding)
        if not tree._is_one():
            raise npz.damaged(path)
        return tree

    def _is_one(self) -> bool:
        """Say whether this is a tree: the columns fit, and each node but the root has a parent before it."""
        nodes, parents = len(self.children), np.count_nonzero(self.children)
        sizes = [len(column) for column in (self.codes, self.weights, self.backoffs)]
        if nodes < 2 or sizes != [nodes - 1, nodes - 1, parents] or self.children.sum(dtype=int) != nodes - 1:
            return False
        before = 1 + np.cumsum(self.children, dtype=np.int64)
        return bool(np.all(before[:-1] > np.arange(1, nodes)))


class ByteModel:
    """Says how likely each byte is after those before it, and how uncertain that is.

    Example: ByteModel.load("model.npz").entropies(b"Hi") -> in nats, before H, i and the end, and after it

    An entropy depends only on the longest stored context. So each node has one, computed once, and reading a
    text takes no longer than finding its nodes. Raises ValueError for a damaged tree.
    """

    def __init__(self, tree: NgramTree) -> None:
        self.theta, self.rise, self.order = tree.theta, tree.rise, tree.order
        self.encoding = tree.encoding
        nodes = len(tree.children)
        parent = np.repeat(np.arange(nodes), tree.children)
        self._edges = parent << 8 | tree.codes
        self._first = np.concatenate([[1], 1 + np.cumsum(tree.children, dtype=np.int64)])
        levels = list(self._levels())
        if np.any(self._edges[1:] <= self._edges[:-1]):
            raise ValueError("the n-grams are in no order")
        self._suffix = np.zeros(nodes, np.int64)
        for first, last in levels[1:]:
            within = slice(first - 1, last - 1)
            self._suffix[first:last] = self._child(self._suffix[parent[within]], tree.codes[within])
        if np.any(self._suffix < 0):
            raise ValueError("n-grams are missing")
        self._backoff = np.ones(nodes)
        self._backoff[tree.children > 0] = 2.0 ** (-tree.backoffs.astype(float) / STEPS_PER_DOUBLING)
        self._seen = np.zeros(nodes)
        self._seen[1:] = 2.0 ** (-tree.weights.astype(float) / STEPS_PER_DOUBLING)
        sums = np.bincount(parent, self._seen[1:], nodes)
        self._seen[1:] *= ((1 - self._backoff) / np.where(sums, sums, 1))[parent]
        self._p = np.full(
            nodes, 1 / 256
        )  # of its byte; the root's is that of any byte at the end of the chain
        self._entropy = np.full(nodes, math.log(256))
        for first, last in [(0, 1), *levels]:
            self._compute(first, last)

    @classmethod
    def load(cls, path: str) -> ByteModel:
        """Read a model file. Raises BrokenTokenizer.

        Example: ByteModel.load("model.npz").order -> 6
        """
        tree = NgramTree.load(path)
        try:
            return cls(tree)
        except ValueError as error:
            raise npz.damaged(path) from error

    def _levels(self) -> Iterator[tuple[int, int]]:
        """Give the first node and the end of each level below the root."""
        first, last = 1, int(self._first[1])
        while first < last:
            yield first, last
            first, last = last, int(self._first[last])

    def _compute(self, first: int, last: int) -> None:
        """Compute what follows the nodes of one level, from what follows their suffixes.

        Only the bytes for which a node has children become more likely; each of the others has `backoff`
        times its probability q after the suffix, so that together these add

            -sum(backoff q log(backoff q)) = -backoff (log(backoff) sum(q) + sum(q log q))

        to the entropy, where the sums are those after the suffix minus the children's share.
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

    def _child(self, nodes: Ints, codes: Bytes) -> Ints:
        """Find the children of nodes by their bytes; -1 if there is none."""
        wanted = nodes << 8 | codes
        at = np.minimum(np.searchsorted(self._edges, wanted), len(self._edges) - 1)
        return np.where(self._edges[at] == wanted, at + 1, -1)

    def _windows(self, codes: Bytes) -> Iterator[tuple[slice, Ints]]:
        """Give the contexts of a text window by window, each window with its place."""
        for start in range(0, len(codes), AT_ONCE):
            before = min(start, self.order - 1)
            yield (
                slice(start, start + AT_ONCE),
                self._contexts(codes[start - before : start + AT_ONCE])[before:],
            )

    def _contexts(self, codes: Bytes) -> Ints:
        """Find for each position the node of the longest stored context that ends with its byte."""
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
        """Give the entropy in nats of the next byte: before the text, after each of its bytes, after its end.

        Example: len(model.entropies(b"Hi")) -> 4
        """
        codes = framed(data)
        entropies = np.empty(len(codes), np.float32)
        for window, contexts in self._windows(codes):
            entropies[window] = self._entropy[contexts]
        return entropies

    def bits(self, data: bytes) -> float:
        """Give how many bits this model needs to code the text `data` and its end.

        Example: model.bits(data) / len(data) is its bits per byte
        """
        codes = framed(data)
        return sum(
            self._bits(contexts[: len(codes) - 1 - window.start], codes[1:][window])
            for window, contexts in self._windows(codes)
        )

    def _bits(self, contexts: Ints, codes: Bytes) -> float:
        """Give how many bits the bytes take, each after its context."""
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
