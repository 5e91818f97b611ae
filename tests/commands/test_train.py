"""Vocabularies learned from texts, against what `tokenizers` itself learns from them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from tests.support import SAMPLES
from tests.support.contract import assert_contract, tokenizer_of
from tests.support.shell import tokscope, until_computed, until_read
from tests.support.texts import HOSTILE, texts
from tokscope.engines.rank_merges import Merges
from tokscope.engines.ranks import Pattern
from tokscope.inputs import Decoding, Document
from tokscope.learning.training import SPLIT_PATTERNS, learn_bpe, learn_wordpiece, oniguruma, train
from tokscope.text.cuts import LINE_OR_WORD
from tokscope.vocabularies.patterns import CL100K_PATTERN, O200K_PATTERN

CORPUS = [SAMPLES / f"{name}.txt" for name in ("english", "chinese", "german", "emoji", "russian")]


def test_bpe_is_what_tokenizers_learns_from_the_same_texts(tmp_path: Path) -> None:
    assert tokscope("train", "bpe", *CORPUS, "--vocab-size", "700", "-o", tmp_path / "tok.json") == (
        0,
        "",
        "",
    )
    reference = Tokenizer(models.BPE())
    reference.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(O200K_PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        min_frequency=2,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    reference.train_from_iterator((path.read_text("utf-8") for path in CORPUS), trainer)
    ours = json.loads((tmp_path / "tok.json").read_text("utf-8"))["model"]
    theirs = json.loads(reference.to_str())["model"]
    assert (ours["vocab"], ours["merges"]) == (theirs["vocab"], theirs["merges"])
    assert len(ours["vocab"]) == 700


def test_bpe_learns_the_merges_of_the_paper() -> None:
    # Sennrich et al. 2016, Algorithm 1, whose words end in </w>: here in a space, so the pairs are the same.
    words = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
    text = "".join(f"{word}\n" * count for word, count in words.items())
    engine = train(learn_bpe(259), [Document.of_text(text, Decoding())], lambda document: None)
    assert json.loads(engine.to_str())["model"]["merges"] == [["e", "s"], ["es", "t"], ["l", "o"]]


def test_pieces_cut_no_pre_token_and_give_the_same_vocabulary(tmp_path: Path) -> None:
    """A file of many blocks, and the same text to the library at once."""
    text = "".join(path.read_text("utf-8") for path in CORPUS) * 120
    (tmp_path / "long.txt").write_text(text, "utf-8")
    assert len(text.encode()) > 2 * (1 << 18)
    by_blocks = train(
        learn_bpe(500), [Document("long", Decoding(), lambda: (tmp_path / "long.txt").open("rb"))], print
    )
    at_once = learn_bpe(500)
    at_once.engine.train_from_iterator([text], at_once.trainer)
    assert by_blocks.to_str() == at_once.engine.to_str()


def test_wordpiece_is_bert_s(tmp_path: Path) -> None:
    path = tmp_path / "tok.json"
    assert tokscope("train", "wordpiece", *CORPUS, "--vocab-size", "900", "-o", path).code == 0
    engine = Tokenizer.from_file(str(path))
    assert [engine.id_to_token(i) for i in range(5)] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert engine.encode("The lighthouse!").tokens[0] == "[CLS]"
    assert engine.encode("ÉÉ").ids == engine.encode("ee").ids
    assert tokscope("count", "-x", "The the", "-t", f"hf:{path}", "--special").out == "4\n"


def test_wordpiece_keeps_case_where_asked() -> None:
    text = ("-x", "Ab ab Ab ab", "--vocab-size", "100", "-o", "-")
    lower, kept = (
        json.loads(tokscope("train", "wordpiece", *text, *options).out)["model"]["vocab"]
        for options in ([], ["--keep-case"])
    )
    assert ("ab" in lower, "Ab" in lower) == (True, False)
    assert ("ab" in kept, "Ab" in kept) == (True, True)


@pytest.mark.parametrize("model", ["bpe", "wordpiece"])
def test_a_pair_comes_as_often_as_is_asked(model: str) -> None:
    text = ("-x", "ab ab ab cd cd", "--vocab-size", "300", "-o", "-", "--min-frequency", "3")
    vocab = json.loads(tokscope("train", model, *text).out)["model"]["vocab"]
    assert ("ab" in vocab, "cd" in vocab) == (True, False)


@pytest.mark.parametrize("model", ["bpe", "wordpiece"])
def test_the_same_corpus_gives_the_same_file(model: str) -> None:
    runs = {tokscope("train", model, *CORPUS, "--vocab-size", "1200", "-o", "-").out for _ in range(3)}
    assert len(runs) == 1


def test_wordpiece_is_what_tokenizers_learns_but_for_ties() -> None:
    """In its own single pass over the texts, which breaks ties otherwise."""
    documents = [Document.of_text(path.read_text("utf-8"), Decoding()) for path in CORPUS]
    ours = train(learn_wordpiece(1200), documents, lambda document: None)
    reference = learn_wordpiece(1200).engine
    trainer = trainers.WordPieceTrainer(
        vocab_size=1200,
        min_frequency=2,
        special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        show_progress=False,
    )
    reference.train_from_iterator((path.read_text("utf-8") for path in CORPUS), trainer)
    text = "".join(path.read_text("utf-8") for path in CORPUS)
    size, theirs = len(ours.encode(text).ids), len(reference.encode(text).ids)
    assert abs(size - theirs) < 0.01 * theirs
    assert len(ours.get_vocab().keys() & reference.get_vocab().keys()) > 0.95 * reference.get_vocab_size()


@pytest.mark.parametrize(
    "kind",
    [["bpe"], ["bpe", "--byte-fallback"], ["unigram"], ["unigram", "--pattern", "o200k_base"]],
    ids=" ".join,
)
def test_every_text_can_be_said(kind: list[str], tmp_path: Path) -> None:
    size = 1000 if "--byte-fallback" in kind else 800  # its characters are more
    path = tmp_path / "tok.json"
    (tmp_path / "bytes.txt").write_text("<0x41> <0x4F>\n" * 20)
    done = tokscope("train", *kind, *CORPUS, tmp_path / "bytes.txt", "--vocab-size", f"{size}", "-o", path)
    assert done == (0, "", "")
    tokenizer = tokenizer_of(f"hf:{path}")
    assert tokenizer.vocab_size == size
    for text in ("The lighthouse keeper", "two  spaces\n\nand <0x41> lines\n", "冠状动脉 ★🦜"):
        split = assert_contract(tokenizer, text)
        assert split.ids is not None
        assert tokenizer.decode(split.ids).decode() == text
        assert kind[0] == "bpe" or 0 not in split.ids  # <unk>


def test_bpe_with_byte_fallback_is_what_tokenizers_learns_and_256_bytes() -> None:
    """The same merges in the same order, and what they give of a text of the corpus."""
    documents = [Document.of_text(path.read_text("utf-8"), Decoding()) for path in CORPUS]
    ours = train(learn_bpe(1200, pattern=None, special=["<s>"]), documents, lambda document: None)
    reference = Tokenizer(models.BPE())
    reference.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"[\r\n]+"), "isolated"),
            pre_tokenizers.Metaspace(prepend_scheme="never"),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=944, min_frequency=2, show_progress=False, special_tokens=["<s>"]
    )
    reference.train_from_iterator((path.read_text("utf-8") for path in CORPUS), trainer)
    model, theirs = json.loads(ours.to_str())["model"], json.loads(reference.to_str())["model"]
    assert model["merges"] == theirs["merges"]
    assert [ours.id_to_token(i) for i in (0, 1, 256)] == ["<s>", "<0x00>", "<0xFF>"]
    assert {*model["vocab"]} == {*theirs["vocab"], *(f"<0x{byte:02X}>" for byte in range(256))}
    for path in CORPUS:
        text = path.read_text("utf-8")
        assert ours.encode(text).tokens == reference.encode(text).tokens
    assert ours.encode("🦜").tokens == ["<0xF0>", "<0x9F>", "<0xA6>", "<0x9C>"]


def test_unigram_is_what_tokenizers_learns_and_256_bytes(tmp_path: Path) -> None:
    """The same pieces: only their scores, and so their order, differ a little from run to run."""
    path = tmp_path / "tok.json"
    tokscope("train", "unigram", CORPUS[0], "--vocab-size", "400", "-o", path)
    vocabulary = json.loads(path.read_text("utf-8"))["model"]["vocab"]
    assert vocabulary[1:257] == [[f"<0x{n:02X}>", 0.0] for n in range(256)]
    reference = Tokenizer(models.Unigram())
    reference.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"[\r\n]+"), "isolated"),
            pre_tokenizers.Metaspace(prepend_scheme="never"),
        ]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=144,
        unk_token="<unk>",
        special_tokens=["<unk>"],
        show_progress=False,
    )
    reference.train_from_iterator([CORPUS[0].read_text("utf-8")], trainer)
    assert {piece for piece, _ in vocabulary[:1] + vocabulary[257:]} == reference.get_vocab().keys()


@pytest.mark.parametrize("name", SPLIT_PATTERNS)
@settings(max_examples=20, deadline=None)
@given(text=texts)
def test_every_pattern_cuts_as_ours(name: str, text: str) -> None:
    pattern = Pattern(SPLIT_PATTERNS[name])
    split = pre_tokenizers.Split(Regex(oniguruma(SPLIT_PATTERNS[name])), "isolated")
    for one in (text, *HOSTILE.values()):
        if Merges({}, pattern).takes(one):  # no character newer than the library
            assert [piece for piece, _ in split.pre_tokenize_str(one)] == pattern.pieces(one)


def test_oniguruma_reads_what_was_meant() -> None:
    assert oniguruma(r"[\p{L}--[a-z]]+|\s++$") == r"[\p{L}&&[^a-z]]+|\s++\z"
    assert r"\p{N}{1,3}|" in oniguruma(CL100K_PATTERN)


def test_special_tokens_and_standard_output() -> None:
    done = tokscope("train", "bpe", CORPUS[0], "--vocab-size", "300", "--special-token", "<|end|>", "-o", "-")
    engine = Tokenizer.from_str(done.out)
    assert engine.encode("a<|end|>").ids[-1] == 0
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("model", ["bpe", "wordpiece", "unigram"])
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-x", ""], "nothing to learn from this corpus"),
        (["gone"], "gone: no such file"),
        (["-x", "hello hello", "--vocab-size", "5"], "--vocab-size 5"),
        (["-x", "hello hello", "--special-token", "a\x1b"], "control characters"),
        (["-x", "hello hello", "--special-token", "a", "--special-token", "a"], "twice"),
        (["-x", b"hello \xff"], "byte 6"),
        (["-x", "hello hello", "-o", "nowhere/x.json"], "nowhere/x.json"),
        (["-x", "hello hello", "-o", "/dev/full"], "No space left"),
    ],
)
def test_what_cannot_be_learned_leaves_the_file_alone(
    model: str, arguments: list[str | bytes], says: str, tmp_path: Path
) -> None:
    (tmp_path / "tok.json").write_text("precious")
    done = tokscope("train", model, "-o", "tok.json", *arguments, cwd=tmp_path)
    assert done.code == 2
    assert says in done.err
    assert "Traceback" not in done.err
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"tok.json": "precious"}


def test_fewer_tokens_than_asked_for_are_said(tmp_path: Path) -> None:
    done = tokscope("train", "bpe", "-x", "ab ab", "--vocab-size", "9999", "-o", "tok.json", cwd=tmp_path)
    assert (done.code, done.err) == (0, "tokscope: the corpus gave 257 tokens, not 9,999\n")
    assert tokscope("train", "bpe", "-x", "a", cwd=tmp_path).err.startswith("tokscope: name the file")
    both = tokscope("train", "bpe", "-x", "a", "--byte-fallback", "--pattern", "gpt2", "-o", "-")
    assert (both.code, both.err.endswith("one of them\n")) == (2, True)


@pytest.fixture
def corpus_that_takes_long(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "long.txt"
    words = (os.urandom(5).hex() for _ in range(400_000))
    path.write_text(" ".join(words))
    yield path
    path.unlink()


@pytest.mark.parametrize("model", ["bpe", "unigram"])
def test_ctrl_c_while_it_reads(model: str, tmp_path: Path) -> None:
    """From a pipe that gives a part of the text and then nothing."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tokscope", "train", model, "-o", "tok.json"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(b"hello world " * 100_000)
    process.stdin.flush()
    until_read(process)
    process.send_signal(signal.SIGINT)
    assert process.wait(100) == 130
    assert process.communicate() == (b"", b"")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(("model", "seconds"), [("unigram", 0.2), ("unigram", 1.5), ("wordpiece", 1.5)])
def test_ctrl_c_while_it_starts_or_learns(
    model: str, seconds: float, corpus_that_takes_long: Path, tmp_path: Path
) -> None:
    """While the library computes, which hears nothing; and before tokscope itself could hear it."""
    (tmp_path / "tok.json").write_text("precious")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tokscope", "train", model, corpus_that_takes_long),
            *("--vocab-size", "4000", "-o", "tok.json"),
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    until_computed(process, seconds)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=100)
    if seconds > 1:
        assert (process.returncode, out, err) == (130, b"", b"")
    assert process.returncode != 0
    assert {path.name for path in tmp_path.iterdir()} == {"tok.json", "long.txt"}
    assert (tmp_path / "tok.json").read_text() == "precious"


def test_cut_is_the_one_of_the_pattern() -> None:
    assert learn_bpe(300).cut is LINE_OR_WORD
    assert learn_bpe(300, pattern="gpt2").cut is not LINE_OR_WORD
