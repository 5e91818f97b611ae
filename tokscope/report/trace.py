"""Trace: why a text is cut where it is, step by step.

A tokenizer that can explain itself has a method `trace`, which gives a Trace: the steps of its pipeline in
order, each with the figures that show it. A figure is plain data and knows its own JSON; a renderer draws the
few kinds that there are and knows no family of tokenizers, so that a new family only fills them in.

    Change    a text before and after                   normalization
    Pieces    a text in pieces                          pre-tokenization
    Forest    what was put together from what           the merges of BPE
    Graphs    pieces over a text, and paths through it  the lattice of Unigram, the word graph of jieba
    Table     rows of figures                           longest match first
    Curve     a value for each piece, and a threshold   entropies
    Tokens    tokens, as `split` has them               ids

The last step's tokens are always those of `encode`: finished() puts them there, and raises where the steps
before made others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from tokscope.report.split import Cut, SplitReport
from tokscope.report.table import Column, Report, Row, token_object
from tokscope.split import Split, text_or_hex

if TYPE_CHECKING:
    pass


Facts = Mapping[str, str | int | float | None]
"""What there is to say about a node or an arc, by name: {"merge": 3, "rank": 302}."""

NOTHING: Facts = MappingProxyType({})
"""No facts."""


class Change(NamedTuple):
    """A text before and after a step.

    Example: Change("Café", "cafe")
    """

    before: str
    after: str

    @property
    def json(self) -> Mapping[str, object]:
        """The fields of the step's JSON."""
        return {"before": self.before, "after": self.after}


class Pieces(NamedTuple):
    """A text in pieces, in order.

    Example: Pieces((b"Hello", b" world"))
    """

    pieces: Sequence[bytes]

    @property
    def json(self) -> Mapping[str, object]:
        """The fields of the step's JSON."""
        return {"pieces": [_json_of_bytes(piece) for piece in self.pieces]}


class Node(NamedTuple):
    """A part of a text, and the parts that it was put together from, none where it was there from the start.

    Example: Node(b"st", {"merge": 1, "rank": 302}, (Node(b"s"), Node(b"t")))
    """

    data: bytes
    facts: Facts = NOTHING
    children: Sequence[Node] = ()

    @property
    def json(self) -> Mapping[str, object]:
        """The node as a JSON object."""
        fields: dict[str, object] = {"text": _json_of_bytes(self.data), **self.facts}
        return {**fields, "children": [child.json for child in self.children]} if self.children else fields


class Grown(NamedTuple):
    """One piece of a text, and the trees that it became: a token each.

    Example: Grown(b"strawberry", (Node(b"st", ...), Node(b"raw", ...), Node(b"berry", ...)))

    A piece that is a token from the start has one tree, of one node without facts.
    """

    piece: bytes
    trees: Sequence[Node]

    @property
    def whole(self) -> bool:
        """Whether nothing was done to it."""
        return len(self.trees) == 1 and not self.trees[0].children and not self.trees[0].facts


class Forest(NamedTuple):
    """What the pieces of a text were put together from.

    Example: Forest([Grown(b"lower", [Node(b"low", ...), Node(b"er", ...)])])
    """

    pieces: Sequence[Grown]

    @property
    def json(self) -> Mapping[str, object]:
        """The fields of the step's JSON."""
        return {
            "trees": [
                {"piece": _json_of_bytes(grown.piece), "tokens": [tree.json for tree in grown.trees]}
                for grown in self.pieces
            ]
        }


class Arc(NamedTuple):
    """One piece of a Graph: from a character of its text to another.

    Example: Arc(0, 3, "▁st", {"log_probability": -8.5}, ("best",))

    `paths` are the names of those paths that go along it.
    """

    start: int
    end: int
    text: str
    facts: Facts = NOTHING
    paths: Sequence[str] = ()


class Graph(NamedTuple):
    """Pieces over a text, in the order of their starts, and the paths of them through it.

    Example: Graph("▁st", [Arc(0, 3, "▁st", ..., ("best",)), ...], {"best": {"log_probability": -8.5}})

    `paths` has the facts about each path.
    """

    text: str
    arcs: Sequence[Arc]
    paths: Mapping[str, Facts]

    @property
    def json(self) -> Mapping[str, object]:
        """The graph as a JSON object; offsets count characters of `text`."""
        return {
            "text": self.text,
            "arcs": [
                {"start": arc.start, "end": arc.end, "text": arc.text, **arc.facts, "paths": [*arc.paths]}
                for arc in self.arcs
            ],
            "paths": {
                name: {**facts, "pieces": [arc.text for arc in self.arcs if name in arc.paths]}
                for name, facts in self.paths.items()
            },
        }


