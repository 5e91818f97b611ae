"""Every kind of tokenizer.json, trained on a few lines."""

from __future__ import annotations

import functools
import json

from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from tokscope.backends.hf import HuggingFace

CORPUS = [
    "Hello world, the quick brown fox jumps over the lazy dog. don't we'll it's",
    "日本語 我爱自然语言处理 冠状动脉搭桥术 안녕하세요 세계 नमस्ते",
    "Café naïve é ñ über straße def f(x): return {'a': [1, 2.5e-3]} 1234 👍🏽 🇯🇵",
] * 3


def byte_level(normalizer: normalizers.Normalizer | None = None, *, prefix: bool = False) -> Tokenizer:
    engine = Tokenizer(models.BPE())
    if normalizer is not None:
        engine.normalizer = normalizer
    engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        show_progress=False,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    engine.train_from_iterator(CORPUS, trainer)
    engine.decoder = decoders.ByteLevel()
    engine.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))  # trims its offsets
    return engine


def clip() -> Tokenizer:
    """Lower case, and `</w>` at the end of a word."""
    engine = byte_level()
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        show_progress=False,
        end_of_word_suffix="</w>",
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    engine.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    engine.model = models.BPE(end_of_word_suffix="</w>", unk_token="</s>")
    engine.train_from_iterator([*CORPUS, *pre_tokenizers.ByteLevel.alphabet()], trainer)
    return engine


def byte_fallback() -> Tokenizer:
    """Llama 2's kind: `▁` put in front by a normaliser, bytes for what the vocabulary lacks."""
    engine = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    engine.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    fallback = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=420, show_progress=False, limit_alphabet=40, special_tokens=["<unk>", "<s>", *fallback]
    )
    engine.train_from_iterator(CORPUS, trainer)
    saved = json.loads(engine.to_str())
    saved["added_tokens"] = saved["added_tokens"][:2]
    engine = Tokenizer.from_str(json.dumps(saved))
    engine.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return engine


def unigram(normalizer: normalizers.Normalizer, scheme: str = "always") -> Tokenizer:
    engine = Tokenizer(models.Unigram())
    engine.normalizer = normalizer
    engine.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)
    trainer = trainers.UnigramTrainer(
        vocab_size=200, show_progress=False, unk_token="<unk>", special_tokens=["<unk>", "<s>", "</s>"]
    )
    engine.train_from_iterator(CORPUS, trainer)
    engine.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
    return engine


def word_piece() -> Tokenizer:
    engine = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    engine.normalizer = normalizers.BertNormalizer()
    engine.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=300, show_progress=False, special_tokens=["[UNK]", "[CLS]", "[SEP]"]
    )
    engine.train_from_iterator(CORPUS, trainer)
    engine.add_special_tokens([AddedToken("[MASK]", lstrip=True, rstrip=True)])
    engine.add_tokens(["lazy dog"])
    engine.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    return engine


def word_level() -> Tokenizer:
    engine = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    engine.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()])
    engine.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordLevelTrainer(show_progress=False, special_tokens=["[UNK]", "[CLS]"])
    engine.train_from_iterator(CORPUS, trainer)
    return engine


KINDS = {
    "byte-level": byte_level,
    "byte-level, space in front": functools.partial(byte_level, prefix=True),
    "byte-level, NFC": functools.partial(byte_level, normalizers.NFC()),
    "byte-level, NFD": functools.partial(byte_level, normalizers.NFD()),
    "byte-level, </w>": clip,
    "byte fallback": byte_fallback,
    "unigram, NFKC": functools.partial(unigram, normalizers.NFKC()),
    "unigram, first": functools.partial(unigram, normalizers.NFC(), "first"),
    "unigram, bare": functools.partial(
        unigram,
        normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]),
    ),
    "wordpiece": word_piece,
    "wordlevel": word_level,
}


@functools.cache
def saved(kind: str) -> str:
    return KINDS[kind]().to_str()


@functools.cache
def mended(kind: str, special: bool = False) -> HuggingFace:
    return HuggingFace(Tokenizer.from_str(saved(kind)), kind, special=special)
