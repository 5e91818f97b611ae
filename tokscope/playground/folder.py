"""The folder: a tree of its files with their counts, each against a budget or the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from rich.text import Text

from tokscope.errors import Problem, reporting
from tokscope.inputs import Decoding, Selection, documents
from tokscope.measure import add_up
from tokscope.measure.counter import Counter
from tokscope.render.cells import show
from tokscope.report.table import Column, most
from tokscope.text.visible import visible
from tokscope.tokenizer import Tokenizer

FILES_PER_REPORT = 200
"""How many files are counted before progress is told again."""

BAR_WIDTH = 10


@dataclass
class Branch:
    """A folder or a file, and how many tokens it has.

    Example: Branch("docs", "docs").total -> the tokens of all that is in it
    """

    name: str
    path: str
    tokens: int = 0
    inside: dict[str, Branch] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Its own tokens, and those of all that is in it."""
        return add_up([self.tokens, *(one.total for one in self.inside.values())])

    def add(self, path: str, parts: Sequence[str], tokens: int) -> None:
        """Put a file in its place; `parts` are its folders below this one, and its name.

        Example: docs = Branch("docs", "docs"); docs.add("docs/a/b.md", ["a", "b.md"], 7); docs.total -> 7
        """
        here = self
        for part in parts:
            here = here.inside.setdefault(part, Branch(part, path))
        here.tokens = tokens

    def largest(self) -> list[Branch]:
        """Give what is in it, the most tokens first.

        Example: docs = Branch("docs", "docs"); docs.add("docs/a.md", ["a.md"], 7); docs.largest()[0].name ->
        "a.md"
        """
        return sorted(self.inside.values(), key=lambda one: (-one.total, one.name))

    def label(self, budget: int) -> Text:
        """Say how many tokens it has, as a share of the budget; what is over is red.

        Example: Branch("a.md", "a.md", 50).label(100).plain -> "█████·····    50%          50  a.md"
        """
        share = most(self.total) / budget if budget else 0.0
        style = "red" if share > 1 else "green"
        full = min(round(share * BAR_WIDTH), BAR_WIDTH)
        count = show(Column("", "int"), self.total, grouped=True)
        return Text.assemble(
            ("█" * full, style),
            ("·" * (BAR_WIDTH - full), "dim"),
            (f"{share:>6.0f}×" if share > 10 else f"{share:>7.0%}", style if share > 1 else ""),
            f"{count:>12}  ",
            (visible(self.name), "bold" if self.inside else ""),
        )


def count_folder(
    folder: str,
    decoding: Decoding,
    tokenizer: Tokenizer,
    report: Problem,
    skip: Callable[[str], None],
) -> Iterator[Branch]:
    """Count the files of a folder, and give the tree as far as it has grown.

    Example: *_, tree = count_folder("docs", Decoding(), load("gpt-4o"), print, print)

    What .gitignore names is left out, as everywhere; what cannot be read goes to `report`, binary files to
    `skip`.
    """
    tree = Branch(folder, folder)
    found = documents(Selection([folder]), decoding, report=report, skip=skip)
    while some := list(islice(found, FILES_PER_REPORT)):
        counter = Counter([tokenizer])
        for document in some:
            with reporting(report):
                counter.add(document, lambda document: None)
        for (row,) in counter.results(report):
            below = row.path.removeprefix(folder).lstrip("/")
            tree.add(row.path, below.split("/"), row.figure)
        yield tree
