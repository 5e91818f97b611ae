"""What a document is to tokenizers of molecules or of graphs, and what is said of one that is for neither."""

from __future__ import annotations

import pytest

from tests.support import SAMPLES
from tokscope.inputs import Decoding, Document
from tokscope.structure_files.stream import mismatch
from tokscope.tokenizer import Kind


@pytest.mark.parametrize(
    ("name", "wanted", "said"),
    [
        ("aspirin.smi", Kind.MOLECULES, ""),
        ("papers.graphml", Kind.GRAPH, ""),
        ("aspirin.smi", Kind.GRAPH, "takes graphs, and this is molecules"),
        ("papers.graphml", Kind.MOLECULES, "takes molecules, and this is a graph"),
        ("english.txt", Kind.MOLECULES, "takes molecules, and this is a text"),
        ("media/lake.jpg", Kind.GRAPH, "takes graphs, and this is a picture"),
        ("media/bell.wav", Kind.GRAPH, "takes graphs, and this is sound"),
        ("media/lake.mp4", Kind.GRAPH, "takes graphs, and this is a video"),
        ("media/page.pdf", Kind.MOLECULES, "takes molecules, and this is a PDF"),
    ],
)
def test_what_is_said_of_another_kind(name: str, wanted: Kind, said: str) -> None:
    data = (SAMPLES / name).read_bytes()
    assert mismatch(Document(name, Decoding(), data), wanted) == said
