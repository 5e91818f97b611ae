"""Every example of the README does what it shows."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def examples() -> list[tuple[str, str]]:
    """Give every `$ command` of the console blocks, and what stands under it."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", README, re.M | re.S):
        for example in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = example.partition("\n")
            found.append((command, output))
    return found


@pytest.mark.parametrize(("command", "output"), examples(), ids=[command for command, _ in examples()])
def test_console_example(command: str, output: str) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, env={**os.environ, "PATH": path}, check=False
    )
    assert done.stdout.decode() == output
    assert (done.returncode, done.stderr) == (0, b"")


def test_python_examples() -> None:
    block = re.search(r"^```python\n(>>>.*?)^```", README, re.M | re.S)
    assert block is not None
    example = doctest.DocTestParser().get_doctest(block[1], {}, "README.md", None, 0)
    assert doctest.DocTestRunner().run(example).failed == 0


def test_the_plug_in_of_the_readme(tmp_path: Path) -> None:
    code = re.search(r"^```python\n(from tokscope import Split.*?)^```", README, re.M | re.S)
    assert code is not None
    (tmp_path / "my_package.py").write_text(code[1])
    metadata = tmp_path / "my_package-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[tokscope.backends]\nvowels = my_package:load\n")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "tokscope", "split", "-x", "banana split", "-t", "vowels"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("ba\nna\nna\n spli\nt\n", "")
    listed = subprocess.run(
        [sys.executable, "-m", "tokscope", "list", "vowels"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    assert listed.stdout.startswith("vowels\tplug-in")
