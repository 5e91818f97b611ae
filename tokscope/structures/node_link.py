"""Reading networkx's node-link JSON."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tokscope.errors import Flaw
from tokscope.structures.graph import NodeGraph
from tokscope.structures.nodes import NodeAttributes, NodeNames


class _Constant(Exception):
    """A number that is not one: NaN, Infinity."""

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
        raise Flaw(f"{error} is not a number", *place) from error
    except json.JSONDecodeError as error:
        raise Flaw(f"not JSON: {error.msg}", error.lineno, error.colno) from error
    except RecursionError as error:
        raise Flaw("JSON nested too deeply") from error
    names, attributes = NodeNames(), NodeAttributes()
    for where, node in _objects(value, "nodes"):
        name = _endpoint(node, "id", where)
        if name in names:
            raise Flaw(f"{where}: a second node {name!r}")
        number = names[name]
        for key, one in node.items():
            if key != "id":
                attributes.add(number, name, key, one)
    sources, targets, weighted = array("q"), array("q"), False
    for where, edge in _objects(value, "links" if "links" in value else "edges"):
        for key, ends in (("source", sources), ("target", targets)):
            name = _endpoint(edge, key, where)
            if name not in names:
                raise Flaw(f"{where}: its {key} {name!r} is not a node")
            ends.append(names[name])
        weighted = weighted or "weight" in edge
    directed = value.get("directed") is True
    return NodeGraph(
        list(names), sources, targets, directed=directed, weighted=weighted, **attributes.of(names)
    )


def _objects(value: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the objects of a list, and what each is called. Raises Flaw where it is not one."""
    found = value.get(key)
    if not isinstance(found, list):
        raise Flaw(f'no list "{key}": node-link JSON has "nodes", and "links" or "edges"')
    for at, one in enumerate(found):
        if not isinstance(one, dict):
            raise Flaw(f"{key}[{at}]: not an object")
        yield f"{key}[{at}]", one


def _endpoint(entry: Mapping[str, Any], key: str, where: str) -> str:
    """Give the name of a node, which may be a number. Raises Flaw without one."""
    name = entry.get(key)
    if isinstance(name, bool) or not isinstance(name, str | int | float):
        raise Flaw(f'{where}: no "{key}" that is a name or a number')
    return str(name)
