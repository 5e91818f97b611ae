"""`tokscope corpus compare`: how many tokens each language takes under each tokenizer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from tokscope.report.table import CorpusReport, Fields, Later
from tokscope.shell.corpus_options import CorpusDrawing, CorpusFiles, CorpusTokenizers, Running
from tokscope.shell.options import OUTPUT, Plot

if TYPE_CHECKING:
    from tokscope.corpora.fertility import Languages
    from tokscope.corpora.results import Results


def compare(
    corpus: CorpusFiles,
    tokenizers: CorpusTokenizers,
    running: Running,
    *,
    plot: Plot = False,
    drawing: CorpusDrawing,
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
            help="Show how many tokens the same texts take, relative to this language.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
) -> int:
    """Compare how many tokens languages take, per word or relative to a reference, by tokenizer."""
    from tokscope.corpora.fertility import Languages, find_reference
    from tokscope.corpora.results import Results

    console = drawing.console(plot)
    loaded = tokenizers.load()
    groups = (group_by,) if group_by else ()
    job = corpus.job("count", loaded, tokenizers.special, running)._replace(words=True, group_by=groups)
    files = corpus.files(console)
    if not groups:  # before hours of counting; this function is long because its options stand in it
        reference = find_reference(reference, [one.path for one in files], files=True)
    results = Results(job, [one.path for one in files], "file", running.most_rejects)
    with running.journal(job, files) as journal:
        running.run(job, files, results, console, journal)
    running.tell(results, console, corpus.paths or ())
    rows = {str(key[0]): sums for key, sums in results.rows}
    languages = Languages(rows, loaded, find_reference(reference, rows, files=not groups))
    return console.write(_report(results, languages).plotting(languages.chart), loaded)


def _report(results: Results, languages: Languages) -> CorpusReport:
    """A table of tokens per word, and one of premiums where there is a reference."""
    first, *more = languages.tables()

    def found() -> Iterator[Fields]:
        for name, sums in languages.rows.items():
            for i, one in enumerate(languages.tokenizers):
                yield {
                    "language": name,
                    "tokenizer": one.name,
                    "exact": one.exact,
                    "documents": sums.documents,
                    "chars": sums.chars,
                    "bytes": sums.bytes,
                    "tokens": sums.tokens[i],
                    **languages.figures(name, i),
                }

    total = results.total.documents
    return CorpusReport(
        *(first.columns, first.rows),
        title=first.title,
        results=Later(found),
        summary={"documents": total, "rejects": results.rejected, "reference": languages.reference},
        parts=more,
        notes=languages.notes(),
    )
