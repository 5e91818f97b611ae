"""Ids alone: `plain` has decimal numbers with spaces between, the formats of JSON an array a line."""

from __future__ import annotations

import io
import re
import shutil
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

from tokscope.report.matrix import IdsReport

if TYPE_CHECKING:
    from typing_extensions import Buffer


def plain(report: IdsReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write a line of numbers for each text, broken at spaces on a terminal.

    Example: plain(IdsReport(write), sys.stdout, color=False, width=None) writes "13225 2375\\n"
    """
    stream.flush()
    if stream.isatty():
        folded = _Folded(stream.buffer, width or shutil.get_terminal_size().columns)
        report.save(cast(BinaryIO, folded), json=False)
    else:
        report.save(stream.buffer, json=False)


def arrays(report: IdsReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write an array for each text, a line each.

    Example: arrays(IdsReport(write), sys.stdout, color=False, width=None) writes "[13225, 2375]\\n"
    """
    stream.flush()
    report.save(stream.buffer, json=True)


class _Folded(io.BufferedIOBase):
    """A terminal that numbers are written to: none is broken at its edge."""

    def __init__(self, terminal: BinaryIO, width: int) -> None:
        self._terminal, self._width = terminal, width
        self._used = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        whole = bytes(data)
        self._terminal.write(re.sub(rb" ?[^ \n]+|\n", self._placed, whole))
        return len(whole)

    def _placed(self, word: re.Match[bytes]) -> bytes:
        """Put a number on the next line where it has no room on this one."""
        text = word[0]
        if text == b"\n":
            self._used = 0
        elif text.startswith(b" ") and self._used + len(text) > self._width:
            text = b"\n" + text[1:]
            self._used = len(text) - 1
        else:
            self._used += len(text)
        return text
