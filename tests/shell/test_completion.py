"""What real shells offer when Tab is pressed."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest
from typer._click import Context

from tests.support.shell import tokscope
from tokscope.cli import Commands
from tokscope.manual import subjects
from tokscope.shell import completion

PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

FISH = """
tokscope --show-completion | source
complete -C '{words}'
"""
ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
tokscope --show-completion > $HOME/_tokscope
zpty -w shell 'PS1="> "; fpath+=$HOME'
zpty -w shell 'autoload -Uz compinit; compinit -u -D; print ready'
zpty -r -m shell line '*ready*ready*'
zpty -w -n shell $'{words}\\t'
zpty -r -m shell line '*{expected}*'
print -r -- $line
"""
SHELLS = {"fish": FISH, "zsh": ZSH}


@pytest.mark.slow  # several processes each
@pytest.mark.parametrize("shell", ["bash", *SHELLS])
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("tokscope compa", "compare"),
        ("tokscope corpus sa", "sample"),
        ("tokscope count -t o200k_h", "o200k_harmony"),
        ("tokscope fit -m claude-opus-5-5,gpt-5.4-m", "claude-opus-5-5,gpt-5.4-mini"),
        ("tokscope help inst", "install"),
        ("tokscope check --format sar", "sarif"),
        ("tokscope count --sort tok", "tokens"),
        ("tokscope compare --sort compr", "compression"),
        ("tokscope count -t char,byte:utf-1", "char,byte:utf-16"),
        ("tokscope count --format=nd", "--format=ndjson"),
        ("tokscope count --output=no", "--output=notes.txt"),
    ],
)
def test_tab(shell: str, words: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    assert expected in shown(shell, words, expected, tmp_path)


@pytest.mark.slow
def test_zsh_shows_apostrophes(tmp_path: Path) -> None:
    assert "add a domain's terms" in shown("zsh", "tokscope a", "domain?s terms", tmp_path)


def shown(shell: str, words: str, expected: str, home: Path) -> str:
    """Give what a shell shows after words and Tab, once it is what is `expected`, for zsh a pattern."""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    env = {**os.environ, "PATH": PATH, "TERM": "xterm", "HOME": str(home)}
    if shell == "bash":
        return bash_shows(words, expected, home, env)
    command = [shell, "-c", SHELLS[shell].format(words=words, expected=expected)]
    ran = subprocess.run(command, cwd=home, capture_output=True, text=True, env=env, timeout=60, check=False)
    return ran.stdout + ran.stderr


def bash_shows(words: str, expected: str, home: Path, env: dict[str, str]) -> str:
    """Type words and Tab at a terminal, whose line bash takes apart by rules of its own."""
    ours, its = pty.openpty()
    typed = f'eval "$(tokscope --show-completion bash)"\n{words}\t'
    started = ["bash", "--norc", "-i"]
    bash = subprocess.Popen(
        started, cwd=home, stdin=its, stdout=its, stderr=its, env=env, start_new_session=True
    )
    try:
        os.write(ours, typed.encode())
        screen, end = "", monotonic() + 60
        ready = select.poll()  # a worker may have more files open than select() takes
        ready.register(ours, select.POLLIN)
        while expected not in screen and monotonic() < end:
            if ready.poll(1000):
                screen += os.read(ours, 4096).decode(errors="replace")
    finally:
        bash.kill()
        bash.wait()
    os.close(ours)
    os.close(its)
    return screen


def test_the_last_name_of_a_list_is_completed() -> None:
    assert completion.complete_tokenizers("char,o200k_b") == ["char,o200k_base"]
    assert completion.complete_tokenizers("gguf") == ["gguf:"]
    assert "char:codepoint" in completion.complete_tokenizers("char")
    assert completion.complete_subjects("insta") == [("install", subjects()["install"])]
    assert completion.formats(("check", "table", "results"))("sa") == ["sarif"]


def test_commands_are_offered_without_importing_them() -> None:
    env = {**os.environ, "_TOKSCOPE_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "tokscope "}
    command = [sys.executable, "-X", "importtime", "-m", "tokscope"]
    ran = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert len(ran.stdout.splitlines()) == len(Commands().names)
    assert "tokscope.commands" not in ran.stderr
    assert "rich.text" not in ran.stderr


@pytest.mark.parametrize(
    "line",
    [
        ["list"],
        ["vocab", "byte"],
        ["compare", "-t", "byte", "-x", "hi"],
        ["chars", "-t", "byte", "-x", "hi"],
        ["fit", "-m", "gpt-4o", "-x", "hi", "--arch", "bert-base"],
        ["diff", "-t", "byte", __file__, os.devnull],
    ],
    ids=lambda line: line[0],
)
def test_every_column_of_a_table_is_offered(line: list[str]) -> None:
    said = tokscope(*line, "--sort", "no such").err
    known = said[said.index("there are ") :].removeprefix("there are ").strip().split(", ")
    command = Commands().get_command(Context(Commands()), line[0])
    assert command is not None
    context = Context(command)
    offered = next(one for one in command.params if one.name == "sort").shell_complete(context, "")
    assert {*known} <= {one.value for one in offered}
