"""What runs in a child process: its limits, its ends, and what is left of it."""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import normalizers

from tests.support import ROOT
from tokscope.files.confined import Confined, Stopped

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.slow
@settings(deadline=None)
@given(value=values)
def test_what_json_can_say_goes_there_and_back(value: object) -> None:
    assert ECHO(value) == value


ECHO = Confined(lambda value: value)


def spin() -> None:
    while True:
        pass


def panic() -> None:
    class PanicException(BaseException):
        pass

    raise PanicException("byte index 3 is not a char boundary")


def crash(number: signal.Signals) -> None:
    faulthandler.disable()  # pytest's, which would print where it was
    os.kill(os.getpid(), number)


def rust_without_room() -> str:
    """Have a library in Rust ask for more than there is, which ends its process."""
    faulthandler.disable()
    return normalizers.Replace("a", "b" * 1_000_000).normalize_str("a" * 10_000)


def print_everywhere() -> str:
    os.write(1, b"from the child")
    os.write(2, b"from the child")
    return "quiet"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "says"),
    [
        (spin, "takes more than 1 s of computing; --no-limit lets it"),
        (lambda: regex.search("(?:x+x+)+y", "x" * 5000), "takes more than 1 s"),
        (lambda: len("a" * 10**12), "needs more than 256 MiB of memory; --no-limit"),
        (lambda: [bytearray(1 << 20) for _ in range(400)], "needs more than 256 MiB"),
        (lambda: "a" * (40 << 20), "gives more than 32 MiB; --no-limit"),
        (lambda: "a" * (200 << 20), "needs more than 256 MiB"),
        (lambda: 1 // 0, "fails: ZeroDivisionError: integer division"),
        (lambda: {1, 2}, "fails: TypeError: Object of type set"),
        (lambda: sys.exit(0), "fails: SystemExit"),
        (panic, "fails: PanicException: byte index 3"),
        (lambda: crash(signal.SIGABRT), "ends the process that it runs in (SIGABRT)"),
        (lambda: crash(signal.SIGSEGV), "(SIGSEGV)"),
        (rust_without_room, "needs more than 256 MiB of memory; --no-limit"),
        (lambda: (os.write(2, b"x" * 60_000), crash(signal.SIGABRT)), "(SIGABRT)"),
        (lambda: os._exit(7), "ends the process that it runs in (7)"),
        (lambda: time.sleep(60), "takes more than 1 s"),
    ],
)
def test_a_call_that_is_given_up_says_why(
    function: Callable[[], object], says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    confined = Confined(function, seconds=1, memory=256 << 20)
    with pytest.raises(Stopped) as error:
        confined()
    assert says in str(error.value)
    assert confined._child is None
    assert capfd.readouterr() == ("", "")


def test_what_it_prints_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    assert Confined(print_everywhere)() == "quiet"
    assert capfd.readouterr() == ("", "")


def test_a_child_answers_many_calls_and_remembers() -> None:
    seen: list[int] = []

    def remember(number: int) -> list[int]:
        seen.append(number)
        return [os.getpid(), *seen]

    confined = Confined(remember)
    first, second = confined(1), confined(2)
    assert first[0] == second[0] != os.getpid()
    assert second[1:] == [1, 2]
    assert seen == []


def test_after_a_call_that_was_given_up_there_is_another_child() -> None:
    confined = Confined(lambda number: 6 // number)
    assert confined(3) == 2
    with pytest.raises(Stopped):
        confined(0)
    assert confined(2) == 3


@pytest.mark.slow
def test_each_call_has_its_own_time() -> None:
    """Together they take longer than one of them may."""

    def busy() -> float:
        start = time.process_time()
        while time.process_time() - start < 0.4:
            pass
        return start

    confined = Confined(busy, seconds=1)
    assert all(confined() >= 0 for _ in range(4))


def test_no_child_outlives_its_parent_or_is_left_behind() -> None:
    program = """
import os, sys
from tokscope.files.confined import Confined
pids = []
kept = [Confined(os.getpid) for _ in range(3)]
print(*[one() for one in kept], flush=True)
if sys.argv[1] == "kill":
    os.kill(os.getpid(), 9)
kept.clear()
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    sys.exit(0)
sys.exit(1)
"""
    for how, code in (("kill", -9), ("end", 0)):
        done = subprocess.run(
            [sys.executable, "-c", program, how], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        for pid in map(int, done.stdout.split()):
            for _ in range(100):
                try:
                    os.kill(pid, 0)
                except ProcessLookupError:
                    break
                time.sleep(0.05)
            else:
                pytest.fail(f"{pid} still lives")
