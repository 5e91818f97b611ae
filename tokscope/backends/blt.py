"""`blt`: the patches of a Byte Latent Transformer, which has no vocabulary; see patching.py for the rules.

`blt:entropy`     a patch begins where the next byte is uncertain: its entropy is above ?theta=, and with
                  ?theta_add= also that much above the one before; with ?patch_size= instead where it is
                  highest in the whole text, as often as makes patches that long (the original's top-k mode)
`blt:monotonic`   where the entropy rises by more than ?theta=
`blt:space`       after the first of a run of bytes that are like spaces
`blt:static`      every ?k= bytes (4) of the text; the original counts from BOS, as here with --special
`blt:bpe`         where a tokenizer, ?of= (gpt2), begins a token: the original puts a delimiter behind each

The original's other mode for BPE asks a model for the delimiters; none was released, and there is none here.

?max_patch= cuts longer patches. Entropies come from a byte-level n-gram model, ?model=FILE or the one that
ships, which stands in for Meta's: an estimate. Or they are given, ?entropies=FILE, a JSON list in nats with
one for each position of BOS + bytes + EOS: then the patches are Meta's, as those of space and static are.

The tokens are the patches that hold a byte. `--special` adds BOS and EOS, which have no width: `blt:static`
then counts them too, and a patch that holds nothing else is a token.
"""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from tokscope.entropy import patching
from tokscope.errors import BrokenTokenizer, Unsupported, UsageError
from tokscope.files.reading import read_json
from tokscope.split import Split
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec

if TYPE_CHECKING:
    from tokscope.entropy.ngram import ByteModel
    from tokscope.report.trace import Step, Trace

Entropies = Callable[[bytes], Sequence[float]]
"""A text -> the entropy in nats after each position of BOS + bytes + EOS."""

SHIPPED = Path(__file__).parents[1] / "entropy" / "text.npz"
"""The model that ships; NOTICE beside it says what it was trained on."""

HOTTEST = math.log(256)
"""The entropy in nats of a byte that can be any."""


class Patches(Tokenizer):
    """Patches of bytes, begun by some rule.

    Example: [t.data for t in load("blt:space").encode("Hello world!")] -> [b"Hello ", b"world!"]
    """

    def __init__(self, name: str, *, max_patch: int | None = None, special: bool = False) -> None:
        self.name = name
        self._max_patch = max_patch
        self._special = special

    @abstractmethod
    def _starts(self, data: bytes) -> Sequence[int]:
        """Say at which positions of BOS + bytes + EOS patches begin."""

    @abstractmethod
    def _explained(self, data: bytes) -> list[Step]:
        """Give the steps of a trace up to the patches."""

    def _bounds(self, data: bytes, starts: Iterable[int]) -> Iterator[int]:
        """Give the bounds of the tokens as positions of BOS + bytes + EOS."""
        end = len(data) + 1
        if self._max_patch is not None:
            starts = patching.capped(starts, end + 1, self._max_patch)
        if self._special:
            yield from starts
            yield end + 1
            return
        yield 1
        yield from (start for start in starts if 1 < start < end)
        if data:
            yield end

    def encode(self, text: str) -> Split:
        """Cut `text` into patches.

        Example: [token.data for token in load("blt:static?k=4").encode("Hello")] -> [b"Hell", b"o"]
        """
        data = text.encode()
        return self._split(data, self._starts(data))

    def _split(self, data: bytes, starts: Sequence[int]) -> Split:
        end = len(data)
        bounds = array("q", self._bounds(data, starts))
        offsets = array("q", (min(max(0, bound - 1), end) for bound in bounds))
        labels = None
        if self._special:
            labels = [
                f"{'[BOS]' if first == 0 else ''}{'[EOS]' if last == end + 2 else ''}"
                if start == stop
                else None
                for (first, last), (start, stop) in zip(pairwise(bounds), pairwise(offsets), strict=True)
            ]
        return Split(data, offsets[:-1], offsets[1:], labels=labels)

    def count(self, text: str) -> int:
        """Count the patches of `text`.

        Example: load("blt:static?k=4").count("Hello") -> 2
        """
        data = text.encode()
        return sum(1 for _ in self._bounds(data, self._starts(data))) - 1

    def trace(self, text: str) -> Trace:
        """Say where patches begin, and by which entropies."""
        from tokscope.report.trace import Step
        from tokscope.tracing.steps import finished, texts

        split = self.encode(text)
        around = None
        if self._special:
            ends = [not token.data for token in split]
            around = (int(ends[0]), int(ends[-1] and len(ends) > 1))
        steps = self._explained(text.encode())
        if self._max_patch is not None:
            steps.append(Step("longest patch", f"patches of more than {self._max_patch:,} bytes are cut"))
        return finished(self, text, steps, texts(split), around)


