"""Running tokscope as its users do: a process with arguments, standard input, an exit code."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Mapping
from contextlib import suppress
from fcntl import ioctl
from multiprocessing import get_context
from multiprocessing.reduction import DupFd
from pathlib import Path
from termios import FIONREAD
from typing import Any, NamedTuple

from tokscope.__main__ import main


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
    """Run one command line in a process of its own; standard input is a pipe, empty unless `stdin` is given.

    It is forked from a process that has imported what most commands need: a third of the work of a new one.
    What Python itself reads when it starts (PYTHONPATH, the locale) takes a new one, and so does a start-up.
    `memory` is how many bytes it may ask for; after `patience`, in seconds, it is killed: a TimeoutError.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        to_read, to_write = os.pipe()
        process = WARM.Process(
            target=_run,
            args=([*map(os.fsdecode, arguments)], *map(DupFd, (to_read, out.fileno(), err.fileno()))),
            kwargs={"environ": {**os.environ, **(env or {})}, "cwd": cwd or Path.cwd(), "memory": memory},
        )
        process.start()
        os.close(to_read)
        with suppress(BrokenPipeError), os.fdopen(to_write, "wb") as pipe:
            pipe.write(stdin or b"")
        process.join(patience)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"tokscope {arguments} still runs after {patience} s")
        out.seek(0)
        err.seek(0)
        return Result(
            process.exitcode, *(file.read().decode(errors="surrogateescape") for file in (out, err))
        )


def _run(arguments: list[str], *streams: Any, environ: dict[str, str], cwd: Path, memory: int | None) -> None:
    """Be the process that `tokscope` starts."""
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    become(arguments, *(stream.detach() for stream in streams), environ=environ, cwd=cwd)


def become(arguments: list[str], *descriptors: int, environ: Mapping[str, str], cwd: Path) -> None:
    """Be one command line, with these descriptors as its standard streams; raises SystemExit at its end."""
    for descriptor, stream in enumerate(descriptors):
        os.dup2(stream, descriptor)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(cwd)
    sys.argv = ["tokscope", *arguments]
    main()


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
