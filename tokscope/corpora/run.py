"""Run: takes all partitions of a corpus through an engine, and loses none on the way."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import NamedTuple

from tokscope.corpora.engine import Busy, Engine, WorkerDied
from tokscope.corpora.journal import Journal, NotedStage
from tokscope.corpora.partitions import Done, Job, Partition, after_death
from tokscope.corpora.stores import Listed

SILENT_AFTER = 60.0
"""Seconds after which a worker that says nothing is reported."""


class Standing(NamedTuple):
    """How far a run has come.

    Example: Standing(50, 200, 10.0, 25.0, []).left -> 60.0

    `read` of `size` bytes of the files are done, `seconds` have passed, in which `fresh` bytes were read (a
    run that goes on has read some before), and `busy` is what is worked on.
    """

    read: int
    size: int
    seconds: float
    fresh: float
    busy: Sequence[Busy]

    @property
    def left(self) -> float | None:
        """The seconds that are left at this rate, None before there is one."""
        return (self.size - self.read) * self.seconds / self.fresh if self.fresh > 0 else None


class CorpusRun:
    """A job on all files of a corpus.

    Example: for partition, done in CorpusRun(job, files, engine, None, print, print): ...

    It gives each partition with what came of it, in the order in which they end, those of `journal` first.
    `watch` is told how far it has come some times a second, and `say` what the user has to know at once.
    """

    def __init__(
        self,
        job: Job,
        files: Sequence[Listed],
        engine: Engine,
        journal: Journal | NotedStage | None,
        watch: Callable[[Standing], None],
        say: Callable[[str], None],
        patience: float = SILENT_AFTER,
    ) -> None:
        size = sum(file.size for file in files)
        self._job = job._replace(expected=int(size * job.share) // engine.slots)
        self._engine = engine
        self._journal = journal
        self._watch = watch
        self._say = say
        self._patience = patience
        self._waiting: OrderedDict[tuple[str, int], Partition] = OrderedDict(
            ((file.path, 0), Partition(file.path, size=file.size)) for file in files
        )
        self._running: dict[Future[Done], Partition] = {}
        self._size = size
        self._read = 0
        self._said: dict[tuple[str, int], float] = {}

    def __iter__(self) -> Iterator[tuple[Partition, Done]]:
        for partition, done in self._before():
            self._settle(partition, done)
            yield partition, done
        start, before = time.monotonic(), self._read
        while self._waiting or self._running:
            while self._waiting and len(self._running) < 2 * self._engine.slots:
                _, partition = self._waiting.popitem(last=False)
                self._running[self._engine.submit(self._job, partition)] = partition
            ended, _ = wait(self._running, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in ended:
                partition = self._running.pop(future)
                try:
                    done = future.result()
                except WorkerDied as error:
                    if (following := self._died(partition, error)) is not None:
                        self._next(following)
                        continue
                    where = (
                        "without its first document too" if error.begun else "before they came to its text"
                    )
                    done = Done(problem=f"processes in a row ended on it, {where}: {error}")
                if self._journal is not None:
                    self._journal.write({"partition": partition, "done": done})
                self._settle(partition, done)
                yield partition, done
            busy = self._engine.busy()
            self._report_silence(busy)
            passed = time.monotonic() - start
            self._watch(Standing(min(self._read, self._size), self._size, passed, self._read - before, busy))

    def _before(self) -> Iterable[tuple[Partition, Done]]:
        for one in self._journal.before if self._journal else ():
            if "done" in one:
                yield Partition.of(one["partition"]), Done.of(one["done"])

    def _settle(self, partition: Partition, done: Done) -> None:
        """Strike a partition off, and put what is to be done next in its place, before all others."""
        self._waiting.pop(partition.key, None)
        for one in reversed(done.more):
            self._next(one)
        self._read += done.read

    def _died(self, partition: Partition, how: WorkerDied) -> Partition | None:
        following = after_death(partition, begun=how.begun)
        if following is not None and not partition.within:
            times = f", {partition.deaths + 1} times; looking for the document" if following.within else ""
            self._say(f"{partition.shown}: {how}{times or '; trying again'}")
        return following

    def _next(self, partition: Partition) -> None:
        self._waiting[partition.key] = partition
        self._waiting.move_to_end(partition.key, last=False)

    def _report_silence(self, busy: Sequence[Busy]) -> None:
        """Report workers that have been silent for long, and again after as long."""
        for one in busy:
            if one.silent < self._patience:
                self._said.pop(one.partition.key, None)
            elif one.silent - self._said.get(one.partition.key, 0) >= self._patience:
                self._said[one.partition.key] = one.silent
                where = f"at {one.at:,}, " if one.at > one.partition.start else ""
                self._say(f"nothing heard for {one.silent:.0f} s of {one.partition.shown} ({where}{one.who})")
