"""Notebooks: the cells that nbformat describes, and nothing dropped that is not said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tokscope.errors import InputError
from tokscope.inputs import Decoding, Document
from tokscope.inputs.notebook import Notebooks


def code(*outputs: dict[str, Any], source: object = "x") -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": {},
        "source": source,
        "execution_count": 1,
        "outputs": [*outputs],
    }


STREAM = {"output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"]}
RESULT = {"output_type": "execute_result", "data": {"text/plain": "3", "text/html": "<b>3</b>"}}
PICTURE = {"output_type": "display_data", "data": {"image/png": "iVBO", "text/plain": ["<Figure>"]}}
BARE = {"output_type": "display_data", "data": {"image/svg+xml": "<svg/>"}}
WIDGET = {"output_type": "display_data", "data": {"application/json": {}}}
ERROR = {"output_type": "error", "ename": "E", "evalue": "why", "traceback": ["a", "b"]}
SILENT = {"output_type": "error", "ename": "E", "evalue": "why", "traceback": []}
TITLE = {"cell_type": "markdown", "source": ["# Title\n", "Text"], "metadata": {}}
ATTACHED = {
    "cell_type": "markdown",
    "source": "![](attachment:a.png)",
    "attachments": {"a.png": {"image/png": "iV"}},
}


def notebook(*cells: object, nbformat: object = 4) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": nbformat, "nbformat_minor": 5}, indent=1)


def read(text: str, outputs: bool = False) -> tuple[list[str] | None, list[str]]:
    notebooks = Notebooks(outputs)
    cells = Document("a.json", Decoding(notebooks=lambda: notebooks), text.encode()).cells
    texts = None if cells is None else [text for cell in cells for text in cell.texts]
    return texts, list(notebooks.notes())


@pytest.mark.parametrize(
    ("cells", "outputs", "texts", "notes"),
    [
        ([], False, [], []),
        ([TITLE, code()], False, ["# Title\nText", "x"], []),
        ([code(STREAM, RESULT)], False, ["x"], ["outputs of 1 cell left out; --outputs counts them"]),
        (
            [code(STREAM), code(PICTURE)],
            False,
            ["x"] * 2,
            ["outputs of 2 cells left out; --outputs counts them"],
        ),
        ([code(STREAM, RESULT)], True, ["x", "one\ntwo\n", "3"], []),
        ([code(PICTURE, BARE)], True, ["x", "<Figure>"], ["2 pictures in notebooks not counted"]),
        ([ATTACHED], False, ["![](attachment:a.png)"], ["1 picture in notebooks not counted"]),
        ([code(ERROR, SILENT)], True, ["x", "a\nb", "E: why"], []),
        ([code(WIDGET)], True, ["x"], ["1 output without plain text not counted"]),
        (
            [code(source=["cut \ud83d", "off"])],
            False,
            ["cut \ufffdoff"],
            ["a.json: half a surrogate pair is not text; read as U+FFFD"],
        ),
    ],
)
def test_cells(cells: list[object], outputs: bool, texts: list[str], notes: list[str]) -> None:
    assert read(notebook(*cells), outputs) == (texts, notes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "prose",
        "{",
        '{"cells": []}',
        '{"cells": [], "nbformat": "4"}',
        '{"nbformat": 4',
        '[{"cells": [], "nbformat": 4}]',
        '{"cells": ' + "[" * 100_000,
    ],
)
def test_other_texts_are_no_notebooks(text: str) -> None:
    assert read(text) == (None, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (notebook(code(source=7)), "cell 1: its source is neither a string nor a list of them"),
        (notebook(TITLE, {"cell_type": "raw"}), "cell 2: its source is neither a string nor a list of them"),
        (notebook(TITLE, "x"), "cell 2: not an object"),
        (notebook(code() | {"outputs": "x"}), "cell 1: its outputs are not a list"),
        (
            '{"nbformat": 3, "worksheets": []}',
            "a notebook of format 3, without the cells of format 4; jupyter",
        ),
        ('{"nbformat": 4, "cells": {}}', "a notebook of format 4, without the cells of format 4; jupyter"),
    ],
)
def test_broken_notebooks(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert caught.value.message.startswith(message)
