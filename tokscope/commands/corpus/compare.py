"""`tokscope corpus compare`: languages by tokenizers: what each costs in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tokscope.errors import UsageError
from tokscope.report.table import Cell, Column, Fields, Later, TableReport
from tokscope.shell.corpora import CorpusFiles, CorpusTokenizers, Running
from tokscope.shell.options import OUTPUT, Printing
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    from tokscope.corpora.results import Results
    from tokscope.corpora.sums import Sums


def compare(
    corpus: CorpusFiles,
    tokenizers: CorpusTokenizers,
    running: Running,
    printing: Printing,
    group_by: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD",
            help="The field that names the language.",
            show_default="each file is one",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="LANGUAGE",
            help="Show how many times as many tokens the same texts have as in this language.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
) -> int:
    """Compare languages by tokenizers: tokens for a word, and for the same text against a reference."""
    from tokscope.corpora.results import Results

    console = printing.console()
    loaded = tokenizers.load()
    groups = (group_by,) if group_by else ()
    job = corpus.job("count", loaded, tokenizers.special, running)._replace(words=True, group_by=groups)
    files = corpus.files(console)
    results = Results(job, [one.path for one in files], "file", running.most_rejects)
    with running.journal(job, files) as journal:
        running.run(job, files, results, console, journal)
    running.tell(results, console)
    return console.write(_report(results, loaded, reference), loaded)


def _report(results: Results, tokenizers: Sequence[Tokenizer], reference: str | None) -> TableReport:
    """A table of tokens for a word, and one of premiums where there is a reference."""
    rows = {str(key[0]): sums for key, sums in results.rows}
    if reference is not None and reference not in rows:
        raise UsageError(f"--reference {reference}: none of the languages {', '.join(list(rows)[:20])}")
    against = rows.get(reference or "")
    first = [Column("language", "path"), Column("documents", "int"), Column("words", "int")]
    names = [Column(one.shown, "ratio") for one in tokenizers]

    def cells(name: str, figures: Sequence[float | None]) -> list[Cell]:
        return [name, rows[name].documents, rows[name].words, *figures]

    def found() -> Iterator[Fields]:
        for name, sums in rows.items():
            for i, one in enumerate(tokenizers):
                yield {"language": name, "tokenizer": one.name, "exact": one.exact} | _figures(
                    sums, i, against
                )

    each: list[tuple[str, list[dict[str, Any]]]] = [
        (name, [_figures(sums, i, against) for i in range(len(tokenizers))]) for name, sums in rows.items()
    ]
    premiums = [cells(name, [one["premium"] for one in figures]) for name, figures in each]
    return TableReport(
        [*first, *names],
        [cells(name, [one["tokens_per_word"] for one in figures]) for name, figures in each],
        title="tokens for a word",
        results=Later(found),
        summary={"documents": results.total.documents, "rejects": results.rejected, "reference": reference},
        parts=[TableReport([*first, *names], premiums, title=f"tokens for one of {reference}")]
        if against is not None
        else [],
        notes=_notes(rows, against, reference),
    )


def _figures(sums: Sums, i: int, against: Sums | None) -> dict[str, Any]:
    """The figures of a language by a tokenizer.

    The premium is that of Petrov et al. 2023 (arXiv:2305.15425): the tokens of texts over those of the same
    texts in the reference, so that there is none where the documents cannot be the same.
    """
    tokens = sums.tokens[i]
    same = against is not None and against.documents == sums.documents and against.tokens[i]
    return {
        "documents": sums.documents,
        "words": sums.words,
        "chars": sums.chars,
        "bytes": sums.bytes,
        "tokens": tokens,
        "tokens_per_word": tokens / sums.words if sums.words else None,
        "bytes_per_token": sums.bytes / tokens if tokens else None,
        "premium": tokens / against.tokens[i] if against is not None and same else None,
    }


def _notes(rows: dict[str, Sums], against: Sums | None, reference: str | None) -> list[str]:
    if against is None:
        return []
    others = [name for name, sums in rows.items() if sums.documents != against.documents]
    note = (
        f"tokens for one of {reference} mean something where all languages say the same (a parallel corpus)"
    )
    if others:
        few = ", ".join(others[:5])
        note += f"; not the same number of documents, so none: {few}"
    return [note]
