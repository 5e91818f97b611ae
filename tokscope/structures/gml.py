"""Reading GML, with networkx."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable

from tokscope.errors import Flaw, MissingExtra
from tokscope.structures.graph import NodeGraph
from tokscope.structures.molecule import split_lines
from tokscope.structures.nodes import NodeAttributes, NodeNames


def of_gml(blocks: Iterable[str]) -> NodeGraph:
    """Read GML, with networkx; nodes go by their labels. Raises Flaw, and MissingExtra.

    Example: of_gml(['graph [ node [ id 0 label "A" ] ]']).names -> ["A"]
    """
    try:
        import networkx
    except ImportError as error:
        raise MissingExtra("a GML file", "graph") from error
    read = [line + "\n" for line in split_lines(blocks)]
    read[:1] = [line.removeprefix("\ufeff") for line in read[:1]]
    try:
        found = networkx.parse_gml(read, label="label" if any("label" in line for line in read) else "id")
    except (networkx.NetworkXError, ValueError, RecursionError) as error:
        said = " ".join(str(error).split())
        where = re.search(r" ?at \((\d+), (\d+)\)", said)
        if where:
            said = said.replace(where[0], "")
        raise Flaw(f"no GML: {said[:200]}", *(int(where[1]), int(where[2])) if where else ()) from error
    names, attributes = NodeNames(), NodeAttributes()
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
