"""`tokscope count` of files that are not text: each by the rule of the model that was asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support.media_files import png
from tests.support.media_samples import samples
from tests.support.repository import git, rules, words, write
from tests.support.shell import tokscope
from tokscope.media.counting import count_medium
from tokscope.media.medium import Medium, read_medium
from tokscope.media.rules import Asked
from tokscope.media.source import Source

PICTURES = {"png", "jpeg", "gif", "webp", "bmp", "tiff", "avif", "heic", "dib"}
TAKEN = {
    **dict.fromkeys(PICTURES, "picture"),
    **dict.fromkeys(("wav", "flac", "ogg", "opus", "mp3", "m4a", "mka"), "sound"),
    **dict.fromkeys(("mp4", "webm"), "video"),
    "pdf": "pdf",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mixed")
    for name, data in samples().items():
        (folder / f"a.{name}").write_bytes(data)
    (folder / "prompt.md").write_text("Hello world\n")
    (folder / "liar.png").write_text("Hello world\n")
    (folder / "wide.png").write_bytes(png(9000, 10))
    (folder / "empty.jpg").write_bytes(b"")
    return folder


def counted(folder: Path, *arguments: str, code: int = 0) -> dict[tuple[str, str], dict[str, object]]:
    done = tokscope("count", "--format", "json", *arguments, cwd=folder)
    assert done.code == code, done
    return {
        (one["path"].removeprefix("./"), one.get("model", one["tokenizer"])): one
        for one in json.loads(done.out)["results"]
    }


@pytest.mark.parametrize("command", ["count --size 540x360", "count a.pdf", "check a.pdf --budget 99999"])
def test_an_estimate_has_its_bounds_in_json(command: str, folder: Path) -> None:
    """Gemini 2.0's picture is 7 x 258 by bills and 6 x 258 by the page; Claude's PDF by 72 and 300 dpi."""
    model = "gemini-2.0-flash" if "--size" in command else "claude-opus-5-5"
    done = tokscope(*command.split(), "-t", model, "--format", "json", cwd=folder)
    assert done.code == 0, done
    (one,) = json.loads(done.out)["results"]
    assert one["exact"] is False
    assert one["low"] < one["high"] == one["tokens"]
    assert not {"low_low", "low_high", "high_low", "high_high"} & one.keys()


@pytest.mark.parametrize(
    ("size", "model", "said"),
    [
        ("540x360", "gemini-2.0-flash", "the figure is an estimate (+0%, -14%)\n"),
        ("540x360", "gpt-5.5", "the figure is an estimate\n"),
        ("540x360", "gpt-4o", ""),
    ],
)
def test_a_bare_figure_says_that_it_is_an_estimate(size: str, model: str, said: str, folder: Path) -> None:
    assert tokscope("count", "--size", size, "-t", model, cwd=folder).err.removeprefix("tokscope: ") == said


def test_a_mixed_folder_beside_the_same_by_hand(folder: Path) -> None:
    done = tokscope("count", "--format", "json", ".", "-t", "gemini-3-pro", cwd=folder)
    found = {one["path"].removeprefix("./"): one for one in json.loads(done.out)["results"]}
    by_hand = {}
    for name, kind in TAKEN.items():
        medium = read_medium(Source.of_bytes(samples()[name], name))
        assert medium.kind == kind
        by_hand[f"a.{name}"] = count_medium(medium, "gemini-3-pro").tokens
    by_hand["wide.png"] = count_medium(Medium("picture", "png", width=9000, height=10), "gemini-3-pro").tokens
    for text in ("a.svg", "liar.png", "prompt.md"):
        by_hand[text] = int(tokscope("count", text, "-t", "gemini-3-pro", cwd=folder).out)
    assert {name: one["tokens"] for name, one in found.items()} == by_hand
    assert all(one["low"] <= one["tokens"] <= one["high"] for one in found.values())
    errors = {one["path"].removeprefix("./") for one in json.loads(done.out)["errors"]}
    assert (done.code, errors) == (2, {"empty.jpg"})


def test_every_format_and_a_pipe_say_the_same(folder: Path) -> None:
    paths = [f"a.{name}" for name in sorted(TAKEN)]
    by_name = counted(folder, *paths, "-t", "gemini-3-pro")
    for (path, _), one in by_name.items():
        name = path.removeprefix("a.")
        assert one["kind"] == TAKEN[name]
        assert one["bytes"] == len(samples()[name])
        piped = tokscope("count", "--format", "json", "-t", "gemini-3-pro", stdin=samples()[name])
        (by_pipe,) = json.loads(piped.out)["results"]
        assert {**by_pipe, "path": path} == one
    plain = tokscope("count", *paths, "-t", "gemini-3-pro", "--format", "plain", cwd=folder)
    assert [(path, int(tokens)) for tokens, path in map(str.split, plain.out.splitlines()[:-1])] == [
        (path, one["tokens"]) for (path, _), one in by_name.items()
    ]
    bare = tokscope("count", "a.png", "-t", "gemini-3-pro", cwd=folder)
    assert bare.out == f"{by_name['a.png', 'gemini-3-pro']['tokens']}\n"


def test_a_table_of_text_and_media(folder: Path) -> None:
    found = counted(folder, "prompt.md", "a.png", "a.mp3", "-t", "gpt-4o,gpt-5.5,whisper", code=2)
    assert found["prompt.md", "o200k_base"]["tokens"] == 3
    assert (
        found["prompt.md", "whisper"]["error"] == "no rule for text, only for sound; name a tokenizer for it"
    )
    assert found["a.png", "gpt-4o"]["tokens"] == 255
    assert found["a.png", "gpt-4o"]["exact"]
    assert found["a.png", "gpt-5.5"]["tokens"] == 5  # ceil(2 x 2 patches x 1.2)
    assert found["a.png", "whisper"] == {
        **found["a.png", "whisper"],
        "tokens": None,
        "error": "no picture rule; takes sound: tokscope list picture names models with one",
    }
    done = tokscope("count", "prompt.md", "a.png", "a.mp3", "-t", "gpt-4o,whisper", cwd=folder)
    assert "no sound rule" in done.out
    assert done.out.splitlines()[-1].split() == ["≥258", "≥1500", "total"]


@pytest.mark.parametrize("name", ["png", "mp3", "mp4", "pdf"])
def test_a_text_tokenizer_says_what_it_takes_and_who_takes_the_file(name: str, folder: Path) -> None:
    names, kind = ["char", "bert-base-uncased", "jieba", "gpt-4"], TAKEN[name]
    done = tokscope("count", f"a.{name}", "-t", ",".join(names), cwd=folder)
    assert (done.code, done.out) == (2, "")
    who = f"tokscope list {kind} names models with one"
    assert f"{', '.join(names)}: no {kind} rule; takes text: {who}" in done.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("a.mp3", "-t", "gpt-4o"), "a.mp3: gpt-4o: no sound rule"),
        (("empty.jpg", "-t", "gpt-4o"), "empty.jpg: an empty file"),
        (
            ("wide.png", "-t", "claude-opus-5-5"),
            "png: claude-opus-5-5 rejects it: a side of 9,000 pixels; at most 8,000",
        ),
        (("a.png", "-t", "claude-opus-5-5", "--detail", "low"), None),
        (("a.png", "-t", "gpt-4o", "--detail", "original"), "no rule for a picture of detail original"),
        (("prompt.md", "--as-of", "yesterday"), "'yesterday' is not a date"),
        (("a.png", "--as-of", "yesterday", "-t", "gpt-4o"), "'yesterday' is not a date"),
    ],
)
def test_what_cannot_be_counted_is_never_0(
    arguments: tuple[str, ...], says: str | None, folder: Path
) -> None:
    done = tokscope("count", *arguments, cwd=folder)
    assert (done.code == 2) == (says is not None)
    assert (says or "") in done.err
    assert says is None or done.out == ""


def test_in_folders_pictures_are_skipped_where_nobody_takes_them(folder: Path) -> None:
    done = tokscope("count", ".", "-t", "char", cwd=folder)
    assert done.code == 0
    assert f"{len(TAKEN) + 2} binary files skipped" in done.err  # and the wide and the empty one
    both = counted(folder, ".", "-t", "char,whisper", code=2)
    assert both["a.mp3", "whisper"]["tokens"] == 1500
    assert str(both["a.mp3", "char"]["error"]).startswith("no sound rule; takes text: ")
    assert ("a.png", "char") not in both


def test_an_svg_is_a_text_unless_it_is_to_be_a_picture(folder: Path) -> None:
    as_text = counted(folder, "a.svg", "-t", "gpt-4o")["a.svg", "o200k_base"]
    assert as_text["chars"] == len(samples()["svg"])
    as_picture = counted(folder, "a.svg", "-t", "gpt-4o", "--as", "picture")["a.svg", "gpt-4o"]
    assert (as_picture["kind"], as_picture["tokens"]) == ("picture", 255)


def test_options_are_those_of_the_rules(folder: Path) -> None:
    def tokens(name: str, *options: str) -> object:
        (one,) = counted(folder, name, *options).values()
        return one["tokens"]

    medium = read_medium(Source.of_bytes(samples()["mp4"], "a.mp4"))
    assert medium.seconds == Fraction(4)
    for asked in (Asked(detail="low"), Asked(rules="documented"), Asked(host="vertex"), Asked(as_of="2025")):
        options = ("--detail", asked.detail, "--rules", asked.rules, "--host", asked.host)
        options += ("--as-of", asked.as_of) if asked.as_of else ()
        assert (
            tokens("a.mp4", "-t", "gemini-3-pro", *options)
            == count_medium(medium, "gemini-3-pro", asked).tokens
        )
    assert tokens("a.png", "-t", "internvl2?most=6") is not None


def test_text_alone_imports_nothing_of_media(folder: Path) -> None:
    code = (
        "import sys; from tokscope.cli import run\n"
        "try: run()\n"
        "finally: print([name for name in sys.modules if name.startswith('tokscope.media')], file=sys.stderr)"
    )
    for arguments in (["-x", "hi"], ["prompt.md", "liar.png"], [".", "-t", "char"]):
        done = subprocess.run(
            [sys.executable, "-c", code, "count", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        loaded = done.stderr.splitlines()[-1]
        assert ("tokscope.media.rules" in loaded) == (arguments[0] == "."), arguments


# --- check ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("a.png", "prompt.md", "--budget", "255", "-t", "gpt-4o"), 0, ""),
        (("a.png", "prompt.md", "--budget", "254", "-t", "gpt-4o"), 1, "a.png: 255 tokens"),
        (("a.png", "--budget", "200", "-t", "gpt-4o", "--detail", "low"), 0, ""),
        (
            ("wide.png", "--budget", "9999", "-t", "claude-opus-5-5"),
            2,
            "png: claude-opus-5-5 rejects it: a side of 9,000 pixels",
        ),
        (
            ("a.mp3", "--budget", "9999", "-t", "gpt-4o"),
            2,
            "a.mp3: not text, and no model in its rules takes",
        ),
        (("a.png", "--budget", "9999", "-t", "gpt-4o,char"), 2, "a.png: char: no picture rule"),
        (("empty.jpg", "--budget", "9999", "-t", "gpt-4o"), 2, "empty.jpg: an empty file"),
        (("a.pdf", "--budget", "1000", "-t", "gpt-4o"), 1, "at most 1,106"),  # judged by the upper bound
        (("a.pdf", "--budget", "2000", "-t", "gpt-4o"), 0, ""),
    ],
)
def test_a_budget_holds_what_is_no_text(
    arguments: tuple[str, ...], code: int, says: str, folder: Path
) -> None:
    done = tokscope("check", *arguments, cwd=folder)
    assert done.code == code, done
    assert says in done.out + done.err


def test_totals_and_growth_have_pictures(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    write(
        tmp_path,
        {
            "tokscope.toml": rules('paths = ["p/**"]\ntokenizer = "gpt-4o"\ntotal = 1000\ngrowth = "50%"'),
            "p/a.png": png(512, 512),
            "p/a.md": words(10),
            "p/a.mp3": samples()["mp3"],  # which gpt-4o does not take
        },
    )
    git(tmp_path, "add", "."), git(tmp_path, "commit", "-qm", "one")
    text = int(tokscope("count", "p/a.md", "-t", "gpt-4o", cwd=tmp_path).out)
    write(tmp_path, {"p/a.png": png(1024, 512)})  # one tile more
    for arguments, before in (((), None), (("--base", "HEAD"), 255 + text)):
        done = tokscope("check", "--format", "json", *arguments, cwd=tmp_path)
        summary = json.loads(done.out)["summary"]
        assert [one["tokens"] for one in summary["totals"]] == [425 + text] * (2 if before else 1)
        assert summary["totals"][-1]["before"] == before
        assert summary["skipped"] == 1
        assert done.code == (1 if before and (425 + text) > (255 + text) * 3 // 2 else 0)


# --- fit and diff ---------------------------------------------------------------------------------------


def test_fit_adds_pictures_to_the_text(folder: Path) -> None:
    done = tokscope("fit", "prompt.md", "a.png", "a.mp3", "-t", "gpt-4o", "--format", "json", cwd=folder)
    (refused,) = json.loads(done.out)["results"]
    assert (refused["tokens"], refused["fits"]) == (None, None)
    assert refused["error"].startswith("no sound rule; takes text, pictures and PDFs")
    done = tokscope("fit", "prompt.md", "a.png", "-t", "gpt-4o,gpt-5.5", "--format", "json", cwd=folder)
    tiles, patches = json.loads(done.out)["results"]
    assert (tiles["tokens"], tiles["exact"], tiles["fits"]) == (258, True, True)
    assert (patches["tokens"], patches["exact"]) == (8, False)


def test_diff_of_pictures(folder: Path, tmp_path: Path) -> None:
    done = tokscope("diff", "a.png", "wide.png", "-t", "gpt-4o,gemini-3-pro", "--format", "json", cwd=folder)
    found = {one["tokenizer"]: one for one in json.loads(done.out)["results"]}
    assert (found["gpt-4o"]["before"], found["gpt-4o"]["tokens"]) == (255, 85 + 4 * 170)
    refused = tokscope("diff", "a.png", "wide.png", "-t", "claude-opus-5-5", cwd=folder)
    assert refused.code == 2
    assert "rejects it" in refused.err
    git(tmp_path, "init", "-q")
    write(tmp_path, {"a.png": png(512, 512)})
    git(tmp_path, "add", "."), git(tmp_path, "commit", "-qm", "one")
    write(tmp_path, {"a.png": png(1024, 512)})
    done = tokscope("diff", "HEAD", "-t", "gpt-4o", "--format", "json", cwd=tmp_path)
    (delta,) = json.loads(done.out)["results"]
    assert (delta["path"], delta["before"], delta["tokens"]) == ("a.png", 255, 425)
