"""Profiles: each tokenizer's figures in its place, though some have their turn when a text is read again."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from tokscope import load
from tokscope.errors import InputError
from tokscope.inputs import Decoding, Document
from tokscope.statistics import profile
from tokscope.statistics.profile import Profiler

TEXT = "Hello wörld, 日本語 and 🦜. " * 50
SPECS = ["o200k_base", "t5", "byte", "bert-base-uncased", "word", "gpt2"]


@pytest.mark.parametrize("much", [0, 1 << 30])
def test_figures_are_in_their_tokenizers_place_also_of_a_pipe(
    much: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile, "FORK_FROM", much)  # from where on forks take turns
    monkeypatch.setattr(profile, "PROGRESS_EVERY", 0)
    tokenizers = [load(spec) for spec in SPECS]
    profiler = Profiler(tokenizers)
    pipe = Document("-", Decoding(), lambda: BytesIO(TEXT.encode()), once=True)
    read: list[int] = []
    profiler.add(pipe, lambda document: read.append(document.bytes_read))
    profiler.add(Document.of_text("more", Decoding()), lambda document: None)
    found = profiler.results()
    assert read == [len(TEXT.encode())] * (1 + 5)  # once by itself, and in each of five turns
    assert [one.tokens for one in found] == [one.count(TEXT) + one.count("more") for one in tokenizers]
    assert {(one.chars, one.bytes) for one in found} == {(len(TEXT) + 4, len(TEXT.encode()) + 4)}
    assert [one.partial for one in found] == [one.encode(TEXT).partial() for one in tokenizers]


@pytest.mark.parametrize(("then", "why"), [(b"two words", "changed while"), (None, "No such file")])
def test_a_file_that_is_another_when_it_is_read_again(tmp_path: Path, then: bytes | None, why: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    profiler = Profiler([load("t5"), load("gpt2")])
    profiler.add(Document("a", Decoding(), lambda: path.open("rb")), lambda document: None)
    profiler.add(Document.of_text("more", Decoding()), lambda document: None)
    path.write_bytes(then) if then else path.unlink()
    said: list[InputError] = []
    assert [one.chars for one in profiler.results(said.append)] == [4, 4]
    assert len(said) == 1 and why in said[0].message
