"""Attention of the first layer: beside transformers, beside the papers' formulas, and what is refused."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.ggufs import Quantised, gguf
from tests.support.models import REFERENCE, small_bert, unsaid, weights_of
from tests.support.shell import tokscope
from tests.support.tensors import written
from tokscope.errors import BrokenTokenizer, Unsupported
from tokscope.registry import load
from tokscope.weights.architectures import first_layer
from tokscope.weights.gguf_layers import GGUF
from tokscope.weights.model import OpenModel
from tokscope.weights.positions import learned_table, of_rope, sinusoidal
from tokscope.weights.rope import Rope
from tokscope.weights.safetensors_layers import SAFETENSORS
from tokscope.weights.tensors import open_tensors

Array = NDArray[np.float32]
IDS: list[int] = REFERENCE["ids"]
MODELS = [name for name in REFERENCE if name not in ("ids", "transformers")]


def model_of(folder: Path, config: Mapping[str, Any], tensors: Mapping[str, Array]) -> OpenModel:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    written(folder / "model.safetensors", tensors)
    return OpenModel(str(folder))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("prefix", ["", "model."])
def test_as_transformers(name: str, prefix: str, tmp_path: Path) -> None:
    """Its eager mode, on the same random weights (tests/support/attention_models.py)."""
    tensors = {prefix + tensor: values for tensor, values in weights_of(name).items()}
    found = first_layer(model_of(tmp_path, REFERENCE[name]["config"], tensors))(IDS)
    np.testing.assert_allclose(found.shares, REFERENCE[name]["attention"], atol=1e-6)


def test_every_architecture_is_held_to_it() -> None:
    kinds = {name.partition(" ")[0] for name in MODELS}
    same = {"qwen2_moe": "qwen2", "qwen3_moe": "qwen3", "mixtral": "mistral", "gemma3": "gemma3_text"}
    assert {same.get(kind, kind) for kind in SAFETENSORS} == kinds


@pytest.mark.parametrize(
    ("name", "older"),
    [
        ("llama", {"rope_theta": 500.0}),
        ("llama llama3", {"rope_theta": 10_000.0}),
        ("llama linear", {"rope_theta": 10_000.0, "rope_scaling": {"type": "linear", "factor": 2.0}}),
        ("gemma3_text", {"rope_theta": 1_000_000.0, "rope_local_base_freq": 10_000.0}),
        ("gpt_neox", {"rotary_pct": 0.25, "rotary_emb_base": 100}),
    ],
)
def test_configurations_of_before_transformers_5(name: str, older: Mapping[str, Any], tmp_path: Path) -> None:
    config = {**REFERENCE[name]["config"]}
    if "llama3" in name:
        older = {**older, "rope_scaling": config["rope_parameters"]}
    for key in ("rope_parameters", "layer_types", "partial_rotary_factor"):
        config.pop(key, None)
    found = first_layer(model_of(tmp_path, {**config, **older}, weights_of(name)))(IDS)
    np.testing.assert_allclose(found.shares, REFERENCE[name]["attention"], atol=1e-6)


# ------------------------------------------------------------------------------------------------- GGUF


def paired(heads: int) -> Callable[[Array], Array]:
    """Shuffle rows as llama.cpp's converter does for Llama: the two numbers of a pair become neighbours."""

    def shuffled(rows: Array) -> Array:
        width = rows.shape[0] // heads
        return rows.reshape(heads, 2, width // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)

    return shuffled


def converted(name: str) -> tuple[str, dict[str, object], dict[str, Array]]:
    """Convert the random weights of a model as llama.cpp's converter does."""
    config, tensors = REFERENCE[name]["config"], weights_of(name)
    kinds = {"gemma3_text": "gemma3", "gpt_neox": "gptneox", "phi": "phi2", "gpt_oss": "gpt-oss"}
    kind = kinds.get(name.partition(" ")[0], name.partition(" ")[0])
    heads = config.get("num_attention_heads", config.get("n_head"))
    kv_heads = config.get("num_key_value_heads", heads)
    figures: dict[str, object] = {
        "embedding_length": config.get("hidden_size", config.get("n_embd")),
        "attention.head_count": heads,
        "attention.head_count_kv": kv_heads,
        "block_count": 1,
    }
    for new, old in {
        "attention.key_length": "head_dim",
        "attention.layer_norm_rms_epsilon": "rms_norm_eps",
        "attention.layer_norm_epsilon": "layer_norm_eps",
        "attention.sliding_window": "sliding_window",
        "attn_logit_softcapping": "attn_logit_softcapping",
    }.items():
        if isinstance(config.get(old), int | float):
            figures[new] = config[old]
    if "layer_norm_epsilon" in config:
        figures["attention.layer_norm_epsilon"] = config["layer_norm_epsilon"]
    turning = config.get("rope_parameters") or {}
    turning = turning.get("full_attention", turning)
    if "rope_theta" in turning:
        figures["rope.freq_base"] = float(turning["rope_theta"])
    share = turning.get("partial_rotary_factor", config.get("partial_rotary_factor", 1.0))
    width = config.get("head_dim") or int(str(figures["embedding_length"])) // heads
    figures["rope.dimension_count"] = int(width * share)
    if turning.get("rope_type") == "longrope":
        figures["context_length"] = config["max_position_embeddings"]
        figures["rope.scaling.original_context_length"] = turning["original_max_position_embeddings"]
    if turning.get("rope_type") == "yarn":
        figures |= {"rope.scaling.type": "yarn", "rope.scaling.factor": turning["factor"]}
        figures["rope.scaling.original_context_length"] = turning["original_max_position_embeddings"]
    names = {
        "embed_tokens": "token_embd",
        "embed_in": "token_embd",
        "wte": "token_embd",
        "embeddings.word_embeddings": "token_embd",
        "embeddings.position_embeddings": "position_embd",
        "wpe": "position_embd",
        "embeddings.token_type_embeddings": "token_types",
        "embeddings.LayerNorm": "token_embd_norm",
        "layers.0.input_layernorm": "blk.0.attn_norm",
        "h.0.ln_1": "blk.0.attn_norm",
        "h.0.attn.c_attn": "blk.0.attn_qkv",
        "layers.0.attention.query_key_value": "blk.0.attn_qkv",
        **{f"layers.0.self_attn.{one}_proj": f"blk.0.attn_{one}" for one in ("q", "k", "v", "qkv")},
        **{f"layers.0.self_attn.{one}_norm": f"blk.0.attn_{one}_norm" for one in "qk"},
        **{
            f"encoder.layer.0.attention.self.{one}": f"blk.0.attn_{one[0]}"
            for one in ("query", "key", "value")
        },
    }
    made: dict[str, Array] = {
        f"rope_factors_{one}.weight": np.array(turning[f"{one}_factor"], np.float32)
        for one in ("short", "long")
        if turning.get("rope_type") == "longrope"
    }
    for tensor, values in tensors.items():
        stem, _, end = tensor.rpartition(".")
        if tensor == "layers.0.self_attn.sinks":
            made["blk.0.attn_sinks.weight"] = values
        if stem not in names:
            continue
        if name.startswith("gemma") and "norm" in stem:
            values = values + 1
        if name == "gpt2" and stem.endswith("c_attn") and end == "weight":
            values = values.T
        if name == "gpt_neox" and stem.endswith("query_key_value"):
            values = values.reshape(heads, 3, -1, *values.shape[1:]).swapaxes(0, 1).reshape(values.shape)
        if name == "llama" and stem.endswith(("q_proj", "k_proj")):
            values = paired(heads if stem.endswith("q_proj") else kv_heads)(values)
        made[f"{names[stem]}.{end}"] = values
    return kind, {f"{kind}.{key}": one for key, one in figures.items()}, made


IN_GGUF = [
    *("gpt2", "bert", "llama", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text plain"),
    *("phi", "phi3", "phi3 beyond", "gpt_neox", "gpt_oss"),
]
"""Of these a GGUF says all that the reference was made with."""


@pytest.mark.parametrize("name", IN_GGUF)
def test_gguf_as_transformers(name: str, tmp_path: Path) -> None:
    """The same weights as llama.cpp's converter writes them."""
    kind, pairs, tensors = converted(name)
    data = {key: Quantised(0, values.shape, values.tobytes()) for key, values in tensors.items()}
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf({"general.architecture": kind, **pairs}, data))
    found = first_layer(OpenModel(str(path)))(IDS)
    np.testing.assert_allclose(found.shares, REFERENCE[name]["attention"], atol=2e-6)
    if name == "llama":  # the trap: with the pairs of a config.json it still looks plausible
        layer = first_layer(OpenModel(str(path)))
        assert layer.rope is not None and layer.rope.interleaved
        object.__setattr__(layer, "rope", layer.rope._replace(interleaved=False))
        assert abs(layer(IDS).shares - np.array(REFERENCE[name]["attention"])).max() > 0.1


def test_llama_3s_factors_divide(tmp_path: Path) -> None:
    kind, pairs, tensors = converted("llama")
    tensors["rope_freqs.weight"] = np.array([1, 2, 4, 8, 8, 8], np.float32)
    data = {key: Quantised(0, values.shape, values.tobytes()) for key, values in tensors.items()}
    (tmp_path / "a.gguf").write_bytes(gguf({"general.architecture": kind, **pairs}, data))
    rope = first_layer(OpenModel(str(tmp_path / "a.gguf"))).rope
    assert rope is not None
    np.testing.assert_allclose(rope.turns, 500.0 ** -(np.arange(6) / 6) / [1, 2, 4, 8, 8, 8])


# ------------------------------------------------------------------------------------------- the papers


def test_as_the_papers_have_it(tmp_path: Path) -> None:
    """Llama's layer number by number: RMSNorm, projections, RoPE, scaled products, softmax, values."""
    tensors = weights_of("llama")
    config = REFERENCE["llama"]["config"]
    found = first_layer(model_of(tmp_path, config, tensors))(IDS)
    at, head, heads, kv_heads = "layers.0.self_attn", 12, 4, 2
    x = tensors["embed_tokens.weight"].astype(float)[IDS]
    norm = tensors["layers.0.input_layernorm.weight"].astype(float)
    h = [
        [a * w / math.sqrt(sum(v * v for v in row) / 32 + 1e-6) for a, w in zip(row, norm, strict=True)]
        for row in x
    ]
    q, k, v = (np.array(h) @ tensors[f"{at}.{one}_proj.weight"].astype(float).T for one in "qkv")

    def turned(row: NDArray[np.float64], position: int) -> list[float]:
        out = [0.0] * head
        for i in range(head // 2):
            angle = position * 500.0 ** (-2 * i / head)
            a, b = row[i], row[i + head // 2]
            out[i] = a * math.cos(angle) - b * math.sin(angle)
            out[i + head // 2] = b * math.cos(angle) + a * math.sin(angle)
        return out

    for one in range(heads):
        shared = one * kv_heads // heads
        for query in range(len(IDS)):
            mine = turned(q[query, one * head : (one + 1) * head], query)
            scores = [
                sum(
                    a * b
                    for a, b in zip(
                        mine, turned(k[key, shared * head : (shared + 1) * head], key), strict=True
                    )
                )
                / math.sqrt(head)
                for key in range(query + 1)
            ]
            powers = [math.exp(score) for score in scores]
            shares = [power / sum(powers) for power in powers]
            assert found.shares[one, query, : query + 1].tolist() == pytest.approx(shares, abs=1e-6)
            assert not found.shares[one, query, query + 1 :].any()
            mixed = sum(
                share * v[key, shared * head : (shared + 1) * head] for key, share in enumerate(shares)
            )
            assert found.mixed[one, query].tolist() == pytest.approx(list(mixed), abs=1e-5)


def test_sinusoids_by_hand() -> None:
    table = sinusoidal(3, 4).table
    np.testing.assert_allclose(table[0], [0, 1, 0, 1])
    np.testing.assert_allclose(table[1], [0.8415, 0.5403, 0.0100, 1.0000], atol=5e-5)
    np.testing.assert_allclose(table[2], [0.9093, -0.4161, 0.0200, 0.9998], atol=5e-5)
    alike = sinusoidal(9, 4).alike()
    assert alike[2, 5] == pytest.approx((math.cos(3) + math.cos(0.03)) / 2, abs=1e-6)


def test_rope_is_as_alike_as_it_turns() -> None:
    rope = Rope.of({"rope_theta": 100_000.0}, 64)
    found = of_rope(rope, 40)
    assert (found.wavelengths[0], found.wavelengths[-1]) == pytest.approx((6.2832, 438_460), rel=1e-4)
    ones = np.ones((1, 40, 64), np.float32)
    products = rope(ones)[0] @ rope(ones)[0].T / 64
    np.testing.assert_allclose(found.alike(), products, atol=1e-5)


def test_a_learned_table_is_the_models_own(tmp_path: Path) -> None:
    model = model_of(tmp_path, REFERENCE["bert"]["config"], weights_of("bert"))
    found = learned_table(model, 5)
    assert found.kind == "learned"
    np.testing.assert_array_equal(
        found.table, weights_of("bert")["embeddings.position_embeddings.weight"][:5]
    )


# ------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"model_type": "mamba"},
            "its architecture, mamba, is not among those whose first layer is known: bert,",
        ),
        ({"model_type": None}, "architecture"),
        ({"model_type": "qwen3_5"}, "qwen3_5, is not among"),
        ({"num_attention_heads": 5}, "do not go with 5 heads"),
        ({"num_attention_heads": 0}, "num_attention_heads 0 is not a figure that a model can have"),
        ({"num_attention_heads": 4.5}, "num_attention_heads 4.5 is not a figure that a model can have"),
        ({"head_dim": 10**12}, "head_dim 1000000000000 is not a figure that a model can have"),
        (
            {"sliding_window": "x", "model_type": "mistral", "layer_types": None},
            "should say sliding_window as",
        ),
        ({"attn_logit_softcapping": [1]}, "should say attn_logit_softcapping as a number"),
        ({"num_attention_heads": "4"}, "its configuration should say num_attention_heads"),
        ({"hidden_size": None}, "its configuration should say hidden_size"),
        ({"rope_parameters": {"rope_type": "spiral"}}, "stretched by spiral, which tokscope does not know"),
        ({"rope_parameters": {"rope_type": "linear"}}, "its tensors do not fit its configuration"),
        ({"rms_norm_eps": None}, "its configuration should say rms_norm_eps"),
        ({"head_dim": 7, "partial_rotary_factor": 40}, "do not go with"),
    ],
)
def test_models_that_are_refused(change: Mapping[str, Any], says: str, tmp_path: Path) -> None:
    model = model_of(tmp_path, {**REFERENCE["llama"]["config"], **change}, weights_of("llama"))
    with pytest.raises((Unsupported, BrokenTokenizer)) as refused:
        first_layer(model)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_part_of_a_model_is_refused(tmp_path: Path) -> None:
    tensors = weights_of("llama")
    del tensors["layers.0.self_attn.k_proj.weight"]
    with pytest.raises(BrokenTokenizer, match=r"has no layers\.0\.self_attn\.k_proj\.weight: is it a part"):
        first_layer(model_of(tmp_path, REFERENCE["llama"]["config"], tensors))
    assert {"llama", "qwen2", "qwen3", "gemma", "phi3", "gptneox", "gpt-oss", "gpt2", "bert"} <= GGUF.keys()


# ------------------------------------------------------------------------------------------- the commands


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_bert(tmp_path_factory.mktemp("bert"))


def test_the_command(bert: Path) -> None:
    done = tokscope(
        "weights", "attention", bert, "w1 <w2> w3", "--special", "--format", "json", "--token", "1"
    )
    assert (done.code, unsaid(done.err)) == (0, "")
    payload = json.loads(done.out)
    (head, *_), summary = payload["results"], payload["summary"]
    assert len(payload["results"]) == 4
    assert [sum(row) for row in head["shares"]] == pytest.approx([1] * 7)
    assert [one["id"] for one in summary["tokens"]] == [2, 5, 1, 6, 1, 7, 3]
    steps = {name: one["numbers"] for name, one in summary["steps"].items()}
    assert steps["share"] == pytest.approx(head["shares"][1])
    assert steps["score"][0] == pytest.approx(
        np.log(steps["share"][0]) - np.log(steps["share"][1]) + steps["score"][1], abs=1e-4
    )
    done = tokscope("weights", "attention", bert, "w1 w2", "--head", "3", "--format", "csv")
    assert done.out.splitlines()[0] == "head,query,query token,key,key token,share"
    assert len(done.out.splitlines()) == 5


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("html", b"<!doctype html>"),
        pytest.param("svg", b"<?xml", marks=pytest.mark.slow),
        pytest.param("png", b"\x89PNG", marks=pytest.mark.slow),
    ],
)
def test_pictures(form: str, begins: bytes, bert: Path, tmp_path: Path) -> None:
    done = tokscope("weights", "attention", bert, "w1 w2 <b>\x1b[31m", "-o", tmp_path / f"a.{form}")
    assert (done.code, done.out, unsaid(done.err)) == (0, "", "")
    data = (tmp_path / f"a.{form}").read_bytes()
    assert data.startswith(begins)
    assert form == "png" or not (b"\x1b" in data or b"<b>" in data)
    done = tokscope("weights", "positions", bert, "-o", tmp_path / f"b.{form}")
    assert (done.code, unsaid(done.err)) == (0, "")


