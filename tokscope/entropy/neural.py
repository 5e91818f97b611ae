"""A neural language model over bytes that learns where patches begin: two gated recurrent units, in NumPy.

A fast GRU (Cho et al. 2014, https://arxiv.org/abs/1406.1078) reads every byte. After each, a boundary head
estimates from its state, and from what kinds of bytes these are, how likely that byte is to begin a patch. If
that is more likely than not, a slow GRU reads the fast one's state; otherwise the slow state stays as it is.
The next byte is predicted from both states:

    fast     h = GRU(byte, h)
    boundary z = sigmoid(w h + b + k[kind of the character before, kind of this byte]) > 1/2
    slow     s = GRU(h, s) where z, else s
    next     softmax(L tanh(H h + S s + c) + d)

As in H-Net (Hwang et al. 2025, https://arxiv.org/abs/2507.07955) the byte that moves the slow level on is the
first of its patch, and the first of all always does. The gate is that of Chung et al. 2017
(https://arxiv.org/abs/1609.01704); learning/neural_step.py says how it is learned. Only NumPy is needed here.

The byte 0xFF, which does not occur in UTF-8, is put before and after every text. A text is read in windows of
WARM + STRIDE bytes, one every STRIDE bytes, many at once. Each starts from zero, and except in the first one
the first WARM bytes only warm it up. So a prediction depends on at least WARM bytes before it, and at most on
its window.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
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
"""How many bytes of a window only warm it up, and how many count."""

WINDOWS = 16
"""How many windows are read at once."""

FORMAT, FORMAT_VERSION = "tokscope byte GRU", 2

MAX_WEIGHT = 1e6
"""All weights must be smaller than this, so that nothing overflows."""

HIDDEN_SIZES = range(8, 1025)
"""How many units each GRU may have."""


class ByteKind(IntEnum):
    """What kind of byte one is: what its character is, or that it goes on with one.

    Example: BYTE_KINDS[ord("a")] == ByteKind.LETTER, BYTE_KINDS["字".encode()[0]] == ByteKind.HAN
    """

    FRAME = 0
    LETTER = 1
    DIGIT = 2
    SPACE = 3
    SIGN = 4
    ALPHABETIC = 5  # of a script with words of several letters
    HAN = 6  # and kana, where nearly each may begin a word
    SYMBOL = 7  # punctuation outside ASCII, full-width forms, emoji
    INSIDE = 8  # no first byte


def _kind(byte: int) -> ByteKind:
    if byte < 0x80:
        char = chr(byte)
        named = {char.isalpha() or char == "_": ByteKind.LETTER, char.isdigit(): ByteKind.DIGIT}
        return named.get(True, ByteKind.SPACE if char.isspace() else ByteKind.SIGN)
    blocks = [
        (0xC0, ByteKind.INSIDE),
        (0xE2, ByteKind.ALPHABETIC),
        (0xE3, ByteKind.SYMBOL),
        (0xEA, ByteKind.HAN),
    ]
    blocks += [(0xEE, ByteKind.ALPHABETIC), (0xFF, ByteKind.SYMBOL)]
    return next((kind for end, kind in blocks if byte < end), ByteKind.FRAME)


BYTE_KINDS = np.array([_kind(byte) for byte in range(256)])
"""The ByteKind of each byte."""


def kinds(xp: Any, accumulate: Callable[[Any], Any], codes: Any) -> Any:
    """Number the pairs of the kind of the character before each byte, and its own: 0 to 80.

    Example: kinds(np, np.maximum.accumulate, codes of shape (bytes, windows)), or with jnp and its cummax

    `accumulate` is the running maximum along the first axis.
    """
    own = xp.asarray(BYTE_KINDS)[codes]
    places = xp.arange(len(codes))[:, None]
    begun = accumulate(xp.where(own == ByteKind.INSIDE, 0, places))  # where the character began
    before = xp.take_along_axis(own, xp.concatenate([begun[:1], begun[:-1]]), 0)
    before = xp.where(places == 0, ByteKind.FRAME, before)
    return before * len(ByteKind) + own


def shapes(hidden: int) -> dict[str, tuple[int, ...]]:
    """Give the shapes of the weights by their names in a file; the gates of a GRU are side by side.

    Example: shapes(192)["fast_recurrent"] -> (192, 576)
    """
    return {
        "fast_bytes": (256, 3 * hidden),
        "fast_recurrent": (hidden, 3 * hidden),
        "boundary": (hidden, 1),
        "boundary_bias": (1,),
        "boundary_kinds": (len(ByteKind) ** 2,),
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
    """Take one step of a gated recurrent unit, in NumPy or in JAX; `tanh` decides which.

    Example: gru(np.tanh, gates of shape (n, 3 h), states of shape (n, h), weights of shape (h, 3 h))

    The reset gate is applied after the recurrent weights, as in cuDNN. The sigmoid is computed with tanh,
    which NumPy vectorises.
    """
    hidden = state.shape[-1]
    mine = state @ recurrent
    gates = 0.5 + 0.5 * tanh(0.5 * (inputs[..., : 2 * hidden] + mine[..., : 2 * hidden]))
    new = tanh(inputs[..., 2 * hidden :] + gates[..., :hidden] * mine[..., 2 * hidden :])
    return new + gates[..., hidden:] * (state - new)


@dataclass(frozen=True, eq=False)
class Network:
    """The model: its weights by name, and thresholds for its entropies.

    Example: Network.load("model.tokscope").boundaries(b"Hi") -> how likely BOS, H, i, EOS begin a patch

    `theta` and `rise` are thresholds in nats at which patches by entropy have the length that was asked for.
    `about` says how it was trained: plain JSON, with the loss curve under "losses".
    """

    weights: Mapping[str, Floats]
    theta: float
    rise: float
    about: Mapping[str, object]

    def save(self, file: BinaryIO) -> None:
        """Write a model file; the same model gives the same bytes.

        Example: with open("model.tokscope", "wb") as file: network.save(file)
        """
        header = {"theta": self.theta, "rise": self.rise, "about": self.about}
        npz.save_model(file, FORMAT, header, self.weights, FORMAT_VERSION)

    @classmethod
    def load(cls, path: str) -> Network:
        """Read a model file. Raises BrokenTokenizer.

        Example: Network.load("model.tokscope").about["steps"] -> 5000
        """
        header, weights = npz.load_model(path, FORMAT, FORMAT_VERSION)
        theta, rise, about = (header.get(name) for name in ("theta", "rise", "about"))
        hidden = weights["fast_recurrent"].shape[0] if np.ndim(weights.get("fast_recurrent", 0)) else 0
        if (
            not isinstance(theta, float)
            or not isinstance(rise, float)
            or not math.isfinite(theta + rise)
            or not isinstance(about, dict)
            or hidden not in HIDDEN_SIZES
            or {name: array.shape for name, array in weights.items()} != shapes(hidden)
            or not all(
                array.dtype == np.float32 and (abs(array) < MAX_WEIGHT).all() for array in weights.values()
            )
        ):
            raise npz.damaged(path)
        return cls(weights, theta, rise, about)

    def entropies(self, data: bytes) -> Floats:
        """Give the entropy in nats of the next byte: before the text, after each of its bytes, after its end.

        Example: len(network.entropies(b"Hi")) -> 4
        """

        def measure(codes: Bytes, following: Bytes) -> Floats:
            logs = self._logs(codes)
            entropies: Floats = -(np.exp(logs) * logs).sum(-1)
            return entropies

        return _measure_by_window(framed(data), measure)

    def boundaries(self, data: bytes) -> Floats:
        """Give the probability that a patch begins: with what is before the text, each of its bytes, its end.

        Example: len(network.boundaries(b"Hi")) -> 4
        """
        return _measure_by_window(
            framed(data), lambda codes, following: self._begins(codes, self._fast(codes))
        )

    def bits(self, data: bytes) -> float:
        """Give how many bits this model needs to code the text `data` and its end.

        Example: network.bits(data) / len(data) is its bits per byte
        """

        def measure(codes: Bytes, following: Bytes) -> Floats:
            each: Floats = np.take_along_axis(self._logs(codes), following[..., None].astype(int), -1)[..., 0]
            return each

        return -float(_measure_by_window(framed(data), measure)[:-1].sum(dtype=float)) / math.log(2)

    def _fast(self, codes: Bytes) -> Floats:
        """Give the fast states after each byte, of shape (bytes, windows, hidden) like all others here."""
        inputs, recurrent = self.weights["fast_bytes"], self.weights["fast_recurrent"]
        states = np.zeros((len(codes) + 1, codes.shape[1], len(recurrent)), np.float32)
        for i, row in enumerate(codes):
            states[i + 1] = gru(np.tanh, inputs[row], states[i], recurrent)
        return states[1:]

    def _begins(self, codes: Bytes, fast: Floats) -> Floats:
        """Give the probability that each byte begins a patch, of shape (bytes, windows)."""
        weights = self.weights
        z = fast @ weights["boundary"][:, 0] + weights["boundary_bias"]
        z += weights["boundary_kinds"][kinds(np, np.maximum.accumulate, codes)]
        begins: Floats = 0.5 + 0.5 * np.tanh(0.5 * z)
        begins[0] = 1
        return begins

    def _slow(self, codes: Bytes, fast: Floats) -> Floats:
        """Give the slow states after each byte; they change only where patches begin."""
        begins = self._begins(codes, fast) > 0.5
        inputs = fast[begins] @ self.weights["slow_input"] + self.weights["slow_bias"]
        recurrent = self.weights["slow_recurrent"]
        states = np.zeros_like(fast)
        state, done = np.zeros_like(fast[0]), 0
        for i, row in enumerate(begins):
            moving = np.flatnonzero(row)
            if len(moving):
                state[moving] = gru(np.tanh, inputs[done : done + len(moving)], state[moving], recurrent)
                done += len(moving)
            states[i] = state
        return states

    def _logs(self, codes: Bytes) -> Floats:
        """Give the log probabilities of every next byte."""
        fast = self._fast(codes)
        weights = self.weights
        mixed = np.tanh(
            fast @ weights["mix_fast"] + self._slow(codes, fast) @ weights["mix_slow"] + weights["mix_bias"]
        )
        logits = mixed @ weights["next"] + weights["next_bias"]
        logits -= logits.max(-1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
        logs: Floats = logits
        return logs


def _measure_by_window(codes: Bytes, measure: Measure) -> Floats:
    """Measure every position of a text, window by window; `measure` gets the bytes and the next bytes."""
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
