"""`llaga:nd`, `llaga:ho`: the node sequences of LLaGA (extra [graph]).

https://github.com/VITA-Group/LLaGA (288240f1), utils/data_process.py. `nd`, neighbourhood detail, is a tree
in level order: each node is followed on the next level by `?s=` (10) neighbours, the one above it included;
what lacks is PAD (-500), and below a PAD are PADs. Of more neighbours than s the original draws some at
random; here Python's random.sample draws them from `?seed=` (0), again for each node. `?h=` (2) is how many
levels follow, and `?hide=NODE` the other end of a link that is to be predicted, which the first level leaves
out. `ho`, hop field, is a token for each of 0 to `?h=` (4) hops: a row of (D^-1/2 A D^-1/2)^k X.

`?node=NAME` takes one node alone. `--special` adds the h + 2 tokens of mm_use_graph_special_token: one in
front, and one after each level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

from tokscope.backends.nagphormer import Hops
from tokscope.structures.graph import NodeGraph, numpy
from tokscope.tokenizer import Census, Kind
from tokscope.tokenizer.spec import Spec
from tokscope.transcriber import Nodes
from tokscope.transcript import Member, Sign, Transcript

PAD = -500
"""The id of padding."""


class Leaf(NamedTuple):
    """A place in the tree: its node, None for padding, the place above it on its level, and why.

    Example: Leaf(2, 0, "neighbour of A")
    """

    node: int | None
    above: int
    why: str


class Neighbourhood(Nodes):
    """Trees of neighbours in level order.

    Example: [one.text for one in load("llaga:nd?s=2&h=1&node=A").transcribe(graph).signs] ->
    ["A", "B", "C"]
    """

    kind = Kind.GRAPH

    def __init__(self, spec: Spec) -> None:
        numpy("llaga:nd")
        self.name = str(spec)
        self.node = spec.text("node")
        self._size = spec.integer("s", 10, most=10_000)
        self._hops = spec.integer("h", 2, most=10)
        self._seed = spec.integer("seed", 0, least=0)
        self._hidden = spec.text("hide")
        self._special = spec.special
        self.how = (
            f"the tree of neighbours in level order, {self._hops} levels of {self._size} below each node; "
            "what lacks is padding"
        )

    def levels(self, graph: NodeGraph, node: int) -> list[list[Leaf]]:
        """Give the tree of a node, level by level.

        Example: of A-B, A-C with s=2, h=1: [[A], [B, C]]
        """
        drawn = Random(self._seed)
        hidden = None if self._hidden is None else graph.index(self._hidden)
        levels = [[Leaf(node, 0, "the node itself")]]
        for level in range(self._hops):
            below: list[Leaf] = []
            for place, leaf in enumerate(levels[-1]):
                below += self._below(graph, leaf, place, drawn, None if level else hidden)
            levels.append(below)
        return levels

    def _below(
        self, graph: NodeGraph, leaf: Leaf, place: int, drawn: Random, hidden: int | None
    ) -> Iterator[Leaf]:
        """Give what stands below one place of a level."""
        if leaf.node is None:
            yield from [Leaf(None, place, "padding below padding")] * self._size
            return
        around = [one for one in graph.neighbours(leaf.node) if one != hidden]
        called = graph.names[leaf.node]
        why = f"neighbour of {called}"
        if len(around) > self._size:
            why += f", drawn from {len(around):,}"
            around = drawn.sample(around, self._size)
        for one in around:
            yield Leaf(one, place, why)
        lacking = f"padding: {called} has {len(around):,} of {self._size:,}"
        yield from [Leaf(None, place, lacking)] * (self._size - len(around))

    def transcribe(self, structure: NodeGraph) -> Transcript:
        """Write the tree of each node, or of the one asked for. Raises Flaw if there is no such node."""
        signs: list[Sign] = []
        above: list[int] = []
        for node in self.held(structure):
            levels = self.levels(structure, node)
            signs += self._marked(0, "in front of the tree")
            before = 0  # where the level before this one begins
            above += [-1] * (len(signs) - len(above))
            for number, level in enumerate(levels):
                start = len(signs)
                above += [before + leaf.above if number else -1 for leaf in level]
                signs += [_symbol(structure, leaf, number) for leaf in level]
                signs += self._marked(number + 1, f"behind level {number}")
                above += [-1] * (len(signs) - len(above))
                before = start
        return Transcript(signs, above=above)

    def _marked(self, number: int, why: str) -> Sequence[Sign]:
        return [Sign(f"<special {number}>", None, (), why)] if self._special else []

    def census_of(self, structure: NodeGraph) -> Census:
        """Count the places of the trees: 1 + s + ... + s^h for each node."""
        if self._hidden is not None:
            structure.index(self._hidden)
        each = sum(self._size**level for level in range(self._hops + 1))
        special = (self._hops + 2) * self._special
        return Census(len(self.chosen(structure)) * (each + special))


def _symbol(graph: NodeGraph, leaf: Leaf, level: int) -> Sign:
    if leaf.node is None:
        return Sign("[PAD]", PAD, (), f"level {level}: {leaf.why}")
    why = f"level {level}: {leaf.why}"
    return Sign(graph.names[leaf.node], leaf.node, (Member("node", leaf.node),), why)


def load(spec: Spec) -> Nodes:
    """Build the tokenizer of `llaga:nd` or `llaga:ho`. Raises MissingExtra, and UsageError for bad options.

    Example: load(Spec("llaga", "ho")).hops -> 4
    """
    if spec.argument == "nd":
        return Neighbourhood(spec)
    spec.only(("h", "node"), "llaga:ho")
    return Hops(str(spec), spec.integer("h", 4, least=0, most=1000), spec.text("node"), loops=False)
