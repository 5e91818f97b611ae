"""Padding: texts as a model takes them, framed, cut, filled up to one length; and what the filling costs.

The figures are those that `tokenizers` gives (and transformers hands on): ids, an attention mask of 1 where
there is a token, token types, and a mask of 1 where a token is special or padding. Positions count the tokens
before, padding left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

from tokscope.errors import MissingExtra, UsageError
from tokscope.tokenizer import Tokenizer


class Padding(NamedTuple):
    """With which id, and on which side, a text is filled up.

    Example: Padding(0, left=True)
    """

    id: int
    left: bool = False


TRANSFORMERS_NAMES = ("input_ids", "attention_mask", "token_type_ids", "special_tokens_mask", "position_ids")
"""What transformers calls the lists of Prepared."""


class Prepared(NamedTuple):
    """One text, or pair of texts, as a model takes it: lists of equal length.

    Example: prepared(load("bert-base-uncased", special=True), ["hi"])[0].ids -> [101, 7632, 102]
    """

    ids: Sequence[int]
    attention: Sequence[int]
    types: Sequence[int]
    special: Sequence[int]
    positions: Sequence[int]

    @property
    def lists(self) -> dict[str, list[int]]:
        """The lists, by the names that transformers has for them.

        Example: Prepared([5], [1], [0], [0], [0]).lists["input_ids"] -> [5]
        """
        return dict(zip(TRANSFORMERS_NAMES, map(list, self), strict=True))

    @property
    def tokens(self) -> int:
        """How many are not padding."""
        return sum(self.attention)

    def padded(self, length: int, padding: Padding) -> Prepared:
        """Fill up to a length; what is longer stays as it is.

        Example: prepared(...)[0].padded(4, Padding(0)).attention -> [1, 1, 1, 0]
        """
        more = max(0, length - len(self.ids))
        fill = [padding.id] * more, [0] * more, [0] * more, [1] * more, [0] * more
        pairs = zip(fill, self, strict=True)
        return Prepared(*([*new, *old] if padding.left else [*old, *new] for new, old in pairs))


def prepared(
    tokenizer: Tokenizer,
    texts: Sequence[str],
    seconds: Sequence[str] | None = None,
    *,
    truncate_to: int | None = None,
) -> list[Prepared]:
    """Encode texts, or pairs with `seconds`, and put them into the tokenizer's frame.

    Example: prepared(load("bert-base-uncased", special=True), ["hi"], ["you"])[0].types -> [0, 0, 0, 1, 1]

    `truncate_to` is how many tokens one may have at most, its frame included; of a pair the longer text is
    cut first, at its end. Raises UsageError where the frame alone has more, and Unsupported.
    """
    frame = tokenizer.frame(pair=seconds is not None)
    own = sum(place.id is not None for place in frame)
    if truncate_to is not None and truncate_to < own:
        raise UsageError(f"--truncate-to {truncate_to}: the special tokens alone are {own}")
    alone = tokenizer.frame()
    parts = [
        _bare(tokenizer, several, alone) for several in ([texts] if seconds is None else [texts, seconds])
    ]
    made = []
    for one in zip(*parts, strict=True):
        sizes = [len(ids) for ids in one]
        if truncate_to is not None:
            sizes = _share_out(sizes, truncate_to - own)
        bodies = [ids[:size] for ids, size in zip(one, sizes, strict=True)]
        places = [
            (token, place.type, place.id is not None)
            for place in frame
            for token in (bodies[place.text] if place.id is None else [place.id])
        ]
        ids, types, special = [[place[i] for place in places] for i in range(3)]
        count = len(ids)
        made.append(Prepared(ids, [1] * count, types, [*map(int, special)], [*range(count)]))
    return made


def _bare(tokenizer: Tokenizer, texts: Sequence[str], frame: Sequence[object]) -> list[list[int]]:
    """Encode texts without what is put around them."""
    places = [place for place, one in enumerate(frame) if getattr(one, "id", None) is None]
    if len(places) != 1:
        raise UsageError(f"{tokenizer.shown} puts a text {len(places)} times into what a model takes")
    before, after = places[0], len(frame) - places[0] - 1
    return [[*ids[before : len(ids) - after]] for ids in tokenizer.ids_all(texts)]


def _share_out(sizes: Sequence[int], most: int) -> list[int]:
    """Share out what is left: the shorter text of a pair is cut only when both would be too long.

    The rule is that of `tokenizers`, longest first; the odd token goes to the shorter one.
    """
    if sum(sizes) <= most:
        return [*sizes]
    if len(sizes) == 1:
        return [most]
    short, long = sorted(sizes)
    long = short if short > most else max(short, most - short)
    if short + long > most:
        short, long = most // 2, most // 2 + most % 2
    return [short, long] if sizes[0] <= sizes[1] else [long, short]


class Waste(NamedTuple):
    """What batches cost: `padded` are all places, of which `tokens` are taken.

    Example: Waste("as given", batches=2, tokens=30, padded=48).share -> 0.375
    """

    order: str
    batches: int
    tokens: int
    padded: int

    @property
    def share(self) -> float:
        """Which part is padding."""
        return (self.padded - self.tokens) / self.padded if self.padded else 0.0


def wastes(lengths: Sequence[int], size: int) -> list[Waste]:
    """Say what batches of `size` cost, each filled up to its longest text, in three orders.

    Example: [one.padded for one in wastes([2, 9, 3, 8], 2)] -> [34, 24, 22]

    As given; sorted by length; and bucketed: in the order given, but each batch of texts whose lengths lie
    between the same powers of two, as streams are that cannot be sorted.
    """
    buckets: dict[int, list[int]] = {}
    for length in lengths:
        buckets.setdefault((length - 1).bit_length() if length else 0, []).append(length)
    return [
        _padding_waste("as given", _batches(lengths, size)),
        _padding_waste("sorted", _batches(sorted(lengths), size)),
        _padding_waste(
            "bucketed", [batch for bucket in buckets.values() for batch in _batches(bucket, size)]
        ),
    ]


def _batches(lengths: Sequence[int], size: int) -> list[Sequence[int]]:
    return [lengths[first : first + size] for first in range(0, len(lengths), size)]


def _padding_waste(order: str, batches: Sequence[Sequence[int]]) -> Waste:
    padded = sum(len(batch) * max(batch) for batch in batches)
    return Waste(order, len(batches), sum(map(sum, batches)), padded)


def fill_batches(
    texts: Sequence[Prepared], size: int, length: int | None, padding: Padding | None
) -> Iterator[tuple[int, Prepared]]:
    """Give each text with the number of its batch, filled up to a length or the longest of its batch.

    Example: [len(one.ids) for _, one in fill_batches(texts, 2, None, Padding(0))] -> [9, 9, 8, 8]

    Without padding texts stay as they are. Raises UsageError for one that is longer than the length.
    """
    for number, first in enumerate(range(0, len(texts), size)):
        batch = texts[first : first + size]
        longest = max(len(one.ids) for one in batch)
        if length is not None and longest > length:
            raise UsageError(
                f"--pad-to {length}: a text has {longest:,} tokens; --truncate-to {length} cuts longer ones"
            )
        for one in batch:
            yield number, one if padding is None else one.padded(length or longest, padding)


def save_prepared(rows: Sequence[Prepared], file: BinaryIO) -> None:
    """Write one array of NumPy for each list, of shape (texts, length).

    Example: save_prepared(prepared(load("gpt2"), ["hi"]), file), then numpy.load(file)["input_ids"]

    Raises UsageError for texts of several lengths, and MissingExtra.
    """
    try:
        import numpy as np
    except ImportError as error:
        raise MissingExtra("npz", "weights") from error
    if len({len(one.ids) for one in rows}) > 1:
        raise UsageError("npz needs texts of one length: --pad-to N pads them")
    arrays: dict[str, Any] = {
        name: np.array([one[i] for one in rows], np.int64) for i, name in enumerate(TRANSFORMERS_NAMES)
    }
    np.savez(file, **arrays)
