"""Files made of boxes (ISO 14496-12): MP4, MOV and M4A, HEIC and AVIF. Headers alone are read.

Boxes are described in ISO/IEC 14496-12, those of pictures in ISO/IEC 23008-12.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from tokscope.media.source import Source

MAX_BOXES = 200_000
"""How many boxes may lie side by side: a film of a day in fragments of a second has fewer."""


class Box(NamedTuple):
    """A box: its type, and where its content starts and ends.

    Example: Box(b"ftyp", 8, 32).type -> b"ftyp"
    """

    type: bytes
    start: int
    end: int


class Track(NamedTuple):
    """A track: "vide" or "soun" (or another handler), its number, size, length and count of frames.

    Example: Track(b"vide", 1, 1920, 1080, Fraction(10), 240).seconds -> 10
    """

    handler: bytes
    number: int
    width: int
    height: int
    seconds: Fraction
    frames: int


def boxes(source: Source, start: int, end: int) -> Iterator[Box]:
    """Give the boxes that lie side by side. Raises InputError where one reaches over the end.

    Example: [box.type for box in boxes(source, 0, source.size)] -> [b"ftyp", b"moov", b"mdat"]
    """
    for count in range(MAX_BOXES + 1):
        if end - start < 8:
            break
        if count == MAX_BOXES:
            raise source.error(f"damaged: more than {MAX_BOXES:,} boxes side by side")
        size, kind, header = source.number(start, 4), source.at(start + 4, 4), 8
        if size == 1:
            size, header = source.number(start + 8, 8), 16
        elif size == 0:
            size = end - start
        if size < header:
            raise source.error(f"damaged: a box of {size} bytes at byte {start}")
        if start + size > end:
            if end == source.size:
                raise source.cut()
            raise source.error(f"damaged: a box too large at byte {start}")
        yield Box(kind, start + header, start + size)
        start += size
    if end == source.size and source.head(start, end - start).strip(b"\0"):
        raise source.cut()


def _find_box(source: Source, inside: Box, *path: bytes) -> Box | None:
    """Find the first box down a path of types."""
    for step in path:
        inner = inside.start + 4 if inside.type == b"meta" else inside.start
        found = next((box for box in boxes(source, inner, inside.end) if box.type == step), None)
        if found is None:
            return None
        inside = found
    return inside


def picture_size(source: Source) -> tuple[int, int]:
    """Read the size at which a HEIC or AVIF is shown: cropped (clap), then turned (irot).

    Example: with Path("photo.heic").open("rb") as file: picture_size(Source(file, "photo.heic")) gives (4032,
    3024)

    Raises InputError for a file without a picture.
    """
    top = list(boxes(source, 0, source.size))
    meta = next((box for box in top if box.type == b"meta"), None)
    primary = meta and _find_box(source, meta, b"pitm")
    links = meta and _find_box(source, meta, b"iprp", b"ipma")
    shelf = meta and _find_box(source, meta, b"iprp", b"ipco")
    if not (primary and links and shelf):
        raise source.error("damaged, or without a picture: no primary item in its headers")
    item = source.number(primary.start + 4, 4 if source.number(primary.start, 1) else 2)
    properties = list(boxes(source, shelf.start, shelf.end))
    width = height = turned = 0
    for index in _properties(source, links, item):
        if not 0 < index <= len(properties):
            continue
        box = properties[index - 1]
        if box.type == b"ispe":
            width, height = source.number(box.start + 4, 4), source.number(box.start + 8, 4)
        elif box.type == b"clap":
            across, down = (source.number(box.start + at, 4) for at in (0, 8))
            over, under = (source.number(box.start + at, 4) for at in (4, 12))
            if over and under:
                width, height = across // over, down // under
        elif box.type == b"irot":
            turned = source.number(box.start, 1) & 1
    return (height, width) if turned else (width, height)


def _properties(source: Source, links: Box, item: int) -> Iterator[int]:
    """Give the numbers, from 1, of an item's properties, out of the ipma box."""
    version, wide = source.number(links.start, 1), source.number(links.start + 3, 1) & 1
    id_size, size = (4 if version else 2), 1 + wide
    data = source.at(links.start, min(links.end - links.start, 1 << 20))
    at = 8
    for _ in range(int.from_bytes(data[4:8], "big")):
        if at >= len(data):
            return
        found = int.from_bytes(data[at : at + id_size], "big") == item
        count = data[at + id_size] if at + id_size < len(data) else 0
        at += id_size + 1
        if found:
            mask = 0x7FFF if wide else 0x7F
            for place in range(at, at + count * size, size):
                yield int.from_bytes(data[place : place + size], "big") & mask
        at += count * size


