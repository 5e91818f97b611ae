"""`sentencepiece:` and t5 against `sentencepiece` itself, over models of every kind."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.contract import assert_contract
from tests.support.sentencepiece_models import KINDS, reference, sentencepiece_of, train, trained
from tests.support.shell import tokscope
from tests.support.texts import HOSTILE, in_blocks, texts
from tokscope import load
from tokscope.backends.sentencepiece import STRETCH, SentencePiece
from tokscope.batches import Pieces
from tokscope.engines.sentencepiece import UNIGRAM, parted_at_spaces
from tokscope.errors import BrokenTokenizer, TokscopeError
from tokscope.files.protobuf import fields
from tokscope.report.trace import Graphs
from tokscope.text.cuts import SPACE_CUT, Stretches
from tokscope.vocabularies import VOCABULARIES

FALLBACK = [kind for kind in KINDS if "byte fallback" in kind]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "my.model"
    path.write_bytes(trained("unigram"))
    return path


@pytest.mark.parametrize("special", [False, True], ids=["plain", "special"])
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_text(kind: str, special: bool) -> None:
    tokenizer = sentencepiece_of(kind, special)
    for text in HOSTILE.values():
        split = assert_contract(tokenizer, text)
        if not special or not any(symbol in text for symbol in ("<unk>", "<s>", "</s>")):
            assert split.ids == reference(kind).encode(text, add_bos=special, add_eos=special)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=50, deadline=None)
@given(text=texts)
def test_any_text(kind: str, text: str) -> None:
    split = assert_contract(sentencepiece_of(kind), text)
    assert split.ids == reference(kind).encode(text)
    if kind not in FALLBACK:
        offsets = reference(kind).encode(text.encode(), return_type="offset_mapping")["offsets"]
        assert [*zip(split.starts, split.ends, strict=True)] == offsets


@settings(max_examples=50, deadline=None)
@given(text=texts)
def test_bytes_that_are_fallen_back_to_tile_the_text(text: str) -> None:
    split = sentencepiece_of("bpe, byte fallback, identity").encode(text)
    assert b"".join(token.data for token in split) == split.source
    for token in split:
        if token.label is not None and token.label.startswith("<0x"):
            assert token.data.hex().upper() == token.label[3:5]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("unigram", "  a ", [(b"", "▁"), (b"a", None)]),
        ("unigram", "① 字", [(b"", "▁"), ("①".encode(), "1"), (b" ", "▁"), ("字".encode(), "<unk>")]),
        ("no space in front", "a\u3000a", [(b"a", None), ("\u3000".encode(), "▁"), (b"a", None)]),
        ("case folding", "É", [(b"", "▁"), ("É".encode(), "é")]),
        ("space behind", "é", [("é".encode(), "é▁")]),
        (
            "unigram, byte fallback",
            "字\u212b",
            [
                *[(b"", "▁"), (b"\xe5", "<0xE5>"), (b"\xad", "<0xAD>"), (b"\x97", "<0x97>")],
                # NFKC makes two bytes of the Ångström sign's three.
                *[(b"", "<0xC3>"), ("\u212b".encode(), "<0x85>")],
            ],
        ),
        ("own symbols", "<sep>", [(b"", "▁"), (b"<sep>", None)]),
    ],
)
def test_spans(kind: str, text: str, expected: list[tuple[bytes, str | None]]) -> None:
    assert [(token.data, token.label) for token in sentencepiece_of(kind).encode(text)] == expected


def test_a_control_symbol_is_ordinary_text() -> None:
    processor = reference("own symbols")
    ids = sentencepiece_of("own symbols").encode("a<ctl></s>").ids
    assert ids == processor.encode("a<ctl></s>")
    assert not {*ids} & {processor.piece_to_id("<ctl>"), processor.eos_id()}


def test_special_symbols_are_added_and_found() -> None:
    split = sentencepiece_of("own symbols", special=True).encode("a<ctl>é</s>")
    assert [(token.data, token.label) for token in split] == [
        *[(b"", "<s>"), (b"", "▁"), (b"a", None), (b"<ctl>", None)],
        *[(b"", "▁"), ("é".encode(), None), (b"</s>", None), (b"", "</s>")],
    ]


def test_t5() -> None:
    plain, special = load("t5"), load("t5", special=True)
    text = "Hello world </s> ok"
    assert plain.encode(text).ids == [8774, 296, 3, 2, 87, 7, 3155, 3, 1825]
    assert special.encode(text).ids == [8774, 296, 1, 3, 1825, 1]
    assert special.encode("<unk><pad>").ids == [2, 0, 1]
    assert (plain.name, plain.vocab_size, plain.unknown_id) == ("t5", 32000, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_id(kind: str) -> None:
    assert sentencepiece_of(kind).unknown_id == (None if kind in FALLBACK else reference(kind).unk_id())


def test_a_file_has_its_own_name(model: Path) -> None:
    assert load(f"sp:{model}").name == load(f"sentencepiece:{model}").name == f"sentencepiece:{model}"
    assert load(f"sp:{model}").encode("the fox").ids == reference("unigram").encode("the fox")


@pytest.mark.parametrize(
    ("name", "letter", "tokens"),
    [
        ("t5", "a", 1_000_001),
        ("t5", "字", 2),
        ("t5", " ", 0),
        ("bpe", "\u0301", 2),
        ("bpe, byte fallback, identity", "字", 3_000_001),
    ],
)
def test_a_million_times_the_same_character(name: str, letter: str, tokens: int) -> None:
    tokenizer = load("t5") if name == "t5" else sentencepiece_of(name)
    assert tokenizer.count(letter * 1_000_000) == tokens


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[UNK]\nhello\n",
        trained("unigram")[:1000],
        trained("unigram")[:-1],
        b"\xff" * 100,
    ],
    ids=["empty", "json", "vocab.txt", "truncated", "a byte short", "noise"],
)
def test_a_broken_file_is_one_line(content: bytes, model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model.write_bytes(content)
    with pytest.raises(BrokenTokenizer) as refusal:
        load(f"sp:{model}")
    assert str(refusal.value).startswith(f"{model}: not a ")
    assert "\n" not in str(refusal.value)
    assert capfd.readouterr() == ("", "")


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BrokenTokenizer, match=os.strerror(2)):
        load(f"sp:{tmp_path / 'no.model'}")


def test_the_shipped_file_is_a_whole_model(model: Path) -> None:
    model.write_bytes(VOCABULARIES["t5"].path.read_bytes())
    assert load(f"sp:{model}").encode("Hello world").ids == load("t5").encode("Hello world").ids


PARTED = {"unigram": 1, "unigram, byte fallback": 1, "bpe": 2, "case folding": 1, "characters": 4}
"""The kinds that cut at spaces alone; a ▁ is put before others' texts, or after, or unknown to them."""


