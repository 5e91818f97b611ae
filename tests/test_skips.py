"""Nothing is dropped in silence: every command that reads a folder says what it skipped there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import SAMPLES
from tests.support.shell import tokscope
from tokscope.cli import COMMANDS

READS = {
    "count": ("", "--format json"),
    "compare": ("", "-t byte,char --format csv"),
    "stats": ("",),
    "split": ("", "--levels --format plain"),
    "trace": ("--from 0 --to 5",),
    "chars": ("",),
    "check": ("--budget 100000", "--budget 100000 --format sarif"),
    "diff": ("-t byte,char",),
    "fit": ("",),
    "chunk": ("-n 500",),
    "encode": ("",),
    "bench": ("--runs 1 -t byte",),
    "truncate": ("-n 3",),
    "train bpe": ("--vocab-size 300 -o out.json",),
    "train unigram": ("--vocab-size 400 -o out.json",),
    "train wordpiece": ("--vocab-size 300 -o out.json",),
    "train entropy": ("-o out.npz",),
    "train molebert": ("-o out.npz",),
    "train vq": ("-o out.npz --codes 2 --restarts 1",),
    "adapt": ("-o out.json",),
    "agree": ("o200k_base gpt-4o",),
    "corpus count": ("",),
    "corpus compare": ("",),
    "corpus encode": ("-o out --layout flat",),
    "corpus sample": ("--tokens 100",),
    "chat": ("",),
    "decode": ("-t gpt-4o",),
}
"""The commands that read files, with what each is given beside a folder, in turn."""

ELSEWHERE = {
    **dict.fromkeys(("list", "samples", "help"), "no file of the user's"),
    **dict.fromkeys(("vocab", "weights rows", "weights glitch", "weights letters"), "one model's files"),
    **dict.fromkeys(("weights positions", "weights attention"), "one model's files"),
    "verify": "what it reads goes to an API: see backends/test_api.py",
    "init": "the prompts of a repository: see below",
    "train neural": "a training takes 15 s: see below, what is said before an error",
    "play": "one file at a time, on a screen that lists a folder's: see playground/test_playground.py",
}
"""The commands that walk no folder here: what they read instead, or where they are tested."""

SAMPLE = {"train molebert": "aspirin.smi", "train vq": "picture.png", "chat": "chat.json"}
"""The sample that a command reads where it takes no text."""


def names() -> set[str]:
    """Name every command, those of groups with the group's name before theirs."""
    return {
        f"{name} {inner}".strip()
        for panel in COMMANDS.values()
        for name, where in panel.items()
        for inner in (where if isinstance(where, dict) else ("",))
    }


def test_no_command_is_left_out() -> None:
    assert {*READS, *ELSEWHERE} == names()
    assert not READS.keys() & ELSEWHERE.keys()


@pytest.mark.parametrize("command", [f"{name} {one}" for name, given in READS.items() for one in given])
def test_every_command_says_what_it_skipped(command: str, tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    sample = next((name for start, name in SAMPLE.items() if command.startswith(start)), "english.txt")
    data = (SAMPLES / sample).read_bytes() * (20 if sample == "english.txt" else 1)
    (folder / sample).write_bytes(data if not command.startswith("decode") else b"[9906, 1917]")
    (folder / "program.bin").write_bytes(b"\x7fELF\0\0\0\x01")
    done = tokscope(*command.split(), folder, cwd=tmp_path)
    assert done.code == 0
    assert "1 binary file skipped" in done.err


@pytest.mark.parametrize(
    "command",
    [
        "train bpe -o out.json --vocab-size 300",
        "train entropy -o out.npz",
        pytest.param("train neural -o out.npz", marks=pytest.mark.slow),  # JAX takes seconds to import
        "train molebert -o out.npz",
        "adapt -o out.json",
        "count",
    ],
)
def test_what_was_skipped_is_said_before_an_error(command: str, tmp_path: Path) -> None:
    """A picture alone, which may be why there is nothing to learn from."""
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "picture.png").write_bytes((SAMPLES / "picture.png").read_bytes())
    done = tokscope(*command.split(), folder, cwd=tmp_path)
    if command != "count":
        assert done.code == 2
    assert "1 binary file skipped" in done.err


@pytest.mark.parametrize("format", ["plain", "json", "table", "html", "svg"])
@pytest.mark.parametrize("command", ["split", "trace"])
def test_what_was_skipped_is_said_once(command: str, format: str, tmp_path: Path) -> None:
    """By the result, where a format has room for notes, or else on stderr."""
    (tmp_path / "a.md").write_text("Hi")
    (tmp_path / "program.bin").write_bytes(b"\x7fELF\0\0\0\x01")
    done = tokscope(command, ".", "-t", "byte", "--format", format, cwd=tmp_path)
    assert re.sub("<[^>]*>", "", done.out + done.err).count("1 binary file skipped") == 1


def test_what_was_skipped_is_said_where_nothing_is_left_to_learn_from(tmp_path: Path) -> None:
    (tmp_path / "program.bin").write_bytes(b"\x7fELF\0\0\0\x01")
    (tmp_path / "a.md").write_text("one")
    done = tokscope("adapt", ".", "-o", "out.json", cwd=tmp_path)
    assert done.code == 2
    assert done.err.startswith("tokscope: 1 binary file skipped\ntokscope: no token to add")


def test_init_says_which_prompts_it_skipped(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/program.bin").write_bytes(b"\x7fELF\0\0\0\x01")
    none = tokscope("init", cwd=tmp_path)
    assert (none.code, none.err.splitlines()[0]) == (2, "tokscope: 1 binary file skipped")
    (tmp_path / "prompts/a.md").write_text("Be brief.")
    some = tokscope("init", cwd=tmp_path)
    assert (some.code, some.err.splitlines()[-1]) == (0, "tokscope: 1 binary file skipped")


def test_a_link_that_leads_elsewhere_is_said(tmp_path: Path) -> None:
    """One that leads to a file of the same folder gives that another name, and leaves nothing out."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/a.md").write_text("Hello")
    (tmp_path / "texts/same.md").symlink_to("a.md")
    (tmp_path / "texts/broken.md").symlink_to("../nowhere")
    assert tokscope("count", "texts", cwd=tmp_path).err == ""
    (tmp_path / "b.md").write_text("Hello")
    (tmp_path / "texts/other.md").symlink_to("../b.md")
    done = tokscope("count", "texts", cwd=tmp_path)
    assert (done.code, done.err) == (0, "tokscope: 1 link that leads elsewhere not followed\n")


def test_diff_says_what_it_skipped_on_either_side(tmp_path: Path) -> None:
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "text.md").write_text(name)
        (tmp_path / name / "program.bin").write_bytes(b"\x7fELF\0\0\0\x01" + name.encode())
    assert tokscope("diff", "before", "after", cwd=tmp_path).err == "tokscope: 1 binary file skipped\n"


def test_diff_says_what_it_skipped_where_nothing_differs(tmp_path: Path) -> None:
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "text.md").write_text("the same")
        (tmp_path / name / "picture.png").write_bytes((SAMPLES / "picture.png").read_bytes())
    done = tokscope("diff", "before", "after", cwd=tmp_path)
    assert (done.code, done.err) == (0, "tokscope: 1 binary file skipped\n")
