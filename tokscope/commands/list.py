"""`tokscope list`: every tokenizer there is."""

from __future__ import annotations

from dataclasses import asdict
from fnmatch import fnmatch
from typing import Annotated

import typer

from tokscope.catalogue import Entry, entries
from tokscope.options import Printing
from tokscope.report import Column, Report


def list_(
    printing: Printing,
    pattern: Annotated[
        str | None, typer.Argument(help="Only names, families or sources that hold this.", show_default=False)
    ] = None,
) -> int:
    """List tokenizers and models: family, vocabulary, licence, special tokens, where each comes from."""
    console = printing.console()
    found = [entry for entry in entries() if pattern is None or _matches(entry, pattern.lower())]
    columns = [
        Column("name"),
        Column("family"),
        Column("vocabulary", "int"),
        Column("exact"),
        Column("licence", optional=True),
        Column("special tokens", optional=True),
        Column("source", optional=True),
        Column("models", optional=True),
    ]
    rows = [
        (
            entry.name,
            entry.family,
            entry.vocab_size,
            "exact" if entry.exact else "estimate",
            entry.licence,
            _shortened(entry.special, 4),
            entry.source,
            _shortened(entry.models, 4),
        )
        for entry in found
    ]
    return console.write(Report(columns, rows, results=[asdict(entry) for entry in found]))


def _matches(entry: Entry, pattern: str) -> bool:
    words = [entry.name, entry.family, entry.source, *entry.models]
    return any(pattern in word.lower() or fnmatch(word.lower(), pattern) for word in words)


def _shortened(words: tuple[str, ...], count: int) -> str | None:
    """Join the first few words, and say how many more there are."""
    more = f" and {len(words) - count} more" if len(words) > count else ""
    return " ".join(words[:count]) + more or None
