"""Training the model of neural.py, in JAX: the loss of the next byte, and boundaries learned with it.

Whether a patch begins is a yes or no, which has no gradient: as in the hierarchical multiscale recurrent
network (Chung et al. 2017, https://arxiv.org/abs/1609.01704) the decision is hard, and its gradient is that
of the probability, straight through. The number of patches is controlled by the ratio loss of H-Net's dynamic
chunking (Hwang et al. 2025, https://arxiv.org/abs/2507.07955, equation 10), for N bytes per patch

    N / (N - 1) ((N - 1) F G + (1 - F) (1 - G))

where F is the share of bytes that begin patches and G the mean probability: it is smallest at F = G = 1 / N.
Here F and G are those of a window, so that every script has patches of about that length.
The kinds of bytes are weights like the others, but training begins with what is true of most scripts: that a
patch rarely begins within a character, and more often where the kind of character changes.

Where texts have labels, a task trains the boundaries too: a softmax over the mean of the slow states that
begin patches says which label a text has, and its loss is added. It reaches the boundaries by the same
gradient.

The optimiser is Adam (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980); its rate rises for WARM_UP steps
and then falls with the square root of the step. The model is the average of the last weights, so that
training can end at any step. The same corpus, settings and seed give the same bytes on the same machine.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from math import isfinite, log
from typing import TYPE_CHECKING, NamedTuple

from tokscope.errors import MissingExtra, UsageError
from tokscope.files import npz

try:  # before the modules that need less, so that one message names all that is missing
    import jax
    import jax.numpy as jnp
    import numpy as np
except ImportError as error:
    raise MissingExtra("training a neural model", "neural") from error

from tokscope.entropy.framing import BOUNDARY
from tokscope.entropy.neural import ByteKind, Network, gru, kinds, shapes
from tokscope.files.writing import whole_file
from tokscope.learning.held_out import HeldBack
from tokscope.learning.labelled_texts import LabelledTexts, Lesson

if TYPE_CHECKING:
    from tokscope.entropy.neural import Bytes

WINDOW = 128
"""How many bytes are predicted in a row, starting from a state of zeros."""

HELD = 1 << 16
"""How many characters of the corpus are held out at most."""

RATE, WARM_UP = 6e-3, 100
"""The highest learning rate, and the step at which it is reached."""

RATIO = 0.2
"""The weight of the ratio loss next to the loss in nats; H-Net's 0.03 takes more steps to work."""

TASK = 0.5
"""The weight of the loss of labels next to that of the next byte, both in nats."""

EXAM = 64
"""How many windows are judged at once."""

POINTS = 200
"""How many points a loss curve has at most, each the mean of equally many steps."""

PATIENCE = 60.0
"""The unfinished training is saved again after this many seconds."""

UNFINISHED = "tokscope byte GRU, unfinished"

Weights = dict[str, jax.Array]


class Settings(NamedTuple):
    """What is trained: everything that, if changed, gives another model.

    Example: Settings(hidden=192, batch=16, seed=0, patch=4.5)
    """

    hidden: int = 192
    batch: int = 16
    seed: int = 0
    patch: float = 4.5


class State(NamedTuple):
    """The state of training.

    Example: initial(Settings()).taken -> 0

    `taken` is how many steps have been taken, `first` and `second` are Adam's moments of the gradients, and
    `average` is the mean of the last weights: the model.
    """

    taken: jax.Array
    weights: Weights
    first: Weights
    second: Weights
    average: Weights


