"""`blt`: patches worked out by hand from the rules of bytelatent/data/patcher.py; the backend around them."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.contract import assert_contract, pieces
from tests.support.shell import tokscope
from tests.support.texts import HOSTILE, texts
from tokscope import load
from tokscope.entropy import patching
from tokscope.errors import BrokenTokenizer, Unsupported, UsageError

# --- the rules -------------------------------------------------------------------------------------------

ABOVE = struct.unpack("f", struct.pack("I", struct.unpack("I", struct.pack("f", 1.5))[0] + 1))[0]
"""The next number of single precision after 1.5."""


@pytest.mark.parametrize(
    ("entropies", "theta", "starts"),
    [
        ([9, 9], 1.5, [0, 1]),  # an empty text: BOS and EOS
        ([9, 0, 0], 1.5, [0, 1]),
        ([0, 9, 0], 1.5, [0, 1, 2]),
        ([9, 1, 1, 1, 9], 1.5, [0, 1]),  # the first and the last say nothing
        ([0, 1.5, 1.5, 1.5, 0], 1.5, [0, 1]),  # not above it
        ([0, 1.5, ABOVE, 1.5, 0], 1.5, [0, 1, 3]),
        ([0, 1.5 + 1e-9, 0], 1.5, [0, 1]),  # the same in single precision
        ([0, 2, 1, 2, 2, 0], 1.5, [0, 1, 2, 4, 5]),
    ],
)
def test_a_patch_begins_after_an_entropy_above_the_threshold(
    entropies: list[float], theta: float, starts: list[int]
) -> None:
    assert list(patching.by_entropy(entropies, theta)) == starts


@pytest.mark.parametrize(
    ("entropies", "theta", "starts"),
    [
        ([9, 9], 0.5, [0, 1]),
        ([9, 0, 9], 0.5, [0, 1, 2]),  # the first rise has nothing to compare with: it counts
        ([9, 3, 1, 1.5, 9], 0.5, [0, 1, 2]),  # 0.5 is no more than 0.5
        ([9, 3, 1, 1.75, 9], 0.5, [0, 1, 2, 4]),
        ([9, 1, 2, 3, 2, 9], 0.5, [0, 1, 2, 3, 4]),
        ([0, 5, 5, 5, 0], -1.0, [0, 1, 2, 3, 4]),
    ],
)
def test_a_patch_begins_after_a_rise(entropies: list[float], theta: float, starts: list[int]) -> None:
    assert list(patching.by_rise(entropies, theta)) == starts


@pytest.mark.parametrize(
    ("entropies", "starts"),
    [
        ([9, 9], [0, 1]),
        ([9, 0, 9], [0, 1, 2]),  # the mask begins with a true entry
        ([9, 0, 9, 9], [0, 1, 2]),  # behind which none is true
        ([9, 0, 1, 3, 9], [0, 1, 2, 4]),
        ([9, 0, 1, 1.4, 9], [0, 1, 2]),  # it rises, but is not above 1.5
        ([9, 0, 3, 3.2, 9], [0, 1, 2]),  # it is above, but does not rise by more than 0.25
        ([9, 0, 0, 2, 3, 2, 3, 9], [0, 1, 2, 4, 5, 7]),
    ],
)
def test_both_at_once(entropies: list[float], starts: list[int]) -> None:
    assert list(patching.by_entropy(entropies, 1.5, 0.25)) == starts


@pytest.mark.parametrize(
    ("entropies", "patch_size", "starts"),
    [
        ([9, 9], 1, [0, 1]),
        ([9, 1, 3, 2, 0, 1], 2, [0, 1, 3]),  # 6 // 2 - 2 = 1 more: after the 3
        ([9, 1, 3, 2, 0, 1], 1.5, [0, 1, 3, 4]),
        ([9, 1, 3, 2, 0, 1], 4, [0, 1]),
        ([9, 1, 3, 2, 0, 8], 1.5, [0, 1, 3]),  # the other is after EOS, beyond the text
        ([9, 1, 3, 2, 0, 1], 1, [0, 1, 2, 3, 4]),  # four of five, of which one lies beyond
    ],
)
def test_top_k(entropies: list[float], patch_size: float, starts: list[int]) -> None:
    """Worked out by hand from find_entropy_patch_start_ids() without a threshold."""
    assert list(patching.by_rank(entropies, patch_size)) == starts


@pytest.mark.parametrize("options", ["patch_size=4&theta=1", "patch_size=0.5", "patch_size=x"])
def test_a_patch_size_that_cannot_be(options: str) -> None:
    with pytest.raises(UsageError, match="patch_size"):
        load(f"blt:entropy?{options}")


@settings(max_examples=40, deadline=None)
@given(texts)
def test_patches_of_bpe_are_its_tokens(text: str) -> None:
    patches, tokens = load("blt:bpe?of=o200k_base").encode(text), load("o200k_base").encode(text)
    assert [token.data for token in patches] == [token.data for token in tokens]
    assert_contract(load("blt:bpe", special=True), text)


@settings(max_examples=40, deadline=None)
@given(texts)
def test_patches_of_a_size_keep_the_contract(text: str) -> None:
    for special in (False, True):
        tokenizer = load("blt:entropy?patch_size=4", special=special)
        split = assert_contract(tokenizer, text)
        assert len(split) <= max(2, (len(text.encode()) + 2) // 4) + special
        assert tokenizer.trace(text).split == split


@pytest.mark.parametrize(
    ("text", "patches"),
    [
        ("", []),
        ("a", [b"a"]),
        ("Hello world!", [b"Hello ", b"world!"]),
        ("a  b", [b"a ", b" b"]),  # only the first of a run
        ("  ab", [b"  ab"]),  # BOS is like a space: the run began before the text
        ("x=1;", [b"x=", b"1;"]),
        ("日本", [b"\xe6\x97\xa5\xe6", b"\x9c\xac"]),  # the first byte of a character ends a patch
        ("né!", [b"n\xc3", b"\xa9!"]),
    ],
)
def test_spaces(text: str, patches: list[bytes]) -> None:
    assert [token.data for token in load("blt:space").encode(text)] == patches


def test_the_fourteen_ids_of_hello_world_make_four_patches() -> None:
    assert list(patching.by_space(b"Hello world!")) == [0, 1, 7, 13]
    tokens = list(load("blt:space", special=True).encode("Hello world!"))
    assert [token.data for token in tokens] == [b"", b"Hello ", b"world!", b""]
    assert [token.label for token in tokens] == ["[BOS]", None, None, "[EOS]"]


def space_starts(data: bytes) -> list[int]:
    """Follow the rule position by position, BOS and EOS included, as the original's masks do."""
    ids: list[int | None] = [None, *data, None]
    spaces = [byte is None or not (bytes([byte]).isalnum() or 0x80 <= byte < 0xC0) for byte in ids]
    return [0, 1, *(at + 1 for at in range(1, len(ids) - 1) if spaces[at] and not spaces[at - 1])]


