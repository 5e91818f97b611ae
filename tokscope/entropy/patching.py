"""Patching: where the patches of a Byte Latent Transformer begin.

The rules are those of bytelatent/data/patcher.py in https://github.com/facebookresearch/blt, for one text and
without the token that follows it; the paper is https://arxiv.org/abs/2412.09871. They count positions in
BOS + bytes + EOS: byte i of the text is at position i + 1. Entropies are in nats, one for each position: that
of what follows it. They are compared in single precision, as in the original. Starts are arrays, since a text
of many megabytes has millions.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise

THETA = 1.335442066192627
"""The threshold that was released with Meta's entropy model, of 100 million parameters."""

# A byte counts as a space if it is ASCII but not a letter or digit, or the first byte of any other character.
_FIRST_SPACE = re.compile(rb"(?<=[0-9A-Za-z\x80-\xbf])[^0-9A-Za-z\x80-\xbf]")


def by_entropy(entropies: Sequence[float], theta: float, theta_add: float | None = None) -> Sequence[int]:
    """Begin a patch after each position whose entropy is above `theta`, and at the first two positions.

    Example: by_entropy([9, 1, 2, 1.5, 9], theta=1.5) -> [0, 1, 3]

    With `theta_add` the entropy must also exceed the one before by more than that; position 2 then always
    begins a patch, and position 3 never does.
    """
    entropies, (theta,) = _single(entropies), _single([theta])
    if theta_add is None:
        above = (start for start, entropy in enumerate(entropies[1:-1], 2) if entropy > theta)
        return array("q", chain([0, 1], above))
    rising = by_rise(entropies, theta_add)
    return array("q", (at for at in rising if at < 3 or (at > 3 and entropies[at - 1] > theta)))


def by_rank(entropies: Sequence[float], patch_size: float) -> Sequence[int]:
    """Begin as many patches as make them `patch_size` positions long: where the entropy before is highest.

    Example: by_rank([9, 1, 3, 2, 0, 1], patch_size=2) -> [0, 1, 3]

    The original's top-k mode, which has to know the whole text: of n positions it makes n // patch_size
    patches, the first two among them. The last entropy, of what follows EOS, may take the place of one. Of
    equal entropies the earlier counts, which is left open there.
    """
    size = len(entropies)
    more = max(0, int(size // patch_size) - 2)
    values = _single(entropies)
    highest = sorted(range(1, size), key=lambda at: -values[at])[:more]
    return array("q", chain([0, 1], sorted(at + 1 for at in highest if at + 1 < size)))


DELIMITER = 3
"""The id that stands for a delimiter between BPE tokens."""


def by_delimiter(predicted: Sequence[int]) -> Sequence[int]:
    """Begin a patch where a DELIMITER is the likeliest next id, and at the first two positions.

    Example: by_delimiter([76, 109, 3, 37, 2]) -> [0, 1, 3]: BOS, "Hi", "!" with EOS

    There is a prediction for each position; those after BOS and after EOS do not count.
    """
    return array("q", chain([0, 1], (at for at, id_ in enumerate(predicted[1:-1], 2) if id_ == DELIMITER)))


def by_likelihood(begins: Sequence[float], theta: float) -> Sequence[int]:
    """Begin a patch at each position that is more likely than `theta` to do so, and at the first two.

    Example: by_likelihood([1, 0, 0.2, 0.7, 0], theta=0.5) -> [0, 1, 3]
    """
    return array("q", chain([0, 1], (at for at, likely in enumerate(begins) if at > 1 and likely > theta)))


def by_rise(entropies: Sequence[float], theta: float) -> Sequence[int]:
    """Begin a patch after each position whose entropy exceeds the one before by more than `theta`.

    Example: by_rise([9, 1, 2, 4, 9], theta=1.0) -> [0, 1, 2, 4]

    The first three positions always begin one: two as in all rules, and the third for lack of a rise.
    """
    entropies, (theta,) = _single(entropies), _single([theta])
    rises = array("f", (after - before for before, after in pairwise(entropies[1:-1])))
    forced = range(min(3, len(entropies)))
    return array("q", chain(forced, (start for start, rise in enumerate(rises, 3) if rise > theta)))


def _single(values: Sequence[float]) -> Sequence[float]:
    """Round to single precision; a memoryview is assumed to have it, and not copied."""
    return memoryview(values if isinstance(values, memoryview) else array("f", values))


def by_space(data: bytes) -> Sequence[int]:
    """Begin a patch after the first byte of each run of bytes that count as spaces.

    Example: by_space(b"Hello world!") -> [0, 1, 7, 13]  # BOS, "Hello ", "world!", EOS
    """
    return array("q", chain([0, 1], (match.end() + 1 for match in _FIRST_SPACE.finditer(data))))


def by_stride(size: int, k: int) -> Sequence[int]:
    """Begin a patch at every k-th of `size` positions.

    Example: by_stride(14, 4) -> [0, 4, 8, 12]
    """
    return range(0, size, k)


def capped(starts: Iterable[int], size: int, most: int) -> Iterator[int]:
    """Cut patches of more than `most` positions into pieces of `most` and a rest; the last ends at `size`.

    Example: list(capped([0, 1, 7], size=9, most=4)) -> [0, 1, 5, 7]
    """
    return (at for start, end in pairwise(chain(starts, [size])) for at in range(start, end, most))
