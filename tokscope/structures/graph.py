"""NodeGraph: nodes, edges and features as a file has them, and how the tokenizers take them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tokscope.errors import Flaw, MissingExtra


def numpy(what: str) -> Any:
    """Give NumPy. Raises MissingExtra, which names `what` needs it.

    Example: numpy("llaga:ho").array([1, 2]).sum() -> 3
    """
    try:
        import numpy as np
    except ImportError as error:
        raise MissingExtra(what, "graph") from error
    return np


MAX_FEATURES = 4 << 30
"""How many bytes the features of a graph may take."""


class NodeGraph:
    """A graph as it was read.

    Example: NodeGraph(["A", "B"], array("q", [0]), array("q", [1])).neighbours(0) -> [1]

    `names` are the nodes in the order in which they first occur; `sources` and `targets` the ends of each
    edge, as indices. `numbers` has the attributes of nodes that are numbers, a list for each, `words` the
    names of those that are not. In a file of `lists` of neighbours an edge may be at both its ends.
    Tokenizers take every graph as undirected, simple and without weights, as the models' own data is; `taken`
    says what that changes of this one.
    """

    line, column, name = 0, 0, ""
    drawn_as = ""  # alone it is not; a tree of its nodes is

    def __init__(
        self,
        names: Sequence[str],
        sources: array[int],
        targets: array[int],
        *,
        directed: bool = False,
        weighted: bool = False,
        lists: bool = False,
        numbers: Mapping[str, Sequence[float]] | None = None,
        words: Sequence[str] = (),
    ) -> None:
        self.names, self.sources, self.targets = names, sources, targets
        self.directed, self.weighted, self.lists = directed, weighted, lists
        self.numbers, self.words = numbers or {}, words
        self._index: dict[str, int] | None = None
        self._rows: tuple[Any, Any] | None = None

    def __len__(self) -> int:
        return len(self.names)

    def located(self, flaw: Flaw, path: str) -> Flaw:
        """Say in which file a flaw of this graph is.

        Example: str(graph.located(Flaw("no node D"), "a.graph")) -> "a.graph: no node D"
        """
        return flaw.of(path)

    def undrawable(self, path: str) -> None:
        """Give None: what is drawn of a graph, its tokens, can be.

        Example: NodeGraph(["A"], array("q"), array("q")).undrawable("a.graph") is None
        """

    @property
    def sizes(self) -> tuple[int, ...]:
        """What its tokens are divided by: itself, its nodes, its edges as they were read."""
        return 1, len(self), len(self.sources)

    def index(self, name: str) -> int:
        """Find a node by its name. Raises Flaw for one that is not there, with names like it.

        Example: graph.index("B") -> 1
        """
        if self._index is None:
            self._index = {one: number for number, one in enumerate(self.names)}
        if name not in self._index:
            from difflib import get_close_matches

            some = get_close_matches(name, self.names[:1000], n=3) or self.names[:3]
            raise Flaw(f"no node {name!r}; there are {len(self):,}, such as {', '.join(map(repr, some))}")
        return self._index[name]

    @property
    def rows(self) -> tuple[Any, Any]:
        """The neighbours of all nodes one after the other, and where those of each begin; see neighbours().

        Example: graph.rows -> ([1, 2, 0, 0], [0, 2, 3, 4])

        Both are arrays of NumPy: the rows of a sparse matrix. Raises MissingExtra.
        """
        if self._rows is None:
            self._rows = self._adjacency()
        return self._rows

    def _adjacency(self) -> tuple[Any, Any]:
        np = numpy("a graph's neighbours")
        size = len(self)
        ends = np.empty((len(self.sources), 2), np.int64)
        ends[:, 0] = np.frombuffer(self.sources, np.int64)
        ends[:, 1] = np.frombuffer(self.targets, np.int64)
        ends = ends[ends[:, 0] != ends[:, 1]]
        # Each edge both ways, in the order of the file; the first of several counts.
        pairs = np.concatenate((ends, ends[:, ::-1]), axis=1).reshape(-1, 2)
        _, first = np.unique(pairs[:, 0] * size + pairs[:, 1], return_index=True)
        first.sort()
        pairs = pairs[first]
        order = np.argsort(pairs[:, 0], kind="stable")
        starts = np.zeros(size + 1, np.int64)
        np.cumsum(np.bincount(pairs[:, 0], minlength=size), out=starts[1:])
        return pairs[order, 1], starts

    def neighbours(self, node: int) -> list[int]:
        """Give the neighbours of a node, in the order of the edges in the file.

        Example: of A-B, A-C the neighbours of 0 -> [1, 2]
        """
        others, starts = self.rows
        found: list[int] = others[starts[node] : starts[node + 1]].tolist()
        return found

    @property
    def degrees(self) -> Any:
        """How many neighbours each node has, as an array."""
        return numpy("a graph's degrees").diff(self.rows[1])

    @property
    def features(self) -> tuple[Any, str]:
        """The features of the nodes, a row each, and where they come from in words.

        Example: the attributes x and y -> (array of shape (nodes, 2), "node attributes x, y")

        Without attributes that are numbers, each node has a 1 in the column of its degree.
        """
        np = numpy("features")
        if self.numbers:
            names = list(self.numbers)
            shown = ", ".join(names[:4]) + (f" and {len(names) - 4:,} more" if len(names) > 4 else "")
            columns = [np.asarray(self.numbers[name], np.float64) for name in names]
            return np.stack(columns, axis=1), f"node attribute{'s' * (len(names) > 1)} {shown}"
        degrees = self.degrees
        width = int(degrees.max(initial=0)) + 1
        if 8 * width * len(self) > MAX_FEATURES:
            raise Flaw(
                f"degrees up to {width - 1:,}, one-hot, are too large: give nodes attributes that are numbers"
            )
        rows = np.zeros((len(self), width))
        rows[np.arange(len(self)), degrees] = 1
        return rows, "degree, one-hot (no node attribute is a number)"

    @property
    def taken(self) -> Iterator[str]:
        """Say what of the graph the tokenizers ignore.

        Example: list(NodeGraph(["A"], array("q", [0]), array("q", [0])).taken) -> ["1 self-loop left out"]
        """
        if self.directed:
            yield "directed: its edges are taken both ways"
        if self.weighted:
            yield "weighted: its weights are ignored"
        loops, repeated = self._odd
        if loops:
            yield f"{loops:,} self-loop{'s' * (loops > 1)} left out"
        if repeated and not self.lists:
            yield f"{repeated:,} edge{'s' * (repeated > 1)} given more than once, counted once"
        if self.words:
            yield f"attributes that are not numbers are not features: {', '.join(sorted(self.words)[:6])}"

    @property
    def _odd(self) -> tuple[int, int]:
        """How many edges are self-loops, and how many are there already."""
        try:
            np = numpy("")
        except MissingExtra:
            pairs = [frozenset(pair) for pair in zip(self.sources, self.targets, strict=True)]
            loops = sum(len(pair) == 1 for pair in pairs)
            return loops, len(pairs) - loops - sum(len(pair) == 2 for pair in set(pairs))
        one, two = np.frombuffer(self.sources, np.int64), np.frombuffer(self.targets, np.int64)
        keys = (np.minimum(one, two) * len(self) + np.maximum(one, two))[one != two]
        keys.sort()
        return len(one) - len(keys), int((keys[1:] == keys[:-1]).sum())