def tracks(source: Source) -> list[Track]:
    """Read the tracks of a movie or a sound file.

    Example: tracks(Source(file, "film.mp4"))[0] -> Track(b"vide", 1, 1920, 1080, Fraction(10), 240)

    Raises InputError where there is no moov box, which happens to an interrupted recording.
    """
    top = list(boxes(source, 0, source.size))
    movie = next((box for box in top if box.type == b"moov"), None)
    if movie is None:
        raise source.error("no moov box: it is damaged, or its recording was interrupted")
    header = _find_box(source, movie, b"mvhd")
    if header is None:
        raise source.error("damaged: its moov box has no header")
    scale = source.number(header.start + (20 if source.number(header.start, 1) else 12), 4)
    defaults = {}
    if extends := _find_box(source, movie, b"mvex"):
        for box in boxes(source, extends.start, extends.end):
            if box.type == b"trex":
                defaults[source.number(box.start + 4, 4)] = source.number(box.start + 12, 4)
    pieces = _fragments(source, top, defaults) if defaults else {}
    exact = _itunes(source, movie)
    return [
        track._replace(seconds=exact) if exact and track.handler == b"soun" else track
        for box in boxes(source, movie.start, movie.end)
        if box.type == b"trak" and (track := _track(source, box, scale, pieces))
    ]


def _track(source: Source, trak: Box, movie: int, pieces: dict[int, tuple[int, int]]) -> Track | None:
    """Read one track; `movie` is the movie's ticks a second, `pieces` what its fragments hold."""
    head, media = _find_box(source, trak, b"tkhd"), _find_box(source, trak, b"mdia")
    clock = media and _find_box(source, media, b"mdhd")
    handler = media and _find_box(source, media, b"hdlr")
    table = media and _find_box(source, media, b"minf", b"stbl")
    if not (head and clock and handler and table):
        return None
    kind = source.at(handler.start + 8, 4)
    long = 12 if source.number(head.start, 1) else 0
    number = source.number(head.start + 12 + (8 if long else 0), 4)
    ticks, length = _clock(source, clock)
    sizes = _find_box(source, table, b"stsz") or _find_box(source, table, b"stz2")
    frames = source.number(sizes.start + 8, 4) if sizes else 0
    more, longer = pieces.get(number, (0, 0))
    seconds = Fraction(length + longer, ticks) if ticks else Fraction(0)
    if movie and (edits := _find_box(source, trak, b"edts", b"elst")):
        total, cut = _edits(source, edits, movie)
        rest = seconds - Fraction(cut, ticks or 1)
        # The list is as coarse as the movie's clock, and does not know the length of a movie in fragments.
        if kind == b"soun" and (not total or abs(rest - total) <= Fraction(1, movie)):
            seconds = rest
        else:
            seconds = total or seconds
    width = height = 0
    if kind == b"vide" and (entries := _find_box(source, table, b"stsd")):
        width, height = source.number(entries.start + 40, 2), source.number(entries.start + 42, 2)
        matrix = head.start + 40 + long
        if not source.number(matrix, 4) and source.number(matrix + 4, 4):
            width, height = height, width  # held upright
    return Track(kind, number, width, height, seconds, frames + more)


