"""Makes small files of every kind, out of their headers; what other tests break, cut and turn."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence

from PIL import Image


def picture(width: int, height: int, format: str, orientation: int = 0, **options: object) -> bytes:
    """Draw a picture with Pillow; `orientation` is EXIF's."""
    file = io.BytesIO()
    if orientation:
        exif = Image.Exif()
        exif[274] = orientation
        options["exif"] = exif
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(file, format, **options)
    return file.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """Write a PNG's chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes = zlib.compress(b"\0")) -> bytes:
    """Write a PNG that claims to be of any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def box(kind: bytes, *content: bytes) -> bytes:
    """Write a box of MP4 and HEIC."""
    data = b"".join(content)
    return struct.pack(">I", len(data) + 8) + kind + data


def full(kind: bytes, *content: bytes, version: int = 0, flags: int = 0) -> bytes:
    """Write a box with a version and flags."""
    return box(kind, bytes([version]) + flags.to_bytes(3, "big"), *content)


def numbers(*values: int, size: int = 4) -> bytes:
    """Write numbers, the highest byte first."""
    return b"".join((value & ((1 << 8 * size) - 1)).to_bytes(size, "big") for value in values)


def heic(
    width: int, height: int, crop: tuple[int, int] | None = None, angle: int = 0, brand: bytes = b"heic"
) -> bytes:
    """Write a HEIC's headers: coded size, crop and quarter turns, as properties of its second item."""
    properties = [full(b"ispe", numbers(8, 8)), full(b"ispe", numbers(width, height))]
    if crop:
        properties.append(box(b"clap", numbers(crop[0], 1, crop[1], 1, 0, 1, 0, 1)))
    if angle:
        properties.append(box(b"irot", bytes([angle])))
    mine = range(2, len(properties) + 1)
    links = (
        numbers(2)
        + numbers(1, size=2)
        + b"\1\1"
        + numbers(2, size=2)
        + bytes([len(mine), *(0x80 | n for n in mine)])
    )
    return box(b"ftyp", brand, numbers(0), brand) + full(
        b"meta",
        full(b"hdlr", numbers(0), b"pict", bytes(13)),
        full(b"pitm", numbers(2, size=2)),
        box(b"iprp", box(b"ipco", *properties), full(b"ipma", links)),
    )


def track(
    handler: bytes,
    *,
    ticks: int,
    length: int,
    frames: int,
    size: tuple[int, int] = (0, 0),
    number: int = 1,
    turned: bool = False,
    edit: tuple[int, int] | None = None,
    version: int = 0,
) -> bytes:
    """Write a track of `length` ticks; `edit` is what an edit list plays, in ms, and cuts, in ticks."""
    long = 8 if version else 4
    matrix = (
        (0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
        if turned
        else (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    )
    head = (
        numbers(0, 0, size=long)
        + numbers(number, 0)
        + numbers(length, size=long)
        + bytes(16)
        + numbers(*matrix)
    )
    entry = box(b"avc1", bytes(6), numbers(1, size=2), bytes(16), numbers(*size, size=2), bytes(50))
    edits = box(b"edts", full(b"elst", numbers(1), numbers(*edit, 1 << 16))) if edit else b""
    return box(
        b"trak",
        full(b"tkhd", head, numbers(size[0] << 16, size[1] << 16), version=version),
        edits,
        box(
            b"mdia",
            full(
                b"mdhd",
                numbers(0, 0, size=long),
                numbers(ticks),
                numbers(length, size=long),
                bytes(4),
                version=version,
            ),
            full(b"hdlr", numbers(0), handler, bytes(13)),
            box(b"minf", box(b"stbl", full(b"stsd", numbers(1), entry), full(b"stsz", numbers(0, frames)))),
        ),
    )


def movie(*tracks: bytes, brand: bytes = b"isom", data: bytes = b"\0" * 64, more: bytes = b"") -> bytes:
    """Write an MP4 of tracks; its own clock has 1,000 ticks a second."""
    header = full(b"mvhd", numbers(0, 0, 1000, 0), bytes(80))
    return box(b"ftyp", brand, numbers(0), brand) + box(b"moov", header, *tracks, more) + box(b"mdat", data)


def element(number: int, content: bytes, *, known: bool = True) -> bytes:
    """Write an element of Matroska; of unknown size, as a live recording has them, if not `known`."""
    size = numbers(1 << 56 | len(content), size=8) if known else b"\x01" + b"\xff" * 7
    return number.to_bytes((number.bit_length() + 7) // 8, "big") + size + content


def matroska(
    tracks: Sequence[bytes],
    *,
    duration: float = 0,
    clusters: Sequence[bytes] = (),
    tags: bytes = b"",
    live: bool = False,
) -> bytes:
    """Write a Matroska file; times are milliseconds."""
    info = element(0x2AD7B1, numbers(1_000_000)) + (
        element(0x4489, struct.pack(">d", duration)) if duration else b""
    )
    content = element(0x1549A966, info) + element(
        0x1654AE6B, b"".join(element(0xAE, each) for each in tracks)
    )
    content += b"".join(element(0x1F43B675, each, known=not live) for each in clusters) + tags
    return element(0x1A45DFA3, element(0x4282, b"webm")) + element(0x18538067, content, known=not live)


def pdf(*pages: tuple[str, str], trailer: str = "") -> bytes:
    """Write a PDF: each page its boxes and turns ("/MediaBox [0 0 595 842]") and a line of text."""
    kids = " ".join(f"{3 + 2 * index} 0 R" for index in range(len(pages)))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"]
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    for index, (boxes, text) in enumerate(pages):
        resources = f"/Resources << /Font << /F {font} >> >> /Contents {4 + 2 * index} 0 R"
        objects.append(f"<< /Type /Page /Parent 2 0 R {boxes} {resources} >>")
        stream = f"BT /F 24 Tf 72 72 Td ({text}) Tj ET"
        objects.append(f"<< /Length {len(stream)} >> stream\n{stream}\nendstream")
    out, places = "%PDF-1.7\n", []
    for index, content in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{index} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    end = f"trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{len(out)}\n%%EOF\n"
    return (out + head + end).encode("latin-1")
