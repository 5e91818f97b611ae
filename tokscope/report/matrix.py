"""MatrixReport: a table, with the matrix that it was made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

from tokscope.report.table import TableReport


@dataclass(frozen=True, slots=True)
class MatrixReport(TableReport):
    """A table about texts and tokens, with the sparse matrix that it was made from.

    Example: MatrixReport(columns, rows, save=matrix.save)

    `save` writes the matrix to a file.
    """

    forms: ClassVar[Sequence[str]] = ("matrix", *TableReport.forms)

    save: Callable[[BinaryIO], None] = lambda file: None
