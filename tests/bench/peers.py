"""Whole processes, side by side: tokscope beside ttok, count-tokens, wc and the libraries that it wraps.

    pip install ttok count-tokens semantic-text-splitter
    python -m tests.bench.peers [ROW...] [--runs 7]

Prints a Markdown table: for each work the median of several runs of every command, in turn, and tokscope's
ratio to its peers. The peers get tiktoken's official files in a cache, so that none of them downloads. A
timing never fails; a wrong count does.
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

from tests.support import SAMPLES
from tokscope.commands.compare import ONE_OF_EVERY_FAMILY
from tokscope.engines.ranks import MappedRanks
from tokscope.vocabularies import VOCABULARIES
from tokscope.vocabularies.build import tiktoken_bytes

BIN = Path(sys.executable).parent
PYTHON = sys.executable
TOKSCOPE = str(BIN / "tokscope")
TTOK = str(BIN / "ttok")
COUNT_TOKENS = str(BIN / "count-tokens")

EMPTY_TYPER = """
import typer
app = typer.Typer(pretty_exceptions_enable=False)
@app.command()
def main(x: str = "") -> None: ...
app()
"""

READ_FOLDER = """
import os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            file.read().decode()
"""

JIEBA_CUT = """
import sys, jieba
print(sum(1 for _ in jieba.cut(open(sys.argv[1], encoding="utf-8", newline="").read())))
"""


FIGURES = """
import sys, regex, tiktoken, tokenizers, sentencepiece, jieba
from tokscope import load
from tokscope.vocabularies import VOCABULARIES
text = open(sys.argv[1], encoding="utf-8", newline="").read()
words = regex.findall(r"(?w)\\b\\w.*?\\b", text)
def figures(name, ids, partial=(), unknown=None):
    parts, unknowns = sum(map(partial.__contains__, ids)), sum(one == unknown for one in ids)
    print(name, len(ids), parts, unknowns, len(text) / len(ids), len(ids) / len(words))
def whole(data):
    try: return bool(data.decode() or True)
    except UnicodeDecodeError: return False
for name in ("o200k_base", "cl100k_base"):
    encoding = tiktoken.get_encoding(name)
    ids = encoding.encode_ordinary(text)
    figures(name, ids, {i for i in set(ids) if not whole(encoding.decode_single_token_bytes(i))})
for name in ("qwen3.5", "deepseek", "tekken"):  # tiktoken's engine over the same ranks
    known = VOCABULARIES[name]
    ranks = dict(load(name)._ranks.items())
    encoding = tiktoken.Encoding(name, pat_str=known.pattern, mergeable_ranks=ranks, special_tokens={})
    ids = encoding.encode_ordinary(text)
    figures(name, ids, {i for i in set(ids) if not whole(encoding.decode_single_token_bytes(i))})
