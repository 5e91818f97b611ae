"""Corpus: texts by their tokens, for each of several tokenizers; what `stats` shows is read off it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tokscope.batches import Progress, pieces
from tokscope.errors import InputError, MissingExtra
from tokscope.inputs import Document
from tokscope.statistics.compression import Compressed
from tokscope.statistics.frequencies import Frequencies
from tokscope.statistics.tfidf import TermMatrix
from tokscope.tokenizer import Tokenizer


class Corpus:
    """The tokens of all texts together, and of each, without their order.

    Example: corpus = Corpus([load("char")]); corpus.add(document, progress); corpus.frequencies[0].tokens

    `frequencies` and `matrices` stand beside the tokenizers; a matrix has a row for each of `paths`. `notes`
    say what could not be had. Memory grows with the distinct tokens of each text, not with its length.
    Without a `zstd_level` nothing is compressed, which takes longer than all the rest.
    """

    def __init__(self, tokenizers: Sequence[Tokenizer], *, zstd_level: int | None = None) -> None:
        self.tokenizers = tokenizers
        self.frequencies = [Frequencies() for _ in tokenizers]
        self.matrices = [TermMatrix(tokenizer.vocab_size) for tokenizer in tokenizers]
        self.paths: list[str] = []
        self.notes: list[str] = []
        self._compressed: Compressed | None = None
        try:
            self._compressed = None if zstd_level is None else Compressed(zstd_level)
        except MissingExtra as error:  # the one figure that needs it is left out
            self.notes.append(str(error))

    def add(self, document: Document, progress: Progress) -> None:
        """Read one more text. Raises InputError, and then leaves it out."""
        found = [Frequencies() for _ in self.tokenizers]
        try:
            for i, piece in pieces(document, [one.cut or one.stretches for one in self.tokenizers], progress):
                split = self.tokenizers[i].encode(piece)
                found[i].add(split, len(piece))
                if i == 0:
                    self._compress(split.source)
        except InputError:
            if document.bytes_read and self._compressed is not None:  # which gives nothing back
                self._compressed = None
                self.notes.append(f"no zstd: {document.path} broke off")
            raise
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

    def zstd_bytes(self) -> int | None:
        """Give the length of all texts in one zstd stream, when all are added.

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
