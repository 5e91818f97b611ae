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

from tests.support import SAMPLES
from tests.support.boundaries import SCORES, shared
from tests.support.contract import assert_contract, pieces
from tests.support.shell import tokscope
from tests.support.texts import HOSTILE, texts
from tokscope import load
from tokscope.entropy import patching
from tokscope.errors import BrokenTokenizer, Unsupported, UsageError
from tokscope.learning.ngram_training import learn_ngrams

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
        ([9, 0, 9, 9], [0, 1, 2]),  # after which none is true
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
    """But for spaces that begin the text, which are one."""
    patches, tokens = load("blt:bpe?of=o200k_base").encode(text), load("o200k_base").encode(text)
    spaces = len(text) - len(text.lstrip(" "))
    after = [start for start in tokens.starts if start > spaces]
    assert [*patches.starts] == sorted({0, *([spaces] if spaces < len(text) else []), *after} if text else ())
    assert_contract(load("blt:bpe", special=True), text)


MATCH = "Let's check if these tokenizers match!"
PUBLISHED = [
    *(1, 3, 80, 105, 120, 3, 43, 3, 119, 3, 36, 103, 108, 105, 103, 111, 3, 36, 109, 106, 3, 36, 120, 108),
    *(105, 119, 105, 3, 36, 120, 115, 111, 105, 114, 3, 109, 126, 105, 118, 119, 3, 36, 113, 101, 120, 103),
    *(108, 3, 37, 2),
]
"""The ids of MATCH with delimiters: fixtures/tokenizer_data_bpe_delim.json of facebookresearch/blt."""


def delimited(ids: Sequence[int]) -> list[int]:
    """Follow find_bpe_delim_patch_start_ids(): a patch begins after each delimiter, and at the first two."""
    starts = [0, 1, *(at + 1 for at, id_ in enumerate(ids[:-1]) if id_ == patching.DELIMITER)]
    return [end - start for start, end in pairwise([*starts, len(ids)])]


