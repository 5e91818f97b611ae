"""Makes samples/media, by arithmetic alone: a picture, a sound, a clip and a PDF, all of our own.

    python -m tests.support.sample_media

The clip is Motion JPEG in MP4, so that no encoder is needed; every player shows it.
"""

from __future__ import annotations

import io
import math
import struct
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support import SAMPLES
from tests.support.media_files import box, full, numbers, pdf

FOLDER = SAMPLES / "media"


def lake(width: int, height: int, sail: float = 0.30) -> Image.Image:
    """Draw a lake at dusk, with a boat whose mast is at `sail` of its width."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    u, v = x / width, y / height
    part = np.clip(v / 0.55, 0, 1)[..., None]
    image = np.array([38, 48, 92.0]) * (1 - part) + np.array([250, 164, 96.0]) * part
    apart = ((u - 0.68) * 1.5) ** 2 + (v - 0.40) ** 2
    image += np.exp(-apart / 0.03)[..., None] * np.array([70, 50, 10.0])
    sun = np.exp(-apart / 0.0012)[..., None]
    image = image * (1 - sun) + sun * np.array([255, 243, 200.0])
    ridges = ((0.42, 0.10, (120, 92, 120), 3), (0.48, 0.08, (82, 66, 104), 5), (0.54, 0.05, (44, 42, 74), 8))
    for base, high, color, seed in ridges:
        random, line = np.random.default_rng(seed), np.zeros(width)
        for wave_ in range(1, 9):
            turn = 2 * np.pi * wave_ * np.arange(width) / width * 1.3 + random.uniform(0, 7)
            line += random.normal() * np.sin(turn) / wave_
        below = v > (base + high * line / abs(line).max())[None, :]
        image = np.where(below[..., None], np.array(color, float) * (1 - 0.12 * (v[..., None] - base)), image)
    mirrored = np.clip((1.2 - v) * height, 0, height - 1).astype(int)
    waves = (6 * np.sin(v * 260 + np.sin(u * 9) * 2) * (v - 0.55)).astype(int)
    water = image[mirrored, np.clip(x.astype(int) + waves, 0, width - 1)] * np.array([0.62, 0.70, 0.86])
    image = np.where((v > 0.60)[..., None], water + np.array([6, 10, 22.0]), image)
    image[(v > 0.735) & (v < 0.765) & (abs(u - sail) < 0.075 - (v - 0.735) * 1.2)] = (92, 46, 34)
    image[(v > 0.56) & (v < 0.73) & (u > sail) & (u < sail + (v - 0.56) * 0.42)] = (240, 232, 214)
    image[(v > 0.545) & (v < 0.74) & (abs(u - sail) < 0.0025)] = (60, 40, 30)
    return Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))


def jpeg(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, optimize=True)
    return file.getvalue()


def bell(rate: int = 8000, seconds: int = 2) -> bytes:
    """Write a bell, whose partials fade, as a WAV of eight bits."""
    time = np.arange(rate * seconds) / rate
    tone = sum(
        strength * np.sin(2 * math.pi * 440 * ratio * time) * np.exp(-time * fade)
        for ratio, strength, fade in ((0.5, 0.3, 1), (1, 0.4, 2), (2.4, 0.2, 4), (3.0, 0.1, 6))
    )
    file = io.BytesIO()
    with wave.open(file, "wb") as whole:
        whole.setnchannels(1)
        whole.setsampwidth(1)
        whole.setframerate(rate)
        whole.writeframes((128 + 100 * tone).astype(np.uint8).tobytes())
    return file.getvalue()


def clip(frames: Sequence[bytes], width: int, height: int, fps: int) -> bytes:
    """Write JPEGs as the frames of an MP4 without sound."""
    head = box(b"ftyp", b"isom", numbers(512), b"isommp41")
    film = box(b"mdat", *frames)
    places, at = [], len(head) + 8
    for frame in frames:
        places.append(at)
        at += len(frame)
    matrix = numbers(1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    name = b"\x0cMotion JPEG".ljust(32, b"\0")
    entry = box(
        b"jpeg",
        bytes(6) + numbers(1, size=2) + bytes(16) + numbers(width, height, size=2),
        numbers(72 << 16, 72 << 16, 0) + numbers(1, size=2) + name + numbers(24, 0xFFFF, size=2),
    )
    many = len(frames)
    table = box(
        b"stbl",
        full(b"stsd", numbers(1), entry),
        full(b"stts", numbers(1, many, 1)),
        full(b"stsc", numbers(1, 1, 1, 1)),
        full(b"stsz", numbers(0, many, *map(len, frames))),
        full(b"stco", numbers(many, *places)),
    )
    data = box(b"dinf", full(b"dref", numbers(1), full(b"url ", flags=1)))
    media = box(
        b"mdia",
        full(b"mdhd", numbers(0, 0, fps, many), struct.pack(">HH", 0x55C4, 0)),
        full(b"hdlr", numbers(0), b"vide", bytes(12), b"frames\0"),
        box(b"minf", full(b"vmhd", bytes(8), flags=1), data, table),
    )
    track = box(
        b"trak",
        full(
            b"tkhd",
            numbers(0, 0, 1, 0, many, 0, 0, 0, 0),
            matrix,
            numbers(width << 16, height << 16),
            flags=3,
        ),
        media,
    )
    movie = full(
        b"mvhd",
        numbers(0, 0, fps, many, 1 << 16) + numbers(1 << 8, size=2),
        bytes(10),
        matrix,
        bytes(24),
        numbers(2),
    )
    return head + film + box(b"moov", movie, track)


def made() -> dict[str, bytes]:
    """Give every file by its name."""
    frames = [jpeg(lake(160, 104, 0.2 + 0.05 * number), 60) for number in range(12)]
    return {
        "lake.jpg": jpeg(lake(960, 640), 80),
        "bell.wav": bell(),
        "lake.mp4": clip(frames, 160, 104, fps=4),
        "page.pdf": pdf(("/MediaBox [0 0 595 842]", "A lake at dusk"), ("/MediaBox [0 0 842 595]", "A bell")),
    }


def main() -> None:
    """Write them."""
    FOLDER.mkdir(exist_ok=True)
    for name, data in made().items():
        Path(FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
