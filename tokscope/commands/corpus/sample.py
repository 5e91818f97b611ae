"""`tokscope corpus sample`: random documents of a corpus, of about as many tokens as asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from tokscope.errors import UsageError
from tokscope.shell.corpora import CorpusFiles, Running
from tokscope.shell.options import OneTokenizer, Output

if TYPE_CHECKING:
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
    seed: Annotated[int, typer.Option(metavar="N", help="Which sample.")] = 0,
    output: Output = None,
) -> int:
    """Draw documents at random, at most --tokens of them, and write them as JSON Lines: text, path, at."""
    from tokscope.corpora.sample import first_share, threshold
    from tokscope.render import JSON
    from tokscope.shell.console import Console

    console = Console(output, "plain")
    if running.checkpoint is not None or running.resume:
        raise UsageError("a sample is drawn in one go: leave out --checkpoint and --resume")
    most = _number(tokens)
    loaded = tokenizer.load()
    files = corpus.files(console)
    job = corpus.job("sample", [loaded], tokenizer.special, running)._replace(seed=seed)
    share: float | None = None
    for first in dict.fromkeys((first_share(most, sum(file.size for file in files)), 1.0)):
        counted = _run(job._replace(options={"fetch": False}, share=first), files, running, console)
        share = threshold(counted.parts, most, first)
        if share is not None:
            break
    with console.stream(JSON) as out:
        fetch = job._replace(options={"fetch": True}, share=share or 1.0)
        found = _run(fetch, files, running, console)
        for part in found.parts:
            out.writelines(line.encode("utf-8", "backslashreplace") + b"\n" for line in part["lines"])
    total = found.total
    console.say(f"{total.counted:,} of {total.documents:,} documents, {total.tokens[0]:,} tokens")
    running.tell(found, console)
    return console.end([loaded])


def _run(job: Job, files: list[Listed], running: Running, console: Console) -> Results:
    from tokscope.corpora.results import Results

    results = Results(job, [one.path for one in files], "total", running.most_rejects)
    running.run(job, files, results, console, None)
    return results


def _number(text: str) -> int:
    """Read a number of tokens. Raises UsageError.

    Example: _number("10k") -> 10000
    """
    match = re.fullmatch(r"(\d{1,15}(?:\.\d{1,9})?)([kKMGBT]?)", text.replace("_", "").replace(",", ""))
    if match is None:
        raise UsageError(f"--tokens {text}: a number such as 1000, 10k, 5M or 1B")
    scale = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}
    return int(float(match[1]) * scale[match[2]])
