"""Features: the numbers that a graph's tokenizer has for every node, in a file of NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO

from tokscope.errors import Flaw, UsageError
from tokscope.structures.graph import NodeGraph
from tokscope.transcriber import Transcriber


def save_features(
    graphs: Sequence[tuple[Transcriber, NodeGraph, str]], say: Callable[[str], None], file: BinaryIO
) -> None:
    """Write the features of a graph's nodes to a file, and say where they come from.

    Example: save_features([(load("nagphormer"), graph, "a.graph")], print, file), then
    numpy.load(file)["features"], of shape (nodes, hops, width)

    Each graph is beside its tokenizer and the place where it stood. Raises UsageError for other than one.
    """
    if len(graphs) != 1:
        raise UsageError("npz holds the features of one graph by one tokenizer: nagphormer or llaga:ho")
    ((one, graph, place),) = graphs
    try:
        features, source = one.features(graph)
    except Flaw as flaw:
        raise flaw.of(place) from None
    import numpy as np

    say(f"{one.shown}: features are of the {source}")
    names = [symbol.text for symbol in one.transcribe(graph).signs[:: features.shape[1]]]
    nodes = np.array([name.rpartition("@")[0] for name in names])
    np.savez_compressed(file, features=features, nodes=nodes, source=np.array(source))
