"""Engines: what runs the work on partitions. The seam is one function: submit a partition, get a future.

Each engine is a context manager with `submit(job, partition) -> Future[Done]`, which WorkerDied ends where
the process that had it has ended, and `slots`, how many partitions it works on at a time. An engine neither
repeats nor drops anything: what to do about a death is decided in one place, see run.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from importlib import import_module
from typing import NamedTuple, Protocol

from tokscope.corpora.partitions import Done, Job, Partition
from tokscope.errors import TokscopeError, UsageError


class WorkerDied(Exception):
    """The process that worked on a partition has ended; its text says how."""


class EngineLost(TokscopeError):
    """There is nothing any more that works on partitions: a cluster without its head."""


class Busy(NamedTuple):
    """What is worked on: the partition, by whom, where in it, and for how many seconds nothing was heard.

    Example: Busy(Partition("a.jsonl"), "process 123", 1000, 61.0)
    """

    partition: Partition
    who: str
    at: int
    silent: float


class Engine(Protocol):
    """What runs the work, see above."""

    @property
    def slots(self) -> int:
        """How many partitions it works on at a time."""

    def submit(self, job: Job, partition: Partition) -> Future[Done]:
        """Have a partition worked on. Raises EngineLost."""

    def busy(self) -> Sequence[Busy]:
        """Tell what is worked on."""


ENGINES = {
    "": "tokscope.corpora.processes:Processes",
    "local-ray": "tokscope.corpora.rays:Rays",
    "ray": "tokscope.corpora.rays:Rays",
}
"""Each engine, by what --on begins with: a class that is made of --on and of --workers."""


def engine(on: str, workers: int) -> AbstractContextManager[Engine]:
    """Make the engine that --on names; "" is processes of this machine.

    Example: with engine("", 2) as processes: processes.submit(job, partition).result()

    Raises UsageError for another name, and MissingExtra.
    """
    scheme = on.partition("://")[0]
    if scheme not in ENGINES or (scheme == "ray") != on.startswith("ray://"):
        raise UsageError(f"unknown --on {on!r}: ray://HOST:10001 or local-ray")
    module, _, name = ENGINES[scheme].partition(":")
    made: AbstractContextManager[Engine] = getattr(import_module(module), name)(on, workers)
    return made
