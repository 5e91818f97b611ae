"""From a Report to text: one module per --format, imported when it is first used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TextIO

from tokscope.report import Report, SplitReport

RENDERERS: dict[str, str] = {
    "table": "tokscope.render.table:render",
    "plain": "tokscope.render.plain:render",
    "json": "tokscope.render.json:render",
    "ndjson": "tokscope.render.ndjson:render",
    "csv": "tokscope.render.csv:render",
    "md": "tokscope.render.md:render",
}
"""Each format is "module:function", a function of (report, stream, color, width)."""

SPLIT_RENDERERS: dict[str, str] = {
    **RENDERERS,
    "table": "tokscope.render.blocks:render",
    "plain": "tokscope.render.tokens:render",
}
"""A text cut into tokens is no table: for people it has formats of its own."""

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
    module, _, function = _renderers(report)[format].partition(":")
    getattr(import_module(module), function)(report, stream, color=color, width=width)


def _renderers(report: Report | SplitReport) -> Mapping[str, str]:
    if isinstance(report, SplitReport):
        return SPLIT_RENDERERS
    return (
        CHECK_RENDERERS if hasattr(report, "findings") else RENDERERS
    )  # CheckReport is not imported in vain


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