@given(texts)
def test_spaces_as_masks_have_them(text: str) -> None:
    assert list(patching.by_space(text.encode())) == space_starts(text.encode())


@pytest.mark.parametrize(
    ("spec", "special", "patches"),
    [
        ("blt:static?k=5", False, [b"Hello", b" worl", b"d!"]),
        ("blt:static", False, [b"Hell", b"o wo", b"rld!"]),
        (
            "blt:static",
            True,
            [b"Hel", b"lo w", b"orld", b"!"],
        ),  # 14 ids: BOS is in the first, EOS in the last
        ("blt:static?k=100", True, [b"Hello world!"]),
        ("blt:static?k=1", True, [b"", *(bytes([byte]) for byte in b"Hello world!"), b""]),
        ("blt:space?max_patch=4", False, [b"Hell", b"o ", b"worl", b"d!"]),
        ("blt:static?k=6&max_patch=4", False, [b"Hell", b"o ", b"worl", b"d!"]),
    ],
)
def test_strides_and_the_longest_patch(spec: str, special: bool, patches: list[bytes]) -> None:
    assert [token.data for token in load(spec, special=special).encode("Hello world!")] == patches


@given(st.binary(max_size=40), st.integers(1, 9))
def test_a_patch_is_never_longer_than_the_longest(data: bytes, most: int) -> None:
    size = len(data) + 2
    starts = patching.by_space(data)
    capped = [*patching.capped(starts, size, most)]
    assert set(starts) <= set(capped)
    assert max(end - start for start, end in pairwise([*capped, size])) <= most


# --- the backend -----------------------------------------------------------------------------------------

GIVEN = [5.0, 1.0, 0.5, 2.0, 0.1, 1.335442066192627, 1.4, 0.2]
"""For a text of six bytes."""


@pytest.fixture
def entropies(tmp_path: Path) -> Path:
    path = tmp_path / "h.json"
    path.write_text(json.dumps(GIVEN))
    return path


