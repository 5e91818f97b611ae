"""A model's folder: which of its files is its tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

from tokscope.errors import BrokenTokenizer, TokscopeError

TOKENIZER_FILES = (
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


PIECES_COMPARED = 5_000
"""How many pieces of each vocabulary are counted, where two files agree on PROBES."""

CountsOf = Callable[[str, Sequence[str]], Sequence[int]]
"""Gives how many tokens the tokenizer of a file makes of each of some texts."""

WordsOf = Callable[[str], Iterable[str]]
"""Gives the pieces of a file's tokenizer that are words in lower case."""


def tokenizer_in(folder: str, counts: CountsOf, words: WordsOf) -> tuple[str, list[str]]:
    """Name the file of a folder that is its tokenizer, the first of TOKENIZER_FILES, and those passed over.

    Example: tokenizer_in("qwen3", counts, words)[0] -> "qwen3/tokenizer.json"

    Further files are compared with the first. Of several of a kind the one that has a tokenizer is taken, as
    of a model and its projector. Raises BrokenTokenizer: there is none, several, or two that disagree.
    """
    first, said = "", []
    for name in TOKENIZER_FILES:
        found = sorted(Path(folder).glob(name))
        if not found:
            continue
        if first and len(found) > 1:
            said.append(f"{folder}: {len(found)} files {name} are passed over")
            continue
        if len(found) > 1:
            lacking = _describe_unusable(found, counts)
            found = [path for path in found if str(path) not in lacking] or found
            said += lacking.values() if len(found) == 1 else ()
        if len(found) > 1:
            listed = ", ".join(path.name for path in found[:5])
            raise BrokenTokenizer(
                f"{folder}: has {len(found)} files {name}: name the one you mean ({listed})"
            )
        if first:
            said += _check_agreement(first, str(found[0]), counts, words)
        else:
            first = str(found[0])
            said.append(f"{folder}: {found[0].name} is taken")
    if not first:
        raise BrokenTokenizer(
            f"{folder}: holds none of {', '.join(TOKENIZER_FILES)}; name the tokenizer's file itself"
        )
    return first, said


def _describe_unusable(found: Sequence[Path], counts: CountsOf) -> dict[str, str]:
    """Say of the files that have no tokenizer why they are passed over."""
    lacking = {}
    for path in map(str, found):
        try:
            counts(path, PROBES[:1])
        except TokscopeError as error:
            lacking[path] = f"{Path(path).parent}: {Path(path).name} is passed over: {error}"
    return lacking


def _check_agreement(first: str, other: str, counts: CountsOf, words: WordsOf) -> list[str]:
    """Hold a further file against the first: say where it cannot be loaded, or differs on a rare word.

    Raises BrokenTokenizer where the two are different tokenizers.
    """
    if said := _describe_unusable([Path(other)], counts):
        return [*said.values()]
    ours, theirs = (counts(path, PROBES) for path in (first, other))
    for text, one, two in zip(PROBES, ours, theirs, strict=True):
        if one != two:
            raise BrokenTokenizer(
                f"{Path(first).parent}: {Path(first).name} and {Path(other).name} disagree: {text!r} is "
                f"{one} tokens by one and {two} by the other; name the file you mean"
            )
    rare = [word for path in (first, other) for word in islice(words(path), PIECES_COMPARED)]
    for text, one, two in zip(rare, counts(first, rare), counts(other, rare), strict=True):
        if one != two:
            return [
                f"{Path(first).parent}: {Path(other).name} is passed over, and differs: {text!r} is {one} "
                f"tokens by {Path(first).name} and {two} by it"
            ]
    return []
