"""Benchmark: how fast a tokenizer starts and counts, each engine in a process of its own.

    python -m tokscope.statistics.benchmark SPEC ENGINE FILE RUNS

is that process; it prints one JSON object. `measure` starts it, so that neither start-up nor memory carries
what another engine left behind.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from signal import Signals
from statistics import median
from typing import NamedTuple

from tokscope.errors import Unsupported, UsageError
from tokscope.registry import load
from tokscope.tokenizer import Kind

PROBE_WORD = "qzxv"
"""What is counted first: no vocabulary has it as a token."""


class Benchmark(NamedTuple):
    """What one engine of a tokenizer took.

    Example: Benchmark("gpt2", "merges", 2, 11, 0.02, [0.001], 30_000_000).megabytes_per_second -> 0.011

    `startup` is in seconds: importing, loading and counting a word that is not a token. `seconds` are those
    of each run over the whole text, after one that is not counted; `memory` is the most bytes that the
    process held. `lost` are the characters that the tokenizer has no token for and dropped.
    """

    tokenizer: str
    engine: str
    tokens: int
    bytes: int
    startup: float
    seconds: list[float]
    memory: int
    lost: Sequence[str] = ()

    @property
    def megabytes_per_second(self) -> float:
        """The speed of the median run; a megabyte is 1,000,000 bytes."""
        return self.bytes / median(self.seconds) / 1e6

    @property
    def spread(self) -> float:
        """How far the slowest run is from the fastest, as a fraction of the median."""
        return (max(self.seconds) - min(self.seconds)) / median(self.seconds)


def engines(spec: str) -> list[str]:
    """Name the engines that can serve a tokenizer. Raises Unsupported for one that takes no text.

    Example: engines("gpt-4o") -> ["merges", "splintr", "toktok", "tiktoken"]
    """
    loaded = load(spec)
    loaded.require(Kind.TEXT)
    return list(loaded.engines())


def measure(spec: str, engine: str, path: Path, runs: int) -> Benchmark:
    """Time one engine over the UTF-8 file at `path` in a new process. Raises Unsupported where it cannot.

    Example: measure("gpt-4o", "tiktoken", path, runs=3).startup -> 0.21
    """
    # -P: the working directory may hold modules of the same names as ours
    command = [
        sys.executable,
        "-P",
        "-m",
        "tokscope.statistics.benchmark",
        spec,
        engine,
        str(path),
        str(runs),
    ]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode < 0:  # out of memory, or aborted by a library
        raise Unsupported(f"{spec} {engine}: its process was killed by {Signals(-done.returncode).name}")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
        raise Unsupported(f"{spec} {engine}: {said[-1].partition(': ')[2] or said[-1]}")
    return Benchmark(**json.loads(done.stdout))


def time_here(spec: str, engine: str, path: str, runs: int) -> Benchmark:
    """Time one engine in this process, which should have done nothing else.

    Example: time_here("gpt-4o", "tiktoken", path, 3).tokens -> 785000
    """
    start = time.perf_counter()
    tokenizer = load(spec)
    count_all = tokenizer.engines()[engine]
    count_all([PROBE_WORD])  # an engine may prepare its merges only when it first has to merge
    startup = time.perf_counter() - start
    text = Path(path).read_bytes().decode()
    seconds = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        (tokens,) = count_all([text])
        seconds.append(time.perf_counter() - start)
    took = Benchmark(tokenizer.name, engine, tokens, len(text.encode()), startup, seconds[1:], _peak_memory())
    return took._replace(lost=sorted(tokenizer.lost - (set(PROBE_WORD) - set(text))))


def _peak_memory() -> int:
    try:
        import resource
    except ImportError as error:  # Windows
        raise UsageError("peak memory cannot be read on this system") from error
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    spec, engine, path, runs = sys.argv[1:]
    print(json.dumps(time_here(spec, engine, path, int(runs))._asdict()))
