"""The pixels of a picture, by Pillow: for what draws one or learns from one; counting does without."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

from tokscope.errors import InputError, MissingExtra
from tokscope.layout import Layout
from tokscope.media.kinds import format_of
from tokscope.media.sizes import SIZES
from tokscope.media.source import Source
from tokscope.report.picture import Pixels

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 64_000_000
"""Pixels of the largest picture that is decoded: 192 MB in memory."""

DRAWING_SIDE = 1600
"""How many pixels a drawing's longer side has at most; numbers on it can be read, and it fits in a page."""

_GROUND = (232, 232, 230)
"""What stands where a model sees padding."""

_DECODED = ("png", "jpeg", "gif", "webp", "bmp", "tiff", "avif")


def decode_picture(source: Source) -> Pixels:
    """Decode a picture as it is shown: turned as EXIF says, its first frame, on white where it is clear.

    Example: decode_picture(source).rgb[:3] -> the bytes of the pixel in the top left corner

    Raises InputError for what is damaged, too large or of a format that is only counted, and MissingExtra
    without Pillow.
    """
    image = _open_picture(source)
    return Pixels(image.width, image.height, image.tobytes())


def model_view(source: Source, layout: Layout) -> Pixels:
    """Decode a picture, and do to it what the model does: its resize, its crop or its padding.

    Example: model_view(source, layout).width -> 768

    A frame of more than DRAWING_SIDE pixels a side comes shrunk. Raises as decode_picture() does.
    """
    image = _open_picture(source)
    from PIL import Image

    scale = min(1, DRAWING_SIDE / max(layout.width, layout.height))
    frame = tuple(max(round(side * scale), 1) for side in (layout.width, layout.height))
    place = [round(edge * scale) for edge in layout.placed(image.width, image.height)]
    size = max(place[2] - place[0], 1), max(place[3] - place[1], 1)
    shown = Image.new("RGB", (frame[0], frame[1]), _GROUND)
    shown.paste(image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3), (place[0], place[1]))
    return Pixels(shown.width, shown.height, shown.tobytes())


def encode_png(picture: Pixels) -> bytes:
    """Write a picture as a PNG. Raises MissingExtra without Pillow.

    Example: encode_png(Pixels(1, 1, bytes(3)))[:4] -> b"\\x89PNG"
    """
    return encode_picture(picture, "PNG", optimize=True)


def encode_picture(picture: Pixels, format: str, **options: Any) -> bytes:
    """Write a picture in a format of Pillow's. Raises MissingExtra without it.

    Example: len(encode_picture(picture, "JPEG", quality=75)) -> 48211
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtra("to write a picture", "media") from error

    file = io.BytesIO()
    image = Image.frombytes("RGB", (picture.width, picture.height), picture.rgb)
    image.save(file, format, **options)
    return file.getvalue()


def _open_picture(source: Source) -> Image.Image:
    """Decode a picture by its content, never by its name."""
    name = format_of(source)
    if name not in SIZES:
        raise source.error("not a picture that can be drawn")
    if name not in _DECODED:
        raise source.error(f"{name.upper()} is counted and not drawn: convert it to PNG")
    width, height = SIZES[name](source)
    if width * height > MAX_PIXELS:
        raise source.error(f"{width:,} x {height:,} pixels are counted and not drawn; at most {MAX_PIXELS:,}")
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise MissingExtra("to draw a picture", "media") from error

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # MAX_PIXELS is our limit, and Pillow's warning a lower one
            source.file.seek(0)
            with Image.open(source.file, formats=[name.upper()]) as image:
                if image.width * image.height > MAX_PIXELS:  # another reading of the same header
                    raise source.error(f"{image.width:,} x {image.height:,} pixels are not drawn")
                image.load()
                ImageOps.exif_transpose(image, in_place=True)
                return _on_white(image)
    except InputError:
        raise
    # What Pillow's decoders raise for damaged files is of many types, those of zlib and struct included.
    except Exception as error:
        raise source.error("damaged: Pillow cannot decode it") from error


def _on_white(image: Image.Image) -> Image.Image:
    """Make a picture of any mode an RGB one."""
    from PIL import Image

    if image.mode.startswith("I"):  # 16 bits, which convert() would clip
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")
