"""`tokscope list`: every tokenizer there is, and every model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from fnmatch import fnmatch
from typing import Annotated

import typer

from tokscope.errors import did_you_mean
from tokscope.inside.catalogue import catalogue_entries, media_entries, model_entries
from tokscope.models.meant import MEANT, instead_of, meant_by
from tokscope.registry import known_names
from tokscope.report.table import Column, TableReport
from tokscope.shell import completion
from tokscope.shell.options import Printing


def list_(
    printing: Printing,
    pattern: Annotated[
        str | None,
        typer.Argument(
            metavar="[PATTERN]",
            help="List only names, families or sources that contain this.",
            show_default=False,
            autocompletion=completion.complete_tokenizers,
        ),
    ] = None,
    models: Annotated[
        bool,
        typer.Option("--models", help="List only models, with the tokenizer and context window of each."),
    ] = False,
) -> int:
    """List tokenizers and models: family, vocabulary, licence, special tokens, where each comes from."""
    console = printing.console()
    if pattern in ("models", "tokenizers"):
        models, pattern = pattern == "models", None
    patterns = _sought(pattern or "")
    report = listed = _models(patterns)
    if not models:
        files = _files(patterns)
        titles = {
            "Models: -t takes their names too": listed,
            "Pictures, sound, video and PDF: the models whose rules are known": files,
        }
        parts = [replace(part, title=title) for title, part in titles.items() if part.rows]
        beside = {"models": listed.results, "files": files.results}
        report = replace(
            _tokenizers(patterns),
            parts=parts,
            beside={name: results for name, results in beside.items() if results},
        )
    if not report.rows and not report.parts:
        meant = did_you_mean(meant_by(pattern or "", known_names()), instead_of(pattern or "", ""))
        console.say(f"nothing contains {pattern!r}" + (f": {meant}" if meant else ""))
    return console.write(report)


_TOKENIZER_COLUMNS = [
    Column("name", optional=True),
    Column("family"),
    Column("vocabulary", "int"),
    Column("exact"),
    Column("models", optional=True),
    Column("licence", optional=True),
    Column("special tokens", optional=True),
    Column("source", optional=True),
]
_MODEL_COLUMNS = [
    Column("name", optional=True),
    Column("tokenizer"),
    Column("exact"),
    Column("window", "int"),
    Column("input", "int", optional=True),
    Column("output", "int", optional=True),
    Column("chat", optional=True),
    Column("read", optional=True),
    Column("source", optional=True),
]
_FILE_COLUMNS = [
    Column("name", optional=True),
    Column("takes"),
    Column("details", optional=True),
    Column("as of"),
    Column("source", optional=True),
]
COLUMNS = [*_TOKENIZER_COLUMNS, *_MODEL_COLUMNS, *_FILE_COLUMNS]


def _tokenizers(patterns: Sequence[str]) -> TableReport:
    """A row for each tokenizer."""
    found = [
        entry
        for entry in catalogue_entries()
        if _matches([entry.name, entry.family, entry.source, *entry.models], patterns)
    ]
    rows = [
        (
            entry.name,
            entry.family,
            entry.vocab_size,
            "exact" if entry.exact else "estimate",
            _shortened(entry.models, 4),
            entry.licence,
            _shortened(entry.special, 4),
            entry.source,
        )
        for entry in found
    ]
    return TableReport(_TOKENIZER_COLUMNS, rows, results=[asdict(entry) for entry in found])


def _models(patterns: Sequence[str]) -> TableReport:
    """A row for each model."""
    found = [entry for entry in model_entries() if _matches([entry.name, entry.tokenizer or ""], patterns)]
    rows = [(*entry[:2], "exact" if entry.exact else "estimate", *entry[3:]) for entry in found]
    return TableReport(_MODEL_COLUMNS, rows, results=[entry._asdict() for entry in found])


def _files(patterns: Sequence[str]) -> TableReport:
    """A row for each group of models that take files which are not text."""
    found = [one for one in media_entries() if _matches([one.name, *one.takes], patterns)]
    rows = [
        (_shortened(tuple(one.name.split()), 4), " ".join(one.takes), " ".join(one.details) or None, *one[3:])
        for one in found
    ]
    return TableReport(_FILE_COLUMNS, rows, results=[one._asdict() for one in found])


def _sought(asked: str) -> list[str]:
    """Give what to look for: what was asked for, and where that is a maker its families of models too."""
    asked = asked.lower()
    families = [re.match("[a-z]{3,}", one) for one in MEANT.get(asked, ())]
    return [asked, *dict.fromkeys(one[0] for one in families if one)]


def _matches(words: Sequence[str], patterns: Sequence[str]) -> bool:
    return any(one in word.lower() or fnmatch(word.lower(), one) for word in words for one in patterns)


def _shortened(words: tuple[str, ...], count: int) -> str | None:
    """Join the first few words, and say how many more there are."""
    more = f" and {len(words) - count} more" if len(words) > count else ""
    return " ".join(words[:count]) + more or None
