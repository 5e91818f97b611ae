"""Reading lists of edges and of neighbours."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable

from tokscope.errors import Flaw
from tokscope.structures.graph import NodeGraph
from tokscope.structures.molecule import split_lines, whole_lines
from tokscope.structures.nodes import NodeNames, is_number

_TWO_WORDS = re.compile(r"(?:(?![#%])[^\s,{]++[ \t][^\s,{]++\n)++")
"""Lines of two words: most of what lists of edges hold."""


def of_lines(blocks: Iterable[str], what: str = "") -> NodeGraph:
    r"""Read a list of edges, "A B" a line, maybe with a weight; or of neighbours, "A B C": A's are B and C.

    Example: of_lines(["A B\nA C\n"]).names -> ["A", "B", "C"]

    Words are between white space, or commas where the first line has one. Lines with # or % in front are
    comments. `what` they hold is "edges" or "neighbours"; where nobody says, neighbours if a line has neither
    two words, nor two and a weight. Raises Flaw for a line that is neither.
    """
    names = NodeNames()
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

    def __init__(self, names: NodeNames, what: str) -> None:
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
        for number, line in enumerate(split_lines([text]), first):
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
        weighted = len(words) == 3 and is_number(words[2]) and not self._adjacency
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
