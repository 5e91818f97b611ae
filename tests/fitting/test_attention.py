"""Attention's cost: worked values, and counts by brute force."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokscope.fitting.attention import ARCHITECTURES, BLOCK, RANDOM_BLOCKS, Architecture, bigbird_pairs, costs

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
    full = costs(ARCHITECTURES[name], tokens, window=4096)[0]
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
        assert bigbird_pairs(blocks * BLOCK) == seen * BLOCK * BLOCK


@given(st.integers(1, 300_000), st.integers(1, 10_000))
def test_what_never_costs_more(tokens: int, window: int) -> None:
    full, sliding, bigbird, linear = costs(LLAMA, tokens, window=window)
    assert sliding.flops <= full.flops
    assert sliding.cache <= full.cache
    assert bigbird.cache == full.cache
    assert linear.flops == LLAMA.flops(tokens * LLAMA.head_dim)
    assert linear.cache == costs(LLAMA, 1, window=window)[3].cache
    if window >= tokens:
        assert sliding[1:] == full[1:]
