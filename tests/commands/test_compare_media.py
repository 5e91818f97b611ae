"""`compare` of files that are not text, `--size` for pictures that are not at hand, and what requests add."""

from __future__ import annotations

import csv
import io
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.support.media_files import png
from tests.support.media_samples import samples
from tests.support.repository import write
from tests.support.shell import tokscope


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for name in ("wav", "mp4", "pdf"):
        (folder / f"a.{name}").write_bytes(samples()[name])
    (folder / "a.png").write_bytes(png(1024, 768))
    (folder / "prompt.md").write_text("Hello world\n")
    (folder / "many").mkdir()
    for number in range(21):
        (folder / "many" / f"{number}.png").write_bytes(png(2001 if number == 7 else 200, 300))
    return folder


def results(folder: Path, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    done = tokscope(*arguments, "--format", "json", cwd=folder)
    assert done.code == code, done
    return json.loads(done.out)["results"]  # type: ignore[no-any-return]


def test_each_kind_has_its_own_figures(folder: Path) -> None:
    found = results(folder, "compare", "a.png", "a.wav", "a.mp4", "a.pdf", "-t", "gemini-3-pro")
    picture, sound, video, pdf = found
    assert (picture["kind"], picture["tokens"], picture["pixels"]) == ("picture", 1064, 1024 * 768)
    assert picture["pixels_per_token"] == pytest.approx(1024 * 768 / 1064)
    assert (sound["tokens"], sound["tokens_per_second"]) == (25, 25.0)
    assert (video["tokens"], video["tokens_per_second"]) == (364, 91.0)
    assert (pdf["tokens"], pdf["tokens_per_page"], pdf["pages"]) == (532, 532.0, 1)
    assert pdf["bytes_per_token"] == pytest.approx((folder / "a.pdf").stat().st_size / 532)


def test_codecs_have_bits(folder: Path) -> None:
    encodec, mimi = results(folder, "compare", "a.wav", "-t", "encodec,mimi")
    assert (encodec["tokens"], encodec["bits_per_second"]) == (600, 6000.0)  # as the paper has it: 6 kbit/s
    assert mimi["bits_per_second"] == 13 * 32 * 11  # 12.5 frames are 13


def test_texts_come_first_and_csv_has_one_table(folder: Path) -> None:
    done = tokscope("compare", "prompt.md", "a.png", "-t", "gpt-4o,gpt-5", "--format", "csv", cwd=folder)
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [(row["files"], row["tokenizer"], row["tokens"]) for row in rows] == [
        ("1 text", "gpt-4o", "3"),
        ("1 text", "gpt-5", "3"),
        ("1 picture", "gpt-4o", "765"),
        ("1 picture", "gpt-5", "630"),
    ]
    whole = json.loads(
        tokscope("compare", "prompt.md", "a.png", "-t", "gpt-4o,gpt-5", "--format", "json", cwd=folder).out
    )
    assert whole["summary"] == {"files": 2, "tokens": {"gpt-4o": 768, "gpt-5": 633}}
    plain = tokscope("compare", "prompt.md", "a.png", "-t", "gpt-4o", cwd=folder).out
    assert "1 picture: 786,432 pixels" in plain and plain.index("vocabulary") < plain.index("1 picture")


def test_what_a_tokenizer_does_not_take_is_an_error_in_its_cell(folder: Path) -> None:
    done = tokscope("compare", "a.png", "-t", "gpt-4o,char", cwd=folder)
    assert done.code == 2 and "no picture rule" in done.out
    assert "a.png: char: no picture rule" in done.err
    alone = tokscope("compare", "a.png", "-t", "char", cwd=folder)
    assert (alone.code, "no picture rule" in alone.out) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "tokens"),
    [
        (["--size", "1024x768"], [765]),
        (["--size", "1024×768", "--detail", "low"], [85]),
        (["https://example.com/a.png", "--size", "2049x513"], [1445]),
        (["https://example.com/a.png", "a.png", "--size", "1x1"], [255, 765]),
        (["--size", "999999999x999999999"], [765]),
    ],
)
def test_size_counts_what_is_not_at_hand(folder: Path, arguments: list[str], tokens: list[int]) -> None:
    found = results(folder, "count", *arguments, "-t", "gpt-4o")
    assert [one["tokens"] for one in found] == tokens
    assert found[0]["bytes"] == 0


def test_size_elsewhere(folder: Path) -> None:
    (one,) = results(folder, "split", "--size", "1024x768", "-t", "gpt-4o")
    assert len(one["split"]) == 4
    assert (
        results(folder, "compare", "--size", "256x256", "-t", "dall-e")[0]["bits_per_pixel"]
        == 13 * 1024 / 65536
    )
    assert results(folder, "fit", "--size", "1024x768", "-t", "gpt-4o")[0]["tokens"] == 765
    drawn = tokscope("split", "--size", "1024x768", "-t", "gpt-4o", "-o", "a.svg", cwd=folder)
    assert drawn.code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["https://example.com/a.png"],
            "https://example.com/a.png: not fetched: pipe it in, as from curl, or give a picture",
        ),
        (["--size", "0x5"], "--size '0x5': width and height in pixels"),
        (["a.png", "--size", "5x5"], "--size is for pictures given by URL"),
    ],
)
def test_sizes_that_are_none(folder: Path, arguments: list[str], says: str) -> None:
    done = tokscope("count", *arguments, "-t", "gpt-4o", cwd=folder)
    assert done.code == 2 and says in done.err


