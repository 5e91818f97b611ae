"""Features over hops: the powers of a normalized adjacency matrix times the features of the nodes."""

from __future__ import annotations

from typing import Any

from tokscope.structures.graph import NodeGraph, numpy

_AT_ONCE = 1 << 24
"""How many numbers are gathered at a time: 128 MB."""


def propagated(graph: NodeGraph, features: Any, hops: int, *, loops: bool) -> Any:
    """Give the features of each node after 0, 1, ... hops: an array of shape (nodes, hops + 1, features).

    Example: of the path A-B-C with features [1, 0], [0, 1], [1, 1] and loops, A after one hop:
    [0.5, 0.408248]

    Each hop multiplies by D^-1/2 (A + I) D^-1/2 with `loops` (NAGphormer), by D^-1/2 A D^-1/2 without
    (LLaGA); a node without an edge is then 0.
    """
    np = numpy("features over hops")
    others, starts = graph.rows
    degrees = graph.degrees + int(loops)
    with np.errstate(divide="ignore"):
        scale = np.where(degrees > 0, degrees**-0.5, 0.0)[:, None]
    found = np.empty((len(graph), hops + 1, features.shape[1]))
    found[:, 0] = now = features
    for hop in range(1, hops + 1):
        now = scale * now
        now = scale * (_sum_neighbours(np, now, others, starts) + (now if loops else 0.0))
        found[:, hop] = now
    return found


def _sum_neighbours(np: Any, rows: Any, others: Any, starts: Any) -> Any:
    """Add up the rows of each node's neighbours, few enough nodes at a time that memory stays small."""
    size, width = rows.shape
    found = np.zeros_like(rows)
    first = 0
    while first < size:
        last = int(np.searchsorted(starts, starts[first] + max(_AT_ONCE // width, 1), "right")) - 1
        last = min(max(last, first + 1), size)
        bounds = starts[first:last] - starts[first]
        some = others[starts[first] : starts[last]]
        held = np.flatnonzero(np.diff(starts[first : last + 1]))
        if len(held):
            found[first + held] = np.add.reduceat(rows[some], bounds[held], axis=0)
        first = last
    return found
