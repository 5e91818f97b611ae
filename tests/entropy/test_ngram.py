"""The byte n-gram model: a distribution after every context, Kneser-Ney as the textbook has it, its files."""

from __future__ import annotations

import functools
import io
import json
import lzma
import math
import signal
import subprocess
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import SAMPLES
from tests.support.distributions import of_ngrams
from tests.support.shell import tokscope, until
from tests.support.texts import texts
from tokscope.backends.blt import SHIPPED
from tokscope.entropy import ngram
from tokscope.entropy.framing import BOUNDARY
from tokscope.entropy.ngram import AT_ONCE, ByteModel, NgramTree
from tokscope.entropy.patching import by_entropy, by_rise
from tokscope.errors import BrokenTokenizer, UsageError
from tokscope.learning.ngram_training import Counts, estimate_ngrams, learn_ngrams

ENGLISH, CHINESE, CODE = ((SAMPLES / name).read_bytes() for name in ("english.txt", "chinese.txt", "code.py"))


def trained(*data: bytes, order: int = 4, min_count: int = 1, most: int = 1 << 20) -> NgramTree:
    counts = Counts(order, most)
    for text in data:
        counts.add([text])
    return estimate_ngrams(counts, min_count)


@functools.cache
def models() -> list[ByteModel]:
    """Give a model that keeps all, one that leaves much out, one that had to forget, and the shipped one."""
    return [
        ByteModel(trained(ENGLISH, CHINESE)),
        ByteModel(trained(ENGLISH, CHINESE, CODE, order=6, min_count=3)),
        ByteModel(trained(ENGLISH, CHINESE, CODE, order=5, most=500)),
        ByteModel.load(str(SHIPPED)),
    ]


# --- the distribution ------------------------------------------------------------------------------------

contexts = st.one_of(
    texts.map(str.encode),
    st.binary(max_size=20),
    st.integers(0, len(ENGLISH)).map(lambda at: ENGLISH[max(0, at - 12) : at]),
    st.integers(0, len(CHINESE)).map(lambda at: CHINESE[:at]),
)


@settings(deadline=None)
@given(contexts)
def test_probabilities_sum_to_one_and_give_the_entropy(data: bytes) -> None:
    for model in models():
        p = of_ngrams(model, data)
        assert p.sum() == pytest.approx(1)
        assert (p > 0).all()
        assert model.entropies(data)[len(data)] == pytest.approx(-(p * np.log(p)).sum(), rel=1e-4, abs=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.one_of(texts.map(str.encode), st.just(ENGLISH[:200])))
def test_bits_are_those_of_the_distributions(data: bytes) -> None:
    for model in models():
        each = [of_ngrams(model, data[:at])[byte] for at, byte in enumerate([*data, BOUNDARY])]
        assert model.bits(data) == pytest.approx(-sum(map(math.log2, each)))


