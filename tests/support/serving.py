"""The process that runs command lines for tests.support.shell, one after another."""

from __future__ import annotations

import atexit
import os
import pickle
import resource
import signal
import socket
import sys
import traceback
import warnings
from collections.abc import Mapping
from contextlib import suppress
from functools import _lru_cache_wrapper
from inspect import signature
from pathlib import Path
from typing import Any

from tokscope import __main__ as program
from tokscope.corpora import work
from tokscope.files import asking, confined
from tokscope.shell import stderr

MOST = 40
"""Of command lines in one process: what each leaves behind stays small."""

LARGE = 400 << 20
"""Bytes of memory from which on a process serves no more."""

STREAMS = 3


def serve(line: Any, environ: Mapping[str, str], memory: int | None) -> None:
    """Be the process: run what comes down the line, and answer with (exit code, whether it takes another).

    `memory` is how many bytes it may ask for.
    """
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    program._end = sys.exit  # type: ignore[assignment]  # the process goes on
    with socket.socket(fileno=line.detach()) as line:
        for served in range(1, MOST + 1):
            size, descriptors, _, _ = socket.recv_fds(line, 8, STREAMS)
            if not size:
                break
            asked = line.makefile("rb").read(int.from_bytes(size))
            code = _run(*pickle.loads(asked), descriptors, environ)
            another = served < MOST and _as_new()
            line.sendall(pickle.dumps((code, another)))
            if not another:
                break
    atexit._run_exitfuncs()
    os._exit(0)


def _as_new() -> bool:
    """Whether no thread is left, which a fork would lack, and not too much memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return len([*Path("/proc/self/task").iterdir()]) == 1 and pages * resource.getpagesize() < LARGE


def _run(arguments: list[str], cwd: Path, descriptors: list[int], environ: Mapping[str, str]) -> int:
    """Run one command line and give its exit code; what it has changed in the process is put back."""
    try:
        with warnings.catch_warnings():
            become(arguments, *descriptors, environ=environ, cwd=cwd)
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:
        os.write(2, traceback.format_exc().encode())
        code = 1
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()
    _forget()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(STREAMS):  # whoever writes to it learns that nobody reads any more
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    return code


def _forget() -> None:
    """Put back what a command line changes for its whole process, which it does not expect to outlive it.

    What is cached by an argument may be of a file that is another one by now; the rest is of what ships.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    sys.unraisablehook = sys.__unraisablehook__
    confined._limited = True
    for kept in (program._called_off, stderr._former, asking._FAILED, work._open):
        kept.clear()
    asking._client.cache_clear()
    for cached in caches():
        cached.cache_clear()


_looked_into: set[str] = set()
_caches: list[Any] = []


def caches() -> list[Any]:
    """Give every function of the package that remembers what it gave for an argument, of what is imported.

    A look into a module copies the pages of all that is in it: so the process that forks has looked already.
    """
    for name in [name for name in sys.modules if name.startswith("tokscope.")]:
        if name not in _looked_into:
            _looked_into.add(name)
            found = [
                value for value in vars(sys.modules[name]).values() if isinstance(value, _lru_cache_wrapper)
            ]
            _caches.extend(value for value in found if signature(value).parameters)
    return _caches


def become(arguments: list[str], *descriptors: int, environ: Mapping[str, str], cwd: Path) -> None:
    """Be one command line, with these descriptors as its standard streams; raises SystemExit at its end."""
    for descriptor, stream in enumerate(descriptors):
        os.dup2(stream, descriptor)
        if stream >= STREAMS:
            os.close(stream)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(at, mode, closefd=False) for at, mode in enumerate("rww"))
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(cwd)
    sys.argv = ["tokscope", *arguments]
    program.main()
