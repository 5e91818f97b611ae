"""Layouts: how shards of token ids are written for those who train on them, byte by byte.

megatron    Megatron-LM's IndexedDataset: X.bin, the ids; X.idx, "MMIDIDX", lengths, offsets, documents
flat        nanoGPT's: ids and nothing else, of which one ends each document; read with numpy.memmap
llmc        llm.c's: a header of 256 words of 32 bits, then ids, of which one begins each document
datatrove   X.ds, the ids; X.ds.index, where each document ends; X.ds.metadata, how many there are
parquet     a column of lists, `input_ids`

All numbers are little-endian. The sources: megatron/core/datasets/indexed_dataset.py in NVIDIA's Megatron-LM,
data/openwebtext/prepare.py in karpathy's nanoGPT, dev/data/data_common.py and fineweb.py in llm.c, and
pipeline/tokens/tokenizer.py in datatrove.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from hashlib import sha256
from itertools import accumulate
from typing import Any, BinaryIO, Literal, NamedTuple

from tokscope.errors import MissingExtra, UsageError
from tokscope.ids import Width
from tokscope.tokenizer import Tokenizer

Runs = Iterator[tuple[bytes, Sequence[int]]]
"""The ids of some documents, and how many each has."""

Opened = Callable[[str], AbstractContextManager[BinaryIO]]
"""Opens a file by its name, to be written; it appears only once it is whole."""


class ShardFile:
    """A file of a shard, whose bytes are counted and hashed as they are written.

    Example: ShardFile(Path("00000.bin"), BytesIO()).write(b"abcd") -> 4
    """

    def __init__(self, name: str, file: BinaryIO) -> None:
        self._name = name
        self._file = file
        self._hash = sha256()
        self._size = 0

    def write(self, data: bytes) -> int:
        """Write bytes, and say how many.

        Example: ShardFile(Path("00000.bin"), BytesIO()).write(b"abcd") -> 4
        """
        self._hash.update(data)
        self._size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Do nothing: the file is closed when it is whole.

        Example: ShardFile(Path("00000.bin"), BytesIO()).flush()
        """

    @property
    def closed(self) -> bool:
        """Whether it is closed, which pyarrow asks."""
        return False

    @property
    def fields(self) -> dict[str, object]:
        """What a manifest says of it."""
        return {"name": self._name, "bytes": self._size, "sha256": self._hash.hexdigest()}


class ShardLayout(NamedTuple):
    """A layout: its files, how many ids it can have, and what writes a shard.

    Example: SHARD_LAYOUTS["megatron"].width(200019) -> Width.U32

    `narrow` is the largest vocabulary whose ids are written in 16 bits. `mark` says whether documents
    "end" or "begin" with an id of their own, where nothing else tells them apart. `most` is how many tokens
    a shard has at the most.
    """

    suffixes: Sequence[str]
    narrow: int
    mark: Literal["", "end", "begin"]
    write: Callable[..., None]
    most: int = 1 << 63

    def width(self, vocabulary: int) -> Width:
        """Give how many bits an id has.

        Example: SHARD_LAYOUTS["megatron"].width(50257) -> Width.U16
        """
        return Width.U16 if vocabulary <= self.narrow else Width.U32


class Shard(NamedTuple):
    """What is known of a shard before it is written: its width, documents and tokens, and the tokenizer.

    Example: Shard(Width.U16, 3, 6, "gpt2")
    """

    width: Width
    documents: int
    tokens: int
    tokenizer: str


def _megatron(shard: Shard, blocks: Runs, ids: ShardFile, index: ShardFile) -> None:
    size, code = (2, 8) if shard.width is Width.U16 else (4, 4)  # uint16 or int32
    lengths = array("i")
    for data, counts in blocks:
        ids.write(data)
        lengths.extend(iter(counts))
    head = struct.pack("<9sQBQQ", b"MMIDIDX\0\0", 1, code, len(lengths), len(lengths) + 1)
    index.write(head)
    index.write(_little("i", lengths))
    offsets = accumulate((length * size for length in lengths), initial=0)
    index.write(_little("q", list(offsets)[: len(lengths)]))
    index.write(_little("q", range(len(lengths) + 1)))


def _write_flat(shard: Shard, blocks: Runs, ids: ShardFile) -> None:
    for data, _ in blocks:
        ids.write(data)


def _llmc(shard: Shard, blocks: Runs, ids: ShardFile) -> None:
    narrow = shard.width is Width.U16
    head = [20240520 if narrow else 20240801, 1 if narrow else 7, shard.tokens]
    ids.write(_little("i", [*head, *[0] * (256 - len(head))]))
    _write_flat(shard, blocks, ids)


def _datatrove(shard: Shard, blocks: Runs, ids: ShardFile, index: ShardFile, metadata: ShardFile) -> None:
    end = 0
    for data, counts in blocks:
        ids.write(data)
        ends = list(accumulate(counts, initial=end))[1:]
        index.write(_little("Q", ends))
        end = ends[-1] if ends else end
    size = 2 if shard.width is Width.U16 else 4
    metadata.write(f"{shard.tokenizer}|{size}\n{shard.tokens}\n{_human(shard.tokens)}".encode())


