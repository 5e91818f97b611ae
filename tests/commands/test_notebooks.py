"""Every command reads a notebook as count does: its cells, each by itself, and says what it leaves out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.shell import tokscope
from tokscope import load

TITLE = "# Title\nSome text here"
CODE = "# no heading\nprint(1)"
MORE = "## Two\nmore"
SHOWN = "1 2 3 4 5"
LEFT_OUT = "outputs of 1 cell left out; --outputs counts them"


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    stream = {"output_type": "stream", "name": "stdout", "text": SHOWN}
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "source": [TITLE], "metadata": {}},
        {"cell_type": "code", "source": CODE, "metadata": {}, "outputs": [stream], "execution_count": 1},
        {"cell_type": "markdown", "source": MORE, "metadata": {}},
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}, indent=1))
    (tmp_path / "empty.ipynb").write_text('{"cells": [], "nbformat": 4}')
    return tmp_path


def counted(*texts: str) -> int:
    return sum(map(load("o200k_base").count, texts))


@pytest.mark.parametrize("outputs", [[], ["--outputs"]])
@pytest.mark.parametrize(
    ("command", "path"),
    [
        (["count"], ["results", 0, "tokens"]),
        (["check", "--budget", "1"], ["results", 0, "tokens"]),
        (["fit", "-t", "gpt-4o"], ["results", 0, "tokens"]),
        (["diff", "empty.ipynb"], ["summary", "delta", "o200k_base"]),
        (["count", "--by", "heading"], ["summary", "tokens", "o200k_base"]),
    ],
)
def test_what_judges_counts_what_count_shows(
    command: list[str], path: list[Any], outputs: list[str], notebook: Path
) -> None:
    done = tokscope(*command, "a.ipynb", *outputs, "--format", "json", cwd=notebook)
    found: Any = json.loads(done.out)
    for step in path:
        found = found[step]
    assert found == counted(TITLE, CODE, MORE, *([SHOWN] if outputs else []))
    assert (LEFT_OUT in done.err) is (not outputs)


@pytest.mark.parametrize(
    "command",
    [
        *(["split"], ["chunk", "-n", "9"], ["stats"], ["compare"], ["trace"], ["truncate", "-n", "5"]),
        pytest.param(["bench"], marks=pytest.mark.slow),
    ],
)
def test_no_command_shows_the_json_around_the_cells(command: list[str], notebook: Path) -> None:
    done = tokscope(*command, "a.ipynb", cwd=notebook)
    assert done.code == 0
    assert LEFT_OUT.replace("--outputs", "tokscope count --outputs") in done.err + done.out
    assert "cell_type" not in done.out


@pytest.mark.parametrize("command", ["split", "trace"])
def test_each_cell_is_cut_by_itself(command: str, notebook: Path) -> None:
    done = tokscope(command, "a.ipynb", "--format", "json", cwd=notebook)
    results = json.loads(done.out)["results"]
    assert [one["tokens"] for one in results] == [counted(TITLE), counted(CODE), counted(MORE)]
    assert [one["path"] for one in results] == [f"a.ipynb: cell {n}" for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("start", "end", "texts"),
    [
        (0, 7, [TITLE[:7]]),
        (len(TITLE) - 4, len(TITLE) + 14, [TITLE[-4:], CODE[:12]]),  # over the blank line between them
        (len(TITLE) + 2, len(TITLE + CODE) + 2, [CODE]),
        (len(TITLE + CODE) + 6, None, [MORE[2:]]),
        (len(TITLE), len(TITLE) + 1, []),
    ],
)
def test_a_trace_from_a_byte_to_another_counts_them_over_the_cells(
    start: int, end: int | None, texts: list[str], notebook: Path
) -> None:
    to = ["--to", str(end)] if end is not None else []
    done = tokscope("trace", "a.ipynb", "--from", str(start), *to, "-t", "byte", cwd=notebook)
    assert [one["bytes"] for one in json.loads(done.out)["results"]] == list(map(len, texts))
    assert tokscope("trace", "a.ipynb", "--from", "999", cwd=notebook).code == 2


def test_sections_are_those_of_markdown_cells(notebook: Path) -> None:
    done = tokscope("count", "a.ipynb", "--by", "heading", "--format", "json", cwd=notebook)
    assert {one["path"]: one["tokens"] for one in json.loads(done.out)["results"]} == {
        "a.ipynb: cell 1: # Title": counted(TITLE, CODE),
        "a.ipynb: cell 3: ## Two": counted(MORE),
    }
    (notebook / "tokscope.toml").write_text('[[budget]]\npaths = ["*.ipynb"]\nsection = 5\n')
    done = tokscope("check", "--format", "github", cwd=notebook)
    assert done.code == 1
    assert "::error file=a.ipynb,title=tokscope::" in done.out  # no line: those of the file are JSON
    assert f"{counted(TITLE, CODE)} tokens" in done.out


def test_what_keeps_a_file_as_it_is_reads_the_json(notebook: Path) -> None:
    whole = (notebook / "a.ipynb").read_text()
    ids = tokscope("encode", "a.ipynb", cwd=notebook).out
    assert tokscope("decode", stdin=ids.encode()).out == whole
    assert tokscope("count", "a.ipynb", "--field", "cells.2.source", cwd=notebook).out == f"{counted(MORE)}\n"


def test_a_pipe_is_read_as_a_file(notebook: Path) -> None:
    data = (notebook / "a.ipynb").read_bytes()
    assert tokscope("count", stdin=data).out == f"{counted(TITLE, CODE, MORE)}\n"
    assert tokscope("check", "--budget", "5", stdin=data).code == 1


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("cut.ipynb", '{"cells": [{"cell_type": "code", "source": "', "not JSON"),
        ("a.IPYNB", "one two", "not JSON"),
        ("none.ipynb", '{"cells": []}', 'no number "nbformat"'),
        ("cut.json", '{"cells": [', None),
    ],
)
def test_a_text_in_place_of_a_notebook_is_said(
    name: str, content: str, why: str | None, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    for command in (["count", "--json"], ["check", "--budget", "99"]):
        done = tokscope(*command, name, cwd=tmp_path)
        assert done.code == 0
        assert (f"{name}: not a notebook, despite its name ({why}" in done.err) == (why is not None)
    done = tokscope("count", name, "--format", "csv", cwd=tmp_path)
    assert done.out.endswith(f"{name},{counted(content)}\n")
