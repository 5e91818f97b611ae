"""`jieba` against jieba itself, in each of its modes, with and without a user dictionary."""

from __future__ import annotations

import functools
import itertools
import marshal
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jieba
import pytest
import rjieba
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.contract import assert_contract, pieces, tokenizer_of
from tests.support.texts import HOSTILE, texts
from tokscope import Tokenizer, load
from tokscope.errors import BrokenTokenizer

REFERENCE: dict[str, Callable[[jieba.Tokenizer, str], list[str]]] = {
    "jieba": lambda engine, text: engine.lcut(text),
    "jieba:nohmm": lambda engine, text: engine.lcut(text, HMM=False),
    "jieba:full": lambda engine, text: engine.lcut(text, cut_all=True),
    "jieba:search": lambda engine, text: engine.lcut_for_search(text),
}


def engine() -> jieba.Tokenizer:
    """Load jieba, as it does itself when it finds no jieba.cache."""
    loaded = jieba.Tokenizer()
    loaded.FREQ, loaded.total = loaded.gen_pfdict(loaded.get_dict_file())
    loaded.initialized = True
    return loaded


reference = functools.cache(engine)


@functools.cache
def words() -> list[str]:
    return [word for word, frequency in reference().FREQ.items() if frequency]


any_word = st.deferred(lambda: st.sampled_from(words()))
latin = st.deferred(  # T恤, C++, 卡拉OK, ...
    lambda: st.sampled_from([word for word in words() if any(char.isascii() for char in word)])
)

chinese = st.lists(
    st.one_of(
        any_word,
        any_word.map(lambda word: word[:1]),
        st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),  # jieba's last is U+9FD5
        st.sampled_from(["㐀", "\U00020000", "豈", "﨎", "々", "〇", "ア", "한", "é", "１", "ａ"]),
        latin,
        st.text("aZ09+#&._%-", min_size=1, max_size=6),
        st.sampled_from(["，", "。", "“", "·", " ", "\u3000", "\n", "\r", "\r\n", "\t", "\x1c", "\x00", "!"]),
    ),
    max_size=20,
).map("".join)


def cut(tokenizer: Tokenizer, text: str) -> list[str]:
    return [
        token.data.decode() if token.label is None else token.label
        for token in assert_contract(tokenizer, text)
    ]


@pytest.mark.parametrize("spec", REFERENCE)
@settings(max_examples=100, deadline=None)
@given(text=st.one_of(chinese, texts))
def test_any_text(spec: str, text: str) -> None:
    assert cut(tokenizer_of(spec), text) == REFERENCE[spec](reference(), text)


@pytest.mark.parametrize("spec", REFERENCE)
@settings(max_examples=100, deadline=None)
@given(text=chinese)
def test_counts_of_pieces_add_up(spec: str, text: str) -> None:
    tokenizer = tokenizer_of(spec)
    assert sum(map(tokenizer.count, pieces(tokenizer, text))) == tokenizer.count(text)


@pytest.mark.parametrize("spec", ["jieba", "jieba:nohmm"])
@given(text=chinese)
def test_words_tile_the_text(spec: str, text: str) -> None:
    split = tokenizer_of(spec).encode(text)
    assert b"".join(token.data for token in split) == text.encode()
    assert split.labels is None


def test_latin_letters_digits_and_signs() -> None:
    for length in range(1, 6):
        for characters in itertools.product("a1.-_%+", repeat=length):
            text = "".join(characters)
            assert cut(tokenizer_of("jieba"), text) == reference().lcut(text)


def test_dictionary_of_jieba_rs_is_that_of_jieba() -> None:
    """It tells no frequencies, but suggests some that follow from them, by other arithmetic than jieba."""
    assert all(map(rjieba.has_word, words()))
    assert all(abs(rjieba.suggest_freq(word) - reference().suggest_freq(word)) <= 1 for word in words()[::20])


