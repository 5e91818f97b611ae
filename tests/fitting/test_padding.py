"""Texts as a model takes them: equal to `tokenizers` in every list; what padding costs, by hand."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import models, pre_tokenizers, processors

from tests.support.padded import lists
from tests.support.shell import tokscope
from tokscope.errors import UsageError
from tokscope.fitting.padding import TRANSFORMERS_NAMES, Padding, Prepared, fill_batches, prepared, wastes
from tokscope.registry import load
from tokscope.vocabularies import VOCABULARIES

WORDS = [f"w{i}" for i in range(20)]
SPECIALS = ["<pad>", "<s>", "</s>", "<cls>", "<unk>"]
FRAMES = {
    "none": None,
    "bert": processors.BertProcessing(("</s>", 2), ("<cls>", 3)),
    "roberta": processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 1), trim_offsets=False, add_prefix_space=False
    ),
    "xlnet": processors.TemplateProcessing(
        single="$A:0 </s>:0 <cls>:2",
        pair="$A:0 </s>:0 $B:1 </s>:1 <cls>:2",
        special_tokens=[("</s>", 2), ("<cls>", 3)],
    ),
    "llama": processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)]
    ),
    "t5": processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 2)]
    ),
}


def engine_of(frame: str) -> tokenizers.Tokenizer:
    vocabulary = {word: i for i, word in enumerate([*SPECIALS, *WORDS])}
    engine = tokenizers.Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    engine.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    engine.add_special_tokens(SPECIALS)
    if FRAMES[frame] is not None:
        engine.post_processor = FRAMES[frame]
    return engine


words = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("special", [False, True])
@settings(max_examples=60, deadline=None)
@given(
    firsts=st.lists(words, min_size=1, max_size=4),
    seconds=st.none() | st.lists(words, min_size=4, max_size=4),
    most=st.none() | st.integers(5, 14),
    left=st.booleans(),
)
def test_as_tokenizers(
    frame: str,
    special: bool,
    firsts: list[str],
    seconds: list[str] | None,
    most: int | None,
    left: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.getbasetemp() / f"{frame}.json"
    if not path.exists():
        engine_of(frame).save(str(path))
    theirs = engine_of(frame)
    theirs.enable_padding(direction="left" if left else "right", pad_id=0, pad_token="<pad>")
    if most is not None:
        theirs.enable_truncation(most)
    several = firsts if seconds is None else list(zip(firsts, seconds, strict=False))
    expected = [lists(one) for one in theirs.encode_batch(several, add_special_tokens=special)]
    ours = load(f"hf:{path}", special=special)
    made = prepared(ours, firsts, seconds and seconds[: len(firsts)], truncate_to=most)
    assert ours.pad_id == 0
    found = [[*map(list, one[:4])] for _, one in fill_batches(made, len(made), None, Padding(0, left))]
    assert found == expected


@pytest.mark.parametrize("name", ["bert-base-uncased", "bert-base-chinese"])
def test_of_berts_own(name: str) -> None:
    path = str(VOCABULARIES[name].path)
    theirs = tokenizers.BertWordPieceTokenizer(path, lowercase=True)
    theirs.enable_padding(length=12)
    theirs.enable_truncation(10)
    pairs = [
        ("How are you?", "Fine, 谢谢 unaffable"),
        ("a " * 30, "b"),
        ("a", "b " * 30),
        ("a " * 9, "b " * 9),
    ]
    ours = prepared(load(name, special=True), *map(list, zip(*pairs, strict=True)), truncate_to=10)
    found = [[*map(list, one[:4])] for _, one in fill_batches(ours, 9, 12, Padding(0))]
    assert found == [lists(theirs.encode(*pair)) for pair in pairs]


@pytest.mark.parametrize(
    ("name", "pad"), [("bert-base-chinese", 0), ("t5", 0), ("gemma", 0), ("tekken", 11), ("gpt2", None)]
)
def test_vocabularies_that_name_a_token_for_padding(name: str, pad: int | None) -> None:
    assert load(name).pad_id == pad


def test_positions_leave_padding_out() -> None:
    (one,) = prepared(load("bert-base-uncased", special=True), ["hi"])
    assert one.padded(5, Padding(0, left=True)).positions == [0, 0, 0, 1, 2]
    assert one.padded(5, Padding(0)).positions == [0, 1, 2, 0, 0]
    assert one.padded(2, Padding(0)) == Prepared(*map(list, one))
    assert (one.tokens, one.padded(5, Padding(0)).tokens) == (3, 3)


def test_what_batches_cost_by_hand() -> None:
    """As given 2 x 9 + 2 x 8; sorted 2 x 3 + 2 x 9; bucketed (2), (9), (3), (8) by powers of two."""
    found = {one.order: (one.batches, one.tokens, one.padded) for one in wastes([2, 9, 3, 8], 2)}
    assert found == {"as given": (2, 22, 34), "sorted": (2, 22, 24), "bucketed": (4, 22, 22)}
    assert [one.share for one in wastes([2, 9, 3, 8], 2)] == [12 / 34, 2 / 24, 0]
    assert [one.share for one in wastes([0, 0], 2)] == [0, 0, 0]


@given(st.lists(st.integers(0, 50), min_size=1), st.integers(1, 9))
def test_sorting_full_batches_never_costs_more(lengths: list[int], size: int) -> None:
    as_given, ordered, bucketed = wastes(lengths, size)
    if len(lengths) % size == 0:  # where a smaller batch comes last, the order given may happen to suit it
        assert ordered.padded <= as_given.padded
    assert {one.tokens for one in (as_given, ordered, bucketed)} == {sum(lengths)}
    assert all(one.padded >= one.tokens for one in (as_given, ordered, bucketed))


def test_the_command() -> None:
    texts = ("-x", "hi", "-x", "hello there my friend", "-x", "a")
    done = tokscope(
        "encode", "-t", "bert-base-uncased", "--special", *texts, "--batch", "2", "--format", "json"
    )
    payload = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert [(one["batch"], one["tokens"], len(one["input_ids"])) for one in payload["results"]] == [
        *((0, 3, 6), (0, 6, 6), (1, 3, 3)),
    ]
    assert payload["results"][0]["input_ids"] == [101, 7632, 102, 0, 0, 0]
    assert [one["padded"] for one in payload["summary"]["waste"]] == [15, 12, 12]
    done = tokscope("encode", "-t", "bert-base-uncased", *texts, "--batch", "2", "--format", "table")
    assert (
        "without the 2 special tokens that bert-base-uncased puts around a text: --special adds them"
        in done.out
    )
    assert "What batches of 2 cost" in done.out


def test_npz(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    done = tokscope("encode", "-t", "t5", "-x", "hi", "-x", "hello there", "--pad-to", "4", "-o", path)
    assert (done.code, done.err) == (0, "")
    with np.load(io.BytesIO(path.read_bytes())) as found:
        assert {name: one.shape for name, one in found.items()} == dict.fromkeys(TRANSFORMERS_NAMES, (2, 4))
        assert found["attention_mask"].sum() == 3
        assert found["input_ids"].dtype == np.int64


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-t", "gpt-4o", "--batch", "2"], "gpt-4o has no token for padding: give one with --pad-id ID"),
        (["-t", "gpt-4o", "--pair", "a", "b"], "leave out files and --text"),
        (["-t", "bert-base-uncased", "--special", "--truncate-to", "1"], "the special tokens alone are 2"),
        (["-t", "bert-base-uncased", "--pad-to", "1"], "--truncate-to 1 cuts longer ones"),
        (["-t", "bert-base-uncased", "--pad", "left"], "add --pad-to N or --batch N"),
        (["-t", "bert-base-uncased", "--pad-to", "3", "--binary", "u16"], "--format json or npz"),
        (["-t", "bert-base-uncased", "--format", "csv"], "--format csv is for what a model takes"),
        (["-t", "word", "--truncate-to", "3"], "word has no ids"),
    ],
)
def test_what_cannot_be_asked(arguments: list[str], says: str) -> None:
    done = tokscope("encode", "-x", "hello there", *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert says in done.err


def test_a_pair_where_none_is_known() -> None:
    done = tokscope("encode", "-t", "gpt-4o", "--pair", "a", "b")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "says nothing about pairs" in done.err
    with pytest.raises(UsageError, match="the special tokens alone are 3"):
        prepared(load("bert-base-uncased", special=True), ["a"], ["b"], truncate_to=2)
