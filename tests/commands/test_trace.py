"""`trace`: the last step against encode, the papers' worked examples, lattices against brute force."""

from __future__ import annotations

import functools
import io
import json
import math
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from pkgutil import iter_modules

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from tokenizers import Tokenizer as Engine
from tokenizers import models, pre_tokenizers

from tests.support import sentencepiece_models, tokenizer_json
from tests.support.contract import SPECS, tokenizer_of
from tests.support.shell import tokscope
from tests.support.texts import HOSTILE, texts
from tokscope import Split, Tokenizer, backends, load
from tokscope.backends.adapted import Adaptation, Adapted, NewToken
from tokscope.backends.hf import HuggingFace
from tokscope.backends.sentencepiece import SentencePiece
from tokscope.backends.terms import Terms
from tokscope.errors import InputError, Unsupported
from tokscope.inputs.parts import LIMIT, part
from tokscope.render import trace as drawing
from tokscope.report.split import Cut
from tokscope.report.trace import (
    Curve,
    Forest,
    Graph,
    Graphs,
    PreTokens,
    Step,
    Table,
    Tokens,
    Trace,
    Traced,
    TraceReport,
    Tree,
)
from tokscope.tracing.lattice import Piece, best_paths, lattice
from tokscope.tracing.longest_match import matches
from tokscope.tracing.merges import merged
from tokscope.tracing.steps import finished
from tokscope.vocabularies import VOCABULARIES

# --- the last step is encode -----------------------------------------------------------------------------