def _clock(source: Source, box: Box) -> tuple[int, int]:
    """Read the ticks a second and the length in ticks of mdhd; a length of all ones is unknown, 0."""
    long = source.number(box.start, 1)
    at, size = (box.start + 20, 8) if long else (box.start + 12, 4)
    length = source.number(at + 4, size)
    return source.number(at, 4), 0 if length == (1 << 8 * size) - 1 else length


def _edits(source: Source, edits: Box, movie: int) -> tuple[Fraction, int]:
    """Read an edit list: the seconds that it plays, and the ticks that it cuts off at the start.

    What an encoder put in front is cut off so.
    """
    size = 8 if source.number(edits.start, 1) else 4
    step = 2 * size + 4
    total, cut = Fraction(0), -1
    count = min(source.number(edits.start + 4, 4), (edits.end - edits.start - 8) // step, 10_000)
    for at in range(edits.start + 8, edits.start + 8 + count * step, step):
        skipped = source.number(at + size, size)
        if skipped != (1 << 8 * size) - 1:  # -1 is a pause
            total += Fraction(source.number(at, size), movie)
            cut = skipped if cut < 0 else cut
    return total, max(cut, 0)


def _fragments(source: Source, top: list[Box], defaults: dict[int, int]) -> dict[int, tuple[int, int]]:
    """Add up the frames and ticks of each track in the fragments of a movie."""
    found: dict[int, tuple[int, int]] = {}
    for moof in (box for box in top if box.type == b"moof"):
        for traf in (box for box in boxes(source, moof.start, moof.end) if box.type == b"traf"):
            number = each = 0
            for box in boxes(source, traf.start, traf.end):
                flags = source.number(box.start + 1, 3)
                if box.type == b"tfhd":
                    number = source.number(box.start + 4, 4)
                    at = box.start + 8 + (8 if flags & 1 else 0) + (4 if flags & 2 else 0)
                    each = source.number(at, 4) if flags & 8 else defaults.get(number, 0)
                elif box.type == b"trun":
                    frames, ticks = _count_run(source, box, flags, each)
                    had = found.get(number, (0, 0))
                    found[number] = had[0] + frames, had[1] + ticks
    return found


def _count_run(source: Source, box: Box, flags: int, each: int) -> tuple[int, int]:
    """Count the frames and the ticks of a trun box."""
    count = source.number(box.start + 4, 4)
    if not flags & 0x100:
        return count, count * each
    step = 4 * (flags >> 8 & 15).bit_count()
    at = box.start + 8 + (4 if flags & 1 else 0) + (4 if flags & 4 else 0)
    if at + count * step > box.end:
        raise source.error(f"damaged: a run of {count:,} frames in a box that holds fewer")
    ticks = 0
    for first in range(0, count, 4096):
        data = source.at(at + first * step, min(count - first, 4096) * step)
        ticks += sum(int.from_bytes(data[place : place + 4], "big") for place in range(0, len(data), step))
    return count, ticks


def _itunes(source: Source, movie: Box) -> Fraction | None:
    """Read the length of an AAC file without its padding, where Apple's encoder notes it (iTunSMPB)."""
    notes = _find_box(source, movie, b"udta", b"meta", b"ilst")
    data = source.at(notes.start, min(notes.end - notes.start, 1 << 20)) if notes else b""
    place = data.find(b"iTunSMPB")
    numbers = re.findall(rb" ([0-9A-Fa-f]{8,16})", data[place : place + 200]) if place >= 0 else []
    for trak in (box for box in boxes(source, movie.start, movie.end) if box.type == b"trak"):
        clock = _find_box(source, trak, b"mdia", b"mdhd")
        if clock and len(numbers) > 3 and int(numbers[3], 16):
            ticks, _ = _clock(source, clock)
            return Fraction(int(numbers[3], 16), ticks) if ticks else None
    return None
