"""Seconds of sound and video, against what libsndfile decodes, and from containers written here."""

from __future__ import annotations

import io
import struct
import wave
from fractions import Fraction

import pytest
import soundfile

from tests.support.media_files import box, element, full, matroska, movie, numbers, track
from tests.support.media_samples import FILM, HEARD, block, entry, samples, sound
from tokscope.errors import InputError
from tokscope.media.medium import Medium, read_medium
from tokscope.media.source import Source


def medium(data: bytes) -> Medium:
    return read_medium(Source.of_bytes(data, "x"))


FORMATS = [
    *(
        ("WAV", subtype)
        for subtype in ("PCM_U8", "PCM_16", "PCM_24", "FLOAT", "DOUBLE", "ULAW", "ALAW", "IMA_ADPCM")
    ),
    *(("WAVEX", "PCM_16"), ("RF64", "PCM_16"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24")),
    *(("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")),
]


@pytest.mark.parametrize(("format", "subtype"), FORMATS)
@pytest.mark.parametrize(("rate", "seconds"), [(8000, 0.3), (16000, 1.7), (44100, 1.0), (48000, 0.55)])
def test_as_libsndfile_decodes_them(format: str, subtype: str, rate: int, seconds: float) -> None:
    if subtype == "OPUS" and rate == 44100:
        rate = 24000  # Opus has no such rate
    data = sound(format, subtype, rate, seconds)
    decoded = soundfile.info(io.BytesIO(data))
    assert medium(data).seconds == Fraction(decoded.frames, decoded.samplerate)


def test_mp3_is_stored_with_its_padding() -> None:
    found = medium(sound("MP3", "MPEG_LAYER_III", 44100, 3.196))
    assert found.seconds == Fraction(round(44100 * 3.196), 44100)
    assert found.stored > found.seconds
    assert (found.stored * 44100) % 1152 == 0


FRAME = bytes.fromhex("fffb9064") + bytes(413)  # MPEG 1, layer III, 128 kbit/s, 44.1 kHz: 417 bytes


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(FRAME * 50, id="no header"),
        pytest.param(b"ID3\x04\0\0\0\0\2\1" + bytes(257) + FRAME * 50, id="ID3"),
        pytest.param(b"ID3\x04\0\0\0\0\0\0" + bytes(300) + FRAME * 50, id="zeros behind ID3"),
        pytest.param(FRAME * 50 + b"TAG" + bytes(125), id="ID3 behind"),
        pytest.param(
            FRAME[:36] + b"VBRI" + bytes(6) + numbers(417 * 51, 50) + FRAME[54:] + FRAME * 50, id="VBRI"
        ),
        pytest.param(FRAME[:36] + b"Xing" + numbers(1, 50) + FRAME[48:] + FRAME * 50, id="Xing without LAME"),
    ],
)
def test_mp3_without_its_encoders_note(data: bytes) -> None:
    assert medium(data).seconds == Fraction(50 * 1152, 44100)


def waves(seconds: float, held: float, *, size: int | None = None, code: int = 1) -> bytes:
    """Write a WAV that promises so many seconds and holds others, 8,000 samples a second."""
    promised = int(seconds * 16000) if size is None else size
    format = struct.pack("<HHIIHH", code, 1, 8000, 16000, 2, 16)
    head = (
        b"WAVEfmt "
        + struct.pack("<I", 16)
        + format
        + b"LIST\x03\0\0\0abc\0"
        + b"data"
        + struct.pack("<I", promised)
    )
    return b"RIFF" + struct.pack("<I", 0xFFFFFFFF & len(head) + promised) + head + bytes(int(held * 16000))


def test_wav_as_the_standard_library_writes_it() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(3)
        writer.setframerate(22050)
        writer.writeframes(bytes(6 * 22051))
    assert medium(file.getvalue()).seconds == Fraction(22051, 22050)
    assert medium(waves(2, 2)).seconds == 2
    assert medium(waves(2, 2.5)).seconds == 2  # what follows may be anything
    assert medium(waves(0, 2.5, size=0xFFFFFFFF)).seconds == Fraction(5, 2)  # still being recorded


