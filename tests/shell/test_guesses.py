"""What people type where there is no such command or option leads to the right one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.shell import tokscope
from tokscope.cli import COMMANDS
from tokscope.shell import synonyms
from tokscope.shell.guesses import command_meant, option_before_command, option_meant

NAMES = {name for panel in COMMANDS.values() for name in panel}


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("version", "did you mean --version?"),
        ("verion", "did you mean --version or tokscope count -x verion?"),
        ("vers", "did you mean --version or tokscope count -x vers?"),
        ("tokenz", "did you mean count, split or encode?"),
        ("world", "did you mean tokscope count -x world?"),
        ("models", "did you mean list --models?"),
        ("tokens", "did you mean count or split?"),
        ("show", "did you mean split or list?"),
        ("tokenize", "did you mean split or encode?"),
        ("cuont", "did you mean count or chunk?"),
        ("Count", "did you mean count?"),
        ("count-tokens", "did you mean count or split?"),
        ("list-models", "did you mean list --models?"),
        ("quiz", "did you mean chars --tasks 5?"),
        ("embeddings", "did you mean weights rows?"),
        ("claude", "'claude' is a tokenizer, not a command: tokscope count -t claude-opus-5-5 ..."),
        ("-", "'-' is a path, not a command; to count it: tokscope count -"),
        ("https://example.org/a", "curl -sL https://example.org/a | tokscope count"),
        (
            "samples/nglish.txt",
            "no command and no file 'samples/nglish.txt': did you mean",
        ),
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
        (["cost", "README.md", "-t", "gpt-4o"], "did you mean tokscope fit README.md -t gpt-4o?"),
        (["models", "gpt-4o"], "did you mean tokscope list --models gpt-4o?"),
        (["visualise", "two", "words"], "did you mean tokscope split -x 'two words'?"),
        (["window", "claude"], "did you mean tokscope fit -t claude-opus-5-5?"),
        (["gpt4o", "Hello"], "'gpt4o' is a tokenizer, not a command: tokscope count -t gpt-4o -x Hello"),
        (["count", "gpt4o"], "gpt4o: no such file; as the tokenizer: -t gpt-4o"),
        (["help", "gpt4o"], "tokscope list gpt-4o "),
        (["opus", "Hello"], "tokscope count -t claude-opus-5-5 -x Hello"),
        (["copilot", "Hello"], "no command 'copilot': it asks the model that its user chooses"),
        (
            ["--budget", "5", "README.md"],
            "did you mean tokscope check --budget or tokscope truncate --budget?",
        ),
        (["--base", "HEAD"], "no option --base: tokscope help check explains it"),
        (["*.md"], "as a pattern: tokscope count . --include '*.md'"),
        (["similar", "king"], "did you mean tokscope weights rows king?"),
        (["vocab", "king"], "unknown tokenizer 'king': to look for it: tokscope vocab o200k_base king"),
        (["vocab", "-t", "gpt-4o", "king"], "the vocabulary comes first: tokscope vocab gpt-4o hello"),
        (["compare", "-x", "a", "--all"], "no option --all: -t '*' names every one"),
        (["help", "tokenise"], "did you mean split or encode?"),
        (["help", "gpt-4o"], "tokscope list gpt-4o describes it, tokscope count -t gpt-4o counts with it"),
        (["help", "claude"], "tokscope list claude describes it, tokscope count -t claude-opus-5-5 "),
        (["help", "-t"], "tokscope COMMAND --help has those of each"),
        (["count", "--formt", "csv"], "did you mean --format or"),
        (["count", "--no-color"], "did you mean --color never?"),
        (["count", "prompts", "-r"], "no option -r: leave it out, folders are read with all folders below"),
        (["check", "-n", "5", "a.md", "--strict"], "leave it out, what fails sets the exit code"),
        (["check", "--staged"], "did you mean --base?"),
        (["check", "--baseline"], "did you mean --update-baseline?"),
        (["check", "--dry-run"], "did you mean --exit-zero?"),
        (["check", "--sarif"], "no option --sarif: --format sarif"),
        (["init", "--ci"], "did you mean --github?"),
        (["init", "--force"], "what exists is left as it is: delete it first"),
        (["chunk", "-x", "a", "-n", "2", "--json"], "no option --json: in a pipe, and with -o FILE, chunks"),
        (["init", "--json"], "no option --json: this command prints no table"),
        (["truncate", "-n", "5", "--format", "csv"], "no option --format: this command prints no table"),
        (["help", "--json"], "no option --json: this command prints no table"),
        (["trace", "--order", "x"], "no option --order: what this command shows has an order of its own"),
        (["trace", "--top", "5"], "no option --top: this command shows all there is"),
        (["stats", "--by", "file"], "no option --by: tokscope count --by adds up"),
        (["--verison"], "no option --verison: did you mean --version?"),
        (["--versoin"], "no option --versoin: did you mean --version?"),
        (["encode", "--max-tokens", "2"], "no option --max-tokens: did you mean --truncate-to?"),
        (["encode", "--max-length", "2"], "did you mean --truncate-to or --pad-to?"),
        (["corpus", "sample", "-n", "5"], "no option -n: did you mean --tokens?"),
        (["corpus", "sample", "--budget", "5"], "no option --budget: did you mean --tokens?"),
        (["chunk", "--tokens", "5"], "no option --tokens: did you mean --budget?"),
        (["chunk", "--max_tokens", "5"], "no option --max_tokens: did you mean --budget?"),
        (["check", "--update_baseline"], "did you mean --update-baseline?"),
        (["adapt", "-t", "gpt-4o"], "no option -t: did you mean --base?"),
        (["adapt", "--model", "gpt-4o"], "no option --model: did you mean --base?"),
        (["list", "--tokenizer", "gpt-4o"], "without an option: tokscope list gpt-4o"),
        (["truncate", "-n", "1k"], "--budget: '1k' may mean 1000 or 1024: write the number"),
        (["chunk", "-n", "0"], "--budget takes a whole number of 1 or more, not '0'"),
        (["fit", "nowhere/"], "nowhere/: no such folder\n"),
        (["check", "README.md", "--growth", "10%"], "--growth needs --base REV"),
        (["count", "--total", "samples"], "leave it out, several files have their total below"),
        (["count", "-x", "a", "-o", "json"], "--format json prints json, and -o ./json is that file"),
        (["count", "*.nothing"], "count . --include '*.nothing'"),
        (["count", "-x", "a", "-t", "all"], "did you mean '*'?"),
        (["count", "--yaml"], "no option --yaml: did you mean --format json?"),
        (["count", "--zzz"], "no option --zzz: --help lists them all"),
        (["count", "gpt-4o"], "gpt-4o: no such file; as the tokenizer: -t gpt-4o"),
        (["count", "-x", "a", "--encoding", "cl100k_base"], "for a tokenizer: -t cl100k_base"),
        (["decode", "13225"], "'13225' is no file: ids go after -x, as in tokscope decode -x '13225'"),
        (["decode", "-x", "13225", "2375"], "tokscope decode -x '13225 2375'"),
        (["decode", "[13225,", "2375]"], "tokscope decode -x '13225 2375'"),
        (["check", "README.md", "10"], "10: no such file; as the budget: tokscope check -n 10"),
        (["count", "claude"], "claude: no such file; as the tokenizer: -t claude-opus-5-5"),
        (["bench", "-x", ""], "nothing to time: the text is empty"),
        (
            ["truncate", "-n", "5", "-x", "a", "-t", "byte,char"],
            "takes one tokenizer, not 2: byte, char",
        ),
        (["chat", "-x", "[]", "-t", "byte", "-t", "char"], "takes one tokenizer, not 2: byte, char"),
        (["vocab", "gpt2,byte"], "takes one tokenizer, not 2"),
        (["count", "-x", "a", "--sort", "tokns"], "no column has this name: did you mean"),
        (["-x", "hi"], "no option -x before the command: tokscope count -x hi"),
        (["-m", "gpt-4o", "a.md"], "no option -m before the command: tokscope count -m gpt-4o a.md"),
        (["-t", "gpt-4o", "split", "a.md"], "before the command: tokscope split -t gpt-4o a.md"),
        (["--count", "a.md"], "no option --count: did you mean tokscope count a.md?"),
        (["--models"], "did you mean tokscope list --models?"),
        (["-v"], "did you mean --version?"),
        (["--max-tokens", "5"], "did you mean tokscope check --budget or tokscope truncate --budget?"),
        (["samples", "-t", "gpt-4o"], "no option -t: "),
        (["README.md", "-t", "gpt-4o"], "to count it: tokscope count README.md -t gpt-4o"),
        (["gpt-4o", "Hello", "world"], "tokscope count -t gpt-4o -x 'Hello world'"),
        (["jieba", "南京", "--ids"], "tokscope split -t jieba -x '南京' --ids"),
        (["one", "two", "-t", "gpt2"], "did you mean tokscope count -x 'one two' -t gpt2?"),
        (["README.md"] * 50, "README.md ..."),
        (["train", "README.md"], "'README.md' is a path, not a command: tokscope train bpe README.md"),
        (["train", "sentencepiece"], "did you mean unigram?"),
        (["weights", "neighbours"], "did you mean rows?"),
        (["count", "--enc", "utf-8"], "did you mean --encoding?"),
        (["count", "--include-pattern", "*.py"], "did you mean --include?"),
        (["count", "--max-depth", "1"], "did you mean --by dir?"),
        (["count", "-uu"], "did you mean --no-ignore or --hidden?"),
        (["count", "--words"], "did you mean --tokenizer word?"),
        (["count", "--lines"], "no option --lines: wc -l counts lines"),
        (["count", "--jobs", "4"], "leave it out, all cores are used"),
        (["count", "--column", "text"], "did you mean --field?"),
        (["count", "--pad-to", "4"], "no option --pad-to: tokscope help encode explains it"),
        (["count", "--ids"], "did you mean tokscope encode or tokscope split --ids?"),
        (["corpus", "count", "--jobs", "4"], "did you mean --workers?"),
        (["fit", "--cost"], "no option --cost: leave it out, that is what tokscope fit shows"),
        (["diff", "--cached"], "git diff --cached | tokscope count"),
        (["init", "--force"], "what exists is left as it is"),
        (["list", "--grep", "gpt"], "give the word without an option"),
        (["chars", "--quiz", "5"], "did you mean --tasks?"),
        (["train", "bpe", "--size", "300"], "did you mean --vocab-size, "),
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


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (["budget"], "# tokscope check"),
        (["price"], "# tokscope fit"),
        (["exit", "codes"], "# Output"),
        (["corpus", "count"], "# tokscope corpus"),
        (["Images"], "# Media: pictures"),
        (["estimate"], "# Exact"),
        (["wordpiece"], "# Tokenizers"),
        (["embeddings"], "# tokscope weights"),
    ],
)
def test_other_words_for_a_page(words: list[str], title: str) -> None:
    assert tokscope("help", *words).out.startswith(title)


def test_a_text_that_is_the_name_of_a_file_is_counted_and_told() -> None:
    told = "'README.md' is taken for a text; the file of this name: tokscope count README.md\n"
    assert tokscope("count", "-x", "README.md") == (0, "2\n", f"tokscope: {told}")
    assert tokscope("count", "-x", "no.such.file").err == ""


def test_every_guess_exists() -> None:
    groups = [names for panel in COMMANDS.values() for names in panel.values() if not isinstance(names, str)]
    known = NAMES.union(*groups)
    meant = {one.split()[0] for several in synonyms.COMMAND_SYNONYMS.values() for one in several}
    assert {one for one in meant if not one.startswith("--")} <= known
    assert not NAMES & set(synonyms.COMMAND_SYNONYMS)
    for several in [*synonyms.COMMAND_SYNONYMS.values(), *synonyms.OPTION_SYNONYMS.values()]:
        assert len(several) <= 3


@given(
    st.lists(
        st.text(max_size=9)
        | st.sampled_from(["-t", "--budget", "gpt-4o", "count", "README.md", "x.y", "*.md"]),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_typed_there_is_an_answer(words: list[str]) -> None:
    meant = command_meant(words, NAMES)
    option = f"-{words[0]}"
    before = option_before_command(option, [option, *words[1:]], NAMES, ["--text"])
    inside = option_meant(option, ["--budget", "-n"], "check")
    for answer in (meant, before, inside):
        assert answer
        assert not answer.endswith(": ")


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