@functools.cache
def own_symbols_in_bpe() -> SentencePiece:
    """Merges that must not touch what the model's maker defined."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(tokenizer_json.CORPUS),
        model_writer=written,
        model_type="bpe",
        vocab_size=200,
        user_defined_symbols=["<sep>", "wor", "the"],
        hard_vocab_limit=False,
        minloglevel=3,
    )
    return SentencePiece(sentencepiece.SentencePieceProcessor(model_proto=written.getvalue()), "own symbols")


@functools.cache
def terms_over(spec: str) -> Terms:
    return Terms(f"terms:{spec}", tokenizer_of(spec), ["the", "日本語", "don't", "<|im", "👩"])


@functools.cache
def adapted(special: bool = False) -> Adapted:
    new = [NewToken("日本語".encode(), True), NewToken(b"don't", True), NewToken(b"ingthe", False)]
    return Adaptation("gpt2", tuple(new)).tokenizer("adapted", special=special)


ONE_OF_EACH = ("gpt2", "o200k_base", "qwen2.5", "tekken", "bert-base-uncased", "t5")
"""Vocabularies that differ in more than their tokens; hostile texts take their time in each."""

TOKENIZERS = [
    *(
        pytest.param(functools.partial(tokenizer_of, spec), id=spec)
        for spec in SPECS
        if spec not in VOCABULARIES or spec in ONE_OF_EACH
    ),
    *(
        pytest.param(functools.partial(tokenizer_of, spec, True), id=f"{spec} --special")
        for spec in ("tekken", "bert-base-uncased", "t5", "blt:space", "concept", "concept:latent")
    ),
    *(
        pytest.param(functools.partial(terms_over, spec), id=f"terms:{spec}")
        for spec in ("o200k_base", "jieba:search")
    ),
    *(
        pytest.param(functools.partial(adapted, special), id=f"adapted {special=}")
        for special in (False, True)
    ),
    *(
        pytest.param(functools.partial(tokenizer_json.mended, kind), id=f"hf {kind}")
        for kind in tokenizer_json.KINDS
    ),
    pytest.param(functools.partial(tokenizer_json.mended, "wordpiece", True), id="hf wordpiece --special"),
    *(
        pytest.param(functools.partial(sentencepiece_models.sentencepiece_of, kind), id=f"sp {kind}")
        for kind in sentencepiece_models.KINDS
    ),
    pytest.param(own_symbols_in_bpe, id="sp own symbols in BPE"),
]


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


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_hostile_text(tokenizer: functools.partial[Tokenizer]) -> None:
    for text in HOSTILE.values():
        assert_explains_encode(tokenizer(), text)


@pytest.mark.parametrize(
    "tokenizer",
    [
        *TOKENIZERS,
        *(
            pytest.param(functools.partial(tokenizer_of, spec), id=spec)
            for spec in VOCABULARIES
            if spec not in ONE_OF_EACH
        ),
    ],
)
@settings(max_examples=10, deadline=None)
@given(text=texts)
def test_any_text(tokenizer: functools.partial[Tokenizer], text: str) -> None:
    assert_explains_encode(tokenizer(), text)


COUNT_ALONE = {"estimate", "claude", "api", "server", "media", "vq"}
"""They know how many tokens there are, or which, and not why; vq takes no text."""


def test_every_tokenizer_that_has_tokens_can_be_traced() -> None:
    modules = [
        import_module(f"tokscope.backends.{one.name}")
        for one in iter_modules(backends.__path__)
        if one.name not in COUNT_ALONE
    ]
    found = {one for module in modules for one in vars(module).values() if isinstance(one, type)}
    families = {one for one in found if issubclass(one, Tokenizer) and one is not Tokenizer}
    assert {HuggingFace, SentencePiece, Terms, Adapted} < families
    assert [one for one in families if one.trace is Tokenizer.trace] == []


def test_a_plug_in_without_a_trace_names_one_that_has_it() -> None:
    class Whole(Tokenizer):
        name = "whole"

        def encode(self, text: str) -> Split:
            return Split.of_lengths(text.encode(), [len(text.encode())])

        def count(self, text: str) -> int:
            return 1

    with pytest.raises(Unsupported, match=r"whole cannot be traced.*o200k_base"):
        Whole().trace("a")


@pytest.mark.parametrize(
    ("tokenizer", "text", "rows"),
    [
        (
            *("concept", "Dr. Smith left. 他走了。他 \n\n ok"),
            [
                ("Dr. Smith left.", 15, "Punkt"),
                ("他走了。", 4, "stop"),
                ("他", 1, "line"),
                ("ok", 2, "line"),
            ],
        ),
        ("concept:latent", "3 + 4 = 7\n\n7", [("3 + 4 = 7", "2 thoughts"), ("7", "2 thoughts")]),
        (
            *("phrase", "The cat has come"),
            [("The", "determiner"), ("cat", "noun"), ("has", "auxiliary"), ("come", "verb")],
        ),
    ],
)
def test_the_reasons_of_sentences_and_phrases(
    tokenizer: str, text: str, rows: list[tuple[str | int, ...]]
) -> None:
    (table,) = (
        figure
        for step in tokenizer_of(tokenizer).trace(text).steps
        for figure in step.figures
        if isinstance(figure, Table)
    )
    assert [(first.decode(), *others) for first, *others in table.rows if isinstance(first, bytes)] == rows


def test_terms_are_said_and_no_step_is_said_twice() -> None:
    trace = terms_over("o200k_base").trace("the cat, the dog")
    assert [step.stage for step in trace.steps] == [
        *("terms", "normalization", "pre-tokenization", "merges", "pre-tokenization", "merges", "ids"),
    ]
    assert trace.steps[0].figures == (PreTokens([b"the", b" cat,", b" the", b" dog"]),)
    found = [(step.stage, step.says) for step in adapted().trace("日本語, don't").steps[:2]]
    assert found[1] == ("terms", "found in the text: 日本語 don't")
    assert "special tokens" not in [step.stage for step in adapted().trace("don't").steps]
    special = adapted(True).trace("don't<|endoftext|>").steps
    assert special[0].says == "found in the text: <|endoftext|>"
    assert special[2].says == "found in the text: don't"


def test_a_trace_that_explains_other_tokens_is_refused() -> None:
    byte = load("byte")
    assert finished(byte, "Hi", [], [72, 105]).split == byte.encode("Hi")
    with pytest.raises(Unsupported, match="please report it"):
        finished(byte, "Hi", [], [72, 106])
    with pytest.raises(Unsupported, match="please report it"):
        finished(load("word"), "Hi you", [], ["Hi"])


# --- BPE -------------------------------------------------------------------------------------------------


def forest_of(trace: Trace) -> Forest:
    return next(figure for step in trace.steps for figure in step.figures if isinstance(figure, Forest))


SENNRICH = [("r", "·"), ("l", "o"), ("lo", "w"), ("e", "r·")]
"""The merges of figure 1 of Sennrich et al. 2016, learned from low, lowest, newer, wider; · ends a word."""


def test_the_worked_example_of_bpe() -> None:
    """Section 3.2: "lower", which is in no dictionary, is segmented into "low er·"."""
    ranks = {pair: rank for rank, pair in enumerate(SENNRICH)}

    def merge(left: str, right: str) -> tuple[float, str] | None:
        return (ranks[left, right], left + right) if (left, right) in ranks else None

    symbols, trees = merged(["l", "o", "w", "e", "r", "·"], merge, lambda rank: {"rank": rank}, str.encode)
    assert symbols == ["low", "er·"]
    made = {node.facts["merge"]: node for node in nodes(trees) if node.children}
    pairs = [tuple(child.data.decode() for child in made[number].children) for number in sorted(made)]
    assert pairs == SENNRICH


def test_the_worked_example_of_bpe_in_a_tokenizer_json() -> None:
    """There the end of a word is written at its last letter from the start."""
    letters = [f"{letter}{end}" for letter in "lowestnrid" for end in ("", "·")]
    merges = SENNRICH[1:]
    pieces = [*letters, *(left + right for left, right in merges)]
    engine = Engine(models.BPE({piece: i for i, piece in enumerate(pieces)}, merges, end_of_word_suffix="·"))
    engine.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    first, second = forest_of(HuggingFace(engine, "sennrich").trace("lower low")).pieces
    assert [tree.data.decode() for tree in first.trees] == ["low", "er·"]
    assert [tree.data.decode() for tree in second.trees] == ["lo", "w·"]


def test_merges_go_by_rank() -> None:
    """Each merge is the one of the lowest rank that there is: its rank is its token's id, as in tiktoken."""
    tokenizer = load("o200k_base")
    (grown,) = forest_of(tokenizer.trace("strawberry")).pieces
    assert [tree.data for tree in grown.trees] == [b"st", b"raw", b"berry"]
    merged = sorted((int(node.facts["merge"] or 0), node) for node in nodes(grown.trees) if node.children)
    symbols = [bytes([byte]) for byte in b"strawberry"]
    for _, node in merged:
        pairs = {left + right: i for i, (left, right) in enumerate(pairwise(symbols))}
        ranks = {data: tokenizer.encode(data.decode()).ids for data in pairs}
        lowest = min((ids[0], data) for data, ids in ranks.items() if ids is not None and len(ids) == 1)
        assert (node.facts["rank"], node.data) == lowest
        symbols[pairs[node.data] : pairs[node.data] + 2] = [node.data]
    assert symbols == [b"st", b"raw", b"berry"]


