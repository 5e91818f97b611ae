"""One small whole file of every format that is read, by name, for what is true of all of them."""

from __future__ import annotations

import io
import struct
from functools import cache

import numpy as np
import soundfile

from tests.support.media_files import element, heic, matroska, movie, numbers, pdf, picture, track


def sound(format: str, subtype: str, rate: int = 16000, seconds: float = 1.0) -> bytes:
    """Write a tone with libsndfile."""
    file = io.BytesIO()
    tone = np.sin(np.arange(round(rate * seconds)) * 2 * np.pi * 440 / rate) * 0.3
    soundfile.write(file, tone.astype("float32"), rate, format=format, subtype=subtype)
    return file.getvalue()


FILM = track(b"vide", ticks=12800, length=12800 * 4, frames=100, size=(320, 176))
HEARD = track(b"soun", ticks=44100, length=44100 * 4 + 1024, frames=174, number=2, edit=(4000, 1024))


def block(number: int, since: int) -> bytes:
    """Write a Matroska block of a track, so many milliseconds after its cluster began."""
    return element(0xA3, numbers(0x80 | number, size=1) + numbers(since, size=2) + b"\x80" + bytes(16))


def entry(number: int, kind: int, each: int = 0, size: tuple[int, int] = (0, 0)) -> bytes:
    """Write a Matroska track; `each` is how many nanoseconds a frame lasts."""
    fields = (
        element(0xD7, numbers(number)) + element(0x73C5, numbers(100 + number)) + element(0x83, numbers(kind))
    )
    fields += element(0x23E383, numbers(each)) if each else b""
    return fields + (
        element(0xE0, element(0xB0, numbers(size[0])) + element(0xBA, numbers(size[1]))) if any(size) else b""
    )


@cache
def samples() -> dict[str, bytes]:
    """Make one file of each format."""
    film = [entry(1, 1, 40_000_000, (320, 176)), entry(2, 2)]
    return {
        **{name: picture(60, 40, name) for name in ("png", "jpeg", "gif", "webp", "bmp", "tiff", "avif")},
        "heic": heic(64, 48, (61, 47)),
        "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"/>',
        "wav": sound("WAV", "PCM_16"),
        "flac": sound("FLAC", "PCM_16"),
        "ogg": sound("OGG", "VORBIS"),
        "opus": sound("OGG", "OPUS"),
        "mp3": sound("MP3", "MPEG_LAYER_III"),
        "mp4": movie(FILM, HEARD),
        "m4a": movie(HEARD, brand=b"M4A "),
        "webm": matroska(film, duration=4000, clusters=[element(0xE7, numbers(0)) + block(1, 0)]),
        "mka": matroska([entry(1, 2)], duration=4000),
        "pdf": pdf(("/MediaBox [0 0 595 842]", "Hello")),
        "dib": struct.pack("<2sIHHIIHHHH", b"BM", 38, 0, 0, 26, 12, 60, 40, 1, 24) + bytes(12),
    }
