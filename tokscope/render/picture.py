"""`png`, `svg`, `html` of pictures: each as a model sees it, its cells over it, numbered in token order."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, TextIO

from tokscope.errors import MissingExtra
from tokscope.layout import Edges
from tokscope.render.cells import show
from tokscope.render.markup import by_hash, html_head
from tokscope.report.picture import PictureReport, View
from tokscope.report.table import Column
from tokscope.text.visible import visible

if TYPE_CHECKING:
    from PIL import ImageFont
    from PIL.Image import Image

MIN_WIDTH, MAX_WIDTH = 720, 1600
"""How wide a drawing is: at least this, or as wide as its cells need to hold their numbers, up to that."""

CAPTION = 56
"""How high the two lines over a drawing are."""

Rgb = tuple[int, int, int]
"""Red, green and blue, each from 0 to 255."""

WHITE, BEYOND = (255, 255, 255), (60, 60, 62)
"""BEYOND is where cells reach over the picture's edge."""

_PAPER, _INK = (253, 253, 252), (27, 27, 31)

_TOKENS = Column("tokens", "int")


def headings(view: View) -> Iterator[str]:
    """Say in two lines whose view it is, and what the model does.

    Example: ["gpt-4o  photo.png  765 tokens", "1,024 x 1,024 -> 768 x 768 px; 2 x 2 cells of ..."]
    """
    tokens = show(_TOKENS, view.tokens, grouped=True)
    yield f"{visible(view.tokenizer)}  {visible(view.path)}  {tokens} token{'' if view.tokens == 1 else 's'}"
    yield f"{view.resize}; {view.cells}"


def png(report: PictureReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the views as one PNG, two beside each other. Raises MissingExtra without Pillow.

    Example: png(PictureReport([view]), stream, color=False, width=None)
    """
    image = _sheet([draw_view(report, view, caption=True) for view in report.views])
    stream.flush()
    image.save(stream.buffer, "PNG", optimize=True)


def svg(report: PictureReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the views as one SVG, one under the other; the picture in it is data, and fetches nothing.

    Example: svg(PictureReport([view]), stream, color=False, width=None)
    """
    parts, top, widest = [], 0.0, 0.0
    for view in report.views:
        across, down, inner = _vector(report, view)
        parts.append(f'<g transform="translate(0 {top:g})">\n{inner}</g>\n')
        top, widest = top + down + 24, max(widest, across)
    stream.write(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {widest:g} {max(top - 24, 1):g}" '
        f'width="{widest:g}" font-family="system-ui, sans-serif">\n'
        f'<rect width="100%" height="100%" fill="#fdfdfc"/>\n'
    )
    stream.writelines(parts)
    stream.write("</svg>\n")


_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 100rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
main { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 34rem), 1fr)); }
svg { width: 100%; height: auto; }
rect.cell { fill: transparent; }
rect.cell:hover { fill: #ffd54f99; }
figure { margin: 0; } figcaption { overflow-wrap: anywhere; } small { opacity: .75; }
"""


def html(report: PictureReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the views as one page without scripts; the pointer over a cell shows its place in the picture.

    Example: html(PictureReport([view]), stream, color=False, width=None)
    """
    style = by_hash(_STYLE)
    policy = f"default-src 'none'; img-src data:; style-src {style}; base-uri 'none'; form-action 'none'"
    title = escape(visible(" ".join(dict.fromkeys(view.path for view in report.views))))
    stream.write(html_head(title, _STYLE, policy) + f"<h1>{title}</h1>\n<main>\n")
    for view in report.views:
        across, down, inner = _vector(report, view, captioned=False)
        first, second = (escape(line) for line in headings(view))
        notes = escape(visible("; ".join(filter(None, (view.rule, view.as_of, view.note)))))
        stream.write(
            f"<figure><figcaption><b>{first}</b><br>{second}<br><small>{notes}</small></figcaption>\n"
            f'<svg viewBox="0 0 {across:g} {down:g}" role="img" aria-label="{first}">\n'
            f"{inner}</svg></figure>\n"
        )
    stream.writelines(f"<p>{escape(visible(note))}</p>\n" for note in report.notes)
    stream.write("</main>\n")


def draw_view(report: PictureReport, view: View, *, caption: bool = False) -> Image:
    """Draw one view with Pillow. Raises MissingExtra without it.

    Example: draw_view(PictureReport([view]), view).size -> (768, 768)
    """
    try:
        from PIL import Image, ImageDraw
    except ImportError as error:
        raise MissingExtra("to draw a picture", "media") from error

    scale, across, down = _scaled(view)
    layout, pixels = view.layout, view.pixels
    assert pixels is not None
    top = CAPTION if caption else 0
    sheet = Image.new("RGB", (across, down + top), _PAPER)
    sheet.paste(BEYOND, (0, top, across, top + down))  # where cells reach beyond the picture
    shown = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb)
    size = max(round(layout.width * scale), 1), max(round(layout.height * scale), 1)
    sheet.paste(shown.resize(size, Image.Resampling.BICUBIC), (0, top))
    pen = ImageDraw.Draw(sheet, "RGBA")
    for number, line in enumerate(headings(view) if caption else ()):
        pen.text((2, 4 + 25 * number), line.replace("≈", "~"), _INK, _font(16 if number else 20))
    for index, (left, upper, right, lower) in enumerate(_cell_boxes(view, scale)):
        pen.rectangle([left, upper + top, right, lower + top], outline=(*WHITE, 170))
        label = report.label(view, index)
        if letters := _letter_size(label, right - left, lower - upper):
            middle, font = ((left + right) / 2, (upper + lower) / 2 + top), _font(letters)
            pen.text(
                *(middle, label, WHITE, font, "mm"), stroke_width=letters / 14, stroke_fill=(0, 0, 0, 130)
            )
    return sheet


