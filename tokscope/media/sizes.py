"""How large a picture is, from its headers alone, as it is shown: EXIF's orientation is honoured.

Written out because none of the permissive libraries reads these right: imagesize 2.0.1 takes GIF's sides as
signed, misses the old BMP header, the crop of odd-sized HEIC and an SVG's viewBox, and imports an HTTP
client; Pillow leaves out HEIC and SVG. The tests hold them to Pillow's answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

from tokscope.errors import InputError
from tokscope.media import boxes
from tokscope.media.source import BLOCK, Source

Measures = tuple[int, int]

SIDEWAYS = {5, 6, 7, 8}
"""EXIF's orientations that swap width and height."""


def _turn(size: Measures, orientation: int) -> Measures:
    """Swap the sides where the picture is shown on its side."""
    return size[::-1] if orientation in SIDEWAYS else size


def png_size(source: Source) -> Measures:
    """Read IHDR, and the orientation in eXIf. Raises InputError where a chunk is cut off.

    Example: png_size(Source(file, "photo.png")) -> (1024, 768)
    """
    if source.at(12, 4) != b"IHDR":
        raise source.error("damaged: a PNG without its first chunk")
    size = source.number(16, 4), source.number(20, 4)
    source.at(24, 9)
    at, orientation = 33, 1
    whole = source.head(source.size - 8, 4) == b"IEND"
    while at + 8 <= source.size:
        length, kind = source.number(at, 4), source.at(at + 4, 4)
        if kind == b"eXIf":
            orientation = _exif(source, at + 8)
        if kind == b"IEND" or (kind == b"IDAT" and whole):
            break
        at += 12 + length
        if at > source.size:
            raise source.cut()
    return _turn(size, orientation)


def gif(source: Source) -> Measures:
    """Read the screen's size; an animation is its first frame.

    Example: gif(Source(BytesIO(b"GIF89a\\x10\\0\\x08\\0\\0\\0\\0"), "a.gif")) -> (16, 8)
    """
    source.at(0, 13)
    return source.number(6, 2, "<"), source.number(8, 2, "<")


def bmp(source: Source) -> Measures:
    """Read the size from either header, OS/2's of 12 bytes or Windows'; a negative height is top-down.

    Example: bmp(Source(file, "scan.bmp")) -> (1024, 768)
    """
    if source.number(14, 4, "<") == 12:
        return source.number(18, 2, "<"), source.number(20, 2, "<")
    height = source.number(22, 4, "<")
    return source.number(18, 4, "<"), height if height < 1 << 31 else (1 << 32) - height


def webp(source: Source) -> Measures:
    """Read the size of the canvas, or of the only frame, and the orientation in EXIF.

    Example: webp(Source(file, "photo.webp")) -> (1024, 768)
    """
    if source.number(4, 4, "<") + 8 > source.size + 1:  # the last chunk's padding may be missing
        raise source.cut()
    kind = source.at(12, 4)
    if kind == b"VP8 ":
        return source.number(26, 2, "<") & 0x3FFF, source.number(28, 2, "<") & 0x3FFF
    if kind == b"VP8L":
        bits = source.number(21, 4, "<")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind != b"VP8X":
        raise source.error("damaged: a WebP without a picture")
    size = source.number(24, 3, "<") + 1, source.number(27, 3, "<") + 1
    at = 12
    while source.number(20, 1) & 8 and at + 8 <= source.size:
        if source.at(at, 4) == b"EXIF":
            skip = 6 if source.head(at + 8, 6) == b"Exif\0\0" else 0
            return _turn(size, _exif(source, at + 8 + skip))
        length = source.number(at + 4, 4, "<")
        at += 8 + length + length % 2
    return size


MAX_MARKERS = 200_000
"""Markers of a JPEG: those in use have some dozens, and some bytes of padding."""


def jpeg(source: Source) -> Measures:
    """Read the size from the frame's header, and the orientation in EXIF.

    Example: jpeg(Source(file, "upright.jpg")) -> (3024, 4032)
    """
    at, size, orientation = 2, None, 1
    for _ in range(MAX_MARKERS):
        if at + 4 > source.size:
            break
        marker, code = source.number(at, 1), source.number(at + 1, 1)
        if marker != 0xFF:
            raise source.error(f"damaged: no JPEG marker at byte {at}")
        if code == 0xFF:  # padding
            at += 1
            continue
        if code == 0xD9:
            break
        if code == 0x01 or 0xD0 <= code <= 0xD8:
            at += 2
            continue
        length = source.number(at + 2, 2)
        if code == 0xE1 and orientation == 1 and source.head(at + 4, 6) == b"Exif\0\0":
            orientation = _exif(source, at + 10)
        elif 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):
            size = source.number(at + 7, 2), source.number(at + 5, 2)
        at += 2 + length
        if at > source.size:
            raise source.cut()
        if code == 0xDA:
            if not _has_end_marker(source, at):
                raise source.cut()
            break
    else:
        raise source.error(f"damaged: more than {MAX_MARKERS:,} markers before the picture")
    if size is None:
        raise source.error("damaged: a JPEG without a frame")
    return _turn(size, orientation)


