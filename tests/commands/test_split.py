"""`split`: where it writes the tokens of a text as it is read, they are those of the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.shell import tokscope
from tests.support.texts import HOSTILE
from tokscope import load
from tokscope.cli import run
from tokscope.inputs import document
from tokscope.text.visible import escape

WORDS = "".join(
    f"Line {i}: naïve words, 日本語 and 🦜, don't stop.\n\n  indented {i}\r\n" for i in range(100)
)

STREAMED = [
    "o200k_base",
    "gpt2",
    *(pytest.param(spec, marks=pytest.mark.slow) for spec in ("qwen3.5", "tekken", "byte")),
    "byte:utf-16",
    "char",
    "char:codepoint",
    "word",
]
STREAMED += ["word:space", "jieba"]


@pytest.mark.parametrize("spec", STREAMED)
def test_the_lines_of_a_text_that_comes_in_blocks(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "BLOCK", 1000)
    path, out = tmp_path / "a", tmp_path / "out.txt"
    path.write_text(WORDS + "".join(HOSTILE.values()), "utf-8", errors="replace", newline="")
    tokenizer = load(spec)
    assert tokenizer.unlabelled
    assert run(["split", "-t", spec, str(path), "--bytes", "-o", str(out)]) == 0
    tokens = tokenizer.encode(path.read_bytes().decode())
    expected = [f"{token.data.hex()}\t{escape(token.data)}\n" for token in tokens]
    assert out.read_bytes().decode() == "".join(expected)


def test_a_text_that_breaks_off_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"one two\n" * 100_000 + b"\xff")  # several blocks
    shown = tokscope("split", path)
    assert (shown.code, shown.out[:9]) == (2, "one\n two\n")
    assert "at byte 800000" in shown.err


def test_two_texts_are_told_apart_and_a_label_has_its_column(tmp_path: Path) -> None:
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for path in paths:
        path.write_text("unaffable")
    shown = tokscope("split", "-t", "bert-base-uncased", *paths)
    assert shown.out == "".join(
        f"{path}\tuna\tuna\n{path}\tffa\t##ffa\n{path}\tble\t##ble\n" for path in paths
    )
