"""Grouped: the counts of several files in one row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePath

from tokscope.measure import Measurement, add_up


def row_per_group(
    rows: Iterable[Sequence[Measurement]], group: Callable[[PurePath], str]
) -> list[list[Measurement]]:
    """Add up the rows of each group, which `group` names by a path, in the order in which groups first occur.

    Example: row_per_group([[Measurement("a.md", "byte", True, 5, 5, 5)]], lambda path:
    path.suffix)[0][0].path -> ".md"
    """
    groups: dict[str, list[Sequence[Measurement]]] = {}
    for row in rows:
        groups.setdefault(group(PurePath(row[0].path)), []).append(row)
    return [[_sum(name, column) for column in zip(*members, strict=True)] for name, members in groups.items()]


def _sum(path: str, every: Sequence[Measurement]) -> Measurement:
    parts = [one for one in every if not one.told]
    if not parts:  # none of them is for this tokenizer
        return every[0]._replace(path=path)
    return Measurement(
        path,
        parts[0].tokenizer,
        all(part.exact for part in parts),
        add_up(part.figure for part in parts),
        sum(part.chars for part in parts),
        sum(part.bytes for part in parts),
    )
