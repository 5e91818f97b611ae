"""SplitReport: what `split` found, texts cut into tokens, between cutting and printing.

It is a module of its own because making the class takes time that counting should not spend.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import ClassVar, NamedTuple

from tokscope.report.table import Column, Fields, Later, Report, Row, summary_of, token_object
from tokscope.split import Split


class Cut(NamedTuple):
    """One text as one tokenizer cuts it.

    Example: Cut("o200k_base", split, asked="gpt-4o", path="a.md")

    `tokenizer` is the canonical name, `asked` the name that the user gave if that is another; `path` is None
    if the text came from the command line.
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

    @property
    def about(self) -> dict[str, object]:
        """The text and its tokens as a whole, in JSON."""
        return {
            "path": self.path,
            "tokenizer": self.tokenizer,
            "exact": self.exact,
            "tokens": len(self.split),
            "chars": len(self.split.source.decode()),
            "bytes": len(self.split.source),
        }


@dataclass(frozen=True, slots=True)
class SplitReport(Report):
    """The result of `split`: texts cut into tokens, one Cut per text and tokenizer.

    Example: SplitReport([Cut("jieba", split)], ids=True)

    `ids`, `hex`, `align` and `lists` are what the user asked to see. Formats that know only tables get a row
    per token; rows and results are made as they are read, so that a long text is never in memory twice.
    """

    forms: ClassVar[Sequence[str]] = ("split", "table", "results")

    cuts: Sequence[Cut]
    ids: bool = False
    hex: bool = False
    align: bool = False
    lists: bool = False
    errors: Sequence[Fields] = ()
    notes: Iterable[str] = ()
    summary: Fields = field(default_factory=dict)

    columns: Sequence[Column] = field(init=False)
    rows: Iterable[Row] = field(init=False)
    results: Iterable[Fields] = field(init=False)

    def __post_init__(self) -> None:
        """Choose the columns, without those that would be empty; rows and results are made later."""
        put = object.__setattr__
        counts = ((cut.path, cut.tokenizer, len(cut.split)) for cut in self.cuts)
        put(self, "summary", summary_of(counts) | dict(self.summary))
        columns = (
            Column("path", "path", shown=any(cut.path is not None for cut in self.cuts)),
            Column("tokenizer"),
            Column("index", "id"),
            Column("start", "id"),
            Column("end", "id"),
            Column("id", "id", shown=any(cut.split.ids is not None for cut in self.cuts)),
            Column("token", "token"),
            Column("label", shown=any(cut.split.labels is not None for cut in self.cuts)),
        )
        shown = [column.shown for column in columns]
        put(self, "columns", [*compress(columns, shown)])
        put(self, "rows", Later(lambda: ([*compress(row, shown)] for row in self._rows())))
        put(self, "results", Later(self._results))

    def _rows(self) -> Iterator[Row]:
        """One row per token."""
        for cut in self.cuts:
            for index, token in enumerate(cut.split):
                where = (cut.path, cut.tokenizer, index, token.start, token.end)
                yield (*where, token.id, token.data, token.label)

    def _results(self) -> Iterator[Fields]:
        """One JSON object per Cut."""
        for cut in self.cuts:
            yield {**cut.about, "split": list(map(token_object, cut.split))}
