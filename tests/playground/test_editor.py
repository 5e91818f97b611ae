"""The editor's document: nothing is changed by opening or typing, and nothing on the screen is obeyed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokscope.playground.editor import ExactDocument, replace_controls
from tokscope.text.visible import UNSAFE

TEXTS = st.text(st.sampled_from("ab\n\r\t\x0b\x0c\x1c\x85\u2028\x1b é日🦜"), max_size=40)


@settings(deadline=None)
@given(TEXTS)
def test_a_text_is_what_it_was(text: str) -> None:
    assert ExactDocument(text).text == text


@settings(deadline=None)
@given(TEXTS, st.integers(0, 40), st.integers(0, 40), TEXTS)
def test_typing_is_what_it_is_in_a_string(text: str, first: int, last: int, typed: str) -> None:
    first, last = sorted((min(first, len(text)), min(last, len(text))))
    document = ExactDocument(text)
    places = [(text.count("\n", 0, at), at - (text.rfind("\n", 0, at) + 1)) for at in (first, last)]
    result = document.replace_range(*places, typed)
    assert document.text == text[:first] + typed + text[last:]
    assert result.replaced_text == text[first:last]
    assert document.get_index_from_location(result.end_location) == first + len(typed)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [("a\x1b[31m", "a␛[31m"), ("\u202eabc", "\ufffdabc"), ("\x7f\x85", "␡\ufffd"), ("a\tb é", "a\tb é")],
)
def test_signs_stand_in_for_what_a_terminal_obeys(text: str, drawn: str) -> None:
    assert replace_controls(text) == drawn
    assert len(drawn) == len(text)


@settings(deadline=None)
@given(st.text())
def test_nothing_is_left_to_obey(text: str) -> None:
    assert not re.search(rf"(?!\t)[{UNSAFE}]", replace_controls(text))
