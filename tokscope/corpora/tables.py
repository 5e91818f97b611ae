"""Tables of columns, Parquet and Arrow, read as documents by pyarrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any

from tokscope.corpora.partitions import PARTITION_SIZE, Job, Partition
from tokscope.corpora.record import KILLS, Reader, Record, json_text
from tokscope.corpora.stores import is_url, open_file
from tokscope.errors import InputError, MissingExtra


class _TableReader(Reader):
    """Tables of columns, by pyarrow."""

    unit = "row"

    def columns(self, names: Sequence[str]) -> list[str]:
        """Give the columns to read. Raises InputError where one is missing."""
        wanted = []
        for field in (self.job.field, *self.job.group_by):
            root = field if field in names else field.partition(".")[0]
            if root not in names:
                shown = ", ".join(list(names)[:20])
                raise InputError(self.path, f"no column {root!r}; it has {shown}: --column NAME")
            wanted.append(root)
        return list(names) if self.job.whole else list(dict.fromkeys(wanted))

    def whole(self, record: Record) -> str:
        """Give a row as an object of all columns."""
        return record.raw()

    def rows(self, batch: Any, first: int, partition: Partition) -> Iterator[Record]:
        """Read the rows of a batch, the first of which has that number in the table."""
        end = partition.last
        low, high = max(partition.start - first, 0), min(end - first, batch.num_rows)
        if low >= high:
            return
        refused = {one - first for one in partition.refused} & set(range(low, high))
        names = batch.schema.names
        simple = self.job.field in names and not self.job.group_by and not refused and not self.job.whole
        if simple:
            texts = batch.column(names.index(self.job.field)).slice(low, high - low).to_pylist()
            for i, text in enumerate(texts, first + low):
                self.numbers += 1
                if isinstance(text, str):
                    yield Record(i, self.numbers, (text,))
                else:
                    value = {self.job.field: text}
                    yield self.record(i, self.numbers, value, partial(json_text, value))
            return
        # what is refused is not looked at
        values = iter(batch.slice(low, high - low).to_pylist()) if not refused else None
        for i in range(low, high):
            self.numbers += 1
            if i in refused:
                yield Record(first + i, self.numbers, problem=KILLS)
                continue
            value = next(values) if values else batch.slice(i, 1).to_pylist()[0]
            yield self.record(first + i, self.numbers, value, partial(json_text, value))


AT_ONCE = 1 << 22
"""About how many bytes of a table are made into rows at a time."""


@contextmanager
def _arrow(path: str, kind: str) -> Iterator[None]:
    """Say in one line what pyarrow refuses."""
    try:
        yield
    except (InputError, MissingExtra):
        raise
    except ImportError as error:
        raise InputError(path, str(MissingExtra(kind, "corpus"))) from error
    except Exception as error:  # pyarrow's errors are ValueError, OSError and others
        said = " ".join(str(error).split())[:200]
        raise InputError(path, f"its {kind} is damaged or cut short: {said}") from error


class Parquet(_TableReader):
    """Parquet, by row groups.

    Example: next(Parquet(job, partition).records(partition)).number -> 1, the first row
    """

    def __init__(self, job: Job, partition: Partition) -> None:
        super().__init__(job, partition)
        with _arrow(self.path, "Parquet"):
            import pyarrow.parquet as pq

            source = open_file(self.path, self.size) if is_url(self.path) else self.path
            self._file = pq.ParquetFile(source, pre_buffer=False, buffer_size=1 << 20)
            meta = self._file.metadata
            self._groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
            self._rows = [group.num_rows for group in self._groups]
            self._columns = self.columns(self._file.schema_arrow.names)

    def parts(self, partition: Partition) -> Sequence[Partition]:
        """Cut it where it can be cut."""
        bounds, size = [0], 0
        at = 0
        for group in self._groups:
            at += group.num_rows
            size += self._bytes(group)
            if size >= PARTITION_SIZE:
                bounds.append(at)
                size = 0
        if bounds[-1] != at:
            bounds.append(at)
        return [partition._replace(start=start, end=end, until=end) for start, end in pairwise(bounds)]

    def _bytes(self, group: Any) -> int:
        columns = (group.column(i) for i in range(group.num_columns))
        roots = set(self._columns)
        return sum(
            int(one.total_uncompressed_size)
            for one in columns
            if one.path_in_schema.partition(".")[0] in roots
        )

    def records(self, partition: Partition) -> Iterator[Record]:
        """Read the documents that begin in a partition; a row group that is damaged is passed over."""
        self.numbers, self.missing, self.damage = 0, 0, ""
        end = min(partition.last, sum(self._rows))
        self.position = partition.start
        self.begun = self.taken()
        at = 0
        for i, rows in enumerate(self._rows):
            first, at = at, at + rows
            if at <= partition.start or first >= end or not rows:
                continue
            size = max(1, min(10_000, AT_ONCE * rows // max(1, self._bytes(self._groups[i]))))
            batches = self._file.iter_batches(size, row_groups=[i], columns=self._columns, use_threads=False)
            while first < min(at, end):
                try:
                    with _arrow(self.path, "Parquet"):
                        batch = next(batches)
                except InputError as error:
                    self.damage = self.damage or error.message
                    lost = min(at, end) - max(first, partition.start)
                    self.missing, self.numbers = self.missing + lost, self.numbers + lost
                    break
                yield from self.rows(batch, first, partition)
                first += batch.num_rows
        self.position, self.ended = end, end >= sum(self._rows)

    def taken(self) -> int:
        """Tell how many of the file's bytes come before the position."""
        rows = sum(self._rows)
        return self.size * self.position // rows if rows else self.size


class Arrow(_TableReader):
    """Arrow's files and streams, batch after batch.

    Example: next(Arrow(job, partition).records(partition)).number -> 1, the first row
    """

    def __init__(self, job: Job, partition: Partition) -> None:
        super().__init__(job, partition)
        self._open()

    def _open(self) -> None:
        with _arrow(self.path, "Arrow"):
            import pyarrow as pa

            self._source = open_file(self.path, self.size)
            is_file = self._source.read(6) == b"ARROW1"
            self._source.seek(0)
            table = (pa.ipc.open_file if is_file else pa.ipc.open_stream)(self._source)
            names = self.columns(table.schema.names)
            each = (table.get_batch(i) for i in range(table.num_record_batches)) if is_file else iter(table)
            self._batches: Iterator[Any] = (batch.select(names) for batch in each)
        self._first, self._batch, self.ended = 0, None, False

    def records(self, partition: Partition) -> Iterator[Record]:
        """Read the documents that begin in a partition. Raises InputError."""
        if partition.start < self._first:
            self._open()
        self.numbers, size = 0, 0
        self.position, self.begun = partition.start, self.taken()
        while size < PARTITION_SIZE and self.position < partition.last:
            if self._batch is None:
                with _arrow(self.path, "Arrow"):
                    self._batch = next(self._batches, None)
            if self._batch is None:
                self.ended = True
                break
            last = self._first + self._batch.num_rows
            if last > partition.start:
                size += self._batch.nbytes
                yield from self.rows(self._batch, self._first, partition)
                self.position = min(last, partition.last)
            if last <= partition.last:
                self._first, self._batch = last, None

    def step(self) -> int:
        """Tell how long the next partition is."""
        return 1 << 40  # PARTITION_SIZE bytes are the bound

    def taken(self) -> int:
        """Tell how many of the file's bytes come before the position."""
        return min(self._source.tell(), self.size)
