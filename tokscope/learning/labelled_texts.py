"""Labelled texts: what a downstream task asks for, to learn boundaries with it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tokscope.entropy.framing import BOUNDARY, framed
from tokscope.errors import MissingExtra, UsageError

try:
    import numpy as np
except ImportError as error:
    raise MissingExtra("training a neural model", "neural") from error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tokscope.entropy.neural import Bytes

HOLD_OUT_EVERY = 8
"""The last of every 8 texts is held out, to judge by."""

MIN_TEXTS = 2 * HOLD_OUT_EVERY
"""How many texts there must be."""


class Lesson(NamedTuple):
    """Windows of labelled texts, side by side.

    Example: texts.lesson(16, 128, random).codes.shape -> (128, 16)

    `codes` has the bytes, of shape (bytes, windows), filled up with BOUNDARY; `inside` is 1 for those of a
    text and 0 for the BOUNDARY around it and after; `targets` has the number of each window's label.
    """

    codes: Bytes
    inside: NDArray[np.float32]
    targets: NDArray[np.int32]

    def padded(self, at: int, size: int) -> Lesson:
        """Give `size` windows from `at` on; where there are no more, the last one again.

        Example: lesson.padded(64, 64).codes.shape -> (128, 64)
        """
        some = np.minimum(np.arange(at, at + size), len(self.targets) - 1)
        return Lesson(self.codes[:, some], self.inside[:, some], self.targets[some])


class LabelledTexts(NamedTuple):
    """Texts with the numbers of their labels, and those held out.

    Example: LabelledTexts.of([("good", "yes"), ("bad", "no"), ...]).names -> ["no", "yes"]
    """

    names: Sequence[str]
    learned: Sequence[tuple[bytes, int]]
    held: Sequence[tuple[bytes, int]]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> LabelledTexts:
        """Take texts with their labels; empty texts say nothing and are left out.

        Example: LabelledTexts.of(zip(texts, labels))

        Raises UsageError if there are too few.
        """
        pairs = [(text, label) for text, label in pairs if text]
        names = sorted({label for _, label in pairs})
        if len(pairs) < MIN_TEXTS or len(names) < 2:
            raise UsageError(
                f"--labels: {len(pairs):,} texts with {len(names):,} labels are too few to learn from: "
                f"it takes {MIN_TEXTS} texts and two labels"
            )
        numbered = [(text.encode(), names.index(label)) for text, label in pairs]
        held = numbered[HOLD_OUT_EVERY - 1 :: HOLD_OUT_EVERY]
        return cls(
            names, [one for i, one in enumerate(numbered) if i % HOLD_OUT_EVERY < HOLD_OUT_EVERY - 1], held
        )

    def lesson(self, batch: int, width: int, random: np.random.Generator) -> Lesson:
        """Draw `batch` windows of at most `width` bytes, each of another text.

        Example: texts.lesson(16, 128, np.random.default_rng(0)).targets.shape -> (16,)
        """
        drawn = [self.learned[i] for i in random.integers(0, len(self.learned), batch)]
        windows = []
        for text, target in drawn:
            codes = framed(text)
            start = random.integers(0, max(1, len(codes) - width + 1))
            windows.append((codes[start : start + width], target))
        return _stack_windows(windows, width)

    def exam(self, width: int) -> tuple[Lesson, NDArray[np.int64]]:
        """Give all texts that are held out, whole, as windows of `width` bytes; and each window's text.

        Example: texts.exam(128)[1] -> [0, 1, 1, 2], where the second text takes two windows
        """
        windows: list[tuple[Bytes, int]] = []
        owners: list[int] = []
        for owner, (text, target) in enumerate(self.held):
            codes = framed(text)
            windows += [(codes[at : at + width], target) for at in range(0, len(codes), width)]
            owners += [owner] * (len(windows) - len(owners))
        return _stack_windows(windows, width), np.array(owners)

    def chance(self) -> float:
        """Give the share of the texts held out that have the most frequent label.

        Example: LabelledTexts(["no", "yes"], [], [(b"a", 0), (b"b", 1), (b"c", 1)]).chance() -> 0.667
        """
        return max(Counter(target for _, target in self.held).values()) / len(self.held)

    def digest(self) -> str:
        """Give a hash that tells these texts from others.

        Example: len(texts.digest()) -> 64
        """
        return hashlib.sha256(repr(self).encode()).hexdigest()


def _stack_windows(windows: Sequence[tuple[Bytes, int]], width: int) -> Lesson:
    codes = np.full((width, len(windows)), BOUNDARY, np.uint8)
    inside = np.zeros((width, len(windows)), np.float32)
    for i, (window, _) in enumerate(windows):
        codes[: len(window), i] = window
        inside[: len(window), i] = window != BOUNDARY
    return Lesson(codes, inside, np.array([target for _, target in windows], np.int32))
