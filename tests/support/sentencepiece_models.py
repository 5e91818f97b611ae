"""SentencePiece models of every kind, trained on a few lines."""

from __future__ import annotations

import functools
import io
from typing import Any

import sentencepiece

from tests.support.tokenizer_json import CORPUS
from tokscope.backends.sentencepiece import SentencePiece

KINDS: dict[str, dict[str, Any]] = {
    "unigram": {},
    "unigram, byte fallback": {"byte_fallback": True, "vocab_size": 500},
    "bpe": {"model_type": "bpe"},
    "bpe, byte fallback, identity": {
        "model_type": "bpe",
        "byte_fallback": True,
        "vocab_size": 460,
        "normalization_rule_name": "identity",
        "remove_extra_whitespaces": False,
    },
    "no space in front": {"add_dummy_prefix": False},
    "case folding": {"normalization_rule_name": "nfkc_cf"},
    "space behind": {"treat_whitespace_as_suffix": True},
    "own symbols": {"user_defined_symbols": ["<sep>", " x"], "control_symbols": ["<ctl>"]},
    "characters": {"model_type": "char"},
    "words": {"model_type": "word"},
}


def train(**options: Any) -> bytes:
    """Train a small model on CORPUS with sentencepiece, Unigram unless `options` say otherwise."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS),
        model_writer=written,
        hard_vocab_limit=False,
        minloglevel=3,
        **{"vocab_size": 200, **options},
    )
    return written.getvalue()


@functools.cache
def trained(kind: str) -> bytes:
    return train(**KINDS[kind])


@functools.cache
def reference(kind: str) -> sentencepiece.SentencePieceProcessor:
    return sentencepiece.SentencePieceProcessor(model_proto=trained(kind))


@functools.cache
def sentencepiece_of(kind: str, special: bool = False) -> SentencePiece:
    return SentencePiece(reference(kind), kind, special=special)
