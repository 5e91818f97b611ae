"""From a Report to text: one module per --format, imported when it is first used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, TextIO

from tokscope.report.table import Report

if TYPE_CHECKING:
    from tokscope.report.split import SplitReport

RENDERERS: dict[str, str] = {
    "table": "tokscope.render.table:render",
    "plain": "tokscope.render.plain:render",
    "json": "tokscope.render.json:render",
    "ndjson": "tokscope.render.ndjson:render",
    "csv": "tokscope.render.csv:render",
    "md": "tokscope.render.md:render",
}
"""Each format is "module:function", a function of (report, stream, color, width)."""

CHART_RENDERERS: dict[str, str] = {
    **RENDERERS,
    "svg": "tokscope.render.picture:svg",
    "png": "tokscope.render.picture:png",
}
"""A Report that may have a chart is also the picture of it."""

SPLIT_RENDERERS: dict[str, str] = {
    **RENDERERS,
    "table": "tokscope.render.blocks:render",
    "plain": "tokscope.render.tokens:render",
    "html": "tokscope.render.html:render",
}
"""A text cut into tokens is no table: for people it has formats of its own."""

LEVELS_RENDERERS: dict[str, str] = {**SPLIT_RENDERERS, "table": "tokscope.render.levels:render"}
"""A text cut at several levels, which may cross."""

TRACE_RENDERERS: dict[str, str] = {
    "table": "tokscope.render.trace:render",
    "plain": "tokscope.render.trace:plain",
    "json": "tokscope.render.json:render",
    "ndjson": "tokscope.render.ndjson:render",
}
"""The steps of a tokenizer, which are no table."""

CHECK_RENDERERS: dict[str, str] = {
    **RENDERERS,
    "table": "tokscope.render.findings:table",
    "plain": "tokscope.render.findings:plain",
    "github": "tokscope.render.github:render",
    "sarif": "tokscope.render.sarif:render",
    "junit": "tokscope.render.junit:render",
    "gitlab": "tokscope.render.gitlab:render",
}
"""What a check found, for people, for editors, and for the services that run it."""

FORMS: Mapping[str, Mapping[str, str]] = {
    "table": CHART_RENDERERS,
    "split": SPLIT_RENDERERS,
    "levels": LEVELS_RENDERERS,
    "trace": TRACE_RENDERERS,
    "check": CHECK_RENDERERS,
}
"""The formats of each form of report."""

OBJECTS = ("json", "ndjson")
"""The formats that print a report's results, and not its rows."""


def render(
    format: str,
    report: Report | SplitReport,
    stream: TextIO,
    *,
    color: bool = False,
    width: int | None = None,
) -> None:
    """Write `report` to `stream`.

    Example: render("csv", report, sys.stdout) writes a header, and a line for each row

    `width` is in character cells; None means as wide as the terminal. Raises KeyError for a format that this
    kind of report does not have.
    """
    module, _, function = FORMS[report.form][format].partition(":")
    getattr(import_module(module), function)(report, stream, color=color, width=width)


def color_for(stream: TextIO, when: str, environ: Mapping[str, str]) -> bool:
    """Decide whether to write colours to `stream`.

    Example: color_for(sys.stdout, "auto", os.environ) -> True on a terminal

    What `when` says (`always`, `never`) comes first; with `auto` then NO_COLOR (no-color.org), then
    FORCE_COLOR (force-color.org), both of which count when they are not empty; then whether `stream` is a
    terminal that is not dumb.
    """
    if when != "auto":
        return when == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"
