"""A model's folder: which of its files is its tokenizer."""

from __future__ import annotations

from pathlib import Path

from tokscope.errors import BrokenTokenizer

NAMES = (
    *("tokenizer.json", "tekken.json", "*.tiktoken", "tiktoken.model", "tokenizer.model", "spiece.model"),
    *("sentencepiece.bpe.model", "vocab.json", "vocab.txt", "*.gguf"),
)
"""What a folder is looked through for, in this order."""


def tokenizer_in(folder: str) -> str:
    """Name the file of a folder that is its tokenizer, the first of NAMES.

    Example: tokenizer_in("qwen3") -> "qwen3/tokenizer.json"

    Raises BrokenTokenizer: there is none, or several of a kind.
    """
    for name in NAMES:
        found = sorted(Path(folder).glob(name))
        if len(found) > 1:
            listed = ", ".join(path.name for path in found[:5])
            raise BrokenTokenizer(
                f"{folder}: has {len(found)} files {name}: name the one that you mean ({listed})"
            )
        if found:
            return str(found[0])
    raise BrokenTokenizer(f"{folder}: holds none of {', '.join(NAMES)}; name the tokenizer's file itself")
