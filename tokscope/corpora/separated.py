"""CSV and TSV: a record a row, which may have several lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tokscope.corpora.content import FileLine, lines_in_range
from tokscope.corpora.line_files import LineFile
from tokscope.corpora.partitions import Job, Partition
from tokscope.corpora.record import KILLS, Record, json_text
from tokscope.errors import InputError
from tokscope.inputs.records import DELIMITERS, separated

HEADER = 1 << 20
"""The most bytes that a header has."""


class Rows:
    """The cells of each row of CSV; after a broken row it goes on with the next line.

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
        """Give the next row. Raises StopIteration at the end, and ValueError for a broken one."""
        import csv

        try:
            return next(self._rows)
        except csv.Error as error:
            self._restart()
            raise ValueError(error) from error
        except ValueError:
            self._restart()
            raise


class Separated(LineFile):
    """CSV and TSV: a record a row, which may have several lines; so a file is read from its start on.

    Example: next(Separated(job, partition).records(partition)).texts -> ("Hi",), of the lines text,lang and
    Hi,en
    """

    def __init__(self, job: Job, partition: Partition) -> None:
        super().__init__(job, partition)
        self._header = [name.strip() for name in self._names()]
        if not self._header:
            raise InputError(self.path, "no header: its first line is empty")
        for field in (job.field, *job.group_by):
            if (times := self._header.count(field)) != 1:
                has = f"{times} columns" if times else "no column"
                raise InputError(self.path, f"{has} {field!r}; it has {', '.join(self._header[:20])}")
        self._text = self._header.index(job.field)

    def _names(self) -> list[str]:
        """Read the header, which may have several lines, and note where the rows begin. Raises InputError."""
        names: list[str] = []
        read: list[FileLine] = []
        every = lines_in_range(self.content, 0, 1, exact=True, largest=HEADER, stop=lambda: bool(names))

        def feed() -> Iterator[str]:
            for line in every:
                read.append(line)
                if line.at + line.size > HEADER:
                    raise ValueError(f"more than {HEADER:,} bytes")
                yield line.data.decode("utf-8", "replace").removeprefix("" if line.at else "\ufeff") + "\n"

        first = next(lines_in_range(self.content, 0, 1, exact=True, largest=HEADER), FileLine(0, b"", 0))
        if b"\r" in first.data.rstrip(b"\r") and b'"' not in first.data:
            raise InputError(self.path, "its lines end with \\r alone: convert it first, with tr '\\r' '\\n'")
        self._delimiter = DELIMITERS[separated(first.data.decode("utf-8", "replace"))]
        try:
            names += next(Rows(feed, self._delimiter), [])
        except ValueError as error:
            raise InputError(self.path, f"its header is not CSV: {error}") from error
        next(every, None)
        self._begin, self._above = self.content.position, len(read)
        return names

    def parts(self, partition: Partition) -> Sequence[Partition]:
        """Cut it where it can be cut."""
        return ()

    def records(self, partition: Partition) -> Iterator[Record]:
        """Read the documents that begin in a partition. Raises InputError."""
        self.numbers = 0 if partition.start else self._above
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
                after = f", with {len(row) - 1:,} more lines" if row[1:] else ""
                said = f"not CSV: {error}{after}"
            record = self._row(row[0].at, first, cells, said, _join_lines(tuple(row)), partition)
            if record is not None:
                yield record
        self.finish()

    def whole(self, record: Record) -> str:
        """Give a row as an object of its columns."""
        cells = next(Rows(lambda: iter([record.raw()]), self._delimiter))
        return json_text(dict(zip(self._header, cells, strict=True)))

    def _rows(self, partition: Partition, row: list[FileLine]) -> Rows:
        """Make what gives the cells of each row, and keeps its lines in `row`, which is to be cleared."""
        start = max(partition.start, self._begin)
        self.begin(start)
        every = lines_in_range(
            *(self.content, start, partition.last),
            exact=True,
            largest=self.job.largest,
            stop=lambda: not row,
        )

        def feed() -> Iterator[str]:
            for line in every:
                row.append(line)
                self.numbers += 1
                if line.at + line.size - row[0].at > self.job.largest:
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


def _join_lines(row: Sequence[FileLine]) -> Callable[[], str]:
    return lambda: "\n".join(line.raw() for line in row)
