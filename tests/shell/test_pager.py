"""What is longer than the screen goes through a pager, as with git."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from rich.cells import cell_len

MANY = [argument for number in range(60) for argument in ("-x", f"text {number}")]


def on_a_terminal(*arguments: str, **env: str) -> str:
    """Give what a terminal of 24 lines is sent."""
    main, terminal = os.openpty()
    environ = {name: value for name, value in os.environ.items() if name != "TOKSCOPE_PAGER"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tokscope", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=terminal,
        env={**environ, "COLUMNS": "80", "LINES": "24", **env},
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            block = os.read(main, 1 << 16)
        except OSError:  # the other end is closed
            break
        shown += block
    assert process.wait() != 130
    os.close(main)
    return shown.decode()


@pytest.fixture
def pager(tmp_path: Path) -> str:
    script = tmp_path / "pager"
    script.write_text("#!/bin/sh\necho paged with LESS=$LESS\ncat\n")
    script.chmod(0o755)
    return str(script)


def test_a_long_table_is_paged_and_a_short_one_is_not(pager: str) -> None:
    shown = on_a_terminal("count", *MANY, PAGER=pager)
    assert shown.startswith("paged with LESS=FRX")
    assert shown.count("--text") == 60
    assert "paged" not in on_a_terminal("count", "-x", "a", "-x", "b", PAGER=pager)
    assert "paged" not in on_a_terminal("count", *MANY, "--no-pager", PAGER=pager)


@pytest.mark.parametrize("none", ["", "cat", "/nowhere/less", "'"])
def test_without_a_pager_all_is_printed(none: str) -> None:
    assert on_a_terminal("count", *MANY, PAGER=none).count("--text") == 60


def test_a_pager_that_ends_early_is_no_error(tmp_path: Path) -> None:
    script = tmp_path / "pager"
    script.write_text("#!/bin/sh\nhead -n 1\n")
    script.chmod(0o755)
    assert on_a_terminal("count", *MANY, TOKSCOPE_PAGER=str(script)).count("\n") == 1


def test_ctrl_c_is_the_pagers_business(tmp_path: Path) -> None:
    """Less takes it for the end of a search; to end before it does leaves its terminal raw."""
    script = tmp_path / "pager"
    script.write_text("#!/bin/sh\nkill -INT $PPID\ncat\necho still here\n")
    script.chmod(0o755)
    assert on_a_terminal("count", *MANY, PAGER=str(script)).endswith("still here\r\n")


@pytest.mark.parametrize("command", ["compare", "stats", "split", "vocab", "chunk"])
def test_what_is_piped_to_less_is_as_wide_as_its_terminal(command: str) -> None:
    main, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    some = {"vocab": ["gpt2"], "chunk": ["-x", "one two three", "-n", "1"]}
    arguments = some.get(command, ["-x", "a b " * 40])
    done = subprocess.run(
        [sys.executable, "-m", "tokscope", command, *arguments, "--color", "always"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=terminal,
        env={name: value for name, value in os.environ.items() if name != "COLUMNS"},
        text=True,
    )
    os.close(terminal)
    os.close(main)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    assert done.returncode == 0
    assert 0 < max(map(cell_len, plain.splitlines())) <= 60


def test_a_file_that_is_written_is_told(tmp_path: Path) -> None:
    file = str(tmp_path / "a.csv")
    told = on_a_terminal("count", "-x", "a", "-o", file)
    assert "".join(told.split()) == f"tokscope:{file}iswritten"
    assert on_a_terminal("count", "-x", "a", "-o", file, "--quiet") == ""
