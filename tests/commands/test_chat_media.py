"""`tokscope chat`: what a request encloses, by the rules of its model, in every dialect."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.support.media_files import png
from tests.support.media_samples import samples
from tests.support.shell import Result, tokscope

PNG = b64encode(png(1024, 1024)).decode()
WAV, PDF = (b64encode(samples()[name]).decode() for name in ("wav", "pdf"))
DATA = f"data:image/png;base64,{PNG}"
AWAY = "https://example.com/a.png"


def chat(content: object, model: str, *options: str, cwd: Path | None = None, **beside: Any) -> Result:
    request = {"model": model, "messages": [{"role": "user", "content": content}], **beside}
    return tokscope("chat", "-", "--format", "json", *options, stdin=json.dumps(request).encode(), cwd=cwd)


def message(done: Result) -> dict[str, Any]:
    assert done.code == 0, done
    (found,) = [one for one in json.loads(done.out)["results"] if one["part"].startswith("1 ")]
    return found


def part(url: str, **more: str) -> dict[str, object]:
    return {"type": "image_url", "image_url": {"url": url, **more}}


@pytest.mark.parametrize(
    ("request_", "tokens"),
    [
        ({"model": "gpt-4o", "messages": [{"role": "user", "content": [part(DATA)]}]}, 765),
        ({"model": "gpt-4o", "messages": [{"role": "user", "content": [part(DATA, detail="low")]}]}, 85),
        ({"model": "gpt-4o", "messages": [{"role": "user", "content": [part(DATA), part(DATA)]}]}, 1530),
        (
            {
                "model": "gpt-4o",
                "input": [{"role": "user", "content": [{"type": "input_image", "image_url": DATA}]}],
            },
            765,
        ),
        (
            {
                "model": "claude-sonnet-4-5",
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {
                                "type": "image",
                                "source": {"type": "base64", "media_type": "image/png", "data": PNG},
                            }
                        ],
                    }
                ],
            },
            1369,
        ),
        (
            {
                "model": "gemini-2.5-flash",
                "contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": PNG}}]}],
            },
            258,
        ),
        (
            {
                "model": "gemini-2.5-flash",
                "contents": [{"parts": [{"inline_data": {"mime_type": "audio/wav", "data": WAV}}]}],
            },
            32,
        ),
        (
            {
                "model": "gemma-3-4b",
                "keep_alive": 1,
                "messages": [{"role": "user", "content": "", "images": [PNG]}],
            },
            256,
        ),
        (
            {
                "model": "gpt-4o",
                "toolChoice": "auto",
                "messages": [{"role": "user", "content": [{"type": "image", "image": DATA}]}],
            },
            765,
        ),
    ],
)
def test_every_dialect_counts_what_it_encloses(request_: dict[str, object], tokens: int) -> None:
    done = tokscope("chat", "-", "--format", "json", stdin=json.dumps(request_).encode())
    found = message(done)
    assert (found["text"], found["not_counted"], found["at_least"]) == (tokens, [], False)
    assert sum(one["tokens"] for one in found["media"]) == tokens


def test_a_path_is_read_and_an_address_is_not_fetched(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(1024, 1024))
    assert message(chat([part("a.png")], "gpt-4o", cwd=tmp_path))["text"] == 765
    away = chat([part(AWAY)], "gpt-4o", cwd=tmp_path)
    assert message(away)["at_least"]
    assert "not fetched: give the size with --size 1024x768" in away.err
    sized = message(chat([part(AWAY)], "gpt-4o", "--size", "1024x1024"))
    assert (sized["text"], sized["at_least"]) == (765, False)
    assert chat([part(AWAY)], "gpt-4o", "--size", "big").code == 2


@pytest.mark.parametrize(
    ("content", "model", "says"),
    [
        ([{"type": "file", "file": {"file_id": "file-1"}}], "gpt-4o", "kept elsewhere"),
        ([part(DATA[:-24])], "gpt-4o", "cut short"),
        ([part("data:image/png;base64,")], "gpt-4o", "an empty file"),
        ([part(DATA)], "gpt-4", "no picture rule"),
        (
            [part("data:image/png;base64," + b64encode(png(9000, 9)).decode())],
            "claude-opus-5-5",
            "rejects it",
        ),
        ([{"type": "input_audio", "input_audio": {"data": WAV}}], "gpt-4o", "no sound rule"),
    ],
)
def test_what_cannot_be_counted_is_named_and_why(content: object, model: str, says: str) -> None:
    done = chat(content, model)
    assert says in done.err
    assert message(done)["at_least"]


def test_a_pdf_is_its_text_and_more() -> None:
    file = {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}}
    found = message(chat([{"type": "text", "text": "Read"}, file], "gpt-4o"))
    assert not found["text_exact"]
    assert (found["low"], found["high"]) == (found["tokens"], found["tokens"] + 1105)


PARTS_AWAY: list[tuple[Any, bool]] = [
    # a part whose bytes are elsewhere, and whether --size, which is a picture's, says how large it is
    ({"type": "image", "source": {"type": "url", "url": AWAY}}, True),
    ({"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}, False),
    ({"type": "input_image", "image_url": AWAY}, True),
    ({"type": "file", "file_url": "https://example.com/a.pdf"}, False),
    ({"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}}, False),
    ({"type": "audio_url", "audio_url": {"url": "https://example.com/a.wav"}}, False),
]


@pytest.mark.parametrize(("enclosed", "picture"), PARTS_AWAY)
def test_a_size_is_that_of_pictures_alone(enclosed: Any, picture: bool) -> None:
    """A document or a sound that is elsewhere is not counted as a picture of that size."""
    done = chat([enclosed], "claude-sonnet-4-5", "--size", "1024x768")
    assert message(done)["at_least"] is not picture
    assert ("not fetched" in done.err) is not picture
