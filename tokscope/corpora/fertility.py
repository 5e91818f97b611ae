"""Fertility: how many tokens a word has in each of some languages, and premium: how many times a reference's.

The premium is that of Petrov et al. 2023 (arXiv:2305.15425): the tokens of texts over those of the same texts
in the reference, so that there is none where the documents cannot be the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath
from typing import Any, NamedTuple

from tokscope.corpora.sums import Sums
from tokscope.errors import UsageError
from tokscope.files.compressed import uncompressed_name
from tokscope.inputs.fields import named_shortly
from tokscope.report.chart import Chart
from tokscope.report.table import Cell, Column, TableReport
from tokscope.tokenizer import Tokenizer


def find_reference(asked: str | None, names: Collection[str], *, files: bool) -> str | None:
    """Find the language that --reference names; a file may be named without its folder, or its ending too.

    Example: find_reference("eng", ["flores/deu.txt", "flores/eng.txt"], files=True) -> "flores/eng.txt"

    Raises UsageError where it names none of them, or several.
    """
    if asked is None or asked in names:
        return asked
    found: list[str] = []
    if files:
        whole = [name for name in names if PurePath(name).name == asked]
        found = whole or [name for name in names if PurePath(uncompressed_name(name)).stem == asked]
    if len(found) == 1:
        return found[0]
    said = "which of" if found else "none of the languages"
    raise UsageError(f"--reference {asked}: {said} {named_shortly(found or names)}")


class Languages(NamedTuple):
    """The sums of languages by their names, the tokenizers, and the language that others are compared with.

    Example: Languages({"en": sums, "de": others}, [load("gpt-4o")], "en").figures("de", 0)["premium"]
    """

    rows: Mapping[str, Sums]
    tokenizers: Sequence[Tokenizer]
    reference: str | None = None

    @property
    def against(self) -> Sums | None:
        """The sums of the reference.

        Example: Languages({"en": sums}, [], "en").against is sums
        """
        return self.rows.get(self.reference or "")

    def figures(self, name: str, tokenizer: int) -> dict[str, Any]:
        """Give the figures of a language by a tokenizer.

        Example: languages.figures("de", 0)["tokens_per_word"] -> 1.5
        """
        sums, against = self.rows[name], self.against
        tokens = sums.tokens[tokenizer]
        same = against is not None and against.documents == sums.documents
        return {
            "words": sums.words,
            "tokens_per_word": tokens / sums.words if sums.words else None,
            "bytes_per_token": sums.bytes / tokens if tokens else None,
            "premium": tokens / against.tokens[tokenizer]
            if against is not None and same and against.tokens[tokenizer]
            else None,
        }

    def tables(self) -> list[TableReport]:
        """Make a table of tokens per word, and one of premiums where there is a reference.

        Example: languages.tables()[1].title -> "tokens per token of en"
        """
        columns = [Column("language", "path"), Column("documents", "int"), Column("words", "int")]
        columns += [Column(one.shown, "ratio") for one in self.tokenizers]
        titles = {"tokens_per_word": "tokens per word"}
        if self.against is not None:
            titles["premium"] = f"tokens per token of {self.reference}"
        return [
            TableReport(columns, [self._cells(name, figure) for name in self.rows], title=title)
            for figure, title in titles.items()
        ]

    def _cells(self, name: str, figure: str) -> list[Cell]:
        sums = self.rows[name]
        each = [self.figures(name, i)[figure] for i, _ in enumerate(self.tokenizers)]
        return [name, sums.documents, sums.words, *each]

    def notes(self) -> list[str]:
        """Say where figures mean something.

        Example: Languages({"en": sums}, [], "en").notes()[0][:23] -> "a comparison with en is"
        """
        unsure = [one.shown for one in self.tokenizers if one.unknown_id is not None]
        said = [f"what {' or '.join(unsure)} does not know costs few tokens: compare shows how much that is"]
        against = self.against
        if against is None:
            return said if unsure else []
        others = [name for name, sums in self.rows.items() if sums.documents != against.documents]
        note = (
            f"a comparison with {self.reference} is fair only where all languages say the same "
            "(a parallel corpus)"
        )
        if others:
            note += f"; not the same number of documents, so no comparison: {', '.join(others[:5])}"
        return [note, *(said if unsure else [])]

    def chart(self) -> Chart:
        """Draw the languages by tokens per word, from those in which the first tokenizer has the fewest.

        Example: languages.chart().curves -> {"gpt-4o": [(1, 1.3), (2, 1.5)]}
        """
        many = range(len(self.tokenizers))
        figures = {name: [self.figures(name, i)["tokens_per_word"] for i in many] for name in self.rows}
        known = {name: each for name, each in figures.items() if None not in each}
        order = sorted(known, key=lambda name: known[name][0])
        curves = {
            one.shown: [(place, known[name][i]) for place, name in enumerate(order, 1)]
            for i, one in enumerate(self.tokenizers)
        }
        first = self.tokenizers[0].shown
        return Chart("Tokens for a word", "language", "tokens", curves, names={first: order})