t5 = sentencepiece.SentencePieceProcessor(model_file=str(VOCABULARIES["t5"].path))
figures("t5", t5.encode(text), unknown=t5.unk_id())
rows = VOCABULARIES["bert-base-uncased"].path.read_text("utf-8").split("\\n")[:-1]
vocabulary = {row: i for i, row in enumerate(rows)}
bert = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]"))
bert.normalizer = tokenizers.normalizers.BertNormalizer()
bert.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
lines = text.splitlines(keepends=True)
blocks = ["".join(lines[i : i + 1000]) for i in range(0, len(lines), 1000)]
ids = [i for one in bert.encode_batch_fast(blocks, add_special_tokens=False) for i in one.ids]
figures("bert-base-uncased", ids, unknown=vocabulary["[UNK]"])
figures("jieba", list(jieba.cut(text)))
figures("word", regex.findall(r"(?w)\\b\\S.*?\\b", text))
figures("char", regex.findall(r"\\X", text))
figures("byte", text.encode(), range(0x80, 0x100))
"""
"""The figures of `compare` as one gets them from the libraries themselves."""

BERT = """
import sys, time, tokenizers
vocabulary = {line: i for i, line in enumerate(open(sys.argv[2], encoding="utf-8").read().split("\\n")[:-1])}
bert = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]"))
bert.normalizer = tokenizers.normalizers.BertNormalizer()
bert.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
lines = open(sys.argv[1], encoding="utf-8", newline="").read().splitlines(keepends=True)
blocks = ["".join(lines[i : i + 1000]) for i in range(0, len(lines), 1000)]
print(sum(map(len, bert.encode_batch_fast(blocks, add_special_tokens=False))))
"""

SPLITTER = """
import sys, semantic_text_splitter, tokscope
count = tokscope.load("o200k_base").count
text = open(sys.argv[1], encoding="utf-8", newline="").read()
print(len(semantic_text_splitter.TextSplitter.from_callback(count, 512, trim=False).chunks(text)))
"""


@dataclass
class Command:
    """One process: its arguments, what it reads, and whether the first word it prints is the count."""

    name: str
    arguments: Sequence[str]
    stdin: Path | None = None
    counts: bool = True
    times: list[float] = field(default_factory=list)
    memory: int = 0
    output: bytes = b""

    def run(self) -> None:
        """Run once, and note the time and the peak memory in bytes."""
        with (self.stdin or Path(os.devnull)).open("rb") as stdin, tempfile.TemporaryFile() as out:
            start = time.perf_counter()
            process = subprocess.Popen(self.arguments, stdin=stdin, stdout=out, stderr=subprocess.PIPE)
            _, status, usage = os.wait4(process.pid, 0)
            self.times.append(time.perf_counter() - start)
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


@dataclass
class Work:
    """One row: what is done, by whom, and the bars as (peer, ratio that tokscope has to keep)."""

    title: str
    commands: list[Command]
    bars: dict[str, float]
    runs: int | None = None


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


def works(corpus: Corpus) -> Iterator[Work]:
    """Give every row of the table."""
    line = corpus.file("line", lambda: b"The quick brown fox jumps over the lazy dog.\n")
    small = corpus.file("100kB", lambda: corpus.mixed(100_000))
    mixed = corpus.file("5MB", lambda: corpus.mixed(5_000_000))
    large = corpus.file("200MB", lambda: corpus.mixed(200_000_000))
    chinese = corpus.file("chinese", lambda: corpus.chinese(20_000_000))
    han = corpus.file("han", lambda: corpus.chinese(1_000_000))
    o200k, cl100k = [TTOK, "-m", "gpt-4o"], [TTOK, "-m", "gpt-4"]

    def count(path: Path, tokenizer: str = "o200k_base") -> Command:
        return Command("tokscope", [TOKSCOPE, "count", "-t", tokenizer], path)

    yield Work(
        "one line, count",
        [
            count(line),
            Command("ttok", o200k, line),
            Command("empty Typer", [PYTHON, "-c", EMPTY_TYPER], counts=False),
            Command("count-tokens", [COUNT_TOKENS, "-q", "-e", "o200k_base", str(line)]),
        ],
        {"ttok": 0.25, "empty Typer": 1.4},
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
        [
            count(mixed),
            Command("ttok", o200k, mixed),
            Command("count-tokens", [COUNT_TOKENS, "-q", "-e", "o200k_base", str(mixed)]),
        ],
        {"ttok": 0.7},
    )
    yield Work(
        "5 MB, cl100k_base", [count(mixed, "cl100k_base"), Command("ttok", cl100k, mixed)], {"ttok": 0.45}
    )
    yield Work(
        "200 MB",
        [count(large), Command("ttok", o200k, large), Command("wc -w", ["wc", "-w"], large, counts=False)],
        {"ttok": 0.12, "wc -w": 2},
    )
    yield from of_many_tokenizers(corpus)
    folder = corpus.many(10_000, 2_000)
    yield Work(
        "10,000 files of 2 kB",
        [
            Command("tokscope", [TOKSCOPE, "count", str(folder)], counts=False),
            Command("reading in Python", [PYTHON, "-c", READ_FOLDER, str(folder)], counts=False),
        ],
        {"reading in Python": 2},
    )
    yield Work("20 MB of Chinese", [count(chinese), Command("ttok", o200k, chinese)], {"ttok": 0.3})
    yield Work(
        "jieba, 1 MB of Chinese",
        [count(han, "jieba"), Command("jieba.cut", [PYTHON, "-W", "ignore", "-c", JIEBA_CUT, str(han)])],
        {"jieba.cut": 0.35},
    )
    for name, unit in HOSTILE.items():
        path = corpus.file(name, partial(repeated, unit, 1_000_000))
        yield Work(f"1 MB of {name}", [count(path)], {})
    stream = corpus.folder / "1GB"
    if not stream.exists():
        with stream.open("wb") as file:
            for _ in range(5):
                file.write(large.read_bytes())
    yield Work("1 GB on standard input", [count(stream)], {}, runs=1)


def of_many_tokenizers(corpus: Corpus) -> Iterator[Work]:
    """Give the rows of compare and of tokenizers that are no BPE, of split and of chunk."""
    mixed, large = corpus.folder / "5MB", corpus.folder / "200MB"

    def tokscope(*arguments: str | Path) -> Command:
        return Command("tokscope", [TOKSCOPE, *map(str, arguments)], counts=False)

    def script(name: str, code: str, *arguments: str | Path) -> Command:
        return Command(name, [PYTHON, "-W", "ignore", "-c", code, *map(str, arguments)], counts=False)

    each = [f"{TOKSCOPE} count -t {name} {mixed}" for name in ONE_OF_EVERY_FAMILY.split(",")]
    yield Work(
        "5 MB, compare",
        [
            tokscope("compare", mixed),
            Command("count for each", ["sh", "-ec", "\n".join(each)], counts=False),
            script("the libraries", FIGURES, mixed),
        ],
        {"count for each": 0.6, "the libraries": 0.35},
    )
    yield Work("200 MB, compare", [tokscope("compare", large)], {}, runs=1)
    vocabulary = VOCABULARIES["bert-base-uncased"].path
    yield Work(
        "5 MB, bert-base-uncased",
        [tokscope("count", "-t", "bert-base-uncased", mixed), script("tokenizers", BERT, mixed, vocabulary)],
        {"tokenizers": 0.35},
    )
    for name in ("word", "char", "concept", "t5", "gpt2"):
        yield Work(f"5 MB, {name}", [tokscope("count", "-t", name, mixed)], {})
    yield Work("200 MB, t5", [tokscope("count", "-t", "t5", large)], {}, runs=1)
    yield Work("5 MB, split", [tokscope("split", mixed)], {})
    yield Work(
        "5 MB, chunk",
        [tokscope("chunk", "--budget", "512", mixed), script("semantic-text-splitter", SPLITTER, mixed)],
        {"semantic-text-splitter": 0.6},
    )


def official_files(folder: Path) -> None:
    """Lay tiktoken's own files into a cache for the peers."""
    base = "https://openaipublic.blob.core.windows.net/encodings/"
    for name in ("cl100k_base", "o200k_base"):
        data = tiktoken_bytes(dict(MappedRanks(VOCABULARIES[name].path).items()))
        (folder / hashlib.sha1(f"{base}{name}.tiktoken".encode()).hexdigest()).write_bytes(data)


def row(work: Work, runs: int) -> str:
    """Run one work, every command in turn, and give its row of the table."""
    for _ in range(work.runs or runs):
        for command in work.commands:
            command.run()
    mine, *others = work.commands
    found = {command.name: command.output.split()[0] for command in work.commands if command.counts}
    if len(set(found.values())) > 1:
        raise SystemExit(f"{work.title}: the counts differ: {found}")
    ratios = [
        f"{mine.median / other.median:.2f} x {other.name}"
        + (f" (bar {work.bars[other.name]:g})" if other.name in work.bars else "")
        for other in others
    ]
    return (
        f"| {work.title} | {mine.median:.3f} s | {', '.join(ratios)} | {mine.memory / 1e6:,.0f} MB | "
        f"{min(mine.times):.3f} to {max(mine.times):.3f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="*", help="only rows whose title holds one of these")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where to keep the texts between runs")
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
        print("| work | tokscope | ratio | peak memory | spread |\n|---|---|---|---|---|")
        for work in works(Corpus(folder)):
            if not arguments.rows or any(word in work.title for word in arguments.rows):
                print(row(work, arguments.runs), flush=True)


if __name__ == "__main__":
    main()
