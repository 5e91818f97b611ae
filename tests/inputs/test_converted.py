"""--convert: the text of DOCX, PPTX, XLSX, EPUB and HTML, by markitdown in a process with limits."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pptx
import pytest

from tests.support.shell import tokscope
from tokscope.errors import InputError
from tokscope.inputs import Decoding, Document
from tokscope.inputs.converted import convertible

pytestmark = pytest.mark.slow  # the converter takes a second to import

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TYPES = "http://schemas.openxmlformats.org/package/2006"
DOCX = {
    "[Content_Types].xml": f'<Types xmlns="{TYPES}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/'
    'vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{TYPES}/relationships">'
    '<Relationship Id="a" Target="word/document.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/>'
    "</Relationships>",
    "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body><w:p><w:r><w:t>Hello from Word.</w:t></w:r>'
    "</w:p></w:body></w:document>",
}
EPUB = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="c.opf"/></rootfiles></container>',
    "c.opf": '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Book</dc:title></metadata>'
    '<manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
    '</manifest><spine><itemref idref="a"/></spine></package>',
    "a.xhtml": "<html><body><p>Once upon a time.</p></body></html>",
}
HTML = b"<!doctype html><title>x</title><h1>Title</h1><script>bad()</script><p>Some text &amp; more</p>"


def archive(parts: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, text in parts.items():
            whole.writestr(name, text)
    return file.getvalue()


def slides() -> bytes:
    file, made = io.BytesIO(), pptx.Presentation()
    slide = made.slides.add_slide(made.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "Budget", "Tokens are money"
    made.save(file)
    return file.getvalue()


def sheet() -> bytes:
    file, book = io.BytesIO(), openpyxl.Workbook()
    for row in (["model", "tokens"], ["gpt-4o", 765]):
        book.active.append(row)
    book.save(file)
    return file.getvalue()


OFFICE = {"docx": archive(DOCX), "epub": archive(EPUB), "html": HTML, "pptx": slides(), "xlsx": sheet()}
SAYS = {
    "docx": ["Hello from Word."],
    "epub": ["Once upon a time."],
    "html": ["# Title", "Some text & more"],
    "pptx": ["# Budget", "Tokens are money"],
    "xlsx": ["| model | tokens |", "| gpt-4o | 765 |"],
}


def read(data: bytes, name: str = "a.bin") -> str:
    return Document(name, Decoding(convert=True), data).read()


@pytest.mark.parametrize("kind", OFFICE)
def test_the_content_tells_and_the_text_is_read(kind: str) -> None:
    text = read(OFFICE[kind])
    assert all(one in text for one in SAYS[kind]) and "bad()" not in text


def test_in_commands_by_name_folder_and_pipe(tmp_path: Path) -> None:
    for kind, data in OFFICE.items():
        (tmp_path / f"a.{kind}").write_bytes(data)
    (tmp_path / "b.zip").write_bytes(archive({"readme.txt": "Hi"}))
    (tmp_path / "c.md").write_text("Hello world\n")
    done = tokscope("count", ".", "--convert", cwd=tmp_path)
    rows = [line.split("\t") for line in done.out.splitlines()]
    assert [name for _, name in rows] == [*(f"a.{kind}" for kind in sorted(OFFICE)), "c.md", "total"]
    assert (done.code, done.err) == (0, "tokscope: 1 binary file skipped\n")  # another archive
    assert tokscope("count", "--convert", stdin=OFFICE["docx"]).out == "4\n"
    plain = tokscope("count", ".", cwd=tmp_path)
    assert "5 binary files skipped" in plain.err and "a.html" in plain.out  # which is a text as it is
    named = tokscope("count", "a.docx", cwd=tmp_path)
    assert named.code == 2 and "--convert reads the text" in named.err


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (OFFICE["docx"][:200], "a damaged archive"),
        (archive({**DOCX, "word/document.xml": "<broken"}), "markitdown cannot convert it"),
        (archive({"word/document.xml": "a" * (1 << 28), "b": "a"}), "claims to hold 268,435,457 bytes"),
    ],
    ids=["cut", "broken", "bomb"],
)
def test_damaged_and_hostile_ones_are_errors(data: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read(data)


def test_entities_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret")
    entity = f'<!DOCTYPE w [<!ENTITY x SYSTEM "file://{secret}">]>'
    hostile = DOCX["word/document.xml"].replace("Hello from Word.", "&x;")
    try:
        assert "a secret" not in read(archive({**DOCX, "word/document.xml": entity + hostile}))
    except InputError as error:
        assert "cannot convert it" in str(error)


def test_texts_are_not_touched() -> None:
    for text in ("Hello\n", "a <html> in the middle", "<htmlx>", "", "PK is not a ZIP"):
        assert read(text.encode(), "a.html") == text
    assert kind_of(b"<!-- x -->\n<HTML lang=en>") == "html" and kind_of(b"<p>a fragment</p>") is None


def kind_of(data: bytes) -> str | None:
    document = Document("a", Decoding(), data)
    return convertible(document.head(), document.opened)
