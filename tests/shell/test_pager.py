"""What is longer than the screen goes through a pager, as with git."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
    process.wait()
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


def test_a_file_that_is_written_is_told(tmp_path: Path) -> None:
    file = str(tmp_path / "a.csv")
    told = on_a_terminal("count", "-x", "a", "-o", file)
    assert "".join(told.split()) == f"tokscope:{file}iswritten"
    assert on_a_terminal("count", "-x", "a", "-o", file, "--quiet") == ""
