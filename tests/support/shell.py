"""Running tokscope as its users do: a process with arguments, standard input, an exit code."""

from __future__ import annotations

import atexit
import os
import pickle
import socket
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from fcntl import ioctl
from multiprocessing import get_context
from multiprocessing.reduction import DupFd
from pathlib import Path
from termios import FIONREAD
from typing import Any, NamedTuple

from tests.support.serving import serve


class Result(NamedTuple):
    code: int
    out: str
    err: str


WARM = get_context("forkserver")
WARM.set_forkserver_preload(
    [
        "pytest",
        "tests.support.shell",
        "tests.support.warm",
    ]  # each process imports its main module and its target
)


def tokscope(
    *arguments: str | bytes | Path,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    memory: int | None = None,
    patience: int = 100,
) -> Result:
    """Run one command line in another process; standard input is a pipe, empty unless `stdin` is given.

    The process runs others with the same environment after it, and is forked from one that has imported what
    most commands need: a tenth of the work of a new one.
    What Python itself reads when it starts (PYTHONPATH, the locale) takes a new one, and so does a start-up.
    `memory` is how many bytes it may ask for; after `patience`, in seconds, it is killed: a TimeoutError.
    """
    environ = {"OPENBLAS_NUM_THREADS": "1", **os.environ, **(env or {})}  # with threads it runs no other
    environ.pop("PYTEST_CURRENT_TEST", None)
    server = _server(environ, memory)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        to_read, to_write = os.pipe()
        server.ask([*map(os.fsdecode, arguments)], cwd or Path.cwd(), (to_read, out.fileno(), err.fileno()))
        os.close(to_read)
        with suppress(BrokenPipeError), os.fdopen(to_write, "wb") as pipe:
            pipe.write(stdin or b"")
        code = server.answer(patience)
        out.seek(0)
        err.seek(0)
        return Result(code, *(file.read().decode(errors="surrogateescape") for file in (out, err)))


class Server:
    """A process of tests.support.serving, and the line to it."""

    def __init__(self, environ: Mapping[str, str], memory: int | None = None) -> None:
        self._line, theirs = socket.socketpair()
        self._process = WARM.Process(target=serve, args=(DupFd(theirs.fileno()), environ, memory))
        self._process.start()
        theirs.close()
        self.environ, self.takes_another = environ, memory is None

    def ask(self, arguments: list[str], cwd: Path, streams: Sequence[int]) -> None:
        asked = pickle.dumps((arguments, cwd))
        socket.send_fds(self._line, [len(asked).to_bytes(8)], streams)
        self._line.sendall(asked)

    def answer(self, patience: float) -> int:
        """Give the exit code; of a process that a signal has ended, as subprocess has it."""
        self._line.settimeout(patience)
        try:
            said = self._line.recv(1 << 10)
        except TimeoutError:
            self._process.kill()
            self.end()
            raise TimeoutError(f"tokscope still runs after {patience} s") from None
        code, another = pickle.loads(said) if said else (None, False)
        self.takes_another &= another
        if not self.takes_another:
            self.end()
        return self._process.exitcode if code is None else code

    def end(self) -> None:
        self.takes_another = False
        with suppress(OSError):  # it has ended
            self._line.shutdown(socket.SHUT_RDWR)  # whatever fork of this process has the line, too
        self._line.close()
        self._process.join(10)
        self._process.kill()
        self._process.join()


_servers: list[Server] = []
"""Those that take another command line, the one that was asked last at the end."""

MOST = 3
"""Of servers: a test may go to and fro between environments."""


def _server(environ: Mapping[str, str], memory: int | None) -> Server:
    if memory is not None:
        return Server(environ, memory)
    _servers[:] = [server for server in _servers if server.takes_another]
    server = next((server for server in _servers if server.environ == environ), None)
    if server is None:
        server = Server(environ)
        if len(_servers) == MOST:
            _servers.pop(0).end()
    else:
        _servers.remove(server)
    _servers.append(server)
    return server


@atexit.register
def _end() -> None:
    while _servers:
        _servers.pop().end()


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait until something holds, and give it. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise TimeoutError


def until_read(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has read what was written to its standard input, however busy the machine is."""
    unread = array("i", [1])
    while unread[0] and process.poll() is None:
        time.sleep(0.01)
        ioctl(process.stdin, FIONREAD, unread)  # type: ignore[arg-type]


def until_computed(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait until a process has computed for so long, however busy the machine is, or has ended."""
    while process.poll() is None:
        times = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        if sum(map(int, times[11:13])) >= seconds * os.sysconf("SC_CLK_TCK"):  # in itself, and for it
            break
        time.sleep(0.01)


_MEASURED = """
import resource, subprocess, sys
subprocess.run(["bash", "-c", sys.argv[1]], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10, file=sys.stderr)
"""


def peak(command: str) -> tuple[int, str]:
    """Run a pipeline; give the memory of its largest process, in MiB, and its output."""
    command = f'tokscope() {{ {sys.executable} -m tokscope "$@"; }}; {command}'
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, command], capture_output=True, text=True, timeout=100, check=True
    )
    return int(done.stderr), done.stdout
