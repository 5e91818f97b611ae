"""`table` of `split --levels`: the text, every level's spans measured off under it, and the crossings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from tokscope.render import blocks
from tokscope.render.table import shorten
from tokscope.report.levels import Crossing, LevelsReport
from tokscope.report.split import Cut, SplitReport
from tokscope.split import Split
from tokscope.text.visible import escape

MAX_CROSSINGS = 10
"""How many crossings are spelled out; JSON has all of them."""

SPAN_WIDTH = 24
"""The width in cells to which a span is shortened there."""


def render(report: LevelsReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Draw each text with its levels, as --align does, with a further row that marks where spans cross.

    Example: render(LevelsReport([(cuts, nesting)]), sys.stdout, color=True, width=80)
    """
    cuts: list[Cut] = []
    notes: list[str] = []
    marked = {}
    for levels, nesting in report.texts:
        crossings = nesting.crossings
        cuts += levels
        if crossings:
            overlaps = _overlaps(levels[0].split.source, crossings)
            cuts.append(Cut("crossings", overlaps, path=levels[0].path))
            marked[levels[0].of] = [*zip(overlaps.starts, overlaps.ends, strict=True)]
        notes += [_name_crossing(crossing, levels) for crossing in crossings]
    if len(notes) > MAX_CROSSINGS:
        notes[MAX_CROSSINGS:] = [f"and {len(notes) - MAX_CROSSINGS:,} more crossings; --format json has all"]
    blocks.render(
        SplitReport(cuts, align=True, crossings=marked, notes=[*notes, *report.notes]),
        stream,
        color=color,
        width=width,
    )


def _overlaps(source: bytes, crossings: list[Crossing]) -> Split:
    """Give the stretches of text that two crossing spans share, merging those that overlap."""
    starts: list[int] = []
    ends: list[int] = []
    for start, end in sorted((second.start, first.end) for first, second in crossings):
        if ends and start < ends[-1]:
            ends[-1] = max(end, ends[-1])
        else:
            starts.append(start)
            ends.append(end)
    return Split(source, starts, ends)


def _name_crossing(crossing: Crossing, levels: Sequence[Cut]) -> str:
    """Say which two spans cross, the finer first."""
    spans = sorted(crossing, key=lambda span: span.level)
    cuts = [levels[span.level] for span in spans]
    finer, coarser = (
        f'{cut.name} "{shorten(escape(cut.split[span.number].data), SPAN_WIDTH)}"'
        for cut, span in zip(cuts, spans, strict=True)
    )
    return f"{finer} crosses {coarser}"