# --- WordPiece -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "vocabulary", "expected"),
    [
        # tokenization.py of google-research/bert, WordpieceTokenizer.tokenize
        ("unaffable", ["un", "##aff", "##able"], ["un", "##aff", "##able"]),
        # Song et al. 2021 (arXiv:2012.15524), the running example
        ("abcdz", ["a", "abcdx", "##b", "##c", "##cdy", "##dz"], ["a", "##b", "##c", "##dz"]),
        # Wu et al. 2016 (arXiv:1609.08144), section 4.1: "_J et _makers _fe ud _over _seat"
        ("feud", ["f", "fe", "##u", "##ud", "##d"], ["fe", "##ud"]),
        ("abq", ["a", "##b"], ["a", "##b", None]),
    ],
)
def test_the_worked_examples_of_word_piece(
    word: str, vocabulary: list[str], expected: list[str | None]
) -> None:
    found = matches(word, {piece: i for i, piece in enumerate(vocabulary)}.get)
    assert [match.piece for match in found] == expected
    for match in found:
        assert match.tried == sorted(match.tried, key=len, reverse=True)
        assert not set(match.tried[: -1 if match.piece else None]) & set(vocabulary)


def test_why_a_word_is_unknown() -> None:
    grown = {
        one.piece.decode(): one.trees
        for one in forest_of(load("bert-base-uncased").trace(f"x🦜 {'a' * 101}")).pieces
    }
    (bird,) = grown["x🦜"]
    assert (bird.data, bird.facts["why"], bird.facts["tried"]) == (b"[UNK]", "nothing matches", "##🦜")
    (long,) = grown["a" * 101]
    assert (long.data, long.facts) == (b"[UNK]", {"why": "over 100 characters"})