PROMISES = [
    (waves(3 * 3600, 0), r"promises 10,800.0 s of sound; the file holds 0.0 s"),
    (waves(2, 1.5), r"promises 2.0 s of sound; the file holds 1.5 s"),
    (waves(2, 1.5, code=2), r"promises 2.0 s of sound; the file holds 1.5 s"),
    (waves(0, 0), r"no sound or picture: 0 seconds"),
    (waves(1, 1)[:40], r"a WAV without data"),
    (FRAME * 3 + FRAME[:100], r"cut short"),
    (FRAME * 3 + b"something else" + FRAME, r"no MP3 frame at byte 1251"),
    (FRAME[:36] + b"Xing" + numbers(3, 5000, 417 * 5000) + FRAME[52:] + FRAME * 9, r"cut short"),
    (samples()["ogg"][: len(samples()["ogg"]) - 1], r"cut short"),
    (samples()["flac"][:4000], r"promises 1.0 s of sound; the file holds 0\.\d s"),
    (movie(HEARD)[:-10], r"cut short"),
    (box(b"ftyp", b"isom") + box(b"mdat", bytes(99)), r"no moov box"),
    (movie(track(b"vide", ticks=0, length=0, frames=5, size=(8, 8))), r"0 seconds"),
    (matroska([entry(1, 1)], duration=5)[:-1], r"cut short"),
]


