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


def tokenizer_in(folder: str, counts: Callable[[str], Sequence[int]]) -> tuple[str, list[str]]:
    """Name the file of a folder that is its tokenizer, the first of NAMES; and say which were passed over.

    Example: tokenizer_in("qwen3", counts) -> ("qwen3/tokenizer.json", ["qwen3: tokenizer.json is taken"])

    `counts` gives how many tokens the tokenizer of a file makes of each of PROBES, to hold further ones
    against the first. Raises BrokenTokenizer: there is none, several of a kind, or two that disagree.
    """
    first, said = "", []
    for name in NAMES:
        found = sorted(Path(folder).glob(name))
        if not found:
            continue
        if first and len(found) > 1:
            said.append(f"{folder}: {len(found)} files {name} are passed over")
            continue
        if len(found) > 1:
            listed = ", ".join(path.name for path in found[:5])
            raise BrokenTokenizer(
                f"{folder}: has {len(found)} files {name}: name the one that you mean ({listed})"
            )
        if first:
            said += _held(first, str(found[0]), counts)
        else:
            first = str(found[0])
            said.append(f"{folder}: {found[0].name} is taken")
    if not first:
        raise BrokenTokenizer(f"{folder}: holds none of {', '.join(NAMES)}; name the tokenizer's file itself")
    return first, said


def _held(first: str, other: str, counts: Callable[[str], Sequence[int]]) -> list[str]:
    """Hold a further file against the first: say why it is passed over where it cannot be loaded.

    Raises BrokenTokenizer where the two are different tokenizers.
    """
    ours = counts(first)
    try:
        theirs = counts(other)
    except TokscopeError as error:
        return [f"{Path(first).parent}: {Path(other).name} is passed over: {error}"]
    for text, one, two in zip(PROBES, ours, theirs, strict=True):
        if one != two:
            raise BrokenTokenizer(
                f"{Path(first).parent}: {Path(first).name} and {Path(other).name} disagree: {text!r} is "
                f"{one} tokens by the one and {two} by the other; name the file that you mean"
            )
    return []
