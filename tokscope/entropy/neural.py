"""A neural language model over bytes that learns where patches begin: two gated recurrent units, in NumPy.

A fast GRU (Cho et al. 2014, https://arxiv.org/abs/1406.1078) reads every byte. After each, a boundary head
says from its state how likely a patch ends there. Where that is more likely than not, a slow GRU reads the
fast one's state; elsewhere the slow state stays as it is. The next byte is predicted from both states:

    fast     h = GRU(byte, h)
    boundary z = sigmoid(w h + b) > 1/2
    slow     s = GRU(h, s) where z, else s
    next     softmax(L tanh(H h + S s + c) + d)

A gate that decides when a slower level moves on is that of Chung et al. 2017 (https://arxiv.org/abs/1609.01704);
neural_training.py says how it is learned. Here nothing but NumPy is needed.

The byte 0xFF, which no UTF-8 has, stands before and after every text. A text is read in windows of WARM +
STRIDE bytes, one every STRIDE, many at once. Each begins anew, and but in the first one the first WARM bytes
only warm it up. So what is said of a byte depends on WARM bytes before it at least, on its window at most.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from tokscope.entropy.framing import BOUNDARY, framed
from tokscope.errors import MissingExtra
from tokscope.files import npz

try:
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view
except ImportError as error:
    raise MissingExtra("a neural model", "blt") from error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Floats = NDArray[np.float32]
    Measure = Callable[[Bytes, Bytes], Floats]


WARM, STRIDE = 128, 1024
"""How many bytes of a window are read to warm up, and how many then count."""

WINDOWS = 16
"""How many windows are read at once."""

FORMAT = "tokscope byte GRU"

HUGE = 1e6
"""No weight is as large: with smaller ones nothing overflows."""

HIDDEN = range(8, 1025)
"""How many units each GRU may have."""


def shapes(hidden: int) -> dict[str, tuple[int, ...]]:
    """Give the shapes of the weights by their names in a file; the gates of a GRU stand side by side.

    Example: shapes(192)["fast_recurrent"] -> (192, 576)
    """
    return {
        "fast_bytes": (256, 3 * hidden),
        "fast_recurrent": (hidden, 3 * hidden),
        "boundary": (hidden, 1),
        "boundary_bias": (1,),
        "slow_input": (hidden, 3 * hidden),
        "slow_bias": (3 * hidden,),
        "slow_recurrent": (hidden, 3 * hidden),
        "mix_fast": (hidden, hidden),
        "mix_slow": (hidden, hidden),
        "mix_bias": (hidden,),
        "next": (hidden, 256),
        "next_bias": (256,),
    }


def gru(tanh: Callable[[Any], Any], inputs: Any, state: Any, recurrent: Any) -> Any:
    """Take one step of a gated recurrent unit, in NumPy or in JAX, whose `tanh` says which.

    Example: gru(np.tanh, gates of shape (n, 3 h), states of shape (n, h), weights of shape (h, 3 h))

    The reset gate acts on what the state has become by its weights, as in cuDNN. A sigmoid is a tanh, which
    NumPy has vectorised.
    """
    hidden = state.shape[-1]
    mine = state @ recurrent
    gates = 0.5 + 0.5 * tanh(0.5 * (inputs[..., : 2 * hidden] + mine[..., : 2 * hidden]))
    new = tanh(inputs[..., 2 * hidden :] + gates[..., :hidden] * mine[..., 2 * hidden :])
    return new + gates[..., hidden:] * (state - new)


@dataclass(frozen=True, eq=False)
class Network:
    """The model: its weights by name, and thresholds for its entropies.

    Example: Network.load("model.tokscope").boundaries(b"Hi") -> how likely a patch ends after BOS, H, i, EOS

    `theta` and `rise` are thresholds in nats at which patches by entropy come out as long as was asked.
    `about` says how it was trained: plain JSON, with the loss curve under "losses".
    """

    weights: Mapping[str, Floats]
    theta: float
    rise: float
    about: Mapping[str, object]

    def save(self, file: BinaryIO) -> None:
        """Write the model as a model file, the same bytes for the same model."""
        header = {"theta": self.theta, "rise": self.rise, "about": self.about}
        npz.save(file, FORMAT, header, self.weights)

    @classmethod
    def load(cls, path: str) -> Network:
        """Read a model file. Raises BrokenTokenizer."""
        header, weights = npz.load(path, FORMAT)
        theta, rise, about = (header.get(name) for name in ("theta", "rise", "about"))
        hidden = weights["fast_recurrent"].shape[0] if np.ndim(weights.get("fast_recurrent", 0)) else 0
        if (
            not isinstance(theta, float)
            or not isinstance(rise, float)
            or not math.isfinite(theta + rise)
            or not isinstance(about, dict)
            or hidden not in HIDDEN
            or {name: array.shape for name, array in weights.items()} != shapes(hidden)
            or not all(array.dtype == np.float32 and (abs(array) < HUGE).all() for array in weights.values())
        ):
            raise npz.damaged(path)
        return cls(weights, theta, rise, about)

    def entropies(self, data: bytes) -> Floats:
        """Give the entropy in nats of what follows the text's beginning, each of its bytes, and its end."""

        def measure(codes: Bytes, following: Bytes) -> Floats:
            logs = self._logs(codes)
            entropies: Floats = -(np.exp(logs) * logs).sum(-1)
            return entropies

        return _read(framed(data), measure)

    def boundaries(self, data: bytes) -> Floats:
        """Give how likely a patch ends after the text's beginning, each of its bytes, and its end."""
        return _read(framed(data), lambda codes, following: self._ends(self._fast(codes)))

    def bits(self, data: bytes) -> float:
        """Give the bits of the text `data` and its end, were it coded by this model.

        Example: network.bits(data) / len(data) is its bits per byte
        """

        def measure(codes: Bytes, following: Bytes) -> Floats:
            each: Floats = np.take_along_axis(self._logs(codes), following[..., None].astype(int), -1)[..., 0]
            return each

        return -float(_read(framed(data), measure)[:-1].sum(dtype=float)) / math.log(2)

    def distribution(self, data: bytes) -> Floats:
        """Give the probability of each byte after the text's beginning `data`; that of 0xFF is its end's."""
        codes = framed(data)[:-1]
        begin = max(0, -(-(len(codes) - WARM - STRIDE) // STRIDE)) * STRIDE  # of the window that counts
        p: Floats = np.exp(self._logs(codes[begin:, None])[-1, 0])
        return p

    def _fast(self, codes: Bytes) -> Floats:
        """Give the fast states after each byte: of shape (bytes, windows, hidden), as all that follow."""
        inputs, recurrent = self.weights["fast_bytes"], self.weights["fast_recurrent"]
        states = np.zeros((len(codes) + 1, codes.shape[1], len(recurrent)), np.float32)
        for i, row in enumerate(codes):
            states[i + 1] = gru(np.tanh, inputs[row], states[i], recurrent)
        return states[1:]

    def _ends(self, fast: Floats) -> Floats:
        """Give how likely a patch ends."""
        z = fast @ self.weights["boundary"][:, 0] + self.weights["boundary_bias"]
        ends: Floats = 0.5 + 0.5 * np.tanh(0.5 * z)
        return ends

    def _slow(self, fast: Floats) -> Floats:
        """Give the slow states after each byte, reckoned only where patches end."""
        ends = self._ends(fast) > 0.5
        inputs = fast[ends] @ self.weights["slow_input"] + self.weights["slow_bias"]
        recurrent = self.weights["slow_recurrent"]
        states = np.zeros_like(fast)
        state, done = np.zeros_like(fast[0]), 0
        for i, row in enumerate(ends):
            moving = np.flatnonzero(row)
            if len(moving):
                state[moving] = gru(np.tanh, inputs[done : done + len(moving)], state[moving], recurrent)
                done += len(moving)
            states[i] = state
        return states

    def _logs(self, codes: Bytes) -> Floats:
        """Give the logarithms of the probabilities of each next byte."""
        fast = self._fast(codes)
        weights = self.weights
        mixed = np.tanh(
            fast @ weights["mix_fast"] + self._slow(fast) @ weights["mix_slow"] + weights["mix_bias"]
        )
        logits = mixed @ weights["next"] + weights["next_bias"]
        logits -= logits.max(-1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
        logs: Floats = logits
        return logs


def _read(codes: Bytes, measure: Measure) -> Floats:
    """Measure every position of a text, window by window; `measure` has the bytes and those that follow."""
    size = len(codes)
    width = min(size, WARM + STRIDE)
    strides = -(-(size - width) // STRIDE)
    codes = np.pad(codes, (0, width + strides * STRIDE + 1 - size), constant_values=BOUNDARY)
    windows = sliding_window_view(codes, width + 1)[::STRIDE]
    parts: list[Floats] = []
    for first in range(0, len(windows), WINDOWS):
        rows = windows[first : first + WINDOWS].T
        values = measure(rows[:-1], rows[1:])
        if first == 0:
            parts.append(values[:WARM, 0])
        parts.append(values[WARM:].T.ravel())
    return np.concatenate(parts)[:size]
