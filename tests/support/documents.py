"""Documents to make corpora of, in every format, and what a plain loop over tiktoken makes of them."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import tiktoken
import zstandard

from tests.support import SAMPLES
from tokscope.engines.ranks import MappedRanks
from tokscope.vocabularies import VOCABULARIES

GPT2 = VOCABULARIES["gpt2"]


def documents(count: int, *, seed: int = 1) -> list[dict[str, str]]:
    """Make documents of a few words to a few paragraphs, in several scripts."""
    random = Random(seed)
    text = "".join(path.read_text("utf-8") for path in sorted(SAMPLES.glob("*.txt")))
    found = []
    for i in range(count):
        start, size = random.randrange(len(text) - 500), random.choice((0, 3, 40, 400))
        found.append(
            {"id": str(i), "language": ("en", "zh", "de")[i % 3], "text": text[start : start + size]}
        )
    return found


def ids(texts: Iterable[str]) -> list[list[int]]:
    """Give what tiktoken's own engine makes of texts with GPT-2's vocabulary."""
    ranks = dict(MappedRanks(GPT2.path).items())
    encoding = tiktoken.Encoding("gpt2", pat_str=GPT2.pattern, mergeable_ranks=ranks, special_tokens={})
    return encoding.encode_ordinary_batch(list(texts))


def json_lines(found: Sequence[dict[str, str]]) -> bytes:
    # half of them escaped, so that both spellings of a character are read
    return b"".join(json.dumps(one, ensure_ascii=i % 2 == 0).encode() + b"\n" for i, one in enumerate(found))


def table(found: Sequence[dict[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, ["id", "language", "text"])
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue().encode()


def write_all(folder: Path, found: Sequence[dict[str, str]]) -> list[Path]:
    """Write the documents in every format, each file with all of them."""
    lines, rows = json_lines(found), pa.Table.from_pylist(list(found))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.jsonl").write_bytes(lines)
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(lines[:999]) + gzip.compress(lines[999:]))
    (folder / "a.jsonl.zst").write_bytes(zstandard.ZstdCompressor().compress(lines))
    (folder / "a.jsonl.bz2").write_bytes(bz2.compress(lines))
    (folder / "a.jsonl.xz").write_bytes(lzma.compress(lines, preset=0))
    (folder / "a.csv").write_bytes(table(found))
    (folder / "a.tsv.gz").write_bytes(gzip.compress(table(found)))
    pq.write_table(rows, folder / "a.parquet", row_group_size=max(1, len(found) // 3))
    with pa.ipc.new_file(folder / "a.arrow", rows.schema) as file:
        file.write_table(rows, max_chunksize=max(1, len(found) // 4))
    with pa.ipc.new_stream(folder / "stream.arrow", rows.schema) as stream:
        stream.write_table(rows, max_chunksize=max(1, len(found) // 4))
    return sorted(folder.iterdir())
