"""Training the model of neural.py, in JAX: the next byte's loss, and boundaries learned with it.

Where patches end is a yes or no, which has no gradient: as in the hierarchical multiscale recurrent network
(Chung et al. 2017, https://arxiv.org/abs/1609.01704) the decision is hard and its gradient is that of the
probability, straight through. How many there are is held by the ratio loss of H-Net's dynamic chunking (Hwang
et al. 2025, https://arxiv.org/abs/2507.07955, equation 10), for N bytes per patch

    N / (N - 1) ((N - 1) F G + (1 - F) (1 - G))

where F is the share of bytes at which patches end and G the mean probability: it is least at F = G = 1 / N.

The optimiser is Adam (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980), its rate rising for WARM_UP steps
and then falling with the square root of the step; the model is the average of the last weights, so that
training can end at any step. The same corpus, settings and seed give the same bytes on the same machine.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tokscope.errors import MissingExtra, UsageError
from tokscope.neural import BOUNDARY, Network, gru, load, save, shapes
from tokscope.ngram import Held
from tokscope.output import whole_file

try:
    import jax
    import jax.numpy as jnp
    import numpy as np
except ImportError as error:
    raise MissingExtra("training a neural model", "neural") from error

if TYPE_CHECKING:
    from tokscope.neural import Bytes, Floats

WINDOW = 256
"""How many bytes are foretold in a row, from a state that knows nothing."""

LEAST = WINDOW * 16
"""How many bytes a corpus has at least."""

HELD = 1 << 17
"""How many characters are held out at most."""

RATE, WARM_UP = 4e-3, 100
"""The highest learning rate, and the step at which it is reached."""

RATIO = 0.03
"""How much the ratio loss weighs beside the loss in nats, as in H-Net."""

POINT = 10
"""A point of the loss curve is the mean of so many steps."""

EVERY = 60.0
"""After so many seconds the unfinished training is written to its file again."""

UNFINISHED = "tokscope byte GRU, unfinished"

Weights = dict[str, jax.Array]


class Settings(NamedTuple):
    """What is trained: what makes another model where it is another.

    Example: Settings(hidden=192, batch=32, seed=0, patch=4.5)
    """

    hidden: int = 192
    batch: int = 32
    seed: int = 0
    patch: float = 4.5


class State(NamedTuple):
    """Where training stands: the weights, Adam's two moments of their gradients, and the weights' average."""

    weights: Weights
    first: Weights
    second: Weights
    average: Weights


def initial(settings: Settings) -> State:
    """Draw the weights that training begins with."""
    random = np.random.default_rng(settings.seed)
    weights: Weights = {}
    for name, shape in shapes(settings.hidden).items():
        scale = 0.0 if name.endswith("bias") else 1.0 if name == "fast_bytes" else shape[0] ** -0.5
        weights[name] = jnp.asarray(scale * random.standard_normal(shape), jnp.float32)
    nothing = {name: jnp.zeros_like(array) for name, array in weights.items()}
    return State(weights, nothing, nothing, weights)


def forward(weights: Weights, codes: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Give the logits of each next byte, and the probability that a patch ends; `codes` are (bytes, texts).

    The same as Network's, but for the gradient of the decision.
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
    ends = jax.nn.sigmoid(fast @ weights["boundary"][:, 0] + weights["boundary_bias"])
    moves = ends + jax.lax.stop_gradient((ends > 0.5) - ends)
    _, slow = jax.lax.scan(slow_step, start, (fast @ weights["slow_input"] + weights["slow_bias"], moves))
    mixed = jnp.tanh(fast @ weights["mix_fast"] + slow @ weights["mix_slow"] + weights["mix_bias"])
    return mixed @ weights["next"] + weights["next_bias"], ends


def loss(weights: Weights, codes: jax.Array, patch: float) -> tuple[jax.Array, jax.Array]:
    """Give what training makes less, and beside it the mean loss of a next byte, in nats."""
    logits, ends = forward(weights, codes[:-1])
    logs = jax.nn.log_softmax(logits)
    nats = -jnp.take_along_axis(logs, codes[1:, :, None], -1).mean()
    share, mean = (ends > 0.5).mean(), ends.mean()
    ratio = patch / (patch - 1) * ((patch - 1) * share * mean + (1 - share) * (1 - mean))
    return nats + RATIO * ratio, nats


@partial(jax.jit, static_argnames="patch")
def step(state: State, codes: jax.Array, count: jax.Array, patch: float) -> tuple[State, jax.Array]:
    """Take the step that has number `count`, from 1 on; give also the loss of a next byte, in nats."""
    (_, nats), gradients = jax.value_and_grad(loss, has_aux=True)(state.weights, codes, patch)
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
    return State(weights, first, second, average), nats
