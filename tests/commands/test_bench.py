"""`tokscope bench`: right counts by every engine, and figures that fit each other."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.shell import tokscope


@pytest.mark.slow
def test_every_engine_counts_the_same(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("Hello wörld, 日本語!\n" * 200)
    expected = tokscope("count", path, "-t", "o200k_base,char", "--format", "json")
    tokens = json.loads(expected.out)["summary"]["tokens"]
    done = tokscope("bench", path, "-t", "o200k_base,char", "--runs", "3", "--format", "json")
    assert done.code == 0
    results = json.loads(done.out)["results"]
    assert [(row["tokenizer"], row["engine"]) for row in results] == [
        ("o200k_base", "merges"),
        ("o200k_base", "splintr"),
        ("o200k_base", "toktok"),
        ("o200k_base", "tiktoken"),
        ("char", "own"),
    ]
    for row in results:
        assert row["tokens"] == tokens[row["tokenizer"]]
        assert row["bytes"] == path.stat().st_size
        assert len(row["seconds"]) == 3
        assert row["median"] == sorted(row["seconds"])[1]
        assert row["megabytes_per_second"] == pytest.approx(row["bytes"] / row["median"] / 1e6)
        assert row["startup"] > 0
        assert row["memory"] > 1_000_000


@pytest.mark.slow
def test_an_engine_that_cannot_take_the_text_is_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("a" * 10_000)
    done = tokscope("bench", path, "--runs", "1", "--format", "table")
    assert done.code == 0
    assert any(line.startswith("left out: o200k_base merges") for line in done.out.splitlines()), done.out
    rows = re.findall(r"^(?:o200k_base)? +([a-z]+) +[0-9]", done.out, re.MULTILINE)
    assert rows == ["splintr", "toktok", "tiktoken"]
    assert re.search(
        r"^o200k_base by \w+ is [\d.,]+ times as fast as o200k_base by \w+", done.out, re.MULTILINE
    )


def test_bad_input_is_2() -> None:
    assert tokscope("bench", "gone.txt").code == 2
    assert tokscope("bench", "-x", "a", "-t", "nonsense").code == 2


@pytest.mark.parametrize(
    "engine_dies_by", [signal.SIGKILL, pytest.param(signal.SIGABRT, marks=pytest.mark.slow)]
)
def test_a_process_that_is_ended_is_left_out_and_said(engine_dies_by: signal.Signals, tmp_path: Path) -> None:
    """A plug-in whose counting takes the process with it, as the system does where memory runs out."""
    info = tmp_path / "deadly-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: deadly\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tokscope.backends]\ndeadly = deadly:load\n")
    (tmp_path / "deadly.py").write_text(
        "import os\n"
        "from tokscope.backends.byte import Byte\n"
        "class Deadly(Byte):\n"
        "    name = 'deadly'\n"
        "    def count(self, text):\n"
        f"        os.kill(os.getpid(), {int(engine_dies_by)})\n"
        "def load(spec): return Deadly()\n"
    )
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    command = [sys.executable, "-m", "tokscope", "bench", "-x", "hello", "--runs", "1", "-t"]
    done = subprocess.run([*command, "deadly,byte"], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "byte" in done.stdout
    alone = subprocess.run([*command, "deadly"], env=env, capture_output=True, text=True, check=False)
    assert (alone.returncode, alone.stdout, alone.stderr.count("\n")) == (2, "", 1)
    assert f"deadly own: its process was killed by {engine_dies_by.name}" in alone.stderr


def test_dropped_text_is_said_and_not_that_of_the_first_word(tmp_path: Path) -> None:
    """The word that an engine is started with may be dropped too, and is nobody's text."""
    vocabulary = {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}}
    (tmp_path / "ab.json").write_text(json.dumps(vocabulary))
    done = tokscope("bench", "-x", "ab zoo", "-t", "ab.json", "--runs", "1", "--json", cwd=tmp_path)
    assert json.loads(done.out)["results"][0]["lost"] == [" ", "o", "z"]
    assert "ab.json has no token for these characters and drops them:   o z" in done.err
