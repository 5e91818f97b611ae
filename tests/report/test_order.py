"""The order of rows: what comes first, what goes with it, and what has no value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokscope.errors import UsageError
from tokscope.report.order import Order
from tokscope.report.table import Column, TableReport

COLUMNS = [Column("path", "path"), Column("gpt-4o", "int"), Column("cost", "ratio", better="less")]
CELL = st.none() | st.integers(-9, 9)
ROWS = st.lists(st.tuples(st.sampled_from("aBc"), CELL, CELL), max_size=6)


def report(rows: list[tuple[object, ...]], each: int = 1) -> TableReport:
    results = [{"row": row, "number": number} for row in rows for number in range(each)]
    return TableReport(COLUMNS, rows, results=results, total=("total", 1, 1))  # type: ignore[arg-type]


@given(ROWS, st.sampled_from(["tokens", "gpt-4o", "cost", "path"]), st.integers(1, 7), st.integers(1, 2))
def test_rows_are_in_order_and_their_results_beside_them(
    rows: list[tuple[object, ...]], name: str, top: int, each: int
) -> None:
    place = {"path": 0, "cost": 2}.get(name, 1)
    known = [row for row in rows if row[place] is not None]
    key = (lambda row: str(row[0]).lower()) if place == 0 else (lambda row: row[place])
    wanted = sorted(known, key=key, reverse=place == 1) + [row for row in rows if row[place] is None]
    found = Order(name, top)(report(rows, each))
    assert found.rows == wanted[:top]
    assert [one["row"] for one in found.results] == [row for row in wanted[:top] for _ in range(each)]
    assert found.total == ("total", 1, 1)
    left = len(rows) - top
    assert list(found.notes) == ([f"{left} more {'row' if left == 1 else 'rows'}"] if left > 0 else [])


def test_a_column_that_no_table_has_is_an_error() -> None:
    with pytest.raises(UsageError, match="no column has this name: did you mean cost"):
        Order("cots")(report([]))


def test_tokens_is_not_offered_where_nothing_is_counted() -> None:
    with pytest.raises(UsageError, match="did you mean token\\?"):
        Order("tokens")(TableReport([Column("token", "token")], []))
