"""Matroska and WebM (EBML, RFC 8794 and RFC 9559): the tracks of a film, from its headers.

Containers are entered and not skipped, so that a live recording, whose segments and clusters have no known
size, is read like any other.
"""

from __future__ import annotations

import re
from fractions import Fraction
from struct import unpack

from tokscope.media.boxes import Track
from tokscope.media.source import Source

CLUSTER, TRACK, TAG = 0x1F43B675, 0xAE, 0x7373
ENTERED = {
    *(0x18538067, 0x1549A966, CLUSTER, 0xA0),  # Segment, Info, Cluster, BlockGroup
    *(0x1654AE6B, TRACK, 0xE0),  # Tracks, TrackEntry, Video
    *(0x1254C367, TAG, 0x63C0, 0x67C8),  # Tags, Tag, Targets, SimpleTag
}
SCALE, DURATION, CLOCK = 0x2AD7B1, 0x4489, 0xE7
ELEMENTS = {0xD7: "number", 0x73C5: "uid", 0x83: "type", 0x23E383: "each", 0xB0: "width", 0xBA: "height"}
TAG_TARGET, TAG_NAME, TAG_TEXT = 0x63C5, 0x45A3, 0x4487
BLOCK_IDS = {0xA3, 0xA1}
MAX_TRACKS = 1000
"""How many tracks and tags are read; more is not a film."""

HANDLERS = {1: b"vide", 2: b"soun"}


def _element(source: Source, at: int) -> tuple[int, int, int | None]:
    """Read an element's id, where its content starts, and its size, None where that is not known."""
    first = source.number(at, 1)
    length = 9 - first.bit_length()
    if length > 4:
        raise source.error(f"damaged: no Matroska element at byte {at}")
    number = source.number(at, length)
    size, start = _ebml_number(source, at + length)
    return number, start, size


def _ebml_number(source: Source, at: int) -> tuple[int | None, int]:
    """Read a number of one to eight bytes, and tell where it ends; all ones are not a number."""
    length = 9 - source.number(at, 1).bit_length()
    if length > 8:
        raise source.error(f"damaged: no Matroska number at byte {at}")
    value = source.number(at, length) & ((1 << 7 * length) - 1)
    return (None if value == (1 << 7 * length) - 1 else value), at + length


def tracks(source: Source) -> list[Track]:
    """Read the tracks; blocks are counted one by one only where the headers do not tell.

    Example: tracks(Source(file, "film.webm"))[0].width -> 1920

    Raises InputError for a file that is damaged or cut short.
    """
    film = _Film()
    at = 0
    while at < source.size:
        number, start, size = _element(source, at)
        if size is not None and start + size > source.size:
            raise source.cut()
        if number == CLUSTER and size is not None and film.told:
            at = start + size
        elif number in ENTERED:
            film.enter(source, number)
            at = start
        elif size is None:
            raise source.error(f"damaged: an element without a size at byte {at}")
        else:
            film.take(source, number, start, size)
            at = start + size
    return [film.track(fields) for fields in film.fields]


class _Film:
    """What has been read of a film: the fields of its tracks, its tags, and the blocks that were counted."""

    def __init__(self) -> None:
        self.scale, self.duration, self.clock, self.last = 1_000_000, Fraction(0), 0, 0
        self.fields: list[dict[str, int]] = []
        self.blocks: dict[int, int] = {}
        self.tags: dict[tuple[int, str], str] = {}
        self.target, self.name = 0, ""

    @property
    def told(self) -> bool:
        """Whether the headers say how long it is, and how long a frame is."""
        return bool(self.duration) and all(f.get("each") for f in self.fields if f.get("type") == 1)

    def enter(self, source: Source, number: int) -> None:
        """Begin a track, or a tag of the whole file until it names a track."""
        if number == TRACK:
            self.fields.append({})
            if len(self.fields) > MAX_TRACKS:
                raise source.error(f"damaged: more than {MAX_TRACKS:,} tracks")
        elif number == TAG:
            self.target = 0

    def take(self, source: Source, number: int, start: int, size: int) -> None:
        """Read an element that holds a value."""
        if number == DURATION and size in (4, 8):
            value = unpack(">f" if size == 4 else ">d", source.at(start, size))[0]
            self.duration = Fraction(value) if 0 < value < 1e15 else Fraction(0)
        elif number in (TAG_NAME, TAG_TEXT) and size < 100:
            text = source.at(start, size).decode("utf-8", "replace").rstrip("\0")
            if number == TAG_NAME:
                self.name = text
            elif self.name in ("DURATION", "NUMBER_OF_FRAMES") and len(self.tags) < MAX_TRACKS:
                self.tags[self.target, self.name] = text
        elif number in BLOCK_IDS and size > 3:
            track, after = _ebml_number(source, start)
            if track in self.blocks or len(self.blocks) < MAX_TRACKS:
                self.blocks[track or 0] = self.blocks.get(track or 0, 0) + 1
            since = source.number(after, 2)  # the cluster began, and negative for some
            self.last = max(self.last, self.clock + since - (since >> 15 << 16))
        elif size <= 8:
            value = source.number(start, size)
            if number in ELEMENTS and self.fields:
                self.fields[-1].setdefault(ELEMENTS[number], value)
            elif number == SCALE:
                self.scale = value
            elif number == CLOCK:
                self.clock = value
            elif number == TAG_TARGET:
                self.target = value

    def track(self, fields: dict[str, int]) -> Track:
        """Put a track together: its own tags before what holds for the whole file.

        Without a length in the headers it lasts until its last block, and one frame more.
        """
        number, each = fields.get("number", 0), Fraction(fields.get("each", 0), 1_000_000_000)
        uid, frames = fields.get("uid", 0), self.blocks.get(number, 0)
        own = re.fullmatch(r"(\d+):(\d\d):(\d\d\.\d+)", self.tags.get((uid, "DURATION"), ""))
        seconds = self.duration * self.scale / 1_000_000_000
        if own:
            seconds = int(own[1]) * 3600 + int(own[2]) * 60 + Fraction(own[3])
        elif not seconds:
            seconds = Fraction(self.last * self.scale, 1_000_000_000)
            seconds += each or (seconds / (frames - 1) if frames > 1 else 0)
        if not frames and (counted := self.tags.get((uid, "NUMBER_OF_FRAMES"), "")).isdecimal():
            frames = int(counted)
        if not frames and each:
            frames = round(seconds / each)
        handler = HANDLERS.get(fields.get("type", 0), b"")
        return Track(handler, number, fields.get("width", 0), fields.get("height", 0), seconds, frames)
