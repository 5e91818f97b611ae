"""Notes: two lines of them on a terminal, and what no figure includes."""

from __future__ import annotations

import pytest

from tokscope.render.terminal import note_lines
from tokscope.report.notes import Aside, Caution, notes_shown

SHORT, LONG = Aside("gpt-4o uses o200k_base"), Aside("word " * 20)


@pytest.mark.parametrize(
    ("notes", "shown"),
    [
        ([SHORT, SHORT], [SHORT, SHORT]),
        ([LONG], [LONG]),
        ([SHORT, SHORT, SHORT], [SHORT, "2 more notes: -v shows them"]),
        ([LONG, SHORT], [f"{LONG}; 1 more note: -v shows it"]),
        ([LONG, SHORT, SHORT], [f"{LONG}; 2 more notes: -v shows them"]),
        (
            [SHORT, LONG, SHORT, "1 skipped", "2 dropped"],
            ["1 skipped", "2 dropped", SHORT, "2 more notes: -v shows them"],
        ),
        ([*["a", "b", "c"]], ["a", "b", "c"]),
        ([LONG, SHORT, Caution("noisy")], ["noisy", f"{LONG}; 1 more note: -v shows it"]),
    ],
)
def test_two_lines_of_asides(notes: list[str], shown: list[str]) -> None:
    assert notes_shown(notes, 40) == shown


def test_a_caution_is_yellow() -> None:
    assert [str(line.style) for line in note_lines([Aside("uses"), Caution("noisy")], 80)] == [
        "yellow",
        "dim",
    ]
