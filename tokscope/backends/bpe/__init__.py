"""`bpe:NAME`: the byte-level BPE vocabularies that ship."""

from __future__ import annotations

from tokscope.backends.bpe.byte_level import BPE
from tokscope.engines.ranks import MappedRanks
from tokscope.errors import UnknownTokenizer, UsageError, similar
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec
from tokscope.vocabularies import VOCABULARIES
from tokscope.vocabularies.pad_token import pad_id


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of a BPE vocabulary that ships.

    Example: load(Spec("bpe", "gpt2")).vocab_size -> 50257
    """
    vocabulary = VOCABULARIES.get(spec.argument)
    if vocabulary is None or vocabulary.backend != "bpe":
        names = [name for name, known in VOCABULARIES.items() if known.backend == "bpe"]
        raise UnknownTokenizer(str(spec), similar(spec.argument, names), "tokscope list bpe shows every name")
    if vocabulary.characters and spec.text("special") is not None:
        raise UsageError(f"{spec}: {spec.argument} has only its own special tokens; name a tokenizer.json")
    if vocabulary.characters:
        from tokscope.backends.bpe.gemma import Gemma

        return Gemma(spec.argument, vocabulary, special=spec.special)
    own: dict[str, int] = {}
    if (given := spec.text("special")) is not None:
        from tokscope.files.special_tokens import read_special_tokens

        own = read_special_tokens(given, range(vocabulary.vocab_size))
    special = {**vocabulary.special, **own}
    tokenizer = BPE(
        str(spec._replace(name=spec.argument, argument="")) if own else spec.argument,
        MappedRanks(vocabulary.path),
        vocabulary.pattern,
        max([vocabulary.vocab_size, *(one + 1 for one in own.values())]),
        added={**vocabulary.words, **special} if spec.special else vocabulary.words,
        named=special if own else {},
        special=spec.special,
        prefix=vocabulary.prefix if spec.special else (),
        offset=vocabulary.offset,
        nfc=vocabulary.nfc,
    )
    tokenizer.pad_id = pad_id(special.get)
    return tokenizer
