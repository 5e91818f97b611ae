"""`word` against Unicode's own test and the crate unicode-segmentation, base forms against their makers."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
import unicode_segmentation_rs
from hypothesis import example, given, settings

from tests.support.breaks import break_tests
from tests.support.contract import cut
from tests.support.texts import HOSTILE, texts
from tokscope import load
from tokscope.errors import MissingExtra, UsageError
from tokscope.text.segments import count_words, word_pattern

# White_Space, https://www.unicode.org/Public/UCD/latest/ucd/PropList.txt
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)

# One character of every kind that the rules tell apart: line ends, marks, letters, quotes, what may stand
# inside words and numbers, connectors, spaces, flags, emoji, and what no rule names.
KINDS = "\r\n\v\u0301\u200d\u00adアאa'\".:,1_\u202f \t\xa0🇯👩!"


def seen(segments: Iterable[str]) -> list[str]:
    return [segment for segment in segments if segment.strip(WHITE_SPACE)]


def assert_cut_as_by_rust(texts: Iterable[Iterable[str]]) -> None:
    word = load("word")
    for characters in texts:
        text = "".join(characters)
        expected = seen(unicode_segmentation_rs.split_word_bounds(text))
        assert cut("word", text) == expected, ascii(text)
        assert word.count(text) == len(expected)


def test_word_break_test_of_unicode_15() -> None:
    cases = list(break_tests("WordBreakTest.txt"))
    assert len(cases) == 1823
    for segments in cases:
        text = "".join(segments)
        if "\u200d\u2701" not in text:  # from Unicode 17 on, U+2701 is not an emoji that a ZWJ could join
            assert cut("word", text) == seen(segments), ascii(text)


def test_every_three_kinds() -> None:
    for length in range(1, 4):
        assert_cut_as_by_rust(itertools.product(KINDS, repeat=length))


def test_more_kinds() -> None:
    """Without emoji: in "a'\u200d👩b" the crate forgets that no letter follows the quote (WB6)."""
    draw = random.Random(29)
    assert_cut_as_by_rust(draw.choices(KINDS.replace("👩", ""), k=draw.randint(4, 12)) for _ in range(20_000))


def test_ascii() -> None:
    assert_cut_as_by_rust(itertools.product("aZ09_ \t\n'\".:,;!\x1c", repeat=4))


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        " ",
        "\u3000",
        "\u202f",
        "\u0301",
        "'",
        "a'",
        "a.1,",
        "1,",
        'א"',
        "א'",
        "ア_",
        "e\u0301",
        "🇯",
        "👩\u200d",
        " \u0301",
    ],
)
def test_long_runs(piece: str) -> None:
    """A third of a megabyte of each: what looks over the whole run at each of its characters never ends."""
    text = "é" + piece * (300_000 // len(piece.encode()))
    assert load("word").count(text) == len(seen(unicode_segmentation_rs.split_word_bounds(text)))


@pytest.mark.parametrize(
    ("spec", "text", "tokens"),
    [
        ("word", "I can't pay $3.50.", ["I", "can't", "pay", "$", "3.50", "."]),
        ("word", "Hello 日本語 World!", ["Hello", "日", "本", "語", "World", "!"]),
        ("word", "l’été, c’est 1 234,5 €", ["l’été", ",", "c’est", "1", "234,5", "€"]),
        ("word", "a\tb\r\nc \u0301 d", ["a", "b", "c", " \u0301", "d"]),
        ("word", "snake_case x\u202fy \u202f z", ["snake_case", "x\u202fy", "z"]),
        # Ⓜ is an emoji and a letter: a ZWJ joins it (WB3c), and letters go on from it (WB5)
        ("word", "!\u200dⓂa Ⓜa", ["!\u200dⓂa", "Ⓜa"]),
        ("word:space", "I can't pay\t$3.50.\r\n", ["I", "can't", "pay", "$3.50."]),
        ("word:space", "a\u3000b\xa0c\u200bd", ["a", "b", "c\u200bd"]),
    ],
)
def test_examples(spec: str, text: str, tokens: list[str]) -> None:
    assert cut(spec, text) == tokens


def test_space_is_that_of_str_split() -> None:
    text = "x".join(map(chr, itertools.chain(range(0xD800), range(0xE000, sys.maxunicode + 1))))
    assert cut("word:space", text) == text.split()


def labels(spec: str, text: str) -> list[str | None]:
    return [token.label for token in load(spec).encode(text)]


@pytest.mark.parametrize(
    ("spec", "text", "expected"),
    [
        # the samples of https://snowballstem.org/algorithms/english/stemmer.html and .../german/stemmer.html
        ("word:stem", "consign consigned consigning", [None, "consign", "consign"]),
        ("word:stem", "consistency knackeries knightly", ["consist", "knackeri", "knight"]),
        ("word:stem?lang=german", "kategorisch kategorischer", ["kategor", "kategor"]),
        ("word:stem", "Dogs, and CATS!", ["dog", None, None, "cat", None]),
        ("word:lemma", "The mice were better.", ["the", "mouse", "be", "good", None]),
        ("word:lemma", "playing Singing thinking mixed", ["play", "sing", "think", "mix"]),
        ("word:lemma", "tinged hoping staring", ["tinge", "hope", "stare"]),
        pytest.param(
            *("word:lemma?lang=de", "Häuser ging", ["Haus", "gehen"]),
            marks=pytest.mark.slow,  # a second for the dictionary
        ),
    ],
)
def test_base_forms(spec: str, text: str, expected: list[str | None]) -> None:
    assert labels(spec, text) == expected


TEXT = "Mice, Children's feet: they've 12,5 €\r\nÉtés naïves 日本語 наши дома 👩\u200d👧 e\u0301te\u0301s"


@pytest.mark.parametrize("spec", ["word?lang=zz", "word:space?lang=en"])
def test_a_language_is_for_base_forms_alone(spec: str) -> None:
    with pytest.raises(UsageError, match="unknown option 'lang'"):
        load(spec)


@pytest.mark.parametrize("lang", ["english", "french", "russian", "turkish"])
def test_stems_are_those_of_snowball(lang: str) -> None:
    import snowballstemmer

    words = cut("word", TEXT)
    stems = snowballstemmer.stemmer(lang).stemWords([word.lower() for word in words])
    assert [
        label or word for label, word in zip(labels(f"word:stem?lang={lang}", TEXT), words, strict=True)
    ] == stems


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "fr", "ru"])
def test_lemmas_are_those_of_simplemma(lang: str) -> None:
    import simplemma

    words = cut("word", TEXT)
    lemmas = [simplemma.lemmatize(word, lang=lang) for word in words]
    assert [
        label or word for label, word in zip(labels(f"word:lemma?lang={lang}", TEXT), words, strict=True)
    ] == lemmas


@pytest.mark.parametrize("spec", ["word:stem", "word:lemma"])
def test_base_forms_cut_as_word_does(spec: str) -> None:
    assert cut(spec, TEXT) == cut("word", TEXT)
    assert load(spec).count(TEXT) == load("word").count(TEXT)


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("word:stem?lang=english", "word:stem"),
        ("word:stem?lang=german", "word:stem?lang=german"),
        ("word:lemma?lang=en", "word:lemma"),
    ],
)
def test_names(spec: str, name: str) -> None:
    assert load(spec).name == name


@pytest.mark.parametrize(
    ("spec", "known"), [("word:stem?lang=klingon", "english"), ("word:lemma?lang=../en", "de")]
)
def test_unknown_language(spec: str, known: str) -> None:
    with pytest.raises(UsageError, match=rf"lang is .*\b{known}\b"):
        load(spec)


@pytest.mark.parametrize(("spec", "package"), [("word:stem", "snowballstemmer"), ("word:lemma", "simplemma")])
def test_missing_package(spec: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=rf"{spec} .*tokscope-cli\[words\]"):
        load(spec)


@settings(max_examples=200, deadline=None)
@given(text=texts)
@example(text="\n".join(HOSTILE.values()))
@example(text=" ".join(HOSTILE.values()))
@example(text="\u3000 \u0301 a\u202f \u202fb \u200d 👩")
@example(text="a.b.c 1,2;3:4 _._ a'_ __ a_b 'a' é.b.c e\u0301:d")
def test_a_count_is_that_of_all_segments(text: str) -> None:
    for whole in (
        text,
        f"{text} é",
        text.encode("ascii", "ignore").decode(),
        text.replace(" ", " é\t\u0301"),
    ):
        found = word_pattern(whole).findall(whole)
        words = sum(any(map(str.isalnum, segment)) for segment in found)
        assert count_words(whole) == (len(found), words)


def test_stems_in_several_threads() -> None:
    """Snowball keeps the word that it works on; one stemmer serves all threads."""
    stem = load("word:stem")
    text = "running dogs generously relational conditional nationally " * 20
    right = stem.encode(text).labels
    with ThreadPoolExecutor(8) as pool:
        assert all(found.labels == right for found in pool.map(stem.encode, [text] * 40))
