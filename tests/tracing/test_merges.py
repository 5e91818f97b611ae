"""Merges: the worked example of the paper, and the lowest rank first."""

from __future__ import annotations

from itertools import pairwise

from tokenizers import Tokenizer as Engine
from tokenizers import models, pre_tokenizers

from tests.support.traces import forest_of, nodes
from tokscope import load
from tokscope.backends.hf import HuggingFace
from tokscope.tracing.merges import merge_symbols

SENNRICH = [("r", "·"), ("l", "o"), ("lo", "w"), ("e", "r·")]
"""The merges of figure 1 of Sennrich et al. 2016, learned from low, lowest, newer, wider; · ends a word."""


def test_the_worked_example_of_bpe() -> None:
    """Section 3.2: "lower", which is in no dictionary, is segmented into "low er·"."""
    ranks = {pair: rank for rank, pair in enumerate(SENNRICH)}

    def merge(left: str, right: str) -> tuple[float, str] | None:
        return (ranks[left, right], left + right) if (left, right) in ranks else None

    symbols, trees = merge_symbols(
        ["l", "o", "w", "e", "r", "·"], merge, lambda rank: {"rank": rank}, str.encode
    )
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
