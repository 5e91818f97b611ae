"""Spans as the `tokenizers` library gives them, mended to the contract of tokscope.split.

Its pieces of one character all have that character's whole span, and what a normaliser joins to a character
or strips has none.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import accumulate
from typing import Literal

from tokscope.split import inside

Form = Literal["NFC", "NFKC"]
"""The normal form of Unicode that a normaliser makes."""


def divide(
    source: bytes, bare: Sequence[bytes], starts: list[int], ends: list[int], *, lengths: bool
) -> None:
    """Divide, in place, the spans that overlap: each byte goes to the token that stands for it.

    Example: the spans (0, 3), (0, 3) of b"\\xe6\\x97" and b"\\xa5" in "日" become (0, 2), (2, 3)

    `tokenizers` gives every piece of a character that character's whole span, and the `▁` that it puts
    before a word the span of the word's first character. Where the texts that the tokens stand for (`bare`),
    less a space put in front, make up the source, that says which bytes are whose; for byte-level tokens it
    is enough that the `lengths` add up, since the source may have been lower-cased. Else a normaliser was at
    work ("ﬁ" to "f" and "i"): the first token takes the character, but a mere space does not take a letter.
    """
    reached = first = 0
    while first < len(starts):
        beyond, reach = first + 1, ends[first]
        while beyond < len(starts) and starts[beyond] < reach:
            reach = max(reach, ends[beyond])
            beyond += 1
        if beyond - first > 1:
            group = range(first, beyond)
            low = max(reached, min(starts[i] for i in group))
            shares = [bare[i] for i in group]
            for pieces in (shares, [shares[0].removeprefix(b" "), *shares[1:]]):
                made = b"".join(pieces)
                if made == source[low:reach] or (lengths and len(made) == reach - low):
                    bounds = list(accumulate(map(len, pieces), initial=low))
                    starts[first:beyond], ends[first:beyond] = bounds[:-1], bounds[1:]
                    break
            else:
                for i in group:
                    if bare[i].isspace() and not source[starts[i] : ends[i]].decode().isspace():
                        ends[i] = starts[i]
        for i in range(first, beyond):
            starts[i] = max(starts[i], reached)
            ends[i] = reached = max(starts[i], ends[i])
        first = beyond


def attach_marks(source: bytes, starts: Sequence[int], ends: list[int], form: Form = "NFC") -> None:
    """Widen, in place, each span over what the normaliser `form` joins to its last character, or strips.

    Example: the span (0, 1) in "e\\u0301" becomes (0, 3)

    A normaliser that composes leaves the "é" that it made with the span of the "e", and the "ガ" of two
    half-width signs with that of the first. So does one that strips accents, where a "é" in one character is
    the token's as a whole.
    """
    for i, (start, end, limit) in enumerate(zip(starts, ends, [*starts[1:], len(source)], strict=False)):
        if end < limit and source[end] >= 0x80 and not inside(source, end):
            before = source[start:end].decode(errors="ignore")[-1:]
            for char in source[end:limit].decode(errors="ignore"):
                if not (unicodedata.category(char).startswith("M") or _joins(before, char, form)):
                    break
                before += char
                end += len(char.encode())
            ends[i] = end


def _joins(before: str, char: str, form: Form) -> bool:
    """Tell whether a normaliser makes something else of a character after others than alone."""
    normal = unicodedata.normalize
    if "\u1160" <= char <= "\u11ff":
        return True
    return before != "" and normal(form, before + char) != normal(form, before) + normal(form, char)
