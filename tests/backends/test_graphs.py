"""Tokenizers of graphs: worked values, and the contract on any graph."""

from __future__ import annotations

from random import Random

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.structures import FIVE, PATH, SPECS, assert_contract, graph_of, transcriber
from tokscope import load
from tokscope.errors import Flaw, TokenizerError, Unsupported, UsageError
from tokscope.tokenizer import Kind

EVERY = [
    *SPECS[Kind.GRAPH],
    *(f"graph:text?as={style}&t=byte" for style in ("edges", "incident", "graphml")),
    *(
        "nagphormer?hops=0",
        "llaga:nd?s=1&h=3",
        "llaga:nd?s=2&h=2&seed=7",
        "graphgpt?ends=false",
        "teaglm?n=2",
    ),
]


def texts(spec: str, text: str = FIVE) -> list[str]:
    return [sign.text.replace("[PAD]", "P") for sign in transcriber(spec).transcribe(graph_of(text)).signs]


# VITA-Group/LLaGA (288240f1), utils/data_process.py, get_fix_shape_subgraph_sequence_fast, run on these.
@pytest.mark.parametrize(
    ("spec", "sequence"),
    {
        "llaga:nd?s=3&h=2&node=A": "A B C P A P P A D E P P P",
        "llaga:nd?s=3&h=2&node=B": "B A P P B C P P P P P P P",
        "llaga:nd?s=3&h=2&node=D": "D C P P A D E P P P P P P",
        "llaga:nd?s=2&h=1&node=A": "A B C",
        "llaga:nd?s=3&h=2&node=A&hide=C": "A B P P A P P P P P P P P",
    }.items(),
)
def test_llagas_sequences(spec: str, sequence: str) -> None:
    assert texts(spec) == sequence.split()
    ids = transcriber(spec).encode(FIVE).ids
    assert ids == [-500 if name == "P" else "ABCDE".index(name) for name in sequence.split()]


def test_an_isolated_node_is_padded() -> None:
    assert texts("llaga:nd?s=2&h=2&node=v", "v\nA B C\n") == ["v", *["P"] * 6]


def test_of_many_neighbours_a_seed_draws_some() -> None:
    """As random.sample does in the original, from a seed of one's own."""
    star = "".join(f"hub n{number}\n" for number in range(20))
    drawn = texts("llaga:nd?s=4&h=1&seed=3&node=hub", star)
    assert drawn == ["hub", *Random(3).sample([f"n{number}" for number in range(20)], 4)]
    assert texts("llaga:nd?s=4&h=1&seed=3&node=hub", star) == drawn
    assert texts("llaga:nd?s=4&h=1&seed=4&node=hub", star) != drawn


# NAGphormer's and LLaGA's closed forms; HKUDS/GraphGPT (db25a66f): n + 2; alibaba/GraphTranslator (250ff3f4):
# 32 queries; W-rudder/TEA-GLM (6cb63667): 5.
@pytest.mark.parametrize(
    ("spec", "count"),
    {
        "nagphormer": 5 * 8,
        "nagphormer?hops=2": 5 * 3,
        "nagphormer?node=C": 8,
        "llaga:nd": 5 * 111,
        "llaga:nd?s=5&node=A": 31,
        "llaga:nd?s=1&h=4&node=A": 5,
        "llaga:ho": 5 * 5,
        "graphgpt": 7,
        "graphgpt?ends=false": 5,
        "graphtranslator": 32,
        "teaglm": 5,
        "teaglm?n=3": 3,
    }.items(),
)
def test_worked_counts(spec: str, count: int) -> None:
    assert load(spec).count(FIVE) == len(load(spec).encode(FIVE)) == count


def test_the_special_tokens_of_llaga() -> None:
    """mm_use_graph_special_token: one in front, and one after each level; model/llaga_arch.py."""
    one = load("llaga:nd?s=2&h=1&node=A", special=True)
    found = one.transcribe(graph_of(FIVE))  # type: ignore[attr-defined]
    assert [sign.text for sign in found.signs] == [
        *("<special 0>", "A", "<special 1>", "B", "C", "<special 2>")
    ]
    assert found.above == [-1, -1, -1, 1, 1, -1]
    assert one.count(FIVE) == 6


@pytest.mark.parametrize("spec", EVERY)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), many=st.integers(1, 12))
def test_contract(spec: str, seed: int, many: int) -> None:
    graph = nx.gnp_random_graph(many, 0.3, seed=seed)
    if seed % 3 == 0:
        graph.add_edge(0, 0)
    found = graph_of("\n".join(nx.generate_adjlist(graph)), "a.adjlist")
    assert_contract(transcriber(spec), found)


