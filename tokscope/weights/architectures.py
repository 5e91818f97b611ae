"""Architectures: where the first layer of a model is in its file, for the kinds of model that are known.

Names and formulas are those of the models' classes in transformers for safetensors, and of llama.cpp's
converter for GGUF, which adds Gemma's 1 to its norms, splits GPT-NeoX's heads, turns GPT-2's matrices and
shuffles Llama's queries and keys so that neighbours are pairs. What is not known here is refused by its name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from tokscope.errors import BrokenTokenizer, Unsupported
from tokscope.files.gguf import Gguf
from tokscope.weights.layer import Layer, Linear, Norm
from tokscope.weights.model import EMBEDDINGS, OpenModel
from tokscope.weights.quants import Floats
from tokscope.weights.rope import Rope

MOST = 1 << 20
"""Of heads, and of numbers in a vector: what is more is no model's."""


class Parts:
    """The tensors of a model's first layer by their names in its kind of file, and its figures.

    Example: Parts(model).linear("self_attn.q_proj")
    """

    def __init__(self, model: OpenModel) -> None:
        self._model = model
        name = model.embedding.name
        ending = next((one for one in EMBEDDINGS if name.endswith(one)), name)
        self.prefix = name.removesuffix(ending)
        self.config: Mapping[str, Any] = (
            _figures(model.gguf, model.architecture) if model.gguf else _spelled(model.config)
        )

    def has(self, name: str) -> bool:
        """Whether there is a tensor of this name."""
        return self.prefix + name in self._model.tensors

    def array(self, name: str) -> Floats:
        """Read a tensor. Raises BrokenTokenizer where it is not there."""
        if not self.has(name):
            raise BrokenTokenizer(
                f"{self._model.path}: has no {self.prefix}{name}: is it a part of the model?"
            )
        return self._model.tensors[self.prefix + name].whole()

    def linear(self, name: str) -> Linear:
        """Read a matrix, with its bias if it has one."""
        bias = self.array(f"{name}.bias") if self.has(f"{name}.bias") else None
        return Linear(self.array(f"{name}.weight"), bias)

    def norm(self, name: str, epsilon: str, plus: float = 0.0) -> Norm:
        """Read a norm; `epsilon` is what its figure is called, and `plus` what its weights lack."""
        bias = self.array(f"{name}.bias") if self.has(f"{name}.bias") else None
        return Norm(self.array(f"{name}.weight") + np.float32(plus), bias, self.figure(epsilon))

    def figure(self, name: str) -> float:
        """Give a figure of the configuration. Raises BrokenTokenizer for one that is not there."""
        found = self.maybe(name)
        if found is None:
            raise BrokenTokenizer(f"{self._model.path}: its configuration should say {name}")
        return found

    def count(self, name: str, default: int | None = None) -> int:
        """Give a figure that counts heads or numbers. Raises BrokenTokenizer for one that cannot be."""
        found = default if self.config.get(name) is None and default is not None else self.figure(name)
        if found != int(found) or not 0 < found <= MOST:
            raise BrokenTokenizer(f"{self._model.path}: {name} {found} is none of a model")
        return int(found)

    def maybe(self, name: str) -> float | None:
        """Give a figure that there may be. Raises BrokenTokenizer for what is no number."""
        found = self.config.get(name)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
            raise BrokenTokenizer(f"{self._model.path}: its configuration should say {name} as a number")
        return found


def first_layer(model: OpenModel) -> Layer:
    """Read the first layer of a model.

    Example: first_layer(OpenModel("SmolLM2-135M-Instruct.Q4_1.gguf")).heads -> 9

    Raises Unsupported for an architecture that is not known, or one whose first layer is of another kind.
    """
    kind = model.architecture
    known = GGUF if model.gguf else SAFETENSORS
    if kind not in known:
        named = (
            f"its architecture, {kind}, is not" if kind else "it does not say which architecture it is; not"
        )
        raise Unsupported(f"{model.path}: {named} among those whose first layer is known: {', '.join(known)}")
    parts = Parts(model)
    try:
        layer = known[kind](model, parts)
    except (ValueError, TypeError, KeyError, ZeroDivisionError) as error:
        raise BrokenTokenizer(f"{model.path}: its tensors do not fit its configuration: {error}") from error
    _fits(model, layer)
    return layer


