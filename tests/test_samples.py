"""The samples are what they say they are: people and the README's tables rely on that."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
import regex
from PIL import Image

from tests.support import SAMPLES
from tokscope.inputs import Decoding, Selection, documents
from tokscope.inputs.records import read_records
from tokscope.media.medium import read_medium
from tokscope.media.source import Source
from tokscope.text.markdown import markdown_sections

TEXTS = sorted(path for path in SAMPLES.iterdir() if path.is_file() and path.suffix not in (".png", ".svg"))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_plain_text(path: Path) -> None:
    data = path.read_bytes()
    text = data.decode()
    assert 200 <= len(data) <= 3000
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert text == unicodedata.normalize("NFC", text)
    assert all(char == "\n" or unicodedata.category(char) not in ("Cc", "Cn", "Co") for char in text)


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("english", "Latin"),
        ("german", "Latin"),
        ("russian", "Cyrillic"),
        ("arabic", "Arabic"),
        ("hindi", "Devanagari"),
        ("chinese", "Han"),
        ("japanese", "[\\p{Han}\\p{Hiragana}\\p{Katakana}ー]"),
        ("korean", "Hangul"),
    ],
)
def test_script(name: str, script: str) -> None:
    text = (SAMPLES / f"{name}.txt").read_text("utf-8")
    letters = regex.findall(r"\p{L}", text)
    own = script if script.startswith("[") else rf"\p{{{script}}}"
    assert all(regex.fullmatch(own, letter) for letter in letters)


def test_emoji_has_the_sequences_that_tokenizers_cut() -> None:
    graphemes = regex.findall(r"\X", (SAMPLES / "emoji.txt").read_text("utf-8"))
    for sequence in ("👨‍👩‍👧‍👦", "👍🏽", "🇯🇵", "2️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏳️‍🌈", "☂︎"):
        assert sequence in graphemes


def test_terms_are_cut_only_without_the_dictionary(tmp_path: Path) -> None:
    from jieba import Tokenizer

    tokenizer = Tokenizer()
    tokenizer.tmp_dir = tmp_path
    text = (SAMPLES / "chinese.txt").read_text("utf-8")
    assert "冠状动脉搭桥术" not in tokenizer.lcut(text)
    tokenizer.load_userdict(str(SAMPLES / "terms.dict"))
    assert {"人工智能", "冠状动脉搭桥术"} <= set(tokenizer.lcut(text))
    for term in (SAMPLES / "terms.dict").read_text("utf-8").split():
        assert tokenizer.lcut(term) == [term]


def test_program_learns_the_merges_of_the_paper() -> None:
    # Sennrich, Haddow, Birch: Neural Machine Translation of Rare Words with Subword Units, 2016, Algorithm 1
    command = [sys.executable, str(SAMPLES / "code.py")]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    learned = [line.split()[1:4:2] for line in printed.splitlines()]
    assert learned[:5] == [["e", "s"], ["es", "t"], ["est", "</w>"], ["l", "o"], ["lo", "w"]]


def test_json() -> None:
    json.loads((SAMPLES / "data.json").read_text("utf-8"))
    chat = json.loads((SAMPLES / "chat.json").read_text("utf-8"))
    calls = [call["function"] for message in chat["messages"] for call in message.get("tool_calls", [])]
    (tool,) = (tool["function"] for tool in chat["tools"])
    assert [call["name"] for call in calls] == [tool["name"]]
    for call in calls:
        assert set(tool["parameters"]["required"]) <= set(json.loads(call["arguments"]))


def test_records() -> None:
    (document,) = documents(Selection([str(SAMPLES / "records.jsonl")]), Decoding(), report=print)
    assert sum(1 for _ in read_records(document, "text", print)) == 10


def test_markdown() -> None:
    (document,) = documents(Selection([str(SAMPLES / "markdown.md")]), Decoding(), report=print)
    assert [(section.level, section.title) for section in markdown_sections(document.read())] == [
        (0, "front matter"),
        (0, ""),
        (1, "Sourdough bread"),
        (2, "Ingredients"),
        (2, "Method"),
        (3, "Baking"),
        (2, "Scaling it"),
        (1, "Questions"),
    ]


def test_walking_finds_every_text_and_skips_the_picture() -> None:
    skipped: list[str] = []
    elsewhere = ["*.svg", "page.png", "patches.png", "med*", "football", "prompts"]
    selection = Selection([str(SAMPLES)], exclude=elsewhere)
    found = documents(selection, Decoding(), report=print, skip=skipped.append)
    assert [Path(document.path) for document in found if document.read()] == TEXTS
    assert skipped == [str(SAMPLES / "picture.png")]


def test_media_are_small_and_what_their_headers_say() -> None:
    found = {}
    for name in ("lake.jpg", "bell.wav", "lake.mp4", "page.pdf"):
        with (SAMPLES / "media" / name).open("rb") as file:
            medium = read_medium(Source(file, name))
        assert medium.size < 30_000
        found[name] = (
            medium.kind,
            medium.width,
            medium.height,
            medium.seconds,
            medium.frames,
            len(medium.pages),
        )
    assert found == {
        "lake.jpg": ("picture", 960, 640, 0, 0, 0),
        "bell.wav": ("sound", 0, 0, 2, 0, 0),
        "lake.mp4": ("video", 160, 104, 3, 12, 0),
        "page.pdf": ("pdf", 0, 0, 0, 0, 2),
    }


def test_every_frame_of_the_clip_is_a_picture() -> None:
    data = (SAMPLES / "media/lake.mp4").read_bytes()
    frames = data[data.index(b"mdat") + 4 : data.index(b"moov") - 4].split(b"\xff\xd8\xff")[1:]
    assert len(frames) == 12
    pictures = [Image.open(io.BytesIO(b"\xff\xd8\xff" + one)).convert("RGB") for one in frames]
    assert {one.size for one in pictures} == {(160, 104)}


def test_picture() -> None:
    data = (SAMPLES / "picture.png").read_bytes()
    assert len(data) < 2000
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == (64, 64)
