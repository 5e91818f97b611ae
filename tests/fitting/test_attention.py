"""Attention's cost: worked values, and counts by brute force."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokscope.fitting.attention import (
    ARCHITECTURES,
    BLOCK_SIZE,
    RANDOM_BLOCKS,
    SEGMENT,
    Architecture,
    attention_costs,
    bigbird_pairs,
    hierarchical_pairs,
    longformer_pairs,
    summaries,
)

LLAMA = ARCHITECTURES["llama-3-8b"]
GIB = 1 << 30


@pytest.mark.parametrize(
    ("tokens", "size"),
    [(0, 0), (1, 131_072), (8192, GIB), (131_072, 16 * GIB)],
    ids=["none", "one", "8k", "128k"],
)
def test_the_kv_cache_of_llama_3_8b(tokens: int, size: int) -> None:
    assert LLAMA.cache(tokens) == size


def test_grouped_queries_make_the_cache_smaller_and_not_the_work() -> None:
    ungrouped = LLAMA._replace(kv_heads=32)
    assert ungrouped.cache(100) == 4 * LLAMA.cache(100)
    assert ungrouped.flops(100) == LLAMA.flops(100)


def flops_by_matrix_products(architecture: Architecture, queries: int, keys: int) -> int:
    """Two products a head, each of rows x inner x columns multiplications and as many additions."""
    scores = 2 * queries * architecture.head_dim * keys
    values = 2 * queries * keys * architecture.head_dim
    return architecture.layers * architecture.heads * (scores + values)


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("tokens", [1, 777, 8192])
def test_full_attention_is_two_matrix_products_a_head(name: str, tokens: int) -> None:
    full = attention_costs(ARCHITECTURES[name], tokens, window=4096)[0]
    assert full.flops == flops_by_matrix_products(ARCHITECTURES[name], tokens, tokens)


def test_bigbird_has_the_worked_value() -> None:
    assert bigbird_pairs(4096) == 622 * 64 * 64 == 2_547_712
    assert bigbird_pairs(704) == 704 * 704
    assert bigbird_pairs(705) < 705 * 705 * 2


def test_bigbird_counts_what_its_blocks_see() -> None:
    for blocks in range(12, 40):
        seen = 0
        for i in range(blocks):
            if i in (0, blocks - 1):
                seen += blocks
            else:
                fixed = {0, blocks - 1, i - 1, i, i + 1}
                seen += len(fixed) + RANDOM_BLOCKS
        assert bigbird_pairs(blocks * BLOCK_SIZE) == seen * BLOCK_SIZE * BLOCK_SIZE


@given(st.integers(1, 300_000), st.integers(1, 10_000))
def test_what_never_costs_more(tokens: int, window: int) -> None:
    full, sliding, bigbird, linear, *others = attention_costs(LLAMA, tokens, window=window)
    assert all(one.flops <= full.flops for one in others if one.attention == "longformer")
    assert sliding.flops <= full.flops
    assert sliding.cache <= full.cache
    assert bigbird.cache == full.cache
    assert linear.flops == LLAMA.flops(tokens * LLAMA.head_dim)
    assert linear.cache == attention_costs(LLAMA, 1, window=window)[3].cache
    if window >= tokens:
        assert sliding[1:] == full[1:] == others[-1][1:]


def by_name(tokens: int, **more: int) -> dict[str, tuple[int, int | None, int, int]]:
    return {name: figures for name, *figures in attention_costs(LLAMA, tokens, **{"window": 4096, **more})}


def test_a_hierarchical_transformer_sees_its_segment_and_the_other_segments() -> None:
    """Chalkidis et al. 2022, arXiv:2210.05529: segments of 128, and a layer among one vector of each."""
    assert hierarchical_pairs(4096) == 32 * 128 * 128 + 32 * 32 == 525_312
    assert hierarchical_pairs(100) == 100 * 100
    for tokens in (129, 500, 1000):
        segments = -(-tokens // SEGMENT)
        places = range(segments * SEGMENT)
        within = sum(query // SEGMENT == key // SEGMENT for query in places for key in places)
        assert hierarchical_pairs(tokens) == within + segments**2


def test_longformer_sees_a_window_and_its_globals_see_all() -> None:
    """Beltagy et al. 2020, arXiv:2004.05150, with 512 around each token."""
    assert longformer_pairs(4096) == 4096 * 512 + 2 * 4096 - 1
    assert longformer_pairs(4096, 0) == 4096 * 512
    assert longformer_pairs(300, 5) == 300 * 300
    tokens, globals_ = 700, 10
    crossed = sum(query < globals_ or key < globals_ for query in range(tokens) for key in range(tokens))
    assert longformer_pairs(tokens, globals_) == min(tokens**2, tokens * 512 + crossed)


def test_retro_by_its_paper() -> None:
    """arXiv:2112.04426: 2,048 tokens of its own, two neighbours of 128 tokens at each third layer."""
    layers = -(-LLAMA.layers // 3)
    flops, cache, _, _ = by_name(10_000)["retro"]
    one = 4 * LLAMA.heads * LLAMA.head_dim
    assert flops == one * (LLAMA.layers * 10_000 * 2048 + layers * 10_000 * 256)
    assert cache == 2 * LLAMA.kv_heads * LLAMA.head_dim * 2 * (LLAMA.layers * 2048 + layers * 256)


def test_a_memorizing_transformer_by_its_paper() -> None:
    """arXiv:2203.08913: 512 tokens, and in one layer 32 of all that came before, which are kept there."""
    flops, cache, _, _ = by_name(10_000)["memorizing"]
    one = 4 * LLAMA.heads * LLAMA.head_dim
    assert flops == one * (LLAMA.layers * 10_000 * 512 + 10_000 * 32)
    assert cache == 2 * LLAMA.kv_heads * LLAMA.head_dim * 2 * (LLAMA.layers * 512 + 10_000)


@given(st.integers(0, 100_000), st.integers(8, 5000), st.integers(2, 8))
def test_recursive_summaries_as_a_simulation_has_them(tokens: int, window: int, fan_out: int) -> None:
    """Wu et al. 2021, arXiv:2109.10862: cut, summarise, put summaries together, until one is left."""
    summary = window // fan_out
    parts = [min(window, tokens - at) for at in range(0, tokens, window)] or [0]
    calls, read, pairs = 0, 0, 0
    while True:
        calls, read, pairs = calls + len(parts), read + sum(parts), pairs + sum(part**2 for part in parts)
        if len(parts) == 1:
            break
        made = [summary] * len(parts)
        parts = [sum(made[at : at + fan_out]) for at in range(0, len(made), fan_out)]
    assert summaries(tokens, window, fan_out) == (calls, read, pairs)


def test_the_worked_tree() -> None:
    assert summaries(20_000, 4096, 4)[:2] == (5 + 2 + 1, 20_000 + 5 * 1024 + 2 * 1024)
    assert by_name(20_000, fan_out=4)["summaries, 4 at a time"][2:] == [8, 27_168]
    assert by_name(4096)["summaries, 4 at a time"][2:] == [1, 4096]


def test_an_encoder_caches_nothing() -> None:
    assert {one.cache for one in attention_costs(ARCHITECTURES["bert-base"], 700, window=64)} == {None}
    assert ARCHITECTURES["bert-base"].positions == 512
    assert ARCHITECTURES["gpt-2"].positions == 1024
