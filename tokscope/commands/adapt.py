"""`tokscope adapt`: a vocabulary that grows to suit a domain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import typer

from tokscope.backends.adapted import Adaptation, Adapted
from tokscope.errors import UnknownTokenizer, UsageError, similar
from tokscope.files.writing import whole_file
from tokscope.learning.adaptation import HOLD_OUT_EVERY, Gain, Growth, grow, new_terms
from tokscope.models.names import vocabulary_of
from tokscope.registry import DEFAULT
from tokscope.report.objects import bytes_object
from tokscope.report.order import Order
from tokscope.report.table import Column, Row, TableReport
from tokscope.shell import completion
from tokscope.shell.console import Console
from tokscope.shell.input_options import Inputs
from tokscope.shell.options import OUTPUT, Color, Sort, format_option
from tokscope.text.terms import read_terms
from tokscope.vocabularies import VOCABULARIES

HALF = 2  # bytes of a weight in 16 bits

COLUMNS = [
    *(Column("before", "int"), Column("after", "int"), Column("saved", "int")),
    *(Column("saving", "percent"), Column("kind"), Column("id", "id"), Column("token", "token")),
]
ID = 5
"""Which of them holds the id."""


class Growing(NamedTuple):
    """The vocabulary that grows: what it begins with.

    Example: Growing(base="gpt2").file("med.json") -> "med.json"
    """

    base: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The BPE vocabulary to begin with.",
            show_default=DEFAULT,
            autocompletion=completion.complete_tokenizers,
        ),
    ] = None
    update: Annotated[
        str | None, typer.Option(metavar="FILE", help="Extend this file, whose tokens keep their ids.")
    ] = None

    def file(self, output: str | None) -> str:
        """Name the file to write, `output` if that is given. Raises UsageError.

        Example: Growing(update="med.json").file(None) -> "med.json"
        """
        if self.base is not None and self.update is not None:
            raise UsageError("--base starts a vocabulary and --update extends one: use one of them")
        file = output or self.update
        if file is None or file == "-":
            raise UsageError("name the file to write: -o med.json (standard output is for the report)")
        return file

    def begin(self, file: str) -> Adapted:
        """Load what it begins with, named after the file to write. Raises TokenizerError and UsageError.

        Example: Growing("gpt2").begin("med.json").vocab_size -> 50257
        """
        start = (
            Adaptation.read(self.update)
            if self.update
            else Adaptation(_base_vocabulary(self.base or DEFAULT))
        )
        return start.tokenizer(f"adapted:{file}")


class NewTokens(NamedTuple):
    """The tokens to add.

    Example: NewTokens(terms="terms.txt").new_tokens -> 100
    """

    terms: Annotated[
        str | None, typer.Option(metavar="FILE", help="Terms that become one token each, one a line.")
    ] = None
    new_tokens: Annotated[
        int, typer.Option(min=0, metavar="N", help="Learn at most N tokens besides the terms.")
    ] = 100
    min_frequency: Annotated[
        int, typer.Option(min=1, metavar="N", help="How often a learned token must occur in the corpus.")
    ] = 5


Destination = Annotated[
    str | None,
    typer.Option(
        *("-o", "--output"),
        metavar="FILE",
        help="Write the vocabulary here.",
        show_default="the file of --update",
        rich_help_panel=OUTPUT,
    ),
]
FirstTokens = Annotated[
    int, typer.Option(min=0, metavar="N", help="Show only the first N tokens.", rich_help_panel=OUTPUT)
]


def adapt(
    inputs: Inputs,
    vocabulary: Growing,
    new: NewTokens,
    dim: Annotated[
        int,
        typer.Option(
            min=1, max=1_000_000, metavar="N", help="The model's width, for the cost of embedding rows."
        ),
    ] = 4096,
    format: Annotated[str | None, format_option(TableReport.forms)] = None,
    output: Destination = None,
    color: Color = "auto",
    sort: Sort = None,
    top: FirstTokens = 10,
) -> int:
    """Add a domain's terms and frequent words to a vocabulary, and show what each one saves."""
    file = vocabulary.file(output)
    console = Console(None, format, color)
    start = vocabulary.begin(file)
    terms, single = new_terms(start, read_terms(new.terms) if new.terms else [])
    with whole_file(file) as out:  # opened first: what cannot be written is known before the work
        growth = grow(
            *(start, terms, inputs.corpus(console, "adapt"), console.progress),
            new_tokens=new.new_tokens,
            min_frequency=new.min_frequency,
        )
        if not growth.gains:
            raise UsageError("no token to add: no term is new, and nothing occurs --min-frequency times")
        out.write(growth.adaptation.to_json().encode())
    if single:
        some = ", ".join(single[:3]) + (", ..." if len(single) > 3 else "")
        are = "is" if len(single) == 1 else "are"
        console.say(f"{len(single):,} of the terms {are} already a single token: {some}")
    return console.write(_report(growth, Order(sort, top), dim))


