"""Forked: functions that run in forks of this process, several at a time.

A fork has all that this process has in memory, so that nothing but the answer goes through a pipe, and has an
interpreter's lock of its own. Confined is its sibling for what somebody else wrote.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, NoReturn, TypeVar, cast

from tokscope.files.signals import unhandle

T = TypeVar("T")
S = TypeVar("S")
Tell = Callable[[Any], None]
"""Takes what a function wants to be known while it runs."""


importing = threading.Lock()
"""Held while this process forks, and by a thread that imports: a fork would wait for it forever."""


class Died(Exception):
    """A fork that ended without an answer: its number among the functions, and by which signal.

    Example: Died(0, "SIGKILL").args -> (0, "SIGKILL")
    """


def processes() -> int:
    """Say how many processes this one may run at a time: 1 where it cannot fork.

    Example: processes() -> 2, on a machine with two cores

    No more than four, since each has memory of its own.
    """
    if sys.platform in ("win32", "darwin"):  # macOS has libraries that give up in a fork
        return 1
    return min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def forked(functions: Sequence[Callable[[Tell], T]], at_once: int, tell: Tell) -> list[T]:
    """Run each function in a fork, `at_once` at a time in their order, and give what they return.

    Example: forked([lambda tell: 1, lambda tell: 2], 2, print) -> [1, 2]

    What they say goes to `tell` here. Raises what one of them raises, and Died; then the others are ended.
    """
    import select

    found: dict[int, T] = {}
    running: dict[int, tuple[int, int]] = {}  # by its pipe: the number of the function, and its process
    poll = select.poll()
    try:
        while len(found) < len(functions):
            while len(running) < at_once and (number := len(found) + len(running)) < len(functions):
                here, process = _fork(functions[number])
                running[here] = number, process
                poll.register(here, select.POLLIN)
            for one, _ in poll.poll():
                kind, value = _hear(one, *running[one])
                if kind == "told":
                    tell(value)
                    continue
                number, process = running.pop(one)
                poll.unregister(one)
                os.close(one)
                os.waitpid(process, 0)
                if kind == "raised":
                    raise value
                found[number] = value
    finally:
        for one, (_, process) in running.items():
            os.close(one)
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
    return [found[number] for number in range(len(functions))]


class Beside(Generic[T]):
    """One function that runs in a fork while this process goes on; to be closed, which ends it.

    Example: with Beside(lambda tell: 1) as other: other.result() -> 1
    """

    def __init__(self, function: Callable[[Tell], T]) -> None:
        self._pipe, self._process = _fork(function)

    def __enter__(self) -> Beside[T]:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._pipe)
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)

    def result(self) -> T:
        """Wait for what the function returns, once. Raises what it raises, and Died.

        Example: with Beside(lambda tell: 1) as other: other.result() -> 1
        """
        return cast(T, self._hear()[1])

    def told(self) -> Iterator[Any]:
        """Give what the function tells, as it does, until it returns. Raises what it raises, and Died.

        Example: with Beside(lambda tell: tell(1)) as other: list(other.told()) -> [1]
        """
        while (said := self._hear())[0] == "told":
            yield said[1]

    def _hear(self) -> tuple[str, Any]:
        kind, value = _hear(self._pipe, 0, self._process)
        if kind == "raised":
            raise value
        return kind, value


WORTH_A_FORK = 4_000
"""Of how many files a look at each takes long enough that a fork pays."""


def in_halves(function: Callable[[Sequence[S]], list[T]], items: Sequence[S]) -> list[T]:
    """Give what a function makes of each item; of many it makes the second half in a fork.

    Example: in_halves(lambda names: list(map(len, names)), ["a.md", "b.py", "LICENSE"]) -> [4, 4, 7]
    """
    half = len(items) // 2
    if len(items) < WORTH_A_FORK or processes() == 1:
        return function(items)
    with Beside(lambda tell: function(items[half:])) as other:
        found = function(items[:half])
        try:
            return found + other.result()
        except Died:
            return found + function(items[half:])


def _hear(pipe: int, number: int, process: int) -> tuple[str, Any]:
    """Hear what a fork says: what it tells, returns or raises. Raises Died."""
    import pickle

    try:
        said: tuple[str, Any] = pickle.loads(_read_exactly(pipe, int.from_bytes(_read_exactly(pipe, 8))))
    except EOFError:
        status = os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
        assert status is not None
        exited = status.si_code == os.CLD_EXITED
        why = f"exit code {status.si_status}" if exited else signal.Signals(status.si_status).name
        raise Died(number, why) from None
    return said


def _read_exactly(pipe: int, size: int) -> bytes:
    parts = []
    while size:
        if not (part := os.read(pipe, size)):
            raise EOFError
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _tell(pipe: int, data: bytes) -> None:
    """Say something to the parent: 8 bytes for the size, then as much of pickle, in pipes of our own.

    Those of multiprocessing take 0.01 s to import.
    """
    left = memoryview(len(data).to_bytes(8) + data)
    while left:
        left = left[os.write(pipe, left) :]


def _fork(function: Callable[[Tell], T]) -> tuple[int, int]:
    """Run a function in a fork: gives the pipe by which it answers, and its process."""
    import pickle  # before the fork, which then need not

    here, there = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12, where there are threads
        with importing:
            process = os.fork()
    if not process:
        os.close(here)
        _be(function, lambda *said: _tell(there, pickle.dumps(said, pickle.HIGHEST_PROTOCOL)))
    os.close(there)
    return here, process


def _be(function: Callable[[Tell], T], say: Callable[[str, object], None]) -> NoReturn:
    """Be the fork: run the function, answer, and end without a word, even where the parent is gone."""
    try:
        unhandle(signal.SIGINT)
        try:
            value = function(lambda said: say("told", said))
        except Exception as error:
            say("raised", error)
        else:
            say("done", value)
    finally:
        os._exit(0)
