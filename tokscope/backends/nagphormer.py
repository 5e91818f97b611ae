"""`nagphormer`: a token for each hop around each node, as NAGphormer makes them (extra [graph]).

https://github.com/JHL-HUST/NAGphormer (dd709f93), utils.py, re_features: token k of a node is its row of
(D^-1/2 (A + I) D^-1/2)^k X, k from 0 to `?hops=` (7). There are no weights in it: the tokens are the features
themselves, which `split --format npz` writes. The original puts eigenvectors of the Laplacian beside X first,
of as many dimensions as its settings say; here X is the graph's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tokscope.errors import Flaw, Unsupported
from tokscope.report.table import Column
from tokscope.report.trace import Step, Table
from tokscope.structures.graph import MAX_FEATURES, NodeGraph, numpy
from tokscope.structures.hops import propagated
from tokscope.tokenizer import Census, Kind
from tokscope.tokenizer.spec import Spec
from tokscope.transcriber import Nodes
from tokscope.transcript import Member, Sign, Transcript

TRACED = 50
"""How many tokens, and how many features of each, a trace shows."""


class Hops(Nodes):
    """Hops around nodes, each a token.

    Example: load("nagphormer?hops=2").count("A B\\nB C") -> 9
    """

    kind = Kind.GRAPH

    def __init__(self, name: str, hops: int, node: str | None, *, loops: bool) -> None:
        numpy(name)
        self.name = name
        self.node = node
        self.hops = hops
        self.loops = loops
        matrix = "D^-1/2 (A + I) D^-1/2" if loops else "D^-1/2 A D^-1/2"
        self.how = f"token k of a node is its row of ({matrix})^k X, k from 0 to {hops}"

    def transcribe(self, structure: NodeGraph) -> Transcript:
        """Write the hops of each node, or of the one asked for. Raises Flaw if there is no such node."""
        return Transcript([one for node in self.held(structure) for one in self._of(structure, node)])

    def _of(self, graph: NodeGraph, node: int) -> Iterator[Sign]:
        called = graph.names[node]
        for hop in range(self.hops + 1):
            far = f"what {hop} hop{'s' * (hop > 1)} bring to {called}"
            why = f"{called}'s own features" if not hop else far
            yield Sign(f"{called}@{hop}", None, (Member("node", node),), why)

    def census_of(self, structure: NodeGraph) -> Census:
        """Count hops: the same number for each node."""
        return Census(len(self.chosen(structure)) * (self.hops + 1))

    def _before(self, structures: Sequence[NodeGraph]) -> Iterator[Step]:
        """Show where features come from, and the tokens themselves, where these are few."""
        for graph in structures:
            rows, source = self.features(graph)
            says = f"{source}: {rows.shape[2]:,} for each node"
            shown = rows.reshape(-1, rows.shape[2])[:TRACED, : TRACED // 5]
            width = len(shown[0]) if len(shown) else 0
            columns = [Column("token", "token"), *(Column(f"x{at}", "ratio") for at in range(width))]
            names = [graph.names[node] for node in self.chosen(graph)]
            tokens = [f"{name}@{hop}".encode() for name in names for hop in range(self.hops + 1)]
            table = Table(
                "features",
                columns,
                [(token, *map(float, row)) for token, row in zip(tokens, shown, strict=False)],
            )
            yield Step("features", says, (table,) if width else ())

    def no_ids(self) -> Unsupported:
        """Make the error for tokens that are features."""
        return Unsupported(f"{self.name} has no ids: its tokens are features; split --format npz writes them")

    def features(self, graph: NodeGraph) -> tuple[Any, str]:
        """Give the tokens themselves, an array of shape (nodes, hops + 1, features), and where X comes from.

        Example: load("nagphormer?hops=2").features(graph)[0].shape -> (3, 3, 3)
        """
        rows, source = graph.features
        size = 8 * rows.size * (self.hops + 1)
        if size > MAX_FEATURES:
            raise Flaw(f"features of {size >> 30:,} GB: use fewer hops, or attributes in place of degrees")
        return propagated(graph, rows, self.hops, loops=self.loops)[list(self.chosen(graph))], source


def load(spec: Spec) -> Nodes:
    """Build the tokenizer of `nagphormer`. Raises MissingExtra, and UsageError if hops are not a number.

    Example: load(Spec("nagphormer")).hops -> 7
    """
    return Hops(str(spec), spec.integer("hops", 7, least=0, most=1000), spec.text("node"), loops=True)
