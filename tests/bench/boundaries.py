"""Where patches begin: at word edges, and within characters, beside what chance would give.

python -m tests.bench.boundaries                        neural and blt:entropy, on samples they have not seen
python -m tests.bench.boundaries neural:my.tokscope     another tokenizer
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from tokscope import load
from tokscope.split import inside
from tokscope.text.segments import Unit, segments

SAMPLES = Path(__file__).parents[2] / "samples"
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
    """Measure a tokenizer on a text; the start of the text is no merit of it.

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


def main() -> None:
    print("| text | tokenizer | starts at word edges | by chance | within characters | bytes a patch |")
    print("|---|---|---|---|---|---|")
    for name in ["english.txt", *NAMES, "code.py"]:
        text = (SAMPLES / name).read_text("utf-8")
        for spec in sys.argv[1:] or ["neural", "blt:entropy"]:
            one = agreement(spec, text)
            figures = f"{one.edges:.2f} | {one.chance:.2f} | {one.within:.2f} | {one.size:.1f}"
            print(f"| {name} | `{spec}` | {figures} |")


if __name__ == "__main__":
    main()
