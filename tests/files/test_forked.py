"""Functions in forks: their answers, what they tell, how they fail, and that none is left behind."""

from __future__ import annotations

import os
import signal
import sys
from functools import partial

import pytest

from tokscope.errors import TokenizerError
from tokscope.files.confined import Confined, Stopped
from tokscope.files.forked import Died, Tell, forked

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")


def square(number: int, tell: Tell) -> int:
    tell(number)
    return number * number


def ended(number: int, tell: Tell) -> int:
    tell(os.getpid())
    os.kill(os.getpid(), number)
    raise AssertionError


def broken(tell: Tell) -> int:
    raise TokenizerError("gone")


def waits(tell: Tell) -> int:
    tell(os.getpid())
    signal.pause()
    raise AssertionError


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_answers_come_in_the_order_of_the_functions(at_once: int) -> None:
    told: list[int] = []
    assert forked([partial(square, i) for i in range(4)], at_once, told.append) == [0, 1, 4, 9]
    assert sorted(told) == [0, 1, 2, 3]


def test_one_that_raises_or_dies_ends_the_others() -> None:
    told: list[int] = []
    for other, error in ((partial(ended, signal.SIGKILL), Died), (broken, TokenizerError)):
        with pytest.raises(error, match=r"SIGKILL|gone"):
            forked([waits, other], 2, told.append)
    assert told
    for process in told:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


@pytest.mark.parametrize("ignored", [True, False])
def test_what_this_process_ignores_its_forks_ignore(ignored: bool) -> None:
    def unharmed(tell: Tell = print) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return 1

    before = signal.signal(signal.SIGINT, signal.SIG_IGN if ignored else signal.default_int_handler)
    try:
        if ignored:
            assert (forked([unharmed], 1, print), Confined(unharmed)()) == ([1], 1)
        else:
            with pytest.raises(Died, match="SIGINT"):
                forked([unharmed], 1, print)
            with pytest.raises(Stopped, match="SIGINT"):
                Confined(unharmed)()
    finally:
        signal.signal(signal.SIGINT, before)


def test_nothing_that_a_fork_writes_comes_twice(capfd: pytest.CaptureFixture[str]) -> None:
    sys.stdout.write("once\n")  # which may still be in the buffer of this process
    forked([partial(square, 1)], 1, lambda said: None)
    sys.stdout.flush()
    assert capfd.readouterr().out == "once\n"
