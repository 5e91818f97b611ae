"""Pictures, sound, video and PDF within a request: counted by its model's rules, where the bytes are there.

Nothing is fetched: of an address only --size can tell how large its picture is.
"""

from __future__ import annotations

import binascii
import os
import re
from base64 import b64decode
from collections.abc import Iterable
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from tokscope.errors import InputError, TokenizerError
from tokscope.fitting.chat.keys import Enclosed, type_of
from tokscope.fitting.chat.overhead import Part
from tokscope.media.counting import MediaCount
from tokscope.media.joined import count_file, measure_file
from tokscope.media.kinds import format_of
from tokscope.media.medium import Medium
from tokscope.media.rules import DETAILS, Asked
from tokscope.media.source import Source
from tokscope.report.table import AtLeast, Estimate, bounds
from tokscope.tokenizer import Tokenizer

HOLDING = (
    *("image_url", "input_audio", "audio_url", "video_url", "file", "source", "image", "audio", "video"),
    *("data", "bytes", "file_data", "url", "file_url", "fileUri", "file_uri", "path"),
)
"""The keys that lead to what a part holds: first those of the dialects' objects, then those of the text."""

MAX_FILE_NAME = 4096
"""How many characters the name of a file may have."""


class Size(NamedTuple):
    """How large a picture is that is not in the request.

    Example: Size(1024, 768).width -> 1024
    """

    width: int
    height: int


class _NotHere(Exception):
    """The bytes are not in the request; says why."""


def with_media(
    parts: Iterable[Part], tokenizer: Tokenizer, model: str, asked: Asked, size: Size | None
) -> list[Part]:
    """Count what the parts of a request enclose; what cannot be counted stays named, with the reason.

    Example: with_media(parts, load("gpt-4o"), "gpt-4o", Asked(), None)[0].text -> 765 more
    """
    every = list(parts)
    pictures = sum(isinstance(one, Enclosed) for part in every for one in part.uncounted)
    asked = asked._replace(together=max(pictures, 1))
    return [_count_enclosed(part, tokenizer, model, asked, size) for part in every]


def _count_enclosed(part: Part, tokenizer: Tokenizer, model: str, asked: Asked, size: Size | None) -> Part:
    """Move what can be counted from the places of a part into its figures."""
    asked = asked._replace(role="assistant" if part.name.endswith(" assistant") else "user")
    left: list[str] = []
    media: list[MediaCount] = []
    for place in part.uncounted:
        if not isinstance(place, Enclosed):
            left.append(place)
            continue
        try:
            found = _count_one(place, tokenizer, model, asked, size)
        except _NotHere as error:
            left.append(f"{place}: {error}")
        except InputError as error:
            left.append(f"{place}: {error.message}")
        except TokenizerError as error:
            left.append(f"{place}: {error}")
        else:
            if found.tokens is None or found.least:
                left.append(f"{place}: {found.rejected or found.note}")
            if found.tokens is not None:
                media.append(found)
    if not media:
        return part._replace(uncounted=left)
    exact = all(one.exact for one in media)
    text = part.text + sum(_token_figure(one) for one in media)
    overhead = part.overhead + sum(one.framing for one in media)
    supposed = part.supposed or not exact
    return part._replace(text=text, overhead=overhead, uncounted=left, supposed=supposed, media=media)


def _token_figure(count: MediaCount) -> int:
    """Give the tokens of a medium, with its bounds."""
    tokens = count.tokens or 0
    if count.least:
        return AtLeast(tokens if count.low is None else count.low)
    return Estimate(tokens, count.low, count.high) if count.low != count.high else tokens