def _has_end_marker(source: Source, start: int) -> bool:
    """Say whether JPEG's end marker comes after `start`; what follows it may be anything."""
    end = source.size
    while end > start:
        begin = max(end - BLOCK, start)
        if b"\xff\xd9" in source.head(begin, end - begin + 1):
            return True
        end = begin
    return False


def tiff(source: Source) -> Measures:
    """Read the first directory: width, height and orientation; BigTIFF as well.

    Example: tiff(Source(file, "scan.tif")) -> (2480, 3508)
    """
    tags = _directory(source, 0)
    if not (tags.get(256) and tags.get(257)):
        raise source.error("damaged: a TIFF without a size")
    return _turn((tags[256], tags[257]), tags.get(274, 1))


def _exif(source: Source, at: int) -> int:
    """Read the orientation out of EXIF, which is a TIFF; 1 where it is damaged, as viewers do."""
    try:
        return _directory(source, at).get(274, 1)
    except InputError:
        return 1


def _directory(source: Source, base: int) -> dict[int, int]:
    """Read the whole numbers of a TIFF's first directory, by their tags."""
    order = {b"II": "<", b"MM": ">"}.get(source.at(base, 2))
    version = source.number(base + 2, 2, order or ">")
    if order is None or version not in (42, 43):
        raise source.error("damaged: not a TIFF's header")
    big = version == 43
    at = base + source.number(base + (8 if big else 4), 8 if big else 4, order)
    count = source.number(at, 8 if big else 2, order)
    at += 8 if big else 2
    tags: dict[int, int] = {}
    for _ in range(min(count, 4096)):
        tag, kind = source.number(at, 2, order), source.number(at + 2, 2, order)
        if size := {1: 1, 3: 2, 4: 4, 16: 8}.get(kind):
            tags.setdefault(tag, source.number(at + (12 if big else 8), size, order))
        at += 20 if big else 12
    return tags


UNITS = {
    "": 1.0,
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 9.6 / 2.54,
    "q": 2.4 / 2.54,
}
"""Pixels in each of CSS's absolute units."""

_LENGTH = re.compile(r"\s*\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*([a-z]*)\s*", re.IGNORECASE)

SVG_HEAD = 1 << 16
"""How many of an SVG's bytes may come before the end of its first tag."""


def svg_size(source: Source) -> Measures:
    """Read width and height, or the viewBox where they are missing or relative; 96 pixels are an inch.

    Example: svg_size(Source(BytesIO(b'<svg xmlns="http://www.w3.org/2000/svg" width="1in" height="24"/>'),
    "a.svg")) -> (96, 24)

    Raises InputError for a drawing without a size of its own.
    """
    attributes = svg_root(source.head(0, SVG_HEAD)) or {}
    sides = [_pixels(attributes.get(name, "")) for name in ("width", "height")]
    box = [
        float(number)
        for number in re.findall(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", attributes.get("viewBox", ""))
    ]
    if len(box) == 4 and box[2] > 0 and box[3] > 0:
        width, height = sides
        ratio = box[2] / box[3]
        sides = [
            width or (height * ratio if height else box[2]),
            height or (width / ratio if width else box[3]),
        ]
    if not all(sides) or max(sides) > 1e9:
        raise source.error("this SVG has no size of its own: give it a width and a height, or a viewBox")
    return max(round(sides[0]), 1), max(round(sides[1]), 1)


def _pixels(length: str) -> float:
    """Turn a CSS length into pixels, 0 for what depends on the page: percents, em."""
    found = _LENGTH.fullmatch(length)
    unit = UNITS.get(found[3].lower()) if found else None
    return float(found[1] + (found[2] or "")) * unit if found and unit else 0.0


def svg_root(head: bytes) -> dict[str, str] | None:
    """Read the attributes of the first tag if that is an SVG's, else give None.

    Example: svg_root(b'<svg width="8">') -> {"width": "8"}

    Nothing outside is read: no handler for external entities is set. Where internal ones hold others, as in
    a bomb of entities, the tag is not read: it has no attributes then.
    """
    from xml.parsers import expat

    found: list[dict[str, str] | None] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if not found:
            found.append(attributes if name.rpartition(":")[2] == "svg" else None)

    def declare(name: str, parameter: bool, value: str | None, *_: str | None) -> None:
        if value and "&" in value:
            found.append({} if re.search(rb"<([\w.-]+:)?svg[\s/>]", head) else None)
            raise expat.ExpatError

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EntityDeclHandler = declare
    with suppress(expat.ExpatError):  # what follows the first tag may be anything, and is often cut off
        parser.Parse(head, False)
    return found[0] if found else None


SIZES: dict[str, Callable[[Source], Measures]] = {
    "avif": boxes.picture_size,
    "bmp": bmp,
    "gif": gif,
    "heic": boxes.picture_size,
    "jpeg": jpeg,
    "png": png_size,
    "svg": svg_size,
    "tiff": tiff,
    "webp": webp,
}
"""The readers of each format of picture."""
