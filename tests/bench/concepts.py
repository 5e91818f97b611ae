"""The codes of `concept:quant`: learned from English sentences, and how much of what is near is still near.

python -m tests.bench.concepts learn corpus tokscope/codes/concepts.npz     corpus: see tests/bench/corpus.py
python -m tests.bench.concepts corpus                                       the table, on a sixteenth held out
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tokscope import load
from tokscope.backends.concept.quant import CODES, FORMAT, LEVELS, SHIPPED, SentenceEncoder
from tokscope.codes.kmeans import fit_codes, nearest_codes
from tokscope.codes.residual import quantized, restored
from tokscope.files import npz

HELD, MOST = 16, 12_000
"""One of HELD sentences is held out; of more than MOST, some at equal distances are taken."""


def sentences(folder: Path) -> list[str]:
    """Give the different sentences of English prose, of 20 characters or more, in order.

    Example: sentences(Path("corpus"))[:1] -> ["Alice was beginning to get very tired ..."]
    """
    cut, found = load("concept"), dict[str, None]()
    for path in sorted(folder.rglob("*.txt")):
        if re.search(r"messages|\.py", path.name):
            continue
        text = re.sub(r"(?<=\S)\n(?=[^\s\W])", " ", path.read_text("utf-8"))  # lines of a paragraph are one
        for token in cut.encode(text):
            one = token.data.decode()
            if len(one) >= 20 and sum(char.isalpha() or char == " " for char in one) > 0.8 * len(one):
                found[one] = None
    return list(found)[:: -(-len(found) // MOST)]


def main() -> None:
    folder = Path(sys.argv[2] if sys.argv[1] == "learn" else sys.argv[1])
    vectors = SentenceEncoder().vectors(sentences(folder))
    held = np.arange(len(vectors)) % HELD == HELD - 1
    if sys.argv[1] == "learn":
        entries = _learned(vectors[~held]).astype(np.float16)
        about = {"encoder": "wordllama 0.4.0, l2_supercat_256", "sentences": int((~held).sum())}
        with Path(sys.argv[3]).open("wb") as file:
            npz.save_model(file, FORMAT, {"about": about}, {"entries": entries})
        return
    entries = npz.load_model(str(SHIPPED), FORMAT)[1]["entries"].astype(np.float32)
    for title, some in ("held out", vectors[held]), ("learned from", vectors[~held][:: HELD - 1]):
        nearest = _nearest(some, some)
        print(f"{len(some):,} of {len(vectors):,} sentences, {title}")
        print("| levels | cosine | nearest neighbour kept, all coded | one coded |")
        print("|---|---|---|---|")
        for levels in (1, 2, 4, LEVELS):
            back = restored(quantized(some, entries[:levels]), entries[:levels])
            back /= np.linalg.norm(back, axis=1, keepdims=True)
            kept, one = ((_nearest(back, among) == nearest).mean() for among in (back, some))
            print(f"| {levels} | {(back * some).sum(1).mean():.3f} | {kept:.2f} | {one:.2f} |")


def _learned(vectors: Any) -> Any:
    """Learn the codes of each level, of what the levels before have left."""
    found = []
    for level in range(LEVELS):
        entries = fit_codes(vectors, CODES, level)
        vectors = vectors - entries[nearest_codes(vectors, entries)]
        found.append(entries)
    return np.stack(found)


def _nearest(vectors: Any, among: Any) -> Any:
    cosines = vectors @ among.T
    np.fill_diagonal(cosines, -1)
    return cosines.argmax(1)


if __name__ == "__main__":
    main()
