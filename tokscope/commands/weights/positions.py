"""`tokscope weights positions`: how a model tells positions apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tokscope.errors import UsageError
from tokscope.report.heat import Heat, HeatReport
from tokscope.report.table import Column, TableReport
from tokscope.shell.options import Color, Output, format_option
from tokscope.shell.weights_options import ModelWeights

if TYPE_CHECKING:
    from tokscope.weights.positions import Positions

SINUSOIDAL = "sinusoidal"

MAX_POSITIONS = 32
"""How many positions are shown."""


def positions(
    weights: ModelWeights,
    *,
    number: Annotated[
        int, typer.Option("--positions", min=2, max=512, metavar="N", help="How many positions to show.")
    ] = MAX_POSITIONS,
    dims: Annotated[
        int, typer.Option(min=2, max=4096, metavar="N", help="The width of the sinusoidal table.")
    ] = 64,
    format: Annotated[str | None, format_option(HeatReport.forms)] = None,
    output: Output = None,
    color: Color = "auto",
) -> int:
    """Draw a model's table of positions, learned or RoPE's, and how alike two positions are.

    With sinusoidal for MODEL, it is the table of the first Transformer, which no file has.
    """
    from tokscope.shell.console import Console

    console = Console(output, format, color, HeatReport.forms)
    if weights.model == SINUSOIDAL:
        weights.check()
        if dims % 2:
            raise UsageError(f"--dims {dims}: a sine and a cosine for each wavelength make an even number")
        from tokscope.weights.positions import sinusoidal

        found, name = sinusoidal(number, dims), SINUSOIDAL
    else:
        model = weights.load()
        from tokscope.weights.positions import learned_table

        found, name = learned_table(model, number), model.architecture
    return console.write(_report(found, name))


def _report(found: Positions, name: str) -> HeatReport:
    """The table and the likeness as maps; a row for each distance."""
    by_distance = found.by_distance()
    alike = found.alike()
    largest = _color_limit(found)
    rows = [str(i) for i in range(len(found.table))]
    dims = [str(i) for i in range(found.table.shape[1])]
    waves = TableReport(
        [Column("pair", "id"), Column("wavelength in tokens", "ratio")],
        [(i, found.wavelengths[i]) for i in _some(len(found.wavelengths))],
        title="One turn of a pair",
    )
    likeness = TableReport(
        [Column("distance", "id"), Column("alike", "ratio", digits=4), Column("alike", "bar", full=1.0)],
        [(i, by_distance[i], max(0.0, by_distance[i])) for i in _some(len(by_distance))],
        title="The mean cosine of two positions",
    )
    what = "sines and cosines of its angles" if found.wavelengths else "added to the embeddings"
    return HeatReport(
        [Column("distance", "id"), Column("alike", "ratio", digits=4)],
        [*enumerate(by_distance)],
        results=[{"position": i, "row": [float(one) for one in row]} for i, row in enumerate(found.table)],
        summary={
            "kind": found.kind,
            "dims": found.table.shape[1],
            "alike": by_distance,
            "wavelengths": [*found.wavelengths],
        },
        title=f"{found.kind} positions, {name}" if name != found.kind else f"{found.kind} positions",
        maps=[
            Heat("positions x numbers", found.table.tolist(), rows, dims, -largest, largest),
            Heat("how alike two are", alike.tolist(), rows, rows, float(alike.min()), 1.0),
        ],
        parts=[likeness, *([waves] if found.wavelengths else [])],
        notes=[f"{found.kind}: {what}"],
    )


def _color_limit(found: Positions) -> float:
    """Give the figure with the last colour: of a learned table some numbers may be far above all others."""
    import numpy as np

    return float(np.percentile(abs(found.table), 99)) or 1.0


def _some(count: int) -> list[int]:
    """Choose some of `count` places: the first, then each twice as far as the one before, and the last."""
    return sorted({*range(count)} & {0, count - 1, *(2**i for i in range(count.bit_length()))})
