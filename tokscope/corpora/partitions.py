"""Partitions: the parts of a corpus that are worked on by themselves, and what came of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Job(NamedTuple):
    """What is to be done with every document of a corpus; plain data that goes to workers as JSON.

    Example: Job("count", ("o200k_base",), "text")

    `field` leads to the text of a record, `kind` is what files are read as ("" where their content tells),
    and `group_by` are the fields by whose values documents are added up. Documents of more than `budget`
    tokens are counted as over it. A record of more than `largest` bytes is rejected. `keep` asks for the
    rejected records themselves. With `share` below 1 only that part of all documents is tokenized, chosen by
    `seed`. `words` asks for the number of words, and `whole` for whole records, with the columns that are not
    counted. `expected` is about how many characters each worker is given. `options` are those of the work.
    """

    work: str
    tokenizers: tuple[str, ...]
    field: str = "text"
    kind: str = ""
    group_by: tuple[str, ...] = ()
    special: bool = False
    budget: int | None = None
    largest: int = 1 << 28
    keep: bool = False
    share: float = 1.0
    seed: int = 0
    words: bool = False
    whole: bool = False
    expected: int = 0
    options: Mapping[str, Any] = {}

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Job:
        """Make it again from its fields, as JSON brings them back.

        Example: Job.of({"work": "count", "tokenizers": ["byte"]}) -> Job("count", ("byte",))
        """
        job = cls(**fields)
        return job._replace(tokenizers=tuple(job.tokenizers), group_by=tuple(job.group_by))


PARTITION_SIZE = 1 << 24
"""How many bytes of content a partition has, where files can be cut: a third of a second's work."""


class Partition(NamedTuple):
    """The documents of a file that begin in a range; plain data, see Job.

    Example: Partition("a.jsonl", 0, 16777216), and later Partition("a.jsonl", 16777216, 33554432)

    `start` and `end` are bytes of the file's content, expanded if it is compressed, or rows of its table;
    `until` is where the work that begins here ends, beyond `end`, None for the end of the file. At `start` a
    document begins if it is `exact`. `size` is the file's, in bytes. `deaths` is how many processes ended on
    this partition, and `within` is a place before which a document begins that ends them, 0 where there is
    none; `unbegun` is how many in a row ended before they came to its documents. Documents that begin at a
    place in `refused` are such, and rejected without being looked at.
    """

    path: str
    start: int = 0
    end: int = PARTITION_SIZE
    until: int | None = None
    exact: bool = True
    size: int = 0
    refused: tuple[int, ...] = ()
    deaths: int = 0
    within: int = 0
    unbegun: int = 0

    @classmethod
    def of(cls, fields: Sequence[Any]) -> Partition:
        """Make it again from its fields, as JSON brings them back.

        Example: Partition.of(["a.jsonl", 0, 100]) -> Partition("a.jsonl", 0, 100)
        """
        made = cls(*fields)
        return made._replace(refused=tuple(made.refused))

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from every other that is waiting at the same time."""
        return self.path, self.start

    @property
    def last(self) -> int:
        """Where it ends."""
        return self.end if self.until is None else min(self.end, self.until)

    @property
    def shown(self) -> str:
        """Where it is, in words."""
        return f"{self.path}, {self.start:,} to {self.end:,}"


RETRIES = 2
"""How many times a partition is given to another process after one has ended on it."""


MOST_UNBEGUN = 20
"""How many processes in a row may end before they come to the documents: loading takes most of their time."""


def after_death(partition: Partition, *, begun: bool = True) -> Partition | None:
    """Give what is to be done next with a partition on which a process has ended.

    Example: after_death(Partition("a", 0, 1000, size=1000, deaths=2)).end -> 1

    It is tried again, since the reason may lie outside of it; then its first document is, and if that is not
    the reason, half of the rest, and half of the half that has it, until a single document is left, which is
    refused. None where processes end even without their first document: what ends them is the file itself.
    One that had not `begun` with the documents says nothing of them; None where many of those end in a row.
    """
    if not begun:
        unbegun = partition.unbegun + 1
        return partition._replace(unbegun=unbegun) if unbegun < MOST_UNBEGUN else None
    partition = partition._replace(unbegun=0)
    deaths, width = partition.deaths + 1, partition.last - partition.start
    if deaths <= RETRIES and (width <= 1 or not partition.within):
        return partition._replace(deaths=deaths)
    if width <= 1:
        if partition.start in partition.refused:
            return None
        refused = (*partition.refused, partition.start)
        return partition._replace(refused=refused, deaths=0, within=0)
    # Few files hold more than 64 times their bytes, and the rest is done later.
    within = partition.start + min(width, max(2, 64 * partition.size))
    if not partition.within:
        return partition._replace(end=partition.start + 1, deaths=0, within=within)
    return halved(partition, within)


def halved(partition: Partition, within: int) -> Partition:
    """Give the first half of what comes before a place, `within` which is what ends processes.

    Example: halved(Partition("a", 0, 1000), 500).end -> 250
    """
    half = max(1, (within - partition.start) // 2)
    return partition._replace(end=partition.start + half, deaths=0, within=within)


class Reject(NamedTuple):
    """A document that was not taken, and why.

    Example: Reject("a.jsonl", 0, 1, "not JSON: Expecting value at character 0", '{"text"')

    `at` is where it begins, and `number` which line or row of its partition it is, the first being 1;
    `record` is the document itself, where it was asked for.
    """

    path: str
    at: int
    number: int
    reason: str
    record: str | None = None
    unit: str = "line"


class Done(NamedTuple):
    """What came of a partition; plain data, see Job.

    Example: Done(total={"documents": 1, ...}, numbers=1, read=1000)

    `total` is a Sums, `groups` are those of the groups (by their values, as JSON) where documents are added
    up by some. `numbers` is how many lines or rows there were, `read` how many bytes of the file they take,
    and `more` what is to be done next. `problem` says why the rest of the file cannot be read, or `missing`
    rows of it. `lost` are
    the characters that each tokenizer dropped, `mended` is how many documents held half of a surrogate pair,
    and `made` what the work made beside figures.
    """

    total: Mapping[str, Any] | None = None
    groups: Mapping[str, Mapping[str, Any]] = {}
    numbers: int = 0
    read: int = 0
    more: tuple[Partition, ...] = ()
    rejects: tuple[Reject, ...] = ()
    problem: str = ""
    skipped: bool = False
    lost: Sequence[str] = ()
    mended: int = 0
    made: Mapping[str, Any] = {}
    missing: int = 0

    @classmethod
    def of(cls, fields: Sequence[Any]) -> Done:
        """Make it again from its fields, as JSON brings them back.

        Example: Done.of([None, {}, 3]).numbers -> 3
        """
        made = cls(*fields)
        return made._replace(
            more=tuple(map(Partition.of, made.more)), rejects=tuple(Reject(*one) for one in made.rejects)
        )
