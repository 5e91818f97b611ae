"""How long a sound is, from its headers alone, as it is heard: what an encoder put around it is left out.

Written out because tinytag 2.3.2, the permissive library for it, believes a WAV whose data are missing and
counts the padding of an MP3; what it reads right is a dozen lines for each format. The tests hold them to
libsndfile's answers.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from struct import unpack
from typing import NamedTuple

from tokscope.media.source import BLOCK, Source


class Length(NamedTuple):
    """Seconds of sound: as heard, and as stored with what an encoder put around it.

    Example: Length(heard=Fraction(3), stored=Fraction(49, 16))
    """

    heard: Fraction
    stored: Fraction


UNKNOWN_SIZE = 0xFFFFFFFF
"""The size that a WAV names while it is still being recorded."""


def wav(source: Source) -> Length:
    """Read a WAV, RF64 or BW64: the bytes of its data, or the samples that `fact` counts.

    Example: float(wav(Source(file, "voice.wav")).heard) -> 3.0

    Raises InputError where the header promises more than the file holds.
    """
    at, size64, samples = 12, 0, 0
    code = align = per_second = rate = 0
    while at + 8 <= source.size:
        kind, length, start = source.at(at, 4), source.number(at + 4, 4, "<"), at + 8
        if kind == b"ds64":
            size64 = source.number(start + 8, 8, "<")
        elif kind == b"fact":
            samples = source.number(start, 4, "<")
        elif kind == b"fmt ":
            code, _, rate, per_second, align, _ = unpack("<HHIIHH", source.at(start, 16))
            if code == 0xFFFE and length >= 26:  # extensible: the code stands further on
                code = source.number(start + 24, 2, "<")
        elif kind == b"data":
            held = source.size - start
            if length == UNKNOWN_SIZE:
                length = size64 or held
            if not (rate and align and per_second):
                raise source.error("damaged: a WAV without a format")
            if code in (1, 3, 6, 7):  # PCM, floats, A-law, mu-law
                seconds, here = (Fraction(count // align, rate) for count in (length, held))
            else:
                seconds, here = (Fraction(count, per_second) for count in (length, held))
                seconds = Fraction(samples, rate) if samples and length <= held else seconds
            if length > held:
                promise = f"its header promises {float(seconds):,.1f} s of sound"
                raise source.error(f"{promise}; the file holds {float(here):,.1f} s")
            return Length(seconds, seconds)
        at = start + length + length % 2
    raise source.error("damaged or cut short: a WAV without data")


def flac(source: Source) -> Length:
    """Read STREAMINFO, the first block. Raises InputError where it promises more than the file holds.

    Example: float(flac(Source(file, "voice.flac")).heard) -> 3.0
    """
    at = skip_id3(source) + 4
    info = source.at(at + 4, 34)
    bits = int.from_bytes(info[10:18], "big")
    rate, samples = bits >> 44, bits & (1 << 36) - 1
    if source.number(at, 1) & 0x7F or not rate:
        raise source.error("damaged: a FLAC without its first block")
    if not samples:
        raise source.error(
            "this FLAC does not say how long it is: it was written to a pipe; encode it to a file"
        )
    last = False
    while not last:
        last, at = bool(source.number(at, 1) & 0x80), at + 4 + source.number(at + 1, 3)
    held = _last_block(source, at, info, samples)
    if held < samples:
        promise = f"its header promises {samples / rate:,.1f} s of sound"
        raise source.error(f"{promise}; the file holds {held / rate:,.1f} s")
    return Length(Fraction(samples, rate), Fraction(samples, rate))


def _last_block(source: Source, first: int, info: bytes, samples: int) -> int:
    """Find the last of a FLAC's frames, and tell with which sample it ends; 0 where there is none.

    One without even the bytes of the smallest frame, which STREAMINFO notes, is cut short.
    """
    largest, smallest = int.from_bytes(info[2:4], "big"), int.from_bytes(info[4:7], "big")
    begin = max(source.size - (1 << 18), first)  # a frame is smaller, and so are the tags after it
    data, place, most = source.head(begin, 1 << 18), -1, 0
    while (place := data.find(b"\xff", place + 1)) >= 0:
        head = data[place : place + 16]
        if len(head) < 6 or head[1] & 0xFE != 0xF8 or head[3] & 1:
            continue
        length = 8 - (head[4] ^ 0xFF).bit_length() or 1  # coded like UTF-8
        number = head[4] & (0x7F if length == 1 else 0x7F >> length)
        for byte in head[5 : 4 + length]:
            number = number << 6 | byte & 0x3F
        code, at = head[2] >> 4, 4 + length
        extra = {6: 1, 7: 2}.get(code, 0)
        block = int.from_bytes(head[at : at + extra], "big") + 1 if extra else _BLOCK_SIZES.get(code, 0)
        at += extra + {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
        end = (number if head[1] & 1 else number * largest) + block
        whole = at < len(head) and begin + place + smallest <= source.size
        if whole and end <= samples and _crc8(head[:at]) == head[at]:
            most = max(most, end)
    return most


_BLOCK_SIZES = {1: 192, **{2 + n: 576 << n for n in range(4)}, **{8 + n: 256 << n for n in range(8)}}
"""How many samples a FLAC's frame holds, by the code for it."""


