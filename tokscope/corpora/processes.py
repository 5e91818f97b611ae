"""Processes of this machine: the engine of a corpus without a cluster.

Each is a new Python that runs `serve_partitions` and is spoken to in JSON, on its standard input and output:
nothing that comes back is ever run, and what a library starts or holds in one process is not in another.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from threading import Condition, Thread
from typing import IO, Any

import tokscope
from tokscope import garbage
from tokscope.corpora.engine import Busy, WorkerDied
from tokscope.corpora.partitions import Done, Job, Partition
from tokscope.errors import TokscopeError

Assignment = tuple[Job, Partition, "Future[Done]"]


class Processes:
    """Processes that work on partitions, one each at a time; one that ends is replaced by a new one.

    Example: with Processes("", 2) as processes: processes.submit(job, partition).result()

    With 0 `workers` there is one for each core.
    """

    def __init__(self, on: str, workers: int) -> None:
        self.slots = workers or _cores()
        self._tasks: list[Assignment] = []
        self._changed = Condition()
        self._ended = False
        self._threads: list[_Worker] = []

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *error: object) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        for one in self._threads:
            one.end()
        for one in self._threads:
            one.thread.join()

    def submit(self, job: Job, partition: Partition) -> Future[Done]:
        """Hand a partition to the next process that is free.

        Example: with Processes("", 2) as processes: processes.submit(job, partition).result().numbers -> 2
        """
        future: Future[Done] = Future()
        with self._changed:
            self._tasks.append((job, partition, future))
            idle = sum(one.task is None for one in self._threads)
            if idle < len(self._tasks) and len(self._threads) < self.slots:
                self._threads.append(_Worker(self._next))
            self._changed.notify()
        return future

    def busy(self) -> Sequence[Busy]:
        """Say what is being worked on.

        Example: [one.partition.path for one in processes.busy()] -> ["a.jsonl"]
        """
        now = time.monotonic()
        return [
            Busy(task[1], f"process {one.pid}", one.at, now - one.heard)
            for one in self._threads
            if (task := one.task) is not None
        ]

    def _next(self, worker: _Worker) -> Assignment | None:
        """Give a worker its next task, of its last file where there is one; None at the end."""
        with self._changed:
            worker.task = None
            while not self._tasks:
                if self._ended:
                    return None
                self._changed.wait()
            if self._ended:
                return None
            same = (i for i, (_, partition, _) in enumerate(self._tasks) if partition.path == worker.path)
            worker.task = self._tasks.pop(next(same, 0))
            worker.path = worker.task[1].path
            return worker.task


class _Worker:
    """A process, and the thread that speaks to it."""

    def __init__(self, following: Any) -> None:
        self.task: Assignment | None = None
        self.path = ""
        self.at = 0
        self.heard = time.monotonic()
        self._following = following
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False
        self.thread = Thread(target=self._run, daemon=True)
        self.thread.start()

    @property
    def pid(self) -> int:
        return 0 if self._process is None else self._process.pid

    def end(self) -> None:
        self._ended = True
        if self._process is not None:
            self._process.kill()

    def _run(self) -> None:
        while (task := self._following(self)) is not None:
            job, partition, future = task
            try:
                done = self._asked(job, partition)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(done)
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _asked(self, job: Job, partition: Partition) -> Done:
        """Ask the process, and wait for its answer. Raises WorkerDied and what the work raises."""
        process = self._process or self._start()
        assert process.stdin is not None and process.stdout is not None
        self.at, self.heard = partition.start, time.monotonic()
        begun = False
        try:
            send(process.stdin, [job._asdict(), partition])
            while True:
                kind, value = receive(process.stdout)
                self.heard = time.monotonic()
                if kind != "at":
                    break
                self.at, begun = value, True
        except (EOFError, OSError, ValueError) as error:
            self._process = None
            with suppress(subprocess.TimeoutExpired):  # it has closed its pipe, and is about to say why
                process.wait(5)
            process.kill()
            raise WorkerDied(_how(process.wait()), begun=begun) from error
        if kind == "refused":
            raise TokscopeError(value)
        return Done.of(value)

    def _start(self) -> subprocess.Popen[bytes]:
        """Start a process. One thread of each library, since there are as many processes as cores."""
        threads = dict.fromkeys(("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "ARROW_NUM_THREADS"), "1")
        code = "from tokscope.corpora import processes; processes.serve_partitions()"
        self._process = start_python(code, {**os.environ, **threads, "TOKENIZERS_PARALLELISM": "false"})
        if self._ended:
            self._process.kill()
        return self._process


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _how(code: int) -> str:
    if code >= 0:
        return f"its process ended with {code}"
    try:
        return f"its process was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"its process was killed by signal {-code}"


def start_python(code: str, environ: Mapping[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    """Start a Python that runs `code` of this package, and is spoken to by its standard input and output.

    Example: start_python("from tokscope.corpora.rays import drive; drive()", os.environ, "local-ray", "2")

    What libraries print is seen where TOKSCOPE_DEBUG is set.
    """
    here = str(Path(tokscope.__file__).parents[1])
    path = os.pathsep.join(filter(None, (here, environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        # -P: no module of the working directory's is taken for one of Python's
        [sys.executable, "-P", "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if environ.get("TOKSCOPE_DEBUG") else subprocess.DEVNULL,
        env={**environ, "PYTHONPATH": path},
    )


def send(pipe: IO[bytes], value: object) -> None:
    """Write a value as JSON, and before it how long that is, in 8 bytes.

    Example: send(process.stdin, ["at", 100])
    """
    data = json.dumps(value).encode()
    pipe.write(len(data).to_bytes(8, "little") + data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read a value that send() has written. Raises EOFError.

    Example: kind, value = receive(process.stdout)
    """
    size = pipe.read(8)
    data = pipe.read(int.from_bytes(size, "little"))
    if len(size) < 8 or len(data) < int.from_bytes(size, "little"):
        raise EOFError
    return json.loads(data)


HEARTBEAT = 0.2
"""Seconds between two messages about where the work is."""


def serve_partitions() -> None:
    """Be a process of the engine: work on partitions until there is nobody to ask.

    Example: tokscope.corpora.processes.serve_partitions(), in a process whose standard input gives [job,
    partition]
    """
    from tokscope.corpora.work import answer_with_work

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the first process ends us
    garbage.look_seldom(100_000)  # records are many, and hold no circles: a look is a twentieth of all
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a native library prints what it pleases
    said = 0.0

    def say(at: int) -> None:
        nonlocal said
        if time.monotonic() - said > HEARTBEAT:
            said = time.monotonic()
            send(answers, ["at", at])

    while True:
        try:
            job, partition = receive(sys.stdin.buffer)
        except EOFError:
            return
        said = 0.0
        answer = answer_with_work(job, partition, say)
        try:
            send(answers, answer)
        except OSError:
            return
