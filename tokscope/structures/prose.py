"""A graph as text, as people put it into a prompt.

adjacency   a line for each node, and its neighbours: "A: B, C"
edges       a line for each edge: "A B"
incident    the sentences of Fatemi et al., Talk like a Graph (arXiv:2310.04560), Appendix A: "Node A is
            connected to nodes B, C."
graphml     GraphML, as networkx writes it, with the attributes that are numbers
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import NamedTuple

from tokscope.errors import MissingExtra
from tokscope.structures.graph import NodeGraph


class Mention(NamedTuple):
    """A stretch of text, and the node that it names, None where it names none.

    Example: list(STYLES["edges"](graph))[0] -> Mention("A", 0)
    """

    text: str
    node: int | None = None


def _adjacency(graph: NodeGraph) -> Iterator[Mention]:
    for node, name in enumerate(graph.names):
        yield Mention(name, node)
        yield Mention(":")
        for number, other in enumerate(graph.neighbours(node)):
            yield Mention(", " if number else " ")
            yield Mention(graph.names[other], other)
        yield Mention("\n")


def _edge_sentences(graph: NodeGraph) -> Iterator[Mention]:
    for source, target in zip(graph.sources, graph.targets, strict=True):
        yield Mention(graph.names[source], source)
        yield Mention(" ")
        yield Mention(graph.names[target], target)
        yield Mention("\n")


def _incident(graph: NodeGraph) -> Iterator[Mention]:
    yield Mention("G describes a graph among ")
    last = len(graph) - 1
    for node, name in enumerate(graph.names):
        yield Mention("" if not node else ", and " if node == last else ", ")
        yield Mention(name, node)
    yield Mention(".\nIn this graph:\n")
    for node, name in enumerate(graph.names):
        around = graph.neighbours(node)
        if not around:
            continue
        yield Mention("Node ")
        yield Mention(name, node)
        yield Mention(" is connected to nodes " if len(around) > 1 else " is connected to node ")
        for number, other in enumerate(around):
            yield Mention(", " if number else "")
            yield Mention(graph.names[other], other)
        yield Mention(".\n")


_NODE_NAMES = re.compile(r'(?<=<node id=")[^"]*|(?<= source=")[^"]*|(?<= target=")[^"]*')


def _graphml(graph: NodeGraph) -> Iterator[Mention]:
    try:
        import networkx
    except ImportError as error:
        raise MissingExtra("a graph as GraphML", "graph") from error
    made = networkx.MultiDiGraph() if graph.directed else networkx.MultiGraph()
    for node, name in enumerate(graph.names):
        made.add_node(name, **{key: values[node] for key, values in graph.numbers.items()})
    for number, (source, target) in enumerate(zip(graph.sources, graph.targets, strict=True)):
        made.add_edge(graph.names[source], graph.names[target], key=number)
    if not made.is_multigraph() or not _repeats(graph):  # keys would be ids of edges
        made = networkx.DiGraph(made) if graph.directed else networkx.Graph(made)
    text = "\n".join(networkx.generate_graphml(made)) + "\n"
    at = 0
    for match in _NODE_NAMES.finditer(text):
        yield Mention(text[at : match.start()])
        yield Mention(match[0], graph.index(unescape(match[0])))
        at = match.end()
    yield Mention(text[at:])


def _repeats(graph: NodeGraph) -> bool:
    """Say whether two nodes have several edges."""
    pairs = zip(graph.sources, graph.targets, strict=True)
    known = {pair if graph.directed else tuple(sorted(pair)) for pair in pairs}
    return len(known) < len(graph.sources)


STYLES: dict[str, Callable[[NodeGraph], Iterator[Mention]]] = {
    "adjacency": _adjacency,
    "edges": _edge_sentences,
    "incident": _incident,
    "graphml": _graphml,
}
"""The ways to write a graph, by the words that users type."""
