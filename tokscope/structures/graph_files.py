"""Readers of graphs: GraphML, GML, node-link and adjacency JSON, lists of edges and of neighbours.

All but GML are read as they come, without a graph library: networkx takes 22 s and 900 MB for a list of three
million edges. What is wrong is a Flaw with its line and column.
"""

from __future__ import annotations

import json
import math
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tokscope.errors import Flaw, MissingExtra
from tokscope.structures.graph import NodeGraph
from tokscope.structures.molecule import lines, whole_lines

NUMERIC = ("int", "integer", "long", "float", "double")
"""The types of GraphML's attributes that are numbers."""

_TWO_WORDS = re.compile(r"(?:(?![#%])[^\s,{]++[ \t][^\s,{]++\n)++")
"""Lines of two words: most of what lists of edges hold."""


class _Names(dict[str, int]):
    """The index of each node, by its name; one that is new gets the next."""

    def __missing__(self, name: str) -> int:
        self[name] = number = len(self)
        return number


class _Attributes:
    """The attributes of nodes, as they are read; what is no number is only named."""

    def __init__(self) -> None:
        self._values: dict[str, dict[int, float]] = {}
        self._words: dict[str, None] = {}

    def add(self, node: int, called: str, name: str, value: object, line: int = 0, column: int = 0) -> None:
        """Take the value of a node's attribute. Raises Flaw for one that is not finite."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._words[name] = None
            return
        if not math.isfinite(value):
            raise Flaw(f"node {called!r}: its {name} is {value}, which is no feature", line, column)
        self._values.setdefault(name, {})[node] = float(value)

    def fill(self, name: str, value: float, size: int) -> None:
        """Give the nodes that lack an attribute its default."""
        values = self._values.setdefault(name, {})
        for node in range(size):
            values.setdefault(node, value)

    def of(self, names: Iterable[str]) -> dict[str, Any]:
        """Give what a NodeGraph is made with. Raises Flaw where a node lacks what others have."""
        known = list(names)
        for name, values in self._values.items():
            if name in self._words:
                continue
            if len(values) < len(known):
                lacking = next(number for number in range(len(known)) if number not in values)
                raise Flaw(f"node {known[lacking]!r} has no {name}, which other nodes have: give it one")
        numbers = {
            name: array("d", map(values.__getitem__, range(len(known))))
            for name, values in self._values.items()
            if name not in self._words
        }
        return {"numbers": numbers, "words": list(self._words)}


def of_lines(blocks: Iterable[str], what: str = "") -> NodeGraph:
    r"""Read a list of edges, "A B" a line, maybe with a weight; or of neighbours, "A B C": A's are B and C.

    Example: of_lines(["A B\nA C\n"]).names -> ["A", "B", "C"]

    Words stand between white space, or commas where the first line has one. Lines with # or % in front are
    comments. `what` they hold is "edges" or "neighbours"; where nobody says, neighbours if a line has neither
    two words, nor two and a weight. Raises Flaw for a line that is neither.
    """
    names = _Names()
    found = _Lines(names, what)
    number = 1
    for whole in whole_lines(blocks):
        if number == 1:
            whole = whole.removeprefix("\ufeff")
        if found.plain and _TWO_WORDS.fullmatch(whole):
            ends = array("q", map(names.__getitem__, whole.split()))
            found.sources.extend(ends[::2])
            found.targets.extend(ends[1::2])
        else:
            found.add(whole, number)
        number += whole.count("\n")
    if not names:
        raise Flaw("no edge and no node: a line of two words is an edge")
    return found.graph()


class _Lines:
    """The edges of a list, a line after the other."""

    def __init__(self, names: _Names, what: str) -> None:
        self.names = names
        self.sources, self.targets = array("q"), array("q")
        self._adjacency = what == "neighbours"
        self._edges = what == "edges"
        self._comma: bool | None = None
        self._weighted = False
        self._wide = self._adjacency  # whether there were lines of other than two words, and no weights

    @property
    def plain(self) -> bool:
        """Whether lines of two words are edges, and nothing else came."""
        return not self._adjacency and self._comma in (None, False)

    def add(self, text: str, first: int) -> None:
        """Read lines; `first` is the number of the first of them."""
        for number, line in enumerate(lines([text]), first):
            if not line.strip() or line[0] in "#%":
                continue
            bare, brace, data = line.partition("{")
            if self._comma is None:
                self._comma = "," in bare
            words = [word.strip() for word in bare.split(",")] if self._comma else bare.split()
            if self._comma and "" in words:
                raise Flaw("an empty name", number, 1 + len(",".join(bare.split(",")[: words.index("")])))
            if number == 1 and [word.lower() for word in words[:2]] in HEADINGS:
                continue
            if brace and (len(words) != 2 or not data.rstrip().endswith("}")):
                raise Flaw("an edge with data is two names and {...}", number, len(bare) + 1)
            self._weighted = self._weighted or "weight" in data
            self._take(number, words)

    def _take(self, number: int, words: list[str]) -> None:
        if len(words) == 2 and not self._adjacency:
            self.sources.append(self.names[words[0]])
            self.targets.append(self.names[words[1]])
            return
        weighted = len(words) == 3 and _is_number(words[2]) and not self._adjacency
        if weighted and not self._wide:
            self._weighted = True
            self.sources.append(self.names[words[0]])
            self.targets.append(self.names[words[1]])
            return
        if not weighted and self._weighted:
            raise Flaw(f"{len(words)} words where other lines are two names and a weight", number, 1)
        if self._edges:
            count = f"{len(words)} word{'s' * (len(words) > 1)}"
            raise Flaw(f"{count}: an edge is two names, and maybe a weight", number, 1)
        self._wide = True
        node = self.names[words[0]]
        for other in words[1:]:
            self.sources.append(node)
            self.targets.append(self.names[other])

    def graph(self) -> NodeGraph:
        """Give what was read."""
        return NodeGraph(
            list(self.names), self.sources, self.targets, weighted=self._weighted, lists=self._wide
        )


HEADINGS = (["source", "target"], ["from", "to"], ["src", "dst"], ["u", "v"])
"""What stands over the two columns of edges in files that have a heading."""


def _is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


class _Constant(Exception):
    """A number that is none: NaN, Infinity."""

    @classmethod
    def refuse(cls, name: str) -> None:
        raise cls(name)


_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(NaN|-?Infinity)')
"""Where such a number stands, outside of strings."""


def of_json(blocks: Iterable[str]) -> NodeGraph:
    """Read networkx's node-link JSON: "nodes", and "links" or "edges".

    Example: of_json(['{"nodes": [{"id": "A"}, {"id": "B"}], "links": [{"source": "A", "target": "B"}]}'])

    Raises Flaw, which names the entry where the JSON is fine and says no graph.
    """
    text = "".join(blocks).removeprefix("\ufeff")
    try:
        value = json.loads(text, parse_constant=_Constant.refuse)
    except _Constant as error:
        before = text[: next(match.start(1) for match in _CONSTANT.finditer(text) if match[1])]
        place = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise Flaw(f"{error} is no number, and no feature", *place) from error
    except json.JSONDecodeError as error:
        raise Flaw(f"not JSON: {error.msg}", error.lineno, error.colno) from error
    except RecursionError as error:
        raise Flaw("JSON that is nested too deeply") from error
    names, attributes = _Names(), _Attributes()
    for where, node in _entries(value, "nodes"):
        name = _end(node, "id", where)
        if name in names:
            raise Flaw(f"{where}: a second node {name!r}")
        number = names[name]
        for key, one in node.items():
            if key != "id":
                attributes.add(number, name, key, one)
    sources, targets, weighted = array("q"), array("q"), False
    for where, edge in _entries(value, "links" if "links" in value else "edges"):
        for key, ends in (("source", sources), ("target", targets)):
            name = _end(edge, key, where)
            if name not in names:
                raise Flaw(f"{where}: its {key} {name!r} is no node")
            ends.append(names[name])
        weighted = weighted or "weight" in edge
    directed = value.get("directed") is True
    return NodeGraph(
        list(names), sources, targets, directed=directed, weighted=weighted, **attributes.of(names)
    )


def _entries(value: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the objects of a list, and what each is called. Raises Flaw where it is none."""
    found = value.get(key)
    if not isinstance(found, list):
        raise Flaw(f'no list "{key}": node-link JSON has "nodes", and "links" or "edges"')
    for at, one in enumerate(found):
        if not isinstance(one, dict):
            raise Flaw(f"{key}[{at}]: not an object")
        yield f"{key}[{at}]", one


