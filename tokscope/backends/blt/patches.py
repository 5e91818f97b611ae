"""Patches of bytes, and the five rules by which one begins."""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from tokscope.entropy import patching
from tokscope.split import Split
from tokscope.text.encodings import CODECS, places
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    from tokscope.report.trace import Step, Trace


Entropies = Callable[[bytes], Sequence[float]]
"""A text -> the entropy in nats after each position of BOS + bytes + EOS."""

HOTTEST = math.log(256)
"""The entropy in nats of a byte that can be any."""


class Patches(Tokenizer):
    """Patches of bytes, begun by some rule.

    Example: [t.data for t in load("blt:space").encode("Hello world!")] -> [b"Hello ", b"world!"]

    `encoding` is one of CODECS: whose bytes they are.
    """

    def __init__(
        self, name: str, *, max_patch: int | None = None, special: bool = False, encoding: str = "utf-8"
    ) -> None:
        self.name = name
        self._max_patch = max_patch
        self._special = special
        self._encoding = encoding

    def _data(self, text: str) -> bytes:
        """Give the bytes to patch."""
        return text.encode(CODECS[self._encoding])

    @abstractmethod
    def _starts(self, data: bytes) -> Sequence[int]:
        """Say at which positions of BOS + bytes + EOS patches begin."""

    @abstractmethod
    def _explained(self, data: bytes) -> list[Step]:
        """Give the steps of a trace up to the patches."""

    def _bounds(self, data: bytes, starts: Sequence[int]) -> Iterator[int]:
        """Give the bounds of the tokens as positions of BOS + bytes + EOS, from where patches start."""
        end = len(data) + 1
        capped: Iterable[int] = starts
        if self._max_patch is not None:
            capped = patching.capped(starts, end + 1, self._max_patch)
        if self._special:
            yield from capped
            yield end + 1
            return
        yield 1
        yield from (start for start in capped if 1 < start < end)
        if data:
            yield end

    def encode(self, text: str) -> Split:
        """Cut `text` into patches.

        Example: [token.data for token in load("blt:static?k=4").encode("Hello")] -> [b"Hell", b"o"]
        """
        data = self._data(text)
        return self._split(text, data, array("q", self._bounds(data, self._starts(data))))

    def _split(self, text: str, data: bytes, bounds: Sequence[int]) -> Split:
        end = len(data)
        at = places(text, self._encoding)
        offsets = array("q", (at[min(max(0, bound - 1), end)] for bound in bounds))
        labels = None
        if any(start == stop for start, stop in pairwise(offsets)):
            labels = [
                self._named(first, last, data) if start == stop else None
                for (first, last), (start, stop) in zip(pairwise(bounds), pairwise(offsets), strict=True)
            ]
        return Split(text.encode(), offsets[:-1], offsets[1:], labels=labels)

    def _named(self, first: int, last: int, data: bytes) -> str:
        """Write a patch that has no bytes of UTF-8, from its bounds."""
        if first == last:
            return "[BPE]"  # a delimiter between tokens, which has no position here
        bytes_ = "".join(f"<0x{byte:02X}>" for byte in data[max(0, first - 1) : last - 1])
        return f"{'[BOS]' if first == 0 else ''}{bytes_}{'[EOS]' if last == len(data) + 2 else ''}"

    def count(self, text: str) -> int:
        """Count the patches of `text`.

        Example: load("blt:static?k=4").count("Hello") -> 2
        """
        data = self._data(text)
        return sum(1 for _ in self._bounds(data, self._starts(data))) - 1

    def trace(self, text: str) -> Trace:
        """Say where patches begin, and by which entropies."""
        from tokscope.report.trace import Step
        from tokscope.tracing.steps import finished, token_texts

        split = self.encode(text)
        around = None
        if self._special:
            ends = [not token.data for token in split]
            around = (int(ends[0]), int(ends[-1] and len(ends) > 1))
        steps = self._explained(self._data(text))
        if self._max_patch is not None:
            steps.append(Step("longest patch", f"patches of more than {self._max_patch:,} bytes are cut"))
        return finished(self, text, steps, token_texts(split), around)


class SpacePatches(Patches):
    """Patches that end after the first of a run of bytes that are like spaces.

    Example: load("blt:space").count("Hello world!") -> 2
    """

    def __init__(
        self, name: str, *, max_patch: int | None = None, special: bool = False, encoding: str = "utf-8"
    ) -> None:
        super().__init__(name, max_patch=max_patch, special=special, encoding=encoding)
        if not special and encoding == "utf-8":  # it ends here for certain, and the rest is as a text
            self.cut = re.compile(r"(?<=[0-9A-Za-z\x80-\U0010ffff][\x00-/:-@\[-`{-\x7f])")

    def _starts(self, data: bytes) -> Sequence[int]:
        return patching.by_space(data)

    def _explained(self, data: bytes) -> list[Step]:
        from tokscope.report.trace import Step

        says = "a patch ends after the first of a run of bytes that are neither an ASCII letter or digit nor "
        return [Step("spaces", f"{says}within a character")]


class Static(Patches):
    """Patches of `k` bytes each, and the rest.

    Example: load("blt:static?k=5").count("Hello world!") -> 3
    """

    def __init__(
        self,
        name: str,
        k: int,
        *,
        max_patch: int | None = None,
        special: bool = False,
        encoding: str = "utf-8",
    ) -> None:
        super().__init__(name, max_patch=max_patch, special=special, encoding=encoding)
        self._k = k

    def _starts(self, data: bytes) -> Sequence[int]:
        if self._special:
            return patching.by_stride(len(data) + 2, self._k)
        return [0, *(start + 1 for start in patching.by_stride(len(data), self._k))]

    def _explained(self, data: bytes) -> list[Step]:
        from tokscope.report.trace import Step

        return [Step("stride", f"a patch begins every {self._k:,} bytes")]