@pytest.mark.parametrize("spec", EVERY)
def test_name_loads_it_again(spec: str) -> None:
    assert load(load(spec).name).name == load(spec).name == spec


@pytest.mark.parametrize("style", ["adjacency", "edges", "incident", "graphml"])
def test_graph_text(style: str) -> None:
    """It costs what the text costs, and the way back is to that text."""
    one, inner = load(f"graph:text?as={style}&t=gpt-4o"), load("gpt-4o")
    split = one.encode(FIVE)
    text = split.source.decode()
    assert one.count(FIVE) == inner.count(text) == len(split)
    assert split.ids == inner.encode(text).ids
    assert one.decode(split.ids or []).decode() == text
    if style != "incident":
        back = graph_of(text.replace(":", "").replace(",", ""), "a.adjlist" if style == "adjacency" else "")
        assert nx.utils.graphs_equal(
            nx.Graph(zip(back.sources, back.targets, strict=True)),
            nx.Graph([(0, 1), (0, 2), (2, 3), (2, 4)]),
        )


def test_graph_texts() -> None:
    def text(style: str) -> str:
        return load(f"graph:text?as={style}&t=char").encode("A B\nA C\n").source.decode()

    assert text("adjacency") == "A: B, C\nB: A\nC: A\n"
    assert text("edges") == "A B\nA C\n"
    assert text("incident") == (  # Fatemi et al., Talk like a Graph (arXiv:2310.04560), appendix
        "G describes a graph among A, B, and C.\nIn this graph:\nNode A is connected to nodes B, C.\n"
        "Node B is connected to node A.\nNode C is connected to node A.\n"
    )
    assert '<edge source="A" target="B" />' in text("graphml")


def test_nodes_that_no_edge_names_are_dropped_as_text_and_told() -> None:
    census = transcriber("graph:text?as=edges&t=char").census_of(graph_of("v\nA B C\n"))
    assert census.dropped == 1
    assert transcriber("graph:text?as=edges&t=char").lost_members(1) == "1 isolated node dropped"


def test_names_stand_for_their_nodes_also_in_part() -> None:
    found = transcriber("graph:text?as=edges&t=byte").transcribe(graph_of("ab cé\n"))
    assert [[one.number for one in sign.members] for sign in found.signs] == [[0], [0], [], [1], [1], [1], []]


def test_a_node_that_is_not_there() -> None:
    for spec in ("nagphormer?node=F", "llaga:nd?node=F", "llaga:ho?node=F", "llaga:nd?node=A&hide=F"):
        with pytest.raises(Flaw, match="no node 'F'; there are 5, such as"):
            load(spec).count(FIVE)


def test_a_trace_says_which_hop_and_which_padding() -> None:
    steps = load("llaga:nd?s=2&h=1&node=B").trace(FIVE).steps
    table = steps[0].figures[0].rows
    assert [row[-1] for row in table] == [
        "level 0: the node itself",
        "level 1: neighbour of B",
        "level 1: padding: B has 1 of 2",
    ]
    features, hops, _ = load("nagphormer?hops=1&node=A").trace(PATH).steps
    assert features.says == "node attributes x, y: 2 for each node"
    assert [row[0] for row in features.figures[0].rows] == [b"A@0", b"A@1"]
    assert [row[0] for row in hops.figures[0].rows] == [b"A@0", b"A@1"]


@pytest.mark.parametrize(
    "spec",
    [
        *("llaga", "llaga:x", "llaga:nd?s=0", "llaga:nd?h=x", "llaga:ho?s=3", "nagphormer?hops=-1"),
        *("graph", "graph:text?as=x", "graph:text?t=smiles", "graph:text?t=nobody", "teaglm?n=110"),
    ],
)
def test_bad_specs(spec: str) -> None:
    with pytest.raises((TokenizerError, UsageError)):
        load(spec)


def test_what_has_no_ids_says_where_some_are() -> None:
    for spec, cure in {"nagphormer": "--format npz", "graphgpt": "llaga:nd"}.items():
        with pytest.raises(Unsupported, match=cure):
            load(spec).decode([1])
    with pytest.raises(Unsupported, match="nagphormer and llaga:ho have"):
        transcriber("graphgpt").features(graph_of(FIVE))
