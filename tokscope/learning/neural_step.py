"""A step of training the model of neural.py, in JAX: the loss of the next byte, and boundaries with it.

Whether a patch begins is a yes or no, which has no gradient: as in the hierarchical multiscale recurrent
network (Chung et al. 2017, https://arxiv.org/abs/1609.01704) the decision is hard, and its gradient is that
of the probability, straight through. The number of patches is controlled by the ratio loss of H-Net's dynamic
chunking (Hwang et al. 2025, https://arxiv.org/abs/2507.07955, equation 10), for N bytes per patch

    N / (N - 1) ((N - 1) F G + (1 - F) (1 - G))

where F is the share of bytes that begin patches and G the mean probability: it is smallest at F = G = 1 / N.
Here F and G are those of a window, so that every script has patches of about that length.
The kinds of bytes are weights like the others, but training begins with what is true of most scripts: that a
patch rarely begins within a character, and more often where the kind of character changes.

Where texts have labels, a task trains the boundaries too: a softmax over the mean of a text's slow states,
each weighted by the probability that it begins a patch, says which label the text has, and its loss is added.
The BOUNDARY behind a text has no part in it: what the fast level remembers at the end would tell without any
patch.

The optimiser is Adam (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980); its rate rises for WARM_UP steps
and then falls with the square root of the step. The model is the average of the last weights, so that
training can end at any step.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from tokscope.errors import MissingExtra

try:  # before the modules that need less, so that one message names all that is missing
    import jax
    import jax.numpy as jnp
    import numpy as np
except ImportError as error:
    raise MissingExtra("training a neural model", "neural") from error

from tokscope.entropy.neural import ByteKind, gru, kinds, shapes
from tokscope.learning.labelled_texts import Lesson

RATE, WARM_UP = 6e-3, 100
"""The highest learning rate, and the step at which it is reached."""

RATIO = 0.2
"""The weight of the ratio loss next to the loss in nats; H-Net's 0.03 takes more steps to work."""

TASK = 2.0
"""The weight of the loss of labels next to that of the next byte, both in nats."""

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

    Example: read_texts(weights, codes).begins.shape -> (128, 16), for `codes` of that shape

    `fast` and `slow` are the states after each byte, of shape (n, m, hidden); `begins` is the probability
    that a byte begins a patch, of shape (n, m).
    """

    fast: jax.Array
    slow: jax.Array
    begins: jax.Array


def read_texts(weights: Weights, codes: jax.Array) -> WindowStates:
    """Read texts, of shape (bytes, texts).

    Example: read_texts(weights, codes).fast.shape -> (128, 16, 192), for `codes` of shape (128, 16)
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
    return WindowStates(fast, slow, begins)


def forward(weights: Weights, codes: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Give the logits of every next byte, (n, m, 256), and the probability that each byte begins a patch.

    Example: forward(weights, codes)[0].shape -> (128, 16, 256), for `codes` of shape (128, 16)
    """
    fast, slow, begins = read_texts(weights, codes)
    mixed = jnp.tanh(fast @ weights["mix_fast"] + slow @ weights["mix_slow"] + weights["mix_bias"])
    return mixed @ weights["next"] + weights["next_bias"], begins


@jax.jit
def label_logits(weights: Weights, lesson: Lesson) -> jax.Array:
    """Give the logits of the labels of windows, (windows, labels), from their slow states.

    A state's share in the mean is by the probability that its byte begins a patch: then the task says which
    bytes should, and leaves to the ratio loss how many.

    Example: label_logits(weights, texts.lesson(16, 128, random)).shape -> (16, 2)
    """
    states = read_texts(weights, jnp.asarray(lesson.codes, jnp.int32))
    shares = states.begins * lesson.inside
    mean = (states.slow * shares[..., None]).sum(0) / jnp.maximum(shares.sum(0), 1e-6)[:, None]
    return mean @ weights["label"] + weights["label_bias"]


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
