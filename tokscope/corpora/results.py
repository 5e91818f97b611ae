"""Results: what a run over a corpus has found, added up in whatever order it came."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tokscope.corpora.partitions import Done, Job, Partition, Reject
from tokscope.corpora.record import NONE
from tokscope.corpora.sums import Sums
from tokscope.errors import InputError, UsageError
from tokscope.report.objects import bytes_value

MOST_GROUPS = 100_000
"""How many groups are added up; a field with more values names documents and not groups."""


class Rejected(NamedTuple):
    """A reject as it is told: with its line or row in the file, None where a part of the file is not read.

    Example: Rejected("a.jsonl", 3, 40, "line", "not JSON: ...", None).error
    """

    path: str
    number: int | None
    at: int
    unit: str
    reason: str
    record: str | None

    @property
    def error(self) -> InputError:
        """The same as an error.

        Example: str(Rejected("a.jsonl", 3, 40, "line", "not JSON", None).error) -> "a.jsonl: line 3: not
        JSON"
        """
        where = f"{self.unit} {self.number:,}" if self.number is not None else f"byte {self.at:,}"
        return InputError(self.path, f"{where}: {self.reason}")

    @property
    def fields(self) -> dict[str, object]:
        """The same in JSON."""
        return {
            "path": self.path,
            self.unit: self.number,
            "at": self.at,
            "reason": self.reason,
            "record": self.record if self.record is None else bytes_value(_raw(self.record)),
        }


class Results:
    """The sums over a corpus, by file or by group, and what was not taken.

    Example: results = Results(job, ["a.jsonl"], by="file", most=None); results.add(partition, done)

    `by` is file, partition or total; the job's groups come before it. More than `most` rejects are an error.
    """

    def __init__(self, job: Job, paths: Sequence[str], by: str, most: int) -> None:
        self._job = job
        self._by = by
        self._most = most
        self._order = {path: i for i, path in enumerate(paths)}
        self.total = Sums.empty(len(job.tokenizers))
        self._rows: dict[Any, Sums] = {}
        self._numbers: dict[str, list[tuple[int, int | None, int]]] = {}
        self._rejects: list[
            tuple[int, int, int, int]
        ] = []  # of which file, where, where in the spool, number
        self._spool = tempfile.TemporaryFile()
        self.problems: dict[str, str] = {}
        self._missing: Counter[str] = Counter()
        self.skipped: list[str] = []
        self.lost = [""] * len(job.tokenizers)
        self.mended = 0
        self._made: list[tuple[int, int, int]] = []  # of which file, where, where in the spool

    def add(self, partition: Partition, done: Done) -> None:
        """Add what came of a partition. Raises UsageError for too many groups, InputError for rejects.

        Example: results = Results(job, ["a.jsonl"], by="file", most=None); results.add(partition, done)
        """
        path = partition.path
        if done.skipped:
            self.skipped.append(path)
        if done.problem:
            self._missing[path] += done.missing
            self.problems.setdefault(path, done.problem)
        if done.total is None:
            return
        if done.made:
            self._made.append((self._order[path], partition.start, self._spooled(done.made)))
        sums = Sums.of(done.total)
        self.total.merge(sums)
        if self._job.group_by:
            for key, fields in done.groups.items():
                self._row(tuple(json.loads(key)), Sums.of(fields))
        elif self._by != "total":
            self._row((path, partition.start) if self._by == "partition" else (path,), sums)
        end = (
            None if done.problem and not done.missing else done.more[0].start if done.more else partition.last
        )
        self._numbers.setdefault(path, []).append((partition.start, end, done.numbers))
        self.lost = ["".join(sorted({*a, *b})) for a, b in zip(self.lost, done.lost, strict=True)]
        self.mended += done.mended
        for reject in done.rejects:
            self._keep(partition, reject)

    @property
    def errors(self) -> dict[str, str]:
        """What could not be read of files, by their paths, and how many rows that are where it is known."""
        return {
            path: f"{said}; rows missing: {self._missing[path]:,}" if self._missing[path] else said
            for path, said in self.problems.items()
        }

    def _row(self, key: Any, sums: Sums) -> None:
        if key not in self._rows:
            if self._job.group_by and len(self._rows) >= MOST_GROUPS:
                raise UsageError(
                    f"--group-by: more than {MOST_GROUPS:,} groups; group by a field of fewer values"
                )
            self._rows[key] = Sums.empty(len(self._job.tokenizers), lengths=False)
        self._rows[key].merge(sums)

    def _keep(self, partition: Partition, reject: Reject) -> None:
        where = self._spooled([partition.start, reject.unit, reject.reason, reject.record])
        self._rejects.append((self._order[reject.path], reject.at, where, reject.number))
        if len(self._rejects) > self._most:
            first = next(self.rejects()).error
            said = f"{first.message}; the first of more than --max-rejects {self._most}"
            raise InputError(first.path, said)

    def _spooled(self, value: object) -> int:
        """Put a value on disk, which memory need not hold; give where it is."""
        where = self._spool.seek(0, 2)
        self._spool.write(json.dumps(value).encode() + b"\n")
        return where

    def _unspooled(self, where: int) -> Any:
        self._spool.seek(where)
        return json.loads(self._spool.readline())

    @property
    def rows(self) -> Iterator[tuple[tuple[Any, ...], Sums]]:
        """Give the rows: files and partitions in the order of the corpus, groups sorted."""
        if self._job.group_by:
            yield from sorted(self._rows.items())
        else:
            yield from sorted(self._rows.items(), key=lambda row: (self._order[row[0][0]], *row[0][1:]))

    def incomplete(self, key: tuple[Any, ...]) -> bool:
        """Tell whether something of a row could not be read.

        Example: Results(Job("count", ("byte",)), ["a.jsonl"], "file", 0).incomplete(("a.jsonl",)) -> False
        """
        return key[0] in self.problems if not self._job.group_by else bool(self.problems)

    @property
    def ungrouped(self) -> Sequence[str]:
        """The fields to group by that no document has."""
        return [one for i, one in enumerate(self._job.group_by) if {key[i] for key in self._rows} == {NONE}]

    @property
    def parts(self) -> Iterator[Mapping[str, Any]]:
        """What the work made of each partition, in the order of the corpus."""
        return (self._unspooled(where) for _, _, where in sorted(self._made))

    @property
    def rejected(self) -> int:
        """How many rejects there are."""
        return len(self._rejects)

    def rejects(self) -> Iterator[Rejected]:
        """Give the rejects in the order of the corpus.

        Example: [str(one.error) for one in results.rejects()] -> ["a.jsonl: line 3: not JSON"]
        """
        paths = list(self._order)
        starts = {path: dict(_sums(numbers)) for path, numbers in self._numbers.items()}
        for order, at, where, number in sorted(self._rejects):
            start, unit, reason, record = self._unspooled(where)
            path = paths[order]
            before = starts.get(path, {}).get(start)
            yield Rejected(path, None if before is None else before + number, at, unit, reason, record)


def _raw(text: str) -> bytes:
    """Give the bytes of a record again, see FileLine.raw."""
    return text.encode("utf-8", "surrogateescape")


def _sums(numbers: Sequence[tuple[int, int | None, int]]) -> Iterator[tuple[int, int]]:
    """Give for each start of a partition how many lines or rows are before it, up to one that is not done."""
    before = at = 0
    for start, end, count in sorted(numbers, key=lambda one: one[0]):
        if start != at:
            return
        yield start, before
        if end is None:
            return
        before, at = before + count, end
