"""The first layer beside transformers itself: both read the same folder of a small random model.

Its classes over torch do not load without gigabytes of CUDA, as the index has them; those of transformers 4
that compute by JAX, which the tests have anyway, take 75 MB more. They know four of the architectures; what
transformers 5 has of all of them is stored (tests/data/attention).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support import DATA
from tests.support.attention_models import GROUPED, IDS, SMALL, numbers_of
from tests.support.tensors import written
from tokscope.weights.architectures import first_layer
from tokscope.weights.model import OpenModel

pytestmark = pytest.mark.slow

WANTED = (
    *(
        "transformers<5",
        "huggingface-hub<1",
        "tokenizers<=0.23.0",
    ),  # older ones than ours, in a place of their own
    *("flax", "optax", "msgpack", "absl-py", "etils"),
)
WIDTH, HEADS, INNER = 32, 4, 8


def llama(kv_heads: int, head: int) -> Mapping[str, Sequence[int]]:
    layer = {
        "self_attn.q_proj": (HEADS * head, WIDTH),
        "self_attn.k_proj": (kv_heads * head, WIDTH),
        "self_attn.v_proj": (kv_heads * head, WIDTH),
        "self_attn.o_proj": (WIDTH, HEADS * head),
        "mlp.gate_proj": (INNER, WIDTH),
        "mlp.up_proj": (INNER, WIDTH),
        "mlp.down_proj": (WIDTH, INNER),
        "input_layernorm": (WIDTH,),
        "post_attention_layernorm": (WIDTH,),
    }
    within = {f"layers.0.{name}.weight": shape for name, shape in layer.items()}
    return {"embed_tokens.weight": (50, WIDTH), **within, "norm.weight": (WIDTH,)}


def stored(
    name: str, more: Mapping[str, Sequence[int]]
) -> tuple[Mapping[str, Any], Mapping[str, Sequence[int]]]:
    """Give the configuration and shapes of a stored reference, and the shapes that it leaves out."""
    kept = json.loads((DATA / "attention" / "reference.json").read_bytes())[name]
    biases = {f"{stem}.bias": shape[-1:] if name == "gpt2" else shape[:1] for stem, shape in more.items()}
    return kept["config"], {
        **kept["shapes"],
        **{f"{stem}.weight": one for stem, one in more.items()},
        **biases,
    }


MODELS = {
    "gpt2": stored("gpt2", {"h.0.mlp.c_fc": (WIDTH, 4 * WIDTH), "h.0.mlp.c_proj": (4 * WIDTH, WIDTH)}),
    "bert": stored("bert", {"encoder.layer.0.intermediate.dense": (INNER, WIDTH)}),
    "llama": ({**SMALL, "num_key_value_heads": 2}, llama(2, WIDTH // HEADS)),
    "gemma": (GROUPED, llama(2, 12)),
}


@pytest.fixture(scope="module")
def transformers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("transformers")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-compile", "--target", str(place)]
    done = subprocess.run([*pip, *WANTED], capture_output=True, text=True, timeout=240)
    if done.returncode:
        pytest.skip(f"transformers cannot be installed here: {done.stderr.strip().rpartition(chr(10))[2]}")
    return place


def test_shares_of_the_first_layer(transformers: Path, tmp_path: Path) -> None:
    for name, (config, shapes) in MODELS.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(
            json.dumps({"model_type": name, "rms_norm_eps": 1e-6, **config})
        )
        numbers = {tensor: numbers_of(tensor, shape) for tensor, shape in shapes.items()}
        written(tmp_path / name / "model.safetensors", numbers)
    child = [sys.executable, str(DATA / "attention" / "by_jax.py"), json.dumps(IDS), *MODELS]
    environment = {
        **os.environ,
        "PYTHONPATH": str(transformers),
        "HF_HUB_OFFLINE": "1",
        "JAX_PLATFORMS": "cpu",
    }
    done = subprocess.run(child, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-2000:]
    theirs = json.loads(done.stdout)
    assert theirs.keys() == MODELS.keys()
    for name, shares in theirs.items():
        ours = first_layer(OpenModel(str(tmp_path / name)))(IDS).shares
        np.testing.assert_allclose(ours, shares, atol=1e-6, err_msg=name)