@pytest.mark.parametrize(("data", "said"), PROMISES, ids=[said for _, said in PROMISES])
def test_more_is_promised_than_held(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        medium(data)


def test_mp4() -> None:
    found = medium(movie(FILM, HEARD))
    assert (found.kind, found.width, found.height) == ("video", 320, 176)
    assert (found.frames, found.seconds, found.sound) == (100, 4, 4)


def test_a_film_held_upright() -> None:
    upright = track(b"vide", ticks=10, length=40, frames=40, size=(320, 176), turned=True)
    found = medium(movie(upright))
    assert (found.width, found.height, found.sound) == (176, 320, 0)


@pytest.mark.parametrize(
    ("edit", "seconds"),
    [
        (None, Fraction(1024 + 44100, 44100)),
        ((1000, 1024), Fraction(1)),
        ((1001, 1024), Fraction(1)),  # rounded up to the movie's clock
        ((500, 1024), Fraction(1, 2)),  # cut at the end too
        ((0, 1024), Fraction(1)),  # in fragments: no length yet
    ],
)
@pytest.mark.parametrize("version", [0, 1])
def test_edit_lists_cut_what_the_encoder_put_in_front(
    edit: tuple[int, int] | None, seconds: Fraction, version: int
) -> None:
    heard = track(b"soun", ticks=44100, length=44100 + 1024, frames=44, edit=edit, version=version)
    assert medium(movie(heard, brand=b"M4A ")).seconds == seconds


def test_apples_note_of_the_length() -> None:
    note = b" 00000000 00000840 000001CA 0000000000010000 00000000 00000000"
    item = box(b"----", full(b"mean"), full(b"name", b"iTunSMPB"), full(b"data", numbers(1), note))
    notes = box(b"udta", full(b"meta", box(b"ilst", item)))
    heard = track(b"soun", ticks=44100, length=0x10000 + 0x840 + 0x1CA, frames=67)
    assert medium(movie(heard, brand=b"M4A ", more=notes)).seconds == Fraction(0x10000, 44100)


def test_a_movie_in_fragments() -> None:
    empty = track(b"vide", ticks=1000, length=0, frames=0, size=(64, 48))
    extends = box(b"mvex", full(b"trex", numbers(1, 1, 40, 0, 0)))

    def fragment(run: bytes, head: bytes = numbers(1), flags: int = 0) -> bytes:
        return box(b"moof", box(b"traf", full(b"tfhd", head, flags=flags), run)) + box(b"mdat", bytes(9))

    pieces = (
        fragment(full(b"trun", numbers(25))),  # the default: 40 ms each
        fragment(full(b"trun", numbers(25)), numbers(1, 20), 0x8),  # this fragment's own: 20 ms
        fragment(full(b"trun", numbers(2, 0, 100, 7, 200, 8), flags=0x301)),  # each frame's own
    )
    found = medium(movie(empty, more=extends) + b"".join(pieces))
    assert (found.frames, found.seconds) == (52, Fraction(1800, 1000))
    with pytest.raises(InputError, match="a run of 9,999 frames in a box that holds fewer"):
        medium(movie(empty, more=extends) + fragment(full(b"trun", numbers(9999), flags=0x100)))


TWO = [entry(1, 1, 40_000_000, (320, 176)), entry(2, 2)]


def tag(uid: int, **values: str) -> bytes:
    named = (
        element(0x67C8, element(0x45A3, n.encode()) + element(0x4487, v.encode())) for n, v in values.items()
    )
    return element(
        0x1254C367, element(0x7373, element(0x63C0, element(0x63C5, numbers(uid))) + b"".join(named))
    )


def test_matroska() -> None:
    found = medium(matroska(TWO, duration=2423))
    assert (found.kind, found.width, found.height, found.frames) == ("video", 320, 176, 61)
    assert found.seconds == found.sound == Fraction(2423, 1000)
    told = medium(matroska(TWO, duration=2423, tags=tag(101, DURATION="00:00:02.400000000")))
    assert (told.seconds, told.sound, told.frames) == (Fraction(12, 5), Fraction(2423, 1000), 60)
    counted = medium(matroska(TWO, duration=2423, tags=tag(101, NUMBER_OF_FRAMES="59")))
    assert counted.frames == 59


@pytest.mark.parametrize("live", [False, True])
def test_matroska_counted_block_by_block(live: bool) -> None:
    clusters = [
        element(0xE7, numbers(start)) + b"".join(block(1, since) for since in (0, 80, 40, 120)) + block(2, -5)
        for start in (0, 160)
    ]
    found = medium(matroska([entry(1, 1, 0, (320, 176)), entry(2, 2)], clusters=clusters, live=live))
    assert (found.frames, found.seconds) == (8, Fraction(320, 1000))
    assert medium(matroska(TWO, clusters=clusters, live=live)).seconds == Fraction(320, 1000)


def page(body: bytes, position: int = 0, serial: int = 7) -> bytes:
    """Write a page of Ogg."""
    sizes = bytes([255] * (len(body) // 255) + [len(body) % 255])
    head = b"OggS\0\2" + struct.pack("<QIIIB", position, serial, 0, 0, len(sizes))
    return head + sizes + body


@pytest.mark.parametrize(
    ("start", "seconds"),
    [
        (b"Speex   " + bytes(28) + struct.pack("<I", 16000) + bytes(40), Fraction(48000, 16000)),
        (
            b"\x7fFLAC\1\0\0\1fLaC" + bytes(14) + (44100 << 44 | 99).to_bytes(8, "big") + bytes(32),
            Fraction(48000, 44100),
        ),
        (b"OpusHead\1\1" + struct.pack("<HI", 312, 44100), Fraction(48000 - 312, 48000)),
    ],
    ids=["Speex", "FLAC", "Opus"],
)
def test_ogg_of_other_codecs(start: bytes, seconds: Fraction) -> None:
    rest = page(bytes(60_000), 24_000) + page(bytes(60_000), 48_000) + page(b"other", 9, serial=8)
    assert medium(page(start) + rest).seconds == seconds


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (page(b"\x80theora" + bytes(40)), "not Vorbis, Opus, FLAC or Speex"),
        (page(b"Speex   " + bytes(60)), "a rate of 0"),
        (page(b"OpusHead\1\1" + bytes(9), 2**64 - 1), "without a position"),
        (b"fLaC\0\0\0\x22" + bytes(34), "a FLAC without its first block"),
        (
            b"fLaC\x80\0\0\x22" + bytes(10) + (44100 << 44).to_bytes(8, "big") + bytes(16),
            "does not say how long",
        ),
        (waves(1, 1).replace(b"fmt ", b"fmx "), "a WAV without a format"),
        (b"ID3\x04\0\0\0\0\0\0" + bytes(99), "an MP3 without a frame"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_damaged_sounds(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        medium(data)


@pytest.mark.slow
def test_headers_that_do_not_end() -> None:
    chunks = b"RIFF\xff\xff\xff\xffWAVE" + b"junk\0\0\0\0" * 3_000_000
    with pytest.raises(InputError, match="its headers do not end"):
        medium(chunks)