def initial(settings: Settings, labels: int = 0) -> State:
    """Draw the weights that training begins with; those that tell `labels` begin with zero.

    Example: initial(Settings(hidden=8)).weights["next"].shape -> (8, 256)
    """
    random = np.random.default_rng(settings.seed)
    weights: Weights = {}
    for name, shape in shapes(settings.hidden).items():
        scale = 0.0 if name.endswith("bias") else 1.0 if name == "fast_bytes" else shape[0] ** -0.5
        weights[name] = jnp.asarray(scale * random.standard_normal(shape), jnp.float32)
    weights["boundary_kinds"] = jnp.asarray(_prior(), jnp.float32)
    if labels:
        weights["label"] = jnp.zeros((settings.hidden, labels))
        weights["label_bias"] = jnp.zeros(labels)
    nothing = {name: jnp.zeros_like(array) for name, array in weights.items()}
    return State(jnp.zeros((), jnp.float32), weights, nothing, nothing, weights)


def _prior() -> list[float]:
    """How likely each pair of kinds is to have a boundary before training, as log odds."""
    words = (ByteKind.LETTER, ByteKind.DIGIT, ByteKind.ALPHABETIC)
    same = {(before, own) for before in words for own in words} | {(kind, kind) for kind in ByteKind}
    return [
        -4.0 if own == ByteKind.INSIDE else -1.0 if (before, own) in same else 1.0
        for before in ByteKind
        for own in ByteKind
    ]


class WindowStates(NamedTuple):
    """What a model makes of m texts of n bytes: the results are those of Network, but have gradients.

    Example: read(weights, codes).begins.shape -> (128, 16), for `codes` of that shape

    `fast` and `slow` are the states after each byte, of shape (n, m, hidden); `begins` is the probability
    that a byte begins a patch, and `moves` whether it does, 0 or 1, of shape (n, m).
    """

    fast: jax.Array
    slow: jax.Array
    begins: jax.Array
    moves: jax.Array


