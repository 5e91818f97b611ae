"""`terms`: what it finds against a search that tries everything, its ids, and its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support import ROOT
from tests.support.contract import assert_contract, assert_contract_on_hostile, pieces
from tests.support.shell import tokscope
from tests.support.texts import texts
from tokscope import Tokenizer, load
from tokscope.backends.terms import Terms
from tokscope.errors import BrokenTokenizer, TokscopeError, UnknownId, Unsupported, UsageError
from tokscope.text.terms import TermFinder

TERMS = [
    *("heart attack", "heart", "art", "a", "type 2 diabetes", "C++", ".NET", "naïve", "don't", "é", "नम"),
    *("冠状动脉", "冠状动脉搭桥术", "冠", "心脏", "GPT", "カレー", "심장", "👩", "数据", "the", "日本語"),
]
INNER = ["o200k_base", "gpt2", "qwen2.5", "t5", "bert-base-uncased", "byte", "char", "char:codepoint", "word"]
INNER += ["jieba", "jieba:search"]
TOKENIZERS = {spec: Terms(spec, load(spec), TERMS) for spec in INNER}
ONE_WORD = {spec: Terms(spec, load(spec), [term for term in TERMS if " " not in term]) for spec in INNER}


def cut(tokenizer: Tokenizer, text: str) -> list[str]:
    return [token.data.decode(errors="backslashreplace") for token in assert_contract(tokenizer, text)]


@pytest.mark.parametrize("spec", INNER)
def test_hostile_text(spec: str) -> None:
    assert_contract_on_hostile(TOKENIZERS[spec])


@pytest.mark.parametrize("spec", INNER)
@settings(max_examples=20, deadline=None)
@given(parts=st.lists(st.one_of(st.sampled_from([*TERMS, " ", "\n"]), texts), max_size=12))
def test_any_text(spec: str, parts: list[str]) -> None:
    text = "".join(parts)
    assert_contract(TOKENIZERS[spec], text)
    for tokenizer in (TOKENIZERS[spec], ONE_WORD[spec]):
        if tokenizer.cut is not None:
            assert sum(map(tokenizer.count, pieces(tokenizer, text))) == tokenizer.count(text)


def test_where_texts_may_be_cut() -> None:
    """Not in a term of two words; and beside a term of jieba's, a run goes on that it does not see."""
    assert TOKENIZERS["gpt2"].cut is None
    assert TOKENIZERS["o200k_base"].cut is not None
    assert TOKENIZERS["o200k_base"].cut.search("heart attack") is None
    assert TOKENIZERS["jieba"].cut is None
    assert ONE_WORD["gpt2"].cut == load("gpt2").cut


@pytest.mark.slow
@pytest.mark.parametrize("spec", ["o200k_base", "qwen2.5", "byte", "char:codepoint"])
@settings(max_examples=50, deadline=None)
@given(parts=st.lists(st.one_of(st.sampled_from([*TERMS, " "]), st.text(max_size=3)), max_size=12))
def test_ids_give_the_text_again(spec: str, parts: list[str]) -> None:
    text = "".join(parts).encode(errors="replace").decode()
    ids = TOKENIZERS[spec].encode(text).ids
    assert ids is not None
    if spec != "qwen2.5" or text.isascii():  # which composes what is not composed
        assert TOKENIZERS[spec].decode(ids) == text.encode()


def slowly(terms: list[str], text: str) -> Iterator[str]:
    """Try every term at every place, the longest first; words are of Latin letters alone."""

    def divides_a_word(at: int) -> bool:
        beside = text[at - 1 : at + 1] if at else ""
        return len(beside) == 2 and beside.isascii() and beside.isalnum()

    at = done = 0
    while at < len(text):
        for term in sorted(terms, key=len, reverse=True):
            end = at + len(term)
            if text.startswith(term, at) and not divides_a_word(at) and not divides_a_word(end):
                yield from (text[done:at], term)
                at = done = end
                break
        else:
            at += 1
    yield text[done:]


