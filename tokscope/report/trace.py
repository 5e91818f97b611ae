"""Trace: why a text is cut where it is, step by step.

A tokenizer that can explain itself has a method `trace`, which gives a Trace: the steps of its pipeline in
order, each with figures that show it. A figure is plain data and knows its own JSON; a renderer draws these
few kinds and knows no family of tokenizers, so that a new family only has to fill them in.

    Rewrite   a text before and after                   normalization
    PreTokens a text in pieces                          pre-tokenization
    Forest    how each piece was put together           the merges of BPE
    Graphs    pieces over a text, and paths through it  the lattice of Unigram, the word graph of jieba
    Table     rows of figures                           longest match first
    Curve     a value for each piece, and a threshold   entropies
    Tokens    tokens, as `split` has them               ids

The last step's tokens are always those of `encode`: finished() puts them there, and raises if the earlier
steps made others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, NamedTuple

from tokscope.report.late import LateReport
from tokscope.report.objects import bytes_value, token_object
from tokscope.report.split import Cut
from tokscope.report.table import Column, Fields, Row
from tokscope.split import Split

Facts = Mapping[str, str | int | float | None]
"""Facts about a node or an arc, by name: {"merge": 3, "rank": 302}."""

NO_FACTS: Facts = MappingProxyType({})
"""No facts."""


class Rewrite(NamedTuple):
    """A text before and after a step.

    Example: Rewrite("Café", "cafe")
    """

    before: str
    after: str

    @property
    def json(self) -> Mapping[str, object]:
        """The fields of the step's JSON."""
        return {"before": self.before, "after": self.after}


class PreTokens(NamedTuple):
    """A text in pieces, in order.

    Example: PreTokens((b"Hello", b" world"))
    """

    pieces: Sequence[bytes]

    @property
    def json(self) -> Mapping[str, object]:
        """The fields of the step's JSON."""
        return {"pieces": [bytes_value(piece) for piece in self.pieces]}


class Tree(NamedTuple):
    """A part of a text, and the parts that were merged into it; none if it was there from the start.

    Example: Tree(b"st", {"merge": 1, "rank": 302}, (Tree(b"s"), Tree(b"t")))
    """

    data: bytes
    facts: Facts = NO_FACTS
    children: Sequence[Tree] = ()

    @property
    def json(self) -> Mapping[str, object]:
        """The node as a JSON object.

        Example: Tree(b"st", {}, (Tree(b"s"), Tree(b"t"))).json -> {"text": "st", "children": [{"text": "s"},
        {"text": "t"}]}
        """
        fields: dict[str, object] = {"text": bytes_value(self.data), **self.facts}
        return {**fields, "children": [child.json for child in self.children]} if self.children else fields


class Grown(NamedTuple):
    """One piece of a text, and the trees that it became, one for each token.

    Example: Grown(b"strawberry", (Tree(b"st", ...), Tree(b"raw", ...), Tree(b"berry", ...)))

    A piece that was a token from the start has one tree, a single node without facts.
    """

    piece: bytes
    trees: Sequence[Tree]

    @property
    def whole(self) -> bool:
        """Whether it was a token from the start."""
        return len(self.trees) == 1 and not self.trees[0].children and not self.trees[0].facts


class Forest(NamedTuple):
    """How the pieces of a text were put together.

    Example: Forest([Grown(b"lower", [Tree(b"low", ...), Tree(b"er", ...)])])
    """

    pieces: Sequence[Grown]

    @property
    def json(self) -> Mapping[str, object]:
        """The fields of the step's JSON."""
        return {
            "trees": [
                {"piece": bytes_value(grown.piece), "tokens": [tree.json for tree in grown.trees]}
                for grown in self.pieces
            ]
        }


class Arc(NamedTuple):
    """One piece of a Graph, from one character of its text to another.

    Example: Arc(0, 3, "▁st", {"log_probability": -8.5}, ("best",))

    `paths` names the paths that it is on.
    """

    start: int
    end: int
    text: str
    facts: Facts = NO_FACTS
    paths: Sequence[str] = ()


class Graph(NamedTuple):
    """Pieces over a text, in the order of their starts, and the paths that they make through it.

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
    """A graph for each part of a text that is cut by itself.

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
        """The fields of the step's JSON: an object for each row.

        Example: Table("matches", [Column("piece", "token"), Column("id", "int")], [(b"##ing", 2075)]).json ->
        {"matches": [{"piece": "##ing", "id": 2075}]}
        """
        names = [column.name for column in self.columns]
        return {
            self.name: [
                {
                    name: bytes_value(cell) if isinstance(cell, bytes) else cell
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
        """The fields of the step's JSON.

        Example: Curve("entropy", (b"T",), (3.1,), unit="nats").json -> {"entropy": [{"piece": "T", "value":
        3.1}], "threshold": None, "unit": "nats"}
        """
        values = [
            {"piece": bytes_value(piece), "value": value}
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


Figure = Rewrite | PreTokens | Forest | Graphs | Table | Curve | Tokens


class Step(NamedTuple):
    """One step of a tokenizer's pipeline.

    Example: Step("normalization", "NFC changes nothing")

    `stage` is the usual term for it, `says` one line in plain words; `figures` show it, at most one of each
    kind except Table.
    """

    stage: str
    says: str
    figures: Sequence[Figure] = ()

    @property
    def json(self) -> Mapping[str, object]:
        """The step as a JSON object.

        Example: Step("normalization", "NFC changes nothing").json -> {"stage": "normalization", "says": "NFC
        changes nothing"}
        """
        fields: dict[str, object] = {"stage": self.stage, "says": self.says}
        for figure in self.figures:
            fields |= figure.json
        return fields


class Trace(NamedTuple):
    """How one tokenizer cuts one text: the steps, and the Split that they lead to.

    Example: load("gpt-4o").trace("Hello world").steps[-1].figures[0].split.ids -> [13225, 2375]
    """

    tokenizer: str
    steps: Sequence[Step]
    split: Split


class Traced(NamedTuple):
    """A trace, and the Cut that it explains.

    Example: Traced(Cut("byte", steps.split), steps), where steps = load("byte").trace("Hi")
    """

    cut: Cut
    trace: Trace


@dataclass(frozen=True, slots=True)
class TraceReport(LateReport):
    """The result of `trace`: every trace.

    Example: TraceReport([Traced(Cut("byte", split), trace)])

    Each is a result like one of `split`, with the steps in place of the tokens.
    """

    forms: ClassVar[Sequence[str]] = ("trace", "results")

    traced: Sequence[Traced]

    def __post_init__(self) -> None:
        """Count the texts, and the tokens by each tokenizer; results are made later."""
        counts = ((cut.path, cut.tokenizer, len(cut.split)) for cut, _ in self.traced)
        self.fill(counts, self._results)

    def _results(self) -> Iterator[Fields]:
        """One JSON object per trace."""
        for cut, trace in self.traced:
            yield {**cut.about, "steps": [step.json for step in trace.steps]}