class SpacePatches(Patches):
    """Patches that end after the first of a run of bytes that are like spaces.

    Example: load("blt:space").count("Hello world!") -> 2
    """

    def __init__(self, name: str, *, max_patch: int | None = None, special: bool = False) -> None:
        super().__init__(name, max_patch=max_patch, special=special)
        if not special:  # where a patch ends for certain: what follows begins one, as a text does
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

    def __init__(self, name: str, k: int, *, max_patch: int | None = None, special: bool = False) -> None:
        super().__init__(name, max_patch=max_patch, special=special)
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

    The original puts a delimiter behind each BPE token, and ends a patch with each.
    """

    def __init__(
        self, name: str, of: Tokenizer, *, max_patch: int | None = None, special: bool = False
    ) -> None:
        super().__init__(name, max_patch=max_patch, special=special)
        self._of = of

    def _starts(self, data: bytes) -> Sequence[int]:
        return sorted({0, 1, *(start + 1 for start in self._of.encode(data.decode()).starts)})

    def _explained(self, data: bytes) -> list[Step]:
        from tokscope.report.trace import Step

        return [Step("tokens", f"a patch begins where {self._of.name} begins a token")]


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
    ) -> None:
        super().__init__(name, max_patch=max_patch, special=special)
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
        data = text.encode()
        entropies = self._entropies(data)
        split = self._split(data, self._begun(entropies))
        return replace(split, heat=[entropies[start] / HOTTEST for start in split.starts])

    def _explained(self, data: bytes) -> list[Step]:
        from tokscope.report.trace import Curve, Step

        entropies = self._entropies(data)
        pieces = [bytes([byte]) for byte in data]
        threshold = None if self._monotonic or self._patch_size is not None else self._theta
        curve = Curve("entropy", pieces, _shown(entropies[: len(data)]), threshold, "nats")
        steps = [Step("entropies", f"how uncertain each byte is before it is read, {self._by}", (curve,))]
        if self._monotonic or self._theta_add is not None:
            rises = [0.0, 0.0, *(after - before for before, after in pairwise(entropies[1 : len(data)]))]
            least = self._theta if self._monotonic else self._theta_add
            curve = Curve("rise", pieces, _shown(rises[: len(data)]), least, "nats")
            steps.append(Step("rises", "how much more uncertain than the byte before", (curve,)))
        begun = sum(0 < start <= len(data) for start in self._begun(entropies))
        must = "the first two" if steps[1:] else "the first"
        those = "those above the threshold" if self._patch_size is None else "the most uncertain of all"
        says = f"{begun:,} bytes begin a patch: {must}, and {those}"
        return [*steps, Step("patches", says)]


def _shown(values: Iterable[float]) -> list[float]:
    """Leave out the digits that single precision does not have."""
    return [float(f"{value:.7g}") for value in values]


def _given(path: str) -> Entropies:
    """Read entropies from a JSON file, for the one text that they belong to."""
    values = read_json(path)
    if not isinstance(values, list):
        raise BrokenTokenizer(f"{path}: not a list of entropies")
    for i, value in enumerate(values):
        if type(value) not in (int, float) or not 0 <= value < 1e38:  # single precision ends there
            raise BrokenTokenizer(f"{path}: entry {i} is no entropy in nats: {str(value)[:40]}")

    def entropies(data: bytes) -> Sequence[float]:
        if len(values) != len(data) + 2:
            raise Unsupported(
                f"{path} has {len(values):,} entropies, and a text of {len(data):,} bytes needs "
                f"{len(data) + 2:,}: one for each position of BOS + bytes + EOS"
            )
        return values

    return entropies


@cache
def _shipped() -> ByteModel:
    return _model(str(SHIPPED))


def _model(path: str) -> ByteModel:
    from tokscope.entropy.ngram import ByteModel

    return ByteModel.load(path)


NATS, SIZE = "a number of nats", "a number of bytes, at least 1"

OPTIONS: Mapping[str, Sequence[str]] = {
    "entropy": ("theta", "theta_add", "patch_size", "entropies", "model", "max_patch"),
    "monotonic": ("theta", "entropies", "model", "max_patch"),
    "space": ("max_patch",),
    "static": ("k", "max_patch"),
    "bpe": ("of", "max_patch"),
}
"""What each rule can be told."""


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `blt:entropy`, `blt:monotonic`, `blt:space`, `blt:static` or `blt:bpe`.

    Example: load(Spec("blt", "static", {"k": "5"})).count("Hello world!") -> 3

    Raises UsageError for an option that the rule does not have or that is no number, BrokenTokenizer for a
    file that cannot be read or is damaged, MissingExtra for a model where NumPy is not installed.
    """
    rule, name = spec.argument, str(spec)
    spec.only(OPTIONS[rule], f"blt:{rule}")
    max_patch = spec.integer("max_patch", None)
    if rule == "space":
        return SpacePatches(name, max_patch=max_patch, special=spec.special)
    if rule == "static":
        return Static(name, spec.integer("k", 4), max_patch=max_patch, special=spec.special)
    if rule == "bpe":
        from tokscope.registry import load as load_any

        name_of = spec.options.get("of", "gpt2")
        return Delimited(name, load_any(name_of), max_patch=max_patch, special=spec.special)
    return _uncertain(spec, max_patch)


def _uncertain(spec: Spec, max_patch: int | None) -> Uncertain:
    """Build the tokenizer of `blt:entropy` or `blt:monotonic`."""
    theta, theta_add = spec.number("theta", None, NATS), spec.number("theta_add", None, NATS)
    patch_size = spec.number("patch_size", None, SIZE)
    if patch_size is not None and patch_size < 1:
        raise spec.refused("patch_size", SIZE)
    if patch_size is not None and (theta, theta_add) != (None, None):
        raise UsageError(f"{spec}: patches have a size or a threshold: patch_size, or theta and theta_add")
    monotonic = spec.argument == "monotonic"
    given, path = spec.options.get("entropies"), spec.options.get("model")
    if given is not None and path is not None:
        raise UsageError(f"{spec}: entropies are given or a model's: one of them")
    if given is not None:
        entropies, default = _given(given), patching.THETA
    else:
        model = _shipped() if path is None else _model(path)
        entropies, default = (
            (lambda data: model.entropies(data).data),
            model.rise if monotonic else model.theta,
        )
    return Uncertain(
        str(spec),
        entropies,
        default if theta is None else theta,
        by="given" if given is not None else "by a byte-level n-gram model",
        theta_add=theta_add,
        monotonic=monotonic,
        patch_size=patch_size,
        exact=given is not None,
        max_patch=max_patch,
        special=spec.special,
    )
