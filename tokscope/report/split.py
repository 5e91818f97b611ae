"""SplitReport: what `split` found, texts cut into tokens, between cutting and printing.

It is a module of its own because making the class takes time that counting should not spend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, ClassVar, NamedTuple

from tokscope.report.late import LateReport
from tokscope.report.objects import token_object
from tokscope.report.table import Column, Fields, Row
from tokscope.split import Split
from tokscope.transcript import Transcript, list_members

if TYPE_CHECKING:
    from tokscope.structures.sniffing import Structure


class Cut(NamedTuple):
    """One text as one tokenizer cuts it.

    Example: Cut("o200k_base", split, asked="gpt-4o", path="a.md")

    `tokenizer` is the canonical name, `asked` the name that the user gave if that is another; `path` is None
    if the text came from the command line. `transcript` is what was made of a molecule or a graph, the
    `structure`; the text of the Split is then what its tokens make together.
    """

    tokenizer: str
    split: Split
    asked: str = ""
    path: str | None = None
    exact: bool = True
    transcript: Transcript | None = None
    structure: Structure | None = None

    @property
    def of(self) -> tuple[str | None, bytes]:
        """What was cut: the same for all tokenizers of a text, or of a molecule or a graph at one place."""
        return self.path, b"" if self.transcript else self.split.source

    @property
    def drawn_as(self) -> str:
        """How it is drawn: as its structure is, or as the tree that its tokens are; "" where it is not.

        Example: Cut("smiles", split, structure=molecule).drawn_as -> "molecule"
        """
        itself = self.structure.drawn_as if self.structure else ""
        return itself or ("tree" if self.transcript and self.transcript.above is not None else "")

    @property
    def tokens(self) -> list[Fields]:
        """The tokens in JSON, each with what it stands for where it was not text that was cut.

        Example: Cut("byte", load("byte").encode("Hi")).tokens[0]["text"] -> "H"
        """
        found = list(map(token_object, self.split))
        if self.transcript is None:
            return found
        return [
            {**token, "members": [list(member) for member in symbol.members], "why": symbol.why}
            | ({} if symbol.id is None else {"id": symbol.id})
            for token, symbol in zip(found, self.transcript.signs, strict=True)
        ]

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
            **({"dropped": self.split.dropped} if self.split.dropped else {}),
        }


@dataclass(frozen=True, slots=True)
class SplitReport(LateReport):
    """The result of `split`: texts cut into tokens, one Cut per text and tokenizer.

    Example: SplitReport([Cut("jieba", split)], ids=True)

    `ids`, `hex` and `align` are what the user asked to see. `crossings`, stretches of bytes for each
    Cut.of, are what --align colours where there are any, and else what not all cut alike. Formats that know
    only tables get a row per token; rows and results are made as they are read, so that a long text is never
    in memory twice.
    """

    forms: ClassVar[Sequence[str]] = ("split", "table", "results")

    cuts: Sequence[Cut]
    ids: bool = False
    hex: bool = False
    align: bool = False
    crossings: Mapping[tuple[str | None, bytes], Sequence[tuple[int, int]]] | None = None

    def __post_init__(self) -> None:
        """Choose the columns, without those that would be empty; rows and results are made later."""
        counts = ((cut.path, cut.tokenizer, len(cut.split)) for cut in self.cuts)
        columns = (
            Column("path", "path", shown=any(cut.path is not None for cut in self.cuts)),
            Column("tokenizer"),
            Column("index", "id"),
            Column("start", "id"),
            Column("end", "id"),
            Column("id", "id", shown=any(cut.split.ids is not None for cut in self.cuts)),
            Column("token", "token"),
            Column("label", shown=any(cut.split.labels is not None for cut in self.cuts)),
            Column("stands for", shown=any(cut.transcript is not None for cut in self.cuts)),
        )
        self.fill(counts, self._results, columns, self._rows)

    def _rows(self) -> Iterator[Row]:
        """One row per token."""
        for cut in self.cuts:
            members = [list_members(one.members) for one in cut.transcript.signs] if cut.transcript else None
            for index, token in enumerate(cut.split):
                where = (cut.path, cut.tokenizer, index, token.start, token.end)
                yield (*where, token.id, token.data, token.label, members[index] if members else None)

    def _results(self) -> Iterator[Fields]:
        """One JSON object per Cut."""
        for cut in self.cuts:
            yield {**cut.about, "split": cut.tokens}


class ListsReport(SplitReport):
    """The same as lists of tokens, a line for each Cut.

    Example: ListsReport([Cut("jieba", split)])
    """

    __slots__ = ()
    forms: ClassVar[Sequence[str]] = ("lists",)


@dataclass(frozen=True, slots=True)
class PiecesReport(LateReport):
    """One text cut by one tokenizer, for formats that write each piece of it before they take the next.

    Example: PiecesReport(map(load("byte").encode, ["Hi", " there"]), ids=True)
    """

    forms: ClassVar[Sequence[str]] = ("pieces",)

    pieces: Iterable[Split]
    ids: bool = False
    hex: bool = False


@dataclass(frozen=True, slots=True)
class StructureReport(SplitReport):
    """The result of `split` for molecules and graphs, which can be drawn.

    Example: StructureReport([Cut("smiles", transcript.split, transcript=transcript, structure=molecule)])

    `save` writes the features of a graph's nodes to a file.
    """

    forms: ClassVar[Sequence[str]] = ("drawing", "matrix", *SplitReport.forms)

    save: Callable[[BinaryIO], None] = lambda file: None