@pytest.mark.parametrize(
    ("spec", "text", "words"),
    [  # the examples of jieba's README
        ("jieba", "我来到北京清华大学", "我 来到 北京 清华大学"),
        ("jieba", "他来到了网易杭研大厦", "他 来到 了 网易 杭研 大厦"),
        ("jieba:nohmm", "他来到了网易杭研大厦", "他 来到 了 网易 杭 研 大厦"),
        ("jieba:full", "我来到北京清华大学", "我 来到 北京 清华 清华大学 华大 大学"),
        (
            "jieba:search",
            "小明硕士毕业于中国科学院计算所，后在日本京都大学深造",
            "小明 硕士 毕业 于 中国 科学 学院 科学院 中国科学院 计算 计算所 "
            "， 后 在 日本 京都 大学 日本京都大学 深造",
        ),
    ],
)
def test_examples(spec: str, text: str, words: str) -> None:
    assert cut(tokenizer_of(spec), text) == words.split()


def test_spans_of_words_within_words() -> None:
    tokens = [(t.start, t.end, t.label) for t in tokenizer_of("jieba:search").encode("在科学院")]
    assert tokens == [(0, 3, None), (3, 9, None), (9, 12, "学院"), (12, 12, "科学院")]
    tokens = [(t.start, t.end, t.label) for t in tokenizer_of("jieba:full").encode("X光线a")]
    assert tokens == [(0, 4, None), (4, 7, "X光线"), (7, 7, "光线"), (7, 8, None)]


@pytest.mark.parametrize(
    ("piece", "times", "count"), [("a", 1_000_000, 1), ("\0", 1_000_000, 1_000_000), ("鿕", 300_000, 300_000)]
)
def test_long_runs(piece: str, times: int, count: int) -> None:
    """On the last one, an unknown word of a megabyte, jieba itself is quadratic."""
    assert tokenizer_of("jieba").count(piece * times) == count


DICTIONARIES = {
    "usual": "\ufeff云计算 5\r\n\n石墨烯 n\n冠状动脉搭桥术\nα波 4\nGPT-4\ncovid-19 2 n\n的 900\n",
    "a word twice": "中国 900000000000\n中国 3\n是创\n",
    "words to forget": "大学 0\n云计算\n北京清华\n杭研 0\n杭研 3\n",
    "a hyphen": "a 900000000\nb 900000000\n- 900000000\na-b 1\n云计算\n",
}
DICTIONARY_TEXT = (
    "冠状动脉搭桥术后，云计算、石墨烯。GPT-4 v4.1-b covid-19的α波 a-b +a-b "
    "我来到北京清华大学，他来到了网易杭研大厦 中国的大学生李小福是创新办主任也是云计算方面的专家" * 3
)