# --- Unigram ---------------------------------------------------------------------------------------------

HELLO_WORLD = [
    "▁Hell o ▁world",
    "▁H ello ▁world",
    "▁He llo ▁world",
    "▁ He l l o ▁world",
    "▁H el l o ▁ world",
]
"""Table 1 of Kudo 2018 (arXiv:1804.10959): subword sequences of "Hello World" with one vocabulary."""


def every_path(pieces: list[Piece], size: int, at: int = 0) -> Iterator[list[Piece]]:
    """Walk a lattice every way that there is."""
    if at == size:
        yield []
    for piece in pieces:
        if piece.start == at:
            for rest in every_path(pieces, size, piece.end):
                yield [piece, *rest]


def test_the_worked_example_of_unigram() -> None:
    """Every segmentation of the table is a path, and the best is the one whose product is greatest."""
    text = "▁Hello▁world"
    vocabulary = sorted({piece for row in HELLO_WORLD for piece in row.split()})
    probability = {piece: 1 / (3 + i) for i, piece in enumerate(vocabulary)}
    pieces = lattice(
        text, {piece: (i, math.log(probability[piece])) for i, piece in enumerate(vocabulary)}.get, 6, -99.0
    )
    paths = [[piece.text for piece in path] for path in every_path(pieces, len(text))]
    assert all(row.split() in paths for row in HELLO_WORLD)
    products = sorted(
        (math.prod(probability.get(piece, 1e-43) for piece in path) for path in paths), reverse=True
    )
    found = best_paths(pieces, len(text))
    assert [math.exp(score) for score, _ in found] == pytest.approx(products[:2])


@settings(max_examples=100, deadline=None)
@given(
    text=st.text("abc", min_size=1, max_size=8),
    scores=st.dictionaries(st.text("abc", min_size=1, max_size=3), st.floats(-9, 0), max_size=20),
)
def test_the_two_best_paths_are_those_of_brute_force(text: str, scores: dict[str, float]) -> None:
    pieces = lattice(
        text, {piece: (i, score) for i, (piece, score) in enumerate(scores.items())}.get, 3, -20.0
    )
    sums = sorted(
        (sum(piece.score for piece in path) for path in every_path(pieces, len(text))), reverse=True
    )
    found = best_paths(pieces, len(text))
    assert [score for score, _ in found] == pytest.approx(sums[:2])
    assert all(path in map(tuple, every_path(pieces, len(text))) for _, path in found)
    assert len({path for _, path in found}) == len(found)


@settings(max_examples=50, deadline=None)
@given(
    words=st.lists(
        st.sampled_from(["playing", "strawberry", "untangle", "über", "xq", "1894", "."]), min_size=1
    )
)
def test_the_runner_up_is_that_of_sentencepiece(words: list[str]) -> None:
    tokenizer = load_t5()
    text = " ".join(words)
    (figure,) = (
        one for step in tokenizer.trace(text).steps for one in step.figures if isinstance(one, Graphs)
    )
    processor = tokenizer._processor
    expected = [
        math.fsum(map(processor.get_score, ids)) for ids in processor.nbest_encode(text, nbest_size=2)
    ]
    found = [facts["log_probability"] for facts in figure.graphs[0].paths.values()]
    assert found == pytest.approx(expected, abs=1e-3)


@functools.cache
def load_t5() -> SentencePiece:
    tokenizer = load("t5")
    assert isinstance(tokenizer, SentencePiece)
    return tokenizer


# --- jieba -----------------------------------------------------------------------------------------------


def graphs_of(trace: Trace) -> tuple[Graph, ...]:
    return tuple(
        graph
        for step in trace.steps
        for figure in step.figures
        if isinstance(figure, Graphs)
        for graph in figure.graphs
    )


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


# --- the command -----------------------------------------------------------------------------------------


