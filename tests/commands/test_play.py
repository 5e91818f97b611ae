"""`tokscope play` from outside: what it needs, and what it prints when it ends."""

from __future__ import annotations

import os
import pty
import select
import sys
import time
from pathlib import Path

from tests.support.shell import tokscope


def test_without_a_terminal_it_says_what_to_use() -> None:
    done = tokscope("play")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "tokscope: play needs a terminal; tokscope split and count take files, -x TEXT and pipes\n"
    )


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path) -> None:
    (tmp_path / "textual.py").write_text("raise ModuleNotFoundError('No module', name='textual')")
    shown = on_a_terminal("play", env={"PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"})
    assert b"play needs an extra; install" in shown and b"'tokscope-cli[play]'" in shown


def test_a_file_that_is_not_there() -> None:
    assert b"nowhere.txt: no such file" in on_a_terminal("play", "nowhere.txt")


def test_quitting_prints_the_count(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Hello strawberry jam")
    shown = on_a_terminal(
        "play", str(tmp_path / "a.txt"), "-t", "gpt-4o,byte", until=b"bytes each", then=b"\x11"
    )
    left = shown.rpartition(b"\x1b[?1049l")[2].decode()  # behind the screen
    rows = [line.split() for line in left.splitlines()]
    assert ["gpt-4o", "3"] in rows and ["byte", "20"] in rows


def on_a_terminal(
    *arguments: str, env: dict[str, str] | None = None, until: bytes = b"", then: bytes = b""
) -> bytes:
    """Run tokscope on a terminal of its own; when `until` is shown, send `then`. Gives all that it showed."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ |= {"COLUMNS": "100", "LINES": "40", "TERM": "xterm-256color", **(env or {})}
        os.execv(sys.executable, [sys.executable, "-m", "tokscope", *arguments])
    shown, end = b"", time.monotonic() + 100
    ready = select.poll()  # a worker may have more files open than select() takes
    ready.register(terminal, select.POLLIN)
    while time.monotonic() < end:
        if not ready.poll(1000):
            continue
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:
            break
        shown += data
        if not data:
            break
        if then and until in shown:
            os.write(terminal, then)
            then = b""
    os.waitpid(child, 0)
    os.close(terminal)
    return shown
