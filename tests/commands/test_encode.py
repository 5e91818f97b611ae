"""Ids out and back: encode and decode, as text, JSON and binary."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from array import array
from pathlib import Path
from typing import Any

import pytest
import tiktoken
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import decoders, models

from tests.support import SAMPLES
from tests.support.contract import SPECS, SWEPT, tokenizer_of
from tests.support.sentencepiece_models import sentencepiece_of
from tests.support.shell import peak
from tests.support.shell import tokscope as run
from tests.support.texts import HOSTILE, texts
from tokscope import ids
from tokscope.backends.hf import HuggingFace
from tokscope.engines.ranks import MappedRanks
from tokscope.errors import UnknownId, Unsupported, UsageError
from tokscope.ids import Width
from tokscope.vocabularies import VOCABULARIES

LOSSLESS = [
    *(
        name
        for name, known in VOCABULARIES.items()
        if known.backend == "bpe" and not known.nfc and name != "gemma"  # which reads "▁" as a space
    ),
    *("byte", "byte:utf-16", "byte:utf-32", "char:codepoint"),
]


@pytest.mark.parametrize("spec", LOSSLESS)
@settings(max_examples=30, deadline=None)
@given(text=texts)
def test_round_trip_of_any_text(spec: str, text: str) -> None:
    tokenizer = tokenizer_of(spec)
    assert tokenizer.decode(tokenizer.encode(text).ids) == text.encode()


@pytest.mark.parametrize("spec", LOSSLESS)
def test_every_id_is_its_own_bytes(spec: str) -> None:
    tokenizer = tokenizer_of(spec)
    for text in HOSTILE.values():
        for token in tokenizer.encode(text):
            if spec != "byte:utf-16":  # where a surrogate by itself is no part of UTF-8
                assert tokenizer.decode([token.id]) == token.data


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gpt2", "p50k_base", "cl100k_base", "o200k_base", "o200k_harmony"])
def test_the_whole_vocabulary_decodes_as_in_tiktoken(name: str) -> None:
    known = VOCABULARIES[name]
    reference = tiktoken.Encoding(
        name,
        pat_str=known.pattern,
        mergeable_ranks=dict(MappedRanks(known.path).items()),
        special_tokens=dict(known.special),
    )
    tokenizer = tokenizer_of(name)
    two_names = {200018} if name == "o200k_harmony" else set()  # tiktoken gives either
    for token_id in set(range(reference.n_vocab + 2)) - two_names:
        try:
            expected = reference.decode_single_token_bytes(token_id)
        except KeyError:
            with pytest.raises(UnknownId):
                tokenizer.decode([token_id])
        else:
            assert tokenizer.decode([token_id]) == expected


@pytest.mark.parametrize("spec", ["t5", "bert-base-uncased", "bert-base-chinese"])
def test_what_is_not_lossless_is_stable(spec: str) -> None:
    tokenizer = tokenizer_of(spec)
    text = (SAMPLES / "english.txt").read_text("utf-8")
    once = tokenizer.decode(tokenizer.encode(text).ids).decode()
    assert once.lower().startswith("the lighthouse keeper")
    assert tokenizer.decode(tokenizer.encode(once).ids).decode() == once


WITHOUT_IDS = [
    "char",
    "word",
    "word:space",
    "word:stem",
    "word:lemma",
    "jieba",
    "jieba:full",
    "jieba:search",
    "jieba:nohmm",
    "terms:jieba",
    "phrase",
    "blt:entropy",
    "blt:entropy?model=FILE",
    "blt:monotonic",
    "blt:space",
    "blt:static",
    "blt:bpe",
    "neural",
    "neural:FILE",
    "concept",
    "concept:latent",
]


@pytest.mark.parametrize("spec", SWEPT)
def test_without_ids_there_is_no_decoding_and_a_number_may_be_no_id(spec: str) -> None:
    tokenizer = tokenizer_of(spec)
    found = tokenizer.encode("Hello").ids
    if spec == "concept:quant":
        with pytest.raises(Unsupported, match="do not give back its text"):
            tokenizer.decode(found)
        return
    assert (found is None) == (spec in WITHOUT_IDS)
    if found is None:
        with pytest.raises(Unsupported, match=r"has no ids; .*o200k_base"):
            tokenizer.decode([0])
        return
    for bad in (-1, tokenizer.vocab_size, 1 << 40):
        with pytest.raises(UnknownId, match=re.escape(f"{bad} is not an id of {tokenizer.name}")) as error:
            tokenizer.decode([*found, bad])
        assert (error.value.id, error.value.position) == (bad, len(found))


def test_ids_that_end_inside_a_character_are_its_bytes() -> None:
    tokenizer = tokenizer_of("o200k_base")
    first = tokenizer.encode("🦜").ids[0]
    assert tokenizer.decode([first]) == b"\xf0\x9f"
    done = subprocess.run(
        [sys.executable, "-m", "tokscope", "decode", "-x", f"13225 {first}"], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"Hello\xf0\x9f", b"")
    replaced = run("decode", "--text", "-x", f"13225 {first} 13225")
    assert replaced[:2] == (0, "Hello\ufffdHello")
    assert replaced.err == "tokscope: --ids: not a whole character, replaced once by U+FFFD\n"


def test_the_name_of_a_file_of_ids_is_shown_not_sent(tmp_path: Path) -> None:
    (tmp_path / "\x1b[31m").write_text("4103")
    replaced = run("decode", "--text", str(tmp_path / "\x1b[31m"))
    assert "\\x1b[31m: not a whole character" in replaced.err
    missing = run("decode", str(tmp_path / "gone"))
    assert (missing.code, missing.err) == (2, f"tokscope: {tmp_path / 'gone'}: no such file\n")


@pytest.mark.parametrize("kind", ["unigram, byte fallback", "bpe, byte fallback, identity"])
def test_byte_pieces_at_the_end(kind: str) -> None:
    tokenizer = sentencepiece_of(kind)
    text = "a🦜"
    found = tokenizer.encode(text).ids
    assert [tokenizer.decode(found[: len(found) - i]) for i in range(5)] == [
        text.encode()[: len(text.encode()) - i] for i in range(5)
    ]


def test_byte_pieces_at_the_end_of_a_tokenizer_json() -> None:
    model = models.BPE(
        vocab={f"<0x{byte:02X}>": byte for byte in range(256)} | {"a": 256}, merges=[], byte_fallback=True
    )
    engine = tokenizers.Tokenizer(model)
    engine.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    tokenizer = HuggingFace(engine, "fallback")
    found = tokenizer.encode("a🦜").ids
    assert found == [256, *"🦜".encode()]
    assert [tokenizer.decode(found[:i]) for i in range(6)] == [b"a\xf0\x9f\xa6\x9c"[:i] for i in range(6)]


batches = st.lists(st.lists(st.integers(0, 65535), max_size=20), max_size=6)


@pytest.mark.parametrize(("width", "code"), [(Width.U16, "H"), (Width.U32, "I")])
@given(batches=batches, size=st.integers(1, 9))
def test_binary_is_little_endian_in_any_blocks(
    width: Width, code: str, batches: list[list[int]], size: int
) -> None:
    numbers = [number for batch in batches for number in batch]
    data = b"".join(ids.write_ids(batches, width=width))
    assert data == struct.pack(f"<{len(numbers)}{code}", *numbers)
    blocks = [data[i : i + size] for i in range(0, len(data), size)]
    assert [number for batch in ids.read_ids(blocks, path="-", width=width) for number in batch] == numbers


@pytest.mark.parametrize("as_json", [False, True])
@given(batches=batches, size=st.integers(1, 9))
def test_text_is_read_back_in_any_blocks(as_json: bool, batches: list[list[int]], size: int) -> None:
    numbers = [number for batch in batches for number in batch]
    data = b"".join(ids.write_ids(batches, json=as_json))
    assert data.endswith(b"\n")
    assert (json.loads(data) if as_json else list(map(int, data.split()))) == numbers
    blocks = [data[i : i + size] for i in range(0, len(data), size)]
    assert [number for batch in ids.read_ids(blocks, path="-") for number in batch] == numbers


WITH_IDS = [spec for spec in SPECS if spec not in WITHOUT_IDS and spec != "concept:quant"]

FORMS = [{}, {"json": True}, {"width": Width.U16}, {"width": Width.U32}]


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("spec", WITH_IDS)
@settings(max_examples=10, deadline=None)
@given(parts=st.lists(texts, max_size=3), size=st.integers(1, 9))
def test_every_form_gives_back_what_every_tokenizer_wrote(
    spec: str, form: dict[str, Any], parts: list[str], size: int
) -> None:
    """Ids come as each tokenizer keeps them: a list, an array, the very bytes; the reader gives arrays."""
    tokenizer = tokenizer_of(spec)
    width: Width | None = form.get("width")
    if width is Width.U16 and tokenizer.vocab_size > 1 << 16:
        with pytest.raises(UsageError, match="--binary u32"):
            width.check(tokenizer)
        return
    encoded = [tokenizer.encode(part).ids for part in parts]
    numbers = [token_id for found in encoded for token_id in found]
    data = b"".join(ids.write_ids(encoded, **form))
    if width is not None:
        assert data == struct.pack(f"<{len(numbers)}{'H' if width is Width.U16 else 'I'}", *numbers)
    blocks = [data[i : i + size] for i in range(0, len(data), size)]
    batches = [*ids.read_ids(blocks, path="-", width=width)]
    assert [token_id for batch in batches for token_id in batch] == numbers
    assert b"".join(ids.decode_ids(tokenizer, batches, path="-")) == tokenizer.decode(numbers)


@pytest.mark.parametrize("spec", WITH_IDS)
def test_ids_in_any_sequence_are_the_same_ids(spec: str) -> None:
    tokenizer = tokenizer_of(spec)
    found = [*tokenizer.encode("Hello wörld 日本 🦜").ids]
    expected = tokenizer.decode(found)
    for kind in (tuple, lambda ids: array("I", ids), lambda ids: array("Q", ids)):
        assert tokenizer.decode(kind(found)) == expected


# --- the commands ----------------------------------------------------------------------------------------


def test_a_line_for_each_text() -> None:
    assert run("encode", "-x", "Hello world", "-x", "") == (0, "13225 2375\n\n", "")
    assert run("encode", "--json", "-x", "Hello world", "-x", "") == (0, "[13225, 2375]\n[]\n", "")
    assert run("encode", "-x", "<|endoftext|>", "--special") == (0, "199999\n", "")
    assert run("decode", stdin=b"[13225, 2375]\n[199999]\n") == (0, "Hello world<|endoftext|>", "")


@pytest.mark.parametrize(
    ("spec", "binary"), [("gpt2", ["--binary", "u16"]), ("gpt-4o", ["--binary", "u32"]), ("tekken", [])]
)
def test_files_through_a_pipe(spec: str, binary: list[str], tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"\r\n".join(file.read_bytes() for file in sorted(SAMPLES.glob("*.txt"))) * 40)
    tool = f"{sys.executable} -m tokscope"
    options = " ".join(["-t", spec, *binary])
    command = f"{tool} encode {options} {path} | {tool} decode {options} | cmp - {path}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.slow
def test_memory_does_not_grow_with_the_text() -> None:
    def used(size: int) -> int:
        text = f"yes '日本語 word. And more' | head -c {25 * size}"  # whole lines
        memory, count = peak(f"{text} | tokscope encode --binary u32 | tokscope decode --binary u32 | wc -c")
        assert int(count) == 25 * size
        return memory

    assert used(200_000) < used(60_000) + 20


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["encode", "-x", "a", "-t", "jieba"], "jieba has no ids; every BPE"),
        (["encode", "-x", "a", "--binary", "u16"], "200,019 ids, more than u16 can hold: --binary u32"),
        (["encode", "-x", "a", "--binary", "u32", "--json"], "use one of them"),
        (["encode", "gone.txt"], "tokscope encode --text"),
        (["decode", "-x", "999999"], "--ids: 999999 is not an id of o200k_base (number 1 of the input)"),
        (
            ["decode", "-t", "t5", "-x", "[1, 2"],
            "--ids: its brackets do not match: a part of the list may be missing",
        ),
        (["decode", "-x", "-2"], "--ids: '-2' is not an id (number 1 of the input)"),
        (["decode", "-x", "1" * 99], "is not an id (number 1 of the input)"),
        (["decode", "-x", "日 1"], "--ids: '日' is not an id (number 1 of the input)"),
        (["decode", "-x", "１"], "'１' is not an id"),
        (["decode", "-t", "byte", "-x", "9" * 20], "is not an id of byte"),
        (["decode", "-t", "t5", "-x", "9" * 20], "is not an id of t5"),
        (["decode", "-t", "byte", "--binary", "u16", "-x", "日本"], "38886 is not an id of byte"),
        (["decode", "--binary", "u32", "-x", "abc"], "ends with 3 of the 4 bytes of an id"),
        (["decode", "-x", "1", "-t", "word"], "word has no ids"),
    ],
)
def test_what_cannot_be_done(arguments: list[str], says: str) -> None:
    done = run(*arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert says in done.err


@pytest.mark.parametrize(("width", "size"), [("u16", 2), ("u32", 4)])
@pytest.mark.parametrize("text", ["abc", "abcdefgh", "日本"])
def test_the_bytes_of_a_text_in_binary(width: str, size: int, text: str) -> None:
    tool = [sys.executable, "-m", "tokscope"]
    written = subprocess.run(
        [*tool, "encode", "-t", "byte", "--binary", width, "-x", text], capture_output=True, check=True
    ).stdout
    assert len(written) == size * len(text.encode())
    assert run("decode", "-t", "byte", "--binary", width, stdin=written) == (0, text, "")


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"Hello \xff")
    (tmp_path / "good").write_bytes(b"Hello")
    done = run("encode", "bad", "good", cwd=tmp_path)
    assert (done.code, done.out.splitlines()[-1]) == (2, "13225")
    assert "byte 6" in done.err
