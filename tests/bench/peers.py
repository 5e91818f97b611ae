"""Whole processes, side by side: tokscope beside ttok, count-tokens, wc and the libraries that it wraps.

    pip install ttok count-tokens semantic-text-splitter
    python -m tests.bench.peers [ROW...] [--runs 7] [--folder TEXTS] [--bars]

Prints a Markdown table: for each work the median of several runs of every command, in turn, and tokscope's
ratio to its peers, by the clock and in seconds of all cores (user and system). The latter says more where
the machine has other work to do. The peers get tiktoken's official files
in a cache, so that none of them downloads. A timing never fails; a wrong count does.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from pathlib import Path
from random import Random

from tests.bench import scripts
from tests.support import SAMPLES
from tokscope import load
from tokscope.backends.hf import HuggingFace
from tokscope.commands.compare import ONE_OF_EVERY_FAMILY
from tokscope.engines.ranks import MappedRanks
from tokscope.vocabularies import VOCABULARIES
from tokscope.vocabularies.build import tiktoken_bytes

BIN = Path(sys.executable).parent
PYTHON = sys.executable
TOKSCOPE = str(BIN / "tokscope")
TTOK = str(BIN / "ttok")
COUNT_TOKENS = str(BIN / "count-tokens")


@dataclass
class Command:
    """One process: its arguments, what it reads, and whether the first word it prints is the count."""

    name: str
    arguments: Sequence[str]
    stdin: Path | None = None
    counts: bool = True
    times: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)
    memory: int = 0
    output: bytes = b""

    def run(self) -> None:
        """Run once, and note the time, that of all cores, and the peak memory in bytes."""
        with (self.stdin or Path(os.devnull)).open("rb") as stdin, tempfile.TemporaryFile() as out:
            start = time.perf_counter()
            process = subprocess.Popen(self.arguments, stdin=stdin, stdout=out, stderr=subprocess.PIPE)
            _, status, usage = os.wait4(process.pid, 0)
            self.times.append(time.perf_counter() - start)
            self.worked.append(usage.ru_utime + usage.ru_stime)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                assert process.stderr is not None
                raise SystemExit(f"{self.arguments}: {process.stderr.read().decode()}")
            assert process.stderr is not None
            process.stderr.close()
            out.seek(0)
            self.output = out.read(100)
            self.memory = max(self.memory, usage.ru_maxrss * 1024)

    @property
    def median(self) -> float:
        """The median time in seconds."""
        return statistics.median(self.times)

    @property
    def work(self) -> float:
        """The median time of all cores in seconds."""
        return statistics.median(self.worked)


@dataclass
class Work:
    """One row: what is done, by whom, and the bars: the ratio to each peer that tokscope has to keep.

    `peak` is the bar of memory in MB; `flat` the peer beside whose memory it is held, and by which ratio.
    """

    title: str
    commands: list[Command]
    bars: dict[str, float]
    runs: int | None = None
    peak: int | None = None
    flat: tuple[str, float] | None = None


class Corpus:
    """Test texts, made from the standard library's source and a seeded generator; the same every time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._random = Random(1)

    def file(self, name: str, make: Callable[[], bytes]) -> Path:
        """Make a file once."""
        path = self.folder / name
        if not path.exists():
            path.write_bytes(make())
        return path

    def mixed(self, size: int) -> bytes:
        """Give `size` bytes of code and prose: Python's own library and the samples."""
        library = sorted(Path(os.__file__).parent.glob("*.py"))
        samples = sorted(SAMPLES.glob("*.txt"))
        parts = [path.read_bytes() for path in library + samples * 4]
        self._random.shuffle(parts)
        whole = b"\n".join(parts)
        repeated = whole * (size // len(whole) + 1)
        return repeated[:size].decode(errors="ignore").encode()

    def chinese(self, size: int) -> bytes:
        """Give `size` bytes of Chinese: words of jieba's dictionary, drawn by frequency, in sentences."""
        import jieba

        rows = [line.split(" ") for line in jieba.get_dict_file().read().decode().splitlines()]
        words, weights = [row[0] for row in rows], list(accumulate(int(row[1]) for row in rows))
        out: list[str] = []
        length = 0
        while length < size:
            sentence = "".join(
                self._random.choices(words, cum_weights=weights, k=self._random.randint(5, 30))
            )
            out.append(sentence + self._random.choice("，。，。！\n"))
            length += len(out[-1].encode())
        return "".join(out).encode()[:size].decode(errors="ignore").encode()

    def repository(self, count: int, size: int, changed: int) -> Path:
        """Make a repository of small files with a budget, some of them changed since the last commit."""
        path = self.folder / f"repository-{count}"
        if not path.exists():
            self.many(count, size).rename(path)
            (path / "tokscope.toml").write_text('[[budget]]\npaths = ["**/*.txt"]\nmax = 100_000\n')
            git = ["git", "-C", str(path), "-c", "user.name=x", "-c", "user.email=x@x", "-c", "gc.auto=0"]
            for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
                subprocess.run([*git, *arguments], check=True)
            for file in sorted(path.glob("*/*.txt"))[:changed]:
                file.write_text(file.read_text("utf-8") + "One more line.\n", "utf-8", newline="")
        return path

    def many(self, count: int, size: int) -> Path:
        """Make a folder of small files."""
        path = self.folder / f"many-{count}"
        if not path.exists():
            text = self.mixed(count * size).decode()
            for i in range(count):
                sub = path / f"{i // 100:03}"
                sub.mkdir(parents=True, exist_ok=True)
                (sub / f"{i}.txt").write_text(text[i * size : (i + 1) * size], newline="")
        return path


HOSTILE = {
    "spaces": " ",
    "one letter": "a",
    "one CJK character": "字",
    "newlines": "\n",
    "carriage returns": "\r",
    "digits": "7",
    "combining marks": "\u0301",
    "ZWJ emoji": "👨‍👩‍👧",
    "NUL": "\0",
}


def repeated(unit: str, size: int) -> bytes:
    """Give about `size` bytes of one character."""
    return unit.encode() * (size // len(unit.encode()))


def tokscope(*arguments: str | Path) -> Command:
    """Give a command of tokscope's whose output is more than a count."""
    return Command("tokscope", [TOKSCOPE, *map(str, arguments)], counts=False)


def script(name: str, code: str, *arguments: str | Path, counts: bool = False) -> Command:
    """Give a Python program of scripts.py."""
    return Command(name, [PYTHON, "-W", "ignore", "-c", code, *map(str, arguments)], counts=counts)


def count(path: Path, tokenizer: str = "o200k_base") -> Command:
    """Give a count of what is redirected."""
    return Command("tokscope", [TOKSCOPE, "count", "-t", tokenizer], path)


def works(corpus: Corpus) -> Iterator[Work]:
    """Give every row of the table."""
    yield from of_one_tokenizer(corpus)
    yield from of_many_tokenizers(corpus)
    yield from of_texts_in_parts(corpus)
    yield from of_folders(corpus)
    yield from of_what_is_hard(corpus)
    yield from of_pipes(corpus)


def of_one_tokenizer(corpus: Corpus) -> Iterator[Work]:
    """Give the rows of counts by o200k_base and cl100k_base, from one line to 200 MB."""
    line = corpus.file("line", lambda: b"The quick brown fox jumps over the lazy dog.\n")
    small = corpus.file("100kB", lambda: corpus.mixed(100_000))
    mixed = corpus.file("5MB", lambda: corpus.mixed(5_000_000))
    large = corpus.file("200MB", lambda: corpus.mixed(200_000_000))
    chinese = corpus.file("chinese", lambda: corpus.chinese(20_000_000))
    o200k, cl100k = [TTOK, "-m", "gpt-4o"], [TTOK, "-m", "gpt-4"]
    count_tokens = [COUNT_TOKENS, "-q", "-e", "o200k_base"]
    yield Work(
        "one line, count",
        [
            count(line),
            Command("ttok", o200k, line),
            Command("an empty Typer app", [PYTHON, "-c", scripts.EMPTY_TYPER], counts=False),
            Command("count-tokens", [*count_tokens, str(line)]),
        ],
        {"ttok": 0.25, "an empty Typer app": 1.35},
        runs=15,
    )
    yield Work(
        "one line, split",
        [
            Command("tokscope", [TOKSCOPE, "split"], line, counts=False),
            Command("ttok", [*o200k, "--encode"], line, counts=False),
        ],
        {"ttok": 0.3},
        runs=15,
    )
    yield Work("100 kB", [count(small), Command("ttok", o200k, small)], {"ttok": 0.5})
    yield Work(
        "5 MB",
        [count(mixed), Command("ttok", o200k, mixed), Command("count-tokens", [*count_tokens, str(mixed)])],
        {"ttok": 0.7},
    )
    yield Work(
        "5 MB, cl100k_base", [count(mixed, "cl100k_base"), Command("ttok", cl100k, mixed)], {"ttok": 0.45}
    )
    yield Work(
        "200 MB",
        [count(large), Command("wc -w", ["wc", "-w"], large, counts=False)],
        {"wc -w": 1.6},
        peak=200,
    )
    yield Work("200 MB beside ttok", [count(large), Command("ttok", o200k, large)], {"ttok": 0.12}, runs=1)
    yield Work("20 MB of Chinese", [count(chinese), Command("ttok", o200k, chinese)], {"ttok": 0.3}, runs=3)


def of_many_tokenizers(corpus: Corpus) -> Iterator[Work]:
    """Give the rows of compare, and of tokenizers that are not byte-level BPE."""
    mixed, large = corpus.folder / "5MB", corpus.folder / "200MB"
    han = corpus.file("han", lambda: corpus.chinese(1_000_000))
    each = [f"{TOKSCOPE} count -t {name} {mixed}" for name in ONE_OF_EVERY_FAMILY.split(",")]
    compared = Command("compare of 5 MB", tokscope("compare", mixed).arguments, counts=False)
    yield Work(
        "compare, 5 MB",
        [
            tokscope("compare", mixed),
            Command("count for each", ["sh", "-ec", "\n".join(each)], counts=False),
        ],
        {"count for each": 0.6},
        peak=300,
    )
    yield Work(
        "compare, 5 MB, beside the libraries",
        [tokscope("compare", mixed), script("a script", scripts.FIGURES, mixed)],
        {"a script": 0.35},
        runs=3,
    )
    yield Work(
        "compare, 200 MB", [tokscope("compare", large), compared], {}, runs=1, flat=("compare of 5 MB", 1.2)
    )
    vocabulary = VOCABULARIES["bert-base-uncased"].path
    yield Work(
        "bert-base-uncased, 5 MB",
        [
            count(mixed, "bert-base-uncased"),
            script("tokenizers", scripts.BERT, mixed, vocabulary, counts=True),
        ],
        {"tokenizers": 0.35},
    )
    for name, pattern in (("word", r"(?w)\b\S.*?\b"), ("char", r"\X")):
        yield Work(
            f"{name}, 5 MB",
            [tokscope("count", "-t", name, mixed), script("regex", scripts.FOUND, mixed, pattern)],
            {},
        )
    for name in ("concept", "t5", "gpt2", "qwen3.5"):
        yield Work(f"{name}, 5 MB", [tokscope("count", "-t", name, mixed)], {})
    yield Work(
        "jieba, 1 MB of Chinese",
        [count(han, "jieba"), script("jieba.cut", scripts.JIEBA_CUT, han, counts=True)],
        {"jieba.cut": 0.35},
    )
    t5 = VOCABULARIES["t5"].path
    for name in ("t5", f"sp:{t5}", f"hf:{corpus.file('bert.json', bert_json)}"):
        small = Command("5 MB of it", tokscope("count", "-t", name, mixed).arguments, counts=False)
        title = f"{name.partition(':')[0]}{': file' if ':' in name else ''}, 200 MB"
        yield Work(title, [tokscope("count", "-t", name, large), small], {}, runs=1, flat=("5 MB of it", 1.2))


def bert_json() -> bytes:
    """Give bert-base-uncased as a tokenizer.json."""
    engine = load("bert-base-uncased")
    assert isinstance(engine, HuggingFace)
    return engine._engine.to_str().encode()


def of_texts_in_parts(corpus: Corpus) -> Iterator[Work]:
    """Give the rows of split and of chunk."""
    mixed, large = corpus.folder / "5MB", corpus.folder / "200MB"
    small = Command("split of 5 MB", tokscope("split", mixed).arguments, counts=False)
    yield Work("split, 5 MB", [tokscope("split", mixed), script("a script", scripts.LINES, mixed)], {})
    yield Work("split, 200 MB", [tokscope("split", large), small], {}, runs=1, flat=("split of 5 MB", 1.2))
    yield Work(
        "chunk, 5 MB",
        [
            tokscope("chunk", "--budget", "512", mixed),
            script("text-splitter", scripts.SPLITTER, mixed),
            script("the same with our count", scripts.SPLITTER_WITH_OUR_COUNT, mixed),
        ],
        {"text-splitter": 0.6, "the same with our count": 0.6},
    )


def of_folders(corpus: Corpus) -> Iterator[Work]:
    """Give the rows of many small files, and of check."""
    folder = corpus.many(10_000, 2_000)
    yield Work(
        "10,000 files of 2 kB",
        [tokscope("count", folder), script("reading in Python", scripts.READ_FOLDER, folder)],
        {"reading in Python": 2},
    )
    repository = corpus.repository(20_000, 1_000, 50)
    rules = ["check", repository, "--config", repository / "tokscope.toml"]
    yield Work(
        "check, 20,000 files of 1 kB",
        [tokscope(*rules), script("tiktoken over the folder", scripts.FOLDER, repository)],
        {"tiktoken over the folder": 0.5},
    )
    stat = Command("git diff --stat", ["git", "-C", str(repository), "diff", "--stat"], counts=False)
    yield Work("check --base, 50 of 20,000 files", [tokscope(*rules, "--base", "HEAD"), stat], {})


def of_what_is_hard(corpus: Corpus) -> Iterator[Work]:
    """Give the rows of texts that engines find hard."""
    for name, unit in HOSTILE.items():
        path = corpus.file(name, partial(repeated, unit, 1_000_000))
        yield Work(f"1 MB of {name}", [count(path)], {}, runs=3)


def of_pipes(corpus: Corpus) -> Iterator[Work]:
    """Give the rows of what comes by a pipe, whose size nobody knows."""

    def piped(name: str, times: int) -> Command:
        parts = " ".join([str(corpus.folder / "200MB")] * times)
        return Command(name, ["sh", "-ec", f"cat {parts} | {TOKSCOPE} count"], counts=False)

    yield Work("1 GB by a pipe", [piped("tokscope", 5)], {}, runs=1, peak=200)
    four = [piped("tokscope", 20), piped("1 GB by a pipe", 5)]
    yield Work("4 GB by a pipe", four, {}, runs=1, flat=("1 GB by a pipe", 1.1))


def official_files(folder: Path) -> None:
    """Lay tiktoken's own files into a cache for the peers."""
    base = "https://openaipublic.blob.core.windows.net/encodings/"
    for name in ("cl100k_base", "o200k_base"):
        data = tiktoken_bytes(dict(MappedRanks(VOCABULARIES[name].path).items()))
        (folder / hashlib.sha1(f"{base}{name}.tiktoken".encode()).hexdigest()).write_bytes(data)


def row(work: Work, runs: int, *, bars: bool) -> str:
    """Run one work, every command in turn, and give its row of the table."""
    for _ in range(work.runs or runs):
        for command in work.commands:
            command.run()
    mine, *others = work.commands
    found = {command.name: command.output.split()[0] for command in work.commands if command.counts}
    if len(set(found.values())) > 1:
        raise SystemExit(f"{work.title}: the counts differ: {found}")
    ratios = [
        f"{mine.median / other.median:.2f} × {other.name} (CPU {mine.work / other.work:.2f} ×)"
        + (f" [bar {work.bars[other.name]:g}]" if bars and other.name in work.bars else "")
        for other in others
        if work.flat is None
    ]
    memory = f"{mine.memory / 1e6:,.0f} MB" + (f" [bar {work.peak}]" if bars and work.peak else "")
    if work.flat:
        name, bar = work.flat
        (other,) = (one for one in others if one.name == name)
        memory += f", {mine.memory / other.memory:.2f} × {name}" + (f" [bar {bar:g}]" if bars else "")
    spread = f" [{min(mine.times):.3f} to {max(mine.times):.3f}]" if bars else ""
    times = f"{mine.median:.3f} s{spread} | {mine.work:.3f} s"
    return f"| {work.title} | {times} | {', '.join(ratios) or '–'} | {memory} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="*", help="only rows whose title holds one of these")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where to keep the texts between runs")
    parser.add_argument("--bars", action="store_true", help="show what is to be kept, and spreads")
    parser.add_argument("--make", action="store_true", help="make the texts and stop")
    arguments = parser.parse_args()
    if arguments.make:
        list(works(Corpus(arguments.folder)))
        official_files(arguments.folder)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        # In a process of its own: a child's peak memory begins with what this one held when it forked.
        subprocess.run([PYTHON, "-m", "tests.bench.peers", "--make", "--folder", folder], check=True)
        os.environ.update(TIKTOKEN_CACHE_DIR=str(folder), LC_ALL="C.UTF-8")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
        print("| task | time | CPU time | beside its peers | peak memory |\n|---|---|---|---|---|")
        for work in works(Corpus(folder)):
            if not arguments.rows or any(word in work.title for word in arguments.rows):
                print(row(work, arguments.runs, bars=arguments.bars), flush=True)


if __name__ == "__main__":
    main()
