"""What a CI service would obey, and what goes wrong with a standard stream."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.shell import tokscope
from tokscope.render import FORMATS, formats_of
from tokscope.report.check import CheckReport
from tokscope.shell.streams import Outlet


def obeyed(data: bytes) -> list[str]:
    """Read lines as GitHub's runner does, and give those that it obeys, whatever the command.

    A reading of ActionCommand.cs: TryParseV2 trims the line and wants `::` twice; TryParse, `##[` and `]`.
    .NET's ReadLine ends a line with CR, LF or both, and StreamReader drops a byte order mark.
    """
    found = []
    for line in re.split(r"\r\n|\r|\n", data.decode(errors="replace").removeprefix("\ufeff")):
        trimmed = line.lstrip()
        if (trimmed.startswith("::") and "::" in trimmed[2:]) or re.search(r"##\[[^\]]*\]", line):
            found.append(line)
    return found


PARTS = st.sampled_from(
    [
        "::",
        ":",
        "##[",
        "##",
        "#",
        "[",
        "]",
        "\n",
        "\r",
        " ",
        "\t",
        "\u3000",
        "\u2028",
        "a",
        "é",
        "set-output x=y",
    ]
)


@given(st.lists(st.lists(PARTS).map("".join)), st.booleans())
def test_nothing_that_is_written_is_obeyed_wherever_blocks_end(blocks: list[str], bytewise: bool) -> None:
    raw = io.BytesIO()
    outlet = Outlet(raw, _raise, obeyed=True)  # type: ignore[arg-type]
    data = "".join(blocks).encode()
    for block in (data[i : i + 1] for i in range(len(data))) if bytewise else map(str.encode, blocks):
        assert outlet.write(block) == len(block)
    assert not obeyed(raw.getvalue())
    assert raw.getvalue().replace(rb"\x5b", b"[").replace(rb"\x3a", b":") == data


def _raise(error: OSError) -> None:
    raise error


@given(st.binary())
def test_without_a_service_bytes_are_left_alone(data: bytes) -> None:
    raw = io.BytesIO()
    Outlet(raw, _raise, obeyed=False).write(data)  # type: ignore[arg-type]
    assert raw.getvalue() == data


STOP, SET = "##[stop-commands]z.md", "::set-output name=a::b.md"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    (tmp_path / STOP).write_text("x ##[add-mask]x\n")
    (tmp_path / SET).write_text("# ##[set-output name=ok]true\n\n  ::set-output name=a::b\n")
    (tmp_path / "##[error]bad.md").write_bytes(b"\xff")
    (tmp_path / "tokscope.toml").write_text('[[budget]]\npaths = ["*.md"]\nmax = 1\n')
    return tmp_path


COMMANDS = [
    *(
        ["count", ".", "--by", "heading", "--format", format]
        for format in ("plain", "csv", "md", "json", "ndjson")
    ),
    *(["split", SET, "--format", format] for format in ("plain", "table", "csv", "md", "json", "html")),
    *(["trace", SET, "-t", "word:space", "--format", format] for format in ("plain", "table", "json")),
    *(
        ["check", "--format", format]
        for format in ("plain", "table", "csv", "md", "json", "sarif", "gitlab", "junit")
    ),
    ["count", STOP, SET, "--format", "table", "--color", "always"],
    ["compare", STOP, "-t", "char,byte"],
    ["truncate", SET, "-n", "40"],
    ["chunk", SET, "-n", "9"],
    ["chunk", SET, "-n", "9", "-0"],
    ["decode", "-t", "byte", "-x", " ".join(map(str, f"a\n {SET}".encode()))],
    ["count", STOP + "gone", SET + "gone"],
    ["::error::no such command"],
    ["count", "--::error::no such option"],
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_command_of_a_ci_service_is_printed(arguments: list[str], hostile: Path) -> None:
    done = tokscope(*arguments, cwd=hostile, env={"GITHUB_ACTIONS": "true"})
    assert not obeyed(done.out.encode())
    assert not obeyed(done.err.encode())
    plain = tokscope(*arguments, cwd=hostile)
    assert plain.code == done.code
    if "json" in arguments or "sarif" in arguments or "gitlab" in arguments:
        assert json.loads(plain.out) == json.loads(done.out)
    elif arguments[0] == "chunk" and "-0" not in arguments:
        assert [*map(json.loads, plain.out.splitlines())] == [*map(json.loads, done.out.splitlines())]
    elif "csv" in arguments:
        unescaped = done.out.replace(rb"\x5b".decode(), "[").replace(rb"\x3a".decode(), ":")
        assert [*csv.reader(io.StringIO(unescaped))] == [*csv.reader(io.StringIO(plain.out))]


def test_annotations_are_what_the_github_format_prints(hostile: Path) -> None:
    done = tokscope("check", "--format", "github", cwd=hostile, env={"GITHUB_ACTIONS": "true"})
    assert done.code == 2  # a file is not text
    assert all(line.startswith("::error ") for line in done.out.splitlines())
    assert len(done.out.splitlines()) == 3


@pytest.mark.parametrize("format", [one for one in formats_of(CheckReport.forms) if not FORMATS[one].binary])
def test_azure_is_told_nothing_in_any_format(format: str, tmp_path: Path) -> None:
    """Its agent obeys `##vso[...]` and `##[...]` wherever they are in a line."""
    (tmp_path / "##vso[task.setvariable variable=x]y.md").write_text(
        "# ##vso[task.complete result=Succeeded]\n"
    )
    (tmp_path / "##[error]bad.md").write_bytes(b"\xff")
    (tmp_path / "tokscope.toml").write_text('[[budget]]\npaths = ["*.md"]\nmax = 1\nsection = 1\n')
    done = tokscope("check", "--format", format, cwd=tmp_path, env={"TF_BUILD": "True", "GITHUB_ACTIONS": ""})
    assert done.code == 2
    assert "setvariable" in done.out or format == "table"  # which shortens names
    assert not re.search(r"##(vso)?\[", done.out + done.err)


def test_what_was_escaped_for_a_service_is_said(hostile: Path) -> None:
    env = {"GITHUB_ACTIONS": "true"}
    assert "2 places escaped" in tokscope("truncate", SET, "-n", "99", cwd=hostile, env=env).err
    assert tokscope("truncate", SET, "-n", "99", "-o", "out", cwd=hostile, env=env) == (0, "", "")
    assert (hostile / "out").read_bytes() == (hostile / SET).read_bytes()
    assert tokscope("count", SET, "--format", "json", cwd=hostile, env=env).err == ""


def test_every_format_has_a_notation_that_a_text_survives() -> None:
    for notation in {format.escape for format in FORMATS.values() if format.escape}:
        assert not obeyed(b"##" + notation % ord("[") + b"debug]")
