"""`graph:text`: what a graph costs as text, in the tokens of a language model (extra [graph]).

`?as=` is how it is written (adjacency, edges, incident, graphml; structures/prose.py has the texts), `?t=`
the tokenizer of text that cuts it (o200k_base).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from tokscope import registry
from tokscope.errors import Unsupported, UsageError
from tokscope.report.trace import Step
from tokscope.split import Split
from tokscope.structures.graph import NodeGraph, numpy
from tokscope.structures.prose import STYLES, Mention
from tokscope.tokenizer import Census, Entry, Kind, Tokenizer
from tokscope.tokenizer.spec import Spec
from tokscope.transcriber import Transcriber
from tokscope.transcript import Member, Sign, Transcript


class AsText(Transcriber):
    """A graph written as text, and that cut by a tokenizer of text.

    Example: load("graph:text?as=edges&t=char").count("A B") -> 4
    """

    kind = Kind.GRAPH
    loses = ("isolated node", "isolated nodes")

    def __init__(self, name: str, style: str, inner: Tokenizer) -> None:
        numpy("graph:text")
        self.name = name
        self.exact, self.note = inner.exact, inner.note
        self.vocab_size = inner.vocab_size
        self.decodes_by_token = inner.decodes_by_token
        self.how = f"the tokens of {inner.shown}; next to each, the nodes whose names it is part of"
        self._style = style
        self._inner = inner

    def _text(self, graph: NodeGraph) -> str:
        return "".join(run.text for run in STYLES[self._style](graph))

    def transcribe(self, structure: NodeGraph) -> Transcript:
        """Write the graph, and have the text cut."""
        runs = list(STYLES[self._style](structure))
        split = self._inner.encode("".join(run.text for run in runs))
        named = {run.node for run in runs}
        signs = [
            Sign(token.data.decode(errors="replace"), token.id, members, "")
            for token, members in zip(split, _named_nodes(runs, split), strict=True)
        ]
        alone = [Member("node", node) for node in range(len(structure)) if node not in named]
        return Transcript(signs, alone, whole=split)

    def census_of(self, structure: NodeGraph) -> Census:
        """Count the tokens of the text."""
        texts, nodes = [], set()
        for run in STYLES[self._style](structure):
            texts.append(run.text)
            nodes.add(run.node)
        return Census(self._inner.count("".join(texts)), dropped=len(structure) - len(nodes - {None}))

    def decode(self, ids: Sequence[int]) -> bytes:
        """Give the text that ids stand for. Raises as the tokenizer of text does."""
        return self._inner.decode(ids)

    def vocabulary(self) -> Iterator[Entry]:
        """Give the vocabulary of the tokenizer of text."""
        return self._inner.vocabulary()

    def no_ids(self) -> Unsupported:
        """Make the error for a tokenizer of text that has no ids."""
        return self._inner.no_ids()

    def restore(self, transcript: Transcript) -> str:
        """Give the text, which says all of the graph except attributes that are not numbers."""
        return transcript.split.source.decode()

    def _before(self, structures: Sequence[NodeGraph]) -> Iterable[Step]:
        """Show how the tokenizer of text comes to its tokens."""
        for graph in structures:
            trace = self._inner.trace(self._text(graph))
            yield Step("text", f"the graph as {self._style}")
            yield from trace.steps[:-1]


def _named_nodes(runs: Sequence[Mention], split: Split) -> Iterator[tuple[Member, ...]]:
    """Say for each token which nodes' names it holds a part of."""
    ends = list(accumulate(len(run.text.encode()) for run in runs))
    at = 0
    for start, end in zip(split.starts, split.ends, strict=True):
        while at < len(ends) and ends[at] <= start:
            at += 1
        found: dict[Member, None] = {}
        over = at
        while over < len(ends) and (ends[over - 1] if over else 0) < end:
            node = runs[over].node
            if node is not None:
                found[Member("node", node)] = None
            over += 1
        yield tuple(found)


def load(spec: Spec) -> AsText:
    """Build the tokenizer of `graph:text`. Raises what loading the tokenizer of text does, and UsageError.

    Example: load(Spec("graph", "text", {"as": "edges", "t": "char"})).count("A B") -> 4
    """
    style = spec.choice("as", list(STYLES), "adjacency")
    inner = registry.load(spec.text("t", registry.DEFAULT), special=spec.special)
    if Kind.TEXT not in inner.takes:
        raise UsageError(f"{spec}: {inner.shown} takes no text; t= names a tokenizer that does")
    return AsText(str(spec), style, inner)
