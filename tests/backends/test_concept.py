"""`concept` against sentences that were cut by hand, and what its options say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import wordllama
from hypothesis import given, settings
from hypothesis import strategies as st
from nupunkt import sent_spans
from safetensors.numpy import load_file
from tokenizers import Tokenizer as HfTokenizer
from wordllama.inference import WordLlamaInference

from tests.support import SAMPLES
from tests.support.contract import assert_contract
from tests.support.shell import tokscope
from tests.support.texts import texts
from tokscope import load
from tokscope.backends.concept.quant import FORMAT, SHIPPED
from tokscope.backends.concept.sentences import _LINE, _MAY_END
from tokscope.errors import MissingExtra, Unsupported, UsageError
from tokscope.files import npz
from tokscope.text.segments import Unit, segments

# Where | stands, a sentence ends; the white space after it is dropped.
ENGLISH = """\
Dr. Smith met Mrs. Jones at 4:10 p.m. yesterday. | They spoke for an hour.
The U.S. economy grew by 3.5 percent. | Prices fell.
He lives in the U.S. | She moved to the U.K. in 1999.
It costs $3.50 at Acme Inc. on Main St. today. | Buy now!
"Wind NW, strong. | Lamp trimmed at 4:10 p.m. | All well." | Day after day the same hand notes the weather.
"Where are you going?" she asked. | "Home," he said.
"Stop!" he cried. | Nobody did.
I wonder ... perhaps not. | We shall see...
Well... I don't know. | Do you?
Are you sure?! | Yes.
See Fig. 3 and Eq. 2, cf. Sec. 4. | The proof is in vol. 2, pp. 10-12.
Use tools, e.g. a hammer, i.e. something heavy. | Then stop.
J. R. R. Tolkien wrote it. | C. S. Lewis did not.
Visit https://example.com/a.b?c=d. | Or write to a.b@example.org.
Version 2.10.3 is out. | Upgrade from v1.0.
(This is a sentence.) | This is another.
He arrived on Jan. 5. | It rained.
Gen. Lee and Sgt. Pepper vs. Prof. Moriarty: no contest. | Really.
He said, "I'm done." | Then he left.
The company, founded in 1901 by A. B. Clark Jr., failed. | It was sold for approx. 2 million.
Is it No. 5 or No. 7? | I forget.
What a day! | What a night. | What now?
My email is x@y.com. | I'm at 5 p.m. | We can talk then.
Mr. and Mrs. Brown Jr. moved to St. Louis, Mo. in Sept. last year. | They like it.
Run python3 -m pip install. | Edit config.yaml, then restart nginx.service. | Done."""

OTHERS = """\
我爱你。| 你呢？| 我不知道！
“机器学习模型读过的病例还多，”王大夫说，“可是它不认识李老师。” | 在他看来，它是好帮手。
她笑着问护士：“那台电脑叫什么名字？| 我想谢谢它。” | 她答。
人工智能正在走进医院。| 去年春天，心外科开始试用。
“是吗？” | 他问。| “是的。” | 她答。
他喊道：“快跑！” | 大家都跑了。
第一，准备；第二，开始。| 完成！
你好!| 他走了?| 是的。
真的吗？！ | 当然。
增长了3.5%。| 价格是12.80元。
「你要去哪裡？」| 他問道。
（这是一句话。）| 这是另一句。
版本2.10.3已发布。| Please upgrade. | 谢谢！
今日は良い天気ですね。| 明日はどうですか？| わかりません。
안녕하세요. | 어디 가세요? | 집에 갑니다.
मैं घर जा रहा हूँ। | तुम कहाँ हो? | जल्दी आओ।
إلى أين تذهب؟ | أنا ذاهب إلى البيت. | حسنا!"""

MISSED = """\
他想了想……| 还是没有说话。
The temperature rose to 98.6 F. | We were worried.
He works for Apple Inc. | She works for Yahoo! Inc. in California.
1. Open the door. | 2. Walk in.
Then Lt. Col. Hale, U.S. Army, replied. | He left.
Es kommt am 5. Mai. | Schön!
«Куда ты?» — спросила она. | Он молчал.
M. Dupont est arrivé à 8 h. | Il a dit : « Bonjour ! » | Puis il est parti, cf. p. 3."""


def cut(spec: str, text: str) -> list[str]:
    return [token.data.decode() for token in assert_contract(load(spec), text)]


def by_hand(line: str) -> list[str]:
    return [sentence.strip() for sentence in line.split("|")]


@pytest.mark.parametrize("line", [*ENGLISH.split("\n"), *OTHERS.split("\n")])
def test_sentences_cut_by_hand(line: str) -> None:
    assert cut("concept", line.replace("| ", "").replace("|", "")) == by_hand(line)


@pytest.mark.parametrize("line", MISSED.split("\n"))
def test_what_it_is_known_to_miss(line: str) -> None:
    """An estimate: should one of these be found one day, it moves up."""
    assert cut("concept", line.replace("| ", "").replace("|", "")) != by_hand(line)


def test_the_boundaries_of_uax_29_alone_do_worse() -> None:
    """They know no abbreviations: it is why there is a dependency."""

    def right(line: str) -> bool:
        split = segments(line.replace("| ", ""), Unit.SENTENCE)
        return [token.data.decode().strip() for token in split] == by_hand(line)

    assert sum(map(right, ENGLISH.split("\n"))) <= 16 < len(ENGLISH.split("\n"))


@pytest.mark.parametrize(("sample", "sentences"), [("english.txt", 13), ("chinese.txt", 13)])
def test_samples(sample: str, sentences: int) -> None:
    """Counted by hand; there a quotation of two sentences is two."""
    assert load("concept").count((SAMPLES / sample).read_text("utf-8")) == sentences


@pytest.mark.parametrize(
    ("spec", "text", "parts"),
    [
        ("concept?cap=20", "one two, three four five", ["one two,", "three four five"]),
        ("concept?cap=20", "one two three four five six", ["one two three four", "five six"]),
        ("concept?cap=18", "one two three four five six", ["one two three four", "five six"]),
        ("concept?cap=17", "one two three four five six", ["one two three", "four five six"]),
        ("concept?cap=5", "一二三，四五，六七八九十", ["一二三，", "四五，", "六七八九十"]),
        ("concept?cap=4", "一二三四五六七", ["一二三四", "五六七"]),
        ("concept?cap=4", "abc👩‍👩‍👧x", ["abc", "👩‍👩‍", "👧x"]),  # five code points in one character
        ("concept?cap=3", "e\u0301e\u0301e\u0301", ["e\u0301", "e\u0301", "e\u0301"]),
        ("concept?cap=0", "word " * 100, [("word " * 100).strip()]),
        ("concept", "x" * 201, ["x" * 200, "x"]),
        ("concept", "x" * 200, ["x" * 200]),
        ("concept", "one\ntwo\r\n\r\n  three  \n", ["one", "two", "three"]),
        ("concept", " \n\t\n", []),
    ],
)
def test_cap_and_lines(spec: str, text: str, parts: list[str]) -> None:
    assert cut(spec, text) == parts


@settings(max_examples=50, deadline=None)
@given(text=texts, cap=st.integers(1, 40))
def test_nothing_but_white_space_is_lost_and_none_is_longer_than_the_cap(text: str, cap: int) -> None:
    parts = cut(f"concept?cap={cap}", text)
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", text)
    assert all(0 < len(part) <= cap and part == part.strip() for part in parts)


def test_the_end_of_a_text_is_a_sentence() -> None:
    labels = [token.label for token in load("concept", special=True).encode("One. Two.\n")]
    assert labels == [None, None, "End of text."]
    assert load("concept", special=True).count("") == 1


def test_thoughts() -> None:
    """One question of GSM8k's kind, with two steps: c = 2 in the paper, between <bot> and <eot>."""
    steps = "<<600*30/100=180>>\n\n  <<600-180=420>>\n"
    tokens = list(load("concept:latent", special=True).encode(steps))
    assert [token.label for token in tokens] == ["<bot>", *["<thought>"] * 4, "<eot>"]
    assert [token.data.decode() for token in tokens[1:5:2]] == ["<<600*30/100=180>>", "<<600-180=420>>"]
    assert load("concept:latent").count(steps) == 4
    assert load("concept:latent?per=3").count(steps) == 6
    assert load("concept:latent?per=1").count("") == 0


