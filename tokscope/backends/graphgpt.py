"""`graphgpt`, `graphtranslator`, `teaglm`: what three models put into a prompt for a graph.

The models' own vectors need their weights; how many there are does not.

`graphgpt`: `<g_start>`, a `<g_patch>` for each node of the graph, `<g_end>`; `?ends=false` leaves the two out
(https://github.com/HKUDS/GraphGPT, db25a66f). The graph is taken as the subgraph that the model is shown; its
own code samples that at random, 2 hops of 10 neighbours. A link has two graphs: count both files.
`graphtranslator`: 32 query tokens, whatever the graph (https://github.com/alibaba/GraphTranslator, 250ff3f4).
`teaglm`: 5 tokens, `<Node 1>` to `<Node 5>`, for the node or the graph that a prompt is about
(https://github.com/W-rudder/TEA-GLM, 6cb63667); `?n=` for another number of them.
"""

from __future__ import annotations

from tokscope.structures.graph import NodeGraph
from tokscope.tokenizer import Census, Kind
from tokscope.tokenizer.spec import Spec
from tokscope.transcriber import Transcriber
from tokscope.transcript import Member, Sign, Transcript

QUERIES = 32
"""The query tokens of GraphTranslator's Q-Former."""


class NodePatches(Transcriber):
    """A patch for each node, between two marks.

    Example: load("graphgpt").count("A B\\nA C") -> 5
    """

    kind = Kind.GRAPH
    how = "a <g_patch> for each node, between <g_start> and <g_end>"

    def __init__(self, name: str, *, ends: bool = True) -> None:
        self.name = name
        self._ends = ends

    def transcribe(self, structure: NodeGraph) -> Transcript:
        """Write a patch for each node."""
        patches = [
            Sign("<g_patch>", None, (Member("node", node),), f"node {name}")
            for node, name in enumerate(structure.names)
        ]
        if not self._ends:
            return Transcript(patches)
        return Transcript(
            [Sign("<g_start>", why="the graph begins"), *patches, Sign("<g_end>", why="the graph ends")]
        )

    def census_of(self, structure: NodeGraph) -> Census:
        """Count a patch for each node, and the two marks."""
        return Census(len(structure) + 2 * self._ends)


class Fixed(Transcriber):
    """A fixed number of tokens for a graph, whatever is in it.

    Example: load("graphtranslator").count("A B\\nA C") -> 32
    """

    kind = Kind.GRAPH

    def __init__(self, name: str, texts: list[str], how: str) -> None:
        self.name = name
        self.how = how
        self._texts = texts

    def transcribe(self, structure: NodeGraph) -> Transcript:
        """Write the tokens, each of which stands for the whole graph."""
        every = tuple(Member("node", node) for node in range(len(structure)))
        return Transcript([Sign(text, None, every, "stands for the whole graph") for text in self._texts])

    def census_of(self, structure: NodeGraph) -> Census:
        """Give the number of tokens."""
        return Census(len(self._texts))


def load(spec: Spec) -> Transcriber:
    """Build the tokenizer of `graphgpt`, `graphtranslator` or `teaglm`.

    Example: load(Spec("teaglm")).count("A B") -> 5
    """
    if spec.name == "graphgpt":
        return NodePatches(str(spec), ends=spec.flag("ends", True))
    if spec.name == "graphtranslator":
        queries = [f"<query {number}>" for number in range(1, QUERIES + 1)]
        return Fixed(str(spec), queries, f"the {QUERIES} query tokens of the Q-Former, whatever the graph")
    nodes = [f"<Node {number}>" for number in range(1, spec.integer("n", 5, most=109) + 1)]
    return Fixed(str(spec), nodes, f"{len(nodes)} tokens for the node or the graph that the prompt is about")
