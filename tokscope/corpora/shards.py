"""Shards: the ids of a whole corpus, in files of about one size, from the parts that workers made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from tokscope import __version__
from tokscope.corpora.encode import EncodedPart
from tokscope.corpora.journal import Journal
from tokscope.corpora.layouts import LAYOUTS, Shard, write_shard
from tokscope.errors import InputError, OutputError, UsageError
from tokscope.files.writing import whole_file
from tokscope.ids import Width

UNDERWAY, MANIFEST = ".tokscope", "manifest.json"
"""What an unfinished run has in the folder of its shards, and what a finished one has."""


class Slice(NamedTuple):
    """Documents of a part that stand in one shard.

    Example: Slice(part, 0, 10, lengths), its first ten documents
    """

    part: EncodedPart
    first: int
    lengths: Sequence[int]
    before: int

    @property
    def tokens(self) -> int:
        """How many ids they have."""
        return sum(self.lengths)


def planned(parts: Sequence[EncodedPart], folder: Path, most: int) -> Iterator[list[Slice]]:
    """Put documents into shards of at most `most` tokens, each document whole, in the order of the corpus.

    Example: with documents of 3, 3 and 5 tokens and most=6 -> the first two, and the third

    It does not depend on how the corpus was cut into parts. A document of more tokens is a shard of its own.
    """
    shard: list[Slice] = []
    size = 0
    for part in parts:
        lengths = part.lengths(folder)
        first = before = 0
        for i, length in enumerate(lengths):
            if size and size + length > most:
                shard.append(Slice(part, first, lengths[first:i], before))
                yield [one for one in shard if one.lengths]
                before += sum(lengths[first:i])
                shard, size, first = [], 0, i
            size += length
        shard.append(Slice(part, first, lengths[first:], before))
    if any(one.lengths for one in shard):
        yield [one for one in shard if one.lengths]


class Shards:
    """A folder of shards that is being made.

    Example: shards = Shards("tokens", "megatron", resume=False)

    What is underway is in a folder within it, which goes when all is done; then the manifest is there.
    Raises UsageError where something is there already that nobody asked to go on with, and OutputError.
    """

    def __init__(self, folder: str, layout: str, *, resume: bool) -> None:
        self.folder = Path(folder)
        self.parts = self.folder.resolve() / UNDERWAY
        self._name = layout
        self._layout = LAYOUTS[layout]
        if (self.folder / MANIFEST).exists():
            raise UsageError(f"{folder} holds a corpus that is complete: name another folder, or remove it")
        if self.folder.exists() and any(self.folder.iterdir()) and not self.parts.exists():
            raise UsageError(f"{folder} holds something else: name a folder that is new or empty")
        if self.parts.exists() and not resume:
            raise UsageError(f"{folder} holds a run that is not over: --resume goes on, or remove it")
        try:
            self.parts.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: {error.strerror}") from error

    @property
    def journal(self) -> str:
        """The file that notes what is done."""
        return str(self.parts / "journal")

    def write(
        self, parts: Sequence[EncodedPart], width: Width, tokenizer: str, most: int, journal: Journal | None
    ) -> list[Mapping[str, Any]]:
        """Write all shards that are not written yet, and give what the manifest says of each.

        Example: shards.write(parts, Width.U32, "o200k_base", 1 << 30, journal)[0]["tokens"] -> 1073741824
        """
        assert journal is not None  # --resume needs it
        done = [one["shard"] for one in journal.before if "shard" in one]
        for number, slices in enumerate(planned(parts, self.parts, most)):
            if number < len(done):
                continue
            documents = sum(len(one.lengths) for one in slices)
            shard = Shard(width, documents, sum(one.tokens for one in slices), tokenizer)
            files = write_shard(
                self._layout, shard, self.folder / f"{number:05}", self._blocks(slices, width)
            )
            done.append({"files": files, "documents": documents, "tokens": shard.tokens})
            journal.write({"shard": done[-1]})
            for one in slices[:-1]:  # the last may go on in the next
                one.part.ids(self.parts).unlink(missing_ok=True)
        return done

    def _blocks(self, slices: Sequence[Slice], width: Width) -> Iterator[tuple[bytes, Sequence[int]]]:
        size = 2 if width is Width.U16 else 4
        for one in slices:
            path = one.part.ids(self.parts)
            try:
                data = path.read_bytes()
            except OSError as error:
                raise InputError(str(path), f"{error.strerror}: begin again in another folder") from error
            if sha256(data).hexdigest() != one.part.sha256:
                raise InputError(str(path), "is not what was written: begin again in another folder")
            start = one.before * size
            yield data[start : start + one.tokens * size], one.lengths

    def finish(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest, and remove what was underway.

        Example: shards.finish({"tokenizer": "o200k_base", "shards": written})
        """
        with whole_file(str(self.folder / MANIFEST)) as file:
            whole = {"version": 1, "tokscope": __version__, "layout": self._name, **manifest}
            file.write(json.dumps(whole, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace"))
            file.write(b"\n")
        shutil.rmtree(self.parts, ignore_errors=True)
