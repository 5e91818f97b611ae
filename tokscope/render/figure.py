"""`figure`: one figure alone, as a terminal shows it; what `table` becomes for one input and one tokenizer.

Written without rich, whose import would take longer than the count.
"""

from __future__ import annotations

import shutil
from typing import TextIO

from tokscope.render import plain
from tokscope.render.cells import show
from tokscope.report.notes import notes_shown
from tokscope.report.table import Report
from tokscope.text.visible import visible
from tokscope.text.wrapping import wrapped

GAP = "  "


def render(report: Report, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the one figure of a report, and beside it the notes, or else its heading; off a terminal just it.

    Example: render(small, sys.stdout, color=False, width=None) writes "10  o200k_base" on a terminal
    """
    assert report.figure is not None
    column, cell = report.figure
    if not stream.isatty():  # a number and nothing else, whatever the colour
        plain.render(report, stream, color=False, width=None)
        return
    dim, normal = ("\x1b[2m", "\x1b[0m") if color else ("", "")
    figure = show(column, cell, grouped=True)
    room = shutil.get_terminal_size().columns - len(figure) - len(GAP)
    beside = ", ".join(map(visible, notes_shown(report.notes, room) or [column.name]))
    for number, line in enumerate(wrapped(beside, room, "")):
        stream.write(f"{' ' * len(figure) if number else figure}{GAP}{dim}{line}{normal}\n")
