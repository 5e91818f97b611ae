"""First layers in GGUF; names and formulas are those of llama.cpp's converter.

It adds Gemma's 1 to its norms, splits GPT-NeoX's heads, turns GPT-2's matrices and shuffles Llama's queries
and keys so that neighbours are pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tokscope.weights.first_layer import LayerTensors, fused, sliding_window
from tokscope.weights.layer import Layer
from tokscope.weights.model import OpenModel
from tokscope.weights.rope import Rope


def _of_gguf(
    *, epsilon: str = "rms_norm_eps", interleaved: bool = False, scaled: bool = False, slides: bool = False
) -> Callable[[OpenModel, LayerTensors], Layer]:
    def read(model: OpenModel, parts: LayerTensors) -> Layer:
        heads, width = parts.count("num_attention_heads"), parts.count("hidden_size")
        kv_heads = parts.count("num_key_value_heads", heads)
        head = parts.count("head_dim", width // heads)
        at = "blk.0.attn"
        if parts.has(f"{at}_qkv.weight"):
            query, key, value = fused(parts.linear(f"{at}_qkv"), [heads, kv_heads, kv_heads], head)
        else:
            query, key, value = (parts.linear(f"{at}_{one}") for one in "qkv")
        learned, types = parts.maybe_array("position_embd.weight"), parts.maybe_array("token_types.weight")
        encodes = model.architecture == "bert"
        return Layer(
            *(model.embedding, heads, kv_heads, query, key, value),
            norm=None if encodes else parts.norm(f"{at}_norm", epsilon),
            causal=not encodes,
            scale=_scale_of_gemma(model.architecture, parts, width, heads),
            embedding_scale=width**0.5 if scaled else 1.0,
            added=learned,
            added_to_all=None if types is None else types[0],
            embedding_norm=parts.norm("token_embd_norm", epsilon) if encodes else None,
            rope=None if learned is not None else _rope_of_gguf(model, parts, head, interleaved),
            query_norm=parts.maybe_norm(f"{at}_q_norm", epsilon),
            key_norm=parts.maybe_norm(f"{at}_k_norm", epsilon),
            window=sliding_window(parts) if slides else None,
            cap=parts.maybe("attn_logit_softcapping"),
            sinks=parts.maybe_array(f"{at}_sinks.weight"),
        )

    return read


def _rope_of_gguf(model: OpenModel, parts: LayerTensors, head: int, interleaved: bool) -> Rope:
    config: dict[str, Any] = {"rope_type": "default", **parts.config, "truncate": False}
    if model.architecture == "gemma3":  # the first layer is a local one, with Gemma 2's angles
        config = {"rope_theta": 10_000.0}
    if parts.has("rope_factors_short.weight"):  # Phi 3's, whose file names no way of stretching
        factors = {f"{one}_factor": parts.array(f"rope_factors_{one}.weight") for one in ("short", "long")}
        config |= {"rope_type": "longrope", **factors}
    rope = Rope.of(config, parts.count("rope_dims", head))
    if parts.has("rope_freqs.weight"):  # Llama 3.1's stretching, worked out by the converter
        rope = rope._replace(turns=rope.turns / parts.array("rope_freqs.weight").astype(np.float64))
    return rope._replace(interleaved=interleaved)


def _scale_of_gemma(architecture: str, parts: LayerTensors, width: int, heads: int) -> float | None:
    """Give the scale of the largest Gemma 2 and 3, whose heads are scaled by another width than their own."""
    largest = {"gemma2": 46, "gemma3": 62}.get(architecture)
    return (width / heads) ** -0.5 if largest and parts.maybe("num_hidden_layers") == largest else None


GGUF: Mapping[str, Callable[[OpenModel, LayerTensors], Layer]] = {
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
