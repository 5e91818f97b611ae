"""What --help and the manual say: whole words at any width, one order, examples that the commands take."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from itertools import groupby, product

import pytest
from rich.cells import cell_len
from typer.core import TyperGroup
from typer.main import get_command

from tokscope.cli import Commands, app
from tokscope.manual import commands_shown as commands_of
from tokscope.manual import page, subjects
from tokscope.shell.help_page import ARGUMENTS, LAST, OPTIONS, HelpPage
from tokscope.shell.manual_page import SHELL_PROMPTS, drawn_page, typed_lines

ROOT = get_command(app)
CONTEXT = ROOT.make_context("tokscope", [], resilient_parsing=True)


@cache
def helps() -> dict[str, HelpPage]:
    """Give the help of every command, and of every group, by what one types."""

    def walk(group: TyperGroup, context: object, prefix: str) -> Iterator[tuple[str, HelpPage]]:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            inside = command.context_class(command, context, info_name=name)
            yield f"{prefix}{name}", HelpPage.of(command, inside)
            if isinstance(command, TyperGroup):
                yield from walk(command, inside, f"{prefix}{name} ")

    assert isinstance(ROOT, TyperGroup)
    return {"": HelpPage.of(ROOT, CONTEXT), **dict(walk(ROOT, CONTEXT, ""))}


VALUE = re.compile(r"N%|WxH|[\[\]A-Z0-9,.|=-]+|diff")
"""What may stand for a value."""


def named() -> Iterator[str]:
    """Name what has a help, as `helps` does, which makes them all."""
    yield ""
    for name, where in Commands().names.items():
        yield name
        yield from (f"{name} {below}" for below in where if not isinstance(where, str))


def test_every_command_has_a_help() -> None:
    assert [*named()] == [*helps()]


@pytest.mark.parametrize("name", [*named()])
def test_a_help_page(name: str) -> None:
    one = helps()[name]
    wide = "".join(f"{head}{rest}\n" for head, rest in one.lines(999)).split()
    for width in (80, 100):
        drawn = ["".join(line) for line in one.lines(width)]
        assert " ".join(drawn).split() == wide  # no word is broken
        assert max(map(len, drawn)) <= width
    assert re.fullmatch(r"[A-Z](?:[^.]|\.(?! ))*[.?]", one.says), "one sentence"
    own = [panel for panel in one.panels if panel not in (ARGUMENTS, OPTIONS, *LAST)]
    assert [*one.panels] == [panel for panel in (ARGUMENTS, OPTIONS, *own, *LAST) if panel in one.panels]
    for line in (line for panel in one.panels.values() for line in panel):
        values = [word for word in line.name.split() if not word.startswith("-")]
        assert all(VALUE.fullmatch(value) for value in values), line
        assert line.says, line
    assert one.page or not name
    assert len(one.examples) == 3


DRAWN = {"split", "trace", "weights positions", "weights attention"}
"""What shows a text or a picture, and no table."""


def test_an_option_is_wherever_it_means_something() -> None:
    for name, one in helps().items():
        lines = [line for panel in one.panels.values() for line in panel]
        options = {word.rstrip(",") for line in lines for word in line.name.split() if word.startswith("-")}
        assert ("-n" in options) == ("--budget" in options), name
        assert ("-t" in options) == ("--tokenizer" in options), name
        if "--format" in options:
            assert {"--json", "-q", "--quiet", "-v", "--verbose", "--no-pager", "--color"} <= options, name
            assert name in DRAWN or {"--sort", "--top"} <= options, name


def calls() -> Iterator[str]:
    """Give every call of tokscope in the examples of the manual."""
    for subject in subjects():
        for line in commands_of(page(subject)):
            words = shlex.shlex(line, posix=True, punctuation_chars="&|;<>()")
            words.whitespace_split = True
            for punctuation, call in groupby(words, lambda word: word != "" and not word.strip("&|;<>()")):
                found = list(call)
                if not punctuation and found[0] == "tokscope":
                    yield shlex.join(found)


@pytest.mark.parametrize("call", sorted({*calls()}))
def test_an_example_is_a_command_line(call: str) -> None:
    """Whether it can be run here or not: its commands and options are there, and their values are right."""
    group, context = ROOT, CONTEXT
    words = shlex.split(call)[1:]
    while words and isinstance(group, TyperGroup) and not words[0].startswith("-"):
        command = group.get_command(context, words[0])
        assert command is not None
        context = command.context_class(command, context, info_name=words.pop(0))
        group = command
    if not {"--help", "--install-completion"}.intersection(words) and not isinstance(group, TyperGroup):
        values, left, _ = group.make_parser(context).parse_args([*words])
        assert not left
        for option in group.params:
            if option.name in values and option.name is not None:
                option.type_cast_value(context, values[option.name])


CODE = [
    (language, line)
    for subject in subjects()
    for language, block in re.findall(r"^```(\w+)\n(.*?)^```", page(subject), re.M | re.S)
    for line in block.splitlines()
]
"""Each line of code of the manual."""


def test_what_is_copied_from_a_page_is_what_was_meant() -> None:
    """Lines for a shell are broken so that it puts them together again, others fit a screen of 80 columns."""
    typed = [line for language, line in CODE if line.startswith(SHELL_PROMPTS.get(language, "\n"))]
    assert len(typed) > 150
    for line, room in product([*typed, "echo 'a b' \"it's \\\"c\\\"\" \\# d#e  # it's a note"], (78, 40, 12)):
        lines = [*typed_lines(line, room)]
        assert shlex.split("\n".join(lines).replace("\\\n", ""), comments=True) == shlex.split(
            line, comments=True
        )
        if room == 78:
            assert max(map(cell_len, lines)) <= room, line
    others = [line for language, line in CODE if language in ("python", "yaml", "toml")]
    assert len(others) > 50 and [line for line in others if cell_len(line) > 78] == []


def test_a_page_on_a_terminal_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tabs align, a word wider than its column goes on, a picture is words, code has no room around it."""
    monkeypatch.setenv("COLUMNS", "40")
    text = [
        *("Said:", "", "```console", "$ wc", "model\tn", "longer name\t12", "```", ""),
        *("| a | b |", "|---|---|", "| `server:http://127.0.0.1:8080/some/long/path` | what is served |", ""),
        "![A plot](a.svg)",
    ]
    drawn = [line.strip() for line in drawn_page("\n".join(text), "never").splitlines()]
    assert drawn[:6] == ["Said:", "", "$ wc", "model        n", "longer name  12", ""]
    first, second = (line.split(maxsplit=1)[0] for line in drawn[8:10])
    assert first + second == "server:http://127.0.0.1:8080/some/long/path"
    assert drawn[-1] == "[picture: A plot]"
