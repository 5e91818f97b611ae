"""`tokscope vocab`: what is in a vocabulary, and what two have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from shlex import quote
from typing import Annotated, NamedTuple

import typer

from tokscope.errors import ExitCode, InputError, UnknownTokenizer, UsageError
from tokscope.inside.vocabulary import Comparison, Filter, compare_vocabularies
from tokscope.inside.vocabulary_tables import COLUMNS as COLUMNS
from tokscope.inside.vocabulary_tables import (
    FoundTokens,
    by_script,
    list_differences,
    list_partial,
    list_tokens,
    list_unreachable,
)
from tokscope.models.names import vocabulary_of
from tokscope.registry import DEFAULT, load
from tokscope.report.table import TableReport
from tokscope.shell import completion
from tokscope.shell.console import Console
from tokscope.shell.options import OUTPUT, Printing, require_one
from tokscope.text.scripts import SCRIPTS
from tokscope.tokenizer import Entry, Tokenizer

TOP = 20
"""How many of the longest tokens are listed without --top."""

SHARED = "shared"
DIFF = "tokscope vocab diff cl100k_base o200k_base"


class WantedTokens(NamedTuple):
    """Which tokens to list, or to compare.

    Example: WantedTokens(grep="^ing$").fixed -> False
    """

    grep: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="List tokens in which this pattern is found.", show_default=False),
    ] = None
    fixed: Annotated[
        bool, typer.Option("-F", "--fixed", help="Take --grep as plain text, not as a pattern.")
    ] = False
    ignore_case: Annotated[bool, typer.Option("-i", "--ignore-case", help="Ignore case in --grep.")] = False
    script: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="List tokens of this script: Han, Latin, ..., Common, Mixed, Partial.",
            autocompletion=completion.complete_names(SCRIPTS),
        ),
    ] = None
    special: Annotated[bool, typer.Option("--special", help="List special tokens.")] = False

    def keep(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Give those of `entries`. Raises UsageError for a bad pattern or script.

        Example: len(list(WantedTokens("^ing$").keep(load("gpt2").vocabulary()))) -> 1
        """
        return Filter(*self)(entries)


class Lost(NamedTuple):
    """Tokens that no text, or no whole character, comes to.

    Example: Lost(partial=True).unreachable -> False
    """

    unreachable: Annotated[
        bool,
        typer.Option(
            "--unreachable", help="List tokens that no text is cut into, and what comes in their place."
        ),
    ] = False
    partial: Annotated[
        bool, typer.Option("--partial", help="List tokens of several bytes that are not whole characters.")
    ] = False

    def report(
        self, tokenizer: Tokenizer, sought: Sequence[WantedTokens], first: First, console: Console
    ) -> TableReport:
        """Make a row for each of them. Raises UsageError where both are asked for, or some are named.

        Example: Lost(partial=True).report(load("gpt2"), [WantedTokens()], First(), console).rows[0]
        """
        if len(sought) != 1:
            raise UsageError("--unreachable and --partial find tokens: give one text to look for, and no id")
        wanted = sought[0]
        if self.unreachable and self.partial:
            raise UsageError("--unreachable and --partial are two lists: ask for one at a time")
        if self.partial:
            return list_partial(tokenizer, wanted.keep, first.choose)
        console.status(f"encoding what each token of {tokenizer.shown} stands for")
        return list_unreachable(tokenizer, wanted.keep, first.choose)


Longest = Annotated[
    bool, typer.Option("--longest", help=f"Put the longest first; show {TOP} tokens.", rich_help_panel=OUTPUT)
]


class First(NamedTuple):
    """How much of a list to make.

    Example: First(longest=True, top=None)
    """

    longest: bool
    top: int | None

    def choose(self, found: Sequence[FoundTokens]) -> Sequence[FoundTokens]:
        """Give the first of `found`, with --longest the longest ones.

        Example: First(longest=False, top=1).choose([(Entry(2, b"a", None),)] * 2)
        """
        if not self.longest:
            return found[: self.top]
        return sorted(found, key=lambda entries: -len(entries[0].data))[: self.top or TOP]


TokenIds = Annotated[
    list[int] | None, typer.Option("--id", metavar="N", help="Show the token with this id. Repeatable.")
]
OnlyIn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="After diff: list what only NAME has, or what both have ('shared').",
        autocompletion=completion.complete_tokenizers,
    ),
]