PROSQA = "Sally is a scrompus.\nEvery scrompus is a rempus.\nEvery rempus is a sterpus."
"""The steps of the first item of data/prosqa_test.json (MIT) in Coconut's repository."""


@pytest.mark.parametrize(("stage", "thoughts", "written"), [(0, 0, 33), (1, 1, 23), (2, 2, 11), (3, 3, 0)])
def test_stages_of_coconut(stage: int, thoughts: int, written: int) -> None:
    """What its dataset.py makes of the steps, and two markers."""
    spec = f"concept:latent?per=1&most=6&stage={stage}"
    assert load(spec).count(PROSQA) == thoughts + written
    assert load(spec, special=True).count(PROSQA) == thoughts + written + 2


def by_the_dataset(text: str, stage: int | None, most: int | None, per: int, pad: bool) -> int:
    """Follow get_cot_latent_dataset() line by line."""
    steps = [f"{line.strip()}\n" for line in text.split("\n") if line.strip()]
    last = most if most is not None else len(steps)
    if stage is None or (most is not None and stage > most):
        skipped, latent = 10_000, last if pad else min(len(steps), last)
    else:
        skipped, latent = stage, stage
    return per * latent + sum(map(load("gpt2").count, steps[skipped:]))


schedules = st.tuples(
    st.none() | st.integers(0, 5), st.none() | st.integers(1, 4), st.integers(1, 3), st.booleans()
).filter(lambda one: one[1] is not None or not one[3])


