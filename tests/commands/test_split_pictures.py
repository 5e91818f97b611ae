"""`tokscope split` of pictures: each as a model sees it, in every format."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from tests.support.media_files import heic, picture, png
from tests.support.shell import Result, tokscope

MODELS = "gpt-4o,vit-b/16,dall-e,gemini-3-pro"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    image = Image.new("RGB", (600, 400), "red")
    image.paste("blue", (300, 0, 600, 400))
    image.save(folder / "half.png")
    (folder / "turned.jpg").write_bytes(picture(600, 400, "jpeg", orientation=6))
    (folder / "bomb.png").write_bytes(png(30_000, 30_000))
    (folder / "vast.png").write_bytes(png(1_000_000_000, 1_000_000_000))
    (folder / "cut.png").write_bytes((folder / "half.png").read_bytes()[:500])
    (folder / "a.heic").write_bytes(heic(64, 48))
    (folder / "script.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="48"><script>x</script></svg>'
    )
    (folder / "prompt.md").write_text("Hello world\n")
    (folder / "liar.txt").write_bytes((folder / "half.png").read_bytes())
    return folder


def split(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> Result:
    return tokscope("split", *arguments, cwd=folder, env=env)


def test_json_has_the_cells_in_the_originals_pixels(folder: Path) -> None:
    done = split(folder, "half.png", "-t", MODELS, "--format", "json")
    found = {one["tokenizer"]: one for one in json.loads(done.out)["results"]}
    assert {name: one["tokens"] for name, one in found.items()} == {
        "gpt-4o": 425,
        "vit-b/16": 197,
        "dall-e": 1024,
        "gemini-3-pro": 1080,
    }
    counted = tokscope("count", "half.png", "-t", MODELS, "--format", "json", cwd=folder)
    assert [one["tokens"] for one in json.loads(counted.out)["results"]] == [425, 197, 1024, 1080]
    assert found["gpt-4o"]["split"] == [
        {"left": 0, "top": 0, "right": 512, "bottom": 400},
        {"left": 512, "top": 0, "right": 600, "bottom": 400},
    ]
    assert found["dall-e"]["resized"] == {"width": 256, "height": 256, "fit": "crop"}
    cropped = found["dall-e"]["split"]
    assert (cropped[0]["left"], cropped[-1]["right"], cropped[-1]["bottom"]) == (100, 500, 400)
    assert len(found["gemini-3-pro"]["split"]) == 1080


def test_plain_is_a_line_for_each_cell_and_needs_no_pixels(folder: Path) -> None:
    done = split(folder, "half.png", "vast.png", "-t", "gpt-4o,gemini-2.5-pro")
    assert done.code == 0
    rows = [line.split() for line in done.out.splitlines()]
    assert rows[1] == ["gpt-4o", "0", "0", "0", "512", "400", "half.png"]
    assert [row[0] for row in rows if row[-1] == "vast.png"] == ["gpt-4o"] * 4 + ["gemini-2.5-pro"]


def test_a_picture_in_png(folder: Path, tmp_path: Path) -> None:
    assert split(folder, "half.png", "-t", "vit-b/16", "-o", str(tmp_path / "a.png")).code == 0
    image = Image.open(tmp_path / "a.png").convert("RGB")
    assert image.width > 720 and image.height > 720
    reds, blues = image.getpixel((60, 300)), image.getpixel((700, 300))
    assert reds[0] > 200 > 60 > reds[2] and blues[2] > 200 > 60 > blues[0]  # type: ignore[index]


def test_one_turned_by_exif_is_drawn_as_it_is_shown(folder: Path) -> None:
    done = split(folder, "turned.jpg", "-t", "gpt-4o", "--format", "json")
    (one,) = json.loads(done.out)["results"]
    assert (one["width"], one["height"], one["rows"]) == (400, 600, 2)
    assert "400 x 600 px" in split(folder, "turned.jpg", "-t", "gpt-4o", "--format", "table").out


class Page(HTMLParser):
    """What is in a page that a browser would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]


