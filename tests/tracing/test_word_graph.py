"""Word graphs: the most probable route, and where the hidden Markov model takes over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.traces import assert_explains_encode, graphs_of
from tokscope import load
from tokscope.report.trace import (
    Table,
)
from tokscope.tracing.lattice import Piece, best_paths


@pytest.mark.parametrize(
    "text", ["我爱自然语言处理", "他来到了网易杭研大厦", "冠状动脉搭桥术", "结婚的和尚未结婚的"]
)
def test_the_best_route_is_the_most_probable_path(text: str) -> None:
    (graph,) = graphs_of(load("jieba").trace(text))
    scores = [float(arc.facts["log_probability"] or 0) for arc in graph.arcs]
    pieces = [
        Piece(arc.start, arc.end, arc.text, 0, score) for arc, score in zip(graph.arcs, scores, strict=True)
    ]
    assert graph.paths["best"]["log_probability"] == pytest.approx(best_paths(pieces, len(text))[0][0])


def test_where_the_hidden_markov_model_takes_over() -> None:
    """The README of jieba: 杭研 is in no dictionary, and the model finds it."""
    steps = {step.stage: step for step in load("jieba").trace("他来到了网易杭研大厦").steps}
    (table,) = steps["hidden Markov model"].figures
    assert isinstance(table, Table)
    assert [tuple(row) for row in table.rows] == [("杭研".encode(), "BE", "杭研")]
    assert "hidden Markov model" not in {step.stage for step in load("jieba:nohmm").trace("杭研").steps}


def test_a_user_dictionary_is_in_the_graph(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("搭桥 0\n冠状动脉搭桥术\n杭研 0\n")
    tokenizer = load(f"jieba?dict={tmp_path / 'd'}")
    trace = assert_explains_encode(tokenizer, "冠状动脉搭桥术他来到了网易杭研大厦")
    assert [token.data.decode() for token in trace.split][:1] == ["冠状动脉搭桥术"]
