"""The nodes of a graph as they are read, and their attributes: what all readers of graphs share.

All but GML are read as they come, without a graph library: networkx takes 22 s and 900 MB for a list of three
million edges. What is wrong is a Flaw with its line and column.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from typing import Any

from tokscope.errors import Flaw


class NodeNames(dict[str, int]):
    """The index of each node, by its name; one that is new gets the next.

    Example: names = NodeNames(); names["A"], names["B"], names["A"] -> 0, 1, 0
    """

    def __missing__(self, name: str) -> int:
        self[name] = number = len(self)
        return number


class NodeAttributes:
    """The attributes of nodes, as they are read; what is not a number is only named.

    Example: attributes.add(0, "A", "mass", 12.0); attributes.of(["A"])["numbers"] ->
    {"mass": array("d", [12.0])}
    """

    def __init__(self) -> None:
        self._values: dict[str, dict[int, float]] = {}
        self._words: dict[str, None] = {}

    def add(self, node: int, called: str, name: str, value: object, line: int = 0, column: int = 0) -> None:
        """Take the value of a node's attribute; `called` is the node's name, for the error.

        Example: attributes.add(0, "A", "mass", 12.0)

        Raises Flaw, with `line` and `column`, for one that is not finite.
        """
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._words[name] = None
            return
        if not math.isfinite(value):
            raise Flaw(f"node {called!r}: its {name} is {value}, which is not a feature", line, column)
        self._values.setdefault(name, {})[node] = float(value)

    def fill(self, name: str, value: float, size: int) -> None:
        """Give the nodes that lack an attribute its default; `size` is how many nodes there are.

        Example: attributes.fill("mass", 1.0, 2)
        """
        values = self._values.setdefault(name, {})
        for node in range(size):
            values.setdefault(node, value)

    def of(self, names: Iterable[str]) -> dict[str, Any]:
        """Give what a NodeGraph is made with, for nodes of these names.

        Example: NodeGraph(list(names), sources, targets, **attributes.of(names))

        Raises Flaw where a node lacks what others have.
        """
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


def is_number(word: str) -> bool:
    """Say whether a word is a finite number.

    Example: is_number("1e3") -> True, and is_number("nan") -> False
    """
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False
