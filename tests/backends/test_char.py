"""`char` against Unicode's own test of grapheme clusters."""

from __future__ import annotations

import itertools

import pytest
import regex
from hypothesis import example, given, settings

from tests.support.breaks import break_tests
from tests.support.contract import cut
from tests.support.texts import HOSTILE, texts
from tokscope import load
from tokscope.text.segments import _joining, clusters


def test_grapheme_break_test_of_unicode_18() -> None:
    cases = list(break_tests("GraphemeBreakTest.txt"))
    assert len(cases) == 853
    for characters in cases:
        assert cut("char", "".join(characters)) == characters
        assert load("char").count("".join(characters)) == len(characters)


@pytest.mark.slow
def test_flags_are_paired_as_by_regex() -> None:
    """`char` goes round \\X for flags; on short texts \\X itself can say what is right."""
    char = load("char")
    for length in range(1, 7):
        for characters in itertools.product("🇯\u0301\u0600\u094d\u0915\u200d", repeat=length):
            text = "".join(characters)
            assert cut("char", text) == regex.findall(r"\X", text)
            assert char.count(text) == len(regex.findall(r"\X", text))


@pytest.mark.parametrize("length", range(5))
def test_ascii(length: int) -> None:
    for characters in itertools.product("a \r\n\x00\x7f", repeat=length):
        text = "".join(characters)
        assert load("char").count(text) == len(regex.findall(r"\X", text))


LONG = {
    "combining marks": ("\u0301", 500_000, 1),
    "flags": ("🇯", 250_000, 125_000),
    "flags after a sign in front": ("\u0600🇯🇯🇯", 80_000, 160_000),
    "joined emoji": ("👩\u200d", 150_000, 1),
    "Han": ("字", 300_000, 300_000),
    "conjuncts": ("\u0915\u094d", 150_000, 1),
    "signs in front": ("\u0600", 400_000, 1),
    "carriage returns": ("\r", 1_000_000, 1_000_000),
}


@pytest.mark.parametrize(("piece", "times", "count"), LONG.values(), ids=LONG)
def test_long_runs(piece: str, times: int, count: int) -> None:
    """A megabyte of each: what looks over the whole run at each of its characters never ends."""
    assert load("char").count(piece * times) == count


@pytest.mark.parametrize(
    ("spec", "text", "tokens"),
    [
        ("char", "Cafe\u0301", ["C", "a", "f", "e\u0301"]),
        ("char", "👩‍👩‍👧‍👦🏳️‍🌈👍🏽🇯🇵🇰🇷", ["👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇯🇵", "🇰🇷"]),
        ("char", "a\r\n\rb", ["a", "\r\n", "\r", "b"]),
        ("char", "안\u1100\u1161\u11a8", ["안", "\u1100\u1161\u11a8"]),
        ("char", "नमस्ते क्षत्रिय", ["न", "म", "स्ते", " ", "क्ष", "त्रि", "य"]),
        ("char:codepoint", "e\u0301👍🏽\r\n", ["e", "\u0301", "👍", "🏽", "\r", "\n"]),
    ],
)
def test_examples(spec: str, text: str, tokens: list[str]) -> None:
    assert cut(spec, text) == tokens


def test_ids_are_code_points() -> None:
    assert list(load("char:codepoint").encode("aé日😀").ids or ()) == [0x61, 0xE9, 0x65E5, 0x1F600]
    assert load("char").encode("a").ids is None


@settings(max_examples=200, deadline=None)
@given(text=texts)
@example(text="\n".join(HOSTILE.values()))
@example(text="\u0301\r\u0301\n\r\n\u0301a\u0301\r")
def test_a_count_is_that_of_all_clusters(text: str) -> None:
    for whole in (text, text + "\u0301", "\u1cf5" + text, text * 3):
        assert load("char").count(whole) == len(clusters().findall(whole))


@pytest.mark.slow
def test_what_joins_is_known() -> None:
    """Beside a code point that joins no other, a character ends."""
    found = _joining()
    for char in map(chr, filter(lambda code: not 0xD800 <= code < 0xE000, range(0x110000))):
        if not found.search(char) and char not in "\r\n":
            assert clusters().findall(f"क{char}क{char}a{char}{char}") == [*f"क{char}क{char}a{char}{char}"]
