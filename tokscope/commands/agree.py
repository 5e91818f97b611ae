"""`tokscope agree`: do two tokenizers cut the same texts alike?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from tokscope.errors import ExitCode
from tokscope.registry import load
from tokscope.report.table import Column, Row, TableReport
from tokscope.shell import completion
from tokscope.shell.input_options import Inputs
from tokscope.shell.options import Printing, Special, require_one, require_text
from tokscope.split import Split
from tokscope.statistics.agreement import Difference, differences
from tokscope.text.quantity import quantity

COLUMNS = [
    *(Column("path", "path", grouped=True), Column("differ in", grouped=True)),
    *(Column("places", "int"), Column("A", optional=True), Column("B", optional=True)),
    *(
        Column("text", optional=True),
        Column("line", "id", optional=True),
        Column("byte", "id", optional=True),
    ),
]
"""Each kind of difference in a file: in how many places, what each makes of the first, where that is."""

KindInFile = tuple[str, str, str]
"""A kind of difference in a file: the path, what differs, in what kind of text."""

MAX_TOKENS_SHOWN = 12
"""How many tokens are shown of a difference."""

CONTEXT = 24
"""How many bytes of text are shown on either side of the first difference."""


def _tokenizer_argument(metavar: str, help: str) -> Any:
    return typer.Argument(
        metavar=metavar, help=help, show_default=False, autocompletion=completion.complete_tokenizers
    )


def agree(
    a: Annotated[str, _tokenizer_argument("A", "A tokenizer or model.")],
    b: Annotated[str, _tokenizer_argument("B", "Another tokenizer or model.")],
    inputs: Inputs,
    printing: Printing,
    special: Special = False,
) -> int:
    """Show whether two tokenizers agree on these texts, and where they first differ.

    Exit codes: 0 if they agree, 1 if they do not, 2 if that cannot be told.
    """
    console = printing.console()
    first, second = require_text([load(require_one([one]), special=special) for one in (a, b)])
    found: dict[KindInFile, list[Any]] = {}
    where: list[str] = []
    results: list[dict[str, object]] = []
    for document in inputs.documents(console, "agree"):
        with console.reporting():
            text = document.read()
            splits = first.encode(text), second.encode(text)
            some = list(differences(*splits))
            _add(found, document.path, splits[0], some)
            if some and not where:
                where = list(_describe_difference(document.path, splits[0], some[0], (a, b)))
            results.append(
                {
                    "path": document.path,
                    "tokenizers": [first.name, second.name],
                    "tokens": [len(split) for split in splits],
                    "differences": len(some),
                    "first": some[0]._asdict() if some else None,
                }
            )
    rows = [_row(*kind, *figures) for kind, figures in found.items()]
    title = f"A is {a}, B is {b}" if where else f"{a} and {b} agree on {quantity(len(results), 'text')}"
    summary = {"files": len(results), "differences": sum(places for places, *_ in found.values())}
    console.say_lost([first, second])
    report = TableReport(COLUMNS, rows, results=results, summary=summary, notes=where, title=title)
    code = console.write(report)
    return ExitCode.OVER_BUDGET if found and code is ExitCode.OK else code


def _add(found: dict[KindInFile, list[Any]], path: str, split: Split, some: Sequence[Difference]) -> None:
    """Count differences by kind, in a file, and keep where the first of each kind is."""
    for kind, places in Counter((path, one.kind, one.text) for one in some).items():
        one = next(one for one in some if (one.kind, one.text) == kind[1:])
        found[kind] = [
            places,
            _line_number(split, one),
            one.start,
            _quote_tokens(one.first),
            _quote_tokens(one.second),
        ]


def _row(path: str, differ: str, text: str, places: int, line: int, byte: int, a: str, b: str) -> Row:
    return path, differ, places, a, b, text, line, byte


def _describe_difference(path: str, split: Split, one: Difference, names: tuple[str, str]) -> list[str]:
    """Say where a difference is: its line, the text around it, and what each tokenizer makes of it."""
    source = split.source
    before = source[max(0, one.start - CONTEXT) : one.start].decode(errors="ignore")
    after = source[one.end : one.end + CONTEXT].decode(errors="ignore")
    stretch = source[one.start : one.end].decode(errors="replace")
    return [
        f"first difference, {path}:{_line_number(split, one)}, byte {one.start:,}: "
        f"{before!r} [{stretch!r}] {after!r}",
        *(
            f"{name}: {_quote_tokens(tokens)}"
            for name, tokens in zip(names, (one.first, one.second), strict=True)
        ),
    ]


def _line_number(split: Split, one: Difference) -> int:
    return 1 + split.source.count(b"\n", 0, one.start)


def _quote_tokens(tokens: Sequence[str]) -> str:
    shown = [
        *map(repr, tokens[:MAX_TOKENS_SHOWN]),
        *([f"{len(tokens) - MAX_TOKENS_SHOWN:,} more"] if len(tokens) > MAX_TOKENS_SHOWN else []),
    ]
    return " | ".join(shown) or "nothing"
