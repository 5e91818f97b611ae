"""Confined: what somebody else wrote is run in a child process, with a limit of time and of memory.

A chat template is a program, and a pattern can take longer than anybody waits. The child is a fork: it has
all that the function needs, starts in some milliseconds, and answers any number of calls; it prints nothing,
and it ends with its parent. What goes between the two is JSON, so that nothing that comes back is ever run.
Where there is no fork (Windows) the function runs here, without limits.
"""

from __future__ import annotations

import faulthandler
import json
import os
import select
import signal
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from tokscope.files.signals import unhandle

SECONDS = 10
"""Of computing time for one call."""

CLOCK_FACTOR = 6
"""How many times as long it may take on the clock, on a busy machine."""

MEMORY = 1 << 30
"""Bytes that the child may take beyond what its parent has."""

MAX_ANSWER = 1 << 25
"""Bytes of the longest answer: no model reads as much as 32 MiB of text."""

BY_SIZE = 200
"""Bytes of memory, and of the answer, for each byte of the arguments: a text becomes lists of numbers."""

_THREADS = "TOKENIZERS_PARALLELISM"
"""What keeps the `tokenizers` library in the child from waiting for threads of its parent's."""

_NO_ROOM = (b"memory allocation of", b"bad_alloc")
"""What Rust and C++ write before they end a process that has run out of memory."""

_limited = True


def lift() -> None:
    """Do without limits from here on, as --no-limit asks; the child stays a child.

    Example: lift(), and a template that needs more than 10 s is rendered to its end
    """
    global _limited
    _limited = False


class Stopped(Exception):
    """A call that was given up; its text says why, as "takes more than 10 s ...".

    Example: raise Stopped("takes more than 10 s")
    """


