"""The neural byte model: its arithmetic by the book and by JAX, its patches, its files, its training."""

from __future__ import annotations

import io
import json
import math
import os
import re
import signal
import string
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import SAMPLES
from tests.support.boundaries import NAMES, agreement
from tests.support.contract import assert_contract
from tests.support.distributions import of_network
from tests.support.labelled import pairs
from tests.support.shell import tokscope
from tests.support.texts import HOSTILE, texts
from tokscope import load
from tokscope.entropy import patching
from tokscope.entropy.framing import BOUNDARY
from tokscope.entropy.neural import STRIDE, WARM, ByteKind, Network, shapes
from tokscope.errors import BrokenTokenizer, UsageError
from tokscope.learning.labelled_texts import LabelledTexts, Lesson
from tokscope.learning.neural_step import (
    Settings,
    forward,
    initial,
    label_logits,
    label_loss,
    loss,
    ratio_loss,
)
from tokscope.learning.neural_training import SEQUENCE_LENGTH, Training, TrainingBytes

pytestmark = pytest.mark.slow  # a model is trained

ENGLISH, CHINESE, CODE = ((SAMPLES / name).read_bytes() for name in ("english.txt", "chinese.txt", "code.py"))
TEXT = (ENGLISH + CODE).decode() * 12
OPTIONS = ("--units", "16", "--batch", "8", "--seed", "3")
SETTINGS = Settings(hidden=16, batch=8, seed=3)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a corpus, and let JAX compile the training of these tests but once."""
    folder = tmp_path_factory.mktemp("neural")
    (folder / "corpus.txt").write_text(TEXT, "utf-8")
    jax.config.update("jax_compilation_cache_dir", str(folder / "cache"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    return folder


def train(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a training, whose stderr is a terminal; give it with the terminal as its stdout."""
    env = {**os.environ, "JAX_COMPILATION_CACHE_DIR": str(folder / "cache")}
    env["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    command = [sys.executable, "-m", "tokscope", "train", "neural", "corpus.txt", *OPTIONS, *arguments]
    ours, theirs = os.openpty()
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stderr=theirs, env=env)
    os.close(theirs)
    process.stderr = os.fdopen(ours, "rb", buffering=0)
    return process


def said(process: subprocess.Popen[bytes], until: bytes | None = None) -> str:
    """Read what a process writes to its terminal, up to some words or to the end."""
    assert process.stderr is not None
    text = b""
    while until is None or until not in text:
        try:
            text += process.stderr.read(1)
        except OSError:  # a terminal whose other side is closed
            break
    return text.decode()


@pytest.fixture(scope="session")
def model(folder: Path) -> Path:
    """Train a model, interrupted by Ctrl-C and continued."""
    process = train(folder, "-o", "m.tokscope")
    said(process, b"step 7 of 5,000")
    process.send_signal(signal.SIGINT)
    words = " ".join(said(process).split())  # a terminal breaks lines at spaces
    assert process.wait(100) == 130
    interrupted = re.search(
        r"interrupted after step (\d+): the same command continues from m.tokscope.part", words
    )
    assert interrupted is not None, words
    assert {path.name for path in folder.iterdir()} == {"corpus.txt", "cache", "m.tokscope.part"}
    process = train(folder, "-o", "m.tokscope", "--steps", "120")
    words = said(process)
    assert process.wait(60) == 0, words
    assert f"continuing after step {interrupted[1]}" in words
    assert "bits per byte, " in words  # the live line
    assert "└──" in words  # the loss curve
    assert re.search(r"120 steps over \d+,\d+ bytes; \d\.\d\d bits per byte on held-out text", words)
    assert {path.name for path in folder.iterdir()} == {"corpus.txt", "cache", "m.tokscope"}
    return folder / "m.tokscope"


