"""`npz`: a sparse matrix of texts by tokens, for NumPy and SciPy."""

from __future__ import annotations

from typing import TextIO

from tokscope.report.matrix import MatrixReport


def render(report: MatrixReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the report's matrix, as scipy.sparse.load_npz reads it. Raises MissingExtra without NumPy.

    Example: with open("matrix.npz", "w") as stream: render(MatrixReport(columns, rows, save=save), stream,
    color=False, width=None)
    """
    stream.flush()
    report.save(stream.buffer)
