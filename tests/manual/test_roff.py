"""The man pages: roff that groff takes, with every word of the manual."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from typer.main import get_command

from tokscope.cli import app
from tokscope.errors import TokscopeError
from tokscope.manual import page, subjects
from tokscope.manual.roff import PLAIN_MACROS
from tokscope.shell.man_page import man_page

ROOT = get_command(app)
CONTEXT = ROOT.make_context("tokscope", [], resilient_parsing=True)


MACROS = {"TH", "SH", "SS", "TP", "PP", "RS", "RE", "IP", "nf", "fi", "nh", "ad", "br"}


@pytest.mark.parametrize("subject", [None, *subjects()])
def test_a_man_page(subject: str | None) -> None:
    lines = man_page(subject, CONTEXT).splitlines()
    assert lines[0].startswith('.TH "TOKSCOPE')
    asked = [line for line in lines if line.startswith((".", "'"))]
    assert {line[1:3] for line in asked} <= MACROS
    assert asked.count(".nf") == asked.count(".fi")
    assert sum(line.startswith(".RS") for line in asked) == asked.count(".RE")
    for line in lines:
        assert "\\" not in re.sub(r"\\(?:f[BIR]|[&e-]|\(bu)", "", line)
        assert len(re.findall(r"\\f[BI]", line)) == line.count("\\fR")
    if subject is not None:
        text = re.sub(r"\\f[BIR]|\\&", "", "\n".join(lines)).replace("\\e", "\\").replace("\\-", "-")
        source = re.sub(r"^```\w+|\]\([^)]*\)", "", page(subject).partition("\n")[2], flags=re.MULTILINE)
        assert {*re.findall(r"\w+", source)} <= {*re.findall(r"\w+", text)}
    if shutil.which("groff") and subject in (None, "output"):
        said = subprocess.run(
            ["groff", "-man", "-Tutf8", "-Kutf8", "-ww"], input="\n".join(lines).encode(), capture_output=True
        )
        assert (said.returncode, said.stderr) == (0, b"")
    assert set(PLAIN_MACROS.values()) & {*asked} or subject is None


def test_a_page_that_is_not_there() -> None:
    with pytest.raises(TokscopeError, match="the manual has no page on 'cuont'"):
        man_page("cuont", CONTEXT)
