"""Attention: what a length costs to compute, in floating-point operations, and to cache, in bytes.

To compare a query with a key takes 2d operations, and to add the value another 2d, over all heads of a layer
(d is heads x head_dim): 4d for each pair, in each layer. Everything outside attention (the feed-forward
layers) is only proportional to the length, and is left out. So is the causal mask, which halves the useful
pairs but not the matrix products that compute them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tokscope.errors import UsageError

BLOCK_SIZE = 64
RANDOM_BLOCKS = 3
"""BigBird's block size and number of random blocks per query, as in its paper and its reference code."""

SEGMENT = 128
"""The tokens of a segment of the hierarchical transformer (Chalkidis et al. 2022, arXiv:2210.05529)."""

LONGFORMER = 512
"""The tokens that a query of Longformer sees around it (Beltagy et al. 2020, arXiv:2004.05150)."""

RETRO_CONTEXT, RETRO_CHUNK, RETRO_NEIGHBOURS, RETRO_EVERY = 2048, 64, 2, 3
"""RETRO's own context, its chunks, the neighbours of each, and that each third layer attends to them
(Borgeaud et al. 2022, arXiv:2112.04426); a neighbour is a chunk and the one after it."""

MEMORIZING, RETRIEVED = 512, 32
"""The context of a Memorizing Transformer, and the pairs that one of its layers takes from its memory
(Wu et al. 2022, arXiv:2203.08913)."""

FAN_OUT = 4
"""How many summaries are summarised at a time, unless it is said."""


class Architecture(NamedTuple):
    """The figures of a transformer that attention and its cache depend on.

    Example: Architecture(layers=32, heads=32, kv_heads=8, head_dim=128).cache(8192) -> 1073741824

    `bytes` is the size of one cached number: 2 for fp16 and bf16. `positions` is how many tokens it knows the
    place of; None where nobody says. An `encoder` reads a text once, and has no cache.
    """

    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    bytes: int = 2
    positions: int | None = None
    encoder: bool = False

    @classmethod
    def of(cls, name: str | None, **figures: int | None) -> Architecture | None:
        """Find an architecture by its name, with the given figures changed, or by its figures alone.

        Example: Architecture.of("llama-3-8b", kv_heads=32).cache(1) -> 524288

        None if neither is given. Raises UsageError for an unknown name, and if figures are missing.
        """
        given: dict[str, Any] = {key: value for key, value in figures.items() if value is not None}
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
    "gpt-2": Architecture(12, 12, 12, 64, positions=1024),
    "bert-base": Architecture(12, 12, 12, 64, positions=512, encoder=True),
    "llama-2-7b": Architecture(32, 32, 32, 128, positions=4096),
    "llama-3-8b": Architecture(32, 32, 8, 128, positions=8192),
    "llama-3-70b": Architecture(80, 64, 8, 128, positions=8192),
    "llama-3.1-405b": Architecture(126, 128, 8, 128, positions=131_072),
    "mistral-7b": Architecture(32, 32, 8, 128, positions=32_768),
    "qwen2.5-7b": Architecture(28, 28, 4, 128, positions=131_072),
    "qwen2.5-72b": Architecture(80, 64, 8, 128, positions=131_072),
    "qwen3-8b": Architecture(36, 32, 8, 128, positions=40_960),
    "qwen3-32b": Architecture(64, 64, 8, 128, positions=40_960),
}
"""Published models: num_hidden_layers, num_attention_heads, num_key_value_heads, head_dim and
max_position_embeddings of each one's config.json on the Hugging Face Hub."""


class Cost(NamedTuple):
    """What one kind of attention costs: operations to read an input, and bytes to cache it.

    Example: Cost("full", flops=35_184_372_088_832, cache=1_073_741_824, calls=1, read=8192)

    `cache` is None where nothing is cached. `calls` is how often the model is asked, and `read` how many
    tokens it reads in all of these.
    """

    attention: str
    flops: int
    cache: int | None
    calls: int
    read: int


