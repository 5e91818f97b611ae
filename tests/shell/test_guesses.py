"""What people type where there is no such command or option leads to the right one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.shell import tokscope
from tokscope.cli import COMMANDS
from tokscope.shell import guesses

NAMES = {name for panel in COMMANDS.values() for name in panel}


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("version", "did you mean --version?"),
        ("models", "did you mean list --models?"),
        ("tokens", "did you mean count or split?"),
        ("show", "did you mean split or list?"),
        ("tokenize", "did you mean split or encode?"),
        ("cuont", "did you mean count or chunk?"),
        ("Count", "did you mean count or chunk?"),
        ("hello world", "to count this text: tokscope count -x 'hello world'"),
        ("人工", "to count this text: tokscope count -x '人工'"),
        ("it's", """to count this text: tokscope count -x 'it'"'"'s'"""),
        ("samples/english.txt", "to count it: tokscope count samples/english.txt"),
        ("gpt-4o", "'gpt-4o' is a tokenizer, not a command: tokscope count -t gpt-4o ..."),
        ("analyse", "did you mean stats or compare?"),
        ("completion", "did you mean --install-completion?"),
        ("zzz", "did you mean tokscope count -x zzz?"),
        ("hello", "did you mean help or tokscope count -x hello?"),
        ("", "tokscope count -x ''"),
    ],
)
def test_a_word_in_place_of_a_command(typed: str, says: str) -> None:
    ran = tokscope(typed)
    assert ran.code == 2
    assert says in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "--max", "5"], "no option --max: did you mean --budget or --top?"),
        (["count", "--limit", "5"], "no option --limit: did you mean --top, tokscope check --budget or"),
        (["truncate", "--max-tokens", "5"], "did you mean --budget?"),
        (["count", "--cost"], "did you mean tokscope fit?"),
        (["split", "-n", "5"], "did you mean tokscope check --budget or tokscope truncate --budget?"),
        (["count", "-x", "a", "-t", "claude"], "did you mean claude-"),
        (["count", "-x", "a", "-t", "gemini"], "did you mean gemini-"),
        (["help", "budget"], "did you mean check, "),
        (["count", "--formt", "csv"], "did you mean --format or"),
        (["count", "--no-color"], "did you mean --color never?"),
        (["count", "prompts", "-r"], "no option -r: leave it out, folders are read with all folders below"),
        (["check", "-n", "5", "a.md", "--strict"], "leave it out, what fails sets the exit code"),
        (["check", "--staged"], "did you mean --base?"),
        (["check", "--baseline"], "did you mean --update-baseline?"),
        (["check", "--dry-run"], "did you mean --exit-zero?"),
        (["check", "--sarif"], "did you mean tokscope check --format sarif?"),
        (["init", "--ci"], "did you mean --github?"),
        (["init", "--force"], "leave it out, only -o replaces a file that exists"),
        (["chunk", "-x", "a", "-n", "2", "--json"], "no option --json: did you mean --output?"),
        (["count", "-x", "a", "-o", "json"], "--format json prints json, and -o ./json is that file"),
        (["count", "*.nothing"], "count . --include '*.nothing'"),
        (["count", "-x", "a", "-t", "all"], "did you mean '*'?"),
        (["count", "--yaml"], "no option --yaml: did you mean --format json?"),
        (["count", "--zzz"], "no option --zzz: --help lists them all"),
        (["count", "gpt-4o"], "gpt-4o: no such file; as the tokenizer: -t gpt-4o"),
        (["count", "-x", "a", "--encoding", "cl100k_base"], "for a tokenizer: -t cl100k_base"),
        (["decode", "13225"], "13225: no such file; if it is an id: --ids 13225"),
        (
            ["truncate", "-n", "5", "-x", "a", "-t", "byte,char"],
            "takes one tokenizer, not 2: byte, char",
        ),
        (["chat", "-x", "[]", "-t", "byte", "-t", "char"], "takes one tokenizer, not 2: byte, char"),
        (["vocab", "gpt2,byte"], "takes one tokenizer, not 2"),
        (["count", "-x", "a", "--sort", "tokns"], "no column has this name: did you mean"),
        (["-x", "hi"], "no option -x before the command: tokscope count -x ..."),
        (["train", "bep"], "no command 'bep': did you mean bpe?"),
        (["count", "-x", "a", "--by", "folder"], "--by takes file, dir, ext or heading, not 'folder'"),
        (["count", "-x", "a", "--top", "0"], "--top takes a whole number of 1 or more, not 0"),
        (["stats", "-x", "a", "--zstd", "many"], "--zstd takes a whole number from 1 to 22, not 'many'"),
        (["truncate", "-x", "a"], "truncate needs --budget N: "),
        (["agree", "char"], "agree needs B: Another tokenizer or model"),
        (["count", "-t"], "-t needs NAME after it"),
        (["count", "-t", "-x", "hi"], "-t needs NAME after it"),
        (["check", "a.md", "--section", "-n", "100"], "--section needs N after it"),
        (["count", "--json=1"], "--json takes no value"),
        (["init", "a b"], "init has no place for 'a b': tokscope init [OPTIONS]"),
        (["corpus"], "Usage: tokscope corpus [OPTIONS] COMMAND"),
        (["train", "a text"], "no command 'a text': there are bpe, "),
    ],
)
def test_a_word_in_place_of_an_option(arguments: list[str], says: str) -> None:
    ran = tokscope(*arguments)
    assert ran.code == 2
    assert says in ran.err


def test_every_guess_exists() -> None:
    meant = {one.split()[0] for several in guesses.COMMAND_SYNONYMS.values() for one in several}
    assert {one for one in meant if not one.startswith("--")} <= NAMES
    assert not NAMES & set(guesses.COMMAND_SYNONYMS)
    assert all(
        len(several) <= 3
        for several in [*guesses.COMMAND_SYNONYMS.values(), *guesses.OPTION_SYNONYMS.values()]
    )


def test_a_pipe_without_a_command_is_counted(tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("Hello world")
    with text.open() as file:
        ran = subprocess.run([sys.executable, "-m", "tokscope"], stdin=file, capture_output=True, text=True)
    assert (ran.stdout, ran.returncode) == ("2\n", 0)
    none = subprocess.run(
        [sys.executable, "-m", "tokscope"], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert "Usage" in none.stdout
    assert none.returncode == 2


@pytest.mark.parametrize("command", ["count", "check", "compare", "list"])
def test_json_is_short_for_the_format(command: str) -> None:
    arguments = [] if command == "list" else ["-x", "Hello"]
    arguments += ["--budget", "10"] if command == "check" else []
    short = tokscope(command, *arguments, "--json")
    assert short.out == tokscope(command, *arguments, "--format", "json").out
    assert json.loads(short.out)["version"] == 1
