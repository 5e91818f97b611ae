"""Pages of PDFs, written here: their boxes, turns and text; and those that cannot be read."""

from __future__ import annotations

import sys

import pytest

from tests.support.media_files import pdf
from tokscope.errors import InputError, MissingExtra
from tokscope.media.counting import count
from tokscope.media.medium import read
from tokscope.media.pdf import Page, pages, texts
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
        (A4, Page(595, 842)),
        (f"{A4} /Rotate 90", Page(842, 595)),
        (f"{A4} /Rotate 180", Page(595, 842)),
        (f"{A4} /Rotate -90", Page(842, 595)),
        (f"{A4} /CropBox [10 20 310 420]", Page(300, 400)),
        (f"{A4} /CropBox [10 20 310 420] /Rotate 270", Page(400, 300)),
        (f"{A4} /CropBox [0 0 3000 400]", Page(595, 400)),
        ("/MediaBox [-100 -100 100 0]", Page(200, 100)),
    ],
)
def test_a_page_is_its_crop_box_turned(boxes: str, page: Page) -> None:
    assert pages(Source.of_bytes(pdf((boxes, "x")), "x")) == (page,)


def test_text_of_each_page() -> None:
    source = Source.of_bytes(pdf((A4, "Hello"), (A4, ""), (f"{A4} /Rotate 90", "World")), "x")
    assert list(texts(source)) == ["Hello", "", "World"]


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
        read(Source.of_bytes(data, "x.pdf"))


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(MissingExtra, match=r"pip install 'tokscope-cli\[pdf\]'"):
        pages(Source.of_bytes(GOOD, "x"))


def test_a_count_that_lies_is_not_believed() -> None:
    lie = GOOD.replace(b"/Count 2", b"/Count 2000000000")
    assert len(pages(Source.of_bytes(lie, "x"))) == 2


def test_gemini_counts_each_page_by_its_shape_and_no_text() -> None:
    medium = read(Source.of_bytes(GOOD, "x"))
    result = count(medium, "gemini-3-flash", page_texts=lambda: pytest.fail("its text is not billed"))
    assert (result.tokens, result.exact, result.pages) == (2 * 532, True, 2)


def test_claude_counts_text_and_a_picture_of_unknown_size() -> None:
    medium = read(Source.of_bytes(pdf((A4, "x")), "x"))
    standard = count(medium, "claude-sonnet-4-5", page_texts=lambda: [64])
    assert (standard.low, standard.tokens, standard.high, standard.exact) == (
        64 + 682,
        64 + 1551,
        64 + 1551,
        False,
    )
    high = count(medium, "claude-opus-5-5", page_texts=lambda: [64])
    assert (high.low, high.high, high.exact) == (64 + 682, 64 + 4756, False)
    assert "its text is not counted" in count(medium, "claude-opus-5-5").note


def test_openai_counts_text_and_at_most_the_pictures() -> None:
    medium = read(Source.of_bytes(pdf((A4, "x"), (A4, "y")), "x"))
    result = count(medium, "gpt-4o", page_texts=lambda: [5, 7])
    assert (result.low, result.tokens, result.high, result.exact) == (12, 12, 12 + 2 * (85 + 6 * 170), False)
    assert "no published rule" in result.note
