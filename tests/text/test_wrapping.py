"""Sentences are broken at spaces alone, and none of their words is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tokscope.text.wrapping import INDENT, wrapped

WORDS = st.lists(st.text("abcdé人🎉", max_size=8), max_size=30)


@given(WORDS, st.integers(4, 40))
def test_words_stay_whole_and_lines_are_as_full_as_they_may_be(words: list[str], width: int) -> None:
    text = " ".join(words)
    lines = wrapped(text, width)
    assert " ".join([lines[0], *(line.removeprefix(INDENT) for line in lines[1:])]) == text
    for number, line in enumerate(lines):
        alone = " " not in line.removeprefix(INDENT if number else "").strip()
        assert cell_len(line) <= width or alone


def test_without_a_width_nothing_is_broken() -> None:
    assert wrapped("one two " * 99, None) == ["one two " * 99]