def _fits(model: OpenModel, layer: Layer) -> None:
    """Raise BrokenTokenizer where matrices do not go with the heads."""
    width = model.embedding.shape[1]
    sizes = [linear.weight.shape for linear in (layer.query, layer.key, layer.value)]
    heads = (layer.heads, layer.kv_heads, layer.kv_heads)
    head = sizes[0][0] // max(1, layer.heads)
    if (
        layer.kv_heads < 1
        or layer.heads % layer.kv_heads
        or any(size != (number * head, width) for size, number in zip(sizes, heads, strict=True))
        or (layer.rope is not None and 2 * len(layer.rope.turns) > head)
    ):
        raise BrokenTokenizer(
            f"{model.path}: its matrices do not go with {layer.heads} heads of {width} numbers"
        )


# ---------------------------------------------------------------------------------------- configurations


_SPELLED = {
    "n_head": "num_attention_heads",
    "n_embd": "hidden_size",
    "n_layer": "num_hidden_layers",
    "rotary_emb_base": "rope_theta",
    "layer_norm_epsilon": "layer_norm_eps",
}
"""What GPT-2 and GPT-NeoX call what the others call so."""

_KEYS = {
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
}
"""What the figures of a GGUF are called in a config.json."""


def _spelled(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a config.json with one name for each figure."""
    return {**config, **{new: config[old] for old, new in _SPELLED.items() if old in config}}


def _figures(gguf: Gguf, architecture: str) -> Mapping[str, Any]:
    """Give the figures of a GGUF by the names of a config.json."""
    found = {new: gguf.get(f"{architecture}.{old}") for old, new in _KEYS.items()}
    if found["rope_type"] == "none":
        found["rope_type"] = None
    return {name: figure for name, figure in found.items() if figure is not None}


def _rope(parts: Parts, dims: int, kind: str = "full_attention") -> Rope:
    """Read how positions turn: from rope_parameters, or where older files have it."""
    config = dict(parts.config)
    for name in ("rope_scaling", "rope_parameters"):
        more = config.get(name)
        if isinstance(more, dict):
            more = more[kind] if isinstance(more.get(kind), dict) else more
            config |= {key: value for key, value in more.items() if value is not None}
    return Rope.of(config, dims)


# ------------------------------------------------------------------------------------------- safetensors


class Family(NamedTuple):
    """How an architecture of the Llama family differs from Llama.

    `plus` is what its norms' weights lack, `scaled` whether its embeddings are multiplied by the root of
    their width, `layer_norm` the name of its norm's figure where that is no RMSNorm.
    """

    plus: float = 0.0
    scaled: bool = False
    epsilon: str = "rms_norm_eps"


def _of_llama(kind: Family) -> Callable[[OpenModel, Parts], Layer]:
    def read(model: OpenModel, parts: Parts) -> Layer:
        heads, width = parts.count("num_attention_heads"), parts.count("hidden_size")
        kv_heads = parts.count("num_key_value_heads", heads)
        head = parts.count("head_dim", width // heads)
        at, config = "layers.0.self_attn", parts.config
        if config.get("qk_layernorm"):
            raise Unsupported(f"{model.path}: norms of queries and keys by layer are not known here")
        if parts.has(f"{at}.qkv_proj.weight"):
            query, key, value = _fused(parts.linear(f"{at}.qkv_proj"), [heads, kv_heads, kv_heads], head)
        else:
            query, key, value = (parts.linear(f"{at}.{one}_proj") for one in "qkv")
        slides = _slides(model)
        turned = int(head * _share(parts))
        normed = [
            parts.norm(f"{at}.{one}_norm", kind.epsilon, kind.plus)
            if parts.has(f"{at}.{one}_norm.weight")
            else None
            for one in "qk"
        ]
        scalar = parts.maybe("query_pre_attn_scalar")
        sinks = parts.array(f"{at}.sinks") if parts.has(f"{at}.sinks") else None
        local = model.architecture in _GEMMA3 and "rope_local_base_freq" in config
        return Layer(
            *(model.embedding, heads, kv_heads, query, key, value),
            norm=parts.norm("layers.0.input_layernorm", kind.epsilon, kind.plus),
            scale=None if scalar is None else scalar**-0.5,
            embedding_scale=width**0.5 if kind.scaled else 1.0,
            rope=Rope.of({"rope_theta": config["rope_local_base_freq"]}, turned)
            if local
            else _rope(parts, turned, "sliding_attention" if slides else "full_attention"),
            query_norm=normed[0],
            key_norm=normed[1],
            window=_window(parts) if slides else None,
            cap=parts.maybe("attn_logit_softcapping"),
            sinks=sinks,
        )

    return read


def _slides(model: OpenModel) -> bool:
    """Say whether the first layer has a window, by the configuration or the kind of model."""
    types = model.config.get("layer_types")
    always = ("gemma2", *_GEMMA3, "mistral", "mixtral", "phi3")
    return types[0] == "sliding_attention" if types else model.architecture in always


def _window(parts: Parts) -> int | None:
    return None if parts.config.get("sliding_window") is None else parts.count("sliding_window")


def _share(parts: Parts) -> float:
    """Give the share of a head's numbers that turn."""
    more = parts.config.get("rope_parameters")
    within = more.get("partial_rotary_factor") if isinstance(more, dict) else None
    own = parts.config.get("partial_rotary_factor", parts.config.get("rotary_pct"))
    share = own if own is not None else within
    return 1.0 if share is None else float(share)


def _fused(whole: Linear, heads: list[int], head: int) -> list[Linear]:
    """Take a matrix of queries, keys and values apart."""
    ends = np.cumsum([number * head for number in heads])
    weights = np.split(whole.weight, ends[:-1])
    biases = [None] * 3 if whole.bias is None else np.split(whole.bias, ends[:-1])
    return [Linear(weight, bias) for weight, bias in zip(weights, biases, strict=True)]


def _gpt2(model: OpenModel, parts: Parts) -> Layer:
    heads, width = parts.count("num_attention_heads"), parts.count("hidden_size")
    whole = parts.linear("h.0.attn.c_attn")
    turned = Linear(np.ascontiguousarray(whole.weight.T), whole.bias)  # kept as (inputs, outputs)
    query, key, value = _fused(turned, [heads] * 3, width // heads)
    return Layer(
        *(model.embedding, heads, heads, query, key, value),
        norm=parts.norm("h.0.ln_1", "layer_norm_eps"),
        scale=None if parts.config.get("scale_attn_weights", True) else 1.0,
        added=parts.array("wpe.weight"),
    )


def _neox(model: OpenModel, parts: Parts) -> Layer:
    heads, width = parts.count("num_attention_heads"), parts.count("hidden_size")
    head = width // heads
    whole = parts.linear("layers.0.attention.query_key_value")  # head by head: its query, key and value
    weights = whole.weight.reshape(heads, 3, head, width)
    biases = None if whole.bias is None else whole.bias.reshape(heads, 3, head)
    query, key, value = (
        Linear(weights[:, i].reshape(-1, width), None if biases is None else biases[:, i].reshape(-1))
        for i in range(3)
    )
    return Layer(
        *(model.embedding, heads, heads, query, key, value),
        norm=parts.norm("layers.0.input_layernorm", "layer_norm_eps"),
        rope=_rope(parts, int(head * _share(parts))),
    )


def _bert(model: OpenModel, parts: Parts) -> Layer:
    if parts.config.get("position_embedding_type", "absolute") != "absolute":
        raise Unsupported(f"{model.path}: its positions are relative, which is not known here")
    heads = parts.count("num_attention_heads")
    base, at = parts.prefix.removesuffix("embeddings."), "encoder.layer.0.attention.self"
    around = Parts(model)
    around.prefix = base
    query, key, value = (around.linear(f"{at}.{one}") for one in ("query", "key", "value"))
    return Layer(
        *(model.embedding, heads, heads, query, key, value),
        causal=False,
        added=parts.array("position_embeddings.weight"),
        added_to_all=parts.array("token_type_embeddings.weight")[0],
        embedding_norm=parts.norm("LayerNorm", "layer_norm_eps"),
    )


_GEMMA3 = ("gemma3", "gemma3_text")
_RMS, _GEMMA = Family(), Family(plus=1.0, scaled=True)

SAFETENSORS: Mapping[str, Callable[[OpenModel, Parts], Layer]] = {
    "bert": _bert,
    "gpt2": _gpt2,
    "gpt_neox": _neox,
    **dict.fromkeys(
        ("llama", "mistral", "mixtral", "qwen2", "qwen2_moe", "qwen3", "qwen3_moe"), _of_llama(_RMS)
    ),
    **dict.fromkeys(("gemma", "gemma2", *_GEMMA3), _of_llama(_GEMMA)),
    "phi": _of_llama(Family(epsilon="layer_norm_eps")),
    "phi3": _of_llama(_RMS),
    "gpt_oss": _of_llama(_RMS),
}
"""By model_type."""


# -------------------------------------------------------------------------------------------------- GGUF


def _of_gguf(
    *, epsilon: str = "rms_norm_eps", interleaved: bool = False, scaled: bool = False, slides: bool = False
) -> Callable[[OpenModel, Parts], Layer]:
    def read(model: OpenModel, parts: Parts) -> Layer:
        heads, width = parts.count("num_attention_heads"), parts.count("hidden_size")
        kv_heads = parts.count("num_key_value_heads", heads)
        head = parts.count("head_dim", width // heads)
        at = "blk.0.attn"
        if parts.has(f"{at}_qkv.weight"):
            query, key, value = _fused(parts.linear(f"{at}_qkv"), [heads, kv_heads, kv_heads], head)
        else:
            query, key, value = (parts.linear(f"{at}_{one}") for one in "qkv")
        learned = parts.array("position_embd.weight") if parts.has("position_embd.weight") else None
        normed = [
            parts.norm(f"{at}_{one}_norm", epsilon) if parts.has(f"{at}_{one}_norm.weight") else None
            for one in "qk"
        ]
        encodes = model.architecture == "bert"
        return Layer(
            *(model.embedding, heads, kv_heads, query, key, value),
            norm=None if encodes else parts.norm(f"{at}_norm", epsilon),
            causal=not encodes,
            scale=_scale_of_gemma(model.architecture, parts, width, heads),
            embedding_scale=width**0.5 if scaled else 1.0,
            added=learned,
            added_to_all=parts.array("token_types.weight")[0] if parts.has("token_types.weight") else None,
            embedding_norm=parts.norm("token_embd_norm", epsilon) if encodes else None,
            rope=None if learned is not None else _rope_of_gguf(model, parts, head, interleaved),
            query_norm=normed[0],
            key_norm=normed[1],
            window=_window(parts) if slides else None,
            cap=parts.maybe("attn_logit_softcapping"),
            sinks=parts.array(f"{at}_sinks.weight") if parts.has(f"{at}_sinks.weight") else None,
        )

    return read


def _rope_of_gguf(model: OpenModel, parts: Parts, head: int, interleaved: bool) -> Rope:
    config = {"rope_type": "default", **parts.config, "truncate": False}
    if model.architecture == "gemma3":  # the first layer is a local one, with Gemma 2's angles
        config = {"rope_theta": 10_000.0}
    rope = Rope.of(config, parts.count("rope_dims", head))
    if parts.has("rope_freqs.weight"):  # Llama 3.1's stretching, worked out by the converter
        rope = rope._replace(turns=rope.turns / parts.array("rope_freqs.weight").astype(np.float64))
    return rope._replace(interleaved=interleaved)


def _scale_of_gemma(architecture: str, parts: Parts, width: int, heads: int) -> float | None:
    """Give the scale of the largest Gemma 2 and 3, whose heads are scaled by another width than their own."""
    largest = {"gemma2": 46, "gemma3": 62}.get(architecture)
    return (width / heads) ** -0.5 if largest and parts.maybe("num_hidden_layers") == largest else None


GGUF: Mapping[str, Callable[[OpenModel, Parts], Layer]] = {
    "llama": _of_gguf(interleaved=True),
    **dict.fromkeys(("qwen2", "qwen2moe", "qwen3", "qwen3moe"), _of_gguf()),
    "gemma": _of_gguf(scaled=True),
    "gemma2": _of_gguf(scaled=True, slides=True),
    "gemma3": _of_gguf(scaled=True, slides=True),
    "phi3": _of_gguf(slides=True),
    "gpt-oss": _of_gguf(slides=True),
    **dict.fromkeys(("gpt2", "gptneox", "phi2", "bert"), _of_gguf(epsilon="layer_norm_eps")),
}
"""By general.architecture."""
