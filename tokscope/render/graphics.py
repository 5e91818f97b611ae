"""Pictures in a terminal that can show some: kitty's protocol, and sixel.

kitty: https://sw.kovidgoyal.net/kitty/graphics-protocol/ (a PNG in base64, in chunks of 4,096 bytes)
sixel: DEC STD 070, VT330/VT340 manual, chapter 14 (six rows of pixels at a time, a colour after the other)
"""

from __future__ import annotations

import io
import os
import re
import select
import sys
import time
from base64 import b64encode
from typing import TYPE_CHECKING, Literal, TextIO

from tokscope.render.picture import draw_view
from tokscope.report.picture import PictureReport, View

if TYPE_CHECKING:
    from PIL.Image import Image

Protocol = Literal["kitty", "sixel"]

REPLY_TIMEOUT = 0.3
"""Seconds that a terminal has to answer what it can do."""

GRAPHICS_WIDTH = 900
"""How many pixels wide a drawing is in a terminal, whose own size in pixels nobody says."""

_ASKED = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c"
"""kitty's question, which no other terminal answers, and then one that all answer: what are you?"""


def spoken(stream: TextIO) -> Protocol | None:
    """Ask the terminal which pictures it can show; None where it shows none, says nothing, or is not one.

    Example: spoken(sys.stdout) -> Protocol.KITTY, in kitty
    """
    if not (stream.isatty() and sys.stdin is not None and sys.stdin.isatty()):
        return None
    try:
        import termios
        import tty
    except ImportError:  # Windows
        return None
    descriptor = sys.stdin.fileno()
    try:
        before = termios.tcgetattr(descriptor)
    except termios.error:
        return None
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        stream.write(_ASKED)
        stream.flush()
        answer = _terminal_reply(descriptor)
    except (OSError, termios.error):
        return None
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
    return protocol_of(answer)


def protocol_of(answer: bytes) -> Protocol | None:
    r"""Read what a terminal answered.

    Example: protocol_of(b"\x1b[?62;4;22c") -> "sixel"
    """
    if b"\x1b_Gi=31;OK" in answer:
        return "kitty"
    attributes = re.search(rb"\x1b\[\?([\d;]*)c", answer)
    return "sixel" if attributes and b"4" in attributes[1].split(b";")[1:] else None


def _terminal_reply(descriptor: int) -> bytes:
    """Read until the terminal has said what it is, or has had its time."""
    answer, end = b"", time.monotonic() + REPLY_TIMEOUT
    while not re.search(rb"\x1b\[\?[\d;]*c", answer):
        ready, _, _ = select.select([descriptor], [], [], max(end - time.monotonic(), 0))
        if not ready:
            break
        answer += os.read(descriptor, 1024)
    return answer


def draw_for_terminal(protocol: Protocol, report: PictureReport, view: View) -> str:
    """Draw one view for a terminal that speaks a protocol. Raises MissingExtra without Pillow.

    Example: draw_for_terminal("kitty", report, view)[:3] -> "\\x1b_G"
    """
    image = draw_view(report, view)
    if image.width > GRAPHICS_WIDTH:
        image = image.resize((GRAPHICS_WIDTH, max(image.height * GRAPHICS_WIDTH // image.width, 1)))
    return f"{kitty(image) if protocol == 'kitty' else sixel(image)}\n"


def kitty(image: Image) -> str:
    """Write a picture in kitty's protocol.

    Example: kitty(image)[:9] -> "\\x1b_Ga=T,f="
    """
    file = io.BytesIO()
    image.save(file, "PNG")
    data = b64encode(file.getvalue()).decode()
    chunks = [data[first : first + 4096] for first in range(0, len(data), 4096)]
    return "".join(
        f"\x1b_G{'a=T,f=100,' if not number else ''}m={int(number < len(chunks) - 1)};{chunk}\x1b\\"
        for number, chunk in enumerate(chunks)
    )


def sixel(image: Image) -> str:
    """Write a picture as sixels, in 64 colours.

    Example: sixel(image)[:6] -> '\\x1bPq"1;', and after it width and height, the palette, and bands of six
    rows
    """
    few = image.quantize(64)
    palette, data, width = few.getpalette() or [], few.tobytes(), few.width
    colors = "".join(
        f"#{number};2;" + ";".join(str(round(value / 2.55)) for value in palette[3 * number : 3 * number + 3])
        for number in range(len(palette) // 3)
    )
    bands = []
    for top in range(0, few.height, 6):
        rows = [data[row * width : (row + 1) * width] for row in range(top, min(top + 6, few.height))]
        bands.append("$".join(_band(rows, color) for color in sorted(set(b"".join(rows)))))
    return f'\x1bPq"1;1;{width};{few.height}{colors}{"-".join(bands)}\x1b\\'


def _band(rows: list[bytes], color: int) -> str:
    """Write one colour of six rows: a character for each column, runs of the same one as their length."""
    line = "".join(
        chr(63 + sum((value == color) << bit for bit, value in enumerate(column)))
        for column in zip(*rows, strict=True)
    )
    packed = re.sub(r"(.)\1{3,}", lambda run: f"!{len(run[0])}{run[1]}", line)
    return f"#{color}{packed}"
