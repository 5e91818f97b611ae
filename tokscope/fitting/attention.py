"""Attention: what a length costs to compute, in floating-point operations, and to cache, in bytes.

To compare a query with a key takes 2d operations, and to add the value another 2d, over all heads of a layer
(d is heads x head_dim): 4d for each pair, in each layer. Everything outside attention (the feed-forward
layers) is only proportional to the length, and is left out. So is the causal mask, which halves the useful
pairs but not the matrix products that compute them.
"""

from __future__ import annotations

from typing import NamedTuple

from tokscope.errors import UsageError

BLOCK = 64
RANDOM_BLOCKS = 3
"""BigBird's block size and number of random blocks per query, as in its paper and its reference code."""


class Architecture(NamedTuple):
    """The figures of a transformer that attention and its cache depend on.

    Example: Architecture(layers=32, heads=32, kv_heads=8, head_dim=128).cache(8192) -> 1073741824

    `bytes` is the size of one cached number: 2 for fp16 and bf16.
    """

    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    bytes: int = 2

    @classmethod
    def of(cls, name: str | None, **figures: int | None) -> Architecture | None:
        """Find an architecture by its name, with the given figures changed, or by its figures alone.

        Example: Architecture.of("llama-3-8b", kv_heads=32).cache(1) -> 524288

        None if neither is given. Raises UsageError for an unknown name, and if figures are missing.
        """
        given = {key: value for key, value in figures.items() if value is not None}
        if name is not None:
            if name not in ARCHITECTURES:
                raise UsageError(f"unknown architecture {name!r}: {', '.join(ARCHITECTURES)}")
            return ARCHITECTURES[name]._replace(**given)
        if not given:
            return None
        if not {"layers", "heads", "head_dim"} <= given.keys():
            raise UsageError(
                "an architecture needs --layers, --heads and --head-dim; or name one with --arch"
            )
        return cls(**{"kv_heads": given["heads"], **given})

    def flops(self, pairs: int) -> int:
        """Give the operations for this many pairs of query and key in all layers: 4 x pairs x d x layers.

        Example: ARCHITECTURES["llama-3-8b"].flops(1) -> 524288
        """
        return 4 * pairs * self.heads * self.head_dim * self.layers

    def cache(self, tokens: int) -> int:
        """Give the bytes that hold the keys and values of `tokens`.

        Example: ARCHITECTURES["llama-3-8b"].cache(1) -> 131072

        Each token takes 2 x layers x kv_heads x head_dim x bytes.
        """
        return 2 * self.layers * self.kv_heads * self.head_dim * self.bytes * tokens


ARCHITECTURES: dict[str, Architecture] = {
    "gpt-2": Architecture(12, 12, 12, 64),
    "bert-base": Architecture(12, 12, 12, 64),
    "llama-2-7b": Architecture(32, 32, 32, 128),
    "llama-3-8b": Architecture(32, 32, 8, 128),
    "llama-3-70b": Architecture(80, 64, 8, 128),
    "llama-3.1-405b": Architecture(126, 128, 8, 128),
    "mistral-7b": Architecture(32, 32, 8, 128),
    "qwen2.5-7b": Architecture(28, 28, 4, 128),
    "qwen2.5-72b": Architecture(80, 64, 8, 128),
    "qwen3-8b": Architecture(36, 32, 8, 128),
    "qwen3-32b": Architecture(64, 64, 8, 128),
}
"""Published models: num_hidden_layers, num_attention_heads, num_key_value_heads and head_dim of each one's
config.json on the Hugging Face Hub."""


class Cost(NamedTuple):
    """What one kind of attention costs: operations to read an input, and bytes to cache it.

    Example: Cost("full", flops=35_184_372_088_832, cache=1_073_741_824)
    """

    attention: str
    flops: int
    cache: int


def costs(architecture: Architecture, tokens: int, *, window: int) -> list[Cost]:
    """Compare full, sliding-window, BigBird's and linear attention on an input of `tokens`.

    Example: costs(ARCHITECTURES["llama-3-8b"], 8192, window=4096)[0].flops -> 35184372088832

    A sliding window caches only the keys and values in it. Linear attention (Katharopoulos et al. 2020,
    arXiv:2006.16236, with head_dim features) keeps a sum of head_dim x head_dim numbers and one of head_dim
    for each head, however long the input is.
    """
    seen = min(tokens, window)
    state = architecture.layers * architecture.heads * architecture.head_dim * (architecture.head_dim + 1)
    return [
        Cost("full", architecture.flops(tokens * tokens), architecture.cache(tokens)),
        Cost(f"window {window}", architecture.flops(tokens * seen), architecture.cache(seen)),
        Cost("bigbird", architecture.flops(bigbird_pairs(tokens)), architecture.cache(tokens)),
        Cost("linear", architecture.flops(tokens * architecture.head_dim), state * architecture.bytes),
    ]


def bigbird_pairs(tokens: int) -> int:
    """Count the pairs of query and key that BigBird compares (Zaheer et al. 2020, arXiv:2007.14062).

    Example: bigbird_pairs(4096) -> 2547712, where full attention has 16777216

    The first and the last block see every block, their neighbours 4 + r, and the others 5 + r: three around
    them, the first, the last, and r random ones. An input is padded to whole blocks. Up to 5 + 2r blocks,
    full attention is cheaper, and is what the reference code does.
    """
    blocks = -(-tokens // BLOCK)
    if blocks <= 5 + 2 * RANDOM_BLOCKS:
        return tokens * tokens
    seen = 2 * blocks + 2 * (4 + RANDOM_BLOCKS) + (blocks - 4) * (5 + RANDOM_BLOCKS)
    return seen * BLOCK * BLOCK
