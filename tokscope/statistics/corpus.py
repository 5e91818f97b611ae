"""Corpus: texts by their tokens, for each of several tokenizers; what `stats` shows is read off it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from tokscope.batches import Progress, read_pieces
from tokscope.errors import InputError, MissingExtra, Problem
from tokscope.inputs import Document
from tokscope.split import Split
from tokscope.statistics.compression import Compressed
from tokscope.statistics.frequencies import Frequencies
from tokscope.statistics.tfidf import TermMatrix
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    from tokscope.structure_files.stream import Said


class Corpus:
    """The tokens of all texts together, and of each, without their order.

    Example: corpus = Corpus([load("char")]); corpus.add(document, progress); corpus.frequencies[0].tokens

    `frequencies` and `matrices` are beside the tokenizers; a matrix has a row for each of `paths`. `notes`
    say what could not be had, `left_out` what no figure includes. Memory grows with the distinct tokens of
    each text, not with its length. Without a `zstd_level` nothing is compressed, which takes the longest.
    """

    def __init__(self, tokenizers: Sequence[Tokenizer], *, zstd_level: int | None = None) -> None:
        self.tokenizers = tokenizers
        self.frequencies = [Frequencies() for _ in tokenizers]
        self.matrices = [TermMatrix(tokenizer.vocab_size) for tokenizer in tokenizers]
        self.paths: list[str] = []
        self.notes: list[str] = []
        self._said: Said | None = None
        self._texts = [one for one in tokenizers if not one.takes_structures]
        self._compressed: Compressed | None = None
        try:
            self._compressed = None if zstd_level is None else Compressed(zstd_level)
        except MissingExtra as error:  # the one figure that needs it is left out
            self.notes.append(str(error))

    def add(self, document: Document, progress: Progress, report: Problem) -> None:
        """Read one more text, or the structures in a file. Raises InputError, and then leaves it out.

        Example: corpus = Corpus([load("char")]); corpus.add(Document.of_text("Hi", Decoding()), progress,
        print); corpus.frequencies[0].tokens -> 2

        A broken structure goes to `report`, and the rest goes on.
        """
        found = [Frequencies() for _ in self.tokenizers]
        read = bool(self._texts)
        first = self.tokenizers.index(self._texts[0]) if self._texts else 0
        try:
            for i, split, chars in self._splits(document, progress, report):
                read = True
                found[i].add(split, chars)
                if i == first:
                    self._compress(split.source)
        except InputError:
            if document.bytes_read and self._compressed is not None:  # which gives nothing back
                self._compressed = None
                self.notes.append(f"no zstd: {document.path} broke off")
            raise
        if not read:  # a file in a folder that is for none of the tokenizers
            return
        for total, matrix, one in zip(self.frequencies, self.matrices, found, strict=True):
            total.update(one)
            matrix.add(one.counts)
        self.paths.append(document.path)

    def order(self, rank: Callable[[Tokenizer, Frequencies], tuple[bool, float]]) -> None:
        """Put the tokenizers in an order: those of the lowest rank first.

        Example: corpus.order(lambda tokenizer, found: (False, found.tokens))
        """
        columns = zip(self.tokenizers, self.frequencies, self.matrices, strict=True)
        ranked = sorted(columns, key=lambda column: rank(column[0], column[1]))
        self.tokenizers = [tokenizer for tokenizer, _, _ in ranked]
        self.frequencies = [found for _, found, _ in ranked]
        self.matrices = [matrix for _, _, matrix in ranked]

    @property
    def left_out(self) -> Iterable[str]:
        """What no figure includes."""
        return () if self._said is None else self._said.notes

    def _splits(
        self, document: Document, progress: Progress, report: Problem
    ) -> Iterator[tuple[int, Split, int]]:
        """Give the tokens of each piece or structure: by which tokenizer, and of how many characters."""
        if len(self._texts) < len(self.tokenizers):
            from tokscope.structure_files.stream import Said
            from tokscope.structure_files.transcribing import write_structures
            from tokscope.transcriber import Transcriber

            document.keep()
            self._said = self._said or Said()
            for i, one in enumerate(self.tokenizers):
                if isinstance(one, Transcriber):
                    for found in write_structures(document, [one], report, self._said):
                        for _, transcript in found.transcripts:
                            split = transcript.split
                            yield i, split, len(split.source.decode())
                        progress(document)
        if self._texts:
            where = [self.tokenizers.index(one) for one in self._texts]
            for i, piece in read_pieces(
                document, [one.cut or one.stretches for one in self._texts], progress
            ):
                yield where[i], self._texts[i].encode(piece), len(piece)

    def zstd_bytes(self) -> int | None:
        """Give the length of all texts in one zstd stream, when all are added.

        Example: corpus = Corpus([load("char")], zstd_level=3); corpus.add(Document.of_text("Hi", Decoding()),
        progress, print); corpus.zstd_bytes() -> 11

        None where it was not asked for, without the extra, and where a text broke off in the middle.
        """
        return self._compress()

    def _compress(self, data: bytes | None = None) -> int | None:
        """Compress more, or end; without the memory for it the one figure is left out, and that is noted."""
        if self._compressed is None:
            return None
        try:
            if data is None:
                return self._compressed.size()
            self._compressed.add(data)
        except MemoryError:
            self._compressed = None
            self.notes.append("no zstd: out of memory; --zstd N takes less of it for a smaller N")
        return None
