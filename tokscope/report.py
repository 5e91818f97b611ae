"""Report: what a command found, between measuring and printing.

A command fills one in and a renderer prints it; neither knows the other. `columns` and `rows` are what people
and spreadsheets read, `payload` is what programs read: the JSON contract of the README.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from tokscope.split import Split, Token

if TYPE_CHECKING:
    from tokscope.plot import Chart

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

    An `optional` column may be left out of a table that is too wide for the terminal, the last one first.
    """

    name: str
    kind: Kind = "text"
    optional: bool = False
    full: float | None = None

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
        return {**_payload(self), **self.beside}


class Cut(NamedTuple):
    """One text as one tokenizer cuts it.

    Example: Cut("o200k_base", split, asked="gpt-4o", path="a.md")

    `tokenizer` is the canonical name and `asked` the user's own word for it, where that is another one;
    `path` is None where the text came from the command line.
    """

    tokenizer: str
    split: Split
    asked: str = ""
    path: str | None = None
    exact: bool = True

    @property
    def name(self) -> str:
        """What the user calls the tokenizer."""
        return self.asked or self.tokenizer


@dataclass(frozen=True, slots=True)
class SplitReport:
    """The result of `split`: texts cut into tokens, one Cut per text and tokenizer.

    Example: SplitReport([Cut("jieba", split)], ids=True)

    `ids`, `hex` and `align` are what the user asked to see. To the formats that know only tables it is a
    Report with a row per token; rows and results are made while they are read, so that a long text is never
    held twice.
    """

    form: ClassVar[str] = "split"

    cuts: Sequence[Cut]
    ids: bool = False
    hex: bool = False
    align: bool = False
    errors: Sequence[Mapping[str, object]] = ()
    notes: Sequence[str] = ()
    total: None = None
    title: str = ""
    figure: None = None

    @property
    def columns(self) -> Sequence[Column]:
        """The columns of `rows`; without those that no token has anything in."""
        return [column for column, used in _token_columns(self.cuts) if used]

    @property
    def rows(self) -> Iterator[Row]:
        """One row per token, in the order of `columns`."""
        used = [used for _, used in _token_columns(self.cuts)]
        for cut in self.cuts:
            for index, token in enumerate(cut.split):
                cells = (
                    cut.path,
                    cut.tokenizer,
                    index,
                    token.start,
                    token.end,
                    token.id,
                    token.data,
                    token.label,
                )
                yield [cell for cell, is_used in zip(cells, used, strict=True) if is_used]

    @property
    def results(self) -> Iterator[Mapping[str, object]]:
        """One JSON object per Cut."""
        for cut in self.cuts:
            yield {
                "path": cut.path,
                "tokenizer": cut.tokenizer,
                "exact": cut.exact,
                "tokens": len(cut.split),
                "chars": len(cut.split.source.decode()),
                "bytes": len(cut.split.source),
                "split": list(map(token_object, cut.split)),
            }

    @property
    def summary(self) -> Mapping[str, object]:
        """How many texts there are, and how many tokens by each tokenizer."""
        return summary_of((cut.path, cut.tokenizer, len(cut.split)) for cut in self.cuts)

    @property
    def payload(self) -> dict[str, object]:
        """The whole as one JSON object."""
        return _payload(self)


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


def _payload(report: Report | SplitReport) -> dict[str, object]:
    return {
        "version": 1,
        "results": list(report.results),
        "errors": list(report.errors),
        "summary": report.summary,
    }


def _token_columns(cuts: Sequence[Cut]) -> Sequence[tuple[Column, bool]]:
    return [
        (Column("path", "path"), any(cut.path is not None for cut in cuts)),
        (Column("tokenizer"), True),
        (Column("index", "int"), True),
        (Column("start", "int"), True),
        (Column("end", "int"), True),
        (Column("id", "int"), any(cut.split.ids is not None for cut in cuts)),
        (Column("token", "token"), True),
        (Column("label"), any(cut.split.labels is not None for cut in cuts)),
    ]


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
