"""`tokscope chars`: what a model sees of the letters in a text, and exercises in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

import typer

from tokscope.errors import ExitCode, UsageError
from tokscope.inside.exercises import common_words, tasks, usable_words
from tokscope.inside.letters import Meaning, Sighting, one_letter, sightings
from tokscope.render.json import dumps
from tokscope.report.table import Column, Later, TableReport, type_object
from tokscope.shell.console import Console
from tokscope.shell.options import Inputs, Printing, Tokenizers
from tokscope.split import Split
from tokscope.text.visible import escape
from tokscope.tokenizer import Tokenizer

TASKS = "Tasks"


def chars(
    inputs: Inputs,
    tokenizers: Tokenizers,
    printing: Printing,
    letter: Annotated[
        str | None,
        typer.Option(metavar="CHAR", help="The letter to look for.", show_default="every letter"),
    ] = None,
    ignore_case: Annotated[
        bool, typer.Option("-i", "--ignore-case", help="A capital letter is the same letter.")
    ] = False,
    number: Annotated[
        int | None,
        typer.Option(
            "--tasks",
            min=1,
            metavar="N",
            help="Write N exercises instead, as JSON Lines.",
            rich_help_panel=TASKS,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Chooses the exercises.", rich_help_panel=TASKS)] = 0,
    words: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="The words for them, one a line.",
            show_default="5,000 English words",
            rich_help_panel=TASKS,
        ),
    ] = None,
) -> int:
    """Show where letters stand, in which tokens, and whether one shows it; or make exercises of it."""
    console = printing.console()
    if number is not None:
        if inputs.selection != Inputs().selection or letter is not None or ignore_case:
            raise UsageError(
                "--tasks makes texts of its own, of --words: give it no input, no --letter and no -i"
            )
        if printing.format not in (None, "ndjson"):
            raise UsageError(f"--format {printing.format}: --tasks writes JSON Lines")
        lines = None if words is None else _lines(inputs._replace(paths=[words]), console)
        return _write_tasks(number, seed, lines, tokenizers.load(), console)
    if words is not None:
        raise UsageError("--words is for --tasks N")
    wanted = None if letter is None else one_letter(letter)
    loaded = tokenizers.load()
    rows: list[LetterFound] = []
    files = 0
    meanings = [Meaning(one) for one in loaded]
    for document in inputs.documents(console, "chars"):
        with console.reporting():
            text = document.read()
            files += 1
            for one, meaning in zip(loaded, meanings, strict=True):
                split = one.encode(text)
                found = sightings(split, meaning, wanted, ignore_case=ignore_case)
                rows += [LetterFound(document.path, one, split, key, places) for key, places in found.items()]
    several = files > 1 or bool(console.problems)
    return console.write(_report(rows, files, several, len(loaded)), loaded)


def _lines(inputs: Inputs, console: Console) -> Iterator[str]:
    """Read the lines of the file of words."""
    for document in inputs.documents(console, "chars"):
        yield from document.read().splitlines()


class LetterFound(NamedTuple):
    """One row: a letter in a text that a tokenizer has cut."""

    path: str
    tokenizer: Tokenizer
    split: Split
    letter: str
    places: Sequence[Sighting]

    @property
    def tokens(self) -> dict[int, int]:
        """How many of the letter each token holds, wholly or in part."""
        return Counter(index for place in self.places for index in place.tokens)


def _report(findings: Sequence[LetterFound], files: int, several: bool, tokenizers: int) -> TableReport:
    """A row for each letter, text and tokenizer."""
    columns = [
        Column("path", "path", shown=several),
        Column("tokenizer", shown=tokenizers > 1),
        Column("letter", "token"),
        Column("count", "int"),
        Column("revealed", "int"),
        Column("at", optional=True),
        Column("in", optional=True),
    ]
    rows = [
        (
            one.path,
            one.tokenizer.shown,
            one.letter.encode(),
            len(one.places),
            sum(place.revealed for place in one.places),
            " ".join(str(place.position) for place in one.places) or None,
            "│".join(escape(one.split[index].data) for index in one.tokens) or None,
        )
        for one in findings
    ]
    return TableReport(
        columns,
        rows,
        results=Later(lambda: map(_object, findings)),
        summary={"files": files, "first_position": 1},
    )


def _object(finding: LetterFound) -> dict[str, object]:
    """Describe a row in JSON."""
    return {
        "path": finding.path,
        "tokenizer": finding.tokenizer.name,
        "exact": finding.tokenizer.exact,
        "letter": finding.letter,
        "count": len(finding.places),
        "revealed": sum(place.revealed for place in finding.places),
        "places": [place._asdict() for place in finding.places],
        "tokens": [
            {"index": index, **type_object(finding.split[index]), "count": count}
            for index, count in finding.tokens.items()
        ],
    }


def _write_tasks(
    number: int, seed: int, lines: Iterator[str] | None, tokenizers: Sequence[Tokenizer], console: Console
) -> ExitCode:
    """Write exercises as JSON Lines, each with its prompt as the tokenizers cut it."""
    words = common_words()
    if lines is not None:
        words, left_out = usable_words(lines)
        if console.problems:
            return ExitCode.ERROR
        if left_out:
            console.say(
                f"{left_out:,} {'word' if left_out == 1 else 'words'} left out: no two letters differ"
            )
    made = tasks(words, number, seed)
    with console.stream() as out:
        for task in made:
            prompt = {one.name: [*map(type_object, one.encode(task.prompt))] for one in tokenizers}
            out.write(f"{dumps({**task._asdict(), 'tokens': prompt})}\n".encode())
    return console.end()
