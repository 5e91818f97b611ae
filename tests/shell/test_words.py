"""No word of what a terminal shows is broken by its width, whatever command shows it.

Screens of `play` are held to that in tests/playground, and --help in test_help.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len, chop_cells

from tests.support import ROOT
from tests.support.models import made_up, small_bert
from tests.support.shell import until
from tests.support.words import words
from tokscope.cli import Commands, run
from tokscope.inputs import Decoding, Document
from tokscope.manual import page, page_list, subjects
from tokscope.shell.console import Console

GOLDEN = ROOT / "tests/data/golden"
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Screen(io.BytesIO):
    """A terminal that keeps what is written to it."""

    def isatty(self) -> bool:
        return True


FOR_PROGRAMS = r"--format (?!table)|--json|--null|-o |--output|^corpus sample|^truncate|^decode"
"""What writes data, or a text as it is: a line of it is no line of a screen."""

ELSEWHERE = r"--help|-h$| [|<]|&&|^(play|weights|init|samples|help)\b"
"""What has a test of its own, here or in tests/playground, and what is no command line alone."""


def golden_lines() -> list[str]:
    """Give the golden command lines that show a terminal a table, a text in colour, a plot or an error."""
    found = []
    for path in sorted(GOLDEN.glob("*.txt")):
        blocks = f"\n{path.read_text('utf-8', errors='replace')}".split("\n$ tokscope ")[1:]
        for line, _, rest in (block.partition("\n") for block in blocks):
            data = re.search(FOR_PROGRAMS, line) and rest[:1] != "!"  # an error is a sentence all the same
            if not data and not re.search(ELSEWHERE, line):
                found.append(line)
    return found


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str], int], str]:
    """Give what a terminal shows of a command line: a longer line goes on in the next."""
    monkeypatch.setenv("PAGER", "cat")
    monkeypatch.setattr("tokscope.shell.progress.BAR_DELAY", 100)
    monkeypatch.chdir(tmp_path)

    def shown(arguments: list[str], columns: int) -> str:
        screen = Screen()
        with monkeypatch.context() as patch, io.TextIOWrapper(screen, "utf-8", line_buffering=True) as stream:
            patch.setenv("COLUMNS", str(columns))
            patch.setattr(sys, "stdout", stream)
            patch.setattr(sys, "stderr", stream)
            run(arguments)
            stream.flush()
            return on_screen(screen.getvalue().decode(), columns)

    return shown


def on_screen(written: str, columns: int) -> str:
    lines = CONTROL.sub("", written.replace("\r", "\n")).split("\n")  # a status is written over
    return "\n".join(
        part for line in lines for part in (chop_cells(line, columns) if cell_len(line) > columns else [line])
    )


def broken(seen: Callable[[list[str], int], str], line: str, *widths: int) -> Iterator[str]:
    """Give what is on a narrow screen and not on a wide one that shows every note."""
    arguments = shlex.split(line)
    voice = [] if arguments[0] in ("help", "samples", "init") else ["-v"]
    wide = words(seen([*arguments, *voice], 400))
    for width in widths:
        if found := words(seen(arguments, width)) - wide:
            yield f"{line} at {width}: {' '.join(sorted(found))}"


@pytest.mark.parametrize("step", [pytest.param(1, id="all", marks=pytest.mark.slow), 6])
def test_no_word_is_broken(step: int, tmp_path: Path, seen: Callable[[list[str], int], str]) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    shutil.copytree(GOLDEN / "inputs", tmp_path / "inputs")
    lines = golden_lines()
    assert {line.split()[0] for line in lines} >= Commands().names.keys() - {
        *("help", "init", "play", "samples", "weights")
    }
    also = (60, 100)
    assert not [
        one
        for number, line in enumerate(lines[::step])
        for one in broken(seen, line, 80, *([also[number % 2]] if step == 1 else []))
    ]


def test_the_manual_is_not_broken(seen: Callable[[list[str], int], str]) -> None:
    """A page is as wide as 100 cells and no more, so it is held to its text."""
    for subject in (None, *subjects()):
        text = words(page_list() if subject is None else page(subject)) | {"picture"}  # for one, in its place
        for width in (80, 100):
            drawn = words(seen(["help", *([subject] if subject else [])], width))
            assert drawn <= text | {"picture"}, subject  # what stands for one
    assert not [*broken(seen, "help nonesuch-of-a-subject", 60)]


def test_what_is_written_is_told_in_whole_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seen: Callable[[list[str], int], str]
) -> None:
    wide: dict[str, set[str]] = {}
    for width in (400, 60):
        (tmp_path / f"{width}/prompts").mkdir(parents=True)
        (tmp_path / f"{width}/prompts/a.md").write_text("word " * 90)
        monkeypatch.chdir(tmp_path / f"{width}")
        for line in ("samples a/rather/long/name/of/a/folder/of/samples", "init --pre-commit --github"):
            for time in ("first", "again"):
                found = words(seen(line.split(), width))
                assert found <= wide.setdefault(f"{line} {time}", found)


def test_tables_of_weights_are_not_broken(tmp_path: Path, seen: Callable[[list[str], int], str]) -> None:
    small_bert(tmp_path / "bert")
    rng = np.random.default_rng(3)
    tokens = ["[UNK]", *map("".join, product("abcdefg", repeat=3))]
    rows = rng.standard_normal((len(tokens), 8)).astype(np.float32)
    rows[[5, 9]] = rows[7]
    made_up(tmp_path / "latin", tokens, {"embed_tokens.weight": rows})
    lines = [
        *(
            "weights rows latin",
            "weights rows latin --token abc",
            "weights rows latin --analogy 'abc - abd + aba'",
        ),
        *("weights rows latin --words 'abc abd' --words 'gab gac' --plot", "weights rows latin --token zzz"),
        *("weights glitch latin", "weights glitch latin --category odd", "weights letters latin"),
        *("weights letters bert", "weights positions sinusoidal", "weights positions bert"),
        *("weights positions latin", "weights attention latin abc"),
        *("weights attention bert 'w1 w2 w3'", "weights attention bert 'w1 w2' --token 1 --special"),
    ]
    assert not [one for line in lines for one in broken(seen, line, 60, 80)]


LONG = "a folder/" + "of a long name/" * 5 + "and a file.txt"


def shows(screen: Screen, data: bytes) -> bool:
    return data in screen.getvalue()


def test_progress_is_one_line_of_whole_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The status and the bar are written over: of two lines one would stay."""
    document = Document(LONG, Decoding(), b"word " * 99)
    document.read()
    monkeypatch.setattr("tokscope.shell.progress.BAR_DELAY", 0)
    monkeypatch.setenv("TERM", "xterm-256color")
    for width in (60, 80, 100):
        monkeypatch.setenv("COLUMNS", str(width))
        screen = Screen()
        with io.TextIOWrapper(screen, "utf-8", line_buffering=True) as stream:
            monkeypatch.setattr(sys, "stderr", stream)
            console = Console()
            console.progress(document)
            until(partial(shows, screen, b"of 495 bytes"))
            console.status(f"{LONG} is read")
            console.status("")
            lines = CONTROL.sub("", screen.getvalue().decode().replace("\r", "\n")).split("\n")
        assert max(map(cell_len, lines)) <= width
        assert words("\n".join(lines)) <= words(f"{LONG} 495 bytes of 495 bytes is read")
