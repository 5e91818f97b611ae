"""Reading: the documents of a partition, from JSON Lines, CSV, text, Parquet and Arrow."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from tokscope.corpora.content import Content, FileLine, lines
from tokscope.corpora.partitions import STEP, Job, Partition
from tokscope.corpora.stores import is_url, opened
from tokscope.errors import InputError, MissingExtra
from tokscope.files.compressed import uncompressed_name
from tokscope.inputs.document import columnar
from tokscope.inputs.records import DELIMITERS, described, follow, separated, straight


class Record(NamedTuple):
    """A document: where it stands, its texts, the values that it is grouped by, or why it is none.

    Example: Record(0, 1, ("Hi",), ("en",))

    `number` is its line or row in the partition, and `raw` gives it as it stands in the file.
    """

    at: int
    number: int
    texts: Sequence[str] = ()
    groups: Sequence[str] = ()
    problem: str = ""
    raw: Callable[[], str] = str


KILLS = "it ends the process that works on it"


class Reader(ABC):
    """Reads one kind of file, partition after partition.

    `position` is where the next document begins, `ended` whether there is none; `numbers` is how many lines
    or rows were read of the partition, and `unit` what they are. `begun` is how many of the file's bytes
    stand before the partition.
    """

    unit = "line"

    def __init__(self, job: Job, partition: Partition) -> None:
        self.job = job
        self.path = partition.path
        self.size = partition.size
        self.position = self.begun = 0
        self.ended = False
        self.numbers = 0

    def parts(self, partition: Partition) -> Sequence[Partition]:
        """Cut a file that can be read anywhere; one that cannot is a single part, read on and on."""
        return ()

    @abstractmethod
    def records(self, partition: Partition) -> Iterator[Record]:
        """Read the documents that begin in a partition. Raises InputError."""

    def taken(self) -> int:
        """Tell how many of the file's bytes stand before the position."""
        return self.size

    def step(self) -> int:
        """Tell how long the next partition of a file is that is read on and on."""
        return STEP

    def record(self, at: int, number: int, value: Any, raw: Callable[[], str]) -> Record:
        """Find the texts of a record and the values it is grouped by."""
        texts: list[str] = []
        for text in follow(value, self.job.field.split("."), 0):
            if isinstance(text, ValueError):
                return Record(at, number, problem=str(text), raw=raw)
            texts.append(text)
        return Record(at, number, texts, self.groups(value), "", raw)

    def whole(self, record: Record) -> str:
        """Give a record as JSON, with all its fields; of a text, which has none, that field."""
        return _json({self.job.field: "".join(record.texts)})

    def groups(self, value: Any) -> Sequence[str]:
        """Find the values that a record is grouped by."""
        return [_group(value, field) for field in self.job.group_by]


def _group(value: Any, field: str) -> str:
    """Give the value that a record is grouped by, in words."""
    for step in field.split("."):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return "(none)"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return str(value) if isinstance(value, str | int | float) else f"({described(value)})"


