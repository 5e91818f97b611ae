"""Every format of graphs against networkx, and what is wrong with a file, with the line and the column."""

from __future__ import annotations

import io
import itertools
import json

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.structures import graph_of
from tokscope.errors import Flaw
from tokscope.structures.edge_lists import of_lines
from tokscope.structures.graph import NodeGraph

KARATE = nx.karate_club_graph()


def graphml(graph: nx.Graph) -> str:
    file = io.BytesIO()
    nx.write_graphml(graph, file)
    return file.getvalue().decode()


WRITTEN = {
    "a.graphml": graphml,
    "a.gml": lambda graph: "\n".join(nx.generate_gml(graph)) + "\n",
    "a.edgelist": lambda graph: "\n".join(nx.generate_edgelist(graph)) + "\n",
    "weighted.edges": lambda graph: "\n".join(nx.generate_edgelist(graph, data=["weight"])) + "\n",
    "plain.edges": lambda graph: "\n".join(nx.generate_edgelist(graph, data=False)),
    "comma.edges": lambda graph: "\n".join(nx.generate_edgelist(graph, ",", data=False)),
    "a.adjlist": lambda graph: "\n".join(nx.generate_adjlist(graph)) + "\n",
    "noname": lambda graph: "\n".join(nx.generate_adjlist(graph)) + "\n",
    "a.json": lambda graph: json.dumps(nx.node_link_data(graph, edges="links")),
    "edges.json": lambda graph: json.dumps(nx.node_link_data(graph, edges="edges")),
}


def edges(graph: NodeGraph) -> set[frozenset[str]]:
    names = graph.names
    return {
        frozenset((names[source], names[target]))
        for source, target in zip(graph.sources, graph.targets, strict=True)
    }


@pytest.mark.parametrize("name", WRITTEN)
def test_networkx_writes_and_we_read(name: str) -> None:
    found = graph_of(WRITTEN[name](KARATE), name)
    assert set(found.names) == set(map(str, KARATE))
    assert edges(found) == {frozenset(map(str, pair)) for pair in KARATE.edges}
    assert len(found.sources) == KARATE.number_of_edges()
    assert found.weighted == (
        "plain" not in name and "comma" not in name and name not in ("a.adjlist", "noname")
    )


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1), st.lists(st.integers(1, 40)))
def test_neighbours_are_networkxs_in_the_order_of_the_file(
    pairs: list[tuple[int, int]], cuts: list[int]
) -> None:
    text = "".join(f"{one} {two}\n" for one, two in pairs)
    bounds = [0, *sorted(cuts), len(text)]
    blocks = [text[start:end] for start, end in itertools.pairwise(bounds)]
    found = of_lines(blocks)
    graph = nx.Graph((str(one), str(two)) for one, two in pairs)
    graph.remove_edges_from([*nx.selfloop_edges(graph)])
    assert found.names == list(graph)
    for number, name in enumerate(found.names):
        assert [found.names[one] for one in found.neighbours(number)] == list(graph[name])
    assert found.degrees.tolist() == [graph.degree(name) for name in found.names]


def test_how_a_graph_is_taken_is_said() -> None:
    graph = nx.MultiDiGraph([("a", "b"), ("a", "b"), ("b", "a"), ("b", "b")])
    graph.add_edge("a", "c", weight=2)
    nx.set_node_attributes(graph, "red", "colour")
    assert list(graph_of(graphml(graph)).taken) == [
        "directed: its edges are taken both ways",
        "weighted: its weights are ignored",
        "1 self-loop left out",
        "2 edges given more than once, counted once",
        "attributes that are not numbers are not features: colour",
    ]
    assert list(graph_of("a b\na c\n").taken) == []
    assert list(graph_of("a b c\nb a\nc a\n", "x.adjlist").taken) == []  # lists name edges at both ends


def test_features_come_from_attributes_or_degrees() -> None:
    graph = nx.Graph([("a", "b"), ("b", "c")])
    nx.set_node_attributes(graph, {"a": 1.5, "b": 2.5, "c": 0.0}, "x")
    nx.set_node_attributes(graph, "red", "colour")
    rows, source = graph_of(graphml(graph)).features
    assert (rows.tolist(), source) == ([[1.5], [2.5], [0.0]], "node attribute x")
    rows, source = graph_of("a b\nb c\n").features
    assert rows.tolist() == [[0, 1, 0], [0, 0, 1], [0, 1, 0]]
    assert source.startswith("degree, one-hot")