def test_long_texts_are_looked_up_in_windows() -> None:
    data = (ENGLISH + CHINESE) * (3 * AT_ONCE // len(ENGLISH + CHINESE))
    whole = models()[3].entropies(data)
    for at in (0, AT_ONCE - 8, AT_ONCE, AT_ONCE + 7, 2 * AT_ONCE, len(data) - 30):
        tail = models()[3].entropies(data[max(0, at - 20) : at + 20])
        inside = slice(21, len(tail) - 1)
        start = max(0, at - 20)
        assert whole[start + 21 : start + len(tail) - 1].tolist() == tail[inside].tolist()


def test_bits_of_long_texts_are_those_of_their_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = models()[1].bits(ENGLISH)
    monkeypatch.setattr(ngram, "AT_ONCE", 10)
    assert models()[1].bits(ENGLISH) == pytest.approx(whole)


def kneser_ney(data: bytes, order: int) -> Callable[[bytes, int], float]:
    """Give P(byte | context) by the formulas of Chen and Goodman (1999), with dictionaries."""
    edge = bytes([BOUNDARY])
    text = edge + data + edge
    grams = {k: Counter(text[i : i + k] for i in range(len(text) - k + 1)) for k in range(1, order + 1)}
    grams[1][edge] -= 1  # its first was not predicted, its second began nothing
    adjusted: dict[int, dict[bytes, int]] = {order: dict(grams[order])}
    for k in range(1, order):
        before = Counter(gram[1:] for gram in grams[k + 1])
        adjusted[k] = {
            gram: count if k > 1 and gram.startswith(edge) else before[gram]
            for gram, count in grams[k].items()
        }
    discounts: dict[int, list[float]] = {}
    children: dict[bytes, dict[int, int]] = defaultdict(dict)
    for k, counts in adjusted.items():
        n = [sum(count == wanted for count in counts.values()) for wanted in range(5)]
        y = n[1] / (n[1] + 2 * n[2]) if n[1] and n[2] else 0
        discounts[k] = [0, *((i - (i + 1) * y * n[i + 1] / n[i]) if all(n[1:]) else 0.5 for i in (1, 2, 3))]
        for gram, count in counts.items():
            children[gram[:-1]][gram[-1]] = count

    def probability(context: bytes, byte: int) -> float:
        shorter = probability(context[1:], byte) if context else 1 / 256
        counts = children.get(context)
        if not counts:
            return shorter
        taken = discounts[len(context) + 1]
        total = sum(counts.values())
        backoff = sum(taken[min(count, 3)] for count in counts.values()) / total
        count = counts.get(byte, 0)
        return (count - taken[min(count, 3)]) / total + backoff * shorter

    return probability


@pytest.mark.parametrize("data", [ENGLISH, CHINESE, CODE], ids=["english", "chinese", "code"])
def test_probabilities_are_kneser_ney(data: bytes) -> None:
    probability = kneser_ney(data, 3)
    model = ByteModel(trained(data, order=3))
    for context in (b"", b"t", b"th", b"e ", b", ", data[:50], data[:51], data[:77], b"never seen \xc3\x9f"):
        last = (bytes([BOUNDARY]) + context)[-2:]
        expected = [probability(last, byte) for byte in range(256)]
        assert of_ngrams(model, context) == pytest.approx(expected, rel=0.06)  # weights are stored as a byte


@pytest.mark.filterwarnings("error")
def test_a_context_that_nothing_is_discounted_after() -> None:
    model = ByteModel(trained(b"bababababccbcc", order=3))  # so that D is 0 for counts of 3 and more
    p = of_ngrams(model, b"ba")
    assert p.sum() == pytest.approx(1)
    assert (p > 0).all()


def test_blocks_make_no_difference() -> None:
    whole, parts = Counts(5), Counts(5)
    for text in (ENGLISH, CODE):
        whole.add([text])
        parts.add([text[:1], text[1:3], b"", text[3:400], text[400:]])
    parts.add([])  # an empty text teaches nothing
    for mine, theirs in zip(whole.tables(), parts.tables(), strict=True):
        assert (mine[0].tolist(), mine[1].tolist()) == (theirs[0].tolist(), theirs[1].tolist())
    assert whole.bytes == parts.bytes == len(ENGLISH + CODE)


def test_n_grams_are_counted() -> None:
    counts = Counts(3)
    counts.add([b"banana"])
    tables = [
        {int(key).to_bytes(length, "big"): int(count) for key, count in zip(*table, strict=True)}
        for length, table in enumerate(counts.tables(), 1)
    ]
    assert tables[0] == {b"a": 3, b"b": 1, b"n": 2, b"\xff": 1}
    assert tables[1] == {b"an": 2, b"ba": 1, b"na": 2, b"a\xff": 1, b"\xffb": 1}
    assert tables[2] == {b"ana": 2, b"ban": 1, b"nan": 1, b"na\xff": 1, b"\xffba": 1}


@pytest.mark.parametrize("name", ["english.txt", "code.py", "markdown.md", "russian.txt", "chinese.txt"])
def test_the_shipped_model_needs_fewer_bits_than_xz(name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    assert models()[3].bits(data) < 8 * len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))


