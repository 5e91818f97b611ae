"""Draws the pictures of the README and the manual from what the commands really print.

    python -m tests.support.readme_pictures

Writes samples/*.svg, which `chromium --screenshot` renders to look at, samples/patches.png, and
samples/page.png with Chromium. tests/test_pictures.py says when one is no longer what is printed.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.support import SAMPLES
from tests.support.browser import browser

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
    for name, arguments in PICTURES.items():
        command = [sys.executable, "-m", "tokscope", *arguments, "-o", f"samples/{name}.svg"]
        subprocess.run(command, cwd=SAMPLES.parent, env={**os.environ, "COLUMNS": "112"}, check=True)


if __name__ == "__main__":
    main()