class Delimited(Patches):
    """Patches that are the tokens of another tokenizer.

    Example: Delimited("x", load("gpt2")).count("Hello world!") -> 3

    The original, made for the SentencePiece model of Llama 2, puts a delimiter before each token, with which
    the patch before it ends; and it takes the spaces that begin a text for one token.
    """

    def __init__(
        self, name: str, of: Tokenizer, *, max_patch: int | None = None, special: bool = False
    ) -> None:
        super().__init__(name, max_patch=max_patch, special=special)
        self._of = of

    def _starts(self, data: bytes) -> Sequence[int]:
        spaces = len(data) - len(data.lstrip(b" "))
        starts = {start for start in self._of.encode(data.decode()).starts if start > spaces}
        return [0, *(start + 1 for start in sorted({0, *([spaces] if spaces < len(data) else []), *starts}))]

    def _bounds(self, data: bytes, starts: Sequence[int]) -> Iterator[int]:
        """Count the delimiters too, with `special`: the first is a patch, the others end one."""
        if not self._special:
            yield from super()._bounds(data, starts)
            return
        yield from [0, 1] if data else [0]
        for start, end in pairwise([*starts[1:], len(data) + 1]):
            yield from range(start, end + 1, self._max_patch or len(data) + 2)
        yield len(data) + 2

    def _explained(self, data: bytes) -> list[Step]:
        from tokscope.report.trace import Step

        return [Step("tokens", f"a patch begins where {self._of.name} begins a token")]


class Foreseen(Patches):
    """Patches that begin where a model expects a delimiter next: the original's mode bpe_patcher.

    Example: Foreseen("x", lambda data: [76, 109, 3, 37, 2]).count("Hi!") -> 2: "Hi", "!"

    `predicted` gives the likeliest next id for each position of BOS + bytes + EOS.
    """

    exact = True

    def __init__(
        self,
        name: str,
        predicted: Callable[[bytes], Sequence[int]],
        *,
        max_patch: int | None = None,
        special: bool = False,
    ) -> None:
        super().__init__(name, max_patch=max_patch, special=special)
        self._predicted = predicted

    def _starts(self, data: bytes) -> Sequence[int]:
        return patching.by_delimiter(self._predicted(data))

    def _explained(self, data: bytes) -> list[Step]:
        from tokscope.report.trace import Step

        return [Step("delimiters", "a patch begins where a delimiter was expected")]


class Uncertain(Patches):
    """Patches that begin where the next byte is uncertain.

    Example: Uncertain("x", lambda data: [0, 1, 2, 1, 0], theta=1.5, by="given").count("abc") -> 2: "ab", "c"

    `theta` and `theta_add` are in nats; with `monotonic`, `theta` is how much an entropy rises. With
    `patch_size` there is no threshold: the highest entropies make patches that long. `by` says whose the
    entropies are.
    """

    def __init__(
        self,
        name: str,
        entropies: Entropies,
        theta: float,
        *,
        by: str,
        theta_add: float | None = None,
        monotonic: bool = False,
        patch_size: float | None = None,
        exact: bool = False,
        max_patch: int | None = None,
        special: bool = False,
        encoding: str = "utf-8",
    ) -> None:
        super().__init__(name, max_patch=max_patch, special=special, encoding=encoding)
        self.exact = exact
        self._by = by
        self._entropies = entropies
        self._theta, self._theta_add, self._monotonic = theta, theta_add, monotonic
        self._patch_size = patch_size

    def _starts(self, data: bytes) -> Sequence[int]:
        return self._begun(self._entropies(data))

    def _begun(self, entropies: Sequence[float]) -> Sequence[int]:
        if self._patch_size is not None:
            return patching.by_rank(entropies, self._patch_size)
        if self._monotonic:
            return patching.by_rise(entropies, self._theta)
        return patching.by_entropy(entropies, self._theta, self._theta_add)

    def encode(self, text: str) -> Split:
        """Cut `text` into patches; each is as hot as its first byte was uncertain."""
        data = self._data(text)
        entropies = self._entropies(data)
        bounds = array("q", self._bounds(data, self._begun(entropies)))
        heat = [entropies[max(0, first - 1)] / HOTTEST for first in bounds[:-1]]
        return replace(self._split(text, data, bounds), heat=heat)

    def _explained(self, data: bytes) -> list[Step]:
        from tokscope.report.trace import Curve, Step

        entropies = self._entropies(data)
        pieces = [bytes([byte]) for byte in data]
        threshold = None if self._monotonic or self._patch_size is not None else self._theta
        curve = Curve("entropy", pieces, _single_precision(entropies[: len(data)]), threshold, "nats")
        steps = [Step("entropies", f"how uncertain each byte is before it is read, {self._by}", (curve,))]
        if self._monotonic or self._theta_add is not None:
            rises = [0.0, 0.0, *(after - before for before, after in pairwise(entropies[1 : len(data)]))]
            least = self._theta if self._monotonic else self._theta_add
            curve = Curve("rise", pieces, _single_precision(rises[: len(data)]), least, "nats")
            steps.append(Step("rises", "how much more uncertain than the byte before", (curve,)))
        begun = sum(0 < start <= len(data) for start in self._begun(entropies))
        must = "the first two" if steps[1:] else "the first"
        those = "those above the threshold" if self._patch_size is None else "the most uncertain of all"
        says = f"{begun:,} bytes begin a patch: {must}, and {those}"
        return [*steps, Step("patches", says)]


def _single_precision(values: Iterable[float]) -> list[float]:
    """Leave out the digits that single precision does not have."""
    return [float(f"{value:.7g}") for value in values]