class Graphs(NamedTuple):
    """A graph for each piece of a text that is cut by itself.

    Example: Graphs([Graph("▁Hello", ..., ...), Graph("▁world", ..., ...)])
    """

    graphs: Sequence[Graph]

    @property
    def json(self) -> Mapping[str, object]:
        """The fields of the step's JSON."""
        return {"graphs": [graph.json for graph in self.graphs]}


class Table(NamedTuple):
    """Rows of figures.

    Example: Table("matches", [Column("piece", "token"), Column("id", "int")], [(b"##ing", 2075)])
    """

    name: str
    columns: Sequence[Column]
    rows: Sequence[Row]

    @property
    def json(self) -> Mapping[str, object]:
        """The fields of the step's JSON: an object for each row."""
        names = [column.name for column in self.columns]
        return {
            self.name: [
                {
                    name: _json_of_bytes(cell) if isinstance(cell, bytes) else cell
                    for name, cell in zip(names, row, strict=True)
                }
                for row in self.rows
            ]
        }


class Curve(NamedTuple):
    """A value for each piece of a text, and the threshold above which something happens.

    Example: Curve("entropy", (b"T", b"h", b"e"), (3.1, 1.2, 0.4), threshold=1.335, unit="nats")
    """

    name: str
    pieces: Sequence[bytes]
    values: Sequence[float]
    threshold: float | None = None
    unit: str = ""

    @property
    def json(self) -> Mapping[str, object]:
        """The fields of the step's JSON."""
        values = [
            {"piece": _json_of_bytes(piece), "value": value}
            for piece, value in zip(self.pieces, self.values, strict=True)
        ]
        return {self.name: values, "threshold": self.threshold, "unit": self.unit}


class Tokens(NamedTuple):
    """Tokens with their ids, labels and spans.

    Example: Tokens(load("byte").encode("Hi"))
    """

    split: Split

    @property
    def json(self) -> Mapping[str, object]:
        """The fields of the step's JSON, tokens as `split --format json` has them."""
        return {"tokens": list(map(token_object, self.split))}


Figure = Change | Pieces | Forest | Graphs | Table | Curve | Tokens


class Step(NamedTuple):
    """One step of a tokenizer's pipeline.

    Example: Step("normalization", "NFC changes nothing")

    `stage` is the field's word for it, `says` one line in plain words, `figures` show it, at most one of
    each kind but Table.
    """

    stage: str
    says: str
    figures: Sequence[Figure] = ()

    @property
    def json(self) -> Mapping[str, object]:
        """The step as a JSON object."""
        fields: dict[str, object] = {"stage": self.stage, "says": self.says}
        for figure in self.figures:
            fields |= figure.json
        return fields


class Trace(NamedTuple):
    """How one tokenizer cuts one text: the steps, and the Split that they end in.

    Example: load("gpt-4o").trace("Hello world").steps[-1].figures[0].split.ids -> [13225, 2375]
    """

    tokenizer: str
    steps: Sequence[Step]
    split: Split


def _json_of_bytes(data: bytes) -> object:
    """Give text as a string, and bytes that are no whole characters as an object with their hex."""
    fields = text_or_hex(data)
    return fields["text"] if "hex" not in fields else {"hex": fields["hex"]}


class Traced(NamedTuple):
    """A trace, and what it is a trace of, as `split` says it."""

    cut: Cut
    trace: Trace


@dataclass(frozen=True, slots=True)
class TraceReport(Report):
    """The result of `trace`: every trace, a result each.

    Example: TraceReport.of([Traced(Cut("byte", split), trace)], [], [])
    """

    form: ClassVar[str] = "trace"

    traced: Sequence[Traced] = ()

    @classmethod
    def of(
        cls, traced: Sequence[Traced], errors: Sequence[Mapping[str, object]], notes: Sequence[str]
    ) -> TraceReport:
        """Report on traces; a result is that of `split`, with the steps in place of the tokens."""
        report = SplitReport([cut for cut, _ in traced])
        results = [
            {
                **{key: value for key, value in result.items() if key != "split"},
                "steps": [step.json for step in trace.steps],
            }
            for result, (_, trace) in zip(report.results, traced, strict=True)
        ]
        return cls(
            *((), ()), results=results, errors=errors, summary=report.summary, notes=notes, traced=traced
        )