# --- files -----------------------------------------------------------------------------------------------


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.npz"
    with path.open("wb") as file:
        trained(ENGLISH).save(file)
    return path


def test_a_file_gives_the_same_model_and_the_same_bytes(model: Path) -> None:
    tree = NgramTree.load(str(model))
    again = io.BytesIO()
    tree.save(again)
    assert again.getvalue() == model.read_bytes()
    assert ByteModel(tree).entropies(CODE).tolist() == ByteModel(trained(ENGLISH)).entropies(CODE).tolist()


def broken(path: Path) -> bool:
    """Say whether a file is refused, by its name; one that is not has to give a model."""
    try:
        model = ByteModel.load(str(path))
    except BrokenTokenizer as error:
        assert str(path) in str(error)
        return True
    assert of_ngrams(model, b"th").sum() == pytest.approx(1)
    return False


def test_damaged_files_are_refused(model: Path, tmp_path: Path) -> None:
    whole = model.read_bytes()
    for size in range(0, len(whole), 97):
        model.write_bytes(whole[:size])
        assert broken(model)
    refused = 0
    for at in range(0, len(whole), 41):
        model.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        refused += broken(model)
    assert refused > len(whole) / 41 * 0.8  # the rest are bytes of the archive that say nothing, its dates
    assert broken(tmp_path)
    assert broken(tmp_path / "gone")


def rewritten(
    path: Path, change: Callable[[dict[str, np.ndarray[tuple[int], np.dtype[np.generic]]]], None]
) -> None:
    with np.load(path) as stored:
        columns = dict(stored)
    change(columns)
    np.savez(path, **columns)


@pytest.mark.parametrize(
    "change",
    [
        lambda columns: columns.pop("codes"),
        lambda columns: columns.update(codes=columns["codes"][::-1]),
        lambda columns: columns.update(codes=columns["codes"][1:]),
        lambda columns: columns.update(codes=columns["codes"].astype(np.int32)),
        lambda columns: columns.update(children=columns["children"][::-1]),
        lambda columns: columns.update(weights=np.array([object()])),
        lambda columns: columns.update(header=np.array(1)),
        lambda columns: columns.update(header=np.frombuffer(b"[]", np.uint8)),
        lambda columns: columns.update(header=np.frombuffer(b'{"format": "other"}', np.uint8)),
        lambda columns: columns.update(children=np.zeros(1, np.uint8), codes=columns["codes"][:0]),
        lambda columns: columns.update(more=columns["codes"]),
    ],
)
def test_what_is_no_model_is_refused(model: Path, change: Callable[[object], None]) -> None:
    rewritten(model, change)
    assert broken(model)


@pytest.mark.parametrize("content", [b"no array", b"\x93NUMPY\x01\x00\x04\x00{'a\n", b""])
def test_an_archive_of_other_things_is_refused(content: bytes, model: Path) -> None:
    with zipfile.ZipFile(model) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(model, "w") as archive:
        for name, data in (members | {"codes.npy": content}).items():
            archive.writestr(name, data)
    with pytest.raises(BrokenTokenizer, match=r"model\.npz: damaged"):
        NgramTree.load(str(model))


