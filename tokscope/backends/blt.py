"""`blt`: the patches of a Byte Latent Transformer, which has no vocabulary; see patching.py for the rules.

`blt:entropy`     a patch begins where the next byte is uncertain: its entropy is above ?theta=, and with
                  ?theta_add= also that much above the one before; with ?patch_size= instead where it is
                  highest in the whole text, as often as makes patches that long (the original's top-k mode)
`blt:monotonic`   where the entropy rises by more than ?theta=
`blt:space`       after the first of a run of bytes that are like spaces
`blt:static`      every ?k= bytes (4) of the text; the original counts from BOS, as here with --special
`blt:bpe`         where a tokenizer, ?of= (gpt2), begins a token: the original puts a delimiter before each,
                  with which the patch before it ends; spaces that begin the text are a patch of their own.
                  Or, its mode bpe_patcher, where a model expects a delimiter next, ?predicted=FILE: a JSON
                  list of the likeliest next ids. No such model was released, and none ships

?max_patch= cuts longer patches. Entropies come from a byte-level n-gram model, ?model=FILE or the one that
ships, which stands in for Meta's: an estimate. Or they are given, ?entropies=FILE, a JSON list in nats: then
the patches are Meta's, as those of space and static are. A list has an entry for each position of BOS + bytes
+ EOS. ?encoding=utf-16 or utf-16-be (without a mark) has patches of these bytes instead of UTF-8's; half a
character that has no byte of UTF-8 to itself is a token without width.

The tokens are the patches that hold a byte. `--special` adds BOS and EOS, which have no width: `blt:static`
then counts them too, and a patch that holds nothing else, or only the first delimiter, is a token.
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
from typing import TYPE_CHECKING, Any, NamedTuple

from tokscope.entropy import patching
from tokscope.errors import BrokenTokenizer, Unsupported, UsageError
from tokscope.files.reading import read_json
from tokscope.split import Split
from tokscope.text.encodings import CODECS, places
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
        from tokscope.tracing.steps import finished, texts

        split = self.encode(text)
        around = None
        if self._special:
            ends = [not token.data for token in split]
            around = (int(ends[0]), int(ends[-1] and len(ends) > 1))
        steps = self._explained(self._data(text))
        if self._max_patch is not None:
            steps.append(Step("longest patch", f"patches of more than {self._max_patch:,} bytes are cut"))
        return finished(self, text, steps, texts(split), around)


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


class Kept(NamedTuple):
    """What a JSON list says of each position of a text.

    Example: Kept("ids", "id of a byte model", lambda value: value in range(260)).read("p.json")(b"Hi")

    `what` says it in the plural, `one` in the singular; `valid` tells whether an entry is one.
    """

    what: str
    one: str
    valid: Callable[[object], bool]

    def read(self, path: str) -> Callable[[bytes], Sequence[Any]]:
        """Read the list, for the one text that it belongs to. Raises BrokenTokenizer.

        Example: ENTROPIES.read("h.json")(b"Hi") -> [5.1, 2.0, 0.3, 1.2]
        """
        values = read_json(path)
        if not isinstance(values, list):
            raise BrokenTokenizer(f"{path}: not a list of {self.what}")
        for i, value in enumerate(values):
            if not self.valid(value):
                raise BrokenTokenizer(f"{path}: entry {i} is not a {self.one}: {str(value)[:40]}")

        def given(data: bytes) -> Sequence[Any]:
            if len(values) != len(data) + 2:
                raise Unsupported(
                    f"{path} has {len(values):,} {self.what}, and a text of {len(data):,} bytes needs "
                    f"{len(data) + 2:,}: one for each position of BOS + bytes + EOS"
                )
            return values

        return given


ENTROPIES = Kept(
    "entropies",
    "entropy in nats",
    lambda value: isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e38,
)
"""Single precision ends at 3.4e38."""

IDS = Kept("ids", "id of a byte model, 0 to 259", lambda value: type(value) is int and 0 <= value < 260)
"""BOS is 1, EOS 2, a delimiter 3, and a byte its value plus 4."""


@cache
def _shipped() -> ByteModel:
    return _model(str(SHIPPED))


def _model(path: str) -> ByteModel:
    from tokscope.entropy.ngram import ByteModel

    return ByteModel.load(path)


NATS_OPTION, SIZE_OPTION = "a number of nats", "a number of bytes, at least 1"

OPTIONS: Mapping[str, Sequence[str]] = {
    "entropy": ("theta", "theta_add", "patch_size", "entropies", "model", "max_patch", "encoding"),
    "monotonic": ("theta", "entropies", "model", "max_patch", "encoding"),
    "space": ("max_patch", "encoding"),
    "static": ("k", "max_patch", "encoding"),
    "bpe": ("of", "predicted", "max_patch"),
}
"""What each rule can be told."""


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `blt:entropy`, `blt:monotonic`, `blt:space`, `blt:static` or `blt:bpe`.

    Example: load(Spec("blt", "static", {"k": "5"})).count("Hello world!") -> 3

    Raises UsageError for an option that the rule does not have or that is not a number, BrokenTokenizer for a
    file that cannot be read or is damaged, MissingExtra for a model where NumPy is not installed.
    """
    rule, name = spec.argument, str(spec)
    spec.only(OPTIONS[rule], f"blt:{rule}")
    max_patch = spec.integer("max_patch", None)
    encoding = spec.choice("encoding", list(CODECS), "utf-8")
    if rule == "space":
        return SpacePatches(name, max_patch=max_patch, special=spec.special, encoding=encoding)
    if rule == "static":
        k = spec.integer("k", 4)
        return Static(name, k, max_patch=max_patch, special=spec.special, encoding=encoding)
    if rule == "bpe":
        return _of_tokens(spec, max_patch)
    return _uncertain(spec, max_patch, encoding)


def _of_tokens(spec: Spec, max_patch: int | None) -> Patches:
    """Build the tokenizer of `blt:bpe`."""
    from tokscope.registry import load as load_any

    of, path = spec.text("of"), spec.text("predicted")
    if path is None:
        return Delimited(str(spec), load_any(of or "gpt2"), max_patch=max_patch, special=spec.special)
    if of is not None:
        raise UsageError(f"{spec}: delimiters are a tokenizer's or predicted: of or predicted")
    return Foreseen(str(spec), IDS.read(path), max_patch=max_patch, special=spec.special)


def _uncertain(spec: Spec, max_patch: int | None, encoding: str) -> Uncertain:
    """Build the tokenizer of `blt:entropy` or `blt:monotonic`."""
    theta, theta_add = spec.number("theta", None, NATS_OPTION), spec.number("theta_add", None, NATS_OPTION)
    patch_size = spec.number("patch_size", None, SIZE_OPTION)
    if patch_size is not None and patch_size < 1:
        raise spec.refused("patch_size", SIZE_OPTION)
    if patch_size is not None and (theta, theta_add) != (None, None):
        raise UsageError(f"{spec}: patches have a size or a threshold: patch_size, or theta and theta_add")
    monotonic = spec.argument == "monotonic"
    given, path = spec.text("entropies"), spec.text("model")
    if given is not None and path is not None:
        raise UsageError(f"{spec}: entropies are given or a model's: use one of them")
    if given is not None:
        entropies, default = ENTROPIES.read(given), patching.THETA
    else:
        model = _shipped() if path is None else _model(path)
        if model.encoding != encoding:
            raise UsageError(
                f"{spec}: {path or 'the model that ships'} learned from {model.encoding}, not {encoding}: "
                f"tokscope train entropy --bytes {encoding} makes one for ?model="
            )
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
        encoding=encoding,
    )
