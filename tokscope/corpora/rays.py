"""Ray: partitions as tasks of a cluster (`ray://HOST:10001`), or of one on this machine (`local-ray`).

What speaks to Ray is a process of its own, since Ray ends a process whose cluster has lost its head. Tasks
are never repeated by Ray: what to do about a death is decided as for every engine. Each node needs tokscope,
the same Ray and Python, and the corpus under the same paths.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Any, cast

from tokscope.corpora.engine import Busy, EngineLost, WorkerDied
from tokscope.corpora.partitions import Done, Job, Partition
from tokscope.corpora.processes import receive, send, start_python
from tokscope.errors import MissingExtra, TokscopeError

LOST = (
    "the Ray cluster cannot be reached any more: see that its head runs; with --checkpoint, --resume goes on"
)


class Rays:
    """A Ray cluster, spoken to by a process of its own.

    Example: with Rays("local-ray", 2) as cluster: cluster.submit(job, partition).result()

    `workers` is how many CPUs a cluster of this machine has, 0 for all. Raises MissingExtra, and EngineLost
    where there is no cluster.
    """

    def __init__(self, on: str, workers: int) -> None:
        if find_spec("ray") is None:
            raise MissingExtra(f"--on {on}", "ray")
        self._on = on
        self._workers = workers
        self.slots = 1
        self._out: dict[int, tuple[Partition, Future[Done], float]] = {}
        self._heard = time.monotonic()
        self._number = 0
        self._lock = Lock()
        self._lost = ""

    def __enter__(self) -> Rays:
        # Nobody is told of what is done here, and nobody without the cluster's token may have tasks run.
        settings = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token"}
        code = "from tokscope.corpora.rays import drive; drive()"
        self._process = start_python(code, {**settings, **os.environ}, self._on, str(self._workers))
        try:
            kind, value = receive(self._pipe)
        except EOFError:
            kind, value = "lost", LOST
        if kind == "lost":
            self.__exit__()
            raise EngineLost(f"--on {self._on}: {value}")
        self.slots = value
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()  # it then shuts down what it has started
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def _pipe(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def submit(self, job: Job, partition: Partition) -> Future[Done]:
        """Hand a partition to whatever node of the cluster is free. Raises EngineLost.

        Example: with Rays("local-ray", 2) as cluster: cluster.submit(job, partition).result().numbers -> 2
        """
        assert self._process.stdin is not None
        future: Future[Done] = Future()
        with self._lock:
            if self._lost:
                raise EngineLost(self._lost)
            self._number += 1
            self._out[self._number] = partition, future, time.monotonic()
        try:
            send(self._process.stdin, [self._number, job._asdict(), partition])
        except OSError as error:
            raise EngineLost(LOST) from error
        return future

    def busy(self) -> Sequence[Busy]:
        """Name the partition that has been out for longest, if none has come back since.

        Example: cluster.busy()[0].partition.path -> "a.jsonl"
        """
        with self._lock:
            if not self._out:
                return []
            partition, _, since = next(iter(self._out.values()))
            silent = time.monotonic() - max(since, self._heard)
            return [Busy(partition, f"{self._on}, {len(self._out)} partitions out", partition.start, silent)]

    def _listen(self) -> None:
        """Take answers until the process ends."""
        while True:
            try:
                kind, value = receive(self._pipe)
            except (EOFError, OSError, ValueError):
                kind, value = "lost", LOST
            if kind == "lost":
                break
            number, answer = value
            self._heard = time.monotonic()
            with self._lock:
                _, future, _ = self._out.pop(number)
            if kind == "done":
                future.set_result(Done.of(answer))
            elif kind == "died":
                future.set_exception(WorkerDied(answer))
            else:
                future.set_exception(TokscopeError(answer))
        with self._lock:
            self._lost = value
            left, self._out = list(self._out.values()), {}
        for _, future, _ in left:
            future.set_exception(EngineLost(value))


def ray_task(job: dict[str, Any], partition: Sequence[Any], folder: str) -> str:
    """Be a task: work on a partition, in the folder of who asked, where this machine has it.

    Example: ray_task(job._asdict(), partition, "/data") -> '["done", [{"documents": 2, ...}, ...]]'
    """
    os.environ.setdefault("RAYON_NUM_THREADS", "1")  # Ray starts a process for each CPU
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokscope.corpora.work import answer_with_work

    if os.path.isdir(folder):
        os.chdir(folder)
    return json.dumps(answer_with_work(job, partition))


def drive() -> None:
    """Be the process that speaks to Ray: takes partitions from standard input, gives what comes of them.

    Example: drive(), in a process whose arguments are the address of the cluster and the number of CPUs
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # Ray prints what it pleases
    lock = Lock()

    def answer(kind: str, value: object) -> None:
        with lock:
            send(answers, [kind, value])

    import ray

    try:
        _connect(sys.argv[1], int(sys.argv[2]))
        answer("ready", max(1, int(cast(Any, ray).cluster_resources().get("CPU", 1))))
    except Exception as error:
        answer("lost", f"no Ray cluster: {_one_line(error)}")
        return
    task = ray.remote(num_cpus=1, max_retries=0)(ray_task)
    while True:
        try:
            number, job, partition = receive(sys.stdin.buffer)
        except EOFError:
            break
        try:
            future = task.remote(job, partition, str(Path.cwd())).future()
        except Exception as error:
            answer("lost", f"{LOST} ({_one_line(error)})")
            return
        future.add_done_callback(partial(_settle, answer, number))
    ray.shutdown()


def _connect(on: str, workers: int) -> None:
    import ray

    if on != "local-ray":
        for last in (False, False, True):  # what a head starts for a client may die at once
            try:
                ray.init(on, log_to_driver=False, logging_level=logging.ERROR)
                return
            except ConnectionAbortedError:
                if last:
                    raise
    ray.init(
        "local",  # and not whatever cluster was started here last, which Ray looks for by itself
        num_cpus=workers or None,
        include_dashboard=False,
        object_store_memory=100_000_000,  # what goes through it is small
        log_to_driver=False,
        logging_level=logging.ERROR,
    )


def _settle(answer: Callable[[str, object], None], number: int, future: Future[str]) -> None:
    """Say what came of a task."""
    from ray.exceptions import RayError, RayTaskError

    try:
        kind, value = json.loads(future.result())
    except RayTaskError as error:
        kind, value = "refused", f"a task fails: {_one_line(error)}"
    except RayError as error:
        kind, value = "died", f"its process or its node ended ({type(error).__name__})"
    except Exception as error:  # the connection
        answer("lost", f"{LOST} ({_one_line(error)})")
        return
    answer(kind, [number, value])


def _one_line(error: BaseException) -> str:
    """Put an error of Ray's, which are long, into one line."""
    lines = [line for line in str(error).strip().splitlines() if line.strip()] or [type(error).__name__]
    said = lines[-1] if "Traceback" in lines[0] else lines[0]
    if said.endswith(":") and said != lines[-1]:  # a heading, and below it a traceback
        said += f" {lines[-1]}"
    return f"{type(error).__name__}: {' '.join(said.split())[:200]}"
