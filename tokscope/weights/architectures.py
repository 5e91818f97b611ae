"""Architectures: the first layer of a model, where its kind is known; others are refused by name."""

from __future__ import annotations

from tokscope.errors import BrokenTokenizer, Unsupported
from tokscope.weights.first_layer import LayerTensors
from tokscope.weights.gguf_layers import GGUF
from tokscope.weights.layer import Layer
from tokscope.weights.model import OpenModel
from tokscope.weights.safetensors_layers import SAFETENSORS


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
    parts = LayerTensors(model)
    try:
        layer = known[kind](model, parts)
    except (ValueError, TypeError, KeyError, ZeroDivisionError) as error:
        raise BrokenTokenizer(f"{model.path}: its tensors do not fit its configuration: {error}") from error
    _check_heads(model, layer)
    return layer


def _check_heads(model: OpenModel, layer: Layer) -> None:
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
