"""Which engine a run of a corpus has."""

from __future__ import annotations

from contextlib import AbstractContextManager

from tokscope.corpora.engine import Engine
from tokscope.errors import UsageError


def choose_engine(on: str, workers: int) -> AbstractContextManager[Engine]:
    """Make the engine that --on names; "" is processes of this machine.

    Example: with choose_engine("", 2) as processes: processes.submit(job, partition).result()

    Raises UsageError for another name, and MissingExtra.
    """
    if not on:
        from tokscope.corpora.processes import Processes

        return Processes(on, workers)
    if on.partition("://")[0] != "local-ray" and not on.startswith("ray://"):
        raise UsageError(f"unknown --on {on!r}: ray://HOST:10001 or local-ray")
    from tokscope.corpora.rays import Rays

    return Rays(on, workers)
