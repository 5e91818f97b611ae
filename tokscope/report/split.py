"""SplitReport: what `split` found, texts cut into tokens, between cutting and printing.

It is a module of its own for what it costs to make its class, which counting does without.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from tokscope.report.table import Column, Row, payload_of, summary_of, token_object
from tokscope.split import Split


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
        return payload_of(self)


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