def network(seed: int = 0, hidden: int = 24, scale: float = 1.0) -> Network:
    """Make a model that has learned nothing."""
    random = np.random.default_rng(seed)
    weights = {
        name: (scale * random.standard_normal(shape) * (0.5 if name == "fast_bytes" else shape[0] ** -0.5))
        for name, shape in shapes(hidden).items()
    }
    return Network({name: array.astype(np.float32) for name, array in weights.items()}, 4.0, 0.1, {})


# --- the arithmetic --------------------------------------------------------------------------------------


def by_the_book(model: Network, data: bytes) -> tuple[list[float], list[list[float]]]:
    """Read a text byte by byte, in double precision: how likely patches end, and what follows."""
    w = {name: array.astype(float) for name, array in model.weights.items()}
    n = len(w["fast_recurrent"])

    def sigmoid(
        x: np.ndarray[tuple[int], np.dtype[np.float64]],
    ) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return 1 / (1 + np.exp(-x))

    def gru(inputs: np.ndarray, state: np.ndarray, recurrent: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        reset = sigmoid(inputs[:n] + state @ recurrent[:, :n])
        update = sigmoid(inputs[n : 2 * n] + state @ recurrent[:, n : 2 * n])
        new = np.tanh(inputs[2 * n :] + reset * (state @ recurrent[:, 2 * n :]))
        return (1 - update) * new + update * state

    fast, slow = np.zeros(n), np.zeros(n)
    begins: list[float] = []
    following: list[list[float]] = []
    character = ByteKind.FRAME  # the kind of the character before
    this = ByteKind.FRAME  # and of the one being read
    for byte in [BOUNDARY, *data, BOUNDARY]:
        fast = gru(w["fast_bytes"][byte], fast, w["fast_recurrent"])
        own = kind_of(byte)
        character, this = (this, this if own == ByteKind.INSIDE else own) if begins else (character, own)
        kinds = w["boundary_kinds"][len(ByteKind) * character + own]
        likely = float(sigmoid(fast @ w["boundary"][:, 0] + w["boundary_bias"][0] + kinds))
        begins.append(likely if begins else 1.0)
        if begins[-1] > 0.5:
            slow = gru(fast @ w["slow_input"] + w["slow_bias"], slow, w["slow_recurrent"])
        mixed = np.tanh(fast @ w["mix_fast"] + slow @ w["mix_slow"] + w["mix_bias"])
        powers = np.exp(mixed @ w["next"] + w["next_bias"])
        following.append((powers / powers.sum()).tolist())
    return begins, following


def kind_of(byte: int) -> ByteKind:
    """Tell the kind of a byte by the characters that begin with it."""
    if byte == BOUNDARY:
        return ByteKind.FRAME
    if 0x80 <= byte < 0xC0:
        return ByteKind.INSIDE
    if byte >= 0x80:
        han, symbols = range(0xE3, 0xEA), (0xE2, *range(0xEE, 0xFF))
        return ByteKind.HAN if byte in han else ByteKind.SYMBOL if byte in symbols else ByteKind.ALPHABETIC
    char = chr(byte)
    if char in string.ascii_letters + "_":
        return ByteKind.LETTER
    return ByteKind.DIGIT if char in string.digits else ByteKind.SPACE if char.isspace() else ByteKind.SIGN


@pytest.mark.parametrize("data", [b"", b"a", ENGLISH[:300], CHINESE[:300]], ids=["empty", "a", "en", "zh"])
def test_a_text_is_read_as_the_formulas_say(data: bytes, model: Path) -> None:
    for one in (network(), network(1, 8), Network.load(str(model))):
        begins, following = by_the_book(one, data)
        assert one.boundaries(data) == pytest.approx(begins, abs=1e-5)
        entropies = [-sum(p * math.log(p) for p in each) for each in following]
        assert one.entropies(data) == pytest.approx(entropies, rel=1e-4)
        assert of_network(one, data) == pytest.approx(following[-2], rel=1e-3)
        bits = -sum(math.log2(p[byte]) for p, byte in zip(following, [*data, BOUNDARY], strict=False))
        assert one.bits(data) == pytest.approx(bits, rel=1e-4)


def test_jax_has_the_same(model: Path) -> None:
    one = Network.load(str(model))
    codes = np.frombuffer(bytes([BOUNDARY]) + ENGLISH + bytes([BOUNDARY]), np.uint8)
    weights = {name: jnp.asarray(array) for name, array in one.weights.items()}
    logits, begins = forward(weights, jnp.asarray(codes[:, None], jnp.int32))
    logs = np.asarray(jax.nn.log_softmax(logits))[:, 0]
    assert np.asarray(begins)[:, 0] == pytest.approx(one.boundaries(ENGLISH), abs=1e-5)
    assert -(np.exp(logs) * logs).sum(-1) == pytest.approx(one.entropies(ENGLISH), abs=1e-4)
    bits = -logs[np.arange(len(codes) - 1), codes[1:]].sum() / math.log(2)
    assert one.bits(ENGLISH) == pytest.approx(bits, rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.one_of(texts.map(str.encode), st.binary(max_size=30)))
def test_probabilities_sum_to_one_and_give_the_entropy(data: bytes) -> None:
    for one in (network(), network(2, scale=3.0)):
        p = of_network(one, data)
        assert p.sum() == pytest.approx(1, rel=1e-5)
        assert (p > 0).all()
        entropy = -float((p * np.log(p)).sum())
        assert one.entropies(data)[len(data)] == pytest.approx(entropy, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(
    "size", [0, WARM, WARM + STRIDE - 2, WARM + STRIDE - 1, 3 * STRIDE, 17 * STRIDE + 333]
)
def test_windows_are_those_that_were_promised(size: int) -> None:
    """Each position is read from the start of its window, and by nothing after it."""
    one = network(hidden=8)
    data = (ENGLISH * 30)[:size]
    entropies, boundaries = one.entropies(data), one.boundaries(data)
    assert len(entropies) == len(boundaries) == size + 2
    codes = np.frombuffer(bytes([BOUNDARY]) + data + bytes([BOUNDARY]), np.uint8)
    for at in {0, 1, size // 2, size, size + 1} | {n for n in (WARM + STRIDE - 1, WARM + STRIDE) if n < size}:
        window = max(0, (at - WARM) // STRIDE)
        logs = one._logs(codes[window * STRIDE : at + 1, None])[-1, 0]
        assert entropies[at] == pytest.approx(-(np.exp(logs) * logs).sum(), rel=1e-4)
        read = codes[window * STRIDE : at + 1, None]
        begins = one._begins(read, one._fast(read))[-1, 0]
        assert boundaries[at] == pytest.approx(begins, abs=1e-5)
        if at <= size:
            assert of_network(one, data[:at]) == pytest.approx(np.exp(logs), rel=1e-3)


# --- training --------------------------------------------------------------------------------------------


def test_training_is_deterministic_whether_or_not_it_was_interrupted(model: Path) -> None:
    training = Training(TrainingBytes.of([[TEXT]]), SETTINGS)
    training.run(120, math.inf, lambda progress: None)
    file = io.BytesIO()
    training.network().save(file)
    assert file.getvalue() == model.read_bytes()
    curve = training.curve()
    assert curve[-1][0] == 120
    assert curve[-1][1] < 5 < curve[0][1] < 9  # from what any byte has, 8 bits
    assert [list(point) for point in curve] == Network.load(str(model)).about["losses"]


def test_the_boundary_head_learns_from_the_next_byte() -> None:
    """Without the ratio loss, too, its weights have a gradient."""
    weights = {name: jnp.asarray(array) for name, array in network(hidden=8).weights.items()}
    codes = jnp.asarray(np.frombuffer(ENGLISH[:640], np.uint8).reshape(5, 128).T, jnp.int32)
    gradients = jax.jit(jax.grad(lambda weights: loss(weights, codes, 4.5)[1]))(weights)
    assert all(float(jnp.abs(gradient).max()) > 1e-6 for gradient in gradients.values())


LABELLED = LabelledTexts.of(pairs(24))


def test_labels_reach_the_boundaries() -> None:
    """Their logits are those of the slow states' mean by probability; the boundary head has a gradient."""
    one = network(hidden=8)
    random = np.random.default_rng(0)
    head = {"label": random.standard_normal((8, 2)), "label_bias": random.standard_normal(2)}
    weights = {name: jnp.asarray(array, jnp.float32) for name, array in {**one.weights, **head}.items()}
    lesson = LABELLED.lesson(4, SEQUENCE_LENGTH, random)
    logits, gradients = jax.jit(lambda w: (label_logits(w, lesson), jax.grad(label_loss)(w, lesson)))(weights)
    fast = one._fast(lesson.codes)
    shares = one._begins(lesson.codes, fast) * lesson.inside
    slow = one._slow(lesson.codes, fast)
    for i in range(4):
        mean = shares[:, i] @ slow[:, i] / shares[:, i].sum()
        assert np.asarray(logits)[i] == pytest.approx(mean @ head["label"] + head["label_bias"], abs=1e-4)
    for name in ("boundary", "boundary_bias", "boundary_kinds", "fast_bytes", "label"):
        assert float(jnp.abs(gradients[name]).max()) > 1e-6, name


def test_lessons_and_exams() -> None:
    texts = LabelledTexts.of([("a" * 300, "long"), ("", "none"), ("b", "short")] * 8)
    assert (texts.names, len(texts.learned), len(texts.held)) == (["long", "short"], 14, 2)
    lesson = texts.lesson(9, 100, np.random.default_rng(0))
    assert lesson.codes.shape == lesson.inside.shape == (100, 9)
    for codes, inside, target in zip(lesson.codes.T, lesson.inside.T, lesson.targets, strict=True):
        assert ((codes == BOUNDARY) == (inside == 0)).all()
        assert inside.sum() == 1 if texts.names[target] == "short" else inside.sum() >= 99
    exam, owners = LabelledTexts(["l", "s"], [], [(b"a" * 300, 0), (b"b", 1), (b"c", 1)]).exam(128)
    assert owners.tolist() == [0, 0, 0, 1, 2]
    assert exam.targets.tolist() == [0, 0, 0, 1, 1]
    assert exam.inside.sum(0).tolist() == [127, 128, 45, 1, 1]
    assert exam.padded(4, 3).targets.tolist() == [1, 1, 1]
    nothing = Lesson(exam.codes, 0 * exam.inside, exam.targets)  # only what is around texts
    weights = initial(Settings(hidden=8), labels=2).weights
    assert np.isfinite(label_logits(weights, nothing)).all()


def test_training_with_labels(tmp_path: Path) -> None:
    rows = "".join(f"{label},{text}\n" for text, label in pairs(24))
    (tmp_path / "labels.csv").write_text(f"label,text\n{rows}")
    (tmp_path / "corpus.txt").write_text(TEXT)
    command = ["train", "neural", "corpus.txt", "--units", "8", "--batch", "4", "--steps", "2"]
    done = tokscope(*command, "--labels", "labels.csv", "-o", "m.tokscope", cwd=tmp_path)
    assert done.code == 0
    assert re.search(r"(0|33|67|100)% of 3 held-out texts get their label; \d+% have the most", done.err)
    about = Network.load(str(tmp_path / "m.tokscope")).about
    assert about["labels"] == ["e", "o"]
    for content, says in (("label,text\na,b\n", "1 texts with 1 labels"), ("text\na\n", "'label'")):
        (tmp_path / "labels.csv").write_text(content)
        done = tokscope(*command, "--labels", "labels.csv", "-o", "m.tokscope", cwd=tmp_path)
        assert (done.code, done.err.count("\n")) == (2, 1)
        assert says in done.err
    assert "name a file" in tokscope(*command, "--labels", "-", "-o", "m.tokscope", cwd=tmp_path).err


@pytest.mark.parametrize(
    ("begins", "patch", "expected"),
    [
        ([0.9, 0.9], 4, 3.6),
        ([0.1, 0.1], 4, 1.2),
        ([0.9, 0.1, 0.1, 0.1], 4, 1.0),  # as many as asked for: F = 1 / 4, and then G tells nothing
        ([0.9, 0.1], 2, 1.0),
        ([0.9, 0.9], 2, 1.8),
    ],
)
def test_the_ratio_loss_is_that_of_the_formula(begins: list[float], patch: float, expected: float) -> None:
    assert float(ratio_loss(jnp.array(begins), patch)) == pytest.approx(expected)
    columns = jnp.array([begins, [0.1] * len(begins)]).T
    alone = float(ratio_loss(jnp.array([0.1] * len(begins)), patch))
    assert float(ratio_loss(columns, patch)) == pytest.approx((expected + alone) / 2)


def test_a_training_that_breaks_down_says_so() -> None:
    training = Training(TrainingBytes.of([[TEXT]]), SETTINGS)
    weights = {**training._state.weights, "next_bias": jnp.full(256, jnp.inf, jnp.float32)}
    training._state = training._state._replace(weights=weights)
    with pytest.raises(UsageError, match="diverged at step 1: use fewer --units"):
        training.run(5, math.inf, lambda progress: None)
    assert training.steps == 0


def test_a_corpus_lies_between_boundaries() -> None:
    corpus = TrainingBytes.of([["ab", "c" * 20000], [], ["é"]], held_out="judged")
    data = corpus.codes.tobytes()
    assert (data[:4], data[-4:]) == (b"\xffabc", b"\xff\xc3\xa9\xff")
    assert data.count(BOUNDARY) == 3
    assert corpus.held == b"judged"
    windows = corpus.windows(Settings(batch=5), 7)
    assert windows.shape == (SEQUENCE_LENGTH + 1, 5)
    assert (windows == corpus.windows(Settings(batch=5), 7)).all()
    assert all(window.tobytes() in data for window in windows.T)


@pytest.mark.parametrize(
    ("given", "held_out", "says"),
    [
        ([], None, "0 characters is too small"),
        ([["a" * 600]], None, "600"),
        ([[TEXT]], "", "held out are empty"),
    ],
)
def test_a_corpus_that_teaches_nothing(given: list[list[str]], held_out: str | None, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        TrainingBytes.of(given, held_out)


def test_an_unfinished_training_is_taken_up_by_its_own_corpus_and_settings_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "m.part")
    Training(TrainingBytes.of([[TEXT]]), SETTINGS).save(path)
    Training(TrainingBytes.of([[TEXT]]), SETTINGS).resume(path)
    for other in (
        Training(TrainingBytes.of([[TEXT + "!"]]), SETTINGS),
        Training(TrainingBytes.of([[TEXT]], held_out="a"), SETTINGS),
        Training(TrainingBytes.of([[TEXT]]), SETTINGS._replace(seed=4)),
        Training(TrainingBytes.of([[TEXT]]), SETTINGS, LABELLED),
    ):
        with pytest.raises(UsageError, match="another corpus or with other options"):
            other.resume(path)
    whole = Path(path).read_bytes()
    for size in (0, 100, len(whole) // 2, len(whole) - 30):
        Path(path).write_bytes(whole[:size])
        with pytest.raises(BrokenTokenizer, match="damaged"):
            Training(TrainingBytes.of([[TEXT]]), SETTINGS).resume(path)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["corpus.txt", "gone.txt"], "nothing was learned"),
        (["-x", "hello"], "too small"),
        (["corpus.txt", "-o", "nowhere/m.tokscope"], "nowhere"),
    ],
)
def test_what_cannot_be_learned_leaves_what_was_there(
    arguments: list[str], says: str, tmp_path: Path
) -> None:
    (tmp_path / "m.tokscope").write_text("as it was")
    (tmp_path / "corpus.txt").write_text(TEXT, "utf-8")
    done = tokscope("train", "neural", "-o", "m.tokscope", *arguments, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert says in done.err.splitlines()[-1]
    assert (tmp_path / "m.tokscope").read_text() == "as it was"
    assert {path.name for path in tmp_path.iterdir()} == {"m.tokscope", "corpus.txt"}


@pytest.mark.parametrize(
    ("missing", "arguments", "extra"),
    [
        ("jax", ["train", "neural", "-x", "a", "-o", "m"], "neural"),
        ("numpy", ["count", "-x", "a", "-t", "neural:m"], "blt"),
    ],
)
def test_an_extra_that_is_missing_is_named(missing: str, arguments: list[str], extra: str) -> None:
    program = f"import sys; sys.modules[{missing!r}] = None; from tokscope.cli import run; sys.exit(run())"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert f"pip install 'tokscope-cli[{extra}]'" in done.stderr


# --- files -----------------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "model.tokscope"
    with path.open("wb") as file:
        network(hidden=8).save(file)
    return path


def broken(path: Path) -> bool:
    """Say whether a file is refused; one that is not has to give a model."""
    try:
        one = Network.load(str(path))
    except BrokenTokenizer:
        return True
    assert of_network(one, b"th").sum() == pytest.approx(1, rel=1e-5)
    return False


def test_damaged_files_are_refused(saved: Path, tmp_path: Path) -> None:
    whole = saved.read_bytes()
    assert not broken(saved)
    for size in range(0, len(whole), len(whole) // 100):
        saved.write_bytes(whole[:size])
        assert broken(saved)
    tried = range(0, len(whole), len(whole) // 100)
    refused = 0
    for at in tried:
        saved.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        refused += broken(saved)
    assert refused > len(tried) * 0.8  # the rest are bytes of the archive that say nothing, its dates
    assert broken(tmp_path)
    assert broken(tmp_path / "gone")


Columns = dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]


def rewritten(path: Path, change: Callable[[Columns], object]) -> None:
    with np.load(path) as stored:
        columns = dict(stored)
    change(columns)
    with path.open("wb") as file:
        np.savez(file, **columns)


def header(columns: Columns, **fields: object) -> None:
    whole = json.loads(columns["header"].tobytes()) | fields
    columns["header"] = np.frombuffer(json.dumps(whole).encode(), np.uint8)


@pytest.mark.parametrize(
    "change",
    [
        lambda columns: columns.pop("next"),
        lambda columns: columns.update(more=np.zeros(3, np.float32)),
        lambda columns: columns.update(next=columns["next"][1:]),
        lambda columns: columns.update(next=columns["next"].astype(np.float64)),
        lambda columns: columns.update(next=columns["next"] * np.float32(math.nan)),
        lambda columns: columns.update(next=columns["next"] + np.float32(1e30)),
        lambda columns: columns.update(next=np.array([object()])),
        lambda columns: columns.update(header=np.frombuffer(b"[]", np.uint8)),
        lambda columns: columns.update(header=np.array(1)),
        *(lambda columns, name=name: columns.update({name: np.array(1.0, np.float32)}) for name in shapes(8)),
        lambda columns: header(columns, theta="high"),
        lambda columns: header(columns, theta=math.inf),
        lambda columns: header(columns, about=[]),
        lambda columns: header(columns, format="tokscope byte n-grams"),
    ],
)
def test_what_is_no_model_is_refused(saved: Path, change: Callable[[Columns], object]) -> None:
    rewritten(saved, change)
    assert broken(saved)


def test_a_model_of_another_version_says_so(saved: Path) -> None:
    rewritten(saved, lambda columns: header(columns, version=1))
    done = tokscope("count", "-x", "a", "-t", f"neural:{saved}")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "a model of version 1, and this tokscope reads 2" in done.err


# --- the backend -----------------------------------------------------------------------------------------

RULES = ["", "?rule=entropy", "?rule=monotonic", "?rule=entropy&theta_add=0.05", "?theta=0.3&max_patch=3"]


@pytest.mark.parametrize("rule", RULES)
def test_contract(rule: str, model: Path) -> None:
    for special in (False, True):
        tokenizer = load(f"neural:{model}{rule}", special=special)
        assert load(tokenizer.name).name == tokenizer.name
        assert tokenizer.exact
        for text in HOSTILE.values():
            split = assert_contract(tokenizer, text)
            assert b"".join(token.data for token in split) == text.encode()


@settings(max_examples=15, deadline=None)
@given(text=texts)
def test_contract_of_any_text(text: str, model: Path) -> None:
    for rule in RULES[:3]:
        assert_contract(load(f"neural:{model}{rule}"), text)


def test_patches_begin_where_the_model_says(model: Path) -> None:
    one = Network.load(str(model))
    starts = {
        "": [i for i, begins in enumerate(one.boundaries(ENGLISH)) if begins > 0.5],
        "?theta=0.2": [i for i, begins in enumerate(one.boundaries(ENGLISH)) if begins > 0.2],
        "?rule=entropy": patching.by_entropy(one.entropies(ENGLISH).tolist(), one.theta),
        "?rule=entropy&theta=2&theta_add=0.1": patching.by_entropy(one.entropies(ENGLISH).tolist(), 2, 0.1),
        "?rule=monotonic": patching.by_rise(one.entropies(ENGLISH).tolist(), one.rise),
    }
    counts = set()
    for rule, begun in starts.items():
        bounds = sorted({0, *(start - 1 for start in begun if 1 <= start <= len(ENGLISH)), len(ENGLISH)})
        split = load(f"neural:{model}{rule}").encode(ENGLISH.decode())
        assert [token.data for token in split] == [ENGLISH[start:end] for start, end in pairwise(bounds)]
        assert split.heat is not None
        assert all(0 <= heat <= 1 for heat in split.heat)
        counts.add(len(split))
    assert len(counts) == len(starts)


def test_patches_are_about_as_long_as_asked_for(model: Path) -> None:
    for rule in ("", "?rule=entropy", "?rule=monotonic"):
        count = load(f"neural:{model}{rule}").count(TEXT)
        assert len(TEXT.encode()) / count == pytest.approx(4.5, rel=0.35), rule


@pytest.mark.parametrize("text", ["", "a", "The cat 日本"])
def test_a_trace_ends_in_the_split(text: str, model: Path) -> None:
    for rule in RULES:
        tokenizer = load(f"neural:{model}{rule}")
        trace = tokenizer.trace(text)
        assert trace.split == tokenizer.encode(text)
        steps = json.dumps([step.json for step in trace.steps])
        assert "n-gram" not in steps


@pytest.mark.parametrize("name", ["english.txt", *NAMES, "code.py"])
def test_patches_of_the_model_that_ships_begin_at_word_edges(name: str) -> None:
    """Far more often than by chance, and in no script within characters."""
    found = agreement("neural", (SAMPLES / name).read_text("utf-8"))
    assert found.edges > found.chance + 0.25
    assert found.within < 0.02
    if name in ("english.txt", "code.py"):  # nine tenths of what it learned from
        assert found.edges > found.chance + 0.45


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("?rule=space", "rule is boundary, entropy or monotonic"),
        ("?theta_add=1", "unknown option 'theta_add' (options of the rule boundary: rule, theta, max_patch)"),
        (
            "?rule=monotonic&theta_add=1",
            "unknown option 'theta_add' (options of the rule monotonic: rule, theta, max_patch)",
        ),
        ("?theta=high", "theta is a probability"),
        ("?max_patch=0", "max_patch"),
        ("?k=4", "unknown option 'k'"),
    ],
)
def test_what_a_rule_cannot_be_told(options: str, says: str, model: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        load(f"neural:{model}{options}")


def test_reading_a_model_needs_no_jax(model: Path) -> None:
    program = "import sys; sys.modules['jax'] = None; from tokscope.cli import run; sys.exit(run())"
    arguments = ["count", "-x", "Hello world", "-t", f"neural:{model}"]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{load(f'neural:{model}').count('Hello world')}\n"
