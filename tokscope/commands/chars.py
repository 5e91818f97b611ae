"""`tokscope chars`: what a model sees of the letters in a text, and exercises in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

import typer

from tokscope.errors import ExitCode, UsageError
from tokscope.inside.exercises import Task, TaskStyle, common_words, tasks, usable_words
from tokscope.inside.letters import Meaning, Sighting, one_letter, sightings
from tokscope.render import JSON_LINES
from tokscope.report.objects import type_object
from tokscope.report.table import Column, Later, RecordsReport, TableReport
from tokscope.shell.console import Console
from tokscope.shell.input_options import Inputs
from tokscope.shell.options import Printing, Tokenizers
from tokscope.split import Split
from tokscope.text.quantity import quantity
from tokscope.text.visible import escape
from tokscope.tokenizer import Tokenizer

TASKS = "Tasks"


class LetterCount(NamedTuple):
    """One row: a letter in a text as a tokenizer cuts it.

    Example: next(WantedLetters("r").find("berry", "", load("char"), Meaning(load("char")))).letter -> "r"
    """

    path: str
    tokenizer: Tokenizer
    split: Split
    letter: str
    places: Sequence[Sighting]

    @property
    def tokens(self) -> dict[int, int]:
        """How often each token holds the letter, all or part of it."""
        return Counter(index for place in self.places for index in place.tokens)


class WantedLetters(NamedTuple):
    """Which letters to look for.

    Example: WantedLetters("r", ignore_case=True)
    """

    letter: Annotated[
        str | None,
        typer.Option(metavar="CHAR", help="The letter to look for.", show_default="every letter"),
    ] = None
    ignore_case: Annotated[bool, typer.Option("-i", "--ignore-case", help="Ignore case.")] = False

    def find(self, text: str, path: str, tokenizer: Tokenizer, meaning: Meaning) -> Iterator[LetterCount]:
        """Find the letters in a text as one tokenizer cuts it.

        Example: char = load("char");
        len(next(WantedLetters("r").find("berry", "", char, Meaning(char))).places) -> 2
        """
        split = tokenizer.encode(text)
        found = sightings(split, meaning, self.letter, ignore_case=self.ignore_case)
        for letter, places in found.items():
            yield LetterCount(path, tokenizer, split, letter, places)


class Exercises(NamedTuple):
    """Exercises in the letters of words: how many, which, and of which words.

    Example: Exercises(number=10, seed=7).number -> 10
    """

    number: Annotated[
        int | None,
        typer.Option(
            "--tasks",
            min=1,
            metavar="N",
            help="Write N exercises instead: JSON Lines, or text on a terminal.",
            rich_help_panel=TASKS,
        ),
    ] = None
    seed: Annotated[int, typer.Option(help="Another seed makes other exercises.", rich_help_panel=TASKS)] = 0
    style: Annotated[
        TaskStyle,
        typer.Option(
            metavar="STYLE",
            help="balanced: swap letters, positions from 1, all answers equally frequent; "
            "study: replace a letter, positions from 0, count the most frequent letter.",
            rich_help_panel=TASKS,
        ),
    ] = TaskStyle.BALANCED
    words: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="The words of the exercises, one a line.",
            show_default="5,000 English words",
            rich_help_panel=TASKS,
        ),
    ] = None

    def choose_from(self, inputs: Inputs, console: Console) -> Sequence[str]:
        """Read the words to choose from, and say on the console how many are left out.

        Example: len(Exercises().choose_from(inputs, console)) -> 5000

        Raises InputError.
        """
        if self.words is None:
            return common_words()
        files = inputs._replace(paths=[self.words]).documents(console, "chars")
        words, left_out = usable_words(line for file in files for line in file.read().splitlines())
        if left_out and not console.problems:
            console.say(f"{quantity(left_out, 'word')} left out: no two letters differ")
        return words

    def write(self, inputs: Inputs, tokenizers: Tokenizers, printing: Printing) -> ExitCode:
        """Write them, each with its prompt as the tokenizers cut it. Raises UsageError, TokscopeError.

        Example: Exercises(number=2).write(inputs, tokenizers, printing) writes two lines
        """
        console = (
            printing.console()
            if printing.looked_at
            else Console(
                *(printing.output, printing.format),
                forms=RecordsReport.forms,
                endings=JSON_LINES,
                refusal=": --tasks writes JSON Lines",
            )
        )
        loaded = tokenizers.load()
        words = self.choose_from(inputs, console)
        if console.problems:
            return console.end()
        made = tasks(words, self.number or 0, self.seed, self.style)
        if printing.looked_at:
            return console.write(_exercise_sheet([*made], loaded), loaded)
        return console.write(RecordsReport(results=(_task(one, loaded) for one in made)))


def chars(
    inputs: Inputs, tokenizers: Tokenizers, printing: Printing, wanted: WantedLetters, exercises: Exercises
) -> int:
    """Show which tokens letters are in and whether the tokens reveal them, or write exercises."""
    if exercises.number is not None:
        if inputs.selection != Inputs().selection or wanted != WantedLetters():
            raise UsageError("--tasks makes its own texts from --words: leave out inputs, --letter and -i")
        return exercises.write(inputs, tokenizers, printing)
    console = printing.console()
    if exercises != Exercises():
        raise UsageError("--words, --style and --seed are for --tasks N")
    if wanted.letter is not None:
        one_letter(wanted.letter)
    loaded = tokenizers.load()
    rows: list[LetterCount] = []
    files = 0
    meanings = [Meaning(one) for one in loaded]
    for document in inputs.documents(console, "chars"):
        with console.reporting():
            text = document.read()
            files += 1
            for one, meaning in zip(loaded, meanings, strict=True):
                rows += wanted.find(text, document.path, one, meaning)
    several = files > 1 or bool(console.problems)
    return console.write(_report(rows, files, several, len(loaded)), loaded)


COLUMNS = [
    Column("path", "path", grouped=True),
    Column("tokenizer", grouped=True),
    Column("letter", "token"),
    Column("count", "int"),
    Column("revealed", "int"),
    Column("at", optional=True),
    Column("in", optional=True),
]


def _report(findings: Sequence[LetterCount], files: int, several: bool, tokenizers: int) -> TableReport:
    """A row for each letter, text and tokenizer."""
    path, tokenizer, *others = COLUMNS
    columns = [path._replace(shown=several), tokenizer._replace(shown=tokenizers > 1), *others]
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
        notes=[_letter_note(findings)] if rows else ["no such letter here"],
    )


def _letter_note(findings: Sequence[LetterCount]) -> str:
    """Say what makes a letter revealed, and by whose tokens it is where no column does."""
    first, *others = dict.fromkeys(one.tokenizer.shown for one in findings)
    whose = "" if others else f"tokens of {first}; "
    return f"{whose}revealed: by a token that is this letter and nothing else"


def _object(finding: LetterCount) -> dict[str, object]:
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


def _task(task: Task, tokenizers: Sequence[Tokenizer]) -> dict[str, object]:
    """Describe an exercise in JSON."""
    prompt = {one.name: [*map(type_object, one.encode(task.prompt))] for one in tokenizers}
    return {**task._asdict(), "tokens": prompt}


def _exercise_sheet(made: Sequence[Task], tokenizers: Sequence[Tokenizer]) -> TableReport:
    """Show exercises to somebody at a terminal: each with its answer, and with how its word is cut."""
    rows = [
        (
            *(one.word, one.prompt, one.answer),
            *("│".join(escape(token.data) for token in each.encode(one.word)) for each in tokenizers),
        )
        for one in made
    ]
    columns = [Column("word"), Column("prompt"), Column("answer"), *(Column(one.shown) for one in tokenizers)]
    return TableReport(columns, rows, notes=["in a pipe, and with -o FILE.jsonl, an exercise a line as JSON"])