def test_json_is_the_contract() -> None:
    done = tokscope("trace", "-x", "strawberry", "-t", "gpt-4o,byte")
    payload = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert {key: value for key, value in payload.items() if key != "results"} == {
        "version": 1,
        "errors": [],
        "summary": {"files": 1, "tokens": {"o200k_base": 3, "byte": 10}},
    }
    first, second = payload["results"]
    assert {key: value for key, value in first.items() if key != "steps"} == {
        "path": "--text",
        "tokenizer": "o200k_base",
        "exact": True,
        "tokens": 3,
        "chars": 10,
        "bytes": 10,
    }
    assert [step["stage"] for step in first["steps"]] == [
        "normalization",
        "pre-tokenization",
        "merges",
        "ids",
    ]
    assert first["steps"][2]["trees"][0]["tokens"][0] == {
        "text": "st",
        "merge": 2,
        "rank": 302,
        "children": [{"text": "s"}, {"text": "t"}],
    }
    split = json.loads(tokscope("split", "-x", "strawberry", "--format", "json").out)["results"][0]["split"]
    assert first["steps"][-1]["tokens"] == split
    assert second["steps"][-1]["tokens"][0] == {"text": "s", "id": 115, "start": 0, "end": 1}
    lines = tokscope("trace", "-x", "strawberry", "-t", "gpt-4o,byte", "--format", "ndjson").out.splitlines()
    assert [json.loads(line) for line in lines] == payload["results"]


def test_special_tokens_are_a_step() -> None:
    def stages(*arguments: str) -> list[tuple[str, str]]:
        result = json.loads(tokscope("trace", "-x", "a<|endoftext|>", *arguments).out)["results"][0]
        return [
            (step["stage"], step["says"]) for step in result["steps"] if step["stage"] == "special tokens"
        ]

    assert stages() == []
    assert stages("--special") == [
        ("special tokens", "found in the text: <|endoftext|>"),
        ("special tokens", "none is put around the text"),
    ]
    assert stages("--special", "-t", "bert-base-uncased")[1] == (
        *("special tokens", "2 tokens put around the text"),
    )


def test_a_text_too_long_names_the_limit_and_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "long").write_text("日" * (LIMIT + 1))
    (tmp_path / "short").write_text("ok")
    done = tokscope("trace", "long", "short", "-t", "byte", cwd=tmp_path)
    assert done.code == 2
    assert len(json.loads(done.out)["results"]) == 1
    assert done.err.count("\n") == 1
    assert "1,001 characters" in done.err
    assert "1,000" in done.err
    way_out = re.findall(r"--from \d+ --to \d+", done.err)[0].split()
    followed = tokscope("trace", "long", *way_out, "-t", "byte", cwd=tmp_path)
    assert (followed.code, json.loads(followed.out)["results"][0]["chars"]) == (0, 200)
    taken = tokscope("trace", "long", "--from", "3", "--to", "9", "-t", "char", cwd=tmp_path)
    assert (taken.code, json.loads(taken.out)["results"][0]["chars"]) == (0, 2)
    inside = tokscope("trace", "long", "--to", "4", cwd=tmp_path)
    assert inside.code == 2
    assert "byte 4 is inside a character, which begins at byte 3" in inside.err
    behind = tokscope("trace", "short", "--from", "3", cwd=tmp_path)
    assert (behind.code, behind.err) == (2, "tokscope: short: has only 2 bytes: none to begin at byte 3\n")
    backwards = tokscope("trace", "short", "--from", "2", "--to", "1", cwd=tmp_path)
    assert (backwards.code, backwards.out) == (2, "")
    assert "--to 1 is before --from 2" in backwards.err


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20), data=st.data())
def test_a_part_is_a_slice_of_the_bytes(text: str, data: st.DataObject) -> None:
    bounds = [len(text[:i].encode()) for i in range(len(text) + 1)]
    start, end = sorted(data.draw(st.tuples(st.sampled_from(bounds), st.sampled_from(bounds))))
    assert part(text, "-", start, end).encode() == text.encode()[start:end]
    for offset in {*range(len(text.encode()))} - {*bounds}:
        with pytest.raises(InputError):
            part(text, "-", offset)


