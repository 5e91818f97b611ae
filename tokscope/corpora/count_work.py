"""Counting the documents of a partition, which is what all other work on them begins with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import accumulate, chain, pairwise
from typing import Any

from tokscope.corpora.partitions import Job, Partition
from tokscope.corpora.record import Reader, Record
from tokscope.registry import load_all
from tokscope.tokenizer import Tokenizer


@cache
def load_tokenizers(names: tuple[str, ...], special: bool, expected: int) -> list[Tokenizer]:
    """Load the tokenizers of a job, once in a process, for about so many characters.

    Example: [one.name for one in load_tokenizers(("byte", "char"), False, 1000)] -> ["byte", "char"]
    """
    loaded = load_all(list(names), special=special)
    for one in loaded:
        one.expect(expected)
    return loaded


class Work:
    """What is done with documents; `made` is what it makes beside the figures.

    Example: Work(Job("count", ("byte",))).take([], [["Hi"]]) -> [[2]]
    """

    def __init__(self, job: Job) -> None:
        self.tokenizers = load_tokenizers(job.tokenizers, job.special, job.expected)

    def begin(self, partition: Partition, source: Reader) -> None:
        """Begin with a partition.

        Example: Work(Job("count", ("byte",))).begin(Partition("a.jsonl"), source)
        """

    def take(self, records: Sequence[Record], documents: Sequence[Sequence[str]]) -> list[list[int]]:
        """Work on documents; give the number of tokens of each, by each tokenizer. Raises TokenizerError.

        Example: Work(Job("count", ("byte",))).take([], [["Hi", "!"], [""]]) -> [[3], [0]]
        """
        texts = list(chain.from_iterable(documents))
        bounds = list(accumulate(map(len, documents), initial=0))
        counts = [one.count_all(texts) for one in self.tokenizers]
        return [[sum(one[start:end]) for one in counts] for start, end in pairwise(bounds)]

    def end(self) -> dict[str, Any]:
        """End with the partition, and give what was made.

        Example: sampler.end() -> {"drawn": [(17, 420), (91, 77)]}; counting makes nothing but counts
        """
        return {}

    def abandon(self) -> None:
        """Leave nothing behind of a partition that cannot be ended.

        Example: Work(Job("count", ("byte",))).abandon()
        """
