"""Training the model of neural.py: the bytes to learn from, and steps on them until it is to end.

neural_step.py says what is learned. The same corpus, settings and seed give the same model, byte for byte, on
the same machine.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
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
from tokscope.entropy.neural import Network, shapes
from tokscope.files.writing import whole_file
from tokscope.learning.held_out import HeldBack
from tokscope.learning.labelled_texts import LabelledTexts, Lesson
from tokscope.learning.neural_step import Settings, State, initial, label_logits, step
from tokscope.learning.unfinished import SAVE_EVERY, load_unfinished

if TYPE_CHECKING:
    from tokscope.entropy.neural import Bytes

SEQUENCE_LENGTH = 128
"""How many bytes are predicted in a row, starting from a state of zeros."""

HELD_OUT = 1 << 16
"""How many characters of the corpus are held out at most."""

EXAM = 64
"""How many windows are judged at once."""

POINTS = 200
"""How many points a loss curve has at most, each the mean of equally many steps."""

UNFINISHED = "tokscope byte GRU, unfinished"


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
        held, edge = HeldBack(HELD_OUT if held_out is None else 0), bytes([BOUNDARY])
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
        starts = random.integers(0, len(self.codes) - SEQUENCE_LENGTH, settings.batch)
        return self.codes[starts + np.arange(SEQUENCE_LENGTH + 1)[:, None]]

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
                raise UsageError(f"training diverged at step {at:,}: use fewer --units or a larger --batch")
            self._state = state  # one assignment: Ctrl-C comes before it or after it
            now = time.monotonic()
            recent.append((now, self._nats[-1]))
            if len(recent) > 1:
                speed = (len(recent) - 1) * self.settings.batch * SEQUENCE_LENGTH / (now - recent[0][0])
                report(Milestone(self.steps, _mean_bits([nats for _, nats in recent]), speed))
            if unfinished is not None and now - saved > SAVE_EVERY:
                self.save(unfinished)
                saved = now

    def _lesson(self, number: int) -> Lesson | None:
        """Draw the labelled windows of a step: the same for the same number and seed."""
        if self.labelled is None:
            return None
        random = np.random.default_rng([self.settings.seed, number, 1])
        return self.labelled.lesson(self.settings.batch, SEQUENCE_LENGTH, random)

    def accuracy(self) -> float:
        """Give the share of the texts held out whose label is told, by the mean over their windows.

        Example: training.accuracy() -> 0.87; training.labelled.chance() says what the commonest label gives
        """
        assert self.labelled is not None
        exam, owners = self.labelled.exam(SEQUENCE_LENGTH)
        sums = np.zeros((len(self.labelled.held), len(self.labelled.names)))
        for at in range(0, len(owners), EXAM):
            some = owners[at : at + EXAM]
            part = exam.padded(at, EXAM)
            logs = jax.nn.log_softmax(label_logits(self._state.average, part))
            np.add.at(sums, some, np.asarray(logs)[: len(some)])
        targets = [target for _, target in self.labelled.held]
        return float(np.mean(sums.argmax(-1) == targets))

    def save(self, path: str) -> None:
        """Save the training, for resume(). Raises OutputError.

        Example: training.save("model.tokscope.part")
        """
        arrays = {name: np.asarray(array) for name, array in _arrays_by_path(self._state).items()}
        header = {**self._identity, "nats": self._nats[: self.steps]}
        with whole_file(path) as file:
            npz.save_model(file, UNFINISHED, header, arrays)

    def resume(self, path: str) -> None:
        """Go on with a training that save() saved.

        Example: training.resume("model.tokscope.part")

        Raises BrokenTokenizer for a damaged file, and UsageError for one of other settings or another corpus.
        """
        header, arrays = load_unfinished(path, UNFINISHED, self._identity, "another corpus")
        nats = header.get("nats")
        fresh = _arrays_by_path(self._state)
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
        return [(min((i + 1) * every, self.steps), _mean_bits(chunk)) for i, chunk in enumerate(chunks)]


def _arrays_by_path(state: State) -> dict[str, jax.Array]:
    """Give the arrays of a state by their paths in it, in its order."""
    return {
        ".".join(str(getattr(key, "name", getattr(key, "key", ""))) for key in path): array
        for path, array in jax.tree_util.tree_leaves_with_path(state)
    }


def _mean_bits(nats: Sequence[float]) -> float:
    return sum(nats) / len(nats) / log(2)
