"""Reading: the documents of a partition, from JSON Lines, CSV, text, Parquet and Arrow."""

from __future__ import annotations

from collections.abc import Callable

from tokscope.corpora.content import Content
from tokscope.corpora.line_files import JsonLines, TextLines, WholeText
from tokscope.corpora.partitions import Job, Partition
from tokscope.corpora.record import Reader
from tokscope.corpora.separated import Separated
from tokscope.corpora.tables import Arrow, Parquet
from tokscope.errors import InputError
from tokscope.files.compressed import uncompressed_name
from tokscope.inputs.binary import columnar, wide_encoding

READERS: dict[str, Callable[[Job, Partition], Reader]] = {
    "jsonl": JsonLines,
    "csv": Separated,
    "text": WholeText,
    "lines": TextLines,
    "parquet": Parquet,
    "arrow": Arrow,
}
"""What reads each kind of file."""

_KIND_BY_SUFFIX = {
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "jsonl"),
    **dict.fromkeys((".csv", ".tsv", ".tab"), "csv"),
    **dict.fromkeys((".txt", ".md", ".text"), "text"),
    ".parquet": "parquet",
    ".arrow": "arrow",
}


class Binary(InputError):
    """A file of none of the kinds that are read.

    Example: str(Binary("a.bin", "a binary file")) -> "a.bin: a binary file"
    """


def choose_reader(job: Job, partition: Partition) -> Reader:
    """Make what reads a file, by what it was asked to be read as, or its first bytes and its name.

    Example: choose_reader(Job("count", ("byte",)), Partition("a.jsonl", size=100)) -> a JsonLines

    Raises InputError, and of it Binary.
    """
    return READERS[job.kind or _kind_by_content(partition)](job, partition)


def _kind_by_content(partition: Partition) -> str:
    content = Content(partition.path, partition.size)
    head = content.head()
    if table := columnar(head):
        if content.compressed:
            packed = f"{table} that is compressed once more, with {content.compressed}"
            raise InputError(partition.path, f"{packed}: decompress it first")
        return table.lower()
    if wide := wide_encoding(head):
        named = wide[:6].upper() + wide[7:].upper()  # iconv writes UTF-16LE
        raise InputError(
            partition.path,
            f"looks like {named[:6]}, and a corpus is read as UTF-8: "
            f"convert it first, with iconv -f {named} -t UTF-8",
        )
    name = uncompressed_name(partition.path).lower()
    kind = next((kind for ending, kind in _KIND_BY_SUFFIX.items() if name.endswith(ending)), "")
    if b"\0" in head and kind in ("", "text"):  # in records it is a bad one's
        raise Binary(partition.path, "a binary file")
    if kind:
        return kind
    return "jsonl" if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else "text"