@pytest.mark.slow
@pytest.mark.parametrize("entries", DICTIONARIES.values(), ids=DICTIONARIES)
def test_user_dictionary(entries: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "user.txt"
    path.write_bytes(entries.encode())
    tokenizers = {spec: load(f"{spec}?dict={path}") for spec in REFERENCE}
    monkeypatch.setattr(jieba.finalseg, "Force_Split_Words", set())
    reference = engine()
    reference.load_userdict(str(path))
    for spec, words in REFERENCE.items():
        assert cut(tokenizers[spec], DICTIONARY_TEXT) == words(reference, DICTIONARY_TEXT)
        assert tokenizers[spec].name == f"{spec}?dict={path}"


def test_user_dictionary_keeps_terms_whole(tmp_path: Path) -> None:
    terms = ["冠状动脉搭桥术", "云计算", "GPT-4"]
    path = tmp_path / "terms.txt"
    path.write_text("\n".join(terms), "utf-8")
    for term in terms:
        assert len(cut(tokenizer_of("jieba"), term)) > 1
        assert cut(load(f"jieba?dict={path}"), f"用{term}的") == ["用", term, "的"]


def test_dictionaries_of_two_tokenizers_are_two(tmp_path: Path) -> None:
    """jieba has one set of words to force apart for the whole process."""
    apart, whole = tmp_path / "apart.txt", tmp_path / "whole.txt"
    apart.write_text("杭研 0\n", "utf-8")
    whole.write_text("中国 0\n", "utf-8")
    tokenizers = [load(f"jieba?dict={path}") for path in (apart, whole)] * 2
    text = "他来到了网易杭研大厦"
    assert ["杭研" in cut(tokenizer, text) for tokenizer in tokenizers] == [False, True, False, True]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        ("人工智能 3 n".encode("gbk"), "byte 0 is not UTF-8"),
        ("好\n人工智能 3 n".encode() + b"\xff", "byte 20 is not UTF-8"),
        (b"a\nb " + b"9" * 5000, "line 2: a frequency of over 12 digits"),
    ],
)
def test_bad_user_dictionary(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "user.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BrokenTokenizer, match=rf"user\.txt: {message}"):
        load(f"jieba?dict={path}")


LINES = "云计算 5\n\ufeff\ufeff好学生\n\nDeep Blue深蓝 10 nz\n人工智能\t3\n 杭研 -3\n大 数据 n\n1 2 3\n"


def test_a_user_dictionary_is_read_as_jieba_reads_it(tmp_path: Path) -> None:
    """Terms with spaces, tabs and signs are words too, and their frequencies count."""
    path = tmp_path / "user.txt"
    path.write_text(LINES, "utf-8")
    reference = jieba.Tokenizer()
    reference.load_userdict(str(path))
    ours = load(f"jieba?dict={path}")
    for text in [
        *HOSTILE.values(),
        *LINES.split("\n"),
        "李小福是创新办主任也是云计算方面的专家",
        "台中大 数据好学生",
    ]:
        assert cut(ours, text) == reference.lcut(text)


MAIN = "我爱 50 n\n自然 30\n语言 20 n\n自然语言 90\n北京 100\n北京 7\n大学 10\nabc 3 eng\n"


@pytest.mark.parametrize("more", ["", "&dict={user}"])
def test_a_dictionary_in_the_place_of_jiebas_own(more: str, tmp_path: Path) -> None:
    path, user = tmp_path / "main.txt", tmp_path / "user.txt"
    path.write_text(MAIN, "utf-8")
    user.write_text(LINES, "utf-8")
    reference = jieba.Tokenizer()
    reference.FREQ, reference.total = reference.gen_pfdict(path.open("rb"))
    reference.initialized = True
    if more:
        reference.load_userdict(str(user))
    options = f"?main={path}{more.format(user=user)}"
    for text in [*HOSTILE.values(), "我爱自然语言处理和北京大学abc-1云计算", "我来到北京清华大学"]:
        assert cut(load(f"jieba{options}"), text) == reference.lcut(text)
        assert cut(load(f"jieba:nohmm{options}"), text) == reference.lcut(text, HMM=False)


def test_a_main_dictionary_needs_frequencies(tmp_path: Path) -> None:
    path = tmp_path / "main.txt"
    path.write_text("我爱 5\n自然\n", "utf-8")
    with pytest.raises(BrokenTokenizer, match="word 2 is not WORD FREQUENCY"):
        load(f"jieba?main={path}")


def test_folder_for_a_user_dictionary(tmp_path: Path) -> None:
    with pytest.raises(BrokenTokenizer, match="directory"):
        load(f"jieba:full?dict={tmp_path}")


@pytest.mark.slow
def test_silent_and_deaf_to_the_cache_of_jieba(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In jieba.cache, where jieba looks for it, lies a dictionary of nothing; and jieba is compiled again."""
    cold = tmp_path_factory.mktemp("pycache")
    poison = marshal.dumps(({}, 1))
    (tmp_path / "jieba.cache").write_bytes(poison)
    script = "from tokscope import load; print(load('jieba:full').count('我来到北京清华大学'))"
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={
            **os.environ,
            "TMPDIR": str(tmp_path),
            "PYTHONWARNINGS": "always",
            "PYTHONPYCACHEPREFIX": str(cold),
        },
        capture_output=True,
        check=True,
    )
    assert (run.stdout.strip(), run.stderr) == (b"7", b"")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("jieba.cache", poison)]
