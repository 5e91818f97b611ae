"""A file is what its content says, whatever its name; and no content is more than one line of error."""

from __future__ import annotations

import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.media_files import box, heic, matroska, movie, pdf, picture, track
from tests.support.media_samples import samples
from tests.support.texts import HOSTILE
from tokscope.errors import InputError
from tokscope.media.kinds import MediumKind, file_kind, format_of
from tokscope.media.medium import read_medium
from tokscope.media.source import Source

KINDS: dict[str, MediumKind] = {
    **dict.fromkeys(("wav", "flac", "ogg", "opus", "mp3", "m4a", "mka"), "sound"),
    **dict.fromkeys(("mp4", "webm"), "video"),
    "pdf": "pdf",
}


def source(data: bytes, name: str = "notes.txt") -> Source:
    return Source.of_bytes(data, name)


@pytest.mark.parametrize("name", samples())
def test_kind_by_content(name: str) -> None:
    expected = KINDS.get(name, "picture")
    assert file_kind(source(samples()[name])) == expected == read_medium(source(samples()[name])).kind


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_text_is_text(text: str) -> None:
    for encoding in ("utf-8", "utf-16", "utf-16-le", "utf-32"):
        assert file_kind(source(text.encode(encoding), "photo.png")) == "text"


@pytest.mark.parametrize(
    "text",
    [
        "GIF89a is a format of 1989, and this is a text about it",
        "BM25 ranks documents by their terms, and so on, and on, and on",
        "ID3 tags stand in front of an MP3",
        "RIFFabcdWAVE files hold sound",
        "OggS marks a page",
        "The moov box, and ftyp",
        "fLaC is four letters",
        "a PDF starts with\n%PDF-1.7\nand ends with %%EOF",
        "the tag <svg> draws, in HTML too",
        "<html><body><svg width='5'/></body></html>",
        "<!-- <svg width='5'/> --><p>no drawing</p>",
        "<svg",
        "8BPS, FLV, II*, MM and FORM are marks of others",
        "",
    ],
)
def test_text_about_formats_is_text(text: str) -> None:
    assert file_kind(source(text.encode(), "photo.png")) == "text"


def test_polyglots_are_what_their_first_bytes_say() -> None:
    small = picture(8, 8, "GIF")
    document = pdf(("/MediaBox [0 0 595 842]", "x"))
    assert file_kind(source(small + b"=1;alert(1)//")) == "picture"
    assert file_kind(source(small + document)) == "picture"
    assert file_kind(source(document + small)) == "pdf"
    assert file_kind(source(b"#!/bin/sh\n" + document)) == "pdf"
    assert file_kind(source(picture(8, 8, "PNG") + b"PK\x03\x04")) == "picture"


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (b"RIFF\x10\0\0\0AVI LIST", "avi"),
        (b"FORM\0\0\0\x10AIFFCOMM", "aiff"),
        (b"FLV\x01\x05\0\0\0\x09", "flv"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", "asf"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"),
        (b"\0\0\x01\0\x01\0\x10\x10", "ico"),
        (b"8BPS\0\x01" + bytes(20), "psd"),
    ],
)
def test_known_but_not_read_says_what_to_do(data: bytes, format: str) -> None:
    assert format_of(source(data)) == format
    with pytest.raises(InputError, match=rf"^notes.txt: {format.upper()} is not read: convert it to \w+"):
        read_medium(source(data))


def test_brands() -> None:
    assert format_of(source(heic(8, 8))) == "heic"
    assert format_of(source(heic(8, 8, brand=b"avif"))) == "avif"
    assert format_of(source(heic(8, 8, brand=b"mif1"))) == "heic"
    old = movie(track(b"vide", ticks=10, length=10, frames=1, size=(8, 8)))
    assert file_kind(source(old[old.index(b"moov") - 4 :])) == "video"  # QuickTime before ftyp


def test_nothing_else_is_a_medium() -> None:
    for data, said in ((b"", "an empty file"), (b"hello", "not a picture, sound, video or PDF")):
        with pytest.raises(InputError, match=said):
            read_medium(source(data))


@pytest.mark.parametrize("name", sorted(set(samples()) - {"gif", "bmp", "dib", "tiff"}))
@pytest.mark.parametrize("part", [0.2, 0.5, 0.8])
def test_what_is_cut_short_is_an_error(name: str, part: float) -> None:
    data = samples()[name]
    with pytest.raises(InputError, match=r"^cut\.bin: .+$"):
        read_medium(source(data[: int(len(data) * part)], "cut.bin"))


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """Break a file: cut it, change bytes of its headers, take some out."""
    data = bytearray(samples()[draw(st.sampled_from(sorted(set(samples()) - {"pdf"})))])
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, min(len(data), 400) - 1)) if data else 0
        data[place : place + draw(st.integers(0, 8))] = draw(
            st.binary(max_size=4) | st.sampled_from([b"\xff" * 4, b"\0"])
        )
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


@given(broken())
def test_broken_files_are_read_or_one_line_of_error(data: bytes) -> None:
    try:
        medium = read_medium(source(data, "x"))
    except InputError as error:
        assert re.fullmatch(r"x: [^\n]+", str(error))
    else:
        assert medium.kind != "picture" or (medium.width > 0 and medium.height > 0)
        assert medium.kind not in ("sound", "video") or medium.seconds > 0


def test_what_never_ends_is_refused() -> None:
    with pytest.raises(InputError, match="more than 200,000 boxes"):
        read_medium(source(box(b"ftyp", b"isom") + box(b"free") * 200_001))
    with pytest.raises(InputError, match="more than 1,000 tracks"):
        read_medium(source(matroska([b""] * 1001)))


def test_boxes_within_boxes_do_not_recurse() -> None:
    deep = b""
    for _ in range(5000):
        deep = box(b"moov", deep)
    with pytest.raises(InputError, match="damaged"):
        read_medium(source(box(b"ftyp", b"isom") + deep))
    with pytest.raises(InputError, match="cut short"):
        read_medium(source(box(b"ftyp", b"isom") + struct.pack(">I4sQ", 1, b"moov", 1 << 63)))
