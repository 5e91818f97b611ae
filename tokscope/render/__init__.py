"""From a Report to text: a module for each --format, imported when it is first used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple, TextIO

from tokscope.errors import UsageError

if TYPE_CHECKING:
    from tokscope.report.table import Report


FOR_PEOPLE, JSON, MARKUP = rb"\x%02x", rb"\u%04x", b"&#%d;"
"""How a format writes a character by its number."""


class Format(NamedTuple):
    """One --format: what it can show, and which files are written in it.

    Example: FORMATS["csv"] = Format({"table": "csv:render"}, (".csv",))

    `shows` has for each form of report that it knows "module:function", a module of this package and in it a
    function of (report, stream, color, width). A file whose name ends in one of `suffixes` is written in it.
    A `binary` one is nothing for a terminal. One that has `notes` shows a report's notes itself. `escape` is
    how it writes a character that a CI service would obey; None where nothing is to be changed.
    """

    shows: Mapping[str, str]
    suffixes: Sequence[str] = ()
    binary: bool = False
    notes: bool = False
    escape: bytes | None = FOR_PEOPLE

    def form(self, forms: Sequence[str]) -> str | None:
        """Choose from what a report can be shown as, see Report.forms; None where it knows none of it.

        Example: FORMATS["csv"].form(("split", "table", "results")) -> "table"
        """
        return next((form for form in forms if form in self.shows), None)


FORMATS: dict[str, Format] = {
    "table": Format(
        {
            "table": "table:render",
            "split": "blocks:render",
            "levels": "levels:render",
            "trace": "trace:render",
            "check": "findings:table",
        },
        notes=True,
    ),
    "plain": Format(
        {
            "table": "plain:render",
            "split": "tokens:render",
            "trace": "trace:plain",
            "check": "findings:plain",
        },
        (".txt",),
    ),
    "json": Format({"results": "json:render"}, (".json",), escape=JSON),
    "ndjson": Format({"results": "ndjson:render"}, (".ndjson", ".jsonl"), escape=JSON),
    "csv": Format({"table": "csv:render"}, (".csv",)),
    "md": Format({"table": "md:render"}, (".md",), notes=True, escape=rb"\%c"),
    "html": Format({"split": "html:render"}, (".html",), escape=MARKUP),
    "svg": Format({"chart": "picture:svg"}, (".svg",), escape=MARKUP),
    "png": Format({"chart": "picture:png"}, (".png",), binary=True, escape=None),
    "npz": Format({"matrix": "npz:render"}, (".npz",), binary=True, escape=None),
    "github": Format({"check": "github:render"}, escape=None),  # commands are what it writes
    "gitlab": Format({"check": "gitlab:render"}, escape=JSON),
    "junit": Format({"check": "junit:render"}, escape=MARKUP),
    "sarif": Format({"check": "sarif:render"}, (".sarif",), escape=JSON),
}
"""Every format: a file of this package, and a line here, from which its place in every help follows."""


def formats_of(forms: Sequence[str]) -> list[str]:
    """Name the formats of a report that can be shown as one of `forms`.

    Example: formats_of(("trace", "results")) -> ["table", "plain", "json", "ndjson"]
    """
    return [name for name, format in FORMATS.items() if format.form(forms)]


def format_for(path: str, forms: Sequence[str]) -> str:
    """Find the format that a file's name asks for. Raises UsageError where there is none of this name.

    Example: format_for("out.csv", ("table", "results")) -> "csv"; format_for("out", ...) -> "plain"
    """
    suffix = PurePath(path).suffix.lower()
    if not suffix:
        return "plain"
    for name, format in FORMATS.items():
        if suffix in format.suffixes:
            return name
    known = [suffix for name in formats_of(forms) for suffix in FORMATS[name].suffixes]
    raise UsageError(
        f"--output {path}: no format is written to {suffix} files; {', '.join(known)} are, or add --format"
    )


def render(
    format: str,
    report: Report,
    stream: TextIO,
    *,
    color: bool = False,
    width: int | None = None,
) -> None:
    """Write `report` to `stream`.

    Example: render("csv", report, sys.stdout) writes a header, and a line for each row

    `width` is in character cells; None means as wide as the terminal. Raises KeyError for a format that
    cannot show this form of report.
    """
    shown = FORMATS[format]
    module, _, function = shown.shows[shown.form(report.forms) or report.forms[0]].partition(":")
    getattr(import_module(f"{__name__}.{module}"), function)(report, stream, color=color, width=width)


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
