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

from pathlib import Path

import tokenizers
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers, processors

from tokscope.backends.hf import HuggingFace
from tokscope.errors import BrokenTokenizer
from tokscope.files.reading import read_text
from tokscope.text.cuts import LINE_OR_WORD
from tokscope.tokenizer import Spec, Tokenizer
from tokscope.vocabularies import VOCABULARIES

UNKNOWN = "[UNK]"
SPECIAL = ("[PAD]", UNKNOWN, "[CLS]", "[SEP]", "[MASK]")


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
    engine = tokenizers.Tokenizer(models.WordPiece(tokens, unk_token=UNKNOWN))
    engine.normalizer = normalizers.BertNormalizer(lowercase=lower)
    engine.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    engine.decoder = decoders.WordPiece()  # spaces between words, and none before punctuation
    engine.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token in SPECIAL if token in tokens]
    )
    if "[CLS]" in tokens and "[SEP]" in tokens:
        around = [(token, tokens[token]) for token in ("[SEP]", "[CLS]")]
        engine.post_processor = processors.BertProcessing(*around)
    # White space parts words whatever stands around it, and is dropped, so that a text may be cut at it. No
    # normalisation reaches over these cuts: no combining mark follows one, and a letter's case is its own.
    return HuggingFace(engine, name, special=spec.special, cut=LINE_OR_WORD)


def read_vocabulary(path: Path) -> dict[str, int]:
    """Read a vocab.txt: one token a line, whose number from 0 is its id; of equal lines the last counts.

    Example: the lines "[UNK]", "un", "##able" give {"[UNK]": 0, "un": 1, "##able": 2}

    Raises BrokenTokenizer.
    """
    text = read_text(path)
    # By "\n" and not by splitlines: U+2028 is a token of bert-base-chinese.
    vocabulary = {line.removesuffix("\r"): i for i, line in enumerate(text.removesuffix("\n").split("\n"))}
    if UNKNOWN not in vocabulary:
        raise BrokenTokenizer(f"{path}: not a vocab.txt: no line is {UNKNOWN}")
    return vocabulary
