"""A small file of every kind that a tokenizer is made of, and the spec that loads it."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tests.support.sentencepiece_models import train
from tests.support.tokenizer_json import CORPUS, saved
from tokscope.backends.adapted import Adaptation, NewToken
from tokscope.entropy.neural import Network, shapes
from tokscope.learning.ngram_training import Counts, estimate_ngrams
from tokscope.tokenizer.spec import Spec


def tokenizer_json(folder: Path) -> str:
    (folder / "tokenizer.json").write_text(saved("byte-level"), "utf-8")
    return f"hf:{folder}"


def sentencepiece_model(folder: Path) -> str:
    (folder / "my.model").write_bytes(train())
    return f"sentencepiece:{folder / 'my.model'}"


def ranks(folder: Path) -> str:
    tokens = [*(bytes([byte]) for byte in range(256)), b"th", b"the", b" the", b"  ", "日".encode()[:2]]
    lines = (b"%s %d\n" % (base64.b64encode(token), rank) for rank, token in enumerate(tokens))
    (folder / "my.tiktoken").write_bytes(b"".join(lines))
    return f"tiktoken:{folder / 'my.tiktoken'}?pattern=o200k_base"


def tekken(folder: Path) -> str:
    tokens = [*(bytes([byte]) for byte in range(256)), b"th", b"the", b"  "]
    vocab = [
        {"rank": rank, "token_bytes": base64.b64encode(token).decode()} for rank, token in enumerate(tokens)
    ]
    config = {"pattern": r"\S+|\s+", "default_vocab_size": 264, "default_num_special_tokens": 5}
    (folder / "tekken.json").write_text(json.dumps({"config": config, "vocab": vocab}), "utf-8")
    return f"tekken:{folder / 'tekken.json'}"


def vocab_txt(folder: Path) -> str:
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "##ing", *"abcdefghijklmnopqrstuvwxyz日本語.,!"]
    (folder / "vocab.txt").write_text("\n".join(tokens), "utf-8")
    return f"wordpiece:{folder / 'vocab.txt'}"


def adapted(folder: Path) -> str:
    new = (NewToken("日本語".encode(), True), NewToken(b"don't", True), NewToken(b"ingthe", False))
    (folder / "my.json").write_text(Adaptation("gpt2", new).to_json(), "utf-8")
    return f"adapted:{folder / 'my.json'}"


def dictionary(folder: Path, inner: str) -> str:
    (folder / "my.dict").write_text("the\n日本語\ndon't\nhello world\n👩\n", "utf-8")
    head = Spec.parse(inner)
    return str(Spec("terms", str(head), {"dict": str(folder / "my.dict")}))


def network(folder: Path) -> str:
    rng = np.random.default_rng(1)
    weights = {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes(8).items()}
    with (folder / "network.npz").open("wb") as file:
        Network(weights, theta=5.0, rise=0.1, about={}).save(file)
    return f"neural:{folder / 'network.npz'}"


def ngrams(folder: Path) -> str:
    counts = Counts(order=3)
    counts.add([text.encode() for text in CORPUS])
    with (folder / "ngrams.npz").open("wb") as file:
        estimate_ngrams(counts, 1).save(file)
    return f"blt:entropy?model={folder / 'ngrams.npz'}&theta=2.5"


FILES: dict[str, Callable[[Path], str]] = {
    "hf:FILE": tokenizer_json,
    "sp:FILE": sentencepiece_model,
    "tekken:FILE": tekken,
    "tiktoken:FILE": ranks,
    "wordpiece:FILE": vocab_txt,
    "adapted:FILE": adapted,
    "terms:o200k_base": functools.partial(dictionary, inner="o200k_base"),
    "terms:jieba": functools.partial(dictionary, inner="jieba"),
    "neural:FILE": network,
    "blt:entropy?model=FILE": ngrams,
}
"""What a file-based tokenizer is called in a test: what writes its file into a folder and gives its spec."""

_FOLDERS = TemporaryDirectory(ignore_cleanup_errors=True)


@functools.cache
def spec_of(name: str) -> str:
    """Give the spec of one of FILES, whose file is then there; any other name is a spec itself."""
    if name not in FILES:
        return name
    folder = Path(_FOLDERS.name) / f"{len(list(Path(_FOLDERS.name).iterdir()))}"
    folder.mkdir()
    return FILES[name](folder)
