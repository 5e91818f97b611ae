"""Engines: what runs the work on partitions. The seam is one function: submit a partition, get a future.

Each engine is a context manager with `submit(job, partition) -> Future[Done]`, which WorkerDied ends where
the process that had it has ended, and `slots`, how many partitions it works on at a time. An engine neither
repeats nor drops anything: what to do about a death is decided in one place, see run.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple, Protocol

from tokscope.corpora.partitions import Done, Job, Partition
from tokscope.errors import TokscopeError


class WorkerDied(Exception):
    """The process that worked on a partition has ended; its text says how.

    Example: raise WorkerDied("its process was killed by SIGKILL")

    It had `begun` with the documents, as far as is known.
    """

    def __init__(self, how: str, *, begun: bool = True) -> None:
        super().__init__(how)
        self.begun = begun


class EngineLost(TokscopeError):
    """Nothing is left that works on partitions: a cluster has lost its head.

    Example: raise EngineLost("the Ray cluster is gone")
    """


class Busy(NamedTuple):
    """What is worked on: the partition, by whom, where in it, and for how many seconds nothing was heard.

    Example: Busy(Partition("a.jsonl"), "process 123", 1000, 61.0)
    """

    partition: Partition
    who: str
    at: int
    silent: float


class Engine(Protocol):
    """What runs the work, see above.

    Example: with engine("", 2) as running: running.submit(job, partition).result()
    """

    @property
    def slots(self) -> int:
        """How many partitions it works on at a time.

        Example: with engine("", 2) as running: running.slots -> 2
        """

    def submit(self, job: Job, partition: Partition) -> Future[Done]:
        """Hand a partition to whoever is free. Raises EngineLost.

        Example: running.submit(Job("count", ("byte",)), Partition("a.jsonl")).result().numbers -> 2
        """

    def busy(self) -> Sequence[Busy]:
        """Say what is being worked on.

        Example: [one.partition.path for one in running.busy()] -> ["a.jsonl"]
        """
