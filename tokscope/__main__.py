"""`python -m tokscope`, and the command `tokscope`: a process, the signals that call it off, and its end."""

import os
import sys
from typing import NoReturn

from tokscope import garbage


def main() -> None:
    """Run the command line of this process; what is imported on the way may be interrupted, too.

    Example: python -m tokscope count -x "Hello world", from a shell
    """
    garbage.pause()  # until the command runs, see groups
    try:
        import signal

        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, lambda number, frame: os._exit(130))  # nothing has begun yet
        from tokscope import cli

        if "_TOKSCOPE_COMPLETE" in os.environ:
            cli.complete()
            return
        _prepare()
        code = cli.run(called_off=_called_off)
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python's own end would show a traceback
        _end(code)
    except KeyboardInterrupt:
        sys.exit(130)


def _prepare() -> None:
    """Make a process of Python's one of a command line: its streams, its warnings, its signals."""
    import signal
    import warnings

    from tokscope.shell.stderr import separate_stderr

    _hold_descriptors()
    separate_stderr()
    if not sys.warnoptions:  # of -W and PYTHONWARNINGS
        warnings.simplefilter("ignore")  # a library's are for programmers
    # A job that is called off leaves no half-written file behind, just as Ctrl-C does not.
    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup and & ask
            signal.signal(number, _call_off)
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _call_off)
        sys.unraisablehook = _call_off_again


def _end(code: int) -> NoReturn:
    """End the process with what was asked to be done then, and leave its memory to the system.

    To take everything apart, as Python does otherwise, takes a twentieth of the time of one line.
    """
    import atexit

    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except (OSError, ValueError):  # which run() has told, or nobody can be told
                continue
    os._exit(code)


_called_off: list[int] = []
"""The signals that asked for an end."""


def _call_off(number: int, frame: object) -> NoReturn:
    _called_off.append(number)
    raise KeyboardInterrupt


def _call_off_again(lost: "sys.UnraisableHookArgs") -> None:
    """Call off a moment later where Python drops what is raised, as in the callbacks of its imports."""
    import signal

    if issubclass(lost.exc_type, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, 0.001)
    else:
        sys.__unraisablehook__(lost)


def _hold_descriptors() -> None:
    """Let no file that is opened get the number of a standard stream that the shell has closed."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest that is free: this one


if __name__ == "__main__":
    main()
