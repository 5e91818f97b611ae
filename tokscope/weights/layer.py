"""Layer: the attention of a model's first layer, computed from its weights.

Vaswani et al. 2017 (arXiv:1706.03762): of the layer's input, normed, come a query, a key and a value for each
token and head; a query's products with all keys, over the root of their width, become shares by softmax, and
the values are added up in these shares. Everything is float32, as in transformers' eager mode, to which tests
hold it within 1e-6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tokscope.weights.quants import Floats
from tokscope.weights.rope import Rope
from tokscope.weights.tensors import Tensor


class Linear(NamedTuple):
    """A matrix of (outputs, inputs), and what is added.

    Example: Linear(np.eye(2), np.ones(2))(np.array([3.0, 4.0])) -> [4.0, 5.0]
    """

    weight: Floats
    bias: Floats | None = None

    def __call__(self, vectors: Floats) -> Floats:
        """Map vectors."""
        found: Floats = vectors @ self.weight.T
        return found if self.bias is None else found + self.bias


class Norm(NamedTuple):
    """Brings vectors to the same length: with a `bias` their mean to zero too (LayerNorm), else RMSNorm.

    Example: Norm(np.ones(2, np.float32), None, 0.0)(np.array([[3.0, 4.0]])) -> [[0.849, 1.131]]
    """

    weight: Floats
    bias: Floats | None
    epsilon: float

    def __call__(self, vectors: Floats) -> Floats:
        """Norm vectors along the last axis."""
        centred = vectors if self.bias is None else vectors - vectors.mean(axis=-1, keepdims=True)
        mean_square = (centred * centred).mean(axis=-1, keepdims=True)
        found: Floats = centred / np.sqrt(mean_square + np.float32(self.epsilon)) * self.weight
        return found if self.bias is None else found + self.bias


@dataclass(frozen=True, slots=True)
class Layer:
    """The first layer of attention.

    Example: first_layer(OpenModel("model.gguf"))([504, 3575, 282])

    `added` are rows added to the embeddings by position, `added_to_all` one that is added to each (BERT's
    first type of token), and `embedding_norm` is theirs; `norm` is the layer's. A query sees those before it
    if `causal`, and of these the last `window`. `cap` bounds scores by a hyperbolic tangent, and `sinks` are
    scores, one a head, that take a share and give no value.
    """

    embedding: Tensor
    heads: int
    kv_heads: int
    query: Linear
    key: Linear
    value: Linear
    norm: Norm | None = None
    causal: bool = True
    scale: float | None = None
    embedding_scale: float = 1.0
    added: Floats | None = None
    added_to_all: Floats | None = None
    embedding_norm: Norm | None = None
    rope: Rope | None = None
    query_norm: Norm | None = None
    key_norm: Norm | None = None
    window: int | None = None
    cap: float | None = None
    sinks: Floats | None = None

    def __call__(self, ids: Sequence[int]) -> Attention:
        """Compute the attention of some ids, at positions from 0."""
        states = self.embedding.rows(ids) * np.float32(self.embedding_scale)
        if self.added is not None:
            states = states + self.added[: len(ids)]
        if self.added_to_all is not None:
            states = states + self.added_to_all
        if self.embedding_norm is not None:
            states = self.embedding_norm(states)
        normed = states if self.norm is None else self.norm(states)
        parts = (self.query, self.heads), (self.key, self.kv_heads), (self.value, self.kv_heads)
        query, key, value = (_by_heads(linear(normed), heads) for linear, heads in parts)
        query = query if self.query_norm is None else self.query_norm(query)
        key = key if self.key_norm is None else self.key_norm(key)
        if self.rope is not None:
            query, key = self.rope(query), self.rope(key)
        shared = self.heads // self.kv_heads
        scores = self._scores(query, np.repeat(key, shared, axis=0))
        shares = self._shares(scores)
        return Attention(
            *(ids, states, normed, query, key, value, scores, shares),
            shares @ np.repeat(value, shared, axis=0),
        )

    def _scores(self, query: Floats, key: Floats) -> Floats:
        scale = query.shape[-1] ** -0.5 if self.scale is None else self.scale
        scores: Floats = query @ key.swapaxes(1, 2) * np.float32(scale)
        if self.cap is not None:
            scores = np.tanh(scores / np.float32(self.cap)) * np.float32(self.cap)
        places = np.arange(scores.shape[-1])
        back = places[:, None] - places
        if self.causal:
            scores = np.where(back < 0, np.float32(-np.inf), scores)
        if self.window is not None:
            scores = np.where(back >= self.window, np.float32(-np.inf), scores)
        return scores

    def _shares(self, scores: Floats) -> Floats:
        """Take the softmax over the keys, and over the sink."""
        if self.sinks is not None:
            sinks = np.broadcast_to(self.sinks.reshape(-1, 1, 1), (*scores.shape[:2], 1))
            scores = np.concatenate([scores, sinks], axis=-1)
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
        return shares if self.sinks is None else shares[..., :-1]


def _by_heads(vectors: Floats, heads: int) -> Floats:
    """Take (tokens, heads x width) apart into (heads, tokens, width)."""
    return vectors.reshape(len(vectors), heads, -1).swapaxes(0, 1)


class Attention(NamedTuple):
    """What the first layer makes of some ids, step by step.

    Example: layer(ids).shares.shape -> (heads, tokens, tokens): of each query, the share of each key

    `states` (tokens, dims) go into the layer, `normed` into the projections; `query` (heads, tokens, width),
    `key` and `value` (key heads, tokens, width) are past their norms and turned by position; `scores` (heads,
    tokens, tokens) are -inf where a query does not look; `mixed` (heads, tokens, width) are the values added
    up.
    """

    ids: Sequence[int]
    states: Floats
    normed: Floats
    query: Floats
    key: Floats
    value: Floats
    scores: Floats
    shares: Floats
    mixed: Floats