def vocab(
    wanted: WantedTokens,
    printing: Printing,
    *,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME [TEXT|ID]... | diff NAME NAME]",
            help="A tokenizer or model, and what its tokens hold, or ids; two after diff.",
            show_default=DEFAULT,
            autocompletion=completion.complete_tokenizers,
        ),
    ] = None,
    ids: TokenIds = None,
    only: OnlyIn = None,
    lost: Lost,
    longest: Longest = False,
) -> int:
    """List the tokens of a vocabulary, by text, script or id, or compare two vocabularies."""
    console = printing.console()
    first = First(longest, printing.top if printing.sort is None else None)  # what is sorted has to be whole
    named = names or [DEFAULT]
    if named[0] == "diff":
        if len(named) != 3 or ids or any(lost):
            raise UsageError(f"diff compares two whole vocabularies: {DIFF}")
        return _diff_tables(named[1:], only, wanted, first, console)
    if only is not None:
        raise UsageError(f"name one vocabulary to list it, or compare two: {DIFF}")
    texts, ids = _after_the_name(named[1:], wanted, ids or [])
    one = _vocabulary(named[0])
    sought = [wanted._replace(grep=text, fixed=True) for text in texts] or ([] if ids else [wanted])
    if any(lost):
        return console.write(lost.report(one, [] if ids else sought, first, console), [one])
    if printing.looked_at and not any((ids, texts, *wanted, *first)):
        return console.write(by_script(one.vocabulary()), [one])
    entries = wanted.keep(_looked_up(one, ids, console)) if ids else ()
    return _list_sought(one, named[0], entries, sought, first, console, looked_at=printing.looked_at)


def _vocabulary(name: str) -> Tokenizer:
    """Load the tokenizer of this name. Raises UnknownTokenizer, which says how a token is looked up."""
    try:
        return load(require_one([name]))
    except UnknownTokenizer as error:
        raise UnknownTokenizer(
            name, error.close, f"to look for it: tokscope vocab {DEFAULT} {quote(name)}"
        ) from None


def _after_the_name(
    words: Sequence[str], wanted: WantedTokens, ids: list[int]
) -> tuple[list[str], list[int]]:
    """Take what is after the name of a vocabulary: what tokens hold, and ids. Raises UsageError."""
    texts = [word for word in words if not word.isdecimal()]
    if texts and wanted.grep is not None:
        raise UsageError("a text after the name and --grep are two searches: use one of them")
    if len(words) == 1 and texts and vocabulary_of(texts[0]):
        raise UsageError(f"name one vocabulary to list it, or compare two: {DIFF}")
    return texts, [*ids, *(int(word) for word in words if word.isdecimal())]


def _diff_tables(
    names: Sequence[str], only: str | None, wanted: WantedTokens, first: First, console: Console
) -> ExitCode:
    """Compare two vocabularies, or list the part of the comparison that --only names."""
    if only is None and (first.longest or first.top):
        raise UsageError("--longest and --top are for lists: add --only NAME, or --only shared")
    both = [load(require_one([name])) for name in names]
    compared = compare_vocabularies(*(wanted.keep(one.vocabulary()) for one in both))
    if only is None:
        return console.write(list_differences(compared, both), both)
    listed, whose = _choose_part(compared, both, names, only)
    return console.write(list_tokens(first.choose(listed), whose), whose)


def _list_sought(
    one: Tokenizer,
    name: str,
    entries: Iterable[Entry],
    sought: Sequence[WantedTokens],
    first: First,
    console: Console,
    *,
    looked_at: bool,
) -> ExitCode:
    """List `entries`, then the tokens that are sought, and say what is not found."""
    found = {entry.id: entry for entry in entries}
    several = len(sought) > 1 or bool(found)
    for wanted in sought:
        kept = {entry.id: entry for entry in wanted.keep(one.vocabulary())}
        if not kept and (several or not looked_at):  # where an empty table is shown, a note says so
            console.say(f"no token of {name} matches{f' {wanted.grep!r}' if several else ''}")
        found |= kept
    return console.write(list_tokens(first.choose([(entry,) for entry in found.values()]), [one]), [one])


def _looked_up(tokenizer: Tokenizer, ids: Sequence[int], console: Console) -> Iterator[Entry]:
    """Give the entries of `ids`, in their order; the console reports numbers that are not ids."""
    entries = {entry.id: entry for entry in tokenizer.vocabulary() if entry.id in ids}
    for token_id in ids:
        if token_id in entries:
            yield entries[token_id]
        else:
            console.problem(InputError(f"--id {token_id}", f"not an id of {tokenizer.name}"))


def _choose_part(
    compared: Comparison, both: Sequence[Tokenizer], names: Sequence[str], only: str
) -> tuple[Sequence[FoundTokens], Sequence[Tokenizer]]:
    """Choose the part of a comparison that --only names, and the tokenizers whose ids are shown."""
    if only == SHARED:
        return compared.shared, both
    for tokenizer, name, part in zip(both, names, (compared.left, compared.right), strict=True):
        if only in (name, tokenizer.name):
            return [(entry,) for entry in part], [tokenizer]
    raise UsageError(f"--only {only}: {names[0]}, {names[1]} or {SHARED}")
