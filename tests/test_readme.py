"""Every example of the README and of the manual does what it shows, and every link leads somewhere."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.shell import tokscope
from tokscope.cli import COMMANDS
from tokscope.manual import examples as examples_of
from tokscope.manual import page, subjects

WITHOUT = {"adapt", "init", "samples", "help", "play", "train", "verify", "bench"}
"""Commands whose examples write files, ask a server, take long or wait for keys: none runs by itself."""

PAGES = [ROOT / "README.md", *sorted((ROOT / "tokscope/manual").glob("*.md"))]
TEXTS = {path: path.read_text("utf-8") for path in PAGES}
ALL = "\n".join(TEXTS.values())


def examples(text: str) -> list[tuple[str, str]]:
    """Give every `$ command` of the console blocks, and what stands under it."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", text, re.M | re.S):
        for example in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = example.partition("\n")
            found.append((command, output))
    return found


EXAMPLES = [
    pytest.param(*example, id=example[0], marks=[] if path.name == "README.md" else pytest.mark.slow)
    for path, text in TEXTS.items()
    for example in examples(text)
]


@pytest.mark.parametrize(("command", "output"), EXAMPLES)
def test_console_example(command: str, output: str) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, env={**os.environ, "PATH": path}, check=False
    )
    assert done.stdout.decode() == output
    assert (done.returncode, done.stderr) == (0, b"")


def test_python_examples() -> None:
    block = re.search(r"^```python\n(>>>.*?)^```", ALL, re.M | re.S)
    assert block is not None
    example = doctest.DocTestParser().get_doctest(block[1], {}, "README.md", None, 0)
    assert doctest.DocTestRunner().run(example).failed == 0


def test_the_plug_in_of_the_readme(tmp_path: Path) -> None:
    code = re.search(r"^```python\n(from tokscope import Split.*?)^```", ALL, re.M | re.S)
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


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    assert TEXTS[ROOT / "README.md"].count("\n") <= 150
    for path, text in TEXTS.items():
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_every_command_has_a_page_with_examples() -> None:
    for names in COMMANDS.values():
        for name in names:
            assert page(name).startswith("# tokscope ")
            assert examples_of(name) or name in WITHOUT, name


def test_help_shows_the_manual() -> None:
    listed = tokscope("help")
    assert listed.code == 0
    assert all(f"`{name}`" in listed.out for name in subjects())
    assert tokscope("help", "count").out == page("count")
    drawn = tokscope("help", "count", "--color", "always").out  # by way of `| less -R`
    assert "\x1b[1;4mtokscope count: " in drawn and "```" not in drawn
    wrong = tokscope("help", "cuont")
    assert (wrong.code, wrong.out) == (2, "")
    assert "did you mean count" in wrong.err
    assert tokscope("help", "../errors").code == 2
