"""`wordpiece:FILE`: a BERT vocab.txt, and the shipped bert-base-uncased and bert-base-chinese.

The source of the algorithm: tokenization.py of google-research/bert (Devlin et al. 2019, arXiv:1810.04805).
Text is cleaned, lower-cased and stripped of accents (not with `?lower=false`), cut at white space, around
punctuation and around Han characters; a word is cut into the longest pieces of the vocabulary, first to last,
and is one `[UNK]` where that fails.

Ids are those of `tokenizers`, on which the published tokenizer.json of these models runs. They are Google's
for words of more than 100 characters, which are `[UNK]` (Google's: 200); private-use characters, which are
dropped (kept); a capital sigma that ends a word (σ, not ς); U+2B820 to U+2B91F, which are not cut around; and
marks, punctuation and format characters that came after Unicode 8.

bert-base-chinese lower-cases, as its makers trained it: its vocabulary has no capital letter. Its copy on the
Hugging Face Hub says do_lower_case=false and makes `[UNK]` of every capitalised word; that one is
`bert-base-chinese?lower=false`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import tokenizers
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers, processors

from tokscope.backends.hf import HuggingFace
from tokscope.engines.wordpiece import WORTH_STARTING, LinearWordPiece
from tokscope.errors import BrokenTokenizer
from tokscope.files.small_files import read_text
from tokscope.text.cuts import LINE_OR_WORD
from tokscope.tokenizer import Census, Tokenizer
from tokscope.tokenizer.spec import Spec
from tokscope.vocabularies import VOCABULARIES

UNKNOWN_TOKEN = "[UNK]"
T = TypeVar("T")

SPECIAL_TOKENS = ("[PAD]", UNKNOWN_TOKEN, "[CLS]", "[SEP]", "[MASK]")


class WordPiece(HuggingFace):
    """WordPiece of the `tokenizers` library, with a native engine for the counts of longer texts.

    Example: WordPiece(engine, "bert-base-uncased", vocabulary).count("unaffable") -> 3
    """

    def __init__(
        self, engine: tokenizers.Tokenizer, name: str, vocabulary: Mapping[str, int], *, special: bool = False
    ) -> None:
        # White space parts words whatever stands around it, and is dropped, so that a text may be cut at it.
        # No normalisation reaches over these cuts: no combining mark follows one, and a letter's case is its
        # own.
        super().__init__(engine, name, special=special, cut=LINE_OR_WORD)
        self.vocab_size = max(vocabulary.values()) + 1
        self.unknown_id = vocabulary[UNKNOWN_TOKEN]
        self._plain = not special
        self._seen = 0

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each of `texts`, on all cores.

        Example: load("bert-base-uncased").count_all(["Hi there", ""]) -> [2, 0]
        """
        if not self._many(texts):
            return super().count_all(texts)
        return [len(fast) + slow for fast, slow in self._natively(texts, super().count_all)]

    def census(self, texts: Sequence[str]) -> list[Census]:
        """Count the tokens of each of `texts`, and of them the unknown."""
        if not self._many(texts):
            return super().census(texts)
        return [
            slow.plus(Census(len(fast), list(fast).count(self.unknown_id or 0)))
            for fast, slow in self._natively(texts, super().census)
        ]

    def engines(self) -> Mapping[str, Callable[[Sequence[str]], list[int]]]:
        """Give each engine by itself, whatever the size of the text."""
        own = super().count_all
        fast = {"splintr": lambda texts: [len(ids) + slow for ids, slow in self._natively(texts, own)]}
        return {**(fast if self._plain else {}), "tokenizers": own}

    def _many(self, texts: Sequence[str]) -> bool:
        """Tell whether so much text has come that the native engine's start pays, if it may be asked."""
        self._seen += sum(map(len, texts))
        return self._plain and self._seen >= WORTH_STARTING

    def _natively(
        self, texts: Sequence[str], otherwise: Callable[[Sequence[str]], Sequence[T]]
    ) -> Iterator[tuple[Sequence[int], T]]:
        """Give each text's ids where the native engine takes it, and what `otherwise` makes of the rest."""
        parted = list(map(self._linear.parted, texts))
        return zip(
            self._linear.ids_all([fast for fast, _ in parted]),
            otherwise([slow for _, slow in parted]),
            strict=True,
        )

    @cached_property
    def _linear(self) -> LinearWordPiece:
        return LinearWordPiece(self._engine.to_str())


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `wordpiece:FILE`, or of a shipped vocabulary by its name.

    Example: load(Spec("wordpiece", "bert-base-uncased")).count("unaffable") -> 3

    Raises BrokenTokenizer, and UsageError for a `lower` that is neither true nor false.
    """
    vocabulary = VOCABULARIES.get(spec.argument)
    shipped = vocabulary if vocabulary and vocabulary.backend == "wordpiece" else None
    name = spec.argument if shipped else f"wordpiece:{spec.argument}"
    lower = spec.flag("lower", True)
    if not lower:
        name += "?lower=false"
    tokens = read_vocabulary(shipped.path if shipped else Path(spec.argument))
    engine = tokenizers.Tokenizer(models.WordPiece(tokens, unk_token=UNKNOWN_TOKEN))
    engine.normalizer = normalizers.BertNormalizer(lowercase=lower)
    engine.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    engine.decoder = decoders.WordPiece()  # spaces between words, and none before punctuation
    engine.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS if token in tokens]
    )
    if "[CLS]" in tokens and "[SEP]" in tokens:
        around = [(token, tokens[token]) for token in ("[SEP]", "[CLS]")]
        engine.post_processor = processors.BertProcessing(*around)
    tokenizer = WordPiece(engine, name, tokens, special=spec.special)
    if not shipped and len(tokens) <= max(tokens.values()):
        tokenizer.remarks = [_repeated_word(spec.argument)]
    return tokenizer


def _repeated_word(path: str) -> str:
    """Name a word of a vocab.txt that occurs twice."""
    seen: dict[str, int] = {}
    for i, line in enumerate(_read_vocab_txt(Path(path)), 1):
        if line in seen:
            return (
                f"{path}: {line!r} stands in lines {seen[line]:,} and {i:,}: the last of equal lines counts"
            )
        seen[line] = i
    raise AssertionError  # one does


def read_vocabulary(path: Path) -> dict[str, int]:
    """Read a vocab.txt: one token a line, whose number from 0 is its id; of equal lines the last counts.

    Example: the lines "[UNK]", "un", "##able" give {"[UNK]": 0, "un": 1, "##able": 2}

    Raises BrokenTokenizer.
    """
    vocabulary = {line: i for i, line in enumerate(_read_vocab_txt(path))}
    if UNKNOWN_TOKEN not in vocabulary:
        raise BrokenTokenizer(f"{path}: not a vocab.txt: no line is {UNKNOWN_TOKEN}")
    return vocabulary


def _read_vocab_txt(path: Path) -> list[str]:
    # By "\n" and not by splitlines: U+2028 is a token of bert-base-chinese.
    return [line.removesuffix("\r") for line in read_text(path).removesuffix("\n").split("\n")]
