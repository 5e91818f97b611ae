"""Matroska and WebM (EBML, RFC 8794 and RFC 9559): the tracks of a film, from its headers.

Containers are entered and not skipped, so that a live recording, whose segments and clusters have no known
size, is read like any other.
"""

from __future__ import annotations

from fractions import Fraction
from struct import unpack

from tokscope.media.boxes import Track
from tokscope.media.source import Source

SEGMENT, CLUSTER, TRACK, BLOCK_GROUP = 0x18538067, 0x1F43B675, 0xAE, 0xA0
ENTERED = {SEGMENT, 0x1549A966, 0x1654AE6B, TRACK, 0xE0, CLUSTER, BLOCK_GROUP}
"""Segment, Info, Tracks, TrackEntry, Video, Cluster, BlockGroup."""
SCALE, DURATION, CLOCK = 0x2AD7B1, 0x4489, 0xE7
FIELDS = {0xD7: "number", 0x83: "type", 0x23E383: "each", 0xB0: "width", 0xBA: "height"}
BLOCKS = {0xA3, 0xA1}
HANDLERS = {1: b"vide", 2: b"soun"}


def _element(source: Source, at: int) -> tuple[int, int, int | None]:
    """Read an element's id, where its content starts, and its size, None where that is not known."""
    first = source.number(at, 1)
    length = 9 - first.bit_length()
    if length > 4:
        raise source.error(f"damaged: no Matroska element at byte {at}")
    number = source.number(at, length)
    size, start = _varint(source, at + length)
    return number, start, size


def _varint(source: Source, at: int) -> tuple[int | None, int]:
    """Read a number of one to eight bytes, and tell where it ends; all ones are no number."""
    length = 9 - source.number(at, 1).bit_length()
    if length > 8:
        raise source.error(f"damaged: no Matroska number at byte {at}")
    value = source.number(at, length) & ((1 << 7 * length) - 1)
    return (None if value == (1 << 7 * length) - 1 else value), at + length


def tracks(source: Source) -> list[Track]:
    """Read the tracks; frames are counted one by one only where the headers do not tell.

    Raises InputError for a file that is damaged or cut short.
    """
    scale, duration, clock, last = 1_000_000, Fraction(0), 0, 0
    found: list[dict[str, int]] = []
    counts: dict[int, int] = {}
    at = 0
    while at < source.size:
        number, start, size = _element(source, at)
        if size is not None and start + size > source.size:
            raise source.cut()
        if number == TRACK:
            found.append({})
        if number == CLUSTER and duration and all(t.get("each") for t in found if t.get("type") == 1):
            break
        if number in ENTERED:
            at = start
            continue
        if size is None:
            raise source.error(f"damaged: an element without a size at byte {at}")
        if number == SCALE:
            scale = source.number(start, min(size, 8))
        elif number == DURATION and size in (4, 8):
            value = unpack(">f" if size == 4 else ">d", source.at(start, size))[0]
            duration = Fraction(value) if 0 < value < 1e15 else Fraction(0)
        elif number in FIELDS and found:
            found[-1].setdefault(FIELDS[number], source.number(start, min(size, 8)))
        elif number == CLOCK:
            clock = source.number(start, min(size, 8))
        elif number in BLOCKS and size > 3:
            track, after = _varint(source, start)
            counts[track or 0] = counts.get(track or 0, 0) + 1
            last = max(last, clock + source.number(after, 2))
        at = start + size
    return [_track(track, scale, duration, counts, last) for track in found]


def _track(
    fields: dict[str, int], scale: int, duration: Fraction, counts: dict[int, int], last: int
) -> Track:
    """Put a track together; `last` is the time of the last block, to which one frame is added."""
    number, each = fields.get("number", 0), Fraction(fields.get("each", 0), 1_000_000_000)
    frames = counts.get(number, 0)
    seconds = duration * scale / 1_000_000_000
    if not seconds:
        seconds = Fraction(last * scale, 1_000_000_000)
        seconds += each or (seconds / (frames - 1) if frames > 1 else 0)
    if not frames and each:
        frames = round(seconds / each)
    handler = HANDLERS.get(fields.get("type", 0), b"")
    return Track(handler, number, fields.get("width", 0), fields.get("height", 0), seconds, frames)
