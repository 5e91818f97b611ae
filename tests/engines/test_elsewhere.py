"""An engine in a child process: the same tokens, and an end."""

from __future__ import annotations

import base64
import functools
import json
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from tokenizers import Tokenizer

from tests.support.contract import assert_contract
from tests.support.shell import tokscope
from tests.support.texts import HOSTILE, texts
from tests.support.tokenizer_json import KINDS, mended, saved
from tokscope import load
from tokscope.backends.hf import HuggingFace
from tokscope.engines.elsewhere import Elsewhere, swells
from tokscope.errors import BrokenTokenizer
from tokscope.vocabularies import VOCABULARIES


@functools.cache
def confined(kind: str) -> HuggingFace:
    tokenizer = HuggingFace(Tokenizer.from_str(saved(kind)), kind)
    tokenizer.confine()
    return tokenizer


def with_pattern(pattern: str) -> str:
    whole = json.loads(saved("byte-level"))
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    bytes_only = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    whole["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [split, bytes_only]}
    return json.dumps(whole)


def test_only_patterns_of_others_are_run_elsewhere(tmp_path: Path) -> None:
    for pattern, ours in ((VOCABULARIES["o200k_base"].pattern, True), (r"\s+|\w+", False)):
        (tmp_path / "tokenizer.json").write_text(with_pattern(pattern))
        tokenizer = load(f"hf:{tmp_path}")
        assert isinstance(tokenizer, HuggingFace)
        assert isinstance(tokenizer._engine, Elsewhere) is not ours


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20, deadline=None)
@given(text=texts)
def test_the_same_tokens_as_here(kind: str, text: str) -> None:
    here, there = mended(kind), confined(kind)
    try:
        expected = here.encode(text)
    except BrokenTokenizer as error:
        with pytest.raises(BrokenTokenizer) as same:
            there.encode(text)
        assert str(same.value) == str(error)
        return
    assert [*there.encode(text)] == [*expected]
    assert_contract(there, text)


@pytest.mark.parametrize("command", ["count", "split", "encode", "trace", "compare"])
@pytest.mark.parametrize(
    "pattern",
    [
        "(?:(?:a|aa|aaa)+)+$",
        pytest.param("(x+x+)+y", marks=pytest.mark.slow),
        pytest.param("((a{1,99}){1,99}){1,99}b", marks=pytest.mark.slow),
    ],
)
def test_a_pattern_that_comes_to_no_end_is_a_line_and_2(command: str, pattern: str, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(with_pattern(pattern))
    done = tokscope(command, "-x", "a" * 60 + "x" * 60 + "é", "-t", "hf:tokenizer.json", cwd=tmp_path)
    assert done.code == 2
    assert done.err.startswith("tokscope: ")
    assert done.err.count("\n") == 1
    assert "one of its patterns" in done.err


@pytest.mark.slow
def test_a_large_text_has_the_time_and_the_room_that_it_needs(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(with_pattern(r"\s+|\w+"))
    (tmp_path / "text").write_text("".join(HOSTILE.values()) * 300, newline="")
    here = tokscope("count", "text", "-t", "hf:tokenizer.json", cwd=tmp_path)
    assert (here.code, here.err) == (0, "")
    assert tokscope("encode", "text", "-t", "hf:tokenizer.json", cwd=tmp_path).out.count(" ") + 1 == int(
        here.out
    )


@pytest.mark.slow  # takes a gigabyte
@pytest.mark.parametrize("command", ["count", "trace"])
def test_a_text_that_swells_is_held_in_limits(command: str, tmp_path: Path) -> None:
    whole = json.loads(saved("byte-level"))
    swell = {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 32}
    whole["normalizer"] = {"type": "Sequence", "normalizers": [swell] * 8}
    (tmp_path / "tokenizer.json").write_text(json.dumps(whole))
    done = tokscope(command, "-x", "a" * 40, "-t", "hf:tokenizer.json", cwd=tmp_path)
    assert done.code == 2
    assert "one of its patterns or replacements needs more than 1,024 MiB of memory" in done.err


def table(longest: bytes) -> str:
    """Write a table of normalization: the size of its trie, the trie, the strings that are put in."""
    return base64.b64encode(struct.pack("<I", 4) + bytes(4) + b"b\0" + longest + b"\0c").decode()


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}, True),
        ({"type": "Replace", "pattern": {"String": ""}, "content": "a"}, True),
        ({"type": "Prepend", "prepend": "aa"}, True),
        ({"type": "Replace", "pattern": {"String": " "}, "content": "▁"}, False),
        ({"type": "Prepend", "prepend": "▁"}, False),
        ({"type": "Lowercase"}, False),
        ({"type": "ByteLevel"}, False),
        ({"type": "Sequence", "normalizers": [{"type": "ByteLevel"}] * 2}, True),
        ({"type": "Sequence", "normalizers": [{"type": "NFC"}] * 101}, True),
        ({"type": "BPEDecoder", "suffix": "</w>"}, False),
        ({"type": "BPEDecoder", "suffix": ""}, True),
        ({"type": "CTC", "pad_token": "_", "word_delimiter_token": "|", "cleanup": True}, False),
        ({"type": "CTC", "pad_token": "_", "word_delimiter_token": "", "cleanup": True}, True),
        ({"type": "Precompiled", "precompiled_charsmap": table(b"a" * 33)}, False),
        ({"type": "Precompiled", "precompiled_charsmap": table(b"a" * 65)}, True),
        ({"type": "Sequence", "normalizers": [{"type": "Precompiled"}] * 2}, True),
        ({"type": "SomethingNew"}, True),
    ],
)
def test_what_swells(stage: dict[str, object], expected: bool) -> None:
    assert swells({"type": "Sequence", "normalizers": [stage]}) is expected


