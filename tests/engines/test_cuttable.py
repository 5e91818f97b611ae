"""Where the parts of a tokenizer.json allow a cut, counts of pieces add up; elsewhere there is none."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers

from tests.support.contract import pieces
from tests.support.texts import HOSTILE, texts
from tests.support.tokenizer_json import KINDS, byte_level, unigram, word_level
from tokscope import load
from tokscope.engines.cuttable import cut_of
from tokscope.text.cuts import LINE_OR_WORD, SPACE_CUT, WORD_CUT
from tokscope.vocabularies import VOCABULARIES
from tokscope.vocabularies.patterns import GPT2_PATTERN

SHIPPED = {
    one.pattern: name
    for name, one in reversed(VOCABULARIES.items())
    if one.backend == "bpe" and not one.characters
}
PATTERNS = {name: pattern for pattern, name in SHIPPED.items()}


def with_pattern(pattern: str) -> Tokenizer:
    engine = byte_level()
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    behind = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    engine.pre_tokenizer = pre_tokenizers.Sequence([split, behind])
    return engine


def in_words() -> Tokenizer:
    engine = word_level()
    stages = [pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True)]
    engine.pre_tokenizer = pre_tokenizers.Sequence([*stages, pre_tokenizers.Punctuation()])
    engine.add_tokens(["<think>", "::", AddedToken("日本", normalized=False)])
    return engine


ENGINES = {
    **KINDS,
    "in words": in_words,
    "never ▁": functools.partial(unigram, normalizers.NFKC(), "never"),
    **{f"pattern of {name}": functools.partial(with_pattern, one) for name, one in PATTERNS.items()},
}
CUTS = {
    "byte-level": WORD_CUT,
    "byte-level, space in front": SPACE_CUT,
    "byte-level, NFC": WORD_CUT,
    "byte-level, NFD": WORD_CUT,
    "byte-level, </w>": WORD_CUT,
    "byte fallback": None,
    "unigram, NFKC": SPACE_CUT,
    "unigram, first": SPACE_CUT,
    "unigram, bare": SPACE_CUT,
    "wordpiece": None,  # for its added token "lazy dog"
    "wordlevel": LINE_OR_WORD,
    "in words": LINE_OR_WORD,
    "never ▁": SPACE_CUT,
    **{
        f"pattern of {name}": WORD_CUT if pattern == GPT2_PATTERN else LINE_OR_WORD
        for name, pattern in PATTERNS.items()
    },
}


@functools.cache
def file_of(kind: str) -> str:
    path = Path(mkdtemp()) / "tokenizer.json"
    path.write_text(ENGINES[kind]().to_str(), "utf-8")
    return f"hf:{path}"


@functools.cache
def tokenizer_of(kind: str) -> Any:
    return load(file_of(kind))


@pytest.mark.parametrize("kind", ENGINES)
def test_what_the_parts_allow(kind: str) -> None:
    assert tokenizer_of(kind).cut == CUTS[kind]


BETWEEN = [
    "a",
    "Z",
    "9",
    "é",
    "日",
    "\u0301",
    "Σ",
    "ς",
    "▁",
    "'s",
    "'",
    "/",
    ".",
    "¨",
    "ﬁ",
    "½",
    "\u1160",
    "\u08d4",
]
SPACES = [" ", "\n", "\t", "\r", "\r\n", "  ", "\n\n", " \n", "\u00a0", "\u3000", "\u2028", "\x85", "\x0b"]
around_cuts = st.lists(st.sampled_from(BETWEEN + SPACES), max_size=40).map("".join)


@pytest.mark.parametrize("kind", [kind for kind, cut in CUTS.items() if cut is not None])
@settings(max_examples=60, deadline=None)
@given(text=st.one_of(around_cuts, texts))
def test_counts_of_pieces_add_up(kind: str, text: str) -> None:
    tokenizer = tokenizer_of(kind)
    assert sum(tokenizer.count_all(pieces(tokenizer, text))) == tokenizer.count(text)


ONE_OF_EACH_CLASS = ["byte-level, NFC", "unigram, NFKC", "unigram, bare", "wordlevel", "in words"]
ONE_OF_EACH_CLASS += ["pattern of o200k_base"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ONE_OF_EACH_CLASS)
def test_at_every_code_point(kind: str) -> None:
    """Each stands on either side of a cut, with what it may be joined to."""
    tokenizer = tokenizer_of(kind)
    codes = [*range(0xD800), *range(0xE000, 0x32000), *range(0xE0000, 0xE0200)]
    for first in range(0, len(codes), 256):
        text = "".join(f"a{one} x{one}\n{one}z" for one in map(chr, codes[first : first + 256]))
        assert sum(tokenizer.count_all(pieces(tokenizer, text))) == tokenizer.count(text)


@pytest.mark.parametrize("kind", [kind for kind, cut in CUTS.items() if cut is not None])
def test_hostile_texts(kind: str) -> None:
    tokenizer = tokenizer_of(kind)
    for text in HOSTILE.values():
        assert sum(tokenizer.count_all(pieces(tokenizer, text))) == tokenizer.count(text)


def read_of(kind: str, **changed: Any) -> dict[str, Any]:
    return {**json.loads(ENGINES[kind]().to_str()), **changed}


TOKEN = {"id": 9, "content": "<x>", "special": False, "normalized": True}
STRIP = {"type": "Strip", "strip_left": True, "strip_right": True}


@pytest.mark.parametrize(
    "changed",
    [
        {"normalizer": STRIP},
        {"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, STRIP]}},
        {"normalizer": {"type": "Replace", "pattern": {"String": "a b"}, "content": "c"}},
        {"pre_tokenizer": None},
        {"pre_tokenizer": {"type": "Digits", "individual_digits": True}},
        {"pre_tokenizer": {"type": "CharDelimiterSplit", "delimiter": "-"}},
        {"added_tokens": [{**TOKEN, "content": "a b"}]},
        {"added_tokens": [{**TOKEN, "lstrip": True}]},
        {"added_tokens": [{**TOKEN, "rstrip": True}]},
        {"added_tokens": [{**TOKEN, "single_word": True}]},
        {"added_tokens": [{**TOKEN, "content": "x日"}]},
    ],
    ids=str,
)
def test_parts_that_are_not_known(changed: dict[str, Any]) -> None:
    assert cut_of(read_of("wordlevel"), set(), special=False) == LINE_OR_WORD
    assert cut_of(read_of("wordlevel", **changed), set(), special=False) is None


def test_a_special_token_counts_only_where_it_is_looked_for() -> None:
    read = read_of("wordlevel", added_tokens=[{**TOKEN, "special": True, "lstrip": True}])
    assert cut_of(read, set(), special=False) == LINE_OR_WORD
    assert cut_of(read, set(), special=True) is None
