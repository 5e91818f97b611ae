"""`gguf:` and `ollama:`: each kind of tokenizer against the library that it is of, and what is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import models, pre_tokenizers

from tests.support.contract import assert_contract
from tests.support.ggufs import gguf, written
from tests.support.sentencepiece_models import reference, trained
from tests.support.shell import tokscope
from tests.support.texts import HOSTILE
from tokscope import load
from tokscope.errors import BrokenTokenizer, Unsupported
from tokscope.files.protobuf import fields
from tokscope.split import mended
from tokscope.vocabularies.pre_types import PATTERNS
from tokscope.vocabularies.spelling import BYTE_ALPHABET

ALPHABET = [*BYTE_ALPHABET]
MERGES = ["Ġ t", "h e", "Ġt he", "1 2", "' s", "Ċ Ċ"]
PIECES = [*ALPHABET, *(merge.replace(" ", "") for merge in MERGES), "<|end|>", "<think>"]
BPE: Mapping[str, Any] = {
    "model": "gpt2",
    "pre": "gpt-2",
    "tokens": PIECES,
    "merges": MERGES,
    "token_type": [*[1] * (len(PIECES) - 2), 3, 4],
    "bos_token_id": len(PIECES) - 2,
}
TEXTS = [*HOSTILE.values(), "the the 12's\n\n 1234 é日😀", "x <|end|> <think> y"]


def plain(pattern: str) -> tokenizers.Tokenizer:
    engine = tokenizers.Tokenizer(
        models.BPE({piece: i for i, piece in enumerate(PIECES)}, [(a, b) for a, b in map(str.split, MERGES)])
    )
    engine.add_tokens([tokenizers.AddedToken("<think>", normalized=False)])
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(tokenizers.Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return engine


def test_bpe_as_tokenizers_has_it(tmp_path: Path) -> None:
    found = load(str(written(tmp_path / "model.gguf", BPE)))
    engine = plain(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")
    for text in TEXTS:
        split = assert_contract(found, mended(text))
        assert list(split.ids or ()) == engine.encode(mended(text)).ids
        assert found.decode(split.ids or ()) == mended(text).encode()
    assert found.exact


def test_a_model_of_many_gigabytes_by_its_name_alone(tmp_path: Path) -> None:
    path = written(tmp_path / "model.gguf", BPE)
    with path.open("r+b") as file:
        file.truncate(4 << 30)  # a hole: it takes no room
    assert load(str(path)).count("the the") == load(f"gguf:{path}").count("the the") == 3


@pytest.mark.parametrize("pre", PATTERNS)
def test_every_pre_type_is_a_pattern_that_loads(tmp_path: Path, pre: str) -> None:
    found = load(str(written(tmp_path / "model.gguf", {**BPE, "pre": pre})))
    for text in ("Hello, the 1234's\n\n é日本😀  x", "", " "):
        split = assert_contract(found, text)
        assert found.decode(split.ids or ()).decode() == text


@settings(max_examples=30, deadline=None)
@given(
    text=st.text("the 12's\n\t.Z_|<>\0\x7f", max_size=30),
    pre=st.sampled_from(("gpt-2", "starcoder", "llama3", "falcon", "deepseek-coder", "deepseek-v3")),
)
def test_a_little_text_is_counted_before_the_engine_is_built(
    tmp_path_factory: pytest.TempPathFactory, text: str, pre: str
) -> None:
    missing = {"tokens": [piece for piece in PIECES if piece != "Z"], "token_type": BPE["token_type"][1:]}
    path = written(tmp_path_factory.mktemp("g") / "model.gguf", {**BPE, **missing, "pre": pre})
    quick, built = load(str(path)), load(str(path))
    split = built.encode(text)
    assert quick.count(text) == len(split)
    told = not ("<think>" in text or "Z" in text or pre == "deepseek-v3")
    assert not told or "_engine" not in vars(quick)
    assert (quick.pad_id, quick.decodes_by_token, quick.exact) == (None, True, True)
    assert (quick.vocab_size, quick.lost) == (len(PIECES) - 1, built.lost)


def test_special_tokens_and_what_stands_around(tmp_path: Path) -> None:
    path = written(tmp_path / "model.gguf", {**BPE, "add_bos_token": True})
    found = load(str(path), special=True)
    assert [token.label or token.data.decode() for token in found.encode("the<|end|>")] == [
        *("<|end|>", "t", "he", "<|end|>")
    ]
    assert len(load(str(path)).encode("<|end|>")) == 7
    assert len(load(str(path)).encode("<think>")) == 1  # a word everywhere


def sentencepiece_pairs(kind: str) -> dict[str, object]:
    """Write a trained model's pieces as llama.cpp's converter does."""
    processor = reference(kind)
    size = processor.vocab_size()
    kinds = [
        2 if processor.is_unknown(i) else 3 if processor.is_control(i) else 6 if processor.is_byte(i) else 1
        for i in range(size)
    ]
    normalizer = dict(fields(dict(fields(trained(kind)))[3]))
    charsmap = normalizer.get(2, b"")
    return {
        "tokens": [processor.id_to_piece(i) for i in range(size)],
        "scores": [processor.get_score(i) for i in range(size)],
        "token_type": kinds,
        "unknown_token_id": processor.unk_id(),
        "bos_token_id": processor.bos_id(),
        "eos_token_id": processor.eos_id(),
        **({"precompiled_charsmap": [byte - 256 * (byte > 127) for byte in charsmap]} if charsmap else {}),
        "remove_extra_whitespaces": kind == "unigram",
    }


@pytest.mark.parametrize(("kind", "model"), [("bpe, byte fallback, identity", "llama"), ("unigram", "t5")])
def test_sentencepiece_as_itself(tmp_path: Path, kind: str, model: str) -> None:
    pairs = sentencepiece_pairs(kind)
    charsmap = pairs.pop("precompiled_charsmap", None)
    path = written(tmp_path / "model.gguf", {"model": model, **pairs})
    if charsmap is not None:  # bytes, which the writer of the tests has no type for
        data = gguf(
            {**{f"tokenizer.ggml.{key}": one for key, one in {"model": model, **pairs}.items()}},
            count=len(pairs) + 2,
        )
        key = b"tokenizer.ggml.precompiled_charsmap"
        raw = bytes(one % 256 for one in charsmap)  # type: ignore[attr-defined]
        head = len(key).to_bytes(8, "little") + key + (9).to_bytes(4, "little") + (0).to_bytes(4, "little")
        path.write_bytes(data + head + len(raw).to_bytes(8, "little") + raw)
    found, truth = load(str(path)), reference(kind)
    for text in TEXTS:
        assert list(assert_contract(found, mended(text)).ids or ()) == truth.encode(mended(text))


def test_wordpiece_as_the_same_vocab_txt(tmp_path: Path) -> None:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##able", "able", "##s", ",", "日"]
    (tmp_path / "vocab.txt").write_text("\n".join(words) + "\n")
    pieces = [
        word if word.startswith("[") else word[2:] if word.startswith("##") else f"▁{word}" for word in words
    ]
    pairs = {"model": "bert", "tokens": pieces, "token_type": [3, 3, 3, 3, 1, 1, 1, 1, 1, 1]}
    pairs |= {"unknown_token_id": 1, "cls_token_id": 2, "seperator_token_id": 3}
    path = written(tmp_path / "model.gguf", pairs)
    for special in (False, True):
        found, truth = (load(str(one), special=special) for one in (path, tmp_path / "vocab.txt"))
        for text in [*TEXTS, "Unables, 日able [SEP]"]:
            assert found.encode(text).ids == truth.encode(text).ids


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        ({**BPE, "model": "rwkv"}, "of the kind 'rwkv'"),
        ({**BPE, "model": "plamo2"}, "of the kind 'plamo2'"),
        ({**BPE, "pre": "nonesuch"}, "as 'nonesuch' says"),
        ({**BPE, "tokens": [*PIECES[:-1], "a"]}, "are both 'a'"),
        ({**BPE, "tokens": []}, "has no tokenizer"),
        ({"model": "none"}, "has no tokenizer"),
        ({}, "has no tokenizer"),
        ({**BPE, "merges": ["Ġ ?!"]}, "merges do not fit"),
        ({**BPE, "merges": ["nospace"]}, "merges do not fit"),
        ({**BPE, "merges": ["! ?"]}, r"merge 1, .! \?., makes .!\?., which is not in the vocabulary"),
        ({**BPE, "token_type": [1]}, "1 types"),
        ({**BPE, "tokens": "a"}, "the wrong type"),
        ({"model": "llama", "tokens": ["<unk>", "a"], "scores": [0.0]}, "1 scores"),
        ({"model": "bert", "tokens": ["a"], "unknown_token_id": 9}, "is not an id"),
    ],
)
def test_what_is_refused(tmp_path: Path, pairs: Mapping[str, object], says: str) -> None:
    path = written(tmp_path / "model.gguf", pairs)
    with pytest.raises((BrokenTokenizer, Unsupported), match=says) as refused:
        load(str(path)).encode("a")
    assert "\n" not in str(refused.value)


def test_an_empty_piece_is_none_of_a_text(tmp_path: Path) -> None:
    path = written(tmp_path / "model.gguf", {**BPE, "tokens": [*PIECES[:-2], "", "<think>"]})
    assert_contract(load(str(path)), "the time")
    assert load(str(path)).remarks == [f"{path}: 1 piece is empty: no text has it"]


def test_without_a_pre_type_it_is_an_estimate(tmp_path: Path) -> None:
    path = written(tmp_path / "model.gguf", {key: one for key, one in BPE.items() if key != "pre"})
    assert not load(str(path)).exact
    assert "llama.cpp's default" in tokscope("count", "-x", "a", "-t", path).err


# --- Ollama


@pytest.fixture
def ollama(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder of models as Ollama does."""
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path))
    data = gguf({f"tokenizer.ggml.{key}": one for key, one in BPE.items()})
    digest = hashlib.sha256(data).hexdigest()
    (tmp_path / "blobs").mkdir()
    (tmp_path / f"blobs/sha256-{digest}").write_bytes(data)
    layers = [
        {"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:" + "0" * 64},
        {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}"},
    ]
    for name in (
        "registry.ollama.ai/library/qwen3/8b",
        "registry.ollama.ai/me/own/latest",
        "hf.co/a/b/Q4_K_M",
    ):
        path = tmp_path / "manifests" / name
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"schemaVersion": 2, "layers": layers}))
    return tmp_path


