"""Bits per byte of the shipped n-gram model beside zstd and xz, on the samples, which it has not seen.

python -m tests.bench.bits
"""

from __future__ import annotations

import lzma
from pathlib import Path

import zstandard

from tokscope.backends.blt import SHIPPED
from tokscope.ngram import ByteModel, Tree

NAMES = ["english.txt", "code.py", "markdown.md", "russian.txt", "german.txt", "chinese.txt", "emoji.txt"]


def main() -> None:
    model = ByteModel(Tree.load(str(SHIPPED)))
    zstd = zstandard.ZstdCompressor(level=19)
    everything = sorted(path.name for path in Path("samples").glob("*.txt"))
    print("| text | n-grams | zstd -19 | xz -9e |\n|---|---|---|---|")
    for what, names in [*((name, [name]) for name in NAMES), ("all samples/*.txt", everything)]:
        data = b"".join((Path("samples") / name).read_bytes() for name in names)
        xz = lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)
        bits = model.bits(data), 8 * len(zstd.compress(data)), 8 * len(xz)
        print(f"| {what} | {' | '.join(f'{each / len(data):.2f}' for each in bits)} |")


if __name__ == "__main__":
    main()
