"""MatrixReport and IdsReport: what is written as numbers, by a function that the report has with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, ClassVar, Protocol

from tokscope.report.table import Report, TableReport


@dataclass(frozen=True, slots=True)
class MatrixReport(TableReport):
    """A table about texts and tokens, with the sparse matrix that it was made from.

    Example: MatrixReport(columns, rows, save=matrix.save)

    `save` writes the matrix to a file.
    """

    forms: ClassVar[Sequence[str]] = ("matrix", *TableReport.forms)

    save: Callable[[BinaryIO], None] = lambda file: None


class WritesIds(Protocol):
    """What writes ids, a line for each text.

    Example: def write(file, *, json): file.write(b"[13225]\\n" if json else b"13225\\n")
    """

    def __call__(self, file: BinaryIO, *, json: bool) -> None:
        """Write them to a file, as arrays of `json` or with spaces between."""


@dataclass(frozen=True, slots=True)
class IdsReport(Report):
    """The ids of texts, which are written as they are made.

    Example: IdsReport(write)
    """

    forms: ClassVar[Sequence[str]] = ("ids",)

    save: WritesIds
