"""Features over hops: worked values, and any graph against a dense computation."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from tests.support.structures import PATH, graph_of, transcriber
from tokscope.structures import hops as module
from tokscope.structures.graph import NodeGraph
from tokscope.structures.hops import propagated

FIVE = """{"nodes": [{"id": "A", "x": 1, "y": 0}, {"id": "B", "x": 0, "y": 1}, {"id": "C", "x": 2, "y": 0},
{"id": "D", "x": 0, "y": 2}, {"id": "E", "x": 1, "y": 1}], "links": [{"source": "A", "target": "B"},
{"source": "A", "target": "C"}, {"source": "C", "target": "D"}, {"source": "C", "target": "E"}]}"""

# The formulas of JHL-HUST/NAGphormer (dd709f93), utils.py:re_features, and of VITA-Group/LLaGA (288240f1),
# utils/data_process.py, in NumPy.
WORKED = [
    (PATH, "nagphormer?hops=2", 0, [[1, 0], [0.5, 0.408248], [0.583333, 0.506874]]),
    (PATH, "nagphormer?hops=2", 1, [[0, 1], [0.816497, 0.741582], [0.680414, 0.784651]]),
    (PATH, "nagphormer?hops=2", 2, [[1, 1], [0.5, 0.908248], [0.583333, 0.756874]]),
    (FIVE, "nagphormer?hops=2", 0, [[1, 0], [0.910684, 0.408248], [0.799961, 0.646393]]),
    (FIVE, "nagphormer?hops=2", 1, [[0, 1], [0.408248, 0.5], [0.575909, 0.416667]]),
    (FIVE, "nagphormer?hops=2", 2, [[2, 0], [1.142229, 1.060660], [1.225226, 0.913346]]),
    (FIVE, "nagphormer?hops=2", 4, [[1, 1], [1.207107, 0.5], [1.007392, 0.625]]),
    (PATH, "llaga:ho?h=2", 0, [[1, 0], [0, 0.707107], [1, 0.5]]),
    (PATH, "llaga:ho?h=2", 1, [[0, 1], [1.414214, 0.707107], [0, 1]]),
]


@pytest.mark.parametrize(("text", "spec", "node", "rows"), WORKED)
def test_worked_values(text: str, spec: str, node: int, rows: list[list[float]]) -> None:
    found, source = transcriber(spec).features(graph_of(text))
    assert found[node] == pytest.approx(np.array(rows), abs=5e-7)
    assert source == "node attributes x, y"


@pytest.mark.parametrize("loops", [True, False])
@pytest.mark.parametrize("at_once", [3, 1 << 24])
def test_any_graph_against_dense_matrices(loops: bool, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    for seed in range(5):
        graph = nx.gnp_random_graph(30, 0.08, seed=seed)  # some nodes have no edge
        text = "\n".join(nx.generate_adjlist(graph))
        found = graph_of(text, "a.adjlist")
        order = [int(name) for name in found.names]
        dense = nx.to_numpy_array(graph, order) + (np.eye(30) if loops else 0)
        scale = np.where(dense.sum(1) > 0, np.maximum(dense.sum(1), 1) ** -0.5, 0)
        matrix = scale[:, None] * dense * scale
        features = np.random.RandomState(seed).standard_normal((30, 4))
        rows = propagated(found, features, 3, loops=loops)
        for hop in range(4):
            assert rows[:, hop] == pytest.approx(np.linalg.matrix_power(matrix, hop) @ features)


def test_one_node_has_the_same_features_as_among_all() -> None:
    graph: NodeGraph = graph_of(FIVE)
    every, _ = transcriber("nagphormer?hops=3").features(graph)
    alone, _ = transcriber("nagphormer?hops=3&node=D").features(graph)
    assert alone == pytest.approx(every[3:4])
