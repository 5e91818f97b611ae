"""Differences: the parts of a text on which several tokenizers do not agree, and what each makes of them."""

from __future__ import annotations

from collections.abc import Sequence

from tokscope.playground.mill import CutStretch, sliced
from tokscope.split import Split


def join_stretches(stretches: Sequence[CutStretch], first: int, last: int) -> Split:
    """Put stretches that follow each other together, and take characters `first` to `last` of the text.

    Example: join_stretches([CutStretch(0, split_of_ab, "ab")], 1, 2).source -> b"b"

    Of a token that lies across an end, what is within.
    """
    source = b""
    starts: list[int] = []
    ends: list[int] = []
    ids: list[int] = []
    labels: list[str | None] = []
    for stretch in stretches:
        split = stretch.split
        starts += [len(source) + start for start in split.starts]
        ends += [len(source) + end for end in split.ends]
        ids += split.ids or []
        labels += split.labels or []
        source += split.source
    text, begin = "".join(one.text for one in stretches), stretches[0].start if stretches else 0
    whole = Split(
        *(source, starts, ends),
        *(ids if len(ids) == len(starts) else None, labels if len(labels) == len(starts) else None),
    )
    low, high = (len(text[: max(at - begin, 0)].encode()) for at in (first, last))
    return sliced(whole, low, high)


def only(split: Split, stretches: Sequence[tuple[int, int]], between: bytes) -> Split:
    r"""Leave only some stretches of a split, with what is not a token between them.

    Example: only(split_of_a_bc, [(0, 1), (1, 4)], b"\n").source -> b"a\n bc\n"
    """
    source = b""
    starts: list[int] = []
    ends: list[int] = []
    ids: list[int] = []
    for low, high in stretches:
        part = sliced(split, low, high)
        starts += [len(source) + start for start in part.starts]
        ends += [len(source) + end for end in part.ends]
        ids += part.ids or []
        source += part.source + between
    return Split(source, starts, ends, ids if len(ids) == len(starts) else None)