def test_a_model_of_another_version_says_so(model: Path) -> None:
    def newer(columns: dict[str, np.ndarray[tuple[int], np.dtype[np.generic]]]) -> None:
        header = json.loads(columns["header"].tobytes()) | {"version": 2}
        columns["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)

    rewritten(model, newer)
    with pytest.raises(BrokenTokenizer, match="a model of version 2, and this tokscope reads 1"):
        NgramTree.load(str(model))
    done = tokscope("count", "-x", "a", "-t", f"blt:entropy?model={model}")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


# --- train entropy ---------------------------------------------------------------------------------------


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.txt"
    path.write_bytes(b"".join((SAMPLES / name).read_bytes() for name in ("english.txt", "code.py")) * 20)
    return path


@pytest.mark.parametrize("patch", [3, 4.5, 8])
def test_a_trained_model_cuts_patches_of_the_length_asked_for(patch: float) -> None:
    held_out = (SAMPLES / "markdown.md").read_text()
    texts = [[ENGLISH.decode() * 20, CODE.decode()]]
    learned = learn_ngrams(texts, order=5, patch=patch, held_out=held_out)
    entropies = ByteModel(learned.tree).entropies(held_out.encode()).tolist()
    for starts in (by_entropy(entropies, learned.tree.theta), by_rise(entropies, learned.tree.rise)):
        assert len(held_out.encode()) / len(starts) == pytest.approx(patch, rel=0.1)  # ties are not above it


def test_a_trained_model_is_used_by_its_path(corpus: Path, tmp_path: Path) -> None:
    held_out = f"{SAMPLES / 'english.txt'},{SAMPLES / 'code.py'}"
    done = tokscope("train", "entropy", corpus, "-o", "m.npz", "--held-out", held_out, cwd=tmp_path)
    assert (done.code, done.out) == (0, "")
    assert "bits per byte on held-out text" in done.err
    sure = tokscope("count", corpus, "-t", "blt:entropy?model=m.npz", cwd=tmp_path)
    assert (sure.code, sure.err) == (0, "tokscope: blt:entropy?model=m.npz is an estimate\n")
    assert corpus.stat().st_size / int(sure.out) == pytest.approx(4.5, rel=0.1)


def test_training_is_deterministic_and_writes_a_whole_file(corpus: Path, tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        assert tokscope("train", "entropy", corpus, "--order", "4", "-o", name, cwd=tmp_path).code == 0
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    piped = subprocess.run(
        [sys.executable, "-m", "tokscope", "train", "entropy", "--order", "4", "-o", "-"],
        input=corpus.read_bytes(),
        capture_output=True,
        check=False,
    )
    assert piped.stdout == (tmp_path / "a.npz").read_bytes()
    assert zipfile.is_zipfile(io.BytesIO(piped.stdout))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-x", ""], "a corpus of 0 characters is too small"),
        (["-x", "hello " * 100], "a corpus of 600 characters is too small"),
        (["corpus.txt", "gone.txt"], "nothing was learned"),
        (["corpus.txt", "--held-out", "gone.txt"], "nothing was learned"),
        (["corpus.txt", "--held-out", "empty.txt"], "held out are empty"),
        (["corpus.txt", "--order", "9"], "--order"),
        (["corpus.txt", "--patch", "0"], "--patch"),
        (["corpus.txt", "--patch", "nan"], "--patch: nan is not a number"),
    ],
)
def test_what_cannot_be_learned_leaves_what_was_there(
    arguments: list[str], says: str, corpus: Path, tmp_path: Path
) -> None:
    (tmp_path / "m.npz").write_text("as it was")
    (tmp_path / "empty.txt").touch()
    done = tokscope("train", "entropy", *arguments, "-o", "m.npz", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert says in done.err.splitlines()[-1]
    assert (tmp_path / "m.npz").read_text() == "as it was"
    assert {path.name for path in tmp_path.iterdir()} == {"m.npz", "empty.txt", "corpus.txt"}


def test_an_output_has_to_be_named_and_to_have_room(corpus: Path) -> None:
    assert "-o model.npz" in tokscope("train", "entropy", corpus).err
    done = tokscope("train", "entropy", corpus, "-o", "/dev/full")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "/dev/full" in done.err


def test_ctrl_c_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "m.npz").write_text("as it was")
    process = subprocess.Popen(
        [sys.executable, "-m", "tokscope", "train", "entropy", "-o", "m.npz"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert process.stdin is not None
    process.stdin.write(ENGLISH * 1000)
    process.stdin.flush()
    until(lambda: len([*tmp_path.iterdir()]) == 2)  # the new file is begun
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=100)
    assert (process.returncode, said) == (130, b"")
    assert [path.name for path in tmp_path.iterdir()] == ["m.npz"]
    assert (tmp_path / "m.npz").read_text() == "as it was"


def test_an_order_that_no_key_can_hold() -> None:
    with pytest.raises(UsageError, match="2 to 8"):
        Counts(9)
