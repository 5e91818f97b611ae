"""TermMatrix: which tokens each text holds (bag of words), and how much each tells about it (TF-IDF).

Kept as the three arrays of a compressed sparse row matrix, which SciPy reads from the .npz written here.
"""

from __future__ import annotations

import sys
import zipfile
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import pairwise
from math import log, sqrt
from typing import BinaryIO

from tokscope.statistics.frequencies import TokenKey


@dataclass(frozen=True, slots=True)
class Term:
    """One token in one text: how often it occurs there, and its TF-IDF.

    Example: matrix = TermMatrix(256); matrix.add({97: 2}); matrix.top(1)[0][0].count -> 2
    """

    key: TokenKey
    count: int
    weight: float


class TermMatrix:
    """A row for each text, a column for each token.

    Example: matrix = TermMatrix(200_019); matrix.add({13225: 2, 2375: 1}); len(matrix) -> 1

    `vocab_size` is the number of columns where tokens have ids, which are the columns; None where they have
    none: then a column is made for each new token, in the order in which they come.
    """

    def __init__(self, vocab_size: int | None) -> None:
        self._vocab_size = vocab_size
        self._columns: dict[TokenKey, int] = {}
        self._keys: list[TokenKey] = []
        self._indptr = array("q", [0])
        self._indices = array("i")
        self._counts = array("q")

    def __len__(self) -> int:
        return len(self._indptr) - 1

    def add(self, counts: Mapping[TokenKey, int]) -> None:
        """Add the row of a text: how often each of its tokens occurs in it.

        Example: matrix = TermMatrix(None); matrix.add({"the": 2, "cat": 1}); len(matrix) -> 1
        """
        row = sorted((self._column(key), count) for key, count in counts.items())
        self._indices.extend(column for column, _ in row)
        self._counts.extend(count for _, count in row)
        self._indptr.append(len(self._indices))

    def _column(self, key: TokenKey) -> int:
        if isinstance(key, int) and self._vocab_size is not None:
            return key
        if key not in self._columns:
            self._columns[key] = len(self._keys)
            self._keys.append(key)
        return self._columns[key]

    def tfidf(self) -> Sequence[float]:
        """Give the TF-IDF of each entry, row by row: count * (ln((1 + n) / (1 + df)) + 1), of length 1 a row.

        Example: of two texts, a token in one of them weighs ln(3 / 2) + 1 = 1.405 times one that is in both

        n is the number of texts and df that of texts with the token: the smooth inverse document frequency of
        scikit-learn's TfidfTransformer, whose defaults give the same numbers.
        """
        df: dict[int, int] = {}
        for column in self._indices:
            df[column] = df.get(column, 0) + 1
        idf = {column: log((1 + len(self)) / (1 + texts)) + 1 for column, texts in df.items()}
        weights = array("d", (n * idf[column] for column, n in zip(self._indices, self._counts, strict=True)))
        for start, end in pairwise(self._indptr):
            length = sqrt(sum(weight * weight for weight in weights[start:end]))
            for i in range(start, end):
                weights[i] /= length
        return weights

    def top(self, number: int) -> list[list[Term]]:
        """Give the `number` tokens with the highest TF-IDF in each text, the highest first.

        Example: matrix = TermMatrix(256); matrix.add({97: 2}); matrix.add({97: 1, 98: 1});
        matrix.top(1)[1][0].key -> 98
        """
        weights = self.tfidf()
        return [
            [
                self._term(i, weights[i])
                for i in nsmallest(number, range(start, end), lambda i: (-weights[i], i))
            ]
            for start, end in pairwise(self._indptr)
        ]

    def _term(self, entry: int, weight: float) -> Term:
        column = self._indices[entry]
        return Term(self._keys[column] if self._keys else column, self._counts[entry], weight)

    def save(self, file: BinaryIO, paths: Sequence[str], *, counts: bool = False) -> None:
        """Write the matrix as scipy.sparse.load_npz reads it, of TF-IDF, or of `counts`.

        Example: with Path("matrix.npz").open("wb") as file: matrix.save(file, ["a.md"], counts=True)

        Two more arrays say what rows and columns are: "paths", and "tokens" where columns are not ids.
        """
        width = len(self._keys) if self._vocab_size is None else self._vocab_size
        arrays = {
            "format": _npy("|S3", b"csr", ()),
            "shape": _npy("i8", array("q", [len(self), width]), (2,)),
            "indptr": _npy("i8", self._indptr, (len(self._indptr),)),
            "indices": _npy("i4", self._indices, (len(self._indices),)),
            "data": _npy("i8", self._counts, (len(self._counts),))
            if counts
            else _npy("f8", array("d", self.tfidf()), (len(self._counts),)),
            "paths": _npy_of_texts(paths),
        }
        if self._keys:
            arrays["tokens"] = _npy_of_texts(list(map(_key_text, self._keys)))
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in arrays.items():
                archive.writestr(zipfile.ZipInfo(f"{name}.npy"), data, zipfile.ZIP_DEFLATED)  # dated 1980


def _npy(dtype: str, data: bytes | array[int] | array[float], shape: tuple[int, ...]) -> bytes:
    """Write an array in NumPy's format, version 1.0 (numpy.lib.format has its description)."""
    order = "" if dtype.startswith("|") else "<" if sys.byteorder == "little" else ">"
    header = f"{{'descr': '{order}{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(data)


def _key_text(key: TokenKey) -> str:
    return str(key) if isinstance(key, int) else key.decode("utf-8", "backslashreplace")


def _npy_of_texts(texts: Iterable[str]) -> bytes:
    """Write texts as an array of fixed width in UTF-32, NumPy's only kind of text that needs no pickle."""
    listed = list(texts)
    width = max(map(len, listed), default=1) or 1
    codec = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
    return _npy(
        f"U{width}", "".join(text.ljust(width, "\0") for text in listed).encode(codec), (len(listed),)
    )
