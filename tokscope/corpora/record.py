"""Records: what a reader of a corpus' files gives, and what every reader is."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from tokscope.corpora.partitions import PARTITION_SIZE, RETRIES, Job, Partition
from tokscope.inputs.fields import describe_value, follow


class Record(NamedTuple):
    """A document: where it stands, its texts, the values that it is grouped by, or why it is not one.

    Example: Record(0, 1, ("Hi",), ("en",))

    `number` is its line or row in the partition, and `raw` gives it as it is in the file.
    """

    at: int
    number: int
    texts: Sequence[str] = ()
    groups: Sequence[str] = ()
    problem: str = ""
    raw: Callable[[], str] = str


NONE = "(none)"
"""The group of documents that lack the field."""

KILLS = f"{RETRIES + 1} processes in a row ended as they worked on it alone"


class Reader(ABC):
    """Reads one kind of file, partition after partition.

    Example: [record.texts for record in reader(job, partition).records(partition)] -> [("Hi",), ("Ho",)]

    `position` is where the next document begins, `ended` whether there is none; `numbers` is how many lines
    or rows were read of the partition, and `unit` what they are. `begun` is how many of the file's bytes
    come before the partition. `missing` rows of it were passed over, for what `damage` says.
    """

    unit = "line"

    def __init__(self, job: Job, partition: Partition) -> None:
        self.job = job
        self.path = partition.path
        self.size = partition.size
        self.position = self.begun = 0
        self.ended = False
        self.numbers = 0
        self.missing, self.damage = 0, ""

    def parts(self, partition: Partition) -> Sequence[Partition]:
        """Cut a file that can be read from anywhere; one that cannot is a single part, read step by step.

        Example: reader.parts(Partition("a.jsonl", size=40_000_000))[1].start -> 16777216
        """
        return ()

    @abstractmethod
    def records(self, partition: Partition) -> Iterator[Record]:
        """Read the documents that begin in a partition. Raises InputError.

        Example: next(reader.records(Partition("a.jsonl", size=100))).texts -> ("Hi",)
        """

    def taken(self) -> int:
        """Tell how many of the file's bytes come before the position.

        Example: reader.taken() -> 100, of a file of 100 bytes when all is read
        """
        return self.size

    def step(self) -> int:
        """Say how long the next partition is of a file that is read step by step.

        Example: reader.step() -> 16777216
        """
        return PARTITION_SIZE

    def record(self, at: int, number: int, value: Any, raw: Callable[[], str]) -> Record:
        """Find the texts of a record and the values it is grouped by.

        Example: reader.record(0, 1, {"text": "Hi"}, str).texts -> ["Hi"]
        """
        texts: list[str] = []
        for text in follow(value, self.job.field.split("."), 0):
            if isinstance(text, ValueError):
                return Record(at, number, problem=str(text), raw=raw)
            texts.append(text)
        return Record(at, number, texts, self.groups(value), "", raw)

    def whole(self, record: Record) -> str:
        """Give a record as JSON, with all its fields; of a text, which has none, that field.

        Example: reader.whole(Record(0, 1, ("Hi",))) -> '{"text": "Hi"}'
        """
        return json_text({self.job.field: "".join(record.texts)})

    def groups(self, value: Any) -> Sequence[str]:
        """Find the values that a record is grouped by.

        Example: reader.groups({"text": "Hi", "language": "en"}) -> ["en"], with --group-by language
        """
        return [_group(value, field) for field in self.job.group_by] if self.job.group_by else ()


def json_text(value: Any) -> str:
    """Write a value as JSON; bytes as base64, and what else JSON has no word for as Python writes it.

    Example: json_text({"text": "Hi", "image": b"Hi"}) -> '{"text": "Hi", "image": "SGk="}'

    A record is the user's own, to be read again by what reads such records: it says nothing of broken text,
    as report.objects does, and base64 is how JSON Lines with pictures hold them.
    """
    return json.dumps(value, ensure_ascii=False, default=_json_default)


def _json_default(value: Any) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _group(value: Any, field: str) -> str:
    """Give the value that a record is grouped by, in words."""
    for step in field.split("."):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return NONE
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    if value is None or isinstance(value, bool | dict | list):
        try:
            return json.dumps(
                *(value,), ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_json_default
            )
        except RecursionError:
            return f"({describe_value(value)})"
    return str(value.isoformat() if hasattr(value, "isoformat") else value)
