"""What a terminal shows as a picture and as a page: all cells are where they were, and text is text."""

from __future__ import annotations

import re
from io import BytesIO, StringIO, TextIOWrapper
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image
from rich.cells import cell_len

from tests.support.shell import tokscope
from tokscope import load
from tokscope.errors import OutputError
from tokscope.render import render
from tokscope.render.still import ACROSS, MARGIN, MAX_LINES
from tokscope.report.split import Cut, SplitReport
from tokscope.report.table import Column, Report, TableReport
from tokscope.report.trace import Traced, TraceReport

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>a</script> 日本 \x1b[31m\x00 & \uffff é \u202e"


def reports(text: str) -> list[Report]:
    """Make a report of each form that is drawn."""
    cuts = [Cut(name, load(name).encode(text)) for name in ("byte", "gpt-4o")]
    trace = load("gpt-4o").trace(text)
    rows = [(text, 1), ("b", 2)]
    return [
        SplitReport(cuts),
        SplitReport(cuts, align=True),
        TraceReport([Traced(Cut("gpt-4o", trace.split), trace)]),
        TableReport([Column("path", "path"), Column("n", "int", better="less")], rows, total=("total", 3)),
    ]


@pytest.mark.parametrize("text", [HOSTILE, "Hello 日本語 한국어 👨‍👩‍👧 नमस्ते"])
def test_a_picture_has_what_the_terminal_shows(text: str) -> None:
    for report in reports(text):
        picture, screen, page = StringIO(), StringIO(), StringIO()
        render("svg", report, picture, width=60)
        render("table", report, screen, color=True, width=60)
        lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in screen.getvalue().splitlines()]
        expected = iter(line.replace("\uffff", "□") for line in lines if line.strip())
        texts = [*ET.fromstring(picture.getvalue()).iter(f"{SVG}text")]
        for (_, runs), line in zip(groupby(texts, lambda one: one.get("y")), expected, strict=True):
            drawn = ""
            for run in runs:
                at, *others = (int((float(x) - MARGIN) / ACROSS + 0.01) for x in run.get("x", "").split())
                drawn += " " * (at - cell_len(drawn)) + (run.text or "")
                if run.get("textLength") is None:  # a place for each letter, of two cells
                    assert [at, *others] == [at + 2 * i for i in range(len(run.text or ""))]
                else:
                    assert round(float(run.get("textLength", 0)) / ACROSS) == cell_len(run.text or "")
            assert drawn.rstrip() == line.rstrip()
        if isinstance(report, TraceReport):
            render("html", report, page, width=60)
            assert "<script" not in page.getvalue() and "default-src 'none'" in page.getvalue()


def test_a_picture_by_its_name(tmp_path: Path) -> None:
    done = tokscope("compare", "-x", HOSTILE, "-t", "gpt-4o,char", "-o", tmp_path / "a.png")
    assert done.code == 0, done.err
    with Image.open(tmp_path / "a.png") as image:
        assert len(image.convert("L").getcolors() or ()) > 20  # there are letters, which have soft edges


def test_a_table_has_all_columns_in_a_file_and_those_with_room_where_a_width_is_asked_for() -> None:
    columns = [Column("path", "path"), *(Column(f"figure {i}", "int", optional=True) for i in range(30))]
    for width, shown in ((None, 30), (60, 4)):
        picture = StringIO()
        render("svg", TableReport(columns, [("a.md", *[10_000_000] * 30)]), picture, width=width)
        drawn = " ".join(ET.fromstring(picture.getvalue()).itertext())
        assert drawn.count("10,000,000") == shown and ("no room" in drawn) == (width is not None)


def test_too_long_for_a_picture() -> None:
    long = TableReport([Column("n", "int")], [(n,) for n in range(MAX_LINES)])
    for report, said in ((long, "at most 1,000 lines"), (SplitReport([]), "nothing to draw")):
        for format in ("svg", "png"):
            with pytest.raises(OutputError, match=said):
                render(format, report, TextIOWrapper(BytesIO()))
