"""Folders as a tree: every row is the sum of what hangs on it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tokscope.statistics.folders import folder_tree

PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=5).map("/".join)


@given(st.dictionaries(PATHS, st.integers(0, 99), max_size=12), st.booleans())
def test_branches_add_up(folders: dict[str, int], largest: bool) -> None:
    rows = [
        (len(name) - len(name.lstrip("├└│─ ")), name, sum(row))
        for name, row in folder_tree([(p, [n]) for p, n in folders.items()], largest=largest)
    ]
    assert sum(n for depth, _, n in rows if depth == 0) == sum(folders.values())
    leaves = []
    for i, (depth, _, figure) in enumerate(rows):
        end = next((j for j in range(i + 1, len(rows)) if rows[j][0] <= depth), len(rows))
        below = [n for deep, _, n in rows[i + 1 : end] if deep == depth + 3]
        assert not below or (figure == sum(below) and len(below) > 1)
        leaves += [] if below else [figure]
        assert not below or not largest or below == sorted(below, reverse=True)
    assert sorted(leaves) == sorted(folders.values())


def test_one_line_for_folders_that_hold_one() -> None:
    deep = "/".join("x" * 3000)
    assert folder_tree([("a/b/c", [1]), ("a/b/d", [2])]) == [("a/b", [3]), ("├─ c", [1]), ("└─ d", [2])]
    assert folder_tree([(".", [1]), ("a", [2])]) == [("(files here)", [1]), ("a", [2])]
    assert folder_tree([(deep, [1])]) == [(deep, [1])]