@pytest.mark.parametrize(
    "name", ["qwen3:8b", "me/own", "me/own:latest", "hf.co/a/b:Q4_K_M", "library/qwen3:8b"]
)
def test_ollamas_names(ollama: Path, name: str) -> None:
    found = load(f"ollama:{name}")
    assert (found.name, found.count("the the")) == (f"ollama:{name}", 3)


def test_what_ollama_has_not(ollama: Path) -> None:
    for name, says in (
        ("qwen3", "ollama pull qwen3"),
        ("qwen3:9b", r"there are .*qwen3:8b"),
        ("../../etc:x", "is not the name"),
        ("a/b/c/d", "is not the name"),
    ):
        with pytest.raises(BrokenTokenizer, match=says):
            load(f"ollama:{name}")
    manifest = ollama / "manifests/registry.ollama.ai/library/qwen3/8b"
    layers = json.loads(manifest.read_text())["layers"]
    for written_, says in (
        ("{", "is not one of Ollama's manifests"),
        ("[]", "is not one of Ollama's manifests"),
        ('{"layers": []}', "names no model file"),
        (
            json.dumps({"layers": [{**layers[1], "digest": "sha256:../../../etc/passwd"}]}),
            "names no model file",
        ),
        (json.dumps({"layers": [{**layers[1], "digest": "sha256:" + "1" * 64}]}), "is gone"),
    ):
        manifest.write_text(written_)
        with pytest.raises(BrokenTokenizer, match=says):
            load("ollama:qwen3:8b")