def test_on_a_terminal_it_is_drawn_in_colour() -> None:
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tokscope", "trace", "-x", "strawberry"],
        stdout=terminal,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80"},
    )
    os.close(terminal)
    shown = b""
    while chunk := _read(main):
        shown += chunk
    assert process.wait(20) == 0
    assert b"\x1b[" in shown
    assert "└─ berry = ber + ry" in shown.decode().replace("\x1b[2m", "").replace("\x1b[0m", "")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # Linux's word for the end, on a terminal
        return b""


def test_plain_draws_the_tree() -> None:
    done = tokscope("trace", "-x", "strawberry", "--format", "plain")
    assert done.out.splitlines()[4:13] == [
        "3 merges  in each piece the two neighbours whose merge has the lowest rank are",
        "    merged first",
        "    strawberry →  st  raw  berry",
        "    ├─ st = s + t        merge 2, rank 302",
        "    ├─ raw = ra + w      merge 6, rank 1618",
        "    │  └─ ra = r + a     merge 3, rank 614",
        "    └─ berry = ber + ry  merge 7, rank 19772",
        "       ├─ ber = b + er   merge 4, rank 718",
        "       │  └─ er = e + r  merge 1, rank 259",
    ]


@pytest.mark.parametrize("spec", ["o200k_base", "bert-base-uncased", "t5", "jieba", "char"])
def test_what_is_drawn_fits_and_is_harmless(spec: str) -> None:
    for name in (
        "spaces",
        "one letter",
        "NUL inside",
        "escape",
        "mixed newlines",
        "combining",
        "emoji",
        "long word",
    ):
        text = HOSTILE[name]
        for width in (40, 80):
            for line in drawn(spec, text, width).splitlines():
                assert not set(line) & (set(map(chr, range(32))) | {"\x7f", "\x9b", "\u202e"})
                assert not line.startswith("    ") or cell_len(line) <= width, (name, line)


def test_a_curve_is_drawn() -> None:
    """The figure of entropy-based patches."""
    curve = Curve("entropy", [b"a", b"b", b"c"], [3.0, 1.0, 2.5], threshold=2.0, unit="bits")
    assert curve.json == {
        "entropy": [{"piece": "a", "value": 3.0}, {"piece": "b", "value": 1.0}, {"piece": "c", "value": 2.5}],
        "threshold": 2.0,
        "unit": "bits",
    }
    split = load("char").encode("abc")
    steps = [Step("entropies", "high where it is hard to guess", (PreTokens([b"a", b"bc"]), curve))]
    stream = io.StringIO()
    report = TraceReport([Traced(Cut("blt", split), Trace("blt", steps, split))])
    drawing.render(report, stream, color=False, width=60)
    assert "threshold" in stream.getvalue()


@pytest.mark.parametrize(
    ("spec", "text", "says"),
    [
        ("char", "a" * 100, "and 40 rows more; --format json has all"),
        ("gpt2", "xq" * 100, "too many to draw each tree; --format json has all"),
        ("t5", "untangling " * 9, "pieces match; --format json has all"),
        ("bert-base-uncased", "🦜 " * 90, "each tree, 30 left out; --format json has all"),
        ("jieba", "好，" * 90, "90 pieces match, 30 left out; --format json has all"),
    ],
)
def test_what_is_drawn_in_short_says_so(spec: str, text: str, says: str) -> None:
    assert says in drawn(spec, text, 80)


def test_a_narrow_graph_leaves_out_figures_and_not_which_path_it_is() -> None:
    """A runner-up is a stra w there, as what is beside the pieces says."""
    lines = drawn("t5", "straw", 40).splitlines()
    paths = [line.split()[0] for line in lines if line.endswith("  runner-up")]
    assert paths == ["▁", "stra", "w"]
    assert "frequency" not in drawn("jieba", "自然", 40)
    assert "frequency" in drawn("jieba", "自然", 80)


def drawn(spec: str, text: str, width: int) -> str:
    trace = tokenizer_of(spec).trace(text)
    stream = io.StringIO()
    report = TraceReport([Traced(Cut(spec, trace.split), trace)])
    drawing.plain(report, stream, color=False, width=width)
    return stream.getvalue()
