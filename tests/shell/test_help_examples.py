"""The three examples of every --help, run by somebody with a shell and what `tokscope samples` writes."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from tests.support.shell import tokscope
from tokscope.cli import Commands
from tokscope.manual import examples

NOT_RUN = {
    "play": "is a screen that waits for keys",
    "verify": "asks a maker, with a key",
    r"weights .*SmolLM2\.gguf": "reads a model of 98 MB; the page says where to get it",
    "check --base": "takes a repository with a remote",
    "train neural": "learns for minutes",
}
"""How a call begins that is not run here, and why; the samples that it names are there all the same."""

SLOW = ("adapt", "bench", "corpus", "fit", "train", "vocab", "weights")
"""The commands, and the groups of commands, that take a second."""


def names() -> Iterator[str]:
    """Name tokscope itself, its commands and the groups of them, and the commands in groups."""
    yield ""
    for name, where in Commands().names.items():
        yield name
        yield from (f"{name} {below}" for below in where if not isinstance(where, str))


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("given")
    assert tokscope("samples", cwd=folder).code == 0
    return folder / "samples"


def said_by(call: list[str], folder: Path, stdin: bytes) -> tuple[int, str, str]:
    """Run one command of a pipeline."""
    expanded = [path for word in call for path in (matches(folder, word) or [word])]
    if call[0] == "tokscope":
        return tokscope(*expanded[1:], cwd=folder, stdin=stdin)
    ran = subprocess.run(expanded, cwd=folder, input=stdin, capture_output=True, check=False)
    return ran.returncode, ran.stdout.decode(), ran.stderr.decode()


def matches(folder: Path, word: str) -> list[str]:
    """Name the files that a glob matches, as a shell does; where there are none, the word stays."""
    return sorted(str(one.relative_to(folder)) for one in folder.glob(word)) if "*" in word else []


def failure_of(line: str, folder: Path) -> str:
    """Run a line of `|`, `&&`, `||` and `;`, and give what its last command said if it failed."""
    words = shlex.shlex(line, posix=True, punctuation_chars="&|;<>()")
    words.whitespace_split = True
    (code, out, err), before = (0, "", ""), ";"
    for operator, group in groupby(words, lambda word: word != "" and not word.strip("&|;<>()")):
        found = list(group)
        if operator:
            (before,) = found
            assert before in ("|", "&&", "||", ";")
        elif before in ("|", ";") or (code == 0) == (before == "&&"):
            code, out, err = said_by(found, folder, out.encode() if before == "|" else b"")
    return f"{line}: {code}: {err}" if code else ""


@pytest.mark.parametrize(
    "name",
    [pytest.param(one, marks=[pytest.mark.slow] * (one.partition(" ")[0] in SLOW)) for one in names()],
)
def test_examples_of_a_help_run_with_the_samples(name: str, samples: Path, tmp_path: Path) -> None:
    if name != "samples":
        shutil.copytree(samples, tmp_path / "samples")
    for line in examples(name):
        for path in re.findall(r"samples/[^\s']+", line):
            assert matches(tmp_path, path) or (tmp_path / path).exists()
        if not any(re.search(f"tokscope {call}", line) for call in NOT_RUN):
            assert failure_of(line, tmp_path) == ""


def test_what_is_not_run_is_an_example() -> None:
    shown = [line for name in names() for line in examples(name)]
    assert [call for call in NOT_RUN if not any(re.search(f"tokscope {call}", line) for line in shown)] == []
