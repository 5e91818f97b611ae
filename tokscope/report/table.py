"""Report: what a command found, between measuring and printing.

A command fills one in and a renderer prints it; neither knows the other. People and spreadsheets read
`columns` and `rows`; programs read `results`, the JSON contract (manual/output.md).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import TYPE_CHECKING, ClassVar, Generic, Literal, NamedTuple, Protocol, Self, TypeVar

if TYPE_CHECKING:
    from tokscope.report.chart import Chart

T = TypeVar("T")

CellKind = Literal["path", "text", "token", "int", "id", "ratio", "percent", "bar"]

Cell = str | bytes | int | float | None
"""One value of a table; bytes where its column holds tokens, None where it has no value."""

Row = Sequence[Cell]


class Estimate(int):
    """A figure that is not exact; every format marks it.

    Example: show(Column("tokens", "int"), Estimate(1234, 1148, 1345), grouped=True) -> "≈1,234 (+9%, -7%)"

    `low` and `high` are its bounds, None where nobody has measured any. Sums and differences have bounds too:
    those of the parts, taken as if all of them erred to the same side.
    """

    sign = "≈"

    low: int | None
    high: int | None

    def __new__(cls, figure: int, low: int | None = None, high: int | None = None) -> Self:
        """Make an estimate; one made of another has its bounds."""
        made = super().__new__(cls, figure)
        made.low = getattr(figure, "low", None) if low is None else low
        made.high = getattr(figure, "high", None) if high is None else high
        return made

    @classmethod
    def unless(cls, exact: bool, figure: int) -> int:
        """Give the figure, as an estimate unless it is exact.

        Example: Estimate.unless(True, 5) -> 5; Estimate.unless(False, 5) -> Estimate(5)
        """
        return figure if exact or isinstance(figure, Estimate) else cls(figure)

    @property
    def interval(self) -> str:
        """Its bounds, the upper one first: as shares, or as tokens where a share says little; may be empty.

        Example: Estimate(100, 93, 109).interval -> "+9%, -7%"; Estimate(900, 899, 901).interval -> "+1, -1"
        """
        if self.low is None or self.high is None:
            return ""
        above, below = self.high - int(self), int(self) - self.low
        shares = [round(100 * end / abs(self)) if self else 0 for end in (above, below)]
        if self and all(
            (share or not end) and share < 1000 for share, end in zip(shares, (above, below), strict=True)
        ):
            return "+{}%, -{}%".format(*shares)
        return f"+{above:,}, -{below:,}"

    def __add__(self, other: int) -> Estimate:
        low, high = bounds(other)
        if self.low is None or self.high is None or low is None or high is None:
            return type(self)(int(self) + int(other))
        return type(self)(int(self) + int(other), self.low + low, self.high + high)

    __radd__ = __add__

    def __neg__(self) -> Estimate:
        if self.low is None or self.high is None:
            return type(self)(-int(self))
        return type(self)(-int(self), -self.high, -self.low)

    def __sub__(self, other: int) -> Estimate:
        return self + -other

    def __rsub__(self, other: int) -> Estimate:
        return -self + other


def bounds(figure: int) -> tuple[int | None, int | None]:
    """Give the least and the most that a figure may be; None where nobody knows.

    Example: bounds(5) -> (5, 5); bounds(Estimate(100, 93, 109)) -> (93, 109)
    """
    return (figure.low, figure.high) if isinstance(figure, Estimate) else (figure, figure)


def most(figure: int) -> int:
    """Give the most that a figure may be, by which budgets judge: the figure itself where that is unknown.

    Example: most(5) -> 5; most(Estimate(100, 93, 109)) -> 109
    """
    if type(figure) is int:  # as most are, of many files
        return figure
    high = bounds(figure)[1]
    return int(figure) if high is None else int(high)


class AtLeast(Estimate):
    """A count in which something was not understood or could not be counted: the true one may be larger.

    Example: show(Column("tokens", "int"), AtLeast(1234), grouped=True) -> "≥1,234"
    """

    sign = "≥"


Fields = Mapping[str, object]
"""A JSON object."""


class Column(NamedTuple):
    """One column of a table: its heading, what its cells hold, and whether it is shown.

    Example: Column("unknown", "percent", optional=True), with cells from 0.0 to 1.0

    path: a name from outside (a file, a section); shortened in the middle, and last in `plain`, as in wc
    text: words of our own
    token: the bytes of a token; shortened at their end
    int, ratio, percent: figures; a percent's cell is a fraction of 1
    id: a figure to be copied (an id, an offset): no commas between its thousands
    bar: a figure that is in another column too, drawn as a bar by `table` and left out elsewhere; `full` is
    the figure that fills the bar, by default the largest in the column

    Of a column of figures the `better` ones may be those that are "less" or "more"; of answers "more" is yes.

    Rows that follow each other under one name are `grouped`: a terminal shows the name once.

    A ratio has as many `digits` after the point. A `signed` figure is a difference, with a plus if positive.

    An `optional` column may be left out of a table that is too wide for the terminal, the last one first; the
    first of all is shortened instead. A column that is not `shown` appears in no format, and neither do its
    cells.
    """

    name: str
    kind: CellKind = "text"
    optional: bool = False
    full: float | None = None
    shown: bool = True
    signed: bool = False
    better: Literal["less", "more"] | None = None
    digits: int = 2
    grouped: bool = False

    @property
    def numeric(self) -> bool:
        """Whether its cells are figures, which are aligned to the right."""
        return self.kind in ("int", "id", "ratio", "percent")


def only_shown(columns: Sequence[Column]) -> tuple[Sequence[Column], Callable[[Row], Row]]:
    """Leave out the columns that are not shown; give the others, and what leaves out the cells of a row.

    Example: only_shown([Column("path", shown=False), Column("id")])[1](("a.md", 5)) -> [5]
    """
    shown = [column.shown for column in columns]
    return [*compress(columns, shown)], lambda row: [*compress(row, shown)]


class Later(Generic[T]):
    """Things that are made when a format asks for them, each time again.

    Example: results=Later(lambda: ({"id": id} for id in ids))
    """

    def __init__(self, make: Callable[[], Iterable[T]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[T]:
        return iter(self._make())


class Ordering(Protocol):
    """What puts the rows of a table in order, of which it leaves the `top`; an Order is the one there is.

    Example: Order("tokens", top=3)
    """

    @property
    def top(self) -> int | None:
        """How many rows are left."""

    def __call__(self, report: TableReport) -> TableReport:
        """Give the table with its rows in order. Raises UsageError.

        Example: Order(top=1)(report).rows -> the first row
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What every renderer takes; each kind of report fills in what it has.

    Example: class TableReport(Report), with a table; class SplitReport(Report), with texts cut into tokens

    `forms` are the ways to show it, the most informative first; a format uses the first that it knows (see
    render.FORMATS). `total` is a row set off from the others. `notes` are lines that only formats for people
    show ("gpt-4o uses o200k_base"). `results`, `errors` and `summary` are JSON objects. `parts` are tables
    that follow this one, each under its title, and `chart` is drawn below them. csv, which can hold only one
    table, shows `sheet` if there is one; on a terminal `tree` stands in place of its rows. The rows that
    begin with one of `unlike` have figures that do not compare with the others'. For the JSON formats
    everything is in `results`, and in further lists, `beside`, by name. Where a plot is asked for, what
    `plotted` makes takes its place: the same with a chart.
    """

    forms: ClassVar[Sequence[str]]

    columns: Sequence[Column] = ()
    rows: Iterable[Row] = ()
    total: Row | None = None
    results: Iterable[Fields] = ()
    errors: Sequence[Fields] = ()
    summary: Fields = field(default_factory=dict)
    notes: Iterable[str] = ()
    title: str = ""
    parts: Sequence[TableReport] = ()
    chart: Chart | None = None
    sheet: Report | None = None
    tree: Report | None = None
    beside: Mapping[str, Iterable[Fields]] = field(default_factory=dict)
    unlike: Collection[Cell] = ()
    plotted: Callable[[], Report] | None = None

    def ordered(self, order: Ordering, form: str | None) -> Report:
        """Put in order what one of its forms shows; here nothing has an order other than its own.

        Example: TableReport([Column("tokens", "int")], [(1,), (2,)]).ordered(Order("tokens"), "table").rows
        -> [(2,), (1,)]
        """
        return self

    @property
    def shown_as(self) -> Sequence[str]:
        """Its forms, and first of all that of its chart where it has one: only pictures show that alone.

        Example: TableReport([], []).shown_as -> ["table", "results"]
        """
        return self.forms if self.chart is None else ["chart", *self.forms]

    @property
    def figure(self) -> tuple[Column, Cell] | None:
        """The only figure of a report on one input, and its column; None if there are more or none."""
        return None

    @property
    def estimated(self) -> bool:
        """Whether a figure in its rows is an estimate."""
        return False


@dataclass(frozen=True, slots=True)
class TableReport(Report):
    """A table, and the same results for programs.

    Example: TableReport([Column("path", "path"), Column("o200k_base", "int")], [("a.md", 10)])
    """

    forms: ClassVar[Sequence[str]] = ("table", "results")

    columns: Sequence[Column]
    rows: Sequence[Row]

    def ordered(self, order: Ordering, form: str | None) -> Report:
        """Put its rows in order, and its results."""
        return order(self)

    def __post_init__(self) -> None:
        """Leave out the columns that are not shown."""
        if not all(column.shown for column in self.columns):
            put = object.__setattr__
            columns, cells = only_shown(self.columns)
            put(self, "columns", columns)
            put(self, "rows", [*map(cells, self.rows)])
            put(self, "total", None if self.total is None else cells(self.total))

    def plotting(self, chart: Callable[[], Chart | None]) -> Self:
        """Give the report with what makes its chart, where a plot is asked for.

        Example: TableReport(columns, rows).plotting(lambda: Chart("Loss", "step", "bits", curves))
        """
        return replace(self, plotted=lambda: replace(self, chart=chart()))

    @property
    def figure(self) -> tuple[Column, Cell] | None:
        """The only figure of a report on one input, and its column; None if there are more or none.

        Example: TableReport([Column("tokens", "int")], [(10,)]).figure[1] -> 10
        """
        figures = [i for i, column in enumerate(self.columns) if column.numeric]
        alone = all(column.numeric or column.kind == "path" for column in self.columns)
        more = self.total is not None or self.parts or self.chart is not None
        if len(self.rows) != 1 or len(figures) != 1 or more or not alone:
            return None
        return self.columns[figures[0]], self.rows[0][figures[0]]

    @property
    def estimated(self) -> bool:
        """Whether a figure in its rows is an estimate."""
        return any(isinstance(cell, Estimate) for row in self.rows for cell in row)


class RecordsReport(Report):
    """Results that are made and read one by one, so many that they are never in memory together.

    Example: RecordsReport(results=Later(lambda: ({"word": word} for word in words)))
    """

    __slots__ = ()
    forms: ClassVar[Sequence[str]] = ("records",)


class CorpusReport(TableReport):
    """A table whose results have the same figures each, so that they are a table of columns for programs too.

    Example: CorpusReport([Column("path", "path"), Column("o200k_base", "int")], [("a.jsonl", 10)])
    """

    __slots__ = ()
    forms: ClassVar[Sequence[str]] = (*TableReport.forms, "columns")


def forms_of(*kinds: type[Report], plot: bool = False) -> Sequence[str]:
    """List the forms of some kinds of reports, and first of all that of a plot where pictures are of that.

    Example: forms_of(TableReport, plot=True) -> ["chart", "table", "results"]
    """
    return [*["chart"] * plot, *dict.fromkeys(form for kind in kinds for form in kind.forms)]
