"""Texts cut to a budget by a model whose tokens can only be estimated: what is kept fits for certain."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.shell import tokscope
from tests.support.texts import HOSTILE
from tokscope import load
from tokscope.fitting.chunking import chunk
from tokscope.fitting.truncation import last_that, truncate
from tokscope.fitting.upper_bound import UpperBound, bounded
from tokscope.report.table import most

MODELS = ["claude-opus-5-5", "kimi-k3", "gemini-2.5-pro"]
TEXT = "It was noon. The quick brown fox, 1234 times, jumps over THE LAZY dog.\n日本語のテキスト。\n\n" * 12


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("keep", ["head", "tail", "middle"])
@pytest.mark.parametrize("boundary", ["char", "word", "line"])
def test_what_truncate_keeps_fits_by_the_upper_bound(model: str, keep: str, boundary: str) -> None:
    tokenizer = load(model)
    kept = truncate(TEXT, 150, tokenizer=tokenizer, keep=keep, boundary=boundary, marker="…")
    assert most(tokenizer.count(kept)) <= 150
    assert keep == "middle" or boundary == "line" or most(tokenizer.count(kept)) > 120


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("by", ["token", "sentence", "paragraph"])
@pytest.mark.parametrize("overlap", [0, 10])
def test_chunks_fit_by_the_upper_bound(model: str, by: str, overlap: int) -> None:
    tokenizer = load(model)
    chunks = chunk(TEXT, 60, by=by, overlap=overlap, tokenizer=tokenizer)
    assert all(one.tokens == most(tokenizer.count(one.text)) <= 60 for one in chunks)
    data, end = TEXT.encode(), 0
    for one in chunks:
        assert one.start <= end < one.end
        assert data[one.start : one.end].decode() == one.text
        end = one.end
    assert end == len(data)


@pytest.mark.parametrize("text", ["", *HOSTILE.values()])
def test_stretches_are_as_many_as_the_bound(text: str) -> None:
    one = bounded(load("claude-opus-5-5"))
    assert isinstance(one, UpperBound)
    split = one.encode(text)
    assert len(split) == one.count(text)
    assert b"".join(token.data for token in split) == split.source
    for start in split.starts:
        split.source[:start].decode()


@given(st.integers(1, 80), st.integers(0, 80), st.integers(0, 79))
@settings(max_examples=100)
def test_the_last_that_fits(size: int, limit: int, near: int) -> None:
    assert last_that(range(size), lambda cut: cut <= limit, min(near, size - 1)) == min(limit, size - 1)


def test_it_is_said() -> None:
    done = tokscope("chunk", "-x", TEXT, "-n", "60", "-t", "claude-opus-5-5")
    first = json.loads(done.out.splitlines()[0])
    assert (first["exact"], first["low"] < first["tokens"] < first["high"] <= 60) == (False, True)
    assert "claude-opus-5-5 is an estimate: " in done.err
    assert "cut by its upper bound" in done.err
    done = tokscope("truncate", "-x", TEXT, "-n", "60", "-t", "claude-opus-5-5")
    assert "at most 60 tokens" in done.err or "at most 59 tokens" in done.err
    assert "cut by its upper bound" in done.err
    for command in ("split", "encode", "trace"):
        done = tokscope(command, "-x", "a", "-t", "claude-opus-5-5")
        assert (done.code, "-t o200k_base shows those of the vocabulary that stands in" in done.err) == (
            2,
            True,
        )