def _base_vocabulary(base: str) -> str:
    """Give the vocabulary that a name or a model stands for. Raises UnknownTokenizer and UsageError."""
    name = vocabulary_of(base)
    names = [name for name, known in VOCABULARIES.items() if known.backend == "bpe" and not known.characters]
    if name is None:
        raise UnknownTokenizer(base, similar(base, names), f"--base is one of {', '.join(names)}")
    if name not in names:
        raise UsageError(f"--base {base} is not byte-level BPE, the only kind to extend: {', '.join(names)}")
    return name


def _report(growth: Growth, order: Order, dim: int) -> TableReport:
    """A row for each of the first tokens, one for all others, and one for the rest of the text."""
    gains = sorted(growth.gains, key=lambda gain: -gain.saves)
    saving = [gain for gain in gains if gain.saves]
    first = order(TableReport(COLUMNS, [*map(_own_row, saving)], results=[*map(_object, saving)]))
    rows = [*first.rows]
    shown = {row[ID] for row in rows}
    others = [gain for gain in gains if gain.id not in shown]
    if others:
        rows.append(_row(_before(others), _uses(others), f"{len(others):,} more"))
    rows.append(_row(growth.before - _before(gains), growth.after - _uses(gains), "other text"))
    size = len(gains) * dim * HALF
    saved = 1 - growth.after / growth.before
    idle = sum(not gain.uses for gain in gains)
    return TableReport(
        COLUMNS,
        rows,
        total=_row(growth.before, growth.after, "held-out text"),
        title=f"{growth.adaptation.base} with {len(growth.adaptation.tokens):,} new tokens",
        results=first.results,
        summary={
            "base": growth.adaptation.base,
            "held_out": {"before": growth.before, "after": growth.after, "saving": saved},
            "embedding": {"rows": len(gains), "dim": dim, "bytes": size},
        },
        notes=[
            f"counted on the held-out 1/{HOLD_OUT_EVERY} of the corpus"
            + (f", in which {idle:,} of the new tokens do not occur" if idle else ""),
            f"{len(gains):,} more embedding rows: {size / 1e6:,.2f} MB at {dim:,} dimensions in 16 bits,"
            " twice that if the output layer has its own rows",
        ],
    )


def _before(gains: Sequence[Gain]) -> int:
    return sum(gain.uses * gain.cost for gain in gains)


def _uses(gains: Sequence[Gain]) -> int:
    return sum(gain.uses for gain in gains)


def _row(before: int, after: int, kind: str, number: int | None = None, token: bytes | None = None) -> Row:
    saving = 1 - after / before if before else None
    return before, after, before - after, saving, kind, number, token


def _own_row(gain: Gain) -> Row:
    return _row(_before([gain]), gain.uses, "term" if gain.term else "learned", gain.id, gain.data)


def _object(gain: Gain) -> dict[str, object]:
    return {
        **bytes_object(gain.data),
        "id": gain.id,
        "term": gain.term,
        "before": _before([gain]),
        "after": gain.uses,
    }
