"""Make reference.json: what transformers has the first layer of small random models attend to.

    python -m tests.support.attention_models > tests/data/attention/reference.json

Needs torch and transformers, which tests do not. The weights are not kept: numbers_of() makes them again.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

IDS = [3, 17, 41, 3, 29, 8, 0, 49]

SMALL = {
    "vocab_size": 50,
    "hidden_size": 32,
    "num_attention_heads": 4,
    "num_hidden_layers": 1,
    "intermediate_size": 8,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
}
GROUPED = {**SMALL, "num_key_value_heads": 2, "head_dim": 12}
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
YARN = {
    "rope_type": "yarn",
    "factor": 4.0,
    "beta_fast": 32.0,
    "beta_slow": 1.0,
    "truncate": False,
    "original_max_position_embeddings": 64,
}
LONG = {
    "rope_type": "longrope",
    "short_factor": [1.0, 1.5, 2.0, 3.0],
    "long_factor": [9.0] * 4,
    "factor": 4.0,
    "original_max_position_embeddings": 16,
}
NEOX = {**SMALL, "rotary_pct": 0.25, "rotary_emb_base": 100}

MODELS = {
    "gpt2": {"vocab_size": 50, "n_embd": 32, "n_head": 4, "n_layer": 1, "n_positions": 64},
    "bert": SMALL,
    "llama": {**GROUPED, "rope_theta": 500.0},
    "llama llama3": {**GROUPED, "rope_scaling": LLAMA3},
    "llama linear": {**GROUPED, "rope_scaling": {"rope_type": "linear", "factor": 2.0}},
    "mistral": {**GROUPED, "sliding_window": 3},
    "qwen2": {**SMALL, "num_key_value_heads": 2},
    "qwen3": {**GROUPED, "rope_theta": 1000.0},
    "gemma": GROUPED,
    "gemma2": {**GROUPED, "sliding_window": 4, "query_pre_attn_scalar": 12, "attn_logit_softcapping": 5.0},
    "gemma3_text": {**GROUPED, "sliding_window": 4, "query_pre_attn_scalar": 20},
    "gemma3_text plain": {**GROUPED, "sliding_window": 4, "query_pre_attn_scalar": 12},
    "phi": {**SMALL, "partial_rotary_factor": 0.5},
    "phi3": {**SMALL, "num_key_value_heads": 2, "rope_scaling": LONG, "original_max_position_embeddings": 16},
    "phi3 beyond": {
        **SMALL,
        "num_key_value_heads": 2,
        "rope_scaling": {**LONG, "factor": 16.0, "original_max_position_embeddings": 4},
        "original_max_position_embeddings": 4,
    },
    "gpt_neox": NEOX,
    "gpt_oss": {
        **GROUPED,
        "sliding_window": 3,
        "rope_scaling": YARN,
        "num_local_experts": 2,
        "num_experts_per_tok": 1,
    },
}


def numbers_of(name: str, shape: Sequence[int]) -> NDArray[np.float32]:
    """Make the weights of a tensor: normal numbers that its name decides."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return (0.4 * rng.standard_normal(shape)).astype(np.float32)


def main() -> None:
    import torch
    import transformers

    made: dict[str, object] = {"transformers": transformers.__version__, "ids": IDS}
    for name, figures in MODELS.items():
        kind = name.partition(" ")[0]
        config = transformers.AutoConfig.for_model(kind, **figures)
        config._attn_implementation = "eager"
        model = transformers.AutoModel.from_config(config).eval()
        with torch.no_grad():
            for tensor, values in model.named_parameters():
                values.copy_(torch.tensor(numbers_of(tensor, values.shape)))
            found = model(torch.tensor([IDS]), output_attentions=True).attentions[0][0]
        shapes = {
            tensor: list(values.shape)
            for tensor, values in model.named_parameters()
            if "mlp" not in tensor and "intermediate" not in tensor
        }
        said = {key: value for key, value in config.to_dict().items() if key != "transformers_version"}
        made[name] = {"config": said, "shapes": shapes, "attention": found.numpy().round(7).tolist()}
    json.dump(made, sys.stdout, separators=(",", ":"))


if __name__ == "__main__":
    main()
