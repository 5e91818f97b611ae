"""`blt`: the patches of a Byte Latent Transformer, which has no vocabulary; see patching.py for the rules.

`blt:entropy`     a patch begins where the next byte is uncertain: its entropy is above ?theta=, and with
                  ?theta_add= also that much above the one before; with ?patch_size= instead where it is
                  highest in the whole text, as often as makes patches that long (the original's top-k mode)
`blt:monotonic`   where the entropy rises by more than ?theta=
`blt:space`       after the first of a run of space-like bytes
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

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tokscope.backends.blt.patches import (
    Delimited,
    Foreseen,
    Patches,
    SpacePatches,
    Static,
    Uncertain,
)
from tokscope.entropy import patching
from tokscope.errors import BrokenTokenizer, Unsupported, UsageError
from tokscope.files.small_files import read_json
from tokscope.text.encodings import CODECS
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec

if TYPE_CHECKING:
    from tokscope.entropy.ngram import ByteModel

SHIPPED = Path(__file__).parents[2] / "entropy" / "text.npz"
"""The model that ships; NOTICE beside it says what it was trained on."""


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
    return _byte_model(str(SHIPPED))


def _byte_model(path: str) -> ByteModel:
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
        return _load_token_patches(spec, max_patch)
    return _uncertain(spec, max_patch, encoding)


def _load_token_patches(spec: Spec, max_patch: int | None) -> Patches:
    """Build the tokenizer of `blt:bpe`."""
    from tokscope.registry import load as load_tokenizer

    of, path = spec.text("of"), spec.text("predicted")
    if path is None:
        return Delimited(str(spec), load_tokenizer(of or "gpt2"), max_patch=max_patch, special=spec.special)
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
        model = _shipped() if path is None else _byte_model(path)
        if model.encoding != encoding:
            raise UsageError(
                f"{spec}: {path or 'the model in tokscope'} learned from {model.encoding}, not {encoding}: "
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
