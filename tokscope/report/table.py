"""Report: what a command found, between measuring and printing.

A command fills one in and a renderer prints it; neither knows the other. `columns` and `rows` are what people
and spreadsheets read, `payload` is what programs read: the JSON contract of the README.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

if TYPE_CHECKING:
    from tokscope.report.chart import Chart
    from tokscope.report.split import SplitReport
    from tokscope.split import Token

Kind = Literal["path", "text", "token", "int", "ratio", "percent", "bar"]

Cell = str | bytes | int | float | None
"""One value of a table; bytes where its column holds tokens, None where there is nothing to say."""

Row = Sequence[Cell]


class Column(NamedTuple):
    """One column of a Report: its heading, and what its cells hold.

    Example: Column("unknown", "percent", optional=True), with cells from 0.0 to 1.0

    path: a name from outside (a file, a section); shortened in the middle, and last in `plain`, as wc has it
    text: words of our own
    token: the bytes of a token
    int, ratio, percent: figures; a percent's cell is a fraction of 1
    bar: a figure that stands in another column too, drawn by `table` as a bar and left out elsewhere; `full`
    is the figure that fills it, or else the largest of the column does

    A `signed` figure is a difference, and shows a plus where it is one.

    An `optional` column may be left out of a table that is too wide for the terminal, the last one first.
    """

    name: str
    kind: Kind = "text"
    optional: bool = False
    full: float | None = None
    signed: bool = False

    @property
    def numeric(self) -> bool:
        """Whether its cells are figures, which stand to the right."""
        return self.kind in ("int", "ratio", "percent")


@dataclass(frozen=True, slots=True)
class Report:
    """A table of results, with the same results for programs.

    Example: Report([Column("path", "path"), Column("o200k_base", "int")], [("a.md", 10)], results=[{...}])

    `total` is a row set off from the others. `notes` are lines for people ("gpt-4o uses o200k_base"), which
    only formats for people show. `results`, `errors` and `summary` are JSON objects. `parts` are tables that
    follow this one, each under its title, and `chart` is drawn below them; csv has but the first table, and
    for the JSON formats all of it is in `results`, and in the lists that stand `beside` them, by name.
    """

    form: ClassVar[str] = "table"
    """Which renderers know it, see render.FORMS."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    total: Row | None = None
    results: Sequence[Mapping[str, object]] = ()
    errors: Sequence[Mapping[str, object]] = ()
    summary: Mapping[str, object] = field(default_factory=dict)
    notes: Sequence[str] = ()
    title: str = ""
    parts: Sequence[Report] = ()
    chart: Chart | None = None
    beside: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)

    @property
    def figure(self) -> tuple[Column, Cell] | None:
        """The one figure of a report on one input, and its column; None if there are more or none."""
        figures = [i for i, column in enumerate(self.columns) if column.numeric]
        alone = all(column.numeric or column.kind == "path" for column in self.columns)
        more = self.total is not None or self.parts or self.chart is not None
        if len(self.rows) != 1 or len(figures) != 1 or more or not alone:
            return None
        return self.columns[figures[0]], self.rows[0][figures[0]]

    @property
    def payload(self) -> dict[str, object]:
        """The whole as one JSON object."""
        return {**payload_of(self), **self.beside}


def summary_of(counts: Iterable[tuple[str | None, str, int]]) -> dict[str, object]:
    """Sum up counts, given as path, tokenizer and tokens.

    Example: [("a.md", "char", 3), ("b.md", "char", 4)] -> {"files": 2, "tokens": {"char": 7}}
    """
    paths: set[str | None] = set()
    tokens: dict[str, int] = {}
    for path, tokenizer, count in counts:
        paths.add(path)
        tokens[tokenizer] = tokens.get(tokenizer, 0) + count
    return {"files": len(paths), "tokens": tokens}


def payload_of(report: Report | SplitReport) -> dict[str, object]:
    """Give the JSON object that every report has in common."""
    return {
        "version": 1,
        "results": list(report.results),
        "errors": list(report.errors),
        "summary": report.summary,
    }


def token_object(token: Token) -> Mapping[str, object]:
    """Describe a token in JSON, and where it stands.

    Example: Token(0, 2, b"Hi", 12194, None) -> {"text": "Hi", "id": 12194, "start": 0, "end": 2}
    """
    return {**type_object(token), "start": token.start, "end": token.end}


def type_object(token: Token) -> dict[str, object]:
    """Describe a token in JSON wherever it stands: its text, or its bytes in hex where they are no text.

    Example: Token(0, 1, b"\\xe6", 162, None) -> {"text": None, "hex": "e6", "id": 162}
    """
    try:
        fields: dict[str, object] = {"text": token.data.decode()}
    except UnicodeDecodeError:
        fields = {"text": None, "hex": token.data.hex()}
    if token.id is not None:
        fields["id"] = token.id
    if token.label is not None:
        fields["label"] = token.label
    return fields
