"""`html` of matrices: one self-contained page, a table with a coloured cell for each figure; no script.

Its content security policy lets a browser use nothing but its own style. A cell says its figure when it is
pointed at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from tokscope.render.cells import show
from tokscope.render.heat import shade
from tokscope.render.markup import as_markup, by_hash, html_head
from tokscope.report.heat import Heat, HeatReport
from tokscope.report.table import TableReport

COLOR_COUNT = 32
"""How many colours there are."""

_STYLE = """
:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif; }
body { margin: 1.5em; }
main { display: flex; flex-wrap: wrap; gap: 1.5em; }
table { border-collapse: collapse; }
caption { font-weight: bold; text-align: left; padding-bottom: .3em; }
th { font: 12px ui-monospace, monospace; text-align: right; padding: 0 .4em; white-space: pre; }
thead th { writing-mode: vertical-rl; transform: rotate(180deg); padding: .3em 0; text-align: left; }
.heat td { width: 1.5em; height: 1.5em; padding: 0; }
.heat .scale { height: auto; padding-top: .6em; }
.figures td { padding: .1em .6em; font-variant-numeric: tabular-nums; }
.quiet { color: GrayText; }
"""


def render(report: HeatReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the page.

    Example: render(HeatReport(columns, rows, maps=[heat]), stream, color=False, width=None)
    """
    colors = (shade(step / (COLOR_COUNT - 1)) for step in range(COLOR_COUNT))
    style = _STYLE + "".join(
        f".v{step} {{ background: #{bytes(one).hex()}; }}\n" for step, one in enumerate(colors)
    )
    policy = f"default-src 'none'; style-src {by_hash(style)}; base-uri 'none'; form-action 'none'"
    title = as_markup(report.title or "tokscope weights")
    stream.write(html_head(title, style, policy) + f"<h1>{title}</h1>\n<main>\n")
    for heat in report.maps:
        stream.writelines(_map(heat))
    for part in report.parts:
        stream.writelines(_figures_of_part(part))
    stream.write("</main>\n")
    stream.writelines(f'<p class="quiet">{as_markup(note)}\n' for note in report.notes)


def _map(heat: Heat) -> Iterator[str]:
    yield f'<table class="heat"><caption>{as_markup(heat.title)}</caption>\n<thead><tr><th></th>'
    yield from (f"<th>{_name(name)}</th>" for name in heat.columns)
    yield "</tr></thead>\n<tbody>\n"
    for name, row in zip(heat.rows, heat.values, strict=True):
        yield f"<tr><th>{_name(name)}</th>"
        for value in row:
            if value is None:
                yield "<td></td>"
            else:
                yield f'<td class="v{round(heat.share(value) * (COLOR_COUNT - 1))}" title="{value:.4g}"></td>'
        yield "</tr>\n"
    swatches = "".join(f'<td class="v{step}"></td>' for step in range(0, COLOR_COUNT, 4))
    width = len(heat.columns) + 1
    yield f'</tbody><tfoot><tr><td class="scale" colspan="{width}"><table><tr><th>{heat.low:.4g}</th>'
    yield f"{swatches}<th>{heat.high:.4g}</th></tr></table></td></tr></tfoot></table>\n"


def _figures_of_part(part: TableReport) -> Iterator[str]:
    yield f'<table class="figures"><caption>{as_markup(part.title)}</caption>\n<tr>'
    yield from (f"<th>{as_markup(column.name)}</th>" for column in part.columns)
    for row in part.rows:
        cells = (show(column, cell, grouped=True) for column, cell in zip(part.columns, row, strict=True))
        yield "</tr>\n<tr>" + "".join(f"<td>{as_markup(cell)}</td>" for cell in cells)
    yield "</tr></table>\n"


def _name(text: str) -> str:
    return as_markup(text)