def test_patches_of_bpe_as_the_original_has_them(tmp_path: Path) -> None:
    """The tokens of its fixture, as those of a tokenizer that cuts them so."""
    pieces = ["Let", "'", "s", "▁check", "▁if", "▁these", "▁token", "izers", "▁match", "!"]
    model = {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", -99.0], *([one, -1.0] for one in pieces)]}
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": True}
    (tmp_path / "t.json").write_text(json.dumps({"model": model, "pre_tokenizer": metaspace}))
    tokens = list(load(f"blt:bpe?of={tmp_path / 't.json'}", special=True).encode(MATCH))
    assert [token.label for token in tokens] == ["[BOS]", "[BPE]", *[None] * len(pieces)]
    lengths = [1, 1, *(len(token.data) + 1 for token in tokens[2:])]  # with a delimiter, or EOS, at the end
    assert lengths == delimited(PUBLISHED)


@pytest.mark.parametrize(
    ("text", "options", "patches"),
    [
        ("", "", ["[BOS]", "[EOS]"]),
        ("  the cat", "", ["[BOS]", "[BPE]", "  ", "the", " cat"]),
        ("   ", "", ["[BOS]", "[BPE]", "   "]),
        ("the cat", "&max_patch=2", ["[BOS]", "[BPE]", "th", "e", " c", "at", "[EOS]"]),
        ("cats", "&max_patch=4", ["[BOS]", "[BPE]", "cats", "[EOS]"]),
        ("cats eat", "&max_patch=4", ["[BOS]", "[BPE]", "cats", "[BPE]", " eat", "[EOS]"]),
    ],
)
def test_delimiters_count_as_the_original_counts_them(text: str, options: str, patches: list[str]) -> None:
    found = load(f"blt:bpe?of=o200k_base{options}", special=True).encode(text)
    assert [token.label or token.data.decode() for token in found] == patches


def test_patches_that_a_model_foresees(tmp_path: Path) -> None:
    """Mode bpe_patcher: find_bpe_patcher_patch_start_ids() without the token that follows."""
    path = tmp_path / "p.json"
    path.write_text("[3, 109, 3, 37, 3, 3]")  # after BOS and after EOS it says nothing; before EOS it does
    assert cut(f"blt:bpe?predicted={path}", "Hi!?") == [b"Hi", b"!?"]
    assert cut(f"blt:bpe?predicted={path}", "Hi!?", special=True) == [b"", b"Hi", b"!?", b""]
    tokenizer = load(f"blt:bpe?predicted={path}")
    assert tokenizer.exact
    assert tokenizer.trace("Hi!?").split == tokenizer.encode("Hi!?")
    with pytest.raises(Unsupported, match="6 ids, and a text of 1 bytes needs 3"):
        tokenizer.count("x")
    for content in ("[3, 260]", "[true]", "[1.0]", "{}"):
        path.write_text(content)
        with pytest.raises(BrokenTokenizer, match=r"p\.json"):
            load(f"blt:bpe?predicted={path}")


@pytest.mark.parametrize("name", json.loads(SCORES.read_text("utf-8"))["entropies"])
def test_published_scores_give_the_published_patches(name: str, tmp_path: Path) -> None:
    published = json.loads(SCORES.read_text("utf-8"))
    path = tmp_path / "h.json"
    path.write_text(json.dumps(published["entropies"][name]))
    starts = published["starts"]
    if (
        name == "plot_data/scores.json"
    ):  # its 1.3343 at position 58 is below the threshold, where 1.3371 is above
        starts = [start for start in starts if start != 59]
    assert list(patching.by_entropy(published["entropies"][name], published["theta"])) == starts
    split = load(f"blt:entropy?entropies={path}").encode(published["text"])
    assert [*split.starts] == [start - 1 for start in starts[1:]]


def test_the_model_that_ships_agrees_with_published_patches_by_more_than_chance() -> None:
    published = json.loads(SCORES.read_text("utf-8"))
    for entropies in published["entropies"].values():
        found = shared("blt:entropy", published["text"], entropies)
        assert found.both > 1.3 * found.ours * found.published / len(published["text"])


@pytest.mark.parametrize(
    ("spec", "text", "patches"),
    [
        ("blt:static?k=4", "Hi there", ["Hi", " t", "he", "re"]),
        ("blt:static?k=3", "abc", ["a", "bc"]),  # 61 00 62 | 00 63 00: the first half of b has no byte
        ("blt:static?k=3&encoding=utf-16-be", "abc", ["a", "bc"]),
        ("blt:static?k=1", "é", ["\udcc3", "\udca9"]),
        ("blt:static?k=1", "a", ["<0x61>", "a"]),
        ("blt:static?k=2", "😀", ["\udcf0\udc9f", "\udc98\udc80"]),
        (
            "blt:space",
            "a b",
            ["a", " b"],
        ),  # 61 00 | 20 00 62 00: the space goes on with the run that 00 began
        ("blt:space?encoding=utf-16-be", "ab", ["a", "b"]),  # 00 61 00 | 62
        ("blt:space", "中", ["中"]),  # 2D 4E: the rule tells ASCII letters from other bytes by their values
    ],
)
def test_patches_of_utf_16(spec: str, text: str, patches: list[str]) -> None:
    """The rules over other bytes; the tokens are the bytes of UTF-8 that stand for theirs."""
    sign = "&" if "?" in spec else "?"
    tokenizer = load(spec if "encoding" in spec else f"{spec}{sign}encoding=utf-16")
    split = assert_contract(tokenizer, text)
    assert [one.label or one.data.decode("utf-8", "surrogateescape") for one in split] == patches


@settings(max_examples=30, deadline=None)
@given(texts, st.sampled_from(["utf-16", "utf-16-be"]), st.integers(1, 9))
def test_patches_of_utf_16_keep_the_contract(text: str, encoding: str, k: int) -> None:
    size = len(text.encode("utf-16-be"))
    for special in (False, True):
        for rule in (f"static?k={k}", "space?max_patch=3"):
            tokenizer = load(f"blt:{rule}&encoding={encoding}", special=special)
            split = assert_contract(tokenizer, text)
            assert b"".join(token.data for token in split) == text.encode()
            assert tokenizer.trace(text).split == split
    assert load(f"blt:static?k={k}&encoding={encoding}").count(text) == -(-size // k)


def test_entropies_of_utf_16(tmp_path: Path) -> None:
    """Given ones, for each of its bytes; or by a model that learned from them, which no other can be."""
    given_, learned = tmp_path / "h.json", tmp_path / "m.npz"
    given_.write_text("[9, 0, 2, 0, 0, 9]")
    assert cut(f"blt:entropy?entropies={given_}&encoding=utf-16", "ab") == [b"a", b"b"]
    text = (SAMPLES / "english.txt").read_text("utf-8") * 20
    with learned.open("wb") as file:
        learn_ngrams([[text]], order=3, encoding="utf-16").tree.save(file)
    tokenizer = load(f"blt:entropy?model={learned}&encoding=utf-16")
    split = assert_contract(tokenizer, text[:200])
    assert 2 < 2 * 200 / len(split) < 9  # bytes a patch, of the 4.5 that were asked for
    with pytest.raises(UsageError, match=r"learned from utf-16, not utf-8: .*--bytes utf-8"):
        load(f"blt:entropy?model={learned}")
    with pytest.raises(UsageError, match=r"tokscope learned from utf-8, not utf-16-be: .*--bytes utf-16-be"):
        load("blt:entropy?encoding=utf-16-be")


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
        ("blt:entropy?model=a&entropies=b", "use one of them"),
        ("blt:bpe?of=gpt2&predicted=b", "of or predicted"),
        ("blt:bpe?encoding=utf-16", "unknown option 'encoding'"),
        ("blt:space?encoding=latin-1", "encoding is utf-8, utf-16 or utf-16-be"),
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
