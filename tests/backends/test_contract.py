"""The contract that every backend keeps: spans, count == len(encode), hostile text, cuts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.support.contract import SWEPT, assert_contract, assert_contract_on_hostile, pieces, tokenizer_of
from tests.support.texts import texts
from tokscope import load


@pytest.mark.parametrize("special", [False, True], ids=["plain", "special"])
@pytest.mark.parametrize("spec", SWEPT)
def test_hostile_text(spec: str, special: bool) -> None:
    assert_contract_on_hostile(tokenizer_of(spec, special))


@pytest.mark.parametrize("spec", SWEPT)
@settings(max_examples=25, deadline=None)
@given(text=texts)
def test_any_text(spec: str, text: str) -> None:
    assert_contract(tokenizer_of(spec), text)


@pytest.mark.parametrize("spec", SWEPT)
@settings(max_examples=25, deadline=None)
@given(text=texts)
def test_counts_of_pieces_add_up(spec: str, text: str) -> None:
    tokenizer = tokenizer_of(spec)
    if tokenizer.cut is not None:
        assert sum(map(tokenizer.count, pieces(tokenizer, text))) == tokenizer.count(text)


@pytest.mark.parametrize("spec", SWEPT)
def test_name_loads_it_again(spec: str) -> None:
    tokenizer = tokenizer_of(spec)
    assert type(load(tokenizer.name)) is type(tokenizer)
    assert load(tokenizer.name).name == tokenizer.name


@pytest.mark.parametrize("spec", SWEPT)
def test_half_a_character_is_read_as_one_that_is_unknown(spec: str) -> None:
    """As in tiktoken: U+FFFD for a lone surrogate, and the character that two make together."""
    tokenizer = tokenizer_of(spec)
    for text in ("cut \ud83d off", "\ud83d\ude00 whole", "e\udcff\u0301"):
        whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        assert tokenizer.encode(text) == tokenizer.encode(whole)
        assert tokenizer.count(text) == tokenizer.count(whole) == sum(tokenizer.count_all([text]))
        assert tokenizer.trace(text) == tokenizer.trace(whole)