def read(weights: Weights, codes: jax.Array) -> WindowStates:
    """Read texts, of shape (bytes, texts).

    Example: read(weights, codes).fast.shape -> (128, 16, 192), for `codes` of shape (128, 16)
    """
    start = jnp.zeros((codes.shape[1], len(weights["fast_recurrent"])))

    def fast_step(state: jax.Array, row: jax.Array) -> tuple[jax.Array, jax.Array]:
        state = gru(jnp.tanh, weights["fast_bytes"][row], state, weights["fast_recurrent"])
        return state, state

    def slow_step(state: jax.Array, row: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        inputs, moves = row
        moved = gru(jnp.tanh, inputs, state, weights["slow_recurrent"])
        state = state + moves[:, None] * (moved - state)
        return state, state

    _, fast = jax.lax.scan(fast_step, start, codes)
    pairs = weights["boundary_kinds"][kinds(jnp, jax.lax.cummax, codes)]
    begins = jax.nn.sigmoid(fast @ weights["boundary"][:, 0] + weights["boundary_bias"] + pairs)
    begins = begins.at[0].set(1)
    moves = begins + jax.lax.stop_gradient((begins > 0.5) - begins)
    _, slow = jax.lax.scan(slow_step, start, (fast @ weights["slow_input"] + weights["slow_bias"], moves))
    return WindowStates(fast, slow, begins, moves)


def forward(weights: Weights, codes: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Give the logits of every next byte, (n, m, 256), and the probability that each byte begins a patch.

    Example: forward(weights, codes)[0].shape -> (128, 16, 256), for `codes` of shape (128, 16)
    """
    fast, slow, begins, _ = read(weights, codes)
    mixed = jnp.tanh(fast @ weights["mix_fast"] + slow @ weights["mix_slow"] + weights["mix_bias"])
    return mixed @ weights["next"] + weights["next_bias"], begins


def label_logits(weights: Weights, lesson: Lesson) -> jax.Array:
    """Give the logits of the labels of windows, (windows, labels), from the slow states that begin patches.

    Example: label_logits(weights, texts.lesson(16, 128, random)).shape -> (16, 2)
    """
    states = read(weights, jnp.asarray(lesson.codes, jnp.int32))
    moves = states.moves * lesson.inside
    mean = (states.slow * moves[..., None]).sum(0) / moves.sum(0)[:, None]
    return mean @ weights["label"] + weights["label_bias"]


_label_logits = jax.jit(label_logits)


def label_loss(weights: Weights, lesson: Lesson) -> jax.Array:
    """Give the mean loss of the labels of windows, in nats.

    Example: label_loss(initial(Settings(), labels=4).weights, lesson) -> 1.386, the logarithm of 4
    """
    logs = jax.nn.log_softmax(label_logits(weights, lesson))
    return -jnp.take_along_axis(logs, lesson.targets[:, None], -1).mean()


def ratio_loss(begins: jax.Array, patch: float) -> jax.Array:
    """Say how far patches are from an average of `patch` bytes, given the probabilities that they begin.

    Example: ratio_loss(jnp.full(8, 0.1), patch=4) -> 1.2, which is 4 / 3 * 0.9, since none is above 0.5

    It is the mean over the columns, each the probabilities of a text by itself: otherwise a rare script could
    have patches of any length.
    """
    share, mean = (begins > 0.5).mean(0), begins.mean(0)
    return (patch / (patch - 1) * ((patch - 1) * share * mean + (1 - share) * (1 - mean))).mean()


def loss(
    weights: Weights, codes: jax.Array, patch: float, lesson: Lesson | None = None
) -> tuple[jax.Array, jax.Array]:
    """Give the loss that training minimises, and the mean loss of a next byte in nats, which is part of it.

    Example: loss(weights, codes, patch=4.5), with `codes` of shape (bytes + 1, windows)
    """
    logits, begins = forward(weights, codes[:-1])
    logs = jax.nn.log_softmax(logits)
    nats = -jnp.take_along_axis(logs, codes[1:, :, None], -1).mean()
    task = 0.0 if lesson is None else TASK * label_loss(weights, lesson)
    return nats + RATIO * ratio_loss(begins, patch) + task, nats


@partial(jax.jit, static_argnames="patch")
def step(
    state: State, codes: jax.Array, patch: float, lesson: Lesson | None = None
) -> tuple[State, jax.Array]:
    """Take one step on windows of shape (bytes + 1, windows); give the mean loss of a next byte too, in nats.

    Example: state, nats = step(initial(settings), jnp.asarray(corpus.windows(settings, 0), jnp.int32), 4.5)
    """
    count = state.taken + 1
    (_, nats), gradients = jax.value_and_grad(loss, has_aux=True)(state.weights, codes, patch, lesson)
    norm = jnp.sqrt(sum(jnp.square(gradient).sum() for gradient in gradients.values()))
    gradients = {name: gradient / jnp.maximum(norm, 1.0) for name, gradient in gradients.items()}
    rate = RATE * jnp.minimum(count / WARM_UP, jnp.sqrt(WARM_UP / count))
    kept = count / (count + 9)  # the average is over the last ninth of the steps or so
    first, second, weights, average = {}, {}, {}, {}
    for name, gradient in gradients.items():
        first[name] = 0.9 * state.first[name] + 0.1 * gradient
        second[name] = 0.99 * state.second[name] + 0.01 * gradient**2
        moved = first[name] / (1 - 0.9**count) / (jnp.sqrt(second[name] / (1 - 0.99**count)) + 1e-8)
        weights[name] = state.weights[name] - rate * moved
        average[name] = kept * state.average[name] + (1 - kept) * weights[name]
    return State(count, weights, first, second, average), nats


class TrainingBytes(NamedTuple):
    """The bytes to learn from, with boundaries around every text, and a text to judge by.

    Example: TrainingBytes.of([["a text ...", "and on"]]).codes -> [255, 97, 32, ...], as an array
    """

    codes: Bytes
    held: bytes

    @classmethod
    def of(cls, texts: Iterable[Iterable[str]], held_out: str | None = None) -> TrainingBytes:
        """Read texts, each given as its blocks; a part is held out unless `held_out` is given.

        Example: TrainingBytes.of([document.blocks() for document in documents])

        Raises UsageError if there is too little text.
        """
        held, edge = HeldBack(HELD if held_out is None else 0), bytes([BOUNDARY])
        data = bytearray(edge)
        for blocks in texts:
            for part in held.out(blocks):
                data += part
            if data[-1] != BOUNDARY:
                data += edge
        return cls(np.frombuffer(data, np.uint8), held.judged(held_out))

    def windows(self, settings: Settings, number: int) -> Bytes:
        """Draw the windows of a step, of shape (bytes + 1, windows): the same for the same number and seed.

        Example: corpus.windows(Settings(batch=16), 0).shape -> (129, 16)
        """
        random = np.random.default_rng([settings.seed, number])
        starts = random.integers(0, len(self.codes) - WINDOW, settings.batch)
        return self.codes[starts + np.arange(WINDOW + 1)[:, None]]

    def digest(self) -> str:
        """Give a hash that tells this corpus from others.

        Example: len(corpus.digest()) -> 64
        """
        return hashlib.sha256(self.codes.tobytes() + self.held).hexdigest()


class Milestone(NamedTuple):
    """How far training has come: the loss in bits per byte and the bytes per second of the last steps.

    Example: Milestone(steps=100, bits=2.5, speed=80_000.0)
    """

    steps: int
    bits: float
    speed: float


class Training:
    """A training that can be interrupted and resumed.

    Example: Training(corpus, Settings()).run(steps=5000, seconds=math.inf, report=print)

    Interrupting it makes no difference to the model.
    """

    def __init__(
        self, corpus: TrainingBytes, settings: Settings, labelled: LabelledTexts | None = None
    ) -> None:
        self.corpus, self.settings, self.labelled = corpus, settings, labelled
        texts = None if labelled is None else labelled.digest()
        self._identity = {"settings": settings._asdict(), "corpus": corpus.digest(), "labelled": texts}
        self._state = initial(settings, 0 if labelled is None else len(labelled.names))
        self._nats: list[float] = []

    @property
    def steps(self) -> int:
        """How many steps have been taken."""
        return int(self._state.taken)

    def run(
        self,
        steps: float,
        seconds: float,
        report: Callable[[Milestone], None],
        unfinished: str | None = None,
    ) -> None:
        """Train until `steps` have been taken in all, or for `seconds`.

        Example: training.run(1000, math.inf, report=print)

        `unfinished` is the file where the training is saved now and then. Raises OutputError, and UsageError
        if the loss is no longer finite.
        """
        del self._nats[self.steps :]  # what Ctrl-C cut off
        begun = saved = time.monotonic()
        recent: deque[tuple[float, float]] = deque(maxlen=50)
        while self.steps < steps and time.monotonic() - begun < seconds:
            codes = self.corpus.windows(self.settings, self.steps)
            lesson = self._lesson(self.steps)
            state, nats = step(self._state, jnp.asarray(codes, jnp.int32), self.settings.patch, lesson)
            self._nats.append(float(nats))
            if not isfinite(self._nats[-1]):
                at = self.steps + 1
                raise UsageError(
                    f"training broke down at step {at:,}: take fewer --units or a larger --batch"
                )
            self._state = state  # one assignment: Ctrl-C comes before it or after it
            now = time.monotonic()
            recent.append((now, self._nats[-1]))
            if len(recent) > 1:
                speed = (len(recent) - 1) * self.settings.batch * WINDOW / (now - recent[0][0])
                report(Milestone(self.steps, _bits([nats for _, nats in recent]), speed))
            if unfinished is not None and now - saved > PATIENCE:
                self.save(unfinished)
                saved = now

    def _lesson(self, number: int) -> Lesson | None:
        """Draw the labelled windows of a step: the same for the same number and seed."""
        if self.labelled is None:
            return None
        random = np.random.default_rng([self.settings.seed, number, 1])
        return self.labelled.lesson(self.settings.batch, WINDOW, random)

    def accuracy(self) -> float:
        """Give the share of the texts held out whose label is told, by the mean over their windows.

        Example: training.accuracy() -> 0.87; training.labelled.chance() says what the commonest label gives
        """
        assert self.labelled is not None
        exam, owners = self.labelled.exam(WINDOW)
        sums = np.zeros((len(self.labelled.held), len(self.labelled.names)))
        for at in range(0, len(owners), EXAM):
            some = owners[at : at + EXAM]
            part = exam.padded(at, EXAM)
            logs = jax.nn.log_softmax(_label_logits(self._state.average, part))
            np.add.at(sums, some, np.asarray(logs)[: len(some)])
        targets = [target for _, target in self.labelled.held]
        return float(np.mean(sums.argmax(-1) == targets))

    def save(self, path: str) -> None:
        """Save the training, for resume(). Raises OutputError.

        Example: training.save("model.tokscope.part")
        """
        arrays = {name: np.asarray(array) for name, array in _by_name(self._state).items()}
        header = {**self._identity, "nats": self._nats[: self.steps]}
        with whole_file(path) as file:
            npz.save(file, UNFINISHED, header, arrays)

    def resume(self, path: str) -> None:
        """Go on with a training that save() saved.

        Example: training.resume("model.tokscope.part")

        Raises BrokenTokenizer for a damaged file, and UsageError for one of other settings or another corpus.
        """
        header, arrays = npz.load(path, UNFINISHED)
        if any(header.get(key) != value for key, value in self._identity.items()):
            raise UsageError(
                f"{path} is unfinished training on another corpus or with other options: "
                "use the same ones to go on with it, or delete it"
            )
        nats = header.get("nats")
        fresh = _by_name(self._state)
        if {name: array.shape for name, array in arrays.items()} != {
            name: array.shape for name, array in fresh.items()
        } or not isinstance(nats, list):
            raise npz.damaged(path)
        self._nats = nats
        leaves = [jnp.asarray(arrays[name]) for name in fresh]
        self._state = jax.tree.unflatten(jax.tree.structure(self._state), leaves)

    def network(self) -> Network:
        """Give the model, with its thresholds set on the held-out text.

        Example: training.network().about["steps"] -> 5000
        """
        weights = {name: np.asarray(self._state.average[name]) for name in shapes(self.settings.hidden)}
        network = Network(weights, 0.0, 0.0, {})
        held, patch = self.corpus.held, self.settings.patch
        entropies = network.entropies(held)
        theta, rise = (float(np.quantile(each, 1 - 1 / patch)) for each in (entropies, np.diff(entropies)))
        about = {
            **self.settings._asdict(),
            "steps": self.steps,
            "bytes": len(self.corpus.codes),
            "held_out_bits_per_byte": network.bits(held) / len(held),
            "losses": self.curve(),
        }
        if self.labelled is not None:
            about |= {"labels": self.labelled.names, "held_out_accuracy": self.accuracy()}
        return replace(network, theta=theta, rise=rise, about=about)

    def curve(self) -> list[tuple[int, float]]:
        """Give the loss curve: steps, and the mean loss in bits per byte from one step to the next.

        Example: training.curve()[-1] -> (5000, 2.1)
        """
        every = max(1, -(-self.steps // POINTS))
        chunks = [self._nats[i : i + every] for i in range(0, self.steps, every)]
        return [(min((i + 1) * every, self.steps), _bits(chunk)) for i, chunk in enumerate(chunks)]


def _by_name(state: State) -> dict[str, jax.Array]:
    """Give the arrays of a state by their paths in it, in its order."""
    return {
        ".".join(str(getattr(key, "name", getattr(key, "key", ""))) for key in path): array
        for path, array in jax.tree_util.tree_leaves_with_path(state)
    }


def _bits(nats: Sequence[float]) -> float:
    return sum(nats) / len(nats) / log(2)