class Confined:
    """A function that runs in a child process: it takes and gives what JSON can say.

    Example: Confined(lambda n: "a" * n)(3) -> "aaa"; with 10**12 it raises Stopped, as it does where the
    function never ends, raises, or takes the whole process with it

    What the function remembers stays in the child, which lives until a call is given up or this object goes.
    `seconds` of computing and bytes of `memory` are the limits of a call; large arguments get more, a second
    and BY_SIZE bytes for a million characters. A library may take a refusal of memory for the end of what it
    reads, and go on (PDFium does): so none is refused before twice the limit, and a call that went beyond the
    limit is given up even where it has an answer.
    """

    def __init__(self, function: Callable[..., Any], *, seconds: int = SECONDS, memory: int = MEMORY) -> None:
        self._function = function
        self._seconds = seconds
        self._memory = memory
        self._child: tuple[int, int, int, int] | None = None  # its process, and the ends of its pipes here

    def __call__(self, *arguments: Any) -> Any:
        """Run the function. Raises Stopped."""
        if not hasattr(os, "fork"):
            return self._function(*arguments)
        answer: dict[str, Any] = {}
        try:
            if self._child is None:
                self._child = self._fork()
            _, to_read, to_answer, _ = self._child
            asked = json.dumps(arguments).encode()
            _send(to_read, asked)
            patience = (self._seconds + len(asked) / 1e6) * CLOCK_FACTOR
            answer = json.loads(_receive(to_answer, patience if _limited else None))
        except TimeoutError:
            answer = {"stopped": self._too_long}
        except (EOFError, OSError):
            answer = {"stopped": self._why(*self._end())}
        finally:
            if "result" not in answer:
                self._end()
        if "stopped" in answer:
            raise Stopped(answer["stopped"])
        return answer["result"]

    def __del__(self) -> None:
        self._end()

    @property
    def _too_long(self) -> str:
        return f"takes more than {self._seconds} s of computing; --no-limit lets it"

    @property
    def _too_large(self) -> str:
        return f"needs more than {self._memory >> 20:,} MiB of memory; --no-limit lets it"

    def _why(self, ended: int, said: bytes) -> str:
        """Say in words how the child ended by itself; `said` is what it wrote to standard error."""
        if ended == -signal.SIGPROF:
            return self._too_long
        if any(words in said for words in _NO_ROOM):
            return self._too_large
        named = signal.Signals(-ended).name if ended < 0 else str(ended)
        return f"ends the process that it runs in ({named})"

    def _fork(self) -> tuple[int, int, int, int]:
        read, to_read = os.pipe()
        to_answer, answer = os.pipe()
        to_hear, says = os.pipe()
        os.set_blocking(says, False)  # what is too much for the pipe is lost
        os.set_blocking(to_hear, False)
        before = os.environ.get(_THREADS)
        os.environ[_THREADS] = "false"
        with warnings.catch_warnings():
            # Python 3.12 warns where there are threads: the child has none of them, and needs none.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = os.fork()
        if not process:
            os.close(to_read)
            os.close(to_answer)
            self._serve(read, answer, says)
        if before is None:
            del os.environ[_THREADS]
        else:
            os.environ[_THREADS] = before
        os.close(read)
        os.close(answer)
        os.close(says)
        return process, to_read, to_answer, to_hear

    def _end(self) -> tuple[int, bytes]:
        """End the child if there is one; say how it ended (waitstatus_to_exitcode) and what it said."""
        if self._child is None:
            return 0, b""
        process, *pipes, to_hear = self._child
        self._child = None
        for pipe in pipes:
            os.close(pipe)  # which ends it, unless it is at work
        status = 0
        with suppress(ChildProcessError, ProcessLookupError):
            for patience in (0, 0.001, 0.02):
                time.sleep(patience)
                found, status = os.waitpid(process, os.WNOHANG)
                if found:
                    break
            else:
                os.kill(process, signal.SIGKILL)
                _, status = os.waitpid(process, 0)
        said = b""
        with suppress(BlockingIOError):
            said = os.read(to_hear, 1 << 16)
        os.close(to_hear)
        return os.waitstatus_to_exitcode(status), said

    def _serve(self, read: int, answer: int, says: int) -> NoReturn:
        """Be the child: answer calls until the parent is gone."""
        try:
            faulthandler.disable()  # it would write to what the parent's standard error was
            unhandle(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream, where in enumerate(
                (nowhere, nowhere, says)
            ):  # a native library prints what it pleases
                os.dup2(where, stream)
            held, most = _address_space(), 0
            while True:
                asked = _receive(read, None)
                more = len(asked) * BY_SIZE
                most = max(most, self._memory + more)
                if _limited:
                    _limit_memory(held, 2 * most)
                    # whose signal ends the process
                    signal.setitimer(signal.ITIMER_PROF, self._seconds + len(asked) / 1e6)
                data = self._answer(json.loads(asked), MAX_ANSWER + more)
                if _limited and held is not None and (_address_space("VmPeak") or 0) - held > most:
                    data = json.dumps({"stopped": self._too_large}).encode()
                signal.setitimer(signal.ITIMER_PROF, 0)
                _send(answer, data)
        finally:
            os._exit(0)

    def _answer(self, arguments: list[Any], most: int) -> bytes:
        try:
            data = json.dumps({"result": self._function(*arguments)}).encode()
            if len(data) <= most or not _limited:
                return data
            why = f"gives more than {most >> 20} MiB; --no-limit lets it"
        except MemoryError:
            why = self._too_large
        except BaseException as error:  # a panic of Rust is not an Exception
            why = f"fails: {type(error).__name__}: {str(error)[:200]}"
        return json.dumps({"stopped": why}).encode()


def _address_space(which: str = "VmSize") -> int | None:
    """Tell how many bytes of addresses this process has, or by VmPeak has had, where the system says it."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith(f"{which}:"))
    except (OSError, ValueError, StopIteration):
        return None


def _limit_memory(held: int | None, more: int) -> None:
    """Let this process, which had `held` bytes, take `more` bytes more."""
    if held is None:
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = held + more if hard == resource.RLIM_INFINITY else min(held + more, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _send(pipe: int, data: bytes) -> None:
    """Write a message: its length in 8 bytes, and itself."""
    rest = memoryview(len(data).to_bytes(8, "little") + data)
    while rest:
        rest = rest[os.write(pipe, rest) :]


def _receive(pipe: int, seconds: float | None) -> bytes:
    """Read a message. Raises TimeoutError when it does not come within the time, and EOFError."""
    until = None if seconds is None else time.monotonic() + seconds
    return _read_within(pipe, int.from_bytes(_read_within(pipe, 8, until), "little"), until)


def _read_within(pipe: int, size: int, until: float | None) -> bytes:
    parts = []
    waiting = select.poll()
    waiting.register(pipe, select.POLLIN)
    while size:
        if until is not None and not waiting.poll(max(0, until - time.monotonic()) * 1000):
            raise TimeoutError
        parts.append(os.read(pipe, min(size, 1 << 20)))
        if not parts[-1]:
            raise EOFError
        size -= len(parts[-1])
    return b"".join(parts)
