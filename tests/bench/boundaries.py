"""Where patches begin: at word edges, and within characters, beside chance; and where published ones do.

python -m tests.bench.boundaries                        neural and blt:entropy, on samples they have not seen
python -m tests.bench.boundaries neural:my.tokscope     another tokenizer
"""

from __future__ import annotations

import json
import sys

from tests.support import SAMPLES
from tests.support.boundaries import NAMES, SCORES, agreement, shared


def main() -> None:
    print("| text | tokenizer | starts at word edges | by chance | within characters | bytes a patch |")
    print("|---|---|---|---|---|---|")
    for name in ["english.txt", *NAMES, "code.py"]:
        text = (SAMPLES / name).read_text("utf-8")
        for spec in sys.argv[1:] or ["neural", "blt:entropy"]:
            one = agreement(spec, text)
            figures = f"{one.edges:.2f} | {one.chance:.2f} | {one.within:.2f} | {one.size:.1f}"
            print(f"| {name} | `{spec}` | {figures} |")
    print("\n| published scores | tokenizer | its starts | published | of both | by chance |")
    print("|---|---|---|---|---|---|")
    published = json.loads(SCORES.read_text("utf-8"))
    for name, entropies in published["entropies"].items():
        for spec in sys.argv[1:] or ["blt:entropy", "neural?rule=entropy", "blt:space"]:
            found = shared(spec, published["text"], entropies)
            chance = found.ours * found.published / (len(published["text"]) - 1)
            print(f"| {name} | `{spec}` | {found.ours} | {found.published} | {found.both} | {chance:.1f} |")


if __name__ == "__main__":
    main()
