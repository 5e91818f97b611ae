"""A format, a command and a backend are each one file and one line, as these tests show by adding one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FORMAT = '''
"""`shout`: everything in capitals."""

def render(report, stream, *, color, width):
    """Write the paths and figures of the rows."""
    for row in report.rows:
        stream.write(" ".join(map(str, row)).upper() + "!\\n")
'''
COMMAND = '''
"""`tokscope greet`: a command to add."""

from tokscope.report.table import Column, TableReport
from tokscope.shell.options import Inputs, Printing, Tokenizers

def greet(inputs: Inputs, tokenizers: Tokenizers, printing: Printing) -> int:
    """Greet every text."""
    console = printing.console()
    loaded = tokenizers.load()
    rows = []
    for document in inputs.documents(console, "greet"):
        with console.reporting():
            rows.append((f"hello {document.read()}", loaded[0].count("hello")))
    return console.write(TableReport([Column("greeting"), Column("tokens", "int")], rows), loaded)
'''
BACKEND = '''
"""`vowels`: one token for each vowel."""

import re

from tokscope.split import Split
from tokscope.tokenizer import Tokenizer

class Vowels(Tokenizer):
    """Vowels as tokens."""

    name = "vowels"

    def encode(self, text):
        """Cut `text`."""
        return Split.of_characters(text, [match.span() for match in re.finditer("[aeiou]", text)])

    def count(self, text):
        """Count the vowels."""
        return len(self.encode(text))

def load(spec):
    """Build the tokenizer."""
    return Vowels()
'''
LINES = """
import sys
import tokscope.{package}
from tokscope.cli import COMMANDS, run
from tokscope.registry.backends import BACKENDS, Backend
from tokscope.render import FORMATS, Format
tokscope.{package}.__path__.append({folder!r})
{line}
sys.exit(run(sys.argv[1:]))
"""


class Extended:
    """tokscope with one more file in one of its packages, and one more line."""

    def __init__(self, folder: Path, package: str, name: str, code: str, line: str) -> None:
        (folder / f"{name}.py").write_text(code)
        self._program = LINES.format(package=package, folder=str(folder), line=line)

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", self._program, *arguments],
            env={**os.environ, "COLUMNS": "100"},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout


def test_a_format_is_one_file_and_one_line(tmp_path: Path) -> None:
    line = 'FORMATS["shout"] = Format({"table": "shout:render"}, (".loud",))'
    tokscope = Extended(tmp_path, "render", "shout", FORMAT, line)
    assert tokscope("count", "-x", "hello world", "--format", "shout") == "--TEXT 2!\n"
    assert tokscope("count", "-x", "hello world", "-o", str(tmp_path / "a.loud")) == ""
    assert (tmp_path / "a.loud").read_text() == "--TEXT 2!\n"
    assert (
        tokscope("split", "-x", "hello", "-t", "word", "--format", "shout") == "--TEXT WORD 0 0 5 B'HELLO'!\n"
    )
    for command in ("count", "compare", "check", "split", "stats"):
        assert "shout" in tokscope(command, "--help"), command
    assert "shout" not in tokscope("trace", "--help")  # which is not a table
    assert tokscope("help", "shout") == tokscope("help", "output")


def test_a_command_is_one_file_and_one_line(tmp_path: Path) -> None:
    line = 'COMMANDS["Count"]["greet"] = "tokscope.commands.greet:greet"'
    tokscope = Extended(tmp_path, "commands", "greet", COMMAND, line)
    assert tokscope("greet", "-x", "you", "-t", "gpt-4o") == "hello you\t1\n"
    assert "Greet every text." in tokscope("--help")
    assert "--encoding" in tokscope("greet", "--help")
    assert tokscope("help", "greet") == tokscope("greet", "--help")
    assert r"tokscope\-greet \- Greet every text" in tokscope("help", "greet", "--man")


def test_a_backend_is_one_file_and_one_line(tmp_path: Path) -> None:
    line = (
        'BACKENDS["vowels"] = Backend("tokscope.backends.vowels:load", "letters", "vowels", variants=("",))'
    )
    tokscope = Extended(tmp_path, "backends", "vowels", BACKEND, line)
    assert tokscope("count", "-t", "vowels", "-x", "education") == "5\n"
    assert tokscope("split", "-t", "vowels", "-x", "tokens") == "o\ne\n"
    assert any(row.startswith("vowels\tletters") for row in tokscope("list").splitlines())
    assert tokscope("help", "vowels") == tokscope("help", "tokenizers")
