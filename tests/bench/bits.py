"""Bits per byte of the shipped byte models beside zstd and xz, on the samples, which they have not seen.

python -m tests.bench.bits
python -m tests.bench.bits model.tokscope    the neural model is this one, made by tokscope train neural
"""

from __future__ import annotations

import lzma
import sys
from pathlib import Path

import zstandard

from tokscope.backends import neural
from tokscope.backends.blt import SHIPPED
from tokscope.entropy.neural import Network
from tokscope.entropy.ngram import ByteModel

NAMES = ["english.txt", "code.py", "markdown.md", "russian.txt", "german.txt", "chinese.txt", "emoji.txt"]


def main() -> None:
    network = Network.load(sys.argv[1] if sys.argv[1:] else str(neural.SHIPPED))
    models = {"n-grams": ByteModel.load(str(SHIPPED)).bits, "neural": network.bits}
    zstd = zstandard.ZstdCompressor(level=19)
    everything = sorted(path.name for path in Path("samples").glob("*.txt"))
    columns = [*models, "zstd -19", "xz -9e"]
    print(f"| text | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for what, names in [*((name, [name]) for name in NAMES), ("all samples/*.txt", everything)]:
        data = b"".join((Path("samples") / name).read_bytes() for name in names)
        xz = lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)
        sizes = len(zstd.compress(data)), len(xz)
        bits = [*(each(data) for each in models.values()), *(8 * size for size in sizes)]
        print(f"| {what} | {' | '.join(f'{each / len(data):.2f}' for each in bits)} |")


if __name__ == "__main__":
    main()