def cut(spec: str, text: str = "abcdef", *, special: bool = False) -> Sequence[bytes]:
    return [token.data for token in load(spec, special=special).encode(text)]


def test_given_entropies_are_cut_at_the_released_threshold(entropies: Path) -> None:
    assert cut(f"blt:entropy?entropies={entropies}") == [b"abc", b"def"]
    assert cut(f"blt:entropy?entropies={entropies}", special=True) == [b"", b"abc", b"def", b""]
    assert cut(f"blt:entropy?entropies={entropies}&theta=0.7") == [b"a", b"bc", b"de", b"f"]
    assert cut(f"blt:monotonic?entropies={entropies}&theta=0.7") == [b"a", b"bc", b"de", b"f"]
    assert cut(f"blt:entropy?entropies={entropies}&theta=1.2&theta_add=0.1") == [b"a", b"bc", b"de", b"f"]
    assert load(f"blt:entropy?entropies={entropies}").exact
    assert not load("blt:entropy").exact


def test_entropies_belong_to_one_text(entropies: Path) -> None:
    with pytest.raises(Unsupported, match="8 entropies, and a text of 5 bytes needs 7"):
        load(f"blt:entropy?entropies={entropies}").count("abcde")
    done = tokscope("count", "-x", "abcdef", "-x", "abc", "-t", f"blt:entropy?entropies={entropies}")
    assert (done.code, done.out) == (2, "2\t--text\n2\ttotal\n")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    "content", ["", "{", "{}", "[1, -2]", "[1, null]", '["1"]', "[NaN]", "[1e400]", "[true]", "[[1]]", "\xff"]
)
def test_what_is_no_list_of_entropies(content: str, tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(BrokenTokenizer, match=r"h\.json"):
        load(f"blt:entropy?entropies={path}")


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("blt:space?theta=1", "max_patch"),
        ("blt:static?k=0", "k is a number from 1"),
        ("blt:static?k=four", "k is a number from 1"),
        ("blt:entropy?theta=high", "nats"),
        ("blt:entropy?theta=nan", "nats"),
        ("blt:entropy?max_patch=-1", "max_patch"),
        ("blt:monotonic?theta_add=1", "theta_add"),
        ("blt:entropy?model=a&entropies=b", "one of them"),
    ],
)
def test_what_a_rule_cannot_be_told(spec: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        load(spec)


def test_a_file_that_is_not_there() -> None:
    for option in ("entropies", "model"):
        with pytest.raises(BrokenTokenizer, match="gone"):
            load(f"blt:entropy?{option}=gone")


@pytest.mark.parametrize(
    "spec",
    [
        "blt:entropy?max_patch=3",
        "blt:entropy?theta=1&theta_add=0.1",
        "blt:static?k=1",
        "blt:space?max_patch=2",
    ],
)
def test_contract_with_options(spec: str) -> None:
    for special in (False, True):
        tokenizer = load(spec, special=special)
        for text in HOSTILE.values():
            split = assert_contract(tokenizer, text)
            assert b"".join(token.data for token in split) == text.encode()
            if tokenizer.cut is not None:
                assert sum(map(tokenizer.count, pieces(tokenizer, text))) == len(split)


@pytest.mark.parametrize(
    "spec", ["blt:entropy", "blt:entropy?theta=1&theta_add=0.1", "blt:monotonic", "blt:space", "blt:static"]
)
@pytest.mark.parametrize("text", ["", "a", "The cat 日本"])
def test_a_trace_ends_in_the_split(spec: str, text: str) -> None:
    for special in (False, True):
        tokenizer = load(spec, special=special)
        trace = tokenizer.trace(text)
        assert trace.split == tokenizer.encode(text)
        assert json.dumps([step.json for step in trace.steps])


def test_patches_of_spaces_and_strides_do_without_numpy() -> None:
    program = (
        "import sys; sys.modules['numpy'] = None; from tokscope.cli import run; sys.exit(run(sys.argv[1:]))"
    )

    def without(*arguments: str) -> tuple[int, str, str]:
        command = [sys.executable, "-c", program, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    assert without("count", "-x", "Hello world!", "-t", "blt:space") == (0, "2\n", "")
    assert without("count", "-x", "Hello world!", "-t", "blt:static") == (0, "3\n", "")
    for arguments in (("count", "-x", "a", "-t", "blt:entropy"), ("train", "entropy", "-x", "a", "-o", "-")):
        code, out, err = without(*arguments)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "pip install 'tokscope-cli[blt]'" in err
