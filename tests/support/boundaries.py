"""How patches agree with words, characters, and the patches that Meta published."""

from __future__ import annotations

import json
import tempfile
from typing import NamedTuple

from tests.support import DATA
from tokscope import load
from tokscope.split import inside
from tokscope.text.segments import Unit, segments

NAMES = ["german.txt", "russian.txt", "chinese.txt", "japanese.txt", "korean.txt", "hindi.txt", "mixed.txt"]


class Agreement(NamedTuple):
    """How patches of a text agree with its words and characters.

    Example: agreement("blt:space", "Hello world").edges -> 1.0

    `edges` is the share of starts at an edge of a word (UAX #29), `chance` the share of bytes that are one,
    `within` the share of starts within a character, `size` the bytes in a patch.
    """

    edges: float
    chance: float
    within: float
    size: float


def agreement(spec: str, text: str) -> Agreement:
    """Measure a tokenizer on a text; the start of the text is no credit to it.

    Example: agreement("byte", "Hi you").edges -> 0.4, as by chance
    """
    split, words = load(spec).encode(text), segments(text, Unit.WORD)
    data = split.source
    edges = {*words.starts, *words.ends} - {0, len(data)}
    starts = [start for start in split.starts if start]
    return Agreement(
        sum(start in edges for start in starts) / len(starts),
        len(edges) / (len(data) - 1),
        sum(inside(data, start) for start in starts) / len(starts),
        len(data) / len(split),
    )


SCORES = DATA / "blt-scores.json"
"""Entropies and patches that Meta published for one sentence; it says where."""


class Shared(NamedTuple):
    """How many patches of a tokenizer begin where published ones do, the first of the text aside.

    Example: Shared(ours=31, published=21, both=12): precision 0.39, recall 0.57
    """

    ours: int
    published: int
    both: int


def shared(spec: str, text: str, entropies: list[float]) -> Shared:
    """Compare a tokenizer's patches with those of published entropies.

    Example: shared("blt:static", "abcdefgh", [9, 1, 1, 1, 1, 2, 1, 1, 1, 1]) -> Shared(1, 1, 1)
    """
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(entropies, file)
        file.flush()
        theirs = {*load(f"blt:entropy?entropies={file.name}").encode(text).starts} - {0}
    ours = {*load(spec).encode(text).starts} - {0}
    return Shared(len(ours), len(theirs), len(ours & theirs))
