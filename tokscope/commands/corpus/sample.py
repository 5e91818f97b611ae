"""`tokscope corpus sample`: random documents of a corpus, of about as many tokens as asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from tokscope.shell.corpus_options import CorpusFiles, Running, amount
from tokscope.shell.options import OneTokenizer, Output
from tokscope.text.quantity import quantity

if TYPE_CHECKING:
    from tokscope.corpora.journal import Journal
    from tokscope.corpora.partitions import Job
    from tokscope.corpora.results import Results
    from tokscope.corpora.stores import Listed
    from tokscope.shell.console import Console


def sample(
    corpus: CorpusFiles,
    tokenizer: OneTokenizer,
    running: Running,
    tokens: Annotated[
        str,
        typer.Option(metavar="N", help="At most this many tokens: 1000, 10k, 5M, 1B.", show_default=False),
    ],
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed draws another sample.")] = 0,
    output: Output = None,
) -> int:
    """Draw documents at random, up to a number of tokens, and write their records as JSON Lines."""
    from tokscope.files.compressed import compressing, uncompressed_name
    from tokscope.render import IN_JSON, check_ending
    from tokscope.shell.console import Console

    if output is not None:
        check_ending(uncompressed_name(output), (".jsonl", ".ndjson", ".json"))
    console = Console(output, "plain")
    most = amount("--tokens", tokens)
    loaded = tokenizer.load()
    files = corpus.files(console)
    if not files:
        return console.end([loaded])
    job = corpus.job("sample", [loaded], tokenizer.special, running)
    job = job._replace(seed=seed, options={"tokens": most})
    with running.journal(job, files) as journal:
        draw = _Draw(job, files, running, console, journal)
        found = draw.fetched(draw.share(most))
        with console.stream(IN_JSON) as out, compressing(output, out) as lines:
            for part in found.parts:
                for line in part["lines"]:
                    lines.write(line.encode("utf-8", "backslashreplace") + b"\n")
    total = found.total
    console.say(
        f"{total.counted:,} of {quantity(total.documents, 'document')}, {quantity(total.tokens[0], 'token')}"
    )
    running.tell(found, console, corpus.paths or ())
    return console.end([loaded])


class _Draw(NamedTuple):
    """The stages of a draw: to count what documents drew, of a part of them or of all, and to fetch some."""

    job: Job
    files: list[Listed]
    running: Running
    console: Console
    journal: Journal | None

    def share(self, tokens: int) -> float:
        """Find the share of all documents that has `tokens` tokens."""
        from tokscope.corpora.sampler import first_share, sample_threshold

        for first in dict.fromkeys((first_share(tokens, sum(file.size for file in self.files)), 1.0)):
            counted = self._run(f"count {first}", self.job._replace(options={"fetch": False}, share=first))
            if (share := sample_threshold(counted.parts, tokens, first)) is not None:
                return share
        return 1.0

    def fetched(self, share: float) -> Results:
        """Fetch that share."""
        return self._run("fetch", self.job._replace(options={"fetch": True}, share=share, whole=True))

    def _run(self, stage: str, job: Job) -> Results:
        from tokscope.corpora.journal import NotedStage
        from tokscope.corpora.results import Results

        results = Results(job, [one.path for one in self.files], "total", self.running.most_rejects)
        noted = NotedStage(self.journal, stage) if self.journal is not None else None
        self.running.run(job, self.files, results, self.console, noted)
        return results