@pytest.mark.parametrize("special", [False, True])
@settings(max_examples=40, deadline=None)
@given(lines=st.lists(texts, max_size=4), schedule=schedules)
def test_any_stage(
    special: bool, lines: list[str], schedule: tuple[int | None, int | None, int, bool]
) -> None:
    text = "\n".join(lines)
    stage, most, per, pad = schedule
    given = {"stage": stage, "most": most, "per": per, "pad": "true" if pad else None}
    options = "&".join(f"{name}={value}" for name, value in given.items() if value is not None)
    tokenizer = load(f"concept:latent?{options}", special=special)
    split = assert_contract(tokenizer, text)
    assert len(split) == by_the_dataset(text, *schedule) + 2 * special
    assert tokenizer.trace(text).split == split


@pytest.mark.parametrize("options", ["per=2&most=3", "per=1&most=6"])
@pytest.mark.parametrize("steps", [0, 2, 9])
def test_released_configurations_always_have_six_thoughts(options: str, steps: int) -> None:
    assert load(f"concept:latent?{options}&pad=true").count("step\n" * steps) == 6


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("concept?per=3", "unknown option 'per' (options of concept: cap)"),
        ("concept:latent?cap=3", "unknown option 'cap' (options of concept:latent: stage, most, per, pad)"),
        ("concept:latent?pad=true", "say how many, like most=3"),
        ("concept:latent?pad=yes", "pad is true or false"),
    ],
)
def test_what_it_would_ignore_is_refused(spec: str, says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        load(spec)


@pytest.mark.slow
@pytest.mark.parametrize("piece", [" ", "a", ".", '"', "字", "\n", "a. ", "。", "🇯🇵", "!字", "a, ", "\x00"])
def test_long_runs(piece: str) -> None:
    """A third of a megabyte of each: what is quadratic never ends."""
    assert load("concept").count(piece * (300_000 // len(piece.encode()))) < 160_000


@pytest.mark.parametrize(
    "spec",
    [
        "concept?cap=-1",
        "concept?cap=x",
        "concept?cap=",
        "concept:latent?per=0",
        "concept?cap=²",
        "concept:latent?per=1001",
        "concept?cap=" + "9" * 5000,
    ],
)
def test_bad_numbers(spec: str) -> None:
    with pytest.raises(UsageError, match="is a number from"):
        load(spec)


def test_it_says_that_it_is_an_estimate() -> None:
    done = tokscope("count", "-x", "One. Two.", "-x", "Three.", "-t", "concept", "--format", "table")
    assert (done.code, done.err) == (0, "")
    assert "concept is an estimate" in done.out
    listed = json.loads(tokscope("list", "concept", "--format", "json").out)
    assert [one["exact"] for one in listed["results"]] == [False] * 3


@given(text=texts)
def test_where_no_stop_is_seen_punkt_sees_none(text: str) -> None:
    for line in _LINE.findall(text):
        if not _MAY_END.search(line):
            assert sent_spans(line) == [(0, len(line))]


# --- codes of sentences ----------------------------------------------------------------------------------


def test_codes_are_the_nearest_of_what_is_left() -> None:
    """Of WordLlama's own vectors, entry by entry."""
    sentences = ["The king rules the land.", "El rey gobierna.", "A monarch governs the country.", "3.14"]
    split = load("concept:quant").encode("\n".join(sentences))
    folder = Path(wordllama.__file__).parent
    rows = load_file(folder / "weights" / "l2_supercat_256.safetensors")["embedding.weight"]
    words = HfTokenizer.from_file(str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    encoder = WordLlamaInference(rows.astype(np.float32), words)
    left = encoder.embed(sentences, norm=True).astype(np.float64)
    _, arrays = npz.load_model(str(SHIPPED), FORMAT)
    expected = []
    for entries in arrays["entries"].astype(np.float64):
        codes = [int(np.linalg.norm(entries - one, axis=1).argmin()) for one in left]
        left = left - entries[codes]
        expected.append(codes)
    ids = np.array(split.ids).reshape(len(sentences), 8) - 256 * np.arange(8)
    assert ids.T.tolist() == expected
    assert split[9].label == f"<1:{expected[1][1]}>"
    assert [token.data.decode() for token in split if token.data] == sentences
    three = load("concept:quant?levels=3").encode("\n".join(sentences)).ids
    assert np.array(three).reshape(4, 3).tolist() == np.array(split.ids).reshape(4, 8)[:, :3].tolist()


@settings(max_examples=8, deadline=None)
@given(texts, st.integers(1, 8))
def test_each_sentence_has_a_code_a_level(text: str, levels: int) -> None:
    tokenizer = load(f"concept:quant?levels={levels}")
    assert len(assert_contract(tokenizer, text)) == levels * load("concept").count(text)
    assert not tokenizer.exact


def test_the_end_of_a_text_has_codes_too() -> None:
    plain = load("concept:quant").encode("One.\nEnd of text.")
    added = assert_contract(load("concept:quant", special=True), "One.")
    assert added.labels == plain.labels
    with pytest.raises(Unsupported, match="do not give back its text"):
        load("concept:quant").decode(plain.ids or [])


@pytest.mark.parametrize("option", ["levels=0", "levels=9", "per=2", "cap=-1"])
def test_what_codes_cannot_be_told(option: str) -> None:
    with pytest.raises(UsageError, match=option.partition("=")[0]):
        load(f"concept:quant?{option}")


def test_codes_without_the_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """They can be counted, which asks for no vector."""
    monkeypatch.setattr("tokscope.backends.concept.quant.find_spec", lambda name: None)
    assert load("concept:quant").count("One. Two.") == 16
    with pytest.raises(MissingExtra, match=r"tokscope-cli\[concepts\]"):
        load("concept:quant").encode("One.")
