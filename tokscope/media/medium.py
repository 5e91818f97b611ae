"""Medium: what the headers of a picture, a sound, a video or a PDF say; nothing is decoded."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from tokscope.media import boxes, matroska
from tokscope.media.boxes import Track
from tokscope.media.kinds import KIND_OF_FORMAT, MediumKind, format_of, kind_of_tracks
from tokscope.media.pdf import PageSize, page_sizes
from tokscope.media.sizes import SIZES
from tokscope.media.sound import LENGTH_READERS
from tokscope.media.source import Source


class Medium(NamedTuple):
    """A picture, sound, video or PDF, as far as a model's rules ask for it.

    Example: read_medium(Source(file, "photo.jpg")) -> Medium("picture", "jpeg", 81920, width=768,
    height=1024)

    `width` and `height` are pixels as shown; `seconds` exact, of the pictures of a video; `stored` seconds of
    a sound with the padding of its encoder; `sound` the seconds of a video's sound track, 0 without one;
    `frames` of a video; `pages` of a PDF; `size` the file's bytes. What a kind does not have is 0 or empty.
    One may be made by hand, where only the measures are known.
    """

    kind: MediumKind
    format: str
    size: int = 0
    width: int = 0
    height: int = 0
    seconds: Fraction = Fraction(0)
    stored: Fraction = Fraction(0)
    sound: Fraction = Fraction(0)
    frames: int = 0
    pages: tuple[PageSize, ...] = ()


def read_medium(source: Source) -> Medium:
    """Read what a file's headers say. Raises InputError for a text, and for what cannot be read.

    Example: read_medium(Source(file, "talk.mp3")).seconds -> Fraction(96, 25)
    """
    name = format_of(source)
    if name == "text":
        raise source.error("not a picture, sound, video or PDF" if source.size else "an empty file")
    if name in SIZES:
        width, height = SIZES[name](source)
        if not (width and height):
            raise source.error(f"damaged: a picture of {width} x {height} pixels")
        return Medium("picture", name, source.size, width, height)
    if name in LENGTH_READERS:
        heard, stored = LENGTH_READERS[name](source)
        return Medium("sound", name, source.size, seconds=_check_length(source, heard), stored=stored)
    if name == "pdf":
        return Medium("pdf", name, source.size, pages=page_sizes(source))
    if name == "boxes":
        return _moving(source, "mp4", boxes.tracks(source))
    if name == "matroska":
        return _moving(source, name, matroska.tracks(source))
    instead = {"picture": "PNG", "sound": "WAV or MP3", "video": "MP4"}[KIND_OF_FORMAT[name]]
    raise source.error(f"{name.upper()} is not read: convert it to {instead}")


def _moving(source: Source, name: str, tracks: list[Track]) -> Medium:
    """Make a video or, without a track of pictures, a sound of what a container holds: its first tracks."""
    sound = max((track.seconds for track in tracks if track.handler == b"soun"), default=Fraction(0))
    if kind_of_tracks(tracks) == "sound":
        return Medium(
            "sound", "m4a" if name == "mp4" else name, source.size, seconds=_check_length(source, sound)
        )
    film = next(track for track in tracks if track.handler == b"vide" and track.width)
    return Medium(
        "video",
        name,
        source.size,
        film.width,
        film.height,
        seconds=_check_length(source, film.seconds),
        sound=sound,
        frames=film.frames,
    )


def _check_length(source: Source, seconds: Fraction) -> Fraction:
    """Refuse a recording of no length."""
    if seconds <= 0:
        raise source.error("it holds no sound or picture: 0 seconds")
    return seconds
