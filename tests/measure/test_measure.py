"""Counting in pieces: the same count for any way in which a text comes in blocks."""

from __future__ import annotations

import unicodedata
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.contract import SWEPT, tokenizer_of
from tests.support.texts import HOSTILE, texts
from tokscope import batches, inputs
from tokscope.inputs import Decoding, Document
from tokscope.measure.counter import Counter, measure_texts
from tokscope.statistics.profile import Profile, Profiler
from tokscope.text.segments import count_words
from tokscope.tokenizer import Census


@pytest.mark.parametrize(
    "spec", ["o200k_base", "gpt2", "deepseek", "bert-base-uncased", "t5", "jieba", "word", "char"]
)
@settings(max_examples=30, deadline=None)
@given(text=texts, size=st.integers(4, 40))
def test_blocks_and_batches_do_not_change_a_count(spec: str, text: str, size: int) -> None:
    tokenizer = tokenizer_of(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs.document, "BLOCK", size)
        patch.setattr(batches, "BATCH", 2 * size)
        data = (text * 3).encode()
        counter = Counter([tokenizer, tokenizer_of("byte")])
        for name in ("first", "second"):
            counter.add(
                Document(name, Decoding(), partial(BytesIO, data), size=len(data)), lambda document: None
            )
    for name, row in zip(("first", "second"), counter.results(print), strict=True):
        assert [(one.path, one.tokens) for one in row] == [
            (name, len(tokenizer.encode(text * 3))),
            (name, len(data)),
        ]
        assert row[0].chars == len(text * 3)
        assert row[0].bytes == len(data)


def censused(spec: str, text: str) -> Census:
    """What Tokenizer.census says, from the Split: spans and ids."""
    split, unknown = tokenizer_of(spec).encode(text), tokenizer_of(spec).unknown_id
    unknowns = 0 if unknown is None or split.ids is None else [*split.ids].count(unknown)
    return Census(len(split), unknowns, split.partial(), split.dropped)


@pytest.mark.parametrize("spec", SWEPT)
@settings(max_examples=25, deadline=None)
@given(text=texts)
def test_a_census_from_ids_is_that_of_the_split(spec: str, text: str) -> None:
    by_ids, by_spans = tokenizer_of(spec).census([text, "", text])[2], censused(spec, text)
    if unicodedata.is_normalized("NFKC", text):
        assert by_ids == by_spans
    assert by_ids._replace(partial=0) == by_spans._replace(partial=0)


@pytest.mark.parametrize("spec", SWEPT)
def test_a_census_of_hostile_text(spec: str) -> None:
    normal = [text for text in HOSTILE.values() if unicodedata.is_normalized("NFKC", text)]
    assert tokenizer_of(spec).census(normal) == [censused(spec, text) for text in normal]


@settings(max_examples=25, deadline=None)
@given(text=texts, size=st.integers(4, 40))
def test_a_profile_is_the_same_in_blocks(text: str, size: int) -> None:
    tokenizers = [tokenizer_of(spec) for spec in ("o200k_base", "t5", "bert-base-uncased", "byte")]
    data = (text * 3).encode()
    profiler = Profiler(tokenizers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs.document, "BLOCK", size)
        patch.setattr(batches, "BATCH", 2 * size)
        for _ in range(2):
            profiler.add(Document("twice", Decoding(), partial(BytesIO, data)), lambda document: None)
        found = profiler.results()
    for one, tokenizer in zip(found, tokenizers, strict=True):
        (census,) = tokenizer.census([text * 3])
        assert (one.tokens, one.unknown, one.partial) == tuple(2 * n for n in census[:3])
        assert one.chars == 2 * len(text * 3) and one.bytes == 2 * len(data)
        assert one.words == 2 * count_words(text * 3).words


def test_a_document_that_fails_leaves_no_row(tmp_path: Path) -> None:
    counter = Counter([tokenizer_of("char")])
    bad = Document("bad", Decoding(), partial(BytesIO, b"a\xff"), size=2)
    with pytest.raises(inputs.document.InputError):
        counter.add(bad, lambda document: None)
    counter.add(Document.of_text("good", Decoding()), lambda document: None)
    assert [[one.path for one in row] for row in counter.results(print)] == [["--text"]]


def test_texts_are_counted_each_by_itself() -> None:
    (row,) = measure_texts("a.md", ["e", "\u0301"], [tokenizer_of("char")])
    assert (row.tokens, row.chars, row.bytes) == (2, 2, 3)


@settings(max_examples=25, deadline=None)
@given(values=st.lists(texts), size=st.integers(1, 400))
def test_texts_in_batches_are_counted_each_by_itself(values: list[str], size: int) -> None:
    tokenizers = [tokenizer_of(spec) for spec in ("o200k_base", "t5", "byte")]  # which cut each elsewhere
    counter = Counter(tokenizers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "BATCH", size)
        for path in ("a", "b"):
            document = Document(path, Decoding(), b"")
            counter.add_texts(document, values, lambda document: None)
        found = counter.results()
    assert found == [measure_texts(path, values, tokenizers) for path in ("a", "b")]


def test_figures_of_a_worked_example() -> None:
    """Eleven bytes in two tokens of a vocabulary of 1024: 88 bits in 20."""
    profile = Profile(tokens=2, chars=11, bytes=11, words=2, unknown=1, partial=0)
    assert profile.compression(1024) == 4.4
    assert (profile.chars_per_token, profile.bytes_per_token, profile.fertility) == (5.5, 5.5, 1)
    assert (profile.unknown_rate, profile.partial_rate) == (0.5, 0)
    nothing = Profile()
    assert [nothing.fertility, nothing.unknown_rate, nothing.compression(10)] == [None, None, None]
    assert profile.compression(None) is None