@settings(max_examples=300, deadline=None)
@given(
    terms=st.lists(st.text("ab-字心 ", min_size=1, max_size=4), max_size=6, unique=True),
    text=st.text("ab-字心 ", max_size=20),
)
@example(terms=["ab", "a"], text="ab abb a-b 字a心")
@example(terms=["字", "字心字"], text="字心心字心字")
@example(terms=["a b", " b"], text="a b b")
def test_finds_what_a_search_of_everything_finds(terms: list[str], text: str) -> None:
    assert TermFinder(terms).parts(text) == list(slowly(terms, text))


@pytest.mark.parametrize(
    ("terms", "text", "found"),
    [
        (["art"], "art of the heart, arts, 3art, art_x, art", ["art", "art"]),
        (["art", "art nouveau"], "art nouveau art nouveaux", ["art nouveau", "art"]),
        (["art", " art"], "an art", [" art"]),
        (["冠状动脉", "冠状动脉搭桥术"], "行冠状动脉搭桥术后冠状动脉病", ["冠状动脉搭桥术", "冠状动脉"]),
        (["状动", "冠状"], "冠状动", ["冠状"]),
        (["ab日"], "xab日 ab日本 日ab日", ["ab日", "ab日"]),
        (["e", "α"], "e\u0301 e α\u0301", ["e"]),
        (["नमस"], "नमस्ते नमस", ["नमस"]),
        (["👩", "👧"], "👩‍👧 👩", ["👩"]),
        (["👍"], "👍🏽 👍", ["👍"]),
        (["心"], "\u0e33心\u0e33 심장 심", []),
        (["심장"], "심장이 심장", ["심장", "심장"]),
        (["خواهم"], "می\u200cخواهم خواهم", ["خواهم"]),
        (["a.b"], "a.b aXb", ["a.b"]),
        (["C++", "--", "[x]", "^"], "C++ -- [x] Cxx ^", ["C++", "--", "[x]", "^"]),
        ([], "anything", []),
    ],
)
def test_terms_found(terms: list[str], text: str, found: list[str]) -> None:
    parts = TermFinder(terms).parts(text)
    assert parts[1::2] == found
    assert "".join(parts) == text


@pytest.mark.parametrize(
    ("spec", "text", "tokens"),
    [
        ("o200k_base", "A heart attack, hearts", ["A", " heart attack", ",", " hearts"]),
        ("o200k_base", "a  heart\n art", ["a", " ", " heart", "\n", " art"]),
        ("o200k_base", "冠状动脉搭桥术后GPT模型", ["冠状动脉搭桥术", "后", "GPT", "模型"]),
        ("o200k_base", "Heart GPT4 _art", ["Heart", " GPT", "4", " _", "art"]),
        ("bert-base-uncased", "A heart attack!", ["A", "heart attack", "!"]),
        ("t5", "The heart attack", ["The", "heart attack"]),
        ("word", "type 2 diabetes, type 2", ["type 2 diabetes", ",", "type", "2"]),
        ("word", "C++ .NET heart-art", ["C++", ".NET", "heart", "-", "art"]),
        ("word", "नमस्ते नम caffe\u0301 e\u0301", ["नमस्ते", "नम", "caffe\u0301", "e\u0301"]),
        ("jieba", "做冠状动脉搭桥术", ["做", "冠状动脉搭桥术"]),
        ("char:codepoint", "👩‍👧👩 심장이", ["👩", "\u200d", "👧", "👩", " ", "심장", "이"]),
    ],
)
def test_examples(spec: str, text: str, tokens: list[str]) -> None:
    assert cut(TOKENIZERS[spec], text) == tokens


def test_ids() -> None:
    """Those of the other tokenizer, then the dictionary's terms, then the same with a space in front."""
    tokenizer = Terms("", load("gpt-4o"), ["heart", "art"])
    size = load("gpt-4o").vocab_size
    assert size is not None
    assert tokenizer.vocab_size == size + 4
    assert list(tokenizer.encode("art heart art heart").ids or ()) == [size + 1, size + 2, size + 3, size + 2]
    assert tokenizer.decode([13225, size + 2, size + 1]) == b"Hello heartart"
    for bad in (size + 4, 10**9, -1):
        with pytest.raises(UnknownId, match=f"{bad} is not an id of "):
            tokenizer.decode([size, 13225, bad])
    assert [entry.data for entry in list(tokenizer.vocabulary())[-4:]] == [
        b"heart",
        b"art",
        b" heart",
        b" art",
    ]
    with pytest.raises(Unsupported, match="has no ids"):
        TOKENIZERS["word"].decode([1])