def test_svg_and_html_hold_every_cell_and_fetch_nothing(folder: Path, tmp_path: Path) -> None:
    for name in ("a.svg", "a.html"):
        assert split(folder, "half.png", "-t", MODELS, "-o", str(tmp_path / name)).code == 0
    root = ET.parse(tmp_path / "a.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    cells = [one for one in root.iter(f"{space}rect") if one.get("class") == "cell"]
    assert len(cells) == 2 + 196 + 1024 + 1080
    assert [one.text for one in root.iter(f"{space}text")][2:4] == ["1", "2"]
    page = Page()
    page.feed((tmp_path / "a.html").read_text())
    assert "script" not in page.tags and len(page.fetched) == 4
    assert all(one.startswith("data:image/") for one in page.fetched)
    assert "default-src 'none'" in (tmp_path / "a.html").read_text()


def test_names_are_text_everywhere(folder: Path, tmp_path: Path) -> None:
    name = 'a"><script>x<\x1b[31m&.png'
    (tmp_path / name).write_bytes((folder / "half.png").read_bytes())
    for format in ("a.svg", "a.html", "a.png"):
        assert split(tmp_path, name, "-t", "vit-b/16", "-o", format).code == 0
    assert "<script" not in (tmp_path / "a.svg").read_text() + (tmp_path / "a.html").read_text()
    ET.parse(tmp_path / "a.svg")
    shown = split(tmp_path, name, "-t", "vit-b/16", "--format", "table", "--color", "always").out
    assert "\x1b[31m" not in shown


def test_in_the_terminal_each_character_is_two_pixels(folder: Path) -> None:
    env = {"COLUMNS": "60", "COLORTERM": "truecolor"}
    shown = split(folder, "half.png", "-t", "vit-b/16", "--format", "table", "--color", "always", env=env)
    lines = shown.out.splitlines()
    assert lines[:3] == [
        "vit-b/16  half.png  197 tokens",
        "600 x 400 -> 224 x 224 px; 14 x 14 cells of 16 x 16 px, 1",
        "  token each, and 1 more",
    ]
    widths = {len(re.sub(r"\x1b\[[\d;]*m", "", line)) for line in lines[2:] if "▀" in line}
    assert widths == {60}
    plain = split(folder, "half.png", "-t", "vit-b/16", "--format", "table", env=env).out
    assert "\x1b" not in plain and all(f"{number}" in plain for number in range(1, 197))
    assert max(map(len, plain.splitlines())) <= 60


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "begins"),
    [
        (b"\x1b_Gi=31;OK\x1b\\\x1b[?62;4c", b"\x1b_Ga=T,f=100,m="),
        (b"\x1b[?62;4;22c", b"\x1bPq"),
        (b"\x1b[?62;22c", "\u2580".encode()),
        (b"", "\u2580".encode()),
    ],
    ids=["kitty", "sixel", "neither", "silent"],
)
def test_a_terminal_that_says_so_gets_the_drawing(folder: Path, answer: bytes, begins: bytes) -> None:
    main, terminal = os.openpty()
    shown = bytearray()

    def answering() -> None:
        answered = False
        while True:
            try:
                data = os.read(main, 65536)
            except OSError:
                return
            if not data:
                return
            shown.extend(data)
            if not answered and b"\x1b[c" in shown:
                answered = True
                os.write(main, answer)

    listener = threading.Thread(target=answering, daemon=True)
    listener.start()
    done = subprocess.run(
        [sys.executable, "-m", "tokscope", "split", "half.png", "-t", "vit-b/16"],
        stdin=terminal,
        stdout=terminal,
        stderr=subprocess.PIPE,
        cwd=folder,
        env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        check=False,
    )
    os.close(terminal)
    listener.join(10)
    os.close(main)
    assert (done.returncode, done.stderr) == (0, b"")
    assert begins in bytes(shown)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["bomb.png", "-t", "gpt-4o", "-o", "o.png"], "30,000 x 30,000 pixels are counted and not drawn"),
        (["vast.png", "-t", "gpt-4o", "-o", "o.svg"], "are counted and not drawn; at most 64,000,000"),
        (["cut.png", "-t", "gpt-4o", "-o", "o.png"], "cut"),
        (["a.heic", "-t", "gpt-4o", "-o", "o.png"], "HEIC is counted and not drawn: convert it to PNG"),
        (["script.svg", "--as", "picture", "-t", "gpt-4o", "-o", "o.html"], "SVG is counted and not drawn"),
        (["half.png", "-t", "char", "-o", "o.png"], "char: no picture rule"),
        (["missing.png", "-t", "gpt-4o", "-o", "o.svg"], "missing.png: no such file"),
        (["half.png", "prompt.md", "-t", "gpt-4o"], "pictures and texts: split them one kind at a time"),
        (["half.png", "-t", "gpt-4o", "--bytes"], "--bytes is for texts, not for pictures"),
        (["half.png", "-t", "gpt-4o", "--levels"], "--levels is for texts, not for pictures"),
        (
            ["half.png", "-t", "gpt-4o", "--detail", "original"],
            "has no rule for a picture of detail original",
        ),
    ],
)
def test_what_cannot_be_drawn_says_why(folder: Path, arguments: list[str], says: str) -> None:
    done = split(folder, *arguments)
    assert done.code == 2 and says in done.err, done
    assert not list(folder.glob("o.*"))


