"""`tokscope count` of what is more than one text: records and notebooks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.shell import tokscope

CELLS = [
    {"cell_type": "markdown", "source": ["# One\n", "two"], "metadata": {}},
    {
        "cell_type": "code",
        "source": "three",
        "outputs": [
            {"output_type": "stream", "name": "stdout", "text": "four five\n"},
            {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo="}},
        ],
    },
]
LEFT_OUT = "outputs of 1 cell left out; --outputs counts them"


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    path = tmp_path / "b.ipynb"
    path.write_text(json.dumps({"cells": CELLS, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_a_notebook_is_its_cells(notebook: Path) -> None:
    said = f"tokscope: {LEFT_OUT}\n"
    assert tokscope("count", notebook, "-t", "word:space") == (0, "4\n", said)
    assert tokscope("count", "-t", "word:space", stdin=notebook.read_bytes()) == (0, "4\n", said)
    done = tokscope("count", notebook, "-t", "word:space", "--outputs")
    assert done == (0, "6\n", "tokscope: 1 picture in notebooks not counted\n")


def test_notebooks_in_a_folder(notebook: Path) -> None:
    (notebook.parent / "a.md").write_text("one two")
    (notebook.parent / "c.txt").write_bytes(notebook.read_bytes())  # the content tells, not the name
    done = tokscope("count", ".", "-t", "word:space", cwd=notebook.parent)
    assert done.out == " 2\ta.md\n 4\tb.ipynb\n 4\tc.txt\n10\ttotal\n"
    assert done.err == "tokscope: outputs of 2 cells left out; --outputs counts them\n"
    table = tokscope("count", ".", "-t", "word:space", "--format", "md", cwd=notebook.parent)
    assert "outputs of 2 cells left out" in table.out + table.err


def test_a_broken_notebook_stops_no_other_file(notebook: Path) -> None:
    (notebook.parent / "a.ipynb").write_text('{"cells": [7], "nbformat": 4}')
    done = tokscope("count", ".", "-t", "word:space", cwd=notebook.parent)
    assert (done.code, done.out) == (2, "4\tb.ipynb\n4\ttotal\n")
    assert "tokscope: a.ipynb: cell 1: not an object\n" in done.err


@pytest.mark.parametrize("data", [b'{"metadata": "one two"}', b'{"cells": one two'])
def test_a_pipe_that_only_begins_like_a_notebook_is_read_whole(data: bytes) -> None:
    assert tokscope("count", "-t", "byte", stdin=data) == (0, f"{len(data)}\n", "")
    big = data + b" " * 600_000
    assert tokscope("count", "-t", "byte", stdin=big) == (0, f"{len(big)}\n", "")


def test_fields_of_every_kind(tmp_path: Path) -> None:
    files = {
        "a.csv": 'id,text\n1,"one\ntwo"\n',
        "b.json": '[\n{"text": "one"},\n{"text": "two three"}\n]\n',
        "c.jsonl": '{"text": "one"}\n',
        "d.toml": 'text = "one two"\n',
        "e.yaml": "- text: one\n- text: two\n",
        "f.tsv": "text\tid\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    done = tokscope("count", *files, "--field", "text", "-t", "word:space", cwd=tmp_path)
    counts = [2, 3, 1, 2, 2, 0]
    expected = dict(zip([*files, "total"], [*counts, sum(counts)], strict=True))
    found = [line.split("\t") for line in done.out.splitlines()]
    assert (done.code, {name: int(count) for count, name in found}) == (0, expected)
    for name, content in files.items():
        piped = tokscope("count", "--field", "text", "-t", "word:space", stdin=content.encode())
        assert piped == (0, f"{expected[name]}\n", ""), name


def test_what_lacks_a_field_stops_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,body\n1,one\n")
    (tmp_path / "b.csv").write_text("text\none two\n")
    done = tokscope("count", "a.csv", "b.csv", "--field", "text", "-t", "word:space", cwd=tmp_path)
    assert (done.code, done.out) == (2, "2\tb.csv\n2\ttotal\n")
    assert done.err == "tokscope: a.csv: taken for CSV: it has no column 'text'; its columns are id, body\n"


def test_outputs_are_those_of_notebooks() -> None:
    done = tokscope("count", "-x", "{}", "--outputs", "--field", "a")
    said = "tokscope: --outputs is about notebooks, which --field does not read\n"
    assert done == (2, "", said)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.json", '{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}', True),
        ("a.json", '{"messages": "none"}', False),
        ("a.txt", '{"messages": []}', False),
    ],
)
def test_a_chat_request_is_counted_as_a_file_and_told(
    name: str, text: str, told: bool, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    done = tokscope("count", name, "--format", "table", cwd=tmp_path)
    assert ("what a model is sent: tokscope chat a.json" in done.out) is told
    assert tokscope("count", name, cwd=tmp_path).out.strip().isdecimal()


def test_where_nothing_is_counted_nothing_is_said_of_it() -> None:
    done = tokscope("count", "nosuch", "-t", "gpt-4o", "--format", "table")
    assert (done.code, done.out) == (2, "")
