"""The contract that every backend keeps: spans, count == len(encode), hostile text, cuts."""

from __future__ import annotations

import functools
from itertools import pairwise

import pytest
from hypothesis import given, settings

from tests.support.texts import HOSTILE, texts
from tokscope import Split, Tokenizer, load
from tokscope.registry import BACKENDS
from tokscope.vocabularies import VOCABULARIES

SPECS = [
    *(
        f"{name}:{variant}" if variant else name
        for name, backend in BACKENDS.items()
        for variant in backend.variants or ()
    ),
    *VOCABULARIES,
]


@functools.cache
def tokenizer_of(spec: str, special: bool = False) -> Tokenizer:
    return load(spec, special=special)


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
    if split.ids is not None and tokenizer.vocab_size is not None:
        assert all(0 <= token_id < tokenizer.vocab_size for token_id in split.ids)
    assert tokenizer.count(text) == len(split)
    return split


def pieces(tokenizer: Tokenizer, text: str) -> list[str]:
    """Cut a text at every place where the tokenizer says that it may be cut."""
    bounds = [0, *(match.start() for match in tokenizer.cut.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(bounds) if start < end]


@pytest.mark.parametrize("special", [False, True], ids=["plain", "special"])
@pytest.mark.parametrize("spec", SPECS)
def test_hostile_text(spec: str, special: bool) -> None:
    tokenizer = tokenizer_of(spec, special)
    for text in HOSTILE.values():
        assert_contract(tokenizer, text)


@pytest.mark.parametrize("spec", SPECS)
@settings(max_examples=25, deadline=None)
@given(text=texts)
def test_any_text(spec: str, text: str) -> None:
    assert_contract(tokenizer_of(spec), text)


@pytest.mark.parametrize("spec", SPECS)
@settings(max_examples=25, deadline=None)
@given(text=texts)
def test_counts_of_pieces_add_up(spec: str, text: str) -> None:
    tokenizer = tokenizer_of(spec)
    if tokenizer.cut is not None:
        assert sum(map(tokenizer.count, pieces(tokenizer, text))) == tokenizer.count(text)


@pytest.mark.parametrize("spec", SPECS)
def test_name_loads_it_again(spec: str) -> None:
    tokenizer = tokenizer_of(spec)
    assert type(load(tokenizer.name)) is type(tokenizer)
    assert load(tokenizer.name).name == tokenizer.name
