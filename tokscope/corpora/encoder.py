"""Encode: the ids of a partition's documents, in a file of ids and one of lengths beside it."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from hashlib import blake2b, sha256
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from tokscope import ids as binary
from tokscope.corpora.count_work import Work
from tokscope.corpora.partitions import Job, Partition
from tokscope.corpora.record import Reader, Record
from tokscope.errors import OutputError, UsageError
from tokscope.files.writing import whole_file, writing_to
from tokscope.ids import Width


class EncodedPart(NamedTuple):
    """What a partition has become: where it came from, its name, and how much it holds.

    Example: EncodedPart("a.jsonl", 0, "1f2e...-0", documents=2, tokens=4, size=8, sha256="...")
    """

    path: str
    start: int
    name: str
    documents: int
    tokens: int
    size: int
    sha256: str

    def ids(self, folder: Path) -> Path:
        """Name the file of its ids, machine words in little-endian, one document after the other.

        Example: EncodedPart("a.jsonl", 0, "1f2e-0", 2, 4, 8, "").ids(Path("parts")).name -> "1f2e-0.ids"
        """
        return folder / f"{self.name}.ids"

    def lengths(self, folder: Path) -> array[int]:
        """Read how many ids each of its documents has.

        Example: part.lengths(Path("parts")) -> array("I", [3, 1])
        """
        data = (folder / f"{self.name}.lengths").read_bytes()
        (found,) = binary.read_ids([data], path=self.name, width=Width.U32)
        return array("I", found)


class Encoder(Work):
    """Writes the ids of documents; `marks` are the ids before and after each.

    Example: encoder = Encoder(job); encoder.begin(partition); encoder.take(records, [["Hello world"]]) ->
    [[2]]
    """

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._folder = Path(job.options["folder"])
        self._width = Width(job.options["width"])
        self._marks = [
            [] if id is None else [array("I", [id])] for id in (job.options["prepend"], job.options["append"])
        ]
        self._writing: AbstractContextManager[BinaryIO] | None = None

    def begin(self, partition: Partition, source: Reader) -> None:
        """Begin two files, which have their names only once they are whole."""
        hashed = blake2b(partition.path.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
        self._name = f"{hashed}-{partition.start}"
        self._partition = partition
        self._blocks: list[bytes] = []
        self._lengths = array("I")
        self._writing = whole_file(str(self._folder / f"{self._name}.ids"))
        self._file = self._writing.__enter__()
        self._hash, self._size = sha256(), 0

    def take(self, records: Sequence[Record], documents: Sequence[Sequence[str]]) -> list[list[int]]:
        """Write the ids of documents."""
        each = self.tokenizers[0].ids_all(list(chain.from_iterable(documents)))
        if {*map(len, documents)} != {1}:  # some have several texts
            texts = iter(each)
            each = [list(chain.from_iterable(islice(texts, len(one)))) for one in documents]
        lengths = list(map(len, each))
        before, after = self._marks
        if before or after:
            each = list(chain.from_iterable((*before, ids, *after) for ids in each))
        self._write(_machine_words(each, self._width))
        self._lengths.extend(length + len(before) + len(after) for length in lengths)
        return [[length] for length in lengths]

    def _write(self, data: bytes) -> None:
        self._hash.update(data)
        self._size += len(data)
        with writing_to(self._folder):
            self._file.write(data)

    def abandon(self) -> None:
        """Remove what has been written."""
        if self._writing is not None:
            with suppress(OSError):  # the disk is full, and what is in the buffer goes nowhere
                self._file.close()
            with suppress(InterruptedError, OutputError, OSError):
                self._writing.__exit__(InterruptedError, InterruptedError(), None)
            self._writing = None

    def end(self) -> dict[str, Any]:
        """Give the files their names."""
        assert self._writing is not None
        self._writing.__exit__(None, None, None)
        self._writing = None
        with whole_file(str(self._folder / f"{self._name}.lengths")) as file:
            file.write(b"".join(binary.write_ids([self._lengths], width=Width.U32)))
        part = EncodedPart(
            *(self._partition.path, self._partition.start, self._name),
            len(self._lengths),
            sum(self._lengths),
            self._size,
            self._hash.hexdigest(),
        )
        return part._asdict()


def _machine_words(found: Sequence[Sequence[int]], width: Width) -> bytes:
    """Write lists of ids as machine words in little-endian: those of an engine, 32 bits wide, as they are."""
    if sys.byteorder == "little" and {memoryview, array}.issuperset(map(type, found)):
        words = b"".join(cast("Sequence[memoryview]", found))
    else:
        words = b"".join(binary.write_ids(found, width=Width.U32))
    if width is Width.U32:
        return words
    if any(words[high::4].strip(b"\0") for high in (2, 3)):
        raise UsageError("an id above 65,535, more than its vocabulary has")
    return memoryview(words).cast("H")[::2].tobytes()  # of each 32 bits the lower half comes first


def shard_parts(made: Iterable[Mapping[str, Any]]) -> list[EncodedPart]:
    """Give the parts of what partitions have become.

    Example: shard_parts([done.made for done in found])
    """
    return [EncodedPart(**one) for one in made if one]
