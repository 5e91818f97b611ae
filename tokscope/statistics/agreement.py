"""Agreement: where two tokenizers cut the same text differently, or give the same cut another id."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from tokscope.split import Split


class Difference(NamedTuple):
    """A stretch of a text on which two tokenizers differ, in bytes, with what each makes of it.

    Example: Difference("cuts", "digits", 4, 8, ["12", "34"], ["1234"])

    `kind` is "cuts", or "ids" where both cut the same tokens out of the stretch. `text` names what it
    holds: letters, digits, white space, punctuation, symbols, or mixed.
    """

    kind: str
    text: str
    start: int
    end: int
    first: list[str]
    second: list[str]


def differences(first: Split, second: Split) -> Iterator[Difference]:
    """Find the stretches of one text on which two splits of it differ, in order.

    Example: of "a 12" as a| 12 and as a| 1|2 -> Difference("cuts", "mixed", 1, 4, [" 12"], [" 1", "2"])

    Ids are compared where both have some. A stretch ends where both have a token that ends there.
    """
    i = j = 0
    my_ids, their_ids = first.ids, second.ids
    while i < len(first) or j < len(second):
        from_i, from_j = i, j
        end_first = end_second = -1
        while end_first != end_second or i == from_i or j == from_j:
            if i < len(first) and (j >= len(second) or end_first <= end_second or i == from_i):
                end_first = first.ends[i]
                i += 1
            elif j < len(second):
                end_second = second.ends[j]
                j += 1
            else:
                break
        mine, theirs = range(from_i, i), range(from_j, j)
        same_cuts = [(first.starts[k], first.ends[k]) for k in mine] == [
            (second.starts[k], second.ends[k]) for k in theirs
        ]
        same_ids = (
            my_ids is None or their_ids is None or [my_ids[k] for k in mine] == [their_ids[k] for k in theirs]
        )
        if same_cuts and same_ids:
            continue
        starts = [*(first.starts[k] for k in mine), *(second.starts[k] for k in theirs)]
        start, end = min(starts), max(end_first, end_second)
        yield Difference(
            "ids" if same_cuts else "cuts",
            classify(first.source[start:end].decode(errors="replace")),
            start,
            end,
            [_show_token(first, k) for k in mine],
            [_show_token(second, k) for k in theirs],
        )


def classify(text: str) -> str:
    """Name what a stretch of text holds.

    Example: classify(" 12") -> "mixed"; classify("12") -> "digits"
    """
    kinds = {
        "white space" if char.isspace() else _GENERAL_CATEGORIES.get(unicodedata.category(char)[0], "other")
        for char in text
    }
    return kinds.pop() if len(kinds) == 1 else "mixed"


_GENERAL_CATEGORIES = {
    "L": "letters",
    "M": "letters",
    "N": "digits",
    "P": "punctuation",
    "S": "symbols",
    "Z": "white space",
}


def _show_token(split: Split, index: int) -> str:
    """Write a token: its text, or its label where no text stands behind it; its id where it has one."""
    token = split[index]
    text = token.data.decode(errors="backslashreplace") or token.label or ""
    return text if token.id is None else f"{text} ({token.id})"
