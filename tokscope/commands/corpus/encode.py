"""`tokscope corpus encode`: the token ids of a corpus, in shards to train on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, cast

import typer

from tokscope.errors import InputError, UsageError
from tokscope.report.table import Column, TableReport
from tokscope.shell.corpus_options import CorpusFiles, Running, amount, run_of
from tokscope.shell.options import OUTPUT, OneTokenizer
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    from tokscope.corpora.results import Results
    from tokscope.corpora.shard_layouts import Marks
    from tokscope.ids import Width
    from tokscope.report.table import Fields, Row
    from tokscope.shell.console import Console


LayoutName = Literal["megatron", "flat", "llmc", "datatrove", "parquet"]
"""How the ids are laid out."""


class Writing(NamedTuple):
    """How the shards are made, and where.

    Example: Writing("flat", output="tokens")
    """

    layout: Annotated[LayoutName, typer.Option(help="How the ids are laid out.", rich_help_panel=OUTPUT)] = (
        "megatron"
    )
    append: Annotated[
        str | None,
        typer.Option(
            metavar="TOKEN",
            help="End every document with this special token or id; 'none' adds nothing.",
            show_default="<|endoftext|> or the like, for flat and datatrove",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    prepend: Annotated[
        str | None,
        typer.Option(
            metavar="TOKEN",
            help="Begin every document with this special token or id.",
            show_default="<|endoftext|> or the like, for llmc",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    shard_tokens: Annotated[
        str, typer.Option(metavar="N", help="The most tokens in a shard.", rich_help_panel=OUTPUT)
    ] = "1B"
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FOLDER",
            help="Write the shards here: a folder, or s3://, gs:// or az:// (with --checkpoint FOLDER).",
            rich_help_panel=OUTPUT,
        ),
    ] = None

    def largest(self) -> int:
        """Give the most tokens in a shard. Raises UsageError for more than its layout can say.

        Example: Writing(shard_tokens="3M").largest() -> 3000000
        """
        from tokscope.corpora.shard_layouts import SHARD_LAYOUTS

        found = amount("--shard-tokens", self.shard_tokens)
        if found > (most := SHARD_LAYOUTS[self.layout].most):
            raise UsageError(
                f"--shard-tokens {self.shard_tokens}: a shard of {self.layout} has at most {most:,}"
            )
        return found

    def target(self, checkpoint: str | None) -> tuple[str, str | None]:
        """Say where shards go, and where what is underway is, None for in there.

        Example: Writing(output="tokens").target(None) -> ("tokens", None)

        Raises UsageError.
        """
        from tokscope.corpora.stores import WRITABLE, is_url

        if self.output is None or (checkpoint is not None and not is_url(self.output)):
            raise UsageError("name the folder to write with -o; it keeps its own checkpoint, for --resume")
        if not is_url(self.output):
            return self.output, None
        if not self.output.startswith(WRITABLE):
            raise UsageError(f"-o {self.output}: shards go to a folder, or to s3://, gs:// or az://")
        if checkpoint is None:
            raise UsageError(
                "a store cannot keep the checkpoint: name a folder for it, with --checkpoint FOLDER"
            )
        return self.output, checkpoint


def encode(corpus: CorpusFiles, tokenizer: OneTokenizer, running: Running, writing: Writing) -> int:
    """Write the token ids of a corpus in the files that Megatron, nanoGPT, llm.c and others read."""
    from tokscope.corpora.encoder import shard_parts
    from tokscope.corpora.results import Results
    from tokscope.corpora.shard_layouts import find_marks
    from tokscope.corpora.shards import Shards, finished_before
    from tokscope.shell.console import Console

    largest = writing.largest()
    output, beside = writing.target(running.checkpoint)
    console = Console(color="auto")
    loaded = tokenizer.load()
    width = _width(loaded, writing.layout)
    marks = find_marks(writing.prepend, writing.append, writing.layout, loaded)
    files = corpus.files(console)
    if not files:
        return console.end([loaded])
    missing = {one.path: one.message for one in console.problems}
    options = {"layout": writing.layout, "width": width, **marks._asdict(), "shard": largest}
    job = corpus.job("encode", [loaded], tokenizer.special, running)._replace(options=options)
    run = run_of(job, files)
    if running.resume and (before := finished_before(output, run)) is not None:
        return _told_again(before, running, console, loaded)
    shards = Shards(output, writing.layout, beside, resume=running.resume)
    job = job._replace(options={**options, "folder": str(shards.parts)})
    results = Results(job, [one.path for one in files], "file", running.most_rejects)
    with running.journal(job, files, shards.journal) as journal:
        running.run(job, files, results, console, journal)
        running.tell(results, console, corpus.paths or ())
        written = shards.write(shard_parts(results.parts), width, loaded.name, largest, journal)
    shards.finish(_manifest(run, results, missing | results.errors, loaded, width, marks, written))
    return console.write(_report(written), [loaded])


def _told_again(manifest: Mapping[str, Any], running: Running, console: Console, loaded: Tokenizer) -> int:
    """Tell once more of a run that is over."""
    known = {one.path for one in console.problems}
    for error in manifest["errors"]:
        if error["path"] not in known:
            console.problem(InputError(error["path"], error["message"]))
    if manifest["rejects"]:
        said = InputError(
            str(running.checkpoint or "--resume"), f"documents rejected: {manifest['rejects']:,}"
        )
        console.say(str(said)) if running.max_rejects is not None else console.problem(said)
    return console.write(_report(manifest["shards"]), [loaded])


def _width(tokenizer: Tokenizer, layout: LayoutName) -> Width:
    """Say how wide ids are. Raises Unsupported where there are none, or no limit."""
    from tokscope.corpora.shard_layouts import SHARD_LAYOUTS

    if tokenizer.vocab_size is None:
        raise tokenizer.no_ids()
    return SHARD_LAYOUTS[layout].width(tokenizer.vocab_size)


def _manifest(
    run: str,
    results: Results,
    problems: Mapping[str, str],
    tokenizer: Tokenizer,
    width: Width,
    marks: Marks,
    shards: Sequence[Fields],
) -> Fields:
    """What is beside the shards."""
    return {
        "run": run,
        "tokenizer": tokenizer.name,
        "vocabulary": tokenizer.vocab_size,
        "width": width,
        **marks._asdict(),
        "documents": sum(cast(int, one["documents"]) for one in shards),
        "tokens": sum(cast(int, one["tokens"]) for one in shards),
        "rejects": results.rejected,
        "errors": [{"path": path, "message": said} for path, said in problems.items()],
        "shards": shards,
        "sources": [
            {"path": key[0], "documents": sums.documents, "bytes": sums.bytes, "tokens": sums.tokens[0]}
            for key, sums in results.rows
        ],
    }


def _report(shards: Sequence[Fields]) -> TableReport:
    """A row for each file that was written."""
    columns = [Column("documents", "int"), Column("tokens", "int"), Column("bytes", "int")]
    rows = [
        (shard["documents"], shard["tokens"], file["bytes"], file["name"])
        for shard in shards
        for file in cast("Sequence[Fields]", shard["files"])
    ]
    total = [sum(cast(int, one[name]) for one in shards) for name in ("documents", "tokens")]
    return TableReport(
        [*columns, Column("path", "path")],
        cast("Sequence[Row]", rows),
        total=(*total, sum(cast(int, row[2]) for row in rows), "total"),
        results=shards,
        summary={"documents": total[0], "tokens": total[1]},
    )
