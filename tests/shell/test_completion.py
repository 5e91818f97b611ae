"""What real shells offer when Tab is pressed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tokscope.cli import Commands
from tokscope.manual import subjects
from tokscope.shell import completion

PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

BASH = """
eval "$(tokscope --show-completion)"
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_tokscope_completion tokscope
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
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
SHELLS = {"bash": BASH, "fish": FISH, "zsh": ZSH}


@pytest.mark.slow  # several processes each
@pytest.mark.parametrize("shell", SHELLS)
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
    ],
)
def test_tab(shell: str, words: str, expected: str, tmp_path: Path) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    script = SHELLS[shell].format(words=words, expected=expected)
    ran = subprocess.run(
        [shell, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": PATH, "TERM": "xterm", "HOME": str(tmp_path)},
        timeout=60,
        check=False,
    )
    assert expected in ran.stdout, ran.stderr


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
