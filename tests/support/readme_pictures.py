"""Draws the pictures of the README and the manual from what the commands really print.

    python -m tests.support.readme_pictures

Writes samples/*.svg, which `chromium --screenshot` renders to look at, samples/patches.png, and
samples/page.png with Chromium. samples/play.svg is the live screen after some keys. tests/test_pictures.py
says when one is no longer what is printed.
"""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from rich.color import Color
from rich.style import Style
from rich.text import Text

from tests.support import SAMPLES
from tests.support.browser import browser
from tokscope import load
from tokscope.playground.app import Playground
from tokscope.playground.cut_rows import Cuts
from tokscope.render import still

TEXTS = sorted(f"samples/{path.name}" for path in SAMPLES.glob("*.txt"))

PICTURES = {
    "split": [
        *("split", "-x", "Hello 日本語 World! 我爱自然语言处理"),
        *("-t", "gpt-4o,bert-base-chinese,t5,jieba,char,byte"),
    ],
    "compare": ["compare", *TEXTS],
    "trace": ["trace", "-x", "Then, on the ninth of February, the cat came back.", "-t", "blt:entropy"],
    "zipf": ["stats", *TEXTS, "-t", "gpt-4o,gpt-4,bert-base-uncased,char"],
    "attention": ["fit", "-x", "", "--arch", "llama-3-8b"],
    "aspirin": ["split", "-x", "CC(=O)Oc1ccccc1C(=O)O", "-t", "smiles,selfies,graphsgpt,molebert"],
    "hops": ["split", "samples/papers.graphml", "-t", "llaga:nd?s=3", "--node", "GCN"],
}
VIEWS = ["split", "samples/media/lake.jpg", "-t", "gpt-4o,vit-b/16,dall-e,gemini-3-pro"]

PAGE = [
    *(
        "split",
        "-x",
        "Hello 日本語 World!\n我爱自然语言处理。\nWe don't play unbelievable football: 3.14 — naïve\n",
    ),
    *("-t", "gpt-4o,bert-base-chinese,jieba"),
]

SCREEN = (
    "Hello 日本語 World!\nWe don't play unbelievable football.\n",
    ("gpt-4o", "qwen3.5", "bert-base-uncased", "jieba"),
    ["escape", *["right"] * 9],
)


def live(text: str, names: Sequence[str], keys: Sequence[str]) -> str:
    """Open the live screen, press keys, and give what is to be seen as an SVG."""
    app = Playground([load(name) for name in names], text, path="notes.md")

    async def lines() -> list[list[still.CellRun]]:
        async with app.run_test(size=(84, 22)) as pilot:
            while (cuts := app.query_one(Cuts)).seen is None or None in cuts.counts:
                await asyncio.sleep(0.01)
            await pilot.press(*keys)
            await pilot.pause(0.2)
            drawn = app.screen._compositor.render_strips()
            texts = (Text.assemble(*((one.text, _plain(one.style)) for one in strip)) for strip in drawn)
            return [[*still._runs(one)] for one in texts]

    still.PAPER, still.INK = ("#121212",) * 2, ("#e0e0e0",) * 2  # it is dark for whoever looks at it
    return "".join(still._svg_elements(asyncio.run(lines())))


def _plain(style: Style | None) -> Style:
    """Turn a style that is reversed, and leave out what is almost as dark as the paper."""
    style = style or Style.null()
    ink, paper = (style.bgcolor, style.color) if style.reverse else (style.color, style.bgcolor)
    dark = paper is None or max(paper.get_truecolor()) < 0x30
    return Style(
        color=ink or Color.parse("#e0e0e0"),
        bgcolor=None if dark else paper,
        bold=style.bold,
        italic=style.italic,
        underline=style.underline,
    )


def photograph(arguments: list[str]) -> bytes:
    """Make a page, go to a token in it with the keyboard, and give what is to be seen as a PNG."""
    with tempfile.TemporaryDirectory() as folder, browser() as tab:
        page = Path(folder) / "page.html"
        subprocess.run([sys.executable, "-m", "tokscope", *arguments, "-o", page], check=True)
        tab.open(page)
        tab.run("document.querySelector('[value=all]').click()")
        for key in ("Tab", "Tab", *["ArrowRight"] * 6):
            tab.press(key)
        return small(Image.open(io.BytesIO(tab.picture(width=1120, height=390))))


def views(arguments: list[str]) -> bytes:
    """Draw pictures as models see them, and give them as a PNG of 96 colours, small enough for a README."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "views.png"
        command = [sys.executable, "-m", "tokscope", *arguments, "-o", str(whole)]
        subprocess.run(command, cwd=SAMPLES.parent, check=True)
        image = Image.open(whole).convert("RGB")
        image = image.resize((1280, image.height * 1280 // image.width), Image.Resampling.LANCZOS)
        return small(image)


def small(image: Image.Image) -> bytes:
    """Give a picture as a PNG of 96 colours, small enough for a README."""
    file = io.BytesIO()
    image.convert("RGB").quantize(96, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def main() -> None:
    """Write every picture."""
    (SAMPLES / "patches.png").write_bytes(views(VIEWS))
    (SAMPLES / "page.png").write_bytes(photograph(PAGE))
    (SAMPLES / "play.svg").write_text(live(*SCREEN), "utf-8")
    os.environ.pop("COLUMNS", None)  # a file has no width
    for name, arguments in PICTURES.items():
        command = [sys.executable, "-m", "tokscope", *arguments, "-o", f"samples/{name}.svg"]
        subprocess.run(command, cwd=SAMPLES.parent, check=True)


if __name__ == "__main__":
    main()
