"""An engine in a child process: the same tokens, and an end."""

from __future__ import annotations

import functools
import json
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


def test_a_large_text_has_the_time_and_the_room_that_it_needs(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(with_pattern(r"\s+|\w+"))
    (tmp_path / "text").write_text("".join(HOSTILE.values()) * 300, newline="")
    here = tokscope("count", "text", "-t", "hf:tokenizer.json", cwd=tmp_path)
    assert (here.code, here.err) == (0, "")
    assert tokscope("encode", "text", "-t", "hf:tokenizer.json", cwd=tmp_path).out.count(" ") + 1 == int(
        here.out
    )


@pytest.mark.parametrize("command", ["count", "trace"])
def test_a_text_that_swells_is_held_in_limits(command: str, tmp_path: Path) -> None:
    whole = json.loads(saved("byte-level"))
    swell = {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 32}
    whole["normalizer"] = {"type": "Sequence", "normalizers": [swell] * 8}
    (tmp_path / "tokenizer.json").write_text(json.dumps(whole))
    done = tokscope(command, "-x", "a" * 40, "-t", "hf:tokenizer.json", cwd=tmp_path)
    assert done.code == 2
    assert "one of its patterns or replacements" in done.err


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
    ],
)
def test_what_swells(stage: dict[str, object], expected: bool) -> None:
    assert swells({"type": "Sequence", "normalizers": [stage]}) is expected
