"""Where cuts differ: around such a stretch all tokenizers cut alike, and in it they do not."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokscope import load
from tokscope.playground.differences import join_stretches, only
from tokscope.playground.mill import CutStretch, sliced
from tokscope.split import Split, differing

loaded = cache(load)


@pytest.mark.parametrize(
    ("ends", "found"),
    [
        ([[1, 4], [1, 4]], []),
        ([[1, 4], [1, 3, 4]], [(1, 4)]),
        ([[4], [1, 4]], [(0, 4)]),
        ([[1, 2, 4], [2, 3, 4]], [(0, 4)]),
    ],
)
def test_stretches(ends: list[list[int]], found: list[tuple[int, int]]) -> None:
    splits = [Split(b"a bc", [0, *one[:-1]], one) for one in ends]
    assert differing(splits) == found


@settings(deadline=None)
@given(st.lists(st.sampled_from(["strawberry ", "don't ", "人工智能", "123 ", "\n", "🦜é"])).map("".join))
def test_outside_of_the_stretches_all_cut_alike(text: str) -> None:
    splits = [loaded(name).encode(text) for name in ("gpt-4o", "deepseek", "char")]
    stretches = differing(splits)
    at = 0
    for low, high in [*stretches, (len(text.encode()), len(text.encode()))]:
        assert len({tuple(sliced(split, at, low).ends) for split in splits}) == 1
        if low < high:
            assert len({tuple(sliced(split, low, high).ends) for split in splits}) > 1
        at = high


def test_only_what_differs_is_left() -> None:
    split = loaded("gpt-4o").encode("Hello strawberry jam")
    assert only(split, [(5, 16), (16, 20)], b"\n").source == b" strawberry\n jam\n"


def test_joined_is_the_cut_of_the_whole() -> None:
    texts = ["Hello world\n", "and the next line\n", "end"]
    whole = loaded("gpt-4o").encode("".join(texts))
    stretches = [CutStretch(i * 100, loaded("gpt-4o").encode(text), text) for i, text in enumerate(texts)]
    stretches[0] = stretches[0]._replace(start=0)
    got = join_stretches(stretches, 0, len("".join(texts)))
    assert (got.source, got.starts, got.ends, got.ids) == (whole.source, whole.starts, whole.ends, whole.ids)