def test_which_models_part_text_at_spaces() -> None:
    found = {kind: parted_at_spaces(reference(kind)) for kind in KINDS}
    assert {kind: type_ for kind, type_ in found.items() if type_ is not None} == PARTED
    assert parted_at_spaces(load("t5")._processor) == UNIGRAM  # it is not asked each time


@pytest.mark.parametrize("rules", ["a \tx", " \u0308\tx"], ids=["over the place", "from the space on"])
def test_a_table_that_reaches_over_a_space_forbids_cuts(rules: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.tsv"
    source, target = rules.split("\t")
    path.write_text(f"{' '.join(f'{ord(char):X}' for char in source)}\t{ord(target):X}\n")
    assert parted_at_spaces(of_rules(path)) is None
    path.write_text("FB01\t66 69\n")
    assert parted_at_spaces(of_rules(path)) is not None


def of_rules(path: Path) -> sentencepiece.SentencePieceProcessor:
    """Train a model that normalises by rules of its own."""
    return sentencepiece.SentencePieceProcessor(model_proto=train(normalization_rule_tsv=str(path)))


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*PARTED, "t5"])
@settings(max_examples=60, deadline=None)
@given(
    text=texts,
    least=st.integers(1, 40),
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=4),
    times=st.integers(1, 8),
)
def test_pieces_add_up_and_stretches_are_each_a_text(
    kind: str, text: str, least: int, sizes: list[int], times: int
) -> None:
    processor = load("t5")._processor if kind == "t5" else reference(kind)
    tokenizer = SentencePiece(processor, kind)
    text = f"{text} a  b c" * times
    if tokenizer.stretches is not None:
        tokenizer.stretches = Stretches(SPACE_CUT, least)
        expected = [processor.encode(part) for part in tokenizer.stretches.parts(text)]
        assert assert_contract(tokenizer, text).ids == [one for ids in expected for one in ids]
    waiting = Pieces(tokenizer.cut or tokenizer.stretches)
    found = [waiting.add(block) for block in in_blocks(text, sizes)] + [waiting.rest()]
    assert "".join(found) == text
    assert sum(map(tokenizer.count, found)) == tokenizer.count(text)
    if kind not in ("t5", "unigram", "unigram, byte fallback", "case folding"):  # these sum up floats
        assert tokenizer.count(text) == len(processor.encode(text))


