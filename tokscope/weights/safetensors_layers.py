"""First layers in safetensors; names and formulas are those of the models' classes in transformers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from tokscope.errors import Unsupported
from tokscope.weights.first_layer import LayerTensors, fused, rope_of, sliding_window
from tokscope.weights.layer import Layer, Linear
from tokscope.weights.model import OpenModel
from tokscope.weights.rope import Rope


class Family(NamedTuple):
    """How an architecture of the Llama family differs from Llama.

    Example: Family(plus=1.0, scaled=True), which is Gemma

    `plus` is what its norms' weights lack, `scaled` whether its embeddings are multiplied by the root of
    their width, `layer_norm` the name of its norm's figure where that is not an RMSNorm.
    """

    plus: float = 0.0
    scaled: bool = False
    epsilon: str = "rms_norm_eps"


def _of_llama(kind: Family) -> Callable[[OpenModel, LayerTensors], Layer]:
    def read(model: OpenModel, parts: LayerTensors) -> Layer:
        heads, width = parts.count("num_attention_heads"), parts.count("hidden_size")
        kv_heads = parts.count("num_key_value_heads", heads)
        head = parts.count("head_dim", width // heads)
        at, config = "layers.0.self_attn", parts.config
        if config.get("qk_layernorm"):
            raise Unsupported(f"{model.path}: norms of queries and keys by layer are not known to tokscope")
        if parts.has(f"{at}.qkv_proj.weight"):
            query, key, value = fused(parts.linear(f"{at}.qkv_proj"), [heads, kv_heads, kv_heads], head)
        else:
            query, key, value = (parts.linear(f"{at}.{one}_proj") for one in "qkv")
        slides = _slides(model)
        turned = int(head * _share(parts))
        scalar = parts.maybe("query_pre_attn_scalar")
        local = model.architecture in _GEMMA3 and "rope_local_base_freq" in config
        return Layer(
            *(model.embedding, heads, kv_heads, query, key, value),
            norm=parts.norm("layers.0.input_layernorm", kind.epsilon, kind.plus),
            scale=None if scalar is None else scalar**-0.5,
            embedding_scale=width**0.5 if kind.scaled else 1.0,
            rope=Rope.of({"rope_theta": config["rope_local_base_freq"]}, turned)
            if local
            else rope_of(parts, turned, "sliding_attention" if slides else "full_attention"),
            query_norm=parts.maybe_norm(f"{at}.q_norm", kind.epsilon, kind.plus),
            key_norm=parts.maybe_norm(f"{at}.k_norm", kind.epsilon, kind.plus),
            window=sliding_window(parts) if slides else None,
            cap=parts.maybe("attn_logit_softcapping"),
            sinks=parts.maybe_array(f"{at}.sinks"),
        )

    return read


def _slides(model: OpenModel) -> bool:
    """Say whether the first layer has a window, by the configuration or the kind of model."""
    types = model.config.get("layer_types")
    always = ("gemma2", *_GEMMA3, "mistral", "mixtral", "phi3")
    return types[0] == "sliding_attention" if types else model.architecture in always


def _share(parts: LayerTensors) -> float:
    """Give the share of a head's numbers that turn."""
    more = parts.config.get("rope_parameters")
    within = more.get("partial_rotary_factor") if isinstance(more, dict) else None
    own = parts.config.get("partial_rotary_factor", parts.config.get("rotary_pct"))
    share = own if own is not None else within
    return 1.0 if share is None else float(share)


def _gpt2(model: OpenModel, parts: LayerTensors) -> Layer:
    heads, width = parts.count("num_attention_heads"), parts.count("hidden_size")
    whole = parts.linear("h.0.attn.c_attn")
    turned = Linear(np.ascontiguousarray(whole.weight.T), whole.bias)  # kept as (inputs, outputs)
    query, key, value = fused(turned, [heads] * 3, width // heads)
    return Layer(
        *(model.embedding, heads, heads, query, key, value),
        norm=parts.norm("h.0.ln_1", "layer_norm_eps"),
        scale=None if parts.config.get("scale_attn_weights", True) else 1.0,
        added=parts.array("wpe.weight"),
    )


def _neox(model: OpenModel, parts: LayerTensors) -> Layer:
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
        rope=rope_of(parts, int(head * _share(parts))),
    )


def _bert(model: OpenModel, parts: LayerTensors) -> Layer:
    if parts.config.get("position_embedding_type", "absolute") != "absolute":
        raise Unsupported(f"{model.path}: its positions are relative, which tokscope does not know")
    heads = parts.count("num_attention_heads")
    base, at = parts.prefix.removesuffix("embeddings."), "encoder.layer.0.attention.self"
    around = LayerTensors(model)
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

SAFETENSORS: Mapping[str, Callable[[OpenModel, LayerTensors], Layer]] = {
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