def _end(entry: Mapping[str, Any], key: str, where: str) -> str:
    """Give the name of a node, which may be a number. Raises Flaw without one."""
    name = entry.get(key)
    if isinstance(name, bool) or not isinstance(name, str | int | float):
        raise Flaw(f'{where}: no "{key}" that is a name or a number')
    return str(name)


def of_gml(blocks: Iterable[str]) -> NodeGraph:
    """Read GML, with networkx; nodes go by their labels. Raises Flaw, and MissingExtra.

    Example: of_gml(['graph [ node [ id 0 label "A" ] ]']).names -> ["A"]
    """
    try:
        import networkx
    except ImportError as error:
        raise MissingExtra("a GML file", "graph") from error
    read = [line + "\n" for line in lines(blocks)]
    read[:1] = [line.removeprefix("\ufeff") for line in read[:1]]
    try:
        found = networkx.parse_gml(read, label="label" if any("label" in line for line in read) else "id")
    except (networkx.NetworkXError, ValueError, RecursionError) as error:
        said = " ".join(str(error).split())
        where = re.search(r" ?at \((\d+), (\d+)\)", said)
        if where:
            said = said.replace(where[0], "")
        raise Flaw(f"no GML: {said[:200]}", *(int(where[1]), int(where[2])) if where else ()) from error
    names, attributes = _Names(), _Attributes()
    for node, data in found.nodes(data=True):
        number = names[str(node)]
        for key, one in data.items():
            attributes.add(number, str(node), key, one)
    sources, targets, weighted = array("q"), array("q"), False
    for source, target, data in found.edges(data=True):
        sources.append(names[str(source)])
        targets.append(names[str(target)])
        weighted = weighted or "weight" in data
    directed = found.is_directed()
    return NodeGraph(
        list(names), sources, targets, directed=directed, weighted=weighted, **attributes.of(names)
    )


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

        self._names, self._attributes = _Names(), _Attributes()
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
                    raise Flaw(f"an edge to {name!r}, which is no node", line, column)
            self._sources.append(self._names[source])
            self._targets.append(self._names[target])
        for key, said in self._defaults.items():
            what, name, kind = self._keys[key]
            if what in ("node", "all") and kind in NUMERIC and _is_number(said):
                self._attributes.fill(name, float(said), len(self._names))
        return NodeGraph(
            list(self._names),
            self._sources,
            self._targets,
            directed=self._directed,
            weighted=self._weighted,
            **self._attributes.of(self._names),
        )