def _crc8(data: bytes) -> int:
    """Compute the checksum of a FLAC frame's header, of polynomial 7."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ (7 if value & 0x80 else 0)) & 0xFF
    return value


def ogg(source: Source) -> Length:
    """Read the rate from the first page, and from the last one the last sample.

    Example: float(ogg(Source(file, "voice.opus")).heard) -> 3.0
    """
    serial, start = source.at(14, 4), 27 + source.number(26, 1)
    head = source.head(start, 64)
    skipped = 0
    if head.startswith(b"\x01vorbis"):
        rate = int.from_bytes(head[12:16], "little")
    elif head.startswith(b"OpusHead"):
        rate, skipped = 48000, int.from_bytes(head[10:12], "little")
    elif head.startswith(b"\x7fFLAC"):
        rate = int.from_bytes(head[27:30], "big") >> 4
    elif head.startswith(b"Speex   "):
        rate = int.from_bytes(head[36:40], "little")
    else:
        raise source.error("an Ogg file that is not Vorbis, Opus, FLAC or Speex: convert it to one of these")
    if not rate:
        raise source.error("damaged: a rate of 0")
    samples = _last_sample(source, serial)
    return Length(Fraction(max(samples - skipped, 0), rate), Fraction(samples, rate))


def _last_sample(source: Source, serial: bytes) -> int:
    """Find a stream's last page that ends a packet, and read its position."""
    begin = end = source.size
    while begin > 0:
        begin = max(begin - BLOCK, 0)
        data = source.head(begin, min(end - begin, 2 * BLOCK))
        place = len(data)
        while (place := data.rfind(b"OggS", 0, place)) >= 0:
            page = begin + place
            if source.head(page + 14, 4) != serial or source.head(page + 4, 1) != b"\0":
                continue
            sizes = source.at(page + 27, source.number(page + 26, 1))
            if page + 27 + len(sizes) + sum(sizes) > source.size:
                raise source.cut()
            position = source.number(page + 6, 8, "<")
            if position != (1 << 64) - 1:
                return position
        end = begin + 3  # a page's mark may lie across two blocks
    raise source.error("damaged: an Ogg file without a position")


BITRATES = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""MPEG's layer III, in kbit/s, for version 1 and for 2 and 2.5."""

RATES = {3: 44100, 2: 22050, 0: 11025}
"""The first sample rate of each version, by the bits that stand for it."""


