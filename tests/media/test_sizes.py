"""Sizes of pictures, against Pillow's; by headers alone, so that what they claim is never allocated."""

from __future__ import annotations

import io
import struct
import tracemalloc

import pytest
from PIL import Image, ImageOps

from tests.support.media_files import chunk, heic, picture, png
from tokscope.errors import InputError
from tokscope.media.medium import read_medium
from tokscope.media.sizes import jpeg
from tokscope.media.source import Source


def size(data: bytes) -> tuple[int, int]:
    medium = read_medium(Source.of_bytes(data, "x"))
    assert medium.kind == "picture"
    return medium.width, medium.height


SAVED = [
    ("png", {}),
    ("jpeg", {}),
    ("jpeg", {"progressive": True}),
    ("webp", {}),
    ("webp", {"lossless": True}),
    ("tiff", {}),
    ("tiff", {"compression": "tiff_lzw"}),
    ("tiff", {"big_tiff": True}),
]


@pytest.mark.parametrize(("format", "options"), SAVED, ids=str)
@pytest.mark.parametrize("orientation", [0, 1, 2, 3, 5, 6, 8])
def test_as_pillow_shows_them(format: str, options: dict[str, object], orientation: int) -> None:
    for width, height in ((1, 1), (37, 52), (640, 3)):
        data = picture(width, height, format, orientation, **options)
        assert size(data) == ImageOps.exif_transpose(Image.open(io.BytesIO(data))).size


@pytest.mark.parametrize("format", ["gif", "bmp", "avif"])
def test_without_orientation(format: str) -> None:
    for width, height in ((1, 1), (37, 52), (640, 3)):
        assert size(picture(width, height, format)) == (width, height)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(
            struct.pack("<6sHHBBB", b"GIF89a", 65535, 40000, 0, 0, 0), (65535, 40000), id="unsigned GIF"
        ),
        pytest.param(
            struct.pack("<2sIIIIHHHH", b"BM", 26, 0, 26, 12, 300, 50000, 1, 24), (300, 50000), id="OS/2 BMP"
        ),
        pytest.param(
            struct.pack("<2sIIIIii", b"BM", 26, 0, 54, 40, 70, -90) + bytes(28),
            (70, 90),
            id="BMP upside down",
        ),
        pytest.param(heic(597 + 1, 566, (597, 566)), (597, 566), id="HEIC of odd size"),
        pytest.param(heic(640, 480), (640, 480), id="HEIC"),
        pytest.param(heic(640, 480, angle=1), (480, 640), id="HEIC turned"),
        pytest.param(heic(124, 64, (123, 63), angle=3), (63, 123), id="HEIC cropped and turned"),
        pytest.param(heic(640, 480, angle=2), (640, 480), id="HEIC upside down"),
        pytest.param(png(1_000_000_000, 1_000_000_000), (1_000_000_000, 1_000_000_000), id="bomb"),
        pytest.param(
            b"RIFF\x1a\0\0\0WEBPVP8 \x0e\0\0\0\x30\1\0\x9d\x01\x2a\x40\x41\xf0\x80" + bytes(4),
            (320, 240),
            id="WebP, scaled",
        ),
    ],
)
def test_headers(data: bytes, expected: tuple[int, int]) -> None:
    tracemalloc.start()
    try:
        assert size(data) == expected
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('width="60" height="40"', (60, 40)),
        ('width="60px" height="40.4"', (60, 40)),
        ("width='1in' height='0.5in'", (96, 48)),
        ('width="10cm" height="100mm"', (378, 378)),
        ('width="72pt" height="6pc"', (96, 96)),
        ('viewBox="0 0 300 150"', (300, 150)),
        ('width="100%" height="100%" viewBox="0,0,300.5,150"', (300, 150)),
        ('width="600" viewBox="0 0 300 150"', (600, 300)),
        ('height="1e2" viewBox="-5 -5 300 150"', (200, 100)),
        ('width="0.2" height="0.2"', (1, 1)),
        ('stroke-width="5" width="60" height="40"', (60, 40)),
        ('data-text="a > b" width="60" height="40"', (60, 40)),
    ],
)
def test_svg(attributes: str, expected: tuple[int, int]) -> None:
    start = '\ufeff<?xml version="1.0"?>\n<!-- <svg width="1" height="1"> -->\n'
    for name in ("svg", "s:svg"):
        for content in (">", "/>", "><script>while(1);</script><rect/></svg>"):
            assert (
                size(f'{start}<{name} xmlns:s="http://www.w3.org/2000/svg" {attributes}{content}'.encode())
                == expected
            )


@pytest.mark.parametrize(
    "attributes",
    ["", 'width="5em" height="3em"', 'width="100%"', 'viewBox="0 0 0 5"', 'width="9e99" height="1"'],
)
def test_svg_without_a_size(attributes: str) -> None:
    with pytest.raises(InputError, match="no size of its own: give it a width and a height"):
        size(f"<svg {attributes}/>".encode())


def test_svg_reads_nothing_else() -> None:
    file = "SYSTEM 'file:///etc/passwd'"
    outside = f"<!DOCTYPE svg {file} [<!ENTITY f {file}><!ENTITY % p {file}>%p;<!ENTITY w '60'>]>"
    assert size(f'{outside}<svg width="60" height="40">&f;</svg>'.encode()) == (60, 40)
    inside = "<!DOCTYPE svg [<!ENTITY w '60'>]>"
    assert size(f'{inside}<svg width="&w;" height="40"/>'.encode()) == (60, 40)
    bomb = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 30))
    with pytest.raises(InputError, match="no size of its own"):
        size(f"<!DOCTYPE svg [<!ENTITY e0 'x'>{bomb}]><svg width='&e29;' height='40'/>".encode())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x89PNG\r\n\x1a\n" + chunk(b"gAMA", bytes(4)) + bytes(20), "a PNG without its first chunk"),
        (png(0, 5), "a picture of 0 x 5 pixels"),
        (b"\xff\xd8\xff\xd9" + bytes(8), "a JPEG without a frame"),
        (b"\xff\xd8\xff\xe0\0\x04ab\0\0\0\0", "no JPEG marker at byte 8"),
        (b"II*\0\x08\0\0\0\0\0", "a TIFF without a size"),
        (b"RIFF\x10\0\0\0WEBPALPH" + bytes(30), "a WebP without a picture"),
        (b"\0\0\0\x10ftypheic" + bytes(4), "no primary item"),
    ],
)
def test_damaged(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        size(data)


def test_what_may_stand_between_a_jpegs_segments() -> None:
    data = picture(60, 40, "jpeg")
    assert size(data[:2] + b"\xff\xff\xff" + data[3:]) == (60, 40)  # padding
    assert size(data[:2] + b"\xff\x01" + data[2:]) == (60, 40)  # a marker without a length
    assert size(data + bytes(200_000)) == (60, 40)


def test_exif_that_is_damaged_turns_nothing() -> None:
    data = picture(60, 40, "jpeg", 6)
    assert size(data) == (40, 60)
    assert size(data.replace(b"Exif\0\0II", b"Exif\0\0XX").replace(b"Exif\0\0MM", b"Exif\0\0XX")) == (60, 40)


@pytest.mark.parametrize("filling", [b"\xff", b"\xff\xe0\x00\x02"], ids=["padding", "segments"])
def test_a_jpeg_of_markers_alone_is_given_up(filling: bytes) -> None:
    with pytest.raises(InputError, match="damaged: more than 200,000 markers before the picture"):
        jpeg(Source.of_bytes(b"\xff\xd8" + filling * 5_000_000, "a.jpg"))