def test_more_than_20_pictures_in_one_request(folder: Path) -> None:
    said = "of these 21 pictures in one request, claude-opus-5-5 rejects 1: a side of 2,001 pixels"
    done = tokscope("count", "many", "-t", "claude-opus-5-5,gpt-4o", cwd=folder)
    assert done.code == 0 and said in done.err and "gpt-4o rejects" not in done.err
    few = tokscope("count", "many", "--exclude", "3.png", "-t", "claude-opus-5-5", cwd=folder)
    assert "rejects" not in few.err
    (fit,) = results(folder, "fit", "many", "-t", "claude-opus-5-5")
    assert "a side of 2,001 pixels; at most 2,000 among more than 20 pictures" in fit["error"]


def message(model: str, *content: object) -> dict[str, Any]:
    request = json.dumps({"model": model, "messages": [{"role": "user", "content": [*content]}]})
    done = tokscope("chat", "-", "--format", "json", stdin=request.encode())
    assert done.code == 0
    return next(one for one in json.loads(done.out)["results"] if one["part"].startswith("1 "))


def claude(data: bytes, kind: str = "image", media_type: str = "image/png") -> dict[str, object]:
    source = {"type": "base64", "media_type": media_type, "data": b64encode(data).decode()}
    return {"type": kind, "source": source}


@pytest.mark.parametrize(("model", "more"), [("claude-sonnet-4-5", 4), ("claude-fable-5", 3)])
def test_what_the_api_counts_around_a_picture_is_overhead(model: str, more: int) -> None:
    """As measured: diegosouzapw/OmniGlyph, 22 requests; 728x728 was billed 680 and 679."""
    one, two = (message(model, *[claude(png(728, 728))] * number) for number in (1, 2))
    none = message(model, {"type": "text", "text": ""})
    assert (one["text"], two["text"]) == (676, 1352)
    assert (one["overhead"] - none["overhead"], two["overhead"] - one["overhead"]) == (more, more)


def test_around_others_it_is_three_or_four() -> None:
    none, one = (
        message("claude-opus-5-5", {"type": "text", "text": ""}),
        message("claude-opus-5-5", claude(png(728, 728))),
    )
    assert (one["text"], one["overhead"] - none["overhead"]) == (676, 4)
    (fit,) = results(Path.cwd(), "fit", "--size", "728x728", "-t", "claude-opus-5-5")
    assert (fit["tokens"], fit["low"], fit["high"]) == (680, 679, 680)


def test_files_of_text_in_requests_are_counted() -> None:
    text = b"The quick brown fox jumps over the lazy dog.\n"
    url = f"data:text/markdown;base64,{b64encode(text).decode()}"
    found = message("gpt-4o", {"type": "file", "file": {"filename": "a.md", "file_data": url}})
    assert (found["text"], found["not_counted"]) == (10, [])
    found = message("claude-sonnet-4-5", claude(text, "document", "text/plain"))
    assert found["text"] >= 10 and found["not_counted"] == []
    for data in ("aGVsbG8gd29ybGQ=", "missing.txt", b64encode(b"\xff\xfe\0a").decode()):
        found = message("gpt-4o", {"type": "file", "file": {"filename": "a", "file_data": data}})
        assert found["at_least"], data


def test_list_names_models_by_what_they_take() -> None:
    found = json.loads(tokscope("list", "vit-h/14", "--format", "json").out)
    assert [(one["name"].split()[0], one["takes"]) for one in found["files"]] == [("vit-h/14", ["picture"])]
    assert "Pictures, sound, video and PDF" in tokscope("list", "whisper").out
    assert any(
        one["name"].startswith("vq")
        for one in json.loads(tokscope("list", "vq", "--format", "json").out)["results"]
    )


def test_diff_does_not_say_that_nothing_differs_where_files_were_skipped(tmp_path: Path) -> None:
    for name, width in (("a", 64), ("b", 65)):
        write(tmp_path, {f"{name}/x.md": "same\n"})
        (tmp_path / name / "y.png").write_bytes(png(width, 64))
    done = tokscope("diff", "a", "b", "-t", "char", "--format", "table", cwd=tmp_path)
    assert "1 binary file skipped" in done.out and "nothing differs" not in done.out
    assert "no text differs" in done.out
    assert "y.png" in tokscope("diff", "a", "b", "-t", "gpt-4o,char", cwd=tmp_path).err
