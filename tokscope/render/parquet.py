"""`parquet`: the results as a table of columns, for those who go on with pyarrow, pandas or a database."""

from __future__ import annotations

from typing import TextIO

from tokscope.errors import MissingExtra
from tokscope.report.objects import with_bounds
from tokscope.report.table import Report


def render(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write a row for each result, with the columns that they have in `json`.

    Example: render(report, stream, color=False, width=None), then pyarrow.parquet.read_table(path)

    Raises MissingExtra.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtra("Parquet", "corpus") from error
    rows = list(map(with_bounds, report.results))
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = pa.table({name: [row.get(name) for row in rows] for name in names})
    stream.flush()
    pq.write_table(table, stream.buffer)