def attention_costs(
    architecture: Architecture, tokens: int, *, window: int, globals_: int = 1, fan_out: int = FAN_OUT
) -> list[Cost]:
    """Compare ways to attend to an input of `tokens`, each by its own formula.

    Example: attention_costs(ARCHITECTURES["llama-3-8b"], 8192, window=4096)[0].flops -> 35184372088832

    full            every token sees every token
    window          the last `window` tokens, which alone are cached
    bigbird         see bigbird_pairs()
    linear          Katharopoulos et al. 2020 (arXiv:2006.16236), with head_dim features: a sum of head_dim x
                    head_dim numbers and one of head_dim for each head, however long the input is
    hierarchical    within segments of SEGMENT tokens, and among one vector of each
    longformer      LONGFORMER tokens around it, and `globals_` tokens that see all and that all see
    retro           the last RETRO_CONTEXT tokens, and in each third layer the neighbours of its chunk
    memorizing      the last MEMORIZING tokens, and in one layer the RETRIEVED nearest of all that came before
    summaries       the text in parts as long as the window; of `fan_out` summaries, together as long, another

    To find neighbours or memories takes a search, which is not attention and is left out, as is what RETRO's
    encoder makes of neighbours.
    """
    one = architecture
    seen = min(tokens, window)
    state = one.layers * one.heads * one.head_dim * (one.head_dim + 1)
    segments = -(-tokens // SEGMENT)
    tree = summaries(tokens, window, fan_out)
    kinds = [
        ("full", one.flops(tokens * tokens), one.cache(tokens)),
        (f"window {window}", one.flops(tokens * seen), one.cache(seen)),
        ("bigbird", one.flops(bigbird_pairs(tokens)), one.cache(tokens)),
        ("linear", one.flops(tokens * one.head_dim), state * one.bytes),
        ("hierarchical", one.flops(hierarchical_pairs(tokens)), one.cache(tokens + segments)),
        ("longformer", one.flops(longformer_pairs(tokens, globals_)), one.cache(tokens)),
        ("retro", *_retro(one, tokens)),
        ("memorizing", *_memorizing(one, tokens)),
    ]
    found = [Cost(name, flops, cache, 1, tokens) for name, flops, cache in kinds]
    name = f"summaries, {fan_out} at a time"
    found.append(Cost(name, one.flops(tree.pairs), one.cache(seen), tree.calls, tree.read))
    return [cost._replace(cache=None) for cost in found] if one.encoder else found


def _retro(one: Architecture, tokens: int) -> tuple[int, int]:
    """Give operations and cache: its own context, and in each third layer the neighbours' tokens."""
    own, found = min(tokens, RETRO_CONTEXT), 2 * RETRO_CHUNK * RETRO_NEIGHBOURS
    crossing = one._replace(layers=-(-one.layers // RETRO_EVERY))
    return one.flops(tokens * own) + crossing.flops(tokens * found), one.cache(own) + crossing.cache(found)


def _memorizing(one: Architecture, tokens: int) -> tuple[int, int]:
    """Give operations and cache: its own context, and in one layer what it retrieves, of all that is kept."""
    near, single = min(tokens, MEMORIZING), one._replace(layers=1)
    retrieved = single.flops(tokens * min(tokens, RETRIEVED))
    return one.flops(tokens * near) + retrieved, one.cache(near) + single.cache(tokens)


def hierarchical_pairs(tokens: int) -> int:
    """Count the pairs of a hierarchical transformer: within each segment, and among the segments.

    Example: hierarchical_pairs(4096) -> 32 * 128 * 128 + 32 * 32  # full attention: 16777216

    A layer of each kind; the last segment is padded.
    """
    if tokens <= SEGMENT:
        return tokens * tokens
    segments = -(-tokens // SEGMENT)
    return segments * SEGMENT * SEGMENT + segments * segments


def longformer_pairs(tokens: int, globals_: int = 1) -> int:
    """Count the pairs of Longformer: a window around each token, and the global ones with all, both ways.

    Example: longformer_pairs(4096) -> 4096 * 512 + 2 * 4096 - 1  # 2105343

    Never more than full attention has.
    """
    seeing = min(globals_, tokens)
    return min(tokens * tokens, tokens * LONGFORMER + 2 * seeing * tokens - seeing * seeing)


class SummaryTree(NamedTuple):
    """A tree of summaries: how often the model is asked, the tokens that it reads, and the pairs of these.

    Example: SummaryTree(calls=3, read=9_000, pairs=27_000_000)
    """

    calls: int
    read: int
    pairs: int


def summaries(tokens: int, window: int, fan_out: int) -> SummaryTree:
    """Plan recursive summaries (Wu et al. 2021, arXiv:2109.10862).

    Example: summaries(20_000, 4096, 4).calls -> 5 + 2 + 1  # parts, their summaries, those of these

    A part is as long as the window, and a summary so long that `fan_out` of them fit in it. A text that
    fits in the window needs one call and no tree.
    """
    summary = max(1, window // fan_out)
    size, left = window, tokens
    calls = read = pairs = 0
    while True:
        parts, rest = divmod(left, size)
        pairs += parts * size * size + rest * rest
        read += left
        parts = max(1, parts + (rest > 0))
        calls += parts
        if parts == 1:
            return SummaryTree(calls, read, pairs)
        size, left = fan_out * summary, parts * summary


def bigbird_pairs(tokens: int) -> int:
    """Count the pairs of query and key that BigBird compares (Zaheer et al. 2020, arXiv:2007.14062).

    Example: bigbird_pairs(4096) -> 2547712  # full attention: 16777216

    The first and the last block see every block, their neighbours 4 + r, and the others 5 + r: three around
    them, the first, the last, and r random ones. An input is padded to whole blocks. Up to 5 + 2r blocks,
    full attention is cheaper, and is what the reference code does.
    """
    blocks = -(-tokens // BLOCK_SIZE)
    if blocks <= 5 + 2 * RANDOM_BLOCKS:
        return tokens * tokens
    seen = 2 * blocks + 2 * (4 + RANDOM_BLOCKS) + (blocks - 4) * (5 + RANDOM_BLOCKS)
    return seen * BLOCK_SIZE * BLOCK_SIZE
