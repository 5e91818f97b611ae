"""Ids alone: `plain` has decimal numbers with spaces between, the formats of JSON an array a line."""

from __future__ import annotations

from typing import TextIO

from tokscope.report.matrix import IdsReport


def plain(report: IdsReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write a line of numbers for each text.

    Example: plain(IdsReport(write), sys.stdout, color=False, width=None) writes "13225 2375\\n"
    """
    stream.flush()
    report.save(stream.buffer, json=False)


def arrays(report: IdsReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write an array for each text, a line each.

    Example: arrays(IdsReport(write), sys.stdout, color=False, width=None) writes "[13225, 2375]\\n"
    """
    stream.flush()
    report.save(stream.buffer, json=True)