def mp3(source: Source) -> Length:
    """Count the frames of an MP3; what is heard leaves out the delay and the padding that its encoder noted.

    Example: mp3(Source(file, "voice.mp3")) -> Length(heard=Fraction(3), stored=Fraction(49, 16))

    Without a Xing, Info or VBRI header every frame's header is read. Raises InputError where the header
    promises more bytes than the file holds, and where something else lies between the frames.
    """
    start = skip_id3(source)
    head = source.head(start, 1 << 16)  # zeros may be after the tag
    start += next((at for at in range(len(head)) if frame_of(head[at : at + 4])), 0)
    frame = frame_of(source.head(start, 4))
    if frame is None:
        raise source.error("damaged: an MP3 without a frame")
    size, samples, rate = frame
    frames, held, around = _read_xing_header(source.head(start, min(size, 256)))
    if held > source.size - start:
        raise source.cut()
    if frames:
        stored = frames * samples
        return Length(Fraction(max(stored - around, 0), rate), Fraction(stored, rate))
    stored = 0
    while frame := frame_of(source.head(start, 4)):
        stored, start = stored + frame[1], start + frame[0]
    if start > source.size:
        raise source.cut()
    rest = source.head(start, 8)
    if rest.strip(b"\0") and not rest.startswith((b"TAG", b"APETAGEX", b"LYRICS", b"ID3")):
        raise source.error(f"damaged: no MP3 frame at byte {start}")
    return Length(Fraction(stored, rate), Fraction(stored, rate))


def _read_xing_header(frame: bytes) -> tuple[int, int, int]:
    """Read the header that a first frame may hold: the frames, the bytes, the samples of delay and padding.

    Zeros where it does not say. LAME's tag follows Xing's fields: a name in 9 bytes, 12 of settings, then
    delay and padding in 12 bits each.
    """

    def number(at: int, size: int = 4) -> int:
        return int.from_bytes(frame[at : at + size], "big")

    if frame[36:40] == b"VBRI":
        return number(50), number(46), 0
    place = max(frame.find(b"Xing", 4, 64), frame.find(b"Info", 4, 64))
    if place < 0:
        return 0, 0, 0
    flags, at = number(place + 4), place + 8
    frames = number(at) if flags & 1 else 0
    at += 4 if flags & 1 else 0
    held = number(at) if flags & 2 else 0
    at += (4 if flags & 2 else 0) + (100 if flags & 4 else 0) + (4 if flags & 8 else 0)
    around = number(at + 21, 3) if frame[at : at + 4] in (b"LAME", b"Lavf", b"Lavc") else 0
    return frames, held, (around >> 12) + (around & 0xFFF)


def skip_id3(source: Source) -> int:
    """Tell where the ID3v2 tags end that a file may begin with; several may follow one another.

    Example: skip_id3(Source(BytesIO(b"ID3\\4\\0\\0\\0\\0\\0\\5" + bytes(5)), "a.mp3")) -> 15
    """
    at = 0
    while (head := source.head(at, 10)).startswith(b"ID3") and len(head) == 10:
        size = 0
        for byte in head[6:10]:
            size = size << 7 | byte & 0x7F
        at += 10 + size + (10 if head[5] & 0x10 else 0)
    return at


def frame_of(head: bytes) -> tuple[int, int, int] | None:
    """Read a frame's header, layer III: its bytes, its samples, its rate; None if it is not one.

    Example: frame_of(bytes.fromhex("fffb9064")) -> (417, 1152, 44100)
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, bitrate, step = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or step == 3 or bitrate in (0, 15):
        return None
    rate = (44100, 48000, 32000)[step] * RATES[version] // 44100
    samples = 1152 if version == 3 else 576
    speed = BITRATES[1 if version == 3 else 2][bitrate] * 1000
    return samples // 8 * speed // rate + (head[2] >> 1 & 1), samples, rate


LENGTH_READERS: dict[str, Callable[[Source], Length]] = {"flac": flac, "mp3": mp3, "ogg": ogg, "wav": wav}
"""The readers of each format of sound."""
