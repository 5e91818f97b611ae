"""Render: from a Report to text, a module for each --format, imported when it is first used."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple, TextIO

from tokscope.errors import UsageError

if TYPE_CHECKING:
    from tokscope.report.table import Report


PAGED = ("split", "levels", "trace", "table", "check")
"""The forms of text that may be longer than a screen; pictures are drawn where they stand."""

IN_TEXT, IN_JSON, IN_MARKUP = rb"\x%02x", rb"\u%04x", b"&#%d;"
"""How a format writes a character by its number."""


class Format(NamedTuple):
    """One --format: what it can show, and which files are written in it.

    Example: FORMATS["csv"] = Format({"table": "csv:render"}, (".csv",))

    `shows` maps each form of report that it can show to "module:function": a module of this package and a
    function in it of (report, stream, color, width). Files whose names end in one of `suffixes` are written
    in it. A `binary` format is never written to a terminal. A `bare` one has lines for programs, and of a
    report with one figure a number and nothing else. `notes` are the forms with which it shows a report's
    notes itself, and `paged` those that go through a pager where they are longer than the screen.
    `escape` is how it writes a character that a CI service would obey; None leaves everything unchanged.
    """

    shows: Mapping[str, str]
    suffixes: Sequence[str] = ()
    binary: bool = False
    bare: bool = False
    notes: Collection[str] = ()
    paged: Collection[str] = PAGED
    escape: bytes | None = IN_TEXT

    def form(self, forms: Sequence[str]) -> str | None:
        """Choose the first form of a report that it can show (see Report.forms); None if there is none.

        Example: FORMATS["csv"].form(("split", "table", "results")) -> "table"
        """
        return next((form for form in forms if form in self.shows), None)


TEXTUAL = ("split", "levels", "trace", "table")
"""The forms of which a picture is what a terminal shows."""

FORMATS: dict[str, Format] = {
    "table": Format(
        {
            "figure": "figure:render",
            "table": "table:render",
            "split": "blocks:render",
            "picture": "mosaic:render",
            "levels": "levels:render",
            "heat": "heat:render",
            "trace": "trace:render",
            "check": "findings:table",
        },
        notes=("table", "split", "picture", "levels", "heat", "trace", "check"),
    ),
    "plain": Format(
        {
            "table": "plain:render",
            "split": "tokens:render",
            "pieces": "tokens:pieces",
            "lists": "tokens:lists",
            "ids": "ids:plain",
            "trace": "trace:plain",
            "check": "findings:plain",
        },
        (".txt",),
        bare=True,
        notes=("trace",),
    ),
    "json": Format({"results": "json:render", "ids": "ids:arrays"}, (".json",), escape=IN_JSON),
    "ndjson": Format(
        {"results": "ndjson:render", "records": "ndjson:render", "ids": "ids:arrays"},
        (".ndjson", ".jsonl"),
        escape=IN_JSON,
    ),
    "csv": Format({"table": "csv:render"}, (".csv",)),
    "md": Format({"table": "md:render"}, (".md",), notes=("table",), escape=rb"\%c"),
    "html": Format(
        {
            "split": "html:render",
            "picture": "picture:html",
            "heat": "heat_page:render",
            "trace": "still:html",
        },
        (".html",),
        notes=("split", "picture", "heat", "trace"),
        escape=IN_MARKUP,
    ),
    "svg": Format(
        {
            "chart": "plot:svg",
            "picture": "picture:svg",
            "drawing": "drawing:svg",
            "heat": "heat_picture:svg",
            **dict.fromkeys(TEXTUAL, "still:svg"),
        },
        (".svg",),
        notes=TEXTUAL,
        escape=IN_MARKUP,
    ),
    "png": Format(
        {
            "chart": "plot:png",
            "picture": "picture:png",
            "heat": "heat_picture:png",
            **dict.fromkeys(TEXTUAL, "still:png"),
        },
        (".png",),
        binary=True,
        notes=TEXTUAL,
        escape=None,
    ),
    "npz": Format({"matrix": "npz:render"}, (".npz",), binary=True, escape=None),
    "parquet": Format({"columns": "parquet:render"}, (".parquet",), binary=True, escape=None),
    "github": Format({"check": "github:render"}, escape=None),  # commands are what it writes
    "gitlab": Format({"check": "gitlab:render"}, escape=IN_JSON),
    "junit": Format({"check": "junit:render"}, escape=IN_MARKUP),
    "sarif": Format({"check": "sarif:render"}, (".sarif",), escape=IN_JSON),
}
"""Every format: a file in this package and a line here, which also puts it in the help of every command."""

FOR_PEOPLE, FOR_PROGRAMS = "table", "plain"
"""What is printed on a terminal, and elsewhere, where nobody names a format."""

JSON_LINES = (*FORMATS["ndjson"].suffixes, ".json")
"""How files end that hold a JSON object a line."""


def formats_of(forms: Sequence[str]) -> list[str]:
    """List the formats that can show a report that has these `forms`.

    Example: formats_of(("trace", "results")) ->
    ["table", "plain", "json", "ndjson", "html", "svg", "png"]
    """
    return [name for name, format in FORMATS.items() if format.form(forms)]


def usual_format(forms: Sequence[str], usual: str = FOR_PROGRAMS) -> str:
    """Choose the format where nobody names one: the usual one, or another that can show such a report.

    Example: usual_format(("table", "results")) -> "plain"; usual_format(("records",)) -> "ndjson"
    """
    able = formats_of(forms)
    return next(one for one in (usual, FOR_PROGRAMS, *able) if one in able)


def format_for(path: str, forms: Sequence[str]) -> str:
    """Find the format that a file's name asks for, without a suffix the usual one.

    Example: format_for("out.csv", ("table", "results")) -> "csv"; format_for("out", ...) -> "plain"

    Raises UsageError for the suffix of no format.
    """
    suffix = PurePath(path).suffix.lower()
    if path in FORMATS:
        raise UsageError(
            f"--output {path} names a file: --format {path} prints {path}, and -o ./{path} is that file"
        )
    if not suffix:
        return usual_format(forms)
    for name, format in FORMATS.items():
        if suffix in format.suffixes:
            return name
    known = [suffix for name in formats_of(forms) for suffix in FORMATS[name].suffixes]
    raise UsageError(
        f"--output {path}: no format is written to {suffix} files; {', '.join(known)} are, or add --format"
    )


def endings_of(format: str, forms: Sequence[str]) -> Sequence[str]:
    """List how files may end that are written in a format: what other formats write alike is theirs too.

    Example: endings_of("json", ("ids",)) -> [".json", ".ndjson", ".jsonl"]
    """
    written = FORMATS[format].shows[FORMATS[format].form(forms) or forms[0]]
    alike = (one for one in FORMATS.values() if one.shows.get(one.form(forms) or "") == written)
    return [suffix for one in alike for suffix in one.suffixes]


BINARY_FORMATS = {
    *(".pdf", ".doc", ".docx", ".odt", ".rtf", ".xls", ".xlsx", ".ods", ".ppt", ".pptx", ".epub"),
    *(".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".ico"),
    *(".wav", ".mp3", ".flac", ".ogg", ".mp4", ".mov", ".mkv", ".webm"),
    *(".zip", ".gz", ".bz2", ".xz", ".zst", ".tar", ".7z"),
    *(".npy", ".pt", ".pkl", ".db", ".safetensors", ".gguf", ".arrow", ".feather"),
}
MARKED = {".yaml", ".yml", ".toml", ".xml", ".tsv", ".htm", ".xhtml"}
"""Endings of files in formats that nothing here writes: of bytes, and of text."""


def check_ending(path: str, endings: Sequence[str], own: Collection[str] = ()) -> None:
    """Raise UsageError where a file's name promises another format than what is written, one of `endings`.

    Example: check_ending("out.pdf", (".txt", ".md")) raises it; "out", "out.md" and "out.py" pass

    An ending that belongs to no format passes, and so does one of text that is in `own`.
    """
    suffix = PurePath(path).suffix.lower()
    binary = BINARY_FORMATS.union(*(format.suffixes for format in FORMATS.values() if format.binary))
    others = binary.union(MARKED, *(format.suffixes for format in FORMATS.values()))
    if suffix in others.difference(endings, set(own) - binary):
        raise UsageError(
            f"--output {path}: what is written is not a {suffix} file; {', '.join(endings)} fit, or no ending"
        )


def render(
    format: str,
    report: Report,
    stream: TextIO,
    *,
    color: bool = False,
    width: int | None = None,
    form: str | None = None,
) -> None:
    """Write `report` to `stream`.

    Example: render("csv", report, sys.stdout) writes a header and a line for each row

    `width` is in character cells; None means the terminal's. `form` is by default the first of the report's
    that the format can show. Raises KeyError for a format that cannot show this report.
    """
    shown = FORMATS[format]
    module, _, function = shown.shows[form or shown.form(report.shown_as) or report.forms[0]].partition(":")
    getattr(import_module(f"{__name__}.{module}"), function)(report, stream, color=color, width=width)


def color_for(stream: TextIO, when: str, environ: Mapping[str, str]) -> bool:
    """Decide whether to write colours to `stream`.

    Example: color_for(sys.stdout, "auto", os.environ) -> True on a terminal

    `always` and `never` decide by themselves. With `auto`, a NO_COLOR that is not empty (no-color.org) turns
    colour off, else a FORCE_COLOR that is not empty (force-color.org) turns it on, else `stream` has to be a
    terminal that is not dumb.
    """
    if when != "auto":
        return when == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"
