"""`neural`: patches by a neural byte model, made by `tokscope train neural`; neural.py has the model.

`neural`                                 by the model that ships; NOTICE beside it says what it learned from
`neural:model.tokscope`                  a patch begins where the model's boundary head says that one does
`neural:model.tokscope?rule=entropy`     where the next byte is uncertain, as blt:entropy has it
`neural:model.tokscope?rule=monotonic`   where the entropy rises, as blt:monotonic has it

?theta= is the threshold: a probability for the boundary head (0.5), nats for the others, which otherwise take
what was found on the held-out text. ?theta_add= and ?max_patch= are blt's.

There is no other reference for a model of one's own than the model itself, so its patches are exact: not an
estimate of somebody else's. On another processor a value may differ in its last digits.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tokscope.backends.blt import NATS_OPTION
from tokscope.backends.blt.patches import Patches, Uncertain
from tokscope.entropy import patching
from tokscope.split import Split
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec

if TYPE_CHECKING:
    from tokscope.entropy.neural import Network
    from tokscope.report.trace import Step

SHIPPED = Path(__file__).parents[1] / "entropy" / "neural.npz"
"""The model that ships."""

LIKELY = 0.5
"""The probability above which the slow level of the model reads on, and so a patch begins."""

OPTIONS: Mapping[str, Sequence[str]] = {
    "boundary": ("theta", "max_patch"),
    "entropy": ("theta", "theta_add", "max_patch"),
    "monotonic": ("theta", "max_patch"),
}
"""What each rule can be told."""


class Bounded(Patches):
    """Patches that begin where the boundary head says so.

    Example: load("neural:model.tokscope").encode("Hello") -> patches; heat is how likely each begins

    `theta` is the probability above which one begins.
    """

    def __init__(
        self,
        name: str,
        network: Network,
        theta: float = LIKELY,
        *,
        max_patch: int | None = None,
        special: bool = False,
    ) -> None:
        super().__init__(name, max_patch=max_patch, special=special)
        self._network, self._theta = network, theta

    def _begins(self, data: bytes) -> Sequence[float]:
        return self._network.boundaries(data).data

    def _starts(self, data: bytes) -> Sequence[int]:
        return patching.by_likelihood(self._begins(data), self._theta)

    def encode(self, text: str) -> Split:
        """Cut `text` into patches; each is as hot as it was likely to begin there."""
        data = self._data(text)
        begins = self._begins(data)
        bounds = array("q", self._bounds(data, patching.by_likelihood(begins, self._theta)))
        split = self._split(text, data, bounds)
        return replace(split, heat=[begins[start + 1] for start in split.starts])

    def _explained(self, data: bytes) -> list[Step]:
        from tokscope.report.trace import Curve, Step

        begins = self._begins(data)[1 : len(data) + 1]
        pieces = [bytes([byte]) for byte in data]
        curve = Curve("boundary", pieces, [round(value, 6) for value in begins], self._theta, "probability")
        begun = sum(0 < start <= len(data) for start in self._starts(data))
        return [
            Step("boundaries", "how likely each byte is to begin a patch, by the boundary head", (curve,)),
            Step("patches", f"{begun:,} bytes begin a patch: the first, and those above the threshold"),
        ]


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `neural` or `neural:FILE`.

    Example: load(Spec("neural", "model.tokscope", {"rule": "entropy"})).exact -> True

    Raises UsageError for an option that the rule does not have or that is not a number, BrokenTokenizer for a
    file that cannot be read or is damaged, MissingExtra where NumPy is not installed.
    """
    # Products as small as these gain nothing from threads, and where cores are shared OpenBLAS's wait for
    # each other: 4 kB/s against 138. Heard only where NumPy is not imported yet, as on the command line.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from tokscope.entropy.neural import Network

    rule = spec.choice("rule", list(OPTIONS), "boundary")
    spec.only(["rule", *OPTIONS[rule]], f"the rule {rule}")
    theta = spec.number("theta", None, "a probability" if rule == "boundary" else NATS_OPTION)
    theta_add, max_patch = spec.number("theta_add", None, NATS_OPTION), spec.integer("max_patch", None)
    name, special = str(spec), spec.special
    network = Network.load(spec.argument or str(SHIPPED))
    if rule == "boundary":
        likely = LIKELY if theta is None else theta
        return Bounded(name, network, likely, max_patch=max_patch, special=special)
    monotonic = rule == "monotonic"
    default = network.rise if monotonic else network.theta
    return Uncertain(
        name,
        lambda data: network.entropies(data).data,
        default if theta is None else theta,
        by="by the neural model",
        theta_add=theta_add,
        monotonic=monotonic,
        exact=True,
        max_patch=max_patch,
        special=special,
    )
