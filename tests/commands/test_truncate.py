"""Truncation: what is kept is the text's own bytes, fits, and could not be more."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

import tokscope
from tests.support import SAMPLES
from tests.support.contract import tokenizer_of
from tests.support.shell import tokscope as run
from tests.support.texts import HOSTILE, in_blocks, texts
from tokscope.errors import UsageError
from tokscope.fitting.truncation import Keep, Truncation, truncate_blocks
from tokscope.text.segments import Unit, segments


def assert_promises(
    text: str, result: Truncation, budget: int, marker: str, boundary: Unit, tokenizer: tokscope.Tokenizer
) -> None:
    data, head, tail = text.encode(), result.head.encode(), result.tail.encode()
    assert result.tokens == tokenizer.count(result.text) <= budget
    if tokenizer.count(text) <= budget:
        assert result == (text, "", "", result.tokens, False, len(data))
        return
    assert result.cut
    assert result.marker == marker
    assert len(head) + len(tail) < len(data)
    assert data.startswith(head)
    assert data.endswith(tail)
    split = segments(text, boundary)
    assert len(head) in {0, *split.ends}
    assert len(data) - len(tail) in {len(data), *split.starts}
    if head:  # one segment more would not fit
        longer = min((end for end in split.ends if end > len(head)), default=len(data))
        more = data[:longer].decode() + marker + result.tail
        assert longer > len(data) - len(tail) or tokenizer.count(more) > budget
    elif tail:
        longer = max((start for start in split.starts if start < len(data) - len(tail)), default=0)
        assert tokenizer.count(marker + data[longer:].decode()) > budget - (budget + 1) // 2


@pytest.mark.parametrize("keep", Keep)
@pytest.mark.parametrize("boundary", Unit)
@settings(max_examples=30, deadline=None)
@given(
    text=st.lists(texts, max_size=4).map("\n".join),
    budget=st.integers(0, 30),
    marker=st.sampled_from(["", "…", " [cut] "]),
    spec=st.sampled_from(["o200k_base", "gpt2", "t5", "bert-base-uncased", "jieba", "byte"]),
)
def test_promises_for_any_text(
    keep: Keep, boundary: Unit, text: str, budget: int, marker: str, spec: str
) -> None:
    tokenizer = tokenizer_of(spec)
    try:
        result = truncate_blocks([text], budget, tokenizer, keep, marker, boundary)
    except UsageError:
        assert tokenizer.count(marker) > budget
    else:
        assert_promises(text, result, budget, marker, boundary, tokenizer)


@pytest.mark.parametrize("keep", Keep)
def test_promises_for_hostile_text(keep: Keep) -> None:
    tokenizer = tokenizer_of("o200k_base")
    for text in HOSTILE.values():
        result = truncate_blocks([text], 9, tokenizer, keep, "…", Unit.CHAR)
        assert_promises(text, result, 9, "…", Unit.CHAR, tokenizer)


@pytest.mark.parametrize("keep", Keep)
@settings(max_examples=30, deadline=None)
@given(text=texts, sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5), budget=st.integers(1, 20))
def test_blocks_make_no_difference(keep: Keep, text: str, sizes: list[int], budget: int) -> None:
    tokenizer = tokenizer_of("o200k_base")
    whole = truncate_blocks([text], budget, tokenizer, keep, "", Unit.CHAR)
    assert truncate_blocks(in_blocks(text, sizes), budget, tokenizer, keep, "", Unit.CHAR) == whole


@pytest.mark.parametrize(
    ("keep", "boundary", "kept"),
    [
        ("head", "char", "One two. Drei vie"),
        ("head", "word", "One two. Drei"),
        ("head", "sentence", "One two. "),
        ("head", "line", ""),
        ("tail", "char", "fünf.\nSix seven."),
        ("tail", "word", "fünf.\nSix seven."),
        ("tail", "sentence", "Six seven."),
        ("tail", "line", "Six seven."),
        ("middle", "char", "One two. x seven."),
        ("middle", "word", "One two.seven."),
    ],
)
def test_boundaries(keep: str, boundary: str, kept: str) -> None:
    text = "One two. Drei vier fünf.\nSix seven."
    assert tokscope.truncate(text, 17, tokenizer="byte", keep=keep, boundary=boundary) == kept


def test_a_family_is_not_parted() -> None:
    family = "👩‍👩‍👧‍👦"
    size = tokenizer_of("o200k_base").count(family)
    assert tokscope.truncate(f"{family}{family}", size + 3) == family
    assert tokscope.truncate(family, size - 1) == ""


def test_special_tokens_take_room() -> None:
    tokenizer = tokenizer_of("bert-base-uncased", special=True)
    assert tokscope.truncate("one two three four", 4, tokenizer=tokenizer) == "one two "
    with pytest.raises(UsageError, match="adds"):
        tokscope.truncate("one two", 1, tokenizer=tokenizer)


@pytest.mark.parametrize("keep", Keep)
def test_a_large_budget_gives_as_much_as_it_can(keep: Keep) -> None:
    text = (SAMPLES / "mixed.txt").read_bytes().decode() * 60
    result = tokscope.truncate(text, 5000, keep=keep)
    assert 4998 <= tokenizer_of("o200k_base").count(result) <= 5000


# --- the command -----------------------------------------------------------------------------------------


def test_what_is_cut_is_said_on_stderr() -> None:
    text = b"The quick brown fox jumps"
    done = run("truncate", "--budget", "2", stdin=text)
    assert done == (0, "The quick", "tokscope: cut off 16 bytes; kept 9 bytes, 2 tokens\n")
    assert run("truncate", "-n", "2", "-q", "--exit-code", stdin=text) == (3, "The quick", "")
    assert run("truncate", "-n", "5", "--exit-code", stdin=text) == (0, text.decode(), "")
    done = run("truncate", "-n", "4", "--keep", "middle", "--marker", " …", "-x", text)
    assert done.out == "The quick … jumps"


def test_bytes_are_kept_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffone\r\n\r\ntwo\rthree".encode())
    assert run("truncate", path, "-n", "100").out.encode() == path.read_bytes()
    kept = run("truncate", path, "-n", "5", "-q").out.encode()
    assert 3 < len(kept) < len(path.read_bytes())
    assert path.read_bytes().startswith(kept)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-n", "1", "-x", "one two three", "--marker", "what was here"], "the marker alone is 3 tokens"),
        (["-n", "1", "-x", "a", "-x", "b"], "one text, not 2"),
        (["-n", "1", "gone.txt"], "tokscope truncate --text"),
        (["-n", "-1", "-x", "a"], "--budget"),
        (["-x", "a"], "--budget"),
    ],
)
def test_what_cannot_be_done(arguments: list[str], says: str) -> None:
    done = run("truncate", *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert says in done.err


def test_reading_stops_when_the_head_is_full() -> None:
    command = f"yes 'word after word' | {sys.executable} -m tokscope truncate -n 4"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=100, check=False)
    assert done.stdout == "word after word\n"
    assert re.fullmatch(r"tokscope: cut off the rest; kept 16 bytes, 4 tokens\n", done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("keep", ["head", "tail", "middle"])
def test_a_long_pipe_takes_little_memory(keep: str) -> None:
    limit = 400 << 10  # KiB of address space, libraries included; the pipe brings more
    tool = f"{sys.executable} -m tokscope truncate -n 9 -q --keep {keep}"
    lines = "yes '日本語 word' | head -c 450000000"  # whole ones: each has 15 bytes
    command = f"ulimit -v {limit}; {lines} | {tool}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert tokenizer_of("o200k_base").count(done.stdout.decode()) in (8, 9)


@given(text=texts)
def test_no_grapheme_cluster_is_cut(text: str) -> None:
    kept = tokscope.truncate(text, 7, tokenizer=tokenizer_of("o200k_base"))
    clusters = regex.findall(r"\X", text)
    assert kept in {"".join(clusters[:i]) for i in range(len(clusters) + 1)}
