"""The first layer: its tensors and figures in a model's file, each by one name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tokscope.errors import BrokenTokenizer
from tokscope.files.gguf import Gguf
from tokscope.weights.layer import Linear, Norm
from tokscope.weights.model import EMBEDDINGS, OpenModel
from tokscope.weights.quants import Floats
from tokscope.weights.rope import Rope

MAX_HEADS = 1 << 20
"""Of heads, and of numbers in a vector: no model has more."""


class LayerTensors:
    """The tensors of a model's first layer by their names in its kind of file, and its figures.

    Example: LayerTensors(model).linear("self_attn.q_proj")
    """

    def __init__(self, model: OpenModel) -> None:
        self._model = model
        name = model.embedding.name
        ending = next((one for one in EMBEDDINGS if name.endswith(one)), name)
        self.prefix = name.removesuffix(ending)
        self.config: Mapping[str, Any] = (
            _gguf_figures(model.gguf, model.architecture) if model.gguf else _common_names(model.config)
        )

    def has(self, name: str) -> bool:
        """Say whether there is a tensor of this name.

        Example: LayerTensors(model).has("layers.0.self_attn.sinks") -> False
        """
        return self.prefix + name in self._model.tensors

    def array(self, name: str) -> Floats:
        """Read a tensor. Raises BrokenTokenizer where it is not there.

        Example: LayerTensors(model).array("wpe.weight").shape -> (1024, 768)
        """
        if not self.has(name):
            raise BrokenTokenizer(
                f"{self._model.path}: has no {self.prefix}{name}: is it a part of the model?"
            )
        return self._model.tensors[self.prefix + name].whole()

    def maybe_array(self, name: str) -> Floats | None:
        """Read a tensor that there may be, else None.

        Example: LayerTensors(gpt_oss).maybe_array("layers.0.self_attn.sinks").shape -> (64,)
        """
        return self.array(name) if self.has(name) else None

    def linear(self, name: str) -> Linear:
        """Read a matrix, with its bias if it has one. Raises BrokenTokenizer where it is not there.

        Example: LayerTensors(model).linear("layers.0.self_attn.k_proj").weight.shape -> (192, 576)

        The shape is (outputs, inputs).
        """
        bias = self.maybe_array(f"{name}.bias")
        return Linear(self.array(f"{name}.weight"), bias)

    def norm(self, name: str, epsilon: str, plus: float = 0.0) -> Norm:
        """Read a norm; `epsilon` is what its figure is called, and `plus` what its weights lack.

        Example: LayerTensors(model).norm("layers.0.input_layernorm", "rms_norm_eps").epsilon -> 1e-05

        Raises BrokenTokenizer where it is not there.
        """
        bias = self.maybe_array(f"{name}.bias")
        return Norm(self.array(f"{name}.weight") + np.float32(plus), bias, self.figure(epsilon))

    def maybe_norm(self, name: str, epsilon: str, plus: float = 0.0) -> Norm | None:
        """Read a norm that there may be, else None.

        Example: LayerTensors(qwen_3).maybe_norm("layers.0.self_attn.q_norm", "rms_norm_eps").epsilon -> 1e-06
        """
        return self.norm(name, epsilon, plus) if self.has(f"{name}.weight") else None

    def figure(self, name: str) -> float:
        """Give a figure of the configuration. Raises BrokenTokenizer for one that is not there.

        Example: LayerTensors(model).figure("rms_norm_eps") -> 1e-05
        """
        found = self.maybe(name)
        if found is None:
            raise BrokenTokenizer(f"{self._model.path}: its configuration should say {name}")
        return found

    def count(self, name: str, default: int | None = None) -> int:
        """Give a figure that counts heads or numbers. Raises BrokenTokenizer for one that cannot be.

        Example: LayerTensors(model).count("num_attention_heads") -> 9
        """
        found = default if self.config.get(name) is None and default is not None else self.figure(name)
        if found != int(found) or not 0 < found <= MAX_HEADS:
            raise BrokenTokenizer(f"{self._model.path}: {name} {found} is not a figure that a model can have")
        return int(found)

    def maybe(self, name: str) -> float | None:
        """Give a figure that there may be, else None. Raises BrokenTokenizer for what is not a number.

        Example: LayerTensors(gemma_2).maybe("attn_logit_softcapping") -> 50.0
        """
        found = self.config.get(name)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
            raise BrokenTokenizer(f"{self._model.path}: its configuration should say {name} as a number")
        return found


_SPELLED = {
    "n_head": "num_attention_heads",
    "n_embd": "hidden_size",
    "n_layer": "num_hidden_layers",
    "rotary_emb_base": "rope_theta",
    "layer_norm_epsilon": "layer_norm_eps",
}
"""What GPT-2 and GPT-NeoX call what the others call so."""

_CONFIG_KEYS = {
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "embedding_length": "hidden_size",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
    "attention.layer_norm_epsilon": "layer_norm_eps",
    "attention.key_length": "head_dim",
    "rope.freq_base": "rope_theta",
    "rope.dimension_count": "rope_dims",
    "block_count": "num_hidden_layers",
    "attention.sliding_window": "sliding_window",
    "attn_logit_softcapping": "attn_logit_softcapping",
    "rope.scaling.factor": "factor",
    "rope.scaling.type": "rope_type",
    "rope.scaling.original_context_length": "original_max_position_embeddings",
    "context_length": "max_position_embeddings",
}
"""What the figures of a GGUF are called in a config.json."""


def _common_names(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a config.json with one name for each figure."""
    return {**config, **{new: config[old] for old, new in _SPELLED.items() if old in config}}


def _gguf_figures(gguf: Gguf, architecture: str) -> Mapping[str, Any]:
    """Give the figures of a GGUF by the names of a config.json."""
    found = {new: gguf.get(f"{architecture}.{old}") for old, new in _CONFIG_KEYS.items()}
    if found["rope_type"] == "none":
        found["rope_type"] = None
    return {name: figure for name, figure in found.items() if figure is not None}


def rope_of(parts: LayerTensors, dims: int, kind: str = "full_attention") -> Rope:
    """Read how positions turn: from rope_parameters, or where older files have it.

    Example: rope_of(LayerTensors(model), 64).turns.shape -> (32,), for heads of which 64 numbers turn

    `kind` is that of the layer, where its kinds turn differently.
    """
    config = dict(parts.config)
    for name in ("rope_scaling", "rope_parameters"):
        more = config.get(name)
        if isinstance(more, dict):
            more = more[kind] if isinstance(more.get(kind), dict) else more
            config |= {key: value for key, value in more.items() if value is not None}
    return Rope.of(config, dims)


def sliding_window(parts: LayerTensors) -> int | None:
    """Give how many positions a layer that slides looks at, None for all of them.

    Example: sliding_window(LayerTensors(model)) -> 512, of Gemma 3 1B
    """
    return None if parts.config.get("sliding_window") is None else parts.count("sliding_window")


def fused(whole: Linear, heads: list[int], head: int) -> list[Linear]:
    """Take a matrix of queries, keys and values apart; `heads` says how many each has, of `head` numbers.

    Example: [one.weight.shape for one in fused(Linear(np.zeros((15, 9)), None), [3, 1, 1], 3)] ->
    [(9, 9), (3, 9), (3, 9)]
    """
    ends = np.cumsum([number * head for number in heads])
    weights = np.split(whole.weight, ends[:-1])
    biases = [None] * 3 if whole.bias is None else np.split(whole.bias, ends[:-1])
    return [Linear(weight, bias) for weight, bias in zip(weights, biases, strict=True)]
