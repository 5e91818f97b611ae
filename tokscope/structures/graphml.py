"""Reading GraphML (http://graphml.graphdrawing.org), one element after the other."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from tokscope.errors import Flaw
from tokscope.structures.graph import NodeGraph
from tokscope.structures.nodes import NodeAttributes, NodeNames, is_number

NUMERIC = ("int", "integer", "long", "float", "double")
"""The types of GraphML's attributes that are numbers."""


def of_graphml(blocks: Iterable[str]) -> NodeGraph:
    """Read GraphML (http://graphml.graphdrawing.org), one element after the other.

    Example: of_graphml(['<graphml><graph><node id="A"/></graph></graphml>']).names -> ["A"]

    Raises Flaw for XML that is broken, for entities of the file's own, which may swell, for hyperedges and
    for graphs within nodes.
    """
    reader = _GraphML()
    for block in blocks:
        reader.feed(block)
    return reader.graph()


class _GraphML:
    """What was read of a GraphML file so far."""

    def __init__(self) -> None:
        from xml.parsers.expat import ParserCreate

        self._names, self._attributes = NodeNames(), NodeAttributes()
        self._sources, self._targets = array("q"), array("q")
        self._keys: dict[str, tuple[str, str, str]] = {}  # id -> for what, name, type
        self._defaults: dict[str, str] = {}
        self._edges: list[tuple[str, str, int, int]] = []  # whose nodes come later
        self._directed = self._weighted = False
        self._graphs = 0
        self._open: list[str] = []
        self._node = ""
        self._key = ""
        self._said: list[str] = []
        self._parser = parser = ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._said.append
        parser.EntityDeclHandler = self._entity

    @property
    def _place(self) -> tuple[int, int]:
        return self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1

    def _flaw(self, why: str) -> Flaw:
        return Flaw(why, *self._place)

    def feed(self, block: str, last: bool = False) -> None:
        """Read on. Raises Flaw."""
        from xml.parsers.expat import ExpatError, errors

        try:
            self._parser.Parse(block.removeprefix("\ufeff"), last)
        except ExpatError as error:
            why = errors.messages.get(error.code, "broken")
            raise Flaw(f"XML: {why}", error.lineno, error.offset + 1) from error

    def _entity(self, name: str, *rest: object) -> None:
        raise self._flaw(f"an entity of the file's own, {name!r}: write out what it stands for")

    def _start(self, tag: str, fields: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        self._said.clear()
        handle = {
            "key": self._start_key,
            "graph": self._start_graph,
            "node": self._start_node,
            "edge": self._start_edge,
            "hyperedge": self._refuse,
            "endpoint": self._refuse,
        }.get(tag)
        if not self._open and tag != "graphml":
            raise self._flaw(f"<{tag}> and no <graphml>")
        self._open.append(tag)
        if handle is not None:
            handle(fields)
        elif tag == "data":
            self._key = fields.get("key", "")

    def _refuse(self, fields: dict[str, str]) -> None:
        raise self._flaw("a hyperedge, which no tokenizer of graphs takes")

    def _start_key(self, fields: dict[str, str]) -> None:
        self._key = fields.get("id", "")
        self._keys[self._key] = (
            fields.get("for", "all"),
            fields.get("attr.name", self._key),
            fields.get("attr.type", "string"),
        )

    def _start_graph(self, fields: dict[str, str]) -> None:
        self._graphs += 1
        if self._graphs > 1:
            within = "a graph within a graph" if self._open.count("graph") > 1 else "a second graph"
            raise self._flaw(f"{within}: one file is one graph here")
        self._directed = fields.get("edgedefault") == "directed"

    def _start_node(self, fields: dict[str, str]) -> None:
        if "id" not in fields:
            raise self._flaw("a node without an id")
        self._node = fields["id"]
        if self._node in self._names:
            raise self._flaw(f"a second node {self._node!r}")
        self._names[self._node]

    def _start_edge(self, fields: dict[str, str]) -> None:
        source, target = fields.get("source"), fields.get("target")
        if source is None or target is None:
            raise self._flaw("an edge without a source or a target")
        self._directed = self._directed or fields.get("directed") == "true"
        if source in self._names and target in self._names:
            self._sources.append(self._names[source])
            self._targets.append(self._names[target])
        else:
            self._edges.append((source, target, *self._place))

    def _end(self, tag: str) -> None:
        tag = self._open.pop()
        said = "".join(self._said).strip()
        self._said.clear()
        if tag == "default":
            self._defaults[self._key] = said
        elif tag == "data" and self._open[-1:] == ["edge"]:
            self._weighted = self._weighted or self._keys.get(self._key, ("", "", ""))[1] == "weight"
        elif tag == "data" and self._open[-1:] == ["node"]:
            self._data(said)

    def _data(self, said: str) -> None:
        """Take an attribute of a node."""
        if self._key not in self._keys:
            raise self._flaw(f"data of a key {self._key!r}, which is not declared")
        _, name, kind = self._keys[self._key]
        value: object = said
        if kind in NUMERIC:
            try:
                value = float(said)
            except ValueError:
                raise self._flaw(f"node {self._node!r}: its {name} is {said[:40]!r} and no number") from None
        self._attributes.add(self._names[self._node], self._node, name, value, *self._place)

    def graph(self) -> NodeGraph:
        """Give the graph, when all is read. Raises Flaw."""
        self.feed("", last=True)
        if not self._graphs:
            raise Flaw("GraphML without a graph")
        for source, target, line, column in self._edges:
            for name in (source, target):
                if name not in self._names:
                    raise Flaw(f"an edge to {name!r}, which is not a node", line, column)
            self._sources.append(self._names[source])
            self._targets.append(self._names[target])
        for key, said in self._defaults.items():
            what, name, kind = self._keys[key]
            if what in ("node", "all") and kind in NUMERIC and is_number(said):
                self._attributes.fill(name, float(said), len(self._names))
        return NodeGraph(
            list(self._names),
            self._sources,
            self._targets,
            directed=self._directed,
            weighted=self._weighted,
            **self._attributes.of(self._names),
        )
