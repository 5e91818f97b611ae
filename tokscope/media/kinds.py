"""What kind of file it is, by its content and never by its name.

The first bytes decide, so that a file which is two things at once (a GIF with a script after it, a PNG with
a ZIP) is what a reader takes it for. PDF alone may be after some text, and must then end as one.
"""

from __future__ import annotations

import re
from typing import Literal

from tokscope.media import boxes, matroska
from tokscope.media.sizes import SVG_HEAD, svg_root
from tokscope.media.sound import frame_of, skip_id3
from tokscope.media.source import Source

MediumKind = Literal["text", "picture", "sound", "video", "pdf"]

KIND_OF_FORMAT: dict[str, MediumKind] = {
    **dict.fromkeys(("png", "jpeg", "gif", "webp", "bmp", "tiff", "avif", "heic", "svg"), "picture"),
    **dict.fromkeys(("jxl", "jp2", "ico", "psd"), "picture"),
    **dict.fromkeys(("wav", "flac", "mp3", "ogg", "aiff"), "sound"),
    **dict.fromkeys(("avi", "flv", "asf", "mpeg"), "video"),
    "pdf": "pdf",
    "text": "text",
}
"""The kind of each format; MP4 and Matroska are sound or video by their tracks."""

_SIGNATURES = tuple(
    (name, re.compile(start, re.DOTALL))
    for name, start in {
        "pdf": rb"%PDF-\d",
        "png": rb"\x89PNG\r\n\x1a\n",
        "jpeg": rb"\xff\xd8\xff",
        "gif": rb"GIF8[79]a",
        "webp": rb"RIFF....WEBP",
        "bmp": rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0",
        "tiff": rb"II[*+]\0|MM\0[*+]",
        "avif": rb"\0...ftypavi[fs]",
        "heic": rb"\0...ftyp(?:hei[cxms]|hev[cx]|mif1|msf1)",
        "boxes": rb"\0...(?:ftyp|moov|mdat|wide)",
        "matroska": rb"\x1aE\xdf\xa3",
        "wav": rb"(?:RIFF|RF64|BW64)....WAVE",
        "flac": rb"fLaC[\0\x80]",
        "ogg": rb"OggS\0",
        "mp3": rb"ID3[\2-\4].[\0-\xff][\0-\x7f]{4}",
        "aiff": rb"FORM....AIF[FC]",
        "avi": rb"RIFF....AVI ",
        "flv": rb"FLV\x01",
        "asf": rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
        "mpeg": rb"\0\0\x01\xba",
        "jxl": rb"\0\0\0\x0cJXL \r\n\x87\n",
        "jp2": rb"\0\0\0\x0cjP  \r\n\x87\n",
        "ico": rb"\0\0\x01\0",
        "psd": rb"8BPS\0\x01",
    }.items()
)
"""How a file of each format starts."""

_TEXT_BYTES = bytes({*range(9, 14), 27, *range(32, 127), *range(128, 256)})
"""What text is made of; the start of every other format holds other bytes."""

_PDF_WITHIN = re.compile(rb"[\0\t-\r -~]{1,1019}?(?<=[\0\r\n])%PDF-\d")


def format_of(source: Source) -> str:
    """Tell a file's format by its content: "png", "mp3", "boxes" (MP4, MOV, M4A), "matroska", "text", ...

    Example: format_of(Source.of_bytes(b"%PDF-1.7 ...", "photo.png")) -> "pdf"

    What is nothing that is known here is "text", and is for the reader of texts to judge.
    """
    head = source.head(0, 1024)
    within = b"%PDF-" in head and _PDF_WITHIN.match(head)
    if within and b"startxref" in source.head(max(source.size - 1024, 0), 1024):
        return "pdf"
    for name, start in _SIGNATURES:
        if start.match(head) and (name == "pdf" or head[0] > 127 or head.translate(None, _TEXT_BYTES)):
            return "flac" if name == "mp3" and source.head(skip_id3(source), 4) == b"fLaC" else name
    if (frame := frame_of(head[:4])) and frame_of(source.head(frame[0], 4)):
        return "mp3"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        more = source.head(0, SVG_HEAD)
        if b"svg" in more and svg_root(more) is not None:
            return "svg"
    return "text"


def file_kind(source: Source) -> MediumKind:
    """Tell a file's kind by its content.

    Example: file_kind(Source.of_bytes(b"hello", "photo.png")) -> "text"

    Raises InputError for an MP4 or Matroska so damaged that its tracks cannot be read.
    """
    name = format_of(source)
    if name in KIND_OF_FORMAT:
        return KIND_OF_FORMAT[name]
    return kind_of_tracks(boxes.tracks(source) if name == "boxes" else matroska.tracks(source))


def kind_of_tracks(tracks: list[boxes.Track]) -> MediumKind:
    """Tell a video from a sound: it has a track of pictures.

    Example: kind_of_tracks([Track(b"soun", 1, 0, 0, Fraction(3), 130)]) -> "sound"
    """
    return "video" if any(track.handler == b"vide" and track.width for track in tracks) else "sound"