def test_a_long_text_is_cut_in_stretches() -> None:
    tokenizer = load("t5")
    text = "The quick brown fox jumps over the lazy dog. " * (STRETCH // 40)
    parts = [*tokenizer.stretches.parts(text)]
    assert [len(part) > STRETCH for part in parts] == [True, False]
    assert tokenizer.count(text) == sum(len(tokenizer._processor.encode(part)) for part in parts)


def field(number: int, value: bytes) -> bytes:
    """Write a field of a protobuf message."""
    size, out = len(value), bytearray()
    while size > 127:
        out.append(size & 127 | 128)
        size >>= 7
    return bytes([number << 3 | 2, *out, size]) + value


def without(model: bytes, *numbers: int) -> bytes:
    return b"".join(field(number, value) for number, value in fields(model) if number not in numbers)


@pytest.mark.parametrize("numbers", [(3,), (2,), (2, 3)])
def test_a_model_without_specs_loads_as_in_the_library(numbers: tuple[int, ...], tmp_path: Path) -> None:
    """One that was cut off between two pieces has neither, too: that is said, and no count of it is exact."""
    path = tmp_path / "bare.model"
    path.write_bytes(without(trained("unigram"), *numbers))
    own = sentencepiece.SentencePieceProcessor(model_proto=path.read_bytes())
    for text in HOSTILE.values():
        assert assert_contract(load(f"sp:{path}"), text).ids == own.encode(text)
    done = tokscope("count", "-x", "Hello", "-t", f"sp:{path}")
    assert (done.code, int(done.out)) == (0, len(own.encode("Hello")))
    assert ("as a truncated one would" in done.err) is (numbers == (2, 3))


def test_a_piece_that_is_no_text(tmp_path: Path) -> None:
    piece = field(1, b"\xe2\x96\x81\xff\xfe") + b"\x15" + struct.pack("<f", -2.0)
    path = tmp_path / "bytes.model"
    path.write_bytes(trained("unigram") + field(1, piece))
    tokenizer = load(f"sp:{path}")
    *_, last = tokenizer.vocabulary()
    assert (last.data, last.label, last.text) == (b" \xff\xfe", "▁\\xff\\xfe", None)
    assert tokenizer.trace("Hello").split == tokenizer.encode("Hello")


def test_what_a_normalizer_spec_claims_is_checked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "huge.model"
    path.write_bytes(without(trained("unigram"), 3) + field(3, field(2, b"\xfc\xff\xff\xff" + b"\0" * 64)))
    with pytest.raises(BrokenTokenizer, match="claims 4,294,967,292 bytes, and 64 are there"):
        load(f"sp:{path}")
    assert capfd.readouterr().err == ""


def test_the_makers_symbols_score_what_they_score_in_the_library() -> None:
    """unigram_model.cc: their length times the best score, less 0.1; where no score is positive, -0.1."""
    trace = sentencepiece_of("own symbols").trace("a<sep>b")
    (graphs,) = (figure for step in trace.steps for figure in step.figures if isinstance(figure, Graphs))
    (arc,) = (arc for arc in graphs.graphs[0].arcs if arc.text == "<sep>")
    assert arc.facts["log_probability"] == pytest.approx(-0.1)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_mutated_model_is_refused_or_works(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = bytearray(trained(data.draw(st.sampled_from(["unigram", "bpe", "own symbols"]))))
    at = data.draw(st.integers(0, min(len(model), 6000) - 1))
    model[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    path = tmp_path_factory.mktemp("mutated") / "my.model"
    path.write_bytes(model)
    try:
        tokenizer = load(f"sp:{path}")
        assert_contract(tokenizer, "Hello 日本 ①")
        list(tokenizer.vocabulary())
        tokenizer.trace("Hello 日本")
    except TokscopeError as error:
        assert "\n" not in str(error)


def test_yi_as_tokenizers_has_it() -> None:
    """By Yi's tokenizer.json, which gave 69,000 other texts the same ids, too."""
    texts = (
        "The lighthouse's keeper,  12345 days: 冠状动脉搭桥术 naïve e\u0301\n\n\tif x >= 10:",
        "  한국어 हिन्दी 🦜▁<|im_start|><h1> ",
        "",
    )
    ids = [
        [
            1263,
            1961,
            6172,
            59610,
            59575,
            41673,
            97,
            141,
            78,
            79,
            80,
            81,
            82,
            2043,
            59601,
            59568,
            25688,
            24624,
            60747,
            60778,
            59927,
            13901,
            63685,
            613,
            615,
            509,
            434,
            144,
            144,
            126,
            655,
            1812,
            14370,
            59568,
            78,
            77,
            59601,
        ],
        [
            141,
            63622,
            539,
            486,
            478,
            541,
            455,
            485,
            59568,
            529,
            469,
            490,
            529,
            469,
            496,
            529,
            469,
            473,
            63879,
            529,
            469,
            471,
            529,
            470,
            433,
            59568,
            545,
            464,
            471,
            461,
            1581,
            59705,
            622,
            59593,
            5858,
            59705,
            5122,
            59578,
            78,
            59644,
            59568,
        ],
        [],
    ]
    assert [list(load("yi").encode(text).ids or ()) for text in texts] == ids
