"""A model's folder: which of its files is its tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tokscope.errors import BrokenTokenizer, TokscopeError

NAMES = (
    *("tokenizer.json", "tekken.json", "*.tiktoken", "tiktoken.model", "tokenizer.model", "spiece.model"),
    *("sentencepiece.bpe.model", "vocab.json", "vocab.txt", "*.gguf"),
)
"""What a folder is looked through for, in this order."""


PROBES = (
    *("the", "of the", "international", "understanding", "quickly brown foxes", "tokens and models"),
    *("naturellement", "zwischen", "porque", "pythagorean", "xylophone", "def main return", "selfish gene"),
    *("привет мир", "日本語", "今天天气", "한국어", "שלום", "नमस्ते", "สวัสดี", "αβγ"),
)
"""Words alone, in lower case: the files of one tokenizer that do not say how digits, punctuation or capitals
are cut agree on these."""


def tokenizer_in(folder: str, counts: Callable[[str], Sequence[int]]) -> str:
    """Name the file of a folder that is its tokenizer, the first of NAMES.

    Example: tokenizer_in("qwen3", counts) -> "qwen3/tokenizer.json"

    `counts` gives how many tokens the tokenizer of a file makes of each of PROBES, to hold further ones
    against the first. Raises BrokenTokenizer: there is none, several of a kind, or two that disagree.
    """
    first = ""
    for name in NAMES:
        found = sorted(Path(folder).glob(name))
        if not found or (first and len(found) > 1):  # further ones are only looked at
            continue
        if len(found) > 1:
            listed = ", ".join(path.name for path in found[:5])
            raise BrokenTokenizer(
                f"{folder}: has {len(found)} files {name}: name the one that you mean ({listed})"
            )
        if first:
            _hold(first, str(found[0]), counts)
        first = first or str(found[0])
    if not first:
        raise BrokenTokenizer(f"{folder}: holds none of {', '.join(NAMES)}; name the tokenizer's file itself")
    return first


def _hold(first: str, other: str, counts: Callable[[str], Sequence[int]]) -> None:
    """Raise BrokenTokenizer where two files of a folder are different tokenizers."""
    try:
        ours, theirs = counts(first), counts(other)
    except TokscopeError:
        return  # the first one's error comes when it is loaded; another that is of no use does no harm
    for text, one, two in zip(PROBES, ours, theirs, strict=True):
        if one != two:
            raise BrokenTokenizer(
                f"{Path(first).parent}: {Path(first).name} and {Path(other).name} disagree: {text!r} is "
                f"{one} tokens by the one and {two} by the other; name the file that you mean"
            )
