"""What holds molecules, what a graph, and what neither, told by content with care."""

from __future__ import annotations

import pytest

from tokscope.structures.sniffing import structure_kind

SAMI = "<SAMI>\n<HEAD><TITLE>Film</TITLE></HEAD><BODY>\n<SYNC Start=1000><P>Hello\n"


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        ("CCO ethanol\nc1ccccc1\n", "a.smi", "molecules"),
        ("CCO\r\nCCN\r\n", "a.SMI", "molecules"),
        ("C(C\nCCO\n", "a.smi", "molecules"),  # one line is bad
        ("smiles\tname\nCCO\tx\n", "a.smi", "molecules"),
        ("", "a.smi", "molecules"),
        ("C" * 9000, "a.smi", "molecules"),  # the start of a long one
        ("C(" * 4000 + "[nH", "a.smi", "molecules"),
        ("hello " * 1000, "a.smi", "text"),
        (SAMI, "a.smi", "text"),  # subtitles have that ending too
        ("ER\x02\0CCO\n", "a.smi", "text"),  # and disk images of Apple's
        ("hello world\n", "a.smi", "text"),
        ("CCO ethanol\nc1ccccc1 benzene\n", "a.txt", "molecules"),
        ("CON\nICON\nBIN\nFOP\n", "words.txt", "text"),
        ("Once upon a time\n", "a.txt", "text"),
        ("No\nI\n", "a.txt", "text"),
        ("x\ny\nz\n  1  0  0  0  0  0  0  0  0  0999 V2000\n", "a.mol", "molecules"),
        ("x\ny\n\n  0  0  0     0  0            999 V3000\n", "noname", "molecules"),
        ('<?xml version="1.0"?>\n<graphml xmlns="x">', "a.xml", "graph"),
        ('<?xml version="1.0"?>\n<svg/>', "a.svg", "text"),
        ("# made by\ngraph [\n  directed 0\n", "a.gml", "graph"),
        ('Creator "x"\ngraph\n[\n', "noname", "graph"),
        ('{"directed": false, "nodes": [], "links": []}', "a.json", "graph"),
        ('{"name": "x", "nodes": 3}', "a.json", "text"),
        ('{"nodes": 3}', "package.json", "graph"),  # and is told to be none when it is read
        ("A B\nB C\n", "a.edgelist", "graph"),
        ("A B\nB C\n", "a.txt", "text"),  # too few to tell
        ("A B\nB C\nC D\n", "a.txt", "graph"),
        ("# made\n1,2,0.5\n2,3,1e-3\n3,1,7\n", "a.csv", "graph"),
        ("Hello world\nGood day\nSee you\n", "a.txt", "text"),
        ("A B\nB C\nC D E\n", "a.txt", "text"),
        ("A B\nB C\nC D\n", "a.md", "text"),
        ("1 2 3\n2 3\n", "a.adjlist", "graph"),
        ("", "a.edges", "graph"),
    ],
)
def test_kind(head: str, name: str, kind: str) -> None:
    assert structure_kind(head, name) == kind