class _Lines(Reader):
    """Files of lines, which can be cut anywhere where they are not compressed."""

    def __init__(self, job: Job, partition: Partition) -> None:
        super().__init__(job, partition)
        self.content = Content(partition.path, partition.size)

    def parts(self, partition: Partition) -> Sequence[Partition]:
        """Cut it where it can be cut."""
        if self.content.compressed:
            return ()
        step = max(STEP, self.size // 1000)
        bounds = [*range(0, self.size, step), self.size]
        return [
            partition._replace(start=start, end=end, until=end, exact=not start)
            for start, end in pairwise(bounds)
        ]

    def records(self, partition: Partition) -> Iterator[Record]:
        """Read the documents that begin in a partition. Raises InputError."""
        self.numbers = 0
        largest = self.job.largest
        end = partition.last
        self.begin(partition.start)
        refused = partition.refused
        for line in lines(self.content, partition.start, end, exact=partition.exact, largest=largest):
            self.numbers += 1
            if line.at in refused:
                yield Record(line.at, self.numbers, problem=KILLS, raw=line.raw)
            elif line.size > largest:
                said = f"{line.size:,} bytes, more than --max-record lets it have"
                yield Record(line.at, self.numbers, problem=said, raw=line.raw)
            elif (record := self._of(line)) is not None:
                yield record
        self.finish()

    def begin(self, start: int) -> None:
        """Go to where a partition begins."""
        self.content.move(start)
        self.position = start
        self.begun = self.taken()

    def finish(self) -> None:
        """Note where a partition has ended, and whether anything is behind it."""
        self.position = self.content.position
        block = self.content.block()
        self.content.unread(block)
        self.ended = not block

    def taken(self) -> int:
        """Tell how many of the file's bytes stand before the position."""
        return min(self.content.taken, self.size) if self.content.compressed else self.position

    def step(self) -> int:
        """Tell how long the next partition is."""
        # Another worker has to expand all that comes before, so that there are few partitions far behind.
        return max(4 * STEP, self.position // 4) if self.content.compressed else STEP

    def _of(self, line: FileLine) -> Record | None:
        """Read a line, here as a document of itself; None where there is nothing on it."""
        try:
            text = line.data.decode().removesuffix("\r")
        except UnicodeDecodeError as error:
            return self._no_text(line, error)
        return Record(line.at, self.numbers, (text,), self.groups(None), "", line.raw)

    def _no_text(self, line: FileLine, error: UnicodeDecodeError) -> Record:
        said = f"not valid UTF-8 at byte {error.start} of the line"
        return Record(line.at, self.numbers, problem=said, raw=line.raw)


class JsonLines(_Lines):
    """JSON Lines: a record a line."""

    def __init__(self, job: Job, partition: Partition) -> None:
        super().__init__(job, partition)
        self._straight = straight(job.field)

    def whole(self, record: Record) -> str:
        """Give a record as it stands."""
        return record.raw().strip("\ufeff \t\r")

    def _of(self, line: FileLine) -> Record | None:
        try:
            text = line.data.decode()
            if found := self._straight(text):
                value, string = found
                return Record(line.at, self.numbers, (string,), self.groups(value), "", line.raw)
            if not line.at:
                text = text.removeprefix("\ufeff")
            if not text.strip(" \t\r"):
                return None
            value = json.loads(text)
        except UnicodeDecodeError as error:
            return self._no_text(line, error)
        except json.JSONDecodeError as error:
            said = f"not JSON: {error.msg} at character {error.pos}"
        except RecursionError:
            said = "nested too deeply"
        except ValueError as error:
            said = str(error)
        else:
            return self.record(line.at, self.numbers, value, line.raw)
        return Record(line.at, self.numbers, problem=said, raw=line.raw)


class TextLines(_Lines):
    """Text of which each line is a document."""


class WholeText(_Lines):
    """Text that is one document."""

    unit = "file"

    def parts(self, partition: Partition) -> Sequence[Partition]:
        """Cut it where it can be cut."""
        return ()

    def records(self, partition: Partition) -> Iterator[Record]:
        """Read the documents that begin in a partition. Raises InputError."""
        self.numbers, self.ended = 1, True
        if partition.refused:
            yield Record(0, 1, problem=KILLS)
            return
        self.content.move(0)
        data = self.content.read(self.job.largest)
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise InputError(self.path, f"not valid UTF-8 at byte {error.start:,}") from error
        yield Record(0, 1, (text,), self.groups(None))


class Rows:
    """The cells of each row of CSV; after a row that is none it goes on with the next line.

    Example: next(Rows(lambda: iter(["a,b\\n"]), ",")) -> ["a", "b"]
    """

    def __init__(self, feed: Callable[[], Iterator[str]], delimiter: str) -> None:
        self._feed = feed
        self._delimiter = delimiter
        self._restart()

    def _restart(self) -> None:
        import csv

        csv.field_size_limit((1 << 31) - 1)  # it is 128 KiB, less than a text may have
        self._rows = csv.reader(self._feed(), delimiter=self._delimiter, strict=True)

    def __next__(self) -> list[str]:
        """Give the next row. Raises StopIteration at the end, and ValueError for what is none."""
        import csv

        try:
            return next(self._rows)
        except csv.Error as error:
            self._restart()
            raise ValueError(error) from error
        except ValueError:
            self._restart()
            raise


class Separated(_Lines):
    """CSV and TSV: a record a row, which may have several lines; so a file is read from its start on."""

    def __init__(self, job: Job, partition: Partition) -> None:
        super().__init__(job, partition)
        header = FileLine(0, b"", 0)
        for line in lines(self.content, 0, 1, exact=True, largest=1 << 20):
            header = line
        text = header.data.decode("utf-8", "replace").removeprefix("\ufeff").removesuffix("\r")
        self._delimiter = DELIMITERS[separated(text)]
        names = next(Rows(lambda: iter([text]), self._delimiter)) if text else []
        self._header = [name.strip() for name in names]
        for field in (job.field, *job.group_by):
            if self._header.count(field) != 1:
                has = f"{self._header.count(field) or 'no'} columns {field!r}"
                raise InputError(self.path, f"{has}; it has {', '.join(self._header[:20])}")
        self._text = self._header.index(job.field)
        self._begin = self.content.position

    def parts(self, partition: Partition) -> Sequence[Partition]:
        """Cut it where it can be cut."""
        return ()

    def records(self, partition: Partition) -> Iterator[Record]:
        """Read the documents that begin in a partition. Raises InputError."""
        self.numbers = 0 if partition.start else 1
        row: list[FileLine] = []
        rows = self._rows(partition, row)
        while True:
            first = self.numbers + 1
            row.clear()
            cells: list[str] = []
            said = ""
            try:
                cells = next(rows)
            except StopIteration:
                break
            except UnicodeDecodeError:
                said = "not valid UTF-8"
            except ValueError as error:
                said = f"not CSV: {error}"
            record = self._row(row[0].at, first, cells, said, _joined(tuple(row)), partition)
            if record is not None:
                yield record
        self.finish()

    def whole(self, record: Record) -> str:
        """Give a row as an object of its columns."""
        cells = next(Rows(lambda: iter([record.raw()]), self._delimiter))
        return _json(dict(zip(self._header, cells, strict=True)))

    def _rows(self, partition: Partition, row: list[FileLine]) -> Rows:
        """Make what gives the cells of each row, and keeps its lines in `row`, which is to be cleared."""
        start = max(partition.start, self._begin)
        self.begin(start)
        every = lines(
            *(self.content, start, partition.last),
            exact=True,
            largest=self.job.largest,
            stop=lambda: not row,
        )

        def feed() -> Iterator[str]:
            for line in every:
                row.append(line)
                self.numbers += 1
                if sum(one.size for one in row) > self.job.largest:
                    raise ValueError("a row of more bytes than --max-record lets it have")
                yield line.data.decode() + "\n"

        return Rows(feed, self._delimiter)

    def _row(
        self, at: int, number: int, cells: list[str], said: str, raw: Callable[[], str], partition: Partition
    ) -> Record | None:
        if at in partition.refused:
            return Record(at, number, problem=KILLS, raw=raw)
        if said:
            return Record(at, number, problem=said, raw=raw)
        if not cells:
            return None
        if len(cells) != len(self._header):
            said = f"cells: {len(cells)}, and in the header {len(self._header)}"
            return Record(at, number, problem=said, raw=raw)
        groups = [cells[self._header.index(field)] for field in self.job.group_by]
        return Record(at, number, (cells[self._text],), groups, raw=raw)


def _joined(row: Sequence[FileLine]) -> Callable[[], str]:
    return lambda: b"\n".join(line.data for line in row).decode("utf-8", "backslashreplace")


class _Table(Reader):
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
                    yield self.record(i, self.numbers, {self.job.field: text}, str)
            return
        # what is refused is not looked at
        values = iter(batch.slice(low, high - low).to_pylist()) if not refused else None
        for i in range(low, high):
            self.numbers += 1
            if i in refused:
                yield Record(first + i, self.numbers, problem=KILLS)
                continue
            value = next(values) if values else batch.slice(i, 1).to_pylist()[0]
            yield self.record(first + i, self.numbers, value, partial(_json, value))


def _json(value: Any) -> str:
    """Write a value as JSON; bytes as base64, and what else JSON has no word for as Python writes it."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)


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


class Parquet(_Table):
    """Parquet, by row groups."""

    def __init__(self, job: Job, partition: Partition) -> None:
        super().__init__(job, partition)
        with _arrow(self.path, "Parquet"):
            import pyarrow.parquet as pq

            source = opened(self.path, self.size) if is_url(self.path) else self.path
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
            if size >= STEP:
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
        """Read the documents that begin in a partition. Raises InputError."""
        self.numbers = 0
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
            while True:
                with _arrow(self.path, "Parquet"):
                    batch = next(batches, None)
                if batch is None:
                    break
                yield from self.rows(batch, first, partition)
                first += batch.num_rows
                if first >= end:
                    break
        self.position, self.ended = end, end >= sum(self._rows)

    def taken(self) -> int:
        """Tell how many of the file's bytes stand before the position."""
        rows = sum(self._rows)
        return self.size * self.position // rows if rows else self.size


class Arrow(_Table):
    """Arrow's files and streams, batch after batch."""

    def __init__(self, job: Job, partition: Partition) -> None:
        super().__init__(job, partition)
        self._open()

    def _open(self) -> None:
        with _arrow(self.path, "Arrow"):
            import pyarrow as pa

            self._source = opened(self.path, self.size)
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
        while size < STEP and self.position < partition.last:
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
        return 1 << 40  # STEP bytes are the bound

    def taken(self) -> int:
        """Tell how many of the file's bytes stand before the position."""
        return min(self._source.tell(), self.size)


KINDS: dict[str, Callable[[Job, Partition], Reader]] = {
    "jsonl": JsonLines,
    "csv": Separated,
    "text": WholeText,
    "lines": TextLines,
    "parquet": Parquet,
    "arrow": Arrow,
}
"""What reads each kind of file."""

_ENDINGS = {
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "jsonl"),
    **dict.fromkeys((".csv", ".tsv", ".tab"), "csv"),
    **dict.fromkeys((".txt", ".md", ".text"), "text"),
    ".parquet": "parquet",
}


class Binary(InputError):
    """A file that is none of the kinds that are read."""


def reader(job: Job, partition: Partition) -> Reader:
    """Make what reads a file, by what it was asked to be read as, or its first bytes and its name.

    Example: reader(Job("count", ("byte",)), Partition("a.jsonl", size=100)) -> a JsonLines

    Raises InputError, and of it Binary.
    """
    return KINDS[job.kind or _told(partition)](job, partition)


def _told(partition: Partition) -> str:
    content = Content(partition.path, partition.size)
    head = content.head()
    if table := columnar(head):
        return table.lower()
    name = uncompressed_name(partition.path).lower()
    kind = next((kind for ending, kind in _ENDINGS.items() if name.endswith(ending)), "")
    if b"\0" in head:
        raise Binary(partition.path, "a binary file")
    if kind:
        return kind
    return "jsonl" if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else "text"
