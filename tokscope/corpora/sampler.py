"""Sample: a random part of a corpus, of about as many tokens as asked for.

Each document draws a number from its file and place and a seed, the same one wherever it is read. The sample
is the documents that drew the lowest. How low is known when the tokens of those that drew low have been
counted, by what they drew; then the documents themselves are fetched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from tokscope.corpora.count_work import Work
from tokscope.corpora.partitions import Job, Partition
from tokscope.corpora.record import Reader, Record

BUCKETS = 1 << 20
"""How finely the tokens are counted by what their documents drew; of fewer documents, each by itself."""


class Sampler(Work):
    """Counts the tokens of documents by what they drew, or gives the documents.

    Example: sampler = Sampler(job); sampler.begin(partition); sampler.take(records, documents); sampler.end()
    """

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._fetch = bool(job.options["fetch"])
        self._seed = job.seed

    def begin(self, partition: Partition, source: Reader) -> None:
        """Begin with a partition."""
        self._source = source
        self._path = partition.path
        self._drawn: Counter[int] = Counter()
        self._lines: list[str] = []

    def take(self, records: Sequence[Record], documents: Sequence[Sequence[str]]) -> list[list[int]]:
        """Count documents, and keep them where they are to be fetched."""
        counts = super().take(records, documents)
        for record, (count,) in zip(records, counts, strict=True):
            if self._fetch:
                self._lines.append(self._source.whole(record))
            else:
                self._drawn[int(chance(self._seed, record.at, self._path) * BUCKETS)] += count
        return counts

    def end(self) -> dict[str, Any]:
        """Give what was counted, or the documents.

        Example: sampler.end() -> {"drawn": [(17, 420), (91, 77)]}
        """
        return {"lines": self._lines} if self._fetch else {"drawn": sorted(self._drawn.items())}


def first_share(tokens: int, size: int) -> float:
    """Guess which share of a corpus of `size` bytes surely holds this many tokens.

    Example: first_share(1000, 1_000_000) -> 0.016

    Sixteen times as many bytes as tokens: twice what the longest tokens of a usual vocabulary need.
    """
    return min(1.0, 16 * tokens / max(1, size))


def sample_threshold(parts: Iterable[Mapping[str, Any]], tokens: int, share: float) -> float | None:
    """Give the share whose documents have at most this many tokens; None where all have fewer.

    Example: sample_threshold([{"drawn": [[0, 5], [3, 5]]}], 7, 1.0) -> 3 / BUCKETS

    `parts` were made with a share of the documents.
    """
    drawn: Counter[int] = Counter()
    for part in parts:
        drawn.update(dict(part["drawn"]))
    seen = 0
    for bucket in sorted(drawn):
        seen += drawn[bucket]
        if seen > tokens:
            return bucket / BUCKETS
    return 1.0 if share >= 1 else None


def chance(seed: int, at: int, path: str) -> float:
    """Draw a number from 0 to 1 for a document, the same one wherever and whenever it is asked for.

    Example: 0 <= chance(1, 0, "a.jsonl") < 1 -> True
    """
    drawn = blake2b(f"{seed}\0{at}\0{path}".encode(), digest_size=8).digest()
    return int.from_bytes(drawn, "big") / (1 << 64)
