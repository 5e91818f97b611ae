"""Pages of PDFs, written here: their boxes, turns and text; and those that cannot be read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.media_files import pdf
from tokscope.errors import InputError, MissingExtra
from tokscope.media.counting import count_medium
from tokscope.media.medium import read_medium
from tokscope.media.pdf import PageSize, page_sizes, page_texts
from tokscope.media.source import Source

A4 = "/MediaBox [0 0 595 842]"
ID = f"/ID [<{'00' * 16}> <{'00' * 16}>]"
LOCKED = (
    f"/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <{'41' * 32}> /U <{'42' * 32}> >> {ID}"
)
GOOD = pdf((A4, "one"), (f"{A4} /Rotate 90", "two"))


@pytest.mark.parametrize(
    ("boxes", "page"),
    [
        (A4, PageSize(595, 842)),
        (f"{A4} /Rotate 90", PageSize(842, 595)),
        (f"{A4} /Rotate 180", PageSize(595, 842)),
        (f"{A4} /Rotate -90", PageSize(842, 595)),
        (f"{A4} /CropBox [10 20 310 420]", PageSize(300, 400)),
        (f"{A4} /CropBox [10 20 310 420] /Rotate 270", PageSize(400, 300)),
        (f"{A4} /CropBox [0 0 3000 400]", PageSize(595, 400)),
        ("/MediaBox [-100 -100 100 0]", PageSize(200, 100)),
    ],
)
def test_a_page_is_its_crop_box_turned(boxes: str, page: PageSize) -> None:
    assert page_sizes(Source.of_bytes(pdf((boxes, "x")), "x")) == (page,)


def test_text_of_each_page() -> None:
    source = Source.of_bytes(pdf((A4, "Hello"), (A4, ""), (f"{A4} /Rotate 90", "World")), "x")
    assert list(page_texts(source)) == ["Hello", "", "World"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(pdf((A4, "x"), trailer=LOCKED), "encrypted: save it without a password", id="encrypted"),
        pytest.param(GOOD[: len(GOOD) // 2], "damaged", id="cut short"),
        pytest.param(GOOD.replace(b"/Kids [3 0 R", b"/Kids [2 0 R"), "damaged", id="pages in a circle"),
        pytest.param(pdf(), "damaged", id="no pages"),
        pytest.param(b"%PDF-1.7\n" + bytes(2000), "damaged", id="zeros"),
    ],
)
def test_what_cannot_be_read(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=rf"^x\.pdf: {said}"):
        read_medium(Source.of_bytes(data, "x.pdf"))


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(MissingExtra, match=r"pip install 'tokscope-cli\[pdf\]'"):
        page_sizes(Source.of_bytes(GOOD, "x"))


def test_a_count_that_lies_is_not_believed() -> None:
    lie = GOOD.replace(b"/Count 2", b"/Count 2000000000")
    assert len(page_sizes(Source.of_bytes(lie, "x"))) == 2


def test_gemini_counts_each_page_by_its_shape_and_no_text() -> None:
    medium = read_medium(Source.of_bytes(GOOD, "x"))
    result = count_medium(medium, "gemini-3-flash", page_texts=lambda: pytest.fail("its text is not billed"))
    assert (result.tokens, result.exact, result.pages) == (2 * 532, True, 2)


def test_claude_counts_text_and_a_picture_of_unknown_size() -> None:
    medium = read_medium(Source.of_bytes(pdf((A4, "x")), "x"))
    standard = count_medium(medium, "claude-sonnet-4-5", page_texts=lambda: [64])
    assert (standard.low, standard.tokens, standard.high, standard.exact) == (
        64 + 682,
        64 + 1551,
        64 + 1551,
        False,
    )
    high = count_medium(medium, "claude-opus-5-5", page_texts=lambda: [64])
    assert (high.low, high.high, high.exact) == (64 + 682, 64 + 4756, False)
    assert "its text is not counted" in count_medium(medium, "claude-opus-5-5").note


def test_openai_counts_text_and_at_most_the_pictures() -> None:
    medium = read_medium(Source.of_bytes(pdf((A4, "x"), (A4, "y")), "x"))
    result = count_medium(medium, "gpt-4o", page_texts=lambda: [5, 7])
    assert (result.low, result.tokens, result.high, result.exact) == (12, 12, 12 + 2 * (85 + 6 * 170), False)
    assert "no published rule" in result.note


def _page(content: bytes, filters: str = "/FlateDecode", objects: tuple[bytes, ...] = ()) -> bytes:
    """Write a PDF of one page, its content compressed already; `objects` are its forms, from 6 on."""
    found = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F 5 0 R >> /XObject << /X 6 0 R >> >> >>",
        b"<< /Length %d /Filter %s >> stream\n%s\nendstream" % (len(content), filters.encode(), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *objects,
    ]
    data, places = b"%PDF-1.7\n", []
    for number, one in enumerate(found, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(found) + 1)
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(found) + 1, len(data))
    return data + head + table + tail


HELLO = b"BT /F 12 Tf 72 72 Td (Hello) Tj ET\n"


def _swollen(block: bytes, times: int, last: bytes = b"") -> bytes:
    packer = zlib.compressobj(9)
    return b"".join([packer.compress(block) for _ in range(times)] + [packer.compress(last), packer.flush()])


def _nested(levels: int, fan: int) -> bytes:
    """Forms that show the next one `fan` times each; the last one has a text."""
    forms = []
    for level in range(levels):
        inside = b"/X Do " * fan if level < levels - 1 else HELLO
        forms.append(
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /F 5 0 R >> "
            b"/XObject << /X %d 0 R >> >> /Length %d >> stream\n%s\nendstream"
            % (7 + level, len(inside), inside)
        )
    return _page(zlib.compress(b"/X Do " * fan), objects=tuple(forms))


@pytest.mark.slow
@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: _page(_swollen(b" " * (1 << 20), 600, HELLO)), id="spaces before the text"),
        pytest.param(lambda: _page(_swollen(HELLO * 20_000, 60)), id="more text than a model reads"),
        pytest.param(lambda: _nested(8, 10), id="a form in a form in a form"),
    ],
)
def test_what_unpacks_to_anything_is_neither_held_nor_taken_for_an_empty_page(
    made: Callable[[], bytes], tmp_path: Path
) -> None:
    """In a process of its own: a fork of this one would have the room that other tests have freed."""
    (tmp_path / "x.pdf").write_bytes(made())
    command = [sys.executable, "-c", READS, "x.pdf"]
    path = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **path}, capture_output=True, text=True, check=True
    )
    said, _, peak = done.stdout.strip().rpartition("\n")
    assert re.match(r"x\.pdf: to be read it (needs|takes|ends|gives)", said)
    assert int(peak) <= 1_300_000  # kB: twice the limit, and what Python has


READS = """
import resource, sys
from pathlib import Path
from tokscope.errors import InputError
from tokscope.media.pdf import page_texts
from tokscope.media.source import Source
try:
    page_texts(Source.of_bytes(Path(sys.argv[1]).read_bytes(), sys.argv[1]))
except InputError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_a_page_without_text_is_told() -> None:
    damaged = _page(b"abcde")
    medium = read_medium(Source.of_bytes(damaged, "x.pdf"))
    found = count_medium(medium, "gpt-4o", page_texts=lambda: [0])
    assert "1 of 1 pages without text" in found.note
    assert found.high == 765


def test_a_source_is_read_on_after_the_pages(tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(GOOD)
    with (tmp_path / "x.pdf").open("rb") as file:
        source = Source(file, "x.pdf")
        assert source.head(0, 4) == GOOD[:4]
        assert page_texts(source) == ["one", "two"]
        assert source.head(0, len(GOOD)) == GOOD
