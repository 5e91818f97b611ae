"""Drawings of molecules and trees: valid, in the colours of the tokens, and obeying nothing from outside."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree

from tests.support.shell import tokscope
from tests.support.structures import nci
from tokscope.render.drawing import NEUTRAL, PALETTE

SVG = "{http://www.w3.org/2000/svg}"


def drawn(folder: Path, *arguments: str) -> etree._Element:
    done = tokscope("split", *arguments, "-o", "a.svg", cwd=folder)
    assert (done.code, done.out) == (0, "")
    return etree.fromstring((folder / "a.svg").read_bytes())


def fills(svg: etree._Element, tag: str) -> list[str]:
    return [one.get("fill") for one in svg.iter(f"{SVG}{tag}") if one.get("fill") != "#ffffff"]


def test_an_atom_has_the_colour_of_its_token(tmp_path: Path) -> None:
    svg = drawn(tmp_path, "-x", "C(=O)O", "-t", "smiles")
    assert fills(svg, "rect") == [PALETTE[0], NEUTRAL, PALETTE[2], PALETTE[3], NEUTRAL, PALETTE[5]]
    assert fills(svg, "circle") == [PALETTE[0], PALETTE[3], PALETTE[5]]
    bands = [one.get("stroke") for one in svg.iter(f"{SVG}line") if one.get("stroke-width") == "15"]
    assert bands == [PALETTE[2], PALETTE[5]]  # = is a bond by itself; the last O brings its own
    labels = [one.text for one in svg.iter(f"{SVG}text") if one.get("class") == "atom"]
    assert labels == ["C", "O", "O"]


def test_every_tokenizer_has_its_drawing(tmp_path: Path) -> None:
    svg = drawn(tmp_path, "-x", "[NH4+].C[2H]", "-t", "smiles,selfies,graphsgpt,molebert,gpt-4o")
    labels = [one.text for one in svg.iter(f"{SVG}text") if one.get("class") == "atom"]
    assert labels == ["N+", "C", "2H"] * 5
    names = [one.text for one in svg.iter(f"{SVG}tspan") if one.get("class") == "name"]
    assert names == ["smiles", "selfies", "graphsgpt", "molebert", "gpt-4o"]


def test_the_tree_of_hops(tmp_path: Path) -> None:
    (tmp_path / "five.edges").write_text("A B\nA C\nC D\nC E\n")
    svg = drawn(tmp_path, "five.edges", "-t", "llaga:nd?s=3", "--node", "A")
    nodes = [one for one in svg.iter(f"{SVG}rect") if one.get("class") == "node"]
    assert len(nodes) == 13
    assert [one.get("fill") for one in nodes].count(NEUTRAL) == 6  # padding
    assert len(list(svg.iter(f"{SVG}line"))) == 12
    middles = [float(one.get("y")) + float(one.get("height")) / 2 for one in nodes]
    assert len(set(middles)) == 3
    for level in set(middles):  # no two on a level overlap
        row = sorted(
            (float(one.get("x")), float(one.get("width")))
            for one, middle in zip(nodes, middles, strict=True)
            if middle == level
        )
        assert all(x + width <= after for (x, width), (after, _) in pairwise(row))


def test_text_from_outside_is_text(tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("CCO <script>alert(1)</script>\x1b[31m\n")
    text = b"".join(etree.tostring(one) for one in drawn(tmp_path, "a.smi", "-t", "smiles"))
    assert b"<script" not in text
    assert b"\x1b" not in text
    (tmp_path / "b.edges").write_text('n<b> &"\nn<b> c\n')
    assert len(drawn(tmp_path, "b.edges", "-t", "llaga:nd?s=1")) > 0


def test_any_molecule_can_be_drawn(tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("\n".join([*nci()[:20], "C", "[Na+].[Cl-]", "[H][H]"]) + "\n")
    svg = drawn(tmp_path, "a.smi", "-t", "smiles")
    numbers = [float(n) for n in re.findall(r'c[xy]="([-\d.]+)"', etree.tostring(svg).decode())]
    assert min(numbers) >= 0
    height = float(svg.get("height"))
    assert (
        max(float(one.get("height", 0)) for one in svg.iter(f"{SVG}rect") if "%" not in one.get("height"))
        < height
    )


@pytest.mark.parametrize("arguments", [("-x", "A B", "-t", "graphgpt"), ("-x", "hello", "-t", "smiles")])
def test_what_cannot_be_drawn(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = tokscope("split", *arguments, "-o", "a.svg", cwd=tmp_path)
    assert done.code == 2
    assert "draws molecules, and the trees of llaga:nd" in done.err
    assert not (tmp_path / "a.svg").exists()