def test_one_that_cannot_be_drawn_does_not_stop_the_others(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    done = split(folder, "bomb.png", "half.png", "-t", "gpt-4o,char", "-o", str(page))
    assert done.code == 2 and done.err.count("tokscope: ") == 2
    assert page.read_text().count("<figure>") == 1


def test_the_content_tells_and_folders_give_pictures(folder: Path) -> None:
    assert "liar.txt" in split(folder, "liar.txt", "-t", "gpt-4o").out
    done = tokscope("split", "--include", "*.jpg", "--include", "liar.txt", ".", "-t", "gpt-4o", cwd=folder)
    assert {line.split("\t")[-1] for line in done.out.splitlines()} == {"path", "liar.txt", "turned.jpg"}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F"])
def test_every_mode_of_pixels_is_drawn(mode: str, tmp_path: Path) -> None:
    from tokscope.media.pixels import decode_picture
    from tokscope.media.source import Source

    file = io.BytesIO()
    kind = "TIFF" if mode in ("CMYK", "I;16", "F") else "PNG"
    Image.new(mode, (3, 2)).save(file, kind)
    pixels = decode_picture(Source.of_bytes(file.getvalue(), "a"))
    bright = {"1": 1, "I;16": 65535, "F": 255.0}.get(mode)
    if bright:
        file = io.BytesIO()
        Image.new(mode, (3, 2), bright).save(file, kind)
        assert decode_picture(Source.of_bytes(file.getvalue(), "a")).rgb == b"\xff" * 18
    assert (pixels.width, pixels.height, len(pixels.rgb)) == (3, 2, 18)


@pytest.mark.parametrize("output", ["o.png", "o.html", "o.svg"])
def test_without_pillow_the_error_names_the_extra(folder: Path, output: str) -> None:
    program = (
        "import sys; sys.modules['PIL'] = None; from tokscope.cli import run; sys.exit(run(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "split", "half.png", "-t", "gpt-4o", "-o", output],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and "pip install 'tokscope-cli[media]'" in done.stderr
    plain = subprocess.run(
        [sys.executable, "-c", program, "split", "half.png", "-t", "gpt-4o"], cwd=folder, capture_output=True
    )
    assert plain.returncode == 0  # which needs no pixels
