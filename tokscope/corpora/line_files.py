"""Files of lines: JSON Lines, and text by lines or as a whole."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tokscope.corpora.content import Content, FileLine, lines_in_range
from tokscope.corpora.partitions import PARTITION_SIZE, Job, Partition
from tokscope.corpora.record import KILLS, Reader, Record
from tokscope.errors import InputError
from tokscope.inputs.fields import straight


class LineFile(Reader):
    """Files of lines, which can be cut anywhere where they are not compressed.

    Example: JsonLines(Job("count", ("byte",)), Partition("a.jsonl", size=100)).unit -> "line"
    """

    def __init__(self, job: Job, partition: Partition) -> None:
        super().__init__(job, partition)
        self.content = Content(partition.path, partition.size)

    def parts(self, partition: Partition) -> Sequence[Partition]:
        """Cut it where it can be cut."""
        if self.content.compressed:
            return ()
        step = max(PARTITION_SIZE, self.size // 1000)
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
        for line in lines_in_range(
            self.content, partition.start, end, exact=partition.exact, largest=largest
        ):
            self.numbers += 1
            if line.at in refused:
                yield Record(line.at, self.numbers, problem=KILLS, raw=line.raw)
            elif line.size > largest:
                said = f"{line.size:,} bytes, more than --max-record allows"
                yield Record(line.at, self.numbers, problem=said, raw=line.raw)
            elif (record := self._of(line)) is not None:
                yield record
        self.finish()

    def begin(self, start: int) -> None:
        """Go to where a partition begins.

        Example: reader.begin(16777216); reader.position -> 16777216
        """
        self.content.move(start)
        self.position = start
        self.begun = self.taken()

    def finish(self) -> None:
        """Note where a partition has ended, and whether anything is after it.

        Example: reader.finish(); reader.ended -> True, where the file is at its end
        """
        self.position = self.content.position
        block = self.content.block()
        self.content.unread(block)
        self.ended = not block

    def taken(self) -> int:
        """Tell how many of the file's bytes come before the position."""
        return min(self.content.taken, self.size) if self.content.compressed else self.position

    def step(self) -> int:
        """Tell how long the next partition is."""
        # Another worker has to expand all that comes before, so that there are few partitions far behind.
        return max(4 * PARTITION_SIZE, self.position // 4) if self.content.compressed else PARTITION_SIZE

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


OVER_LINES = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*(?:\[[ \t\r]*+(?:\{(?:.*,)?[ \t\r]*+)?\n|\{[ \t\r]*+\n\s*["}])'
)
"""How JSON begins that is laid out for people, or is one array with a record a line."""


class JsonLines(LineFile):
    """JSON Lines: a record a line.

    Example: next(JsonLines(job, partition).records(partition)).texts -> ("Hi",), of the line {"text": "Hi"}
    """

    def __init__(self, job: Job, partition: Partition) -> None:
        super().__init__(job, partition)
        self._straight = straight(job.field)
        if OVER_LINES.match(self.content.head()):
            said = "JSON over several lines, not a record a line: jq -c '.[]' turns an array into that"
            raise InputError(self.path, said)

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
            said = f"not JSON: {error.msg.removesuffix(' at')} at character {error.pos}"
        except RecursionError:
            said = "nested too deeply"
        except ValueError:  # Python turns no longer ones into whole numbers
            said = f"a number of more than {sys.get_int_max_str_digits():,} digits"
        else:
            if not isinstance(value, list) or self.job.field.partition(".")[0].isdecimal():
                return self.record(line.at, self.numbers, value, line.raw)
            said = "an array, not a record: write one a line, as jq -c '.[]' does"
        return Record(line.at, self.numbers, problem=said, raw=line.raw)


class TextLines(LineFile):
    """Text of which each line is a document.

    Example: next(TextLines(job, partition).records(partition)).texts -> ("Hi",), of the line Hi
    """


class WholeText(LineFile):
    """Text that is one document.

    Example: next(WholeText(job, partition).records(partition)).number -> 1
    """

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
