"""No word of a table, a note or an error is broken by the width of a terminal."""

from __future__ import annotations

import io
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tokscope.cli import run

GOLDEN = ROOT / "tests/data/golden"
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
CUT = re.compile(r"\S*…\S*")
"""What was shortened, and says so."""


class Screen(io.BytesIO):
    """A terminal that keeps what is written to it."""

    def isatty(self) -> bool:
        return True


def cases() -> list[str]:
    """Give the golden command lines whose result is a table, and those that end with an error."""
    found = []
    for path in sorted(GOLDEN.glob("*.txt")):
        blocks = path.read_text("utf-8", errors="replace").split("\n$ tokscope ")[1:]
        for line, _, rest in (block.partition("\n") for block in blocks):
            if line.startswith("split ") and rest.startswith("> "):  # draws the text itself
                continue
            if re.search(r" [|<]|&&|--format (?!table)|-o |--color|--format table.*--format", line):
                continue
            if "--format table" in line or (rest.startswith("! ") and "samples" not in line):
                found.append(line)
    return found


def seen(arguments: list[str], columns: int, monkeypatch: pytest.MonkeyPatch) -> str:
    screen = Screen()
    monkeypatch.setenv("COLUMNS", str(columns))
    with io.TextIOWrapper(screen, "utf-8", line_buffering=True) as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr(sys, "stderr", stream)
        run(arguments)
        stream.flush()
        return CONTROL.sub("", screen.getvalue().decode())


def words(shown: str) -> set[str]:
    shown = re.sub(r"\d+\s+more\s+notes?:\s+-v\s+shows\s+(it|them)", "", shown)
    lines = [line for line in shown.splitlines() if not line.startswith("no room for")]
    return {*re.findall(r"\w+", CUT.sub("", "\n".join(lines)))}


@pytest.mark.parametrize("step", [pytest.param(1, id="all", marks=pytest.mark.slow), 6])
def test_no_word_is_broken(step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    shutil.copytree(GOLDEN / "inputs", tmp_path / "inputs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAGER", "cat")
    monkeypatch.setattr("tokscope.shell.progress.BAR_DELAY", 100)
    found = cases()
    assert len(found) > 50
    broken = {}
    for line in found[::step]:
        arguments = shlex.split(line)
        narrow = words(seen(arguments, 80, monkeypatch))
        wide = words(seen([*arguments, "-v"] if "--format" in arguments else arguments, 400, monkeypatch))
        if narrow - wide:
            broken[line] = narrow - wide
    assert broken == {}