def test_in_the_terminal(bert: Path) -> None:
    done = tokscope(
        *("weights", "attention", bert, "w1 w2", "--format", "table", "--token", "0"), env={"COLUMNS": "60"}
    )
    assert (done.code, unsaid(done.err)) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].split() == ["head", "0", "head", "1", "head", "2", "head", "3"]
    assert lines[1].split() == ["0", "1"] * 4
    assert "Token 0, 'w1', in head 0" in lines
    assert "LayerNorm(row of the embedding matrix + row of its position" in " ".join(done.out.split())
    narrow = tokscope("weights", "attention", bert, "w1 w2 w3", "--format", "table", env={"COLUMNS": "9"})
    assert "no room for" in narrow.out
    colored = tokscope("weights", "attention", bert, "w1 w2", "--format", "table", "--color", "always")
    rows = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in colored.out.splitlines()[2:4]]
    assert [*map(len, rows)] == [5 + 3 * 8 + 4] * 2  # coloured cells are spaces, and all of them are there


def test_bytes_are_ids_too(tmp_path: Path) -> None:
    """The ids of bytes are bytes themselves."""
    rows = np.arange(512, dtype=np.float32).reshape(256, 2)
    matrix = open_tensors(str(written(tmp_path / "a", {"x": rows})))["x"]
    np.testing.assert_array_equal(matrix.rows(load("byte").encode("hi").ids or ()), rows[[104, 105]])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([""], "the text has 0 tokens, and 1 to 64 can be shown"),
        (["w1 " * 65], "the text has 65 tokens, and 1 to 64 can be shown"),
        (["w1", "--head", "4"], "--head 4: heads are numbered from 0 to 3"),
        (["w1", "--token", "1"], "--token 1: tokens are numbered from 0 to 0"),
        (["hello", "-t", "gpt2"], "they do not belong to one model"),
        (["w1", "-t", "word"], "has no ids"),
    ],
)
def test_what_cannot_be_shown(arguments: list[str], says: str, bert: Path) -> None:
    done = tokscope("weights", "attention", bert, *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert says in done.err


def test_positions(bert: Path) -> None:
    done = tokscope(
        "weights", "positions", "sinusoidal", "--positions", "3", "--dims", "4", "--format", "json"
    )
    payload = json.loads(done.out)
    assert payload["results"][1]["row"] == pytest.approx([0.8415, 0.5403, 0.0100, 0.99995], abs=5e-5)
    assert payload["summary"]["wavelengths"] == pytest.approx([2 * math.pi, 200 * math.pi])
    done = tokscope("weights", "positions", bert, "--format", "table", env={"COLUMNS": "80"})
    assert (done.code, unsaid(done.err)) == (0, "")
    assert "The mean cosine of two positions" in done.out
    assert "wavelength" not in done.out
    done = tokscope("weights", "positions", "sinusoidal", "--dims", "3")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