def _count_one(
    place: Enclosed, tokenizer: Tokenizer, model: str, asked: Asked, size: Size | None
) -> MediaCount:
    """Count one medium. Raises _NotHere, InputError and TokenizerError."""
    detail = _detail(place.value)
    if detail in DETAILS:
        asked = asked._replace(detail=detail)
    held = _medium_text(place.value)
    if held is None:
        raise _NotHere("kept elsewhere")
    with ExitStack() as stack:
        source = _open_medium(held, str(place), stack)
        if source is None:
            if not _pictured(place.value):
                raise _NotHere("not fetched: give it in base64, or the path of a file")
            if size is None:
                raise _NotHere("not fetched: give the size with --size 1024x768")
            medium = Medium("picture", "", width=size.width, height=size.height)
            return count_file(Source.of_bytes(b"", str(place)), medium, tokenizer, asked, model)
        if source.size and format_of(source) == "text":
            if not _is_text_file(place.value, held, there=not isinstance(source.file, BytesIO)):
                raise source.error("not a picture, sound, video or PDF")
            return _count_text_file(source, tokenizer)
        return count_file(source, measure_file(source), tokenizer, asked, model)


TEXT_TYPES = ("text/", "application/json", "application/xml", "application/yaml", "application/toml")
"""How the media types of texts begin."""


def _is_text_file(value: object, held: str, *, there: bool) -> bool:
    """Say whether a part is meant as a file of text: by its media type or, without one, as a file on disk."""
    if isinstance(value, dict) and re.search("image|audio|video", str(value.get("type"))):
        return False
    typed = held[5:] if held.startswith("data:") else _media_type(value)
    return typed.startswith(TEXT_TYPES) if typed else there


def _pictured(value: object) -> bool:
    """Say whether a part is meant as a picture, by its media type or its own: --size is for these alone."""
    if typed := _media_type(value):
        return typed.startswith("image/")
    return isinstance(value, str) or "image" in type_of(value)


def _media_type(value: object, depth: int = 4) -> str:
    """Find the media type that a part names, "" where it names none."""
    if not isinstance(value, dict) or not depth:
        return ""
    for key in ("media_type", "mime_type", "mimeType", "mediaType"):
        if isinstance(found := value.get(key), str):
            return found
    return next(filter(None, (_media_type(one, depth - 1) for one in value.values())), "")


def _count_text_file(source: Source, tokenizer: Tokenizer) -> MediaCount:
    """Count a file of text; what stands around it is not published. Raises InputError for other bytes."""
    try:
        text = source.at(0, source.size).decode()
    except UnicodeDecodeError as error:
        raise source.error("neither UTF-8 nor a picture, sound, video or PDF") from error
    tokens = tokenizer.count(text)
    low, high = bounds(tokens)
    ends = (tokens if low is None else low, tokens if high is None else high)
    note = "a file of text; what the API puts around it is not published"
    return MediaCount("text", 0, 0, 0.0, 0, 0, tokens, *ends, rule="text", note=note)


def _medium_text(value: object, depth: int = 4) -> str | None:
    """Find the text that holds a medium, or says where it is; None where only an id does."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and depth:
        for key in HOLDING:
            if (found := _medium_text(value.get(key), depth - 1)) is not None:
                return found
    return None


def _detail(value: object) -> str:
    """Find how closely a picture is to be looked at, "" where nothing says it."""
    inner = value.get("image_url") if isinstance(value, dict) else None
    for one in (value, inner):
        if isinstance(one, dict) and isinstance(found := one.get("detail"), str):
            return found
    return ""


def _open_medium(held: str, name: str, stack: ExitStack) -> Source | None:
    """Open what is held: a data URL, a file's path, base64; None for an address. Raises InputError."""
    if held.startswith("data:"):
        return Source.of_bytes(_decode_base64(held.partition(",")[2], name), name)
    path = held.removeprefix("file://")
    if "://" in path:
        return None
    if len(path) <= MAX_FILE_NAME and "\0" not in path and os.path.isfile(path):
        return Source(stack.enter_context(Path(path).open("rb")), name)
    return Source.of_bytes(_decode_base64(held, name), name)


def _decode_base64(text: str, name: str) -> bytes:
    """Decode base64, also that of URLs. Raises InputError."""
    try:
        return b64decode("".join(text.split()).replace("-", "+").replace("_", "/") + "==", validate=False)
    except (binascii.Error, ValueError) as error:
        raise InputError(name, "neither base64 nor an existing file") from error