def _human(count: int) -> str:
    """Write a number as datatrove does, by humanize.metric: with three digits and a prefix of SI.

    Example: _human(704574) -> "705 kT"
    """
    exponent = len(str(count)) - 1
    thousands = min(exponent // 3, 4)
    digits = max(0, 2 - (exponent - 3 * thousands))
    return f"{count / 1000**thousands:.{digits}f} {'kMGT'[thousands - 1] if thousands else ''}T"


def _parquet(shard: Shard, blocks: Runs, table: ShardFile) -> None:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtra("Parquet", "corpus") from error
    kind = pa.uint16() if shard.width is Width.U16 else pa.int32()
    schema = pa.schema([("input_ids", pa.list_(kind))])
    with pq.ParquetWriter(table, schema, compression="zstd") as writer:
        for data, counts in _gathered(blocks):
            offsets = pa.array(accumulate(counts, initial=0), pa.int32())
            size = kind.bit_width // 8
            values = pa.Array.from_buffers(kind, len(data) // size, [None, pa.py_buffer(data)])
            writer.write_table(pa.table([pa.ListArray.from_arrays(offsets, values)], schema))


ROW_GROUP = 1 << 24
"""About how many bytes of ids a row group of Parquet has."""


def _gathered(blocks: Runs) -> Runs:
    """Put blocks together: a row group is a block of this size, and not each of a thousand small files."""
    waiting, lengths = bytearray(), array("I")
    for data, counts in blocks:
        waiting += data
        lengths.extend(iter(counts))
        if len(waiting) >= ROW_GROUP:
            yield bytes(waiting), lengths
            waiting, lengths = bytearray(), array("I")
    if lengths:
        yield bytes(waiting), lengths


def _little(code: str, numbers: Sequence[int]) -> bytes:
    words = array(code, numbers)
    if struct.pack("=H", 1) != b"\1\0":
        words.byteswap()
    return words.tobytes()


SHARD_LAYOUTS = {
    "megatron": ShardLayout((".bin", ".idx"), 65_499, "", _megatron),
    "flat": ShardLayout((".bin",), 1 << 16, "end", _write_flat),
    "llmc": ShardLayout((".bin",), 1 << 16, "begin", _llmc, (1 << 31) - 1),
    "datatrove": ShardLayout((".ds", ".ds.index", ".ds.metadata"), 1 << 16, "end", _datatrove),
    "parquet": ShardLayout((".parquet",), 0, "", _parquet),
}
"""Each layout, by its name."""

END_OF_TEXT = (
    *("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<｜end▁of▁sentence｜>"),
    *("<|im_end|>", "[SEP]", "[EOS]"),
)
"""What tokens are called that end a document, or part it from the one before, the likeliest first."""


def write_shard(
    layout: ShardLayout, shard: Shard, stem: str, opened: Opened, blocks: Runs
) -> list[Mapping[str, Any]]:
    """Write a shard, whose files appear only once all are whole; give what a manifest says of each.

    Example: write_shard(SHARD_LAYOUTS["flat"], Shard(Width.U16, 1, 2, "gpt2"), "0", target.opened, blocks)

    Raises what opening its files, writing them and reading the blocks raises.
    """
    with ExitStack() as stack:
        names = [stem + suffix for suffix in layout.suffixes]
        outputs = [ShardFile(name, stack.enter_context(opened(name))) for name in names]
        layout.write(shard, blocks, *outputs)
    return [one.fields for one in outputs]


class Marks(NamedTuple):
    """The ids that begin and end every document; None for none.

    Example: Marks(None, 50256), with gpt2's <|endoftext|> at the end
    """

    prepend: int | None
    append: int | None


def find_marks(prepend: str | None, append: str | None, layout: str, tokenizer: Tokenizer) -> Marks:
    """Give the ids that begin and end every document: of tokens, or by their numbers; where none is named,
    those that the layout has.

    Example: find_marks(None, None, "flat", load("gpt2")).append -> 50256  # its <|endoftext|>

    Raises UsageError if the layout needs one and none is known.
    """
    mark = SHARD_LAYOUTS[layout].mark
    if mark and prepend is None and append is None:
        found = _find_mark(END_OF_TEXT, f"{layout} needs one", tokenizer)
        return Marks(found, None) if mark == "begin" else Marks(None, found)
    each = [
        None
        if name is None or name == "none"
        else int(name)
        if name.isdecimal() and int(name) < (tokenizer.vocab_size or 0)
        else _find_mark([name], f"{tokenizer.shown} has no special token {name!r}", tokenizer)
        for name in (prepend, append)
    ]
    return Marks(*each)


def _find_mark(names: Sequence[str], why: str, tokenizer: Tokenizer) -> int:
    known = tokenizer.special_tokens()
    for name in names:
        if name in known:
            return known[name]
    some = ", ".join(list(known)[:8]) or "none"
    raise UsageError(f"{why}: --append or --prepend TOKEN or ID, or none; its special tokens: {some}")
