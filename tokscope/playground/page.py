"""The page: what is on the screen and the rest of it, as `split -o page.html` writes it."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence

from tokscope.errors import OutputError
from tokscope.files.writing import whole_file
from tokscope.render import format_for, render
from tokscope.report.split import Cut, SplitReport
from tokscope.tokenizer import Tokenizer


def write_page(name: str, tokenizers: Sequence[Tokenizer], text: str, path: str | None) -> None:
    """Write a text with the cuts of all tokenizers to a new file, in the format that its name asks for.

    Example: write_page("notes.html", [load("gpt-4o")], "Hello", None)

    Raises OutputError even where there is such a file, UsageError for a name that no format has.
    """
    format = format_for(name, SplitReport.forms)
    if os.path.lexists(name):
        raise OutputError(f"{name}: this file already exists; choose another name")
    report = SplitReport([Cut(one.name, one.encode(text), one.asked, path, one.exact) for one in tokenizers])
    with whole_file(name) as file:
        stream = io.TextIOWrapper(file, encoding="utf-8", newline="")
        render(format, report, stream)
        stream.detach()
