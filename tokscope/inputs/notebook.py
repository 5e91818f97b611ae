"""Notebooks: what a Jupyter notebook's cells say, without the JSON around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tokscope.errors import InputError
from tokscope.files.parsing import json_of
from tokscope.split import mended
from tokscope.text.quantity import quantity

_START = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*\{\s*"(?:cells|metadata|nbformat|nbformat_minor|orig_nbformat|worksheets)"'
)
"""How a notebook may start; that it is one is told by the number under its key "nbformat"."""


def may_be_notebook(head: bytes) -> bool:
    """Say whether a file that starts with these bytes may be a notebook, or surely is not.

    Example: may_be_notebook(b'{"cells": [') -> True
    """
    return _START.match(head) is not None


class NotebookCell(NamedTuple):
    """A cell of a notebook: its text, then those of its outputs that are read; whether it is Markdown.

    Example: NotebookCell(["# Title"], markdown=True)
    """

    texts: Sequence[str]
    markdown: bool


class Notebooks:
    """Reads the notebooks among documents, and counts what no figure includes.

    Example: Notebooks().cells("a.ipynb", text) -> [NotebookCell(["# Title"], True)]; None of another text

    With `outputs`, the text that cells have put out is read too: of each output its plain text, of an error
    its traceback; None says that the user cannot ask for it here.
    """

    def __init__(self, outputs: bool | None = False) -> None:
        self.outputs = outputs
        self._left_out = 0
        self._pictures = 0
        self._others = 0
        self._halves: list[str] = []
        self._broken: dict[str, str] = {}  # by their paths: why they are not notebooks

    def cells(self, path: str, text: str) -> list[NotebookCell] | None:
        """Give what the cells hold, or None if it is not a notebook.

        Example: Notebooks().cells("a.ipynb", '{"nbformat": 4, "cells": [{"cell_type": "markdown", "source":
        "# A"}]}') -> [NotebookCell(["# A"], True)]

        Format 4: https://nbformat.readthedocs.io/en/latest/format_description.html. Raises InputError.
        """
        try:
            value = json_of(text.removeprefix("\ufeff"))
        except ValueError as error:
            self._is_none(path, str(error))
            return None
        if not isinstance(value, dict) or not isinstance(value.get("nbformat"), int):
            self._is_none(path, 'no number "nbformat"')
            return None
        if value["nbformat"] < 4 or not isinstance(value.get("cells"), list):
            why = f"a notebook of format {value['nbformat']}, without the cells of format 4"
            raise InputError(path, f"{why}; jupyter nbconvert --to notebook makes one of it")
        cells: list[NotebookCell] = []
        for number, cell in enumerate(value["cells"], 1):
            try:
                texts = list(self._cell(cell))
            except ValueError as error:
                raise InputError(path, f"cell {number}: {error}") from error
            cells.append(NotebookCell([mended(one) for one in texts], cell.get("cell_type") == "markdown"))
            if cells[-1].texts != texts and path not in self._halves:
                self._halves.append(path)
        return cells

    def _is_none(self, path: str, why: str) -> None:
        """Remember what is not a notebook, but a text like any other, where its name says that it is one."""
        if path.lower().endswith(".ipynb"):
            self._broken[path] = why

    def notes(self) -> Iterator[str]:
        """Say what was left out.

        Example: books = Notebooks(); books.cells("a.ipynb", "[]"); next(books.notes())[:23] ->
        "a.ipynb: not a notebook"
        """
        if self._left_out:
            command = "tokscope count " if self.outputs is None else ""
            yield f"outputs of {quantity(self._left_out, 'cell')} left out; {command}--outputs counts them"
        if self._pictures:
            yield f"{quantity(self._pictures, 'picture')} in notebooks not counted"
        if self._others:
            yield f"{quantity(self._others, 'output')} without plain text not counted"
        for path, why in self._broken.items():
            yield f"{path}: not a notebook, despite its name ({why}): read as plain text"
        for path in self._halves:
            yield f"{path}: half a surrogate pair is not text; read as U+FFFD"

    def _cell(self, cell: object) -> Iterator[str]:
        if not isinstance(cell, dict):
            raise ValueError("not an object")
        yield _join_source(cell.get("source"), "source")
        attachments = cell.get("attachments")
        self._pictures += len(attachments) if isinstance(attachments, dict) else 0
        outputs = cell.get("outputs") or []
        if not isinstance(outputs, list):
            raise ValueError("its outputs are not a list")
        if self.outputs:
            for output in outputs:
                yield from self._output(output)
        else:
            self._left_out += bool(outputs)

    def _output(self, output: Any) -> Iterator[str]:
        if not isinstance(output, dict):
            raise ValueError("an output is not an object")
        if output.get("output_type") == "stream":
            yield _join_source(output.get("text"), "output")
        elif output.get("output_type") == "error":
            trace = output.get("traceback")
            whole = "\n".join(trace) if isinstance(trace, list) and all(map(_is_text, trace)) else ""
            yield whole or f"{output.get('ename')}: {output.get('evalue')}"
        else:
            data = output.get("data")
            bundle: Mapping[str, Any] = data if isinstance(data, dict) else {}
            pictured = any(kind.startswith("image/") for kind in bundle)
            self._pictures += pictured
            if "text/plain" in bundle:
                yield _join_source(bundle["text/plain"], "output")
            elif not pictured:
                self._others += 1


def _join_source(value: object, what: str) -> str:
    """Put a text together, which may be one string or a list of them."""
    lines: list[Any] = value if isinstance(value, list) else [value]
    if not all(map(_is_text, lines)):
        raise ValueError(f"its {what} is neither a string nor a list of them")
    return "".join(lines)


def _is_text(value: object) -> bool:
    return isinstance(value, str)
