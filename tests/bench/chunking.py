"""Chunks beside semantic-text-splitter's and LangChain's: how many, how even, cut where, and how fast.

    pip install semantic-text-splitter langchain-text-splitters
    python -m tests.bench.chunking [--budget 100 ...]

All count o200k_base. `even` is the coefficient of variation of the chunks' sizes in tokens (0: all the same),
`smallest` the smallest chunk's share of the budget, `sentence` the share of cuts that are between sentences
(UAX #29, or blocks of Markdown), `lost` the bytes of the text that are in no chunk, `over` the chunks that
count more than the budget, and `time` what cutting all samples took.

The second table is how fast a long text is cut, the samples over and over: into chunks, and for `truncate` to
its first tokens. Peers that do not truncate cut the whole text and keep the first chunk.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import langchain_text_splitters
import semantic_text_splitter

import tokscope
from tests.support import SAMPLES
from tests.support.breaks import markdown_breaks
from tokscope.text.outline import Level

TOKENIZER = tokscope.load("o200k_base")

Splitter = Callable[[str, int], list[str]]


def _tokscope(by: str) -> Splitter:
    return lambda text, budget: [one.text for one in tokscope.chunk(text, budget, by=by, tokenizer=TOKENIZER)]


def _langchain(text: str, budget: int) -> list[str]:
    return langchain_text_splitters.RecursiveCharacterTextSplitter(
        chunk_size=budget, chunk_overlap=0, length_function=TOKENIZER.count, strip_whitespace=False
    ).split_text(text)


def _langchain_markdown(text: str, budget: int) -> list[str]:
    return langchain_text_splitters.MarkdownTextSplitter(
        chunk_size=budget, chunk_overlap=0, length_function=TOKENIZER.count, strip_whitespace=False
    ).split_text(text)


SPLITTERS: dict[str, dict[str, Splitter]] = {
    "*.txt": {
        "tokscope --by sentence": _tokscope("sentence"),
        "tokscope --by paragraph": _tokscope("paragraph"),
        "semantic-text-splitter": lambda text, budget: semantic_text_splitter.TextSplitter.from_callback(
            TOKENIZER.count, budget, trim=False
        ).chunks(text),
        "LangChain recursive": _langchain,
    },
    "*.md": {
        "tokscope --by heading": _tokscope("heading"),
        "semantic-text-splitter": lambda text, budget: semantic_text_splitter.MarkdownSplitter.from_callback(
            TOKENIZER.count, budget, trim=False
        ).chunks(text),
        "LangChain Markdown": _langchain_markdown,
    },
}


class Score(NamedTuple):
    """The figures of one splitter on one text."""

    chunks: int
    even: float
    smallest: float
    cuts: int
    between: int
    lost: int
    over: int


def score(text: str, pieces: list[str], budget: int) -> Score:
    """Judge the chunks of a text, which follow each other."""
    breaks = markdown_breaks(text)
    sizes = [TOKENIZER.count(piece) for piece in pieces]
    at = reached = lost = 0
    starts = []
    for piece in pieces:
        at = text.index(piece, at)
        lost += len(text[reached:at].encode())
        starts.append(len(text[:at].encode()))
        at = reached = at + len(piece)
    lost += len(text[reached:].encode())
    mean = statistics.mean(sizes)
    between = 0
    for start, piece in zip(starts[1:], pieces[1:], strict=True):
        # White space may be after the cut (as LangChain has it) or before it.
        space = len(piece.encode()) - len(piece.lstrip().encode())
        between += min(breaks.get(place, Level.CHAR) for place in (start, start + space)) <= Level.SENTENCE
    return Score(
        len(sizes),
        statistics.pstdev(sizes) / mean,
        min(sizes) / budget,
        len(starts) - 1,
        between,
        lost,
        sum(size > budget for size in sizes),
    )


LONG = 1_000_000
"""Characters of the long text."""


def _rate(work: Callable[[], object], size: int) -> str:
    start = time.perf_counter()
    work()
    return f"{size / 1e6 / (time.perf_counter() - start):,.2f} MB/s"


def _speed() -> None:
    """Print how fast long texts are cut."""
    print("\n| text | budget | splitter | chunk | truncate |")
    print("|---|---|---|---|---|")
    for glob, splitters in SPLITTERS.items():
        once = "\n\n".join(path.read_bytes().decode() for path in sorted(SAMPLES.glob(glob)))
        text = once * (LONG // len(once))
        size = len(text.encode())
        for name, splitter in splitters.items():
            rate = _rate(partial(splitter, text, 200), size)
            first = rate
            if name.startswith("tokscope"):
                first = _rate(partial(tokscope.truncate, text, 200, tokenizer=TOKENIZER), size)
            print(f"| {glob} | 200 | {name} | {rate} | {first} |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--budget", type=int, nargs="*", default=[50, 100, 200])
    budgets = parser.parse_args().budget
    print("| samples | budget | splitter | chunks | even | smallest | sentence | lost | over | time |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for glob, splitters in SPLITTERS.items():
        texts = [path.read_bytes().decode() for path in sorted(SAMPLES.glob(glob))]
        for budget in budgets:
            for name, splitter in splitters.items():
                splitter(texts[0], budget)  # imports and compiles patterns
                start = time.perf_counter()
                cut = [splitter(text, budget) for text in texts]
                took = time.perf_counter() - start
                scores = [score(text, pieces, budget) for text, pieces in zip(texts, cut, strict=True)]
                cuts = sum(one.cuts for one in scores)
                print(
                    f"| {glob} | {budget} | {name} | {sum(one.chunks for one in scores)} "
                    f"| {statistics.mean(one.even for one in scores):.2f} "
                    f"| {min(one.smallest for one in scores):.0%} "
                    f"| {sum(one.between for one in scores) / max(cuts, 1):.0%} "
                    f"| {sum(one.lost for one in scores)} | {sum(one.over for one in scores)} "
                    f"| {took * 1000:.0f} ms |"
                )
    _speed()


if __name__ == "__main__":
    main()
