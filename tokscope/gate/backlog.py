"""Backlog: small files that are read and wait to be counted together, many in one call of an engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tokscope.batches import BATCH, OBJECT, Background
from tokscope.gate.meter import Meter
from tokscope.tokenizer import Tokenizer

AHEAD = 6 * BATCH
"""How many characters are read at most while a batch is counted, which at first waits for its engine."""


class Read(NamedTuple):
    """A file that has been read: its texts, the meters that they go through, and what to do then.

    Example: Read(["one"], [Meter(load("char"), [3])], print)
    """

    texts: Sequence[str]
    meters: Sequence[Meter]
    judge: Callable[[], None]


class Backlog:
    """Counts what was read in batches, each while the next one is read; then judges it, in its order.

    Example: backlog = Backlog(); backlog.add(Read(["one"], [meter], judge)); backlog.clear(); meter.tokens ->
    3
    """

    def __init__(self) -> None:
        self._waiting: list[Read] = []
        self._size = 0
        self._counted: list[Read] = []  # or being counted
        self._background = Background()

    def add(self, read: Read) -> None:
        """Take a file, to be judged now or later; AHEAD characters are in memory beside a batch, never more.

        Example: backlog.add(Read(["one"], [Meter(load("char"), [3])], print))
        """
        self._waiting.append(read)
        self._size += sum(map(len, read.texts)) + OBJECT
        if self._size >= BATCH and (self._size >= AHEAD or self._background.idle):
            self._hand_over()

    def clear(self) -> None:
        """Count and judge all that waits. Raises what counting does.

        Example: Backlog().clear()
        """
        if self._waiting:
            self._hand_over()
        self._judge()

    def wait(self) -> None:
        """Wait for what is being counted, so that its tokenizers can count something else.

        Example: Backlog().wait()
        """
        self._background.wait()

    def _hand_over(self) -> None:
        self._judge()
        self._counted, self._waiting, self._size = self._waiting, [], 0
        self._background.start(self._count, self._counted)

    def _judge(self) -> None:
        self.wait()
        counted, self._counted = self._counted, []
        for read in counted:
            read.judge()

    def _count(self, batch: Sequence[Read]) -> None:
        columns: dict[str, tuple[Tokenizer, list[str]]] = {}
        for read in batch:
            for meter in read.meters:
                columns.setdefault(meter.tokenizer.name, (meter.tokenizer, []))[1].extend(read.texts)
        counts = {name: iter(one.count_all(texts)) for name, (one, texts) in columns.items()}
        for read in batch:
            for meter in read.meters:
                for text in read.texts:
                    meter.whole(text, next(counts[meter.tokenizer.name]))
