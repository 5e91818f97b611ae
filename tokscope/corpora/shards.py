"""Shards: the ids of a whole corpus, in files of about one size, from the parts that workers made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, NamedTuple, cast

from tokscope.corpora import stores
from tokscope.corpora.encoder import EncodedPart
from tokscope.corpora.journal import Journal
from tokscope.corpora.shard_layouts import SHARD_LAYOUTS, Shard, write_shard
from tokscope.errors import InputError, UsageError
from tokscope.files.writing import whole_file, writing_to
from tokscope.ids import Width
from tokscope.version import RELEASE

UNDERWAY, MANIFEST = ".tokscope", "manifest.json"
"""What an unfinished run has in the folder of its shards, and what a finished one has."""


class Slice(NamedTuple):
    """Documents of a part that are in one shard.

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


AT_ONCE = 1 << 18
"""About how many ids are read at a time."""


def _batches_of_documents(lengths: Sequence[int]) -> Iterator[Sequence[int]]:
    """Give the lengths of some documents after the other, about AT_ONCE ids each time."""
    first = size = 0
    for i, length in enumerate(lengths, 1):
        size += length
        if size >= AT_ONCE:
            yield lengths[first:i]
            first, size = i, 0
    if first < len(lengths):
        yield lengths[first:]


def finished_before(output: str, run: str) -> Mapping[str, Any] | None:
    """Read the manifest of shards that are complete already, where they are those of the same run.

    Example: finished_before("tokens", run_of(job, files)) -> None, before there are any

    Raises InputError.
    """
    for found in stores.find_files([f"{output.rstrip('/')}/{MANIFEST}"]):
        if isinstance(found, InputError):
            return None
        with stores.open_file(found.path, found.size) as file:
            try:
                manifest = json.loads(file.read())
            except ValueError:
                return None
        if isinstance(manifest, dict) and (manifest.get("run"), manifest.get("tokscope")) == (run, RELEASE):
            return manifest
    return None


class Folder:
    """A folder of this machine that shards are written to.

    Example: with Folder("tokens").opened("00000.bin") as file: file.write(b"")
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    @property
    def names(self) -> Sequence[str]:
        """What is there already."""
        return [one.name for one in self._path.iterdir()] if self._path.exists() else []

    def opened(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Open a file that appears only once it is whole.

        Example: with Folder("tokens").opened("00000.bin") as file: file.write(b"")

        Raises OutputError.
        """
        return whole_file(str(self._path / name))


class Prefix:
    """What files in a store begin with that shards are written to; `beside` is a folder for those underway.

    Example: with Prefix("s3://bucket/tokens/", "work").opened("00000.bin") as file: file.write(b"")
    """

    def __init__(self, url: str, beside: str) -> None:
        self._url = url.rstrip("/") + "/"
        self._beside = beside

    @property
    def names(self) -> Sequence[str]:
        """What is there already. Raises InputError."""
        return stores.list_names(self._url)

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        """Open a file that is put into the store once it is whole.

        Example: with Prefix("s3://bucket/tokens", "work").opened("00000.bin") as file: file.write(b"")

        Raises InputError.
        """
        with TemporaryFile(dir=self._beside) as file:
            yield cast(BinaryIO, file)
            file.seek(0)
            stores.write_file(self._url + name, cast(BinaryIO, file))


class Shards:
    """The shards of a run, in a folder or a store; what is underway is in a folder in it, or `beside` it.

    Example: Shards("tokens", "flat", None, resume=False).parts, a folder in it for what is underway

    A shard appears only when it is whole, one after the other, the last one last; then the manifest is there.
    Raises UsageError where something is there already that nobody asked to go on with, and OutputError.
    """

    def __init__(self, output: str, layout: str, beside: str | None, *, resume: bool) -> None:
        self.parts = Path(beside).resolve() if beside else Path(output).resolve() / UNDERWAY
        self._target = Prefix(output, str(self.parts)) if beside else Folder(output)
        self._name = layout
        self._layout = SHARD_LAYOUTS[layout]
        there, begun = self._target.names, self.parts.exists() and any(self.parts.iterdir())
        if MANIFEST in there:
            raise UsageError(f"{output} holds a complete corpus: name another folder, or remove it")
        if there and not begun:
            raise UsageError(f"{output} holds something else: name a new or empty folder")
        if begun and not resume:
            raise UsageError(
                f"{beside or output} holds an unfinished run: --resume continues it, or remove it"
            )
        with writing_to(output):
            self.parts.mkdir(parents=True, exist_ok=True)

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
                *(self._layout, shard, f"{number:05}", self._target.opened, self._blocks(slices, width))
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
                with path.open("rb") as file:
                    hashed = sha256(file.read(one.before * size))
                    for lengths in _batches_of_documents(one.lengths):
                        data = file.read(sum(lengths) * size)
                        hashed.update(data)
                        yield data, lengths
                    hashed.update(file.read())
            except OSError as error:
                raise InputError(str(path), f"{error.strerror}: start again in another folder") from error
            if hashed.hexdigest() != one.part.sha256:
                raise InputError(str(path), "is not what was written: start again in another folder")

    def finish(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest, and remove what was underway.

        Example: shards.finish({"tokenizer": "o200k_base", "shards": written})
        """
        with self._target.opened(MANIFEST) as file:
            whole = {"version": 1, "tokscope": RELEASE, "layout": self._name, **manifest}
            file.write(json.dumps(whole, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace"))
            file.write(b"\n")
        shutil.rmtree(self.parts, ignore_errors=True)
