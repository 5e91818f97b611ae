"""What a trace holds, and whether it explains encode."""

from __future__ import annotations

from collections.abc import Iterator

from tokscope import Tokenizer
from tokscope.report.trace import (
    Forest,
    Graph,
    Graphs,
    Tokens,
    Trace,
    Tree,
)


def assert_explains_encode(tokenizer: Tokenizer, text: str) -> Trace:
    trace = tokenizer.trace(text)
    (last,) = (figure for figure in trace.steps[-1].figures if isinstance(figure, Tokens))
    assert last.split == trace.split == tokenizer.encode(text)
    for step in trace.steps:
        for figure in step.figures:
            if isinstance(figure, Forest):
                assert all(
                    node.data == joined(node) for grown in figure.pieces for node in nodes(grown.trees)
                )
            elif isinstance(figure, Graphs):
                for graph in figure.graphs:
                    for name in graph.paths:
                        assert "".join(arc.text for arc in graph.arcs if name in arc.paths) == graph.text
    return trace


def nodes(trees: tuple[Tree, ...]) -> Iterator[Tree]:
    for tree in trees:
        yield tree
        yield from nodes(tree.children)


def joined(node: Tree) -> bytes:
    return b"".join(child.data for child in node.children) or node.data


def forest_of(trace: Trace) -> Forest:
    return next(figure for step in trace.steps for figure in step.figures if isinstance(figure, Forest))


def graphs_of(trace: Trace) -> tuple[Graph, ...]:
    return tuple(
        graph
        for step in trace.steps
        for figure in step.figures
        if isinstance(figure, Graphs)
        for graph in figure.graphs
    )
