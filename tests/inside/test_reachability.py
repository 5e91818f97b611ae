"""Which tokens can never come: by hand for small vocabularies, as published for those that ship."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.support.shell import tokscope
from tokscope.inside.reachability import Reach, reached
from tokscope.registry import load

PUBLISHED = {
    "gpt2": (216, 0),
    "qwen2.5": (1320, 1906),
    "deepseek": (1342, 0),
    "tekken": (1307, 0),
    "qwen3.5": (816, 203),
    "o200k_base": (1434, 12),
}
"""UTF-8 fragments, and unreachable tokens, of the reports on gpt2, Qwen2.5-7B, DeepSeek-R1, Mistral-Nemo,
Qwen3.5-4B and gpt-oss-20b in cohere-ai/magikarp, the repository of arXiv:2405.05417."""


def counts(name: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for entry, reach, _ in reached(load(name), merging=True):
        text = entry.text or ""  # the reports list what looks like a special token elsewhere, as these:
        found[reach] += text not in ("<unk>", "<s>", "</s>") if reach is Reach.NEVER else 1
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_as_published(name: str) -> None:
    found = counts(name)
    assert (found[Reach.PARTIAL], found[Reach.NEVER] + found[Reach.WHOLE]) == PUBLISHED[name]
    assert found[Reach.BYTE] == 128
    # what Qwen's own file of ranks has and tiktoken finds, and what its tokenizer.json never makes
    assert found[Reach.WHOLE] == (201 if name == "qwen3.5" else 0)


@pytest.mark.parametrize(
    ("lines", "never"),
    [
        (["a", "##b", "##."], {"##."}),  # punctuation is always a word of its own
        (["a", "ab", "##b", "##c"], set()),  # "µ" below comes before a piece
        (["a", "A", "é"], {"A", "é"}),  # lower-cased, stripped
        (["a", "b", "ab c"], {"ab c"}),  # cut at the space
        (["...", "."], {"..."}),
    ],
)
def test_of_wordpiece(lines: list[str], never: set[str], tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(["[UNK]", "[CLS]", "µ", *lines]), encoding="utf-8")
    found = [one for one in reached(load(str(path))) if one.reach is Reach.NEVER]
    assert {one.entry.label or one.entry.data.decode() for one in found} == never
    assert [one.entry.id for one in reached(load(str(path))) if one.reach is Reach.SPECIAL] == [0, 1]


def test_bytes_of_characters_are_told_from_characters() -> None:
    found = Counter(one.reach for one in reached(load("byte")))
    assert found == {Reach.OK: 128, Reach.BYTE: 128}


def test_the_command(tmp_path: Path) -> None:
    done = tokscope("vocab", "gpt2", "--partial", "--format", "json")
    assert '"found": 216,\n    "bytes": 128' in done.out
    (tmp_path / "vocab.txt").write_text("[UNK]\n.\n...\nA\n")
    done = tokscope("vocab", tmp_path / "vocab.txt", "--unreachable")
    assert done.out == "2\t2e2e2e\t...\tnever\t1 1 1\n3\t41\tA\tnever\t0\n"
    done = tokscope("vocab", tmp_path / "vocab.txt", "--unreachable", "--grep", "A")
    assert done.out == "3\t41\tA\tnever\t0\n"
    for arguments in (["--unreachable", "--partial"], ["--partial", "--id", "1"]):
        done = tokscope("vocab", "gpt2", *arguments)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    done = tokscope("vocab", "diff", "gpt2", "r50k_base", "--partial")
    assert done.code == 2
    assert "two whole vocabularies" in done.err
    assert "has no vocabulary to list" in tokscope("vocab", "word", "--unreachable").err