def test_no_tokenizer_in_use_is_taken_for_one_that_swells() -> None:
    for kind in KINDS:
        whole = json.loads(saved(kind))
        assert not swells(whole["normalizer"], whole["pre_tokenizer"]), kind
        assert not swells(whole["decoder"]), kind


MUCH = {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 1000}
COPY = {"Sequence": {"id": "A", "type_id": 0}}


def template(copies: int, special: int = 0) -> dict[str, object]:
    around = {"<s>": {"id": "<s>", "ids": [0] * special, "tokens": ["<s>"] * special}}
    parts = [COPY] * copies + [{"SpecialToken": {"id": "<s>", "type_id": 0}}] * bool(special)
    return {"type": "TemplateProcessing", "single": parts, "pair": [COPY], "special_tokens": around}


BOMBS: dict[str, tuple[dict[str, object], list[str], str]] = {
    "decoder": (
        {"decoder": {"type": "Sequence", "decoders": [MUCH] * 8}},
        ["decode", "--text", "-x", "3,3,3"],
        "one of its patterns or replacements",
    ),
    "decoder of nothing": (
        {"decoder": {"type": "Sequence", "decoders": [{"type": "BPEDecoder", "suffix": ""}] * 50}},
        ["decode", "--text", "-x", "3,3,3"],
        "one of its patterns or replacements",
    ),
    "added token": (
        {
            "normalizer": {"type": "Sequence", "normalizers": [MUCH] * 8},
            "added_tokens": [
                {"id": 9, "content": "aaa", "normalized": True, "special": False, "single_word": False}
                | {"lstrip": False, "rstrip": False}
            ],
        },
        ["count", "-x", "b"],
        "reading it needs more than 1,024 MiB of memory",
    ),
    "added token and pattern": (
        {
            "normalizer": {"type": "Replace", "pattern": {"Regex": "(?:(?:a|aa|aaa)+)+$"}, "content": ""},
            "added_tokens": [
                {"id": 9, "content": "a" * 60 + "b", "normalized": True, "special": False}
                | {"lstrip": False, "rstrip": False, "single_word": False}
            ],
        },
        ["count", "-x", "b"],
        "",
    ),
    "template": ({"post_processor": template(9)}, ["count", "--special", "-x", "a"], "9 copies of a text"),
    "templates": (
        {"post_processor": {"type": "Sequence", "processors": [template(3)] * 20}},
        ["count", "--special", "-x", "a"],
        "3,486,784,401 copies of a text",
    ),
    "special tokens": (
        {"post_processor": template(1, 100_000)},
        ["count", "-x", "a"],
        "tokens around it",
    ),
}


LARGE = ("decoder", "decoder of nothing", "added token")
"""Those that reach for a gigabyte before they are refused."""


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=pytest.mark.slow) if one in LARGE else one for one in BOMBS]
)
def test_a_small_file_takes_no_gigabytes(name: str, tmp_path: Path) -> None:
    stages, command, says = BOMBS[name]
    model = {"type": "BPE", "vocab": {"<s>": 0, "b": 1, "c": 2, "a": 3, "<unk>": 4}, "merges": []}
    whole = {"version": "1.0", "model": {**model, "unk_token": "<unk>"}, **stages}
    (tmp_path / "tokenizer.json").write_text(json.dumps(whole))
    done = tokscope(*command, "-t", "hf:tokenizer.json", cwd=tmp_path, memory=5 << 30, patience=60)
    assert done.code == 2, done
    assert done.err.count("\n") == 1
    assert says in done.err
