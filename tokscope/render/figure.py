"""`figure`: one figure alone, as a terminal shows it; what `table` becomes for one input and one tokenizer.

Written without rich, whose import would take longer than the count.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from typing import TextIO

from tokscope.render.cells import show
from tokscope.report.notes import notes_shown
from tokscope.report.table import Cell, Column
from tokscope.text.visible import visible
from tokscope.text.wrapping import wrapped

GAP = "  "


def write_figure(column: Column, cell: Cell, notes: Iterable[str], stream: TextIO, *, color: bool) -> None:
    """Write one figure, and beside it the notes, or else its heading.

    Example: write_figure(Column("gpt-4o", "int"), 1234, ["gpt-4o uses o200k_base"], sys.stdout, color=False)
    writes "1,234  gpt-4o uses o200k_base"
    """
    dim, plain = ("\x1b[2m", "\x1b[0m") if color else ("", "")
    figure = show(column, cell, grouped=True)
    room = shutil.get_terminal_size().columns - len(figure) - len(GAP)
    beside = ", ".join(map(visible, notes_shown(notes, room) or [column.name]))
    for number, line in enumerate(wrapped(beside, room, "")):
        stream.write(f"{' ' * len(figure) if number else figure}{GAP}{dim}{line}{plain}\n")
