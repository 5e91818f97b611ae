"""The contract that every backend keeps, and a tokenizer of each to hold to it."""

from __future__ import annotations

import functools
from itertools import pairwise

import pytest

from tests.support.files import FILES, spec_of
from tests.support.texts import HOSTILE
from tokscope import Split, Tokenizer, load
from tokscope.registry.backends import BACKENDS
from tokscope.tokenizer import Kind
from tokscope.vocabularies import VOCABULARIES

SPECS = [
    *(
        f"{name}:{variant}" if variant else name
        for name, backend in BACKENDS.items()
        for variant in backend.variants or ("",) * backend.ships
        if Kind.TEXT in backend.takes
    ),
    *VOCABULARIES,
    *FILES,
]
"""Every backend of text that needs no file in all its variants, every vocabulary, and FILES."""

ONE_OF_EACH = ("gpt2", "o200k_base", "qwen2.5", "tekken", "gemma", "bert-base-uncased", "t5")
"""Vocabularies that differ in more than their tokens."""

SWEPT = [
    pytest.param(spec, marks=pytest.mark.slow) if spec in VOCABULARIES and spec not in ONE_OF_EACH else spec
    for spec in SPECS
]
"""SPECS as parameters; the vocabularies that differ from ONE_OF_EACH in their tokens alone are slow."""


@functools.cache
def tokenizer_of(spec: str, special: bool = False) -> Tokenizer:
    return load(spec_of(spec), special=special)


def assert_contract(tokenizer: Tokenizer, text: str) -> Split:
    split = tokenizer.encode(text)
    assert split.source == text.encode()
    assert len(split.starts) == len(split.ends) == len(split)
    end_before = 0
    for start, end in zip(split.starts, split.ends, strict=True):
        assert end_before <= start <= end <= len(split.source)
        end_before = end
    for column in (split.ids, split.labels):
        assert column is None or len(column) == len(split)
    assert split.labels is None or not tokenizer.unlabelled
    if split.ids is not None and tokenizer.vocab_size is not None:
        assert all(0 <= token_id < tokenizer.vocab_size for token_id in split.ids)
    assert tokenizer.count(text) == len(split)
    return split


def assert_contract_on_hostile(tokenizer: Tokenizer) -> None:
    for text in HOSTILE.values():
        assert_contract(tokenizer, text)


def pieces(tokenizer: Tokenizer, text: str) -> list[str]:
    """Cut a text at every place where the tokenizer says that it may be cut."""
    bounds = [0, *(match.start() for match in tokenizer.cut.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(bounds) if start < end]


def cut(spec: str, text: str) -> list[str]:
    return [token.data.decode() for token in load(spec).encode(text)]