def test_dictionary_of_jieba() -> None:
    spec = "terms:gpt-4o?dict=samples/terms.dict"
    done = tokscope("split", "-x", "做冠状动脉搭桥术", "-t", spec, cwd=ROOT)
    assert done == (0, "做\n冠状动脉搭桥术\n", "")
    for_all = ("--dict", "samples/terms.dict")
    both = tokscope("count", "-x", "冠状动脉搭桥术", "-t", "terms:gpt-4o,terms:byte", *for_all, cwd=ROOT)
    assert both.out.split("\n")[1].split() == ["1", "1", "--text"]


@pytest.mark.parametrize(
    ("lines", "terms"),
    [
        ("\ufeff石墨烯 n\r\n\r\n云计算 5\n 冠状动脉 3 nz \n云计算\n", ["石墨烯", "云计算", "冠状动脉"]),
        (
            "type 2 diabetes\nvitamin b 12\nGPT 4\n心脏 bypass",
            ["type 2 diabetes", "vitamin b 12", "GPT 4", "心脏 bypass"],
        ),
    ],
)
def test_lines(lines: str, terms: list[str], tmp_path: Path) -> None:
    (tmp_path / "terms.txt").write_text(lines)
    tokenizer = load(f"terms:char:codepoint?dict={tmp_path}/terms.txt")
    assert tokenizer.vocab_size == 0x110000 + len(terms)
    for index, term in enumerate(terms):
        assert list(tokenizer.encode(term).ids or ()) == [0x110000 + index]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "has no terms"),
        (b" \n\t\n", "has no terms"),
        (b"good\nba\x1bd\n", r": line 2: a term cannot hold U\+001B"),
        (b"a\tb\n", r": line 1: a term cannot hold U\+0009"),
        ("good\n\u0301e\n".encode(), r": line 2: a term cannot begin with U\+0301"),
        (b"good\n\xff\n", "byte 5 is not UTF-8"),
        (None, "No such file"),
    ],
)
def test_bad_dictionaries(data: bytes | None, message: str, tmp_path: Path) -> None:
    if data is not None:
        (tmp_path / "terms.txt").write_bytes(data)
    with pytest.raises(BrokenTokenizer, match=message):
        load(f"terms:byte?dict={tmp_path}/terms.txt")


@pytest.mark.parametrize(
    ("spec", "special", "error", "message"),
    [
        ("terms:byte", False, UsageError, "--dict FILE"),
        ("terms", False, UsageError, "terms:NAME"),
        ("terms:nope?dict=samples/terms.dict", False, TokscopeError, "unknown tokenizer 'nope'"),
        ("terms:byte?dict=samples/terms.dict&lang=x", False, UsageError, "unknown option 'lang'"),
        ("terms:bert-base-uncased?dict=samples/terms.dict", True, Unsupported, "adds tokens around a text"),
    ],
)
def test_bad_specs(
    spec: str, special: bool, error: type[Exception], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(error, match=message):
        load(spec, special=special)


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("terms:gpt-4o?dict=samples/terms.dict", "terms:o200k_base?dict=samples/terms.dict"),
        (
            "terms:word:stem?dict=samples/terms.dict&lang=german",
            "terms:word:stem?lang=german&dict=samples/terms.dict",
        ),
    ],
)
def test_name_loads_it_again(spec: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert load(spec).name == load(name).name == name


def test_special_tokens_are_the_other_tokenizers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    tokenizer = load("terms:gpt-4o?dict=samples/terms.dict", special=True)
    assert list(tokenizer.encode("<|endoftext|>").ids or ()) == [199999]


def test_many_terms_in_a_long_text() -> None:
    """Forty thousand terms, and a megabyte that begins one at each character and ends none."""
    terms = [
        f"字{first}{second}"
        for first in map(chr, range(0x4E00, 0x4EC8))
        for second in map(chr, range(200, 400))
    ]
    assert Terms("", load("byte"), terms).count("字" * 300_000) == 900_000
    assert Terms("", load("byte"), [*terms, "a" * 50]).count("a" * 300_000) == 300_000
