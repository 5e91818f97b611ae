"""Learning a codebook of pictures: k-means of their patches, level by level.

The first entries are drawn as k-means++ has it (Arthur and Vassilvitskii 2007), each with a probability in
proportion to its squared distance from those before; then Lloyd's two steps in turn: every patch goes to its
nearest entry, every entry to the mean of its patches. An entry without patches takes the one that is farthest
from its own. The best of several starts is kept. A further level does the same with what the levels before
have left (residual VQ). The same pictures, settings and seed give the same bytes on the same machine.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from tokscope.codes.codebook import Codebook, Vectors, cut_patches
from tokscope.codes.kmeans import nearest_codes
from tokscope.codes.quality import Quality
from tokscope.codes.residual import quantized, restored
from tokscope.errors import UsageError
from tokscope.files import npz
from tokscope.files.writing import whole_file
from tokscope.learning.unfinished import SAVE_EVERY, load_unfinished
from tokscope.report.picture import Pixels

import numpy as np  # isort: skip - after the module that says what to install without it

UNFINISHED = "tokscope picture codes, unfinished"

MAX_STEPS = 100
"""Steps of one start at most."""

ENOUGH = 1e-4
"""A start has ended when a step makes the error smaller by less than this share."""


class VqSettings(NamedTuple):
    """What is learned: everything that, if changed, gives other codes.

    Example: VqSettings(codes=512, patch=8, levels=1)

    Of more than `most` patches, a random choice of that many is learned from.
    """

    codes: int = 512
    patch: int = 8
    levels: int = 1
    restarts: int = 3
    most: int = 1 << 16
    seed: int = 0


class PatchSample(NamedTuple):
    """The patches to learn from, and of how many in how many pictures they are.

    Example: PatchSample.of([pixels], VqSettings()).vectors.shape -> (4800, 192)
    """

    vectors: Vectors
    patches: int
    pictures: int

    @classmethod
    def of(cls, pictures: Iterable[Pixels], settings: VqSettings) -> PatchSample:
        """Cut pictures into patches, and keep a random choice of them. Raises UsageError for too few.

        Example: PatchSample.of([Pixels(16, 8, bytes(range(256)) + bytes(128))], VqSettings(patch=8,
        codes=2)).patches -> 2

        Every patch gets a random number, and those with the smallest are kept: no more is in memory than
        that and one picture.
        """
        kept = np.empty((0, settings.patch**2 * 3), np.float32)
        numbers = np.empty(0)
        total = count = 0
        for picture in pictures:
            some = cut_patches(picture, settings.patch)
            random = np.random.default_rng([settings.seed, count])
            kept, numbers = np.concatenate([kept, some]), np.concatenate([numbers, random.random(len(some))])
            if len(kept) > settings.most:
                mine = np.sort(np.argpartition(numbers, settings.most)[: settings.most])
                kept, numbers = kept[mine], numbers[mine]
            total, count = total + len(some), count + 1
        different = len(np.unique(kept, axis=0)) if len(kept) < 50 * settings.codes else settings.codes
        if different < settings.codes:
            raise UsageError(
                f"{different:,} different patches are too few for {settings.codes:,} codes: "
                "give more pictures, or fewer --codes"
            )
        return cls(kept, total, count)

    def digest(self) -> str:
        """Give a hash that tells these patches from others.

        Example: len(sample.digest()) -> 64
        """
        return hashlib.sha256(self.vectors.tobytes()).hexdigest()


class VqProgress(NamedTuple):
    """How far learning has come; `error` is the mean squared error of a value from 0 to 255.

    Example: VqProgress(level=1, restart=2, step=7, error=112.5)
    """

    level: int
    restart: int
    step: int
    error: float


class _Start(NamedTuple):
    """One start of k-means: its entries, the error by which they were moved last, the steps taken."""

    entries: Vectors
    error: float
    step: int


class VqTraining:
    """A learning that can be interrupted and resumed.

    Example: VqTraining(sample, VqSettings()).run(print).levels -> 1

    Interrupting it makes no difference to the codes.
    """

    def __init__(self, sample: PatchSample, settings: VqSettings) -> None:
        self.sample, self.settings = sample, settings
        self._identity = {"settings": settings._asdict(), "patches": sample.digest()}
        self._left = sample.vectors  # what the finished levels have left of each patch
        self._levels: list[Vectors] = []
        self._restart = 0
        self._now: _Start | None = None
        self._best: _Start | None = None

    def run(self, report: Callable[[VqProgress], None], unfinished: str | None = None) -> Codebook:
        """Learn what is still to be learned.

        Example: training.run(print).save(file)

        `unfinished` is the file where it is saved now and then. Raises OutputError.
        """
        saved = time.monotonic()
        while len(self._levels) < self.settings.levels:
            self._advance()
            if self._now is not None:
                level = len(self._levels) + 1
                report(VqProgress(level, self._restart + 1, self._now.step, self._now.error))
            if unfinished is not None and time.monotonic() - saved > SAVE_EVERY:
                self.save(unfinished)
                saved = time.monotonic()
        return self._codebook()

    def _advance(self) -> None:
        """Take one step: of a start, to the next start, or to the next level."""
        if self._now is None:
            random = np.random.default_rng([self.settings.seed, len(self._levels), self._restart])
            self._now = _Start(seeded(self._left, self.settings.codes, random), np.inf, 0)
            return
        moved = lloyd(self._left, self._now)
        if self._now.error - moved.error > ENOUGH * moved.error and moved.step < MAX_STEPS:
            self._now = moved
            return
        best = moved if self._best is None or moved.error < self._best.error else self._best
        if self._restart + 1 < self.settings.restarts:
            self._now, self._best, self._restart = None, best, self._restart + 1
            return
        left = self._left - best.entries[nearest_codes(self._left, best.entries)]
        self._levels.append(best.entries)  # from here on it cannot be interrupted halfway by an error
        self._left, self._now, self._best, self._restart = left, None, None, 0

    def _codebook(self) -> Codebook:
        """Make the codebook, with what is to be known of it."""
        entries = np.stack(self._levels).astype(np.float32)
        codebook = Codebook(entries, self.settings.patch, {})
        codes = quantized(self.sample.vectors, entries)
        gap = np.clip(np.rint(restored(codes, entries)), 0, 255) - self.sample.vectors
        uses = np.bincount(
            (codes + np.arange(codebook.levels) * codebook.codes).ravel(), minlength=codebook.row_end
        )
        quality = Quality(float(np.square(gap, dtype=np.float64).sum()), gap.size, uses)
        about = {
            **self.settings._asdict(),
            "pictures": self.sample.pictures,
            "patches": self.sample.patches,
            "psnr": quality.psnr,
            "used": quality.used,
            "perplexity": quality.perplexity,
        }
        return codebook._replace(about=about)

    def save(self, path: str) -> None:
        """Save the learning, for resume(). Raises OutputError.

        Example: training.save("unfinished.npz")
        """
        arrays: dict[str, Any] = {f"level{number}": one for number, one in enumerate(self._levels)}
        starts = {"now": self._now, "best": self._best}
        arrays |= {name: start.entries for name, start in starts.items() if start}
        header = {
            **self._identity,
            "restart": self._restart,
            **{name: [str(start.error), start.step] for name, start in starts.items() if start},
        }
        with whole_file(path) as file:
            npz.save_model(file, UNFINISHED, header, arrays)

    def resume(self, path: str) -> None:
        """Go on with what save() saved.

        Example: training = VqTraining(sample, settings); training.resume("unfinished.npz");
        training.run(print)

        Raises BrokenTokenizer for a damaged file, and UsageError for one of other settings or pictures.
        """
        header, arrays = load_unfinished(path, UNFINISHED, self._identity, "other pictures")
        shape = (self.settings.codes, self.sample.vectors.shape[1])
        if any(one.shape != shape or one.dtype != np.float32 for one in arrays.values()):
            raise npz.damaged(path)
        try:
            self._restart = int(str(header["restart"]))
            self._now, self._best = (self._started(header, arrays, name) for name in ("now", "best"))
            self._levels = [
                arrays[f"level{number}"] for number in range(sum("level" in name for name in arrays))
            ]
        except (KeyError, ValueError, TypeError) as error:
            raise npz.damaged(path) from error
        for entries in self._levels:
            self._left = self._left - entries[nearest_codes(self._left, entries)]

    def _started(self, header: Any, arrays: Any, name: str) -> _Start | None:
        """Read one start of a saved file, None where there was none."""
        if name not in arrays:
            return None
        error, step = header[name]
        return _Start(arrays[name], float(error), int(step))


def seeded(vectors: Vectors, count: int, random: np.random.Generator) -> Vectors:
    """Draw the first entries, as k-means++ has it.

    Example: seeded(vectors, 512, np.random.default_rng(0)).shape -> (512, 192)
    """
    entries = np.empty((count, vectors.shape[1]), np.float32)
    entries[0] = vectors[random.integers(len(vectors))]
    apart = np.square(vectors - entries[0]).sum(axis=1, dtype=np.float64)
    for number in range(1, count):
        total = apart.sum()
        share = random.random() * total
        chosen = min(int(np.searchsorted(np.cumsum(apart), share, side="right")), len(vectors) - 1)
        entries[number] = vectors[chosen]
        gap = vectors - entries[number]
        np.minimum(apart, np.einsum("ij,ij->i", gap, gap), out=apart)
    return entries


def lloyd(vectors: Vectors, start: _Start) -> _Start:
    """Move each entry to the mean of the vectors that are nearest to it; `error` is that before the move.

    Example: lloyd(np.array([[0.0], [2.0], [9.0]]), _Start(np.array([[1.0], [8.0]]), 0.0, 0)).entries ->
    [[1.0], [9.0]]
    """
    codes = nearest_codes(vectors, start.entries)
    gap = vectors - start.entries[codes]
    squares = np.einsum("ij,ij->i", gap, gap)
    count = len(start.entries)
    uses = np.bincount(codes, minlength=count)
    order = np.argsort(codes, kind="stable")
    sums = np.zeros(start.entries.shape)
    used = np.flatnonzero(uses)
    firsts = np.concatenate([[0], np.cumsum(uses[used])[:-1]])
    sums[used] = np.add.reduceat(vectors[order], firsts, axis=0, dtype=np.float64)
    entries = (sums / np.maximum(uses, 1)[:, None]).astype(np.float32)
    if len(used) < count:
        farthest = np.argsort(-squares, kind="stable")[: count - len(used)]
        entries[uses == 0] = vectors[farthest]
    return _Start(entries, float(squares.mean(dtype=np.float64)) / vectors.shape[1], start.step + 1)
