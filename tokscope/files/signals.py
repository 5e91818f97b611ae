"""Signals in a fork, which has its parent's handlers and not its cares."""

from __future__ import annotations

import signal


def unhandle(*numbers: signal.Signals) -> None:
    """Let signals end this process as usual, except for those that it was started to ignore.

    Example: unhandle(signal.SIGINT) in a fork; of a job that a script runs in the background, Ctrl-C ends
    neither the job nor the fork
    """
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
