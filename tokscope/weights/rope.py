"""RoPE: how far each pair of a vector's numbers turns from one position to the next.

Su et al. 2021 (arXiv:2104.09864): pair i of d turns by base^(-2i/d) a position. What stretches that for
longer contexts is as the models' configurations name it: linear (Chen et al. 2023, arXiv:2306.15595), yarn
(Peng et al. 2023, arXiv:2309.00071), llama3 (of Llama 3.1's code) and longrope (Ding et al. 2024,
arXiv:2402.13753).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import Unsupported
from tokscope.weights.quants import Floats


class Rope(NamedTuple):
    """The angles of a model: what each pair turns by, in radians a position.

    Example: Rope.of({"rope_theta": 100_000.0}, 64).turns[0] -> 1.0

    The first 2 x len(turns) numbers of a head turn, and the others stay. Pairs are neighbours if
    `interleaved`, else a number and the one len(turns) further on. `factor` multiplies what has turned. Where
    there is `beyond`, a text of more than `original` tokens turns by that, from its first position on.
    """

    turns: NDArray[np.float64]
    interleaved: bool = False
    factor: float = 1.0
    original: float = math.inf
    beyond: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, config: Mapping[str, Any], dims: int) -> Rope:
        """Read the angles from a configuration: theta, and how it is stretched.

        Example: Rope.of({}, 4).turns -> [1.0, 0.01]

        Raises Unsupported for a way of stretching that is not known.
        """
        base = float(config.get("rope_theta", 10_000.0))
        kind = str(config.get("rope_type", config.get("type", "default")))
        turns = base ** -(np.arange(0, dims, 2) / dims)
        if kind == "default":
            return cls(turns)
        if kind not in _STRETCHED:
            raise Unsupported(f"its positions are stretched by {kind}, which tokscope does not know")
        return _STRETCHED[kind](turns, base, config)

    def __call__(self, vectors: Floats) -> Floats:
        """Turn vectors, each by its position: the last but one axis counts from 0.

        Example: rope(np.ones((9, 5, 64), np.float32)).shape -> (9, 5, 64)
        """
        half, tokens = len(self.turns), vectors.shape[-2]
        turns = self.turns if self.beyond is None or tokens <= self.original else self.beyond
        angles = np.outer(np.arange(tokens), turns)
        cos, sin = (np.asarray(one * self.factor, np.float32) for one in (np.cos(angles), np.sin(angles)))
        turned = vectors.copy()
        first = np.s_[..., 0 : 2 * half : 2] if self.interleaved else np.s_[..., :half]
        second = np.s_[..., 1 : 2 * half : 2] if self.interleaved else np.s_[..., half : 2 * half]
        turned[first] = vectors[first] * cos - vectors[second] * sin
        turned[second] = vectors[second] * cos + vectors[first] * sin
        return turned


def _linear(turns: NDArray[np.float64], base: float, config: Mapping[str, Any]) -> Rope:
    return Rope(turns / float(config["factor"]))


def _llama3(turns: NDArray[np.float64], base: float, config: Mapping[str, Any]) -> Rope:
    """Divide the slow turns, keep the quick ones, and go smoothly from the one to the other."""
    low, high = float(config["low_freq_factor"]), float(config["high_freq_factor"])
    times = float(config["original_max_position_embeddings"]) * turns / (2 * math.pi)
    kept = np.clip((times - low) / (high - low), 0, 1)
    return Rope(turns * (kept + (1 - kept) / float(config["factor"])))


def _yarn(turns: NDArray[np.float64], base: float, config: Mapping[str, Any]) -> Rope:
    """Divide the turns of pairs that go round less than beta_slow times, keep those above beta_fast."""
    factor, length = float(config["factor"]), float(config["original_max_position_embeddings"])
    pairs = len(turns)

    def place(rounds: float) -> float:
        return pairs * math.log(length / (rounds * 2 * math.pi)) / math.log(base)

    low, high = place(float(config.get("beta_fast") or 32)), place(float(config.get("beta_slow") or 1))
    if config.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, 2 * pairs - 1)
    divided = np.clip((np.arange(pairs) - low) / max(high - low, 0.001), 0, 1)
    given = config.get("attention_factor")
    longer = 0.1 * math.log(factor) + 1 if factor > 1 else 1.0
    return Rope(turns * (1 - divided + divided / factor), factor=longer if given is None else float(given))


def _longrope(turns: NDArray[np.float64], base: float, config: Mapping[str, Any]) -> Rope:
    """Divide each turn by a factor of its own, and by another in a text longer than the original context."""
    length = float(config["original_max_position_embeddings"])
    ratio = float(config.get("factor") or float(config["max_position_embeddings"]) / length)
    given = config.get("attention_factor")
    longer = math.sqrt(1 + math.log(ratio) / math.log(length)) if ratio > 1 else 1.0
    short, beyond = (
        turns / np.asarray(config[key], dtype=np.float64) for key in ("short_factor", "long_factor")
    )
    return Rope(short, factor=longer if given is None else float(given), original=length, beyond=beyond)


_STRETCHED = {"linear": _linear, "llama3": _llama3, "yarn": _yarn, "longrope": _longrope}