def test_defaults_of_graphml() -> None:
    text = """<graphml><key id="k" for="node" attr.name="x" attr.type="double"><default>7</default></key>
    <graph><edge source="a" target="b"/><node id="a"/><node id="b"><data key="k">1</data></node></graph>
    </graphml>"""
    found = graph_of(text)
    assert found.features[0].tolist() == [[7], [1]]
    assert list(found.sources) == [0]  # an edge may come before its nodes


KEY = '<key id="k" for="node" attr.name="x" attr.type="double"/>'

FLAWS = {
    "<graphml>\n<graph>": "line 2, column 8: XML: no element found",
    "<graphml>\n  <graph><node/>": "line 2, column 10: a node without an id",
    '<graphml><graph>\n<node id="a"/><node id="a"/>': "line 2, column 15: a second node 'a'",
    '<graphml><graph><node id="a"/>\n<edge source="a" target="b"/></graph></graphml>': (
        "line 2, column 1: an edge to 'b', which is not a node"
    ),
    "<graphml><graph>\n<edge source='a'/>": "line 2, column 1: an edge without a source or a target",
    "<graphml>\n<graph>\n<hyperedge/>": "line 3, column 1: a hyperedge, which no tokenizer of graphs takes",
    "<graphml><graph/>\n<graph/>": "line 2, column 1: a second graph: one file is one graph here",
    "<graphml><graph><node id='a'><graph/>": "line 1, column 30: a graph within a graph",
    "<graphml/>": "GraphML without a graph",
    "<html>": "line 1, column 1: <html> and no <graphml>",
    f"<graphml>{KEY}<graph><node id='a'>\n<data key='k'>NaN</data>": (
        "line 2, column 18: node 'a': its x is nan, which is not a feature"
    ),
    f"<graphml>{KEY}<graph><node id='a'>\n<data key='k'>abc</data>": (
        "line 2, column 18: node 'a': its x is 'abc' and no number"
    ),
    f"<graphml>{KEY}<graph><node id='a'><data key='k'>1</data></node><node id='b'/></graph></graphml>": (
        "node 'b' has no x, which other nodes have: give it one"
    ),
    "<graphml><graph><node id='a'>\n<data key='q'>1</data>": (
        "line 2, column 16: data of a key 'q', which is not declared"
    ),
    '<!DOCTYPE g [\n<!ENTITY a "aaaaaaaaaa">\n<!ENTITY b "&a;&a;&a;&a;">]><graphml>&b;</graphml>': (
        "line 2, column 12: an entity of the file's own, 'a': write out what it stands for"
    ),
    '<!DOCTYPE g [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<graphml>&a;</graphml>': (
        "line 1, column 52: an entity of the file's own, 'a'"
    ),
    "<graphml>\n&nbsp;</graphml>": "line 2, column 1: XML: undefined entity",
    '{"nodes": [{"id": 1}],\n "links": [}': "line 2, column 12: not JSON",
    '{"nodes": [{"id": 1, "x":\n NaN}], "links": []}': "line 2, column 2: NaN is not a number",
    '{"links": []}': 'no list "nodes"',
    '{"nodes": []}': 'no list "edges"',
    '{"nodes": [1], "links": []}': "nodes[0]: not an object",
    '{"nodes": [{}], "links": []}': 'nodes[0]: no "id"',
    '{"nodes": [{"id": 1}, {"id": 1}], "links": []}': "nodes[1]: a second node '1'",
    '{"nodes": [{"id": 1}], "links": [{"source": 1, "target": 2}]}': "links[0]: its target '2' is not a node",
    "graph [\n  node [\n": "line 3, column 1: no GML: expected ']', found EOF",
    'graph [ node [ id 0 label "A" ] node [ id 0 label "B" ] ]': "no GML: node id 0 is duplicated",
    "A B 1\nA B C D\n": "line 2, column 1: 4 words where other lines are two names and a weight",
    "a,b\n,c\n": "line 2, column 1: an empty name",
    "A B\nB C {'weight': 1\n": "line 2, column 5: an edge with data is two names and {...}",
    "\n# nothing\n": "no edge and no node",
    "": "no edge and no node",
}


@pytest.mark.parametrize("text", FLAWS)
def test_what_is_no_graph_is_told(text: str) -> None:
    with pytest.raises(Flaw) as raised:
        graph_of(text)
    assert raised.value.message.startswith(FLAWS[text])


def test_entities_of_xml_itself_are_fine() -> None:
    assert graph_of('<graphml><graph><node id="a&amp;b&#65;"/></graph></graphml>').names == ["a&bA"]
