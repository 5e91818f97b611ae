"""`phrase` against phrases of the paper and of our own hand, and its tags against jieba.posseg's."""

from __future__ import annotations

import re
import sys

import pytest
import rjieba
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import SAMPLES
from tests.support.contract import assert_contract
from tokscope import Split, load
from tokscope.errors import MissingExtra

TOKENIZER = load("phrase")


def phrases(text: str) -> str:
    """Write a split as the paper does, without the phrases that we have no name for."""
    tokens = assert_contract(TOKENIZER, text)
    return " ".join(
        f"[{token.label} {token.data.decode()}]" if token.label else token.data.decode() for token in tokens
    )


@pytest.mark.parametrize(
    "chunked",
    [
        # Tjong Kim Sang & Buchholz 2000, section 2; where the corpus has "#" for the pound
        "[NP He] [VP reckons] [NP the current account deficit] [VP will narrow] to "
        "[NP only £1.8 billion] in [NP September] .",
        "[NP The lighthouse keeper] [NP 's log] for [NP the winter]",
        "[NP The cat] [VP has come back] .",
        "[NP Nobody] [VP had written] that [NP she] [VP was gone] .",
        "for [NP the ninth] of [NP February] ,",
        "[NP They] [VP couldn’t be quickly found] ; [VP don't give up] !",
        "[NP The patient] [VP was quickly taken] to [NP the operating room] .",
        "[NP Researchers] [VP trained] [NP the network] and [VP released] [NP the weights] .",
        "[NP John Smith] [VP bought] [NP a very small new car] in [NP New York] .",
        "[NP 医生] 把 [NP 病人] 的 [NP 心电图] [VP 交给] [NP 系统] 。",
        "[NP 屏幕上] [VP 就会出现] [NP 一份风险评估报告] 。",
        "[NP 他] 又 和 [NP 同事] [VP 讨论了] [NP 半个小时] 。",
        "[NP 深度] [VP 学习] 和 [NP 自然语言] ，",
    ],
)
def test_examples(chunked: str) -> None:
    text = chunked.replace("[NP ", "").replace("[VP ", "").replace("]", "")
    text = re.sub(r" (?=[.,;!]|'s)|(?<=[\u4e00-\u9fff]) ", "", text)
    assert phrases(text) == chunked


def test_both_languages_in_one_text() -> None:
    assert phrases("The cat has come back.他是医生。\n他写 GPT-4。") == (
        "[NP The cat] [VP has come back] . [NP 他] [VP 是] [NP 医生] 。 [NP 他] [VP 写] [NP GPT-4] 。"
    )


def test_letters_that_jieba_cuts_off_stay_in_their_word() -> None:
    tokens = [token.data.decode() for token in TOKENIZER.encode("他在Café看Zürich。")]
    assert not {"é", "ü", "Caf", "rich"} & set(tokens)


def tagged(text: str) -> dict[tuple[int, int], str]:
    at, tags = 0, {}
    for word, tag in rjieba.tag(text):
        tags[at, at + len(word)] = tag
        at += len(word)
    return tags


@pytest.mark.slow
def test_the_tags_are_those_of_jieba_posseg() -> None:
    """On the words that both find; jieba.posseg guesses at unknown ones with a model of its own."""
    import jieba.posseg

    engine = jieba.Tokenizer()
    engine.FREQ, engine.total = engine.gen_pfdict(engine.get_dict_file())
    engine.initialized = True
    text = (SAMPLES / "chinese.txt").read_text("utf-8")
    at, same, seen, ours = 0, 0, 0, tagged(text)
    for pair in jieba.posseg.POSTokenizer(engine).cut(text):
        seen += 1
        same += ours.get((at, at + len(pair.word))) == pair.flag
        at += len(pair.word)
    assert same / seen > 0.95


WORDS = (
    "the a old very cat 's n't don't will have been found up to of quickly 3.5 $ U.S. Café "
    "猫 的 了 很 好 看 一个 。 . ,"
)


@settings(max_examples=20, deadline=None)
@given(words=st.lists(st.sampled_from([*WORDS.split(), "\n"]), max_size=30))
def test_words_in_any_order(words: list[str]) -> None:
    """Every word is in one token, and a label is one of two or none."""
    text = " ".join(words)
    split: Split = assert_contract(TOKENIZER, text)
    assert "".join(token.data.decode() for token in split).replace(" ", "") == text.replace(" ", "").replace(
        "\n", ""
    )
    assert set(split.labels or ()) <= {"NP", "VP", None}


@pytest.mark.parametrize(
    "piece", [" ", "a", "big ", "very ", "will ", "'s ", "字", "很", "\x00", "👩‍👧", "."]
)
def test_long_runs(piece: str) -> None:
    """What is quadratic never ends: a long word, a long phrase that comes to nothing."""
    assert TOKENIZER.count(piece * (10_000 // len(piece.encode()))) <= 10_000


def test_a_long_word_of_foreign_letters_in_chinese() -> None:
    assert TOKENIZER.count("看" + "é" * 100_000) == 2


def test_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "HanTa.HanoverTagger", None)
    with pytest.raises(MissingExtra, match=r"phrase .*tokscope-cli\[phrases\]"):
        load("phrase")