# --- LM Studio


@pytest.fixture
def lmstudio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a home with two publishers' models, one of them in several sizes and one of MLX."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    models = tmp_path / ".lmstudio/models"
    for name in ("infra-ai/Ocelot-v1-GGUF", "other/Ocelot-v1-GGUF", "infra-ai/mlx"):
        (models / name).mkdir(parents=True)
    for name in ("ocelot-q4_0.gguf", "ocelot-q8_0.gguf"):
        written(models / "infra-ai/Ocelot-v1-GGUF" / name, BPE)
    (models / "infra-ai/Ocelot-v1-GGUF/mmproj-f16.gguf").write_bytes(gguf({"general.type": "mmproj"}))
    (models / "infra-ai/mlx/vocab.txt").write_text("[UNK]\nthe\n")
    return models


@pytest.mark.parametrize(
    "name", ["infra-ai/Ocelot-v1-GGUF", "infra-ai/ocelot-v1-gguf", "infra-ai/ocelot-v1-gguf/ocelot-q8_0.gguf"]
)
@pytest.mark.parametrize("home", [".lmstudio", ".cache/lm-studio", "elsewhere"])
def test_lm_studios_names(lmstudio: Path, name: str, home: str, tmp_path: Path) -> None:
    if home != ".lmstudio":
        (tmp_path / home).parent.mkdir(exist_ok=True)
        (tmp_path / ".lmstudio").rename(tmp_path / home)
    if home == "elsewhere":
        (tmp_path / ".lmstudio-home-pointer").write_text(f"{tmp_path / home}\n")
    found = load(f"lmstudio:{name}")
    assert (found.name, found.count("the the")) == (f"lmstudio:{name}", 3)
    assert load("lmstudio:mlx").count("the the") == 2


def test_what_lm_studio_has_not(lmstudio: Path) -> None:
    for name, says in (
        (
            "ocelot-v1-gguf",
            "several models .*infra-ai/Ocelot-v1-GGUF, other/Ocelot-v1-GGUF; name the publisher",
        ),
        ("qwen3", r"has no 'qwen3' here: there are .*infra-ai/mlx"),
        ("infra-ai/ocelot-v1-gguf/gone.gguf", "has no gone.gguf; it has ocelot-q4_0.gguf, ocelot-q8_0.gguf$"),
        ("other/ocelot-v1-gguf", "holds none of"),
        ("../../etc/passwd", "has no"),
    ):
        with pytest.raises(BrokenTokenizer, match=says):
            load(f"lmstudio:{name}")