def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)  # which Pillow brings along: the same on every machine


def _scaled(view: View) -> tuple[float, int, int]:
    """Choose how much a view is enlarged for its numbers to be legible, and how large it is then."""
    wide, high = view.extent
    needed = min(max(view.layout.columns * 26, MIN_WIDTH), MAX_WIDTH)
    scale = min(needed / wide, MAX_WIDTH / high)
    return scale, max(round(wide * scale), 1), max(round(high * scale), 1)


def _cell_boxes(view: View, scale: float) -> Iterator[Edges]:
    """Give the cells in pixels of the drawing, and cut off at its edges."""
    wide, high = (side * scale for side in view.extent)
    for left, top, right, bottom in view.layout.boxes():
        yield Edges(left * scale, top * scale, min(right * scale, wide), min(bottom * scale, high))


def _letter_size(label: str, across: float, down: float) -> float:
    """Say how large the letters of a label can be in a cell; 0 where nobody could read them."""
    size = min(across / (0.62 * len(label) + 0.5), down * 0.55, 22)
    return size if size >= 6 else 0


def _sheet(images: Sequence[Image]) -> Image:
    """Put drawings side by side, two in a row."""
    from PIL import Image

    rows = [images[first : first + 2] for first in range(0, len(images), 2)]
    gap = 24
    widths = [sum(one.width for one in row) + gap * (len(row) - 1) for row in rows]
    heights = [max(one.height for one in row) for row in rows]
    size = max(widths, default=1) + 2 * gap, sum(heights) + gap * (len(rows) + 1)
    sheet = Image.new("RGB", size, _PAPER)
    top = gap
    for row, height in zip(rows, heights, strict=True):
        left = gap
        for one in row:
            sheet.paste(one, (left, top))
            left += one.width + gap
        top += height + gap
    return sheet


def _vector(report: PictureReport, view: View, captioned: bool = True) -> tuple[float, float, str]:
    """Draw one view in SVG: its width, its height, and what is in it."""
    scale, across, down = _scaled(view)
    top = CAPTION if captioned else 0
    parts = []
    if captioned:
        first, second = (escape(line) for line in headings(view))
        parts.append(
            f'<text x="2" y="22" font-size="18" font-weight="600">{first}</text>\n'
            f'<text x="2" y="44" font-size="14">{second}</text>\n'
        )
    layout = view.layout
    parts.append(
        f'<rect y="{top}" width="{across}" height="{down}" fill="#3c3c3e"/>\n'
        f'<image y="{top}" width="{layout.width * scale:.2f}" height="{layout.height * scale:.2f}" '
        f'preserveAspectRatio="none" href="{_data_url(view)}"/>\n'
        '<g fill="none" stroke="#fff" stroke-opacity=".8" text-anchor="middle">\n'
    )
    parts += _cells(report, view, scale, top)
    return across, down + top, "".join(parts) + "</g>\n"


def _cells(report: PictureReport, view: View, scale: float, top: int) -> Iterator[str]:
    """Draw the cells: an edge, a number, and the place in the original under the pointer."""
    originals = view.layout.onto(view.width, view.height)
    for index, (box, place) in enumerate(zip(_cell_boxes(view, scale), originals, strict=True)):
        left, upper, right, lower = box
        label = report.label(view, index)
        where = "{:.0f}, {:.0f} to {:.0f}, {:.0f} px".format(*place)
        yield (
            f'<rect class="cell" x="{left:.2f}" y="{upper + top:.2f}" width="{right - left:.2f}" '
            f'height="{lower - upper:.2f}"><title>{escape(f"{index + 1}: {where}")}</title></rect>\n'
        )
        if size := _letter_size(label, right - left, lower - upper):
            yield (
                f'<text x="{(left + right) / 2:.2f}" y="{(upper + lower) / 2 + top + size * 0.35:.2f}" '
                f'font-size="{size:.1f}" fill="#fff" stroke="#000" stroke-width="{size / 8:.2f}" '
                f'stroke-opacity=".6" paint-order="stroke" pointer-events="none">{escape(label)}</text>\n'
            )


def _data_url(view: View) -> str:
    """Write the pixels as a data URL: a JPEG, or a PNG where that is smaller."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtra("to draw a picture", "media") from error

    assert view.pixels is not None
    image = Image.frombytes("RGB", (view.pixels.width, view.pixels.height), view.pixels.rgb)
    found = []
    for kind in ("PNG", "JPEG"):
        file = io.BytesIO()
        image.save(file, kind, optimize=True, **({"quality": 88} if kind == "JPEG" else {}))
        found.append((len(file.getvalue()), kind.lower(), file.getvalue()))
    _, kind, data = min(found)
    return f"data:image/{kind};base64,{b64encode(data).decode()}"
