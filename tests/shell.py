"""Running tokscope as its users do: a process with arguments, standard input, an exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Result(NamedTuple):
    code: int
    out: str
    err: str


def tokscope(
    *arguments: str | bytes | Path,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Result:
    """Run one command line; standard input is empty unless given."""
    done = subprocess.run(
        [sys.executable, "-m", "tokscope", *arguments],
        input=stdin or b"",
        capture_output=True,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        timeout=100,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


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
