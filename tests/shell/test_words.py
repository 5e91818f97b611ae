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
from tokscope.cli import Commands, run

GOLDEN = ROOT / "tests/data/golden"
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
CUT = re.compile(r"\S*…\S*")
"""What was shortened, and says so."""


class Screen(io.BytesIO):
    """A terminal that keeps what is written to it."""

    def isatty(self) -> bool:
        return True


COPYING = ("decode", "split", "truncate")
"""What writes a text as it is."""

QUIET = ("help", "init", "play", "samples", "weights")
"""What has no notes, or no golden line without a model's file."""


def cases() -> list[str]:
    """Give the golden command lines that show a terminal a table or an error."""
    found = []
    for path in sorted(GOLDEN.glob("*.txt")):
        blocks = path.read_text("utf-8", errors="replace").split("\n$ tokscope ")[1:]
        for line, _, rest in (block.partition("\n") for block in blocks):
            if line.startswith(QUIET) or (line.startswith(COPYING) and rest.startswith("> ")):
                continue
            if re.search(r" [|<]|&&|--format (?!table)|-o |--output|--color|--plot|--help|-h$", line):
                continue
            if "--null" not in line:
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
        return CONTROL.sub("", screen.getvalue().decode().replace("\r", "\n"))  # a status is written over


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
    assert {line.split()[0] for line in found} >= Commands().names.keys() - {*QUIET}
    broken = {}
    for line in found[::step]:
        arguments = shlex.split(line)
        narrow = words(seen(arguments, 80, monkeypatch))
        wide = words(seen([*arguments, "-v"], 400, monkeypatch))
        if narrow - wide:
            broken[line] = narrow - wide
    assert broken == {}, broken
