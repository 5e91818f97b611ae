"""The native engines: each cuts as tiktoken does wherever it takes a text, and a fork does not stop them."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import ROOT
from tokscope import load
from tokscope.backends.bpe.byte_level import BPE
from tokscope.engines.choice import TOKTOK_FROM, Engines
from tokscope.engines.native import Splintr, Toktok
from tokscope.errors import Unsupported
from tokscope.vocabularies import VOCABULARIES

CONTEXTS = ["hello {}'s world\n", "a{}b", "1{}2 ", " {} ", "A{}a", "{0}{0}", "x{}\n", "'s{}'S "]
"""What stands around a character, so that it shows whether it is a letter, a number, white space or none."""

PLANES = [*range(0xD800), *range(0xE000, 0x40000), *range(0xE0000, 0xE0200), *range(0x100000, 0x100100)]
"""Every code point but most of the planes where all are alike: not assigned, or private."""

NEWER = [0x88F, 0xC5C, 0x1ACF, 0x1AE0, 0xA7CE, 0xA7F1, 0x10940, 0x16EA0, 0x187F8, 0x1E6C0, 0x2B73A, 0x323B0]
"""Characters of Unicode 17, one of each block."""


@functools.cache
def engines(name: str) -> Engines:
    tokenizer = load(name)
    assert isinstance(tokenizer, BPE)
    return tokenizer._engines


def assert_counts_are_tiktokens(name: str, codes: list[int]) -> None:
    """Compare in blocks, as the text of a file comes; what an engine does not take, it refuses."""
    tiktoken = engines(name).tiktoken
    native = [
        *([engines(name).splintr] if name in Splintr.VOCABULARIES else []),
        *([engines(name).toktok] if name in Toktok.VOCABULARIES else []),
    ]
    for context in CONTEXTS:
        texts = ["".join(map(context.format, map(chr, codes[i : i + 16]))) for i in range(0, len(codes), 16)]
        expected = tiktoken.count_all(texts)
        for engine in native:
            taken = [i for i, text in enumerate(texts) if engine.takes(text)]
            assert engine.count_all([texts[i] for i in taken]) == [expected[i] for i in taken]


NAMES = sorted(Splintr.VOCABULARIES.keys() | Toktok.VOCABULARIES.keys())
CUT_AS_GPT2 = {"p50k_base", "p50k_edit", "r50k_base"}
"""Vocabularies with GPT-2's pattern, in the same engine."""


def test_vocabularies_that_are_cut_alike() -> None:
    patterns = {VOCABULARIES[name].pattern for name in CUT_AS_GPT2}
    assert patterns == {VOCABULARIES["gpt2"].pattern}


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name not in CUT_AS_GPT2])
def test_every_engine_cuts_at_every_code_point_as_tiktoken_does(name: str) -> None:
    assert_counts_are_tiktokens(name, PLANES)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CUT_AS_GPT2))
def test_every_engine_cuts_at_some_code_points_as_tiktoken_does(name: str) -> None:
    sample = [*range(0x80, 0x3000, 7), *range(0x3000, 0xD800, 401), *range(0x10000, 0x34000, 401), *NEWER]
    assert_counts_are_tiktokens(name, sample)


@pytest.mark.parametrize("code", NEWER, ids=hex)
def test_a_character_that_toktok_knows_and_tiktoken_does_not(code: int) -> None:
    text = f"hello {chr(code)}'s world\n" * 9
    tokenizer = load("o200k_base")
    expected = engines("o200k_base").tiktoken.count(text)
    assert tokenizer.count(text) == expected
    tokenizer.expect(TOKTOK_FROM)
    assert tokenizer.count_all(["x" * 600_000, text, "é’中"])[1:] == [expected, 3]
    with pytest.raises(Unsupported, match="later Unicode"):
        tokenizer.engines()["toktok"]([text])


def test_toktok_counts_for_two_at_once() -> None:
    toktok, texts = engines("o200k_base").toktok, ["Hello wörld. " * n for n in range(1, 1000, 20)]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(toktok.count_taken, [texts] * 8))
    assert found == [engines("o200k_base").tiktoken.count_all(texts)] * 8


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
@pytest.mark.parametrize("name", sorted(Toktok.VOCABULARIES))
def test_toktok_gets_all_lines_but_those_that_it_does_not_take(name: str, seed: int) -> None:
    random = Random(seed)
    strange = [*map(chr, NEWER), "日", "é", "'s", "\r\n", "\n", " \n", "\t", "  ", "/", "1", "'\u017f"]
    text = "".join(
        random.choice(strange) * random.randint(1, 3) + "one two\n" * random.randint(0, 300)
        for _ in range(random.randint(1, 8))
    )
    parts = list(engines(name).toktok.parted(text))
    assert "".join(part for part, _ in parts) == text
    assert all(engines(name).toktok.takes(part) == taken for part, taken in parts)
    tokenizer = load(name)
    tokenizer.expect(TOKTOK_FROM)
    assert tokenizer.count_all(["x" * 600_000, text])[1] == engines(name).tiktoken.count(text)


FORK = """
import os, sys
from tokscope import load
text = "Hello wörld. " * 60_000
tokenizer = load("o200k_base")
tokenizer.expect(int(sys.argv[1]))
expected = tokenizer.count_all([text, text])
child = os.fork()
if not child:
    os._exit(tokenizer.count_all([text, text]) != expected or load("cl100k_base").count(text) != 300_001)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize("expected", [0, TOKTOK_FROM], ids=["splintr", "toktok"])
def test_a_forked_child_counts_after_its_parent_has(expected: int) -> None:
    command = [sys.executable, "-c", FORK, str(expected)]
    done = subprocess.run(command, cwd=ROOT, timeout=100, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
